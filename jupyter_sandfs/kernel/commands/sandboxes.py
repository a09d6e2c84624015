"""Several sandboxes side by side: made, chosen, forked, merged and dropped by name."""

from __future__ import annotations

from weakref import WeakKeyDictionary

from jupyter_sandfs.errors import InvalidRequest, MergeConflict, SandboxNotFound
from jupyter_sandfs.kernel.answers import Answer, change_data, text_table
from jupyter_sandfs.kernel.commands.command import Call, MagicCommand
from jupyter_sandfs.kernel.display.page import table
from jupyter_sandfs.kernel.hints import did_you_mean
from jupyter_sandfs.kernel.output import counted, human_size
from jupyter_sandfs.sandbox import Sandbox
from jupyter_sandfs.shell.branches import MAIN
from jupyter_sandfs.shell.commands.changes import row
from jupyter_sandfs.shell.options import Option
from jupyter_sandfs.vfs.merging import Merged, OnConflict

_MERGED = "merged"
"""Under which a sandbox keeps, by the file system of another one, when the two were alike."""
_USE = Option("u", "and work in it from now on", word="use")


def _new(call: Call) -> str:
    options = call.arguments.options
    made = Sandbox(_free(call.arguments.operands[0]), storage=options.get("storage"), store_url=options.get("store"))
    return _begun(call, made, made.kept)


def _fork(call: Call) -> str:
    made = call.sandbox.fork(_free(call.arguments.operands[0]))
    where = "" if call.sandbox.shell.branch == MAIN else f" on {MAIN}"
    views = f", with its {counted(len(made.views), 'view')}" if made.views else ""
    return _begun(call, made, f"as '{call.sandbox.name}' is now{where}{views}")


def _free(name: str) -> str:
    if name in Sandbox.names():
        raise InvalidRequest(f"there is a sandbox '{name}': %sandfs use {name} goes there, or drop it first")
    return name


def _found(name: str) -> Sandbox:
    try:
        return Sandbox.get(name)
    except SandboxNotFound as error:
        raise InvalidRequest(f"{error}{did_you_mean(name, Sandbox.names())}") from None


def _begun(call: Call, made: Sandbox, told: str) -> str:
    if "u" not in call.arguments:
        return f"sandbox '{made.name}': {told}; %sandfs use {made.name} goes there\n"
    made.use()
    return f"now in sandbox '{made.name}': {told}\n"


def _use(call: Call) -> str:
    chosen = _found(call.arguments.operands[0])
    chosen.use()
    stats = chosen.fs.stats()
    return f"now in sandbox '{chosen.name}': {counted(stats.file_count, 'file')}, {human_size(stats.total_size)}\n"


def _list(call: Call) -> Answer:
    data = []
    for each in map(Sandbox.get, Sandbox.names()):
        stats = each.fs.stats()
        facts = {"files": stats.file_count, "total_size": stats.total_size, "kept": each.kept, "views": each.views}
        data.append({"name": each.name, "current": each is call.sandbox, **facts})
    rows = [
        [
            "*" if each["current"] else " ",
            str(each["name"]),
            counted(int(str(each["files"])), "file"),
            human_size(int(str(each["total_size"]))),
            str(each["kept"]),
        ]
        for each in data
    ]
    page = table(["", "name", "files", "size", "kept"], rows, numbers=frozenset({3}))
    return Answer(text=text_table(rows, right=frozenset({2, 3})), html=page, data=data)


def _merge(call: Call) -> Answer:
    name = call.arguments.operands[0]
    chosen = [each for each in ("ours", "theirs", "mark") if each in call.arguments]
    if len(chosen) > 1:
        raise InvalidRequest(f"one of --{' and --'.join(chosen)} is enough")
    other = _found(name)
    if other is call.sandbox:
        raise InvalidRequest(f"'{name}' is this sandbox: go to the other one with %sandfs use, and merge from there")
    merged = _merged(call.sandbox, other, OnConflict(chosen[0] if chosen else "refuse"))
    text = "".join(row(each) for each in merged.changes) or "nothing to merge\n"
    text += "".join(f"! {path}  (both changed it)\n" for path in merged.conflicts)
    data = {"changes": [change_data(each) for each in merged.changes], "conflicts": merged.conflicts}
    return Answer(text=text, data=data, marked=True)


def _merged(ours: Sandbox, other: Sandbox, conflicts: OnConflict) -> Merged:
    """Bring over what changed since the two were alike: at the fork, or at the last merge."""
    alike, now = ours.attached.get(_MERGED, {}).get(other.fs), other.fs.snapshot()
    try:
        merged = ours.merge(other, base=alike, conflicts=conflicts)
    except MergeConflict as conflict:
        raise InvalidRequest(f"nothing is merged, {conflict}; --ours, --theirs or --mark decides") from None
    except InvalidRequest:
        raise InvalidRequest(f"'{other.name}' and '{ours.name}' have nothing in common: only forks merge") from None
    for one, another in ((ours, other), (other, ours)):
        one.attached.setdefault(_MERGED, WeakKeyDictionary())[another.fs] = now
    return merged


def _drop(call: Call) -> str:
    gone = _found(call.arguments.operands[0])
    stats, kept, current = gone.fs.stats(), gone.durable, gone is call.sandbox
    gone.close()
    held = f"{counted(stats.file_count, 'file')}, {human_size(stats.total_size)}"
    where = f"; its files are {gone.kept}" if kept else ""
    now = f"; now in sandbox '{Sandbox.current().name}'" if current else ""
    return f"dropped sandbox '{gone.name}' ({held}){where}{now}\n"


COMMANDS = {
    "new": MagicCommand(
        usage="%sandfs new [--use] [--storage URL] [--store URL] NAME",
        help="Make another sandbox.",
        run=_new,
        options=(
            _USE,
            Option("", "keep its files here, such as sqlite:///name.sqlite", word="storage", value="URL"),
            Option("", "its staging store", word="store", value="URL"),
        ),
        operands=(1, 1),
    ),
    "use": MagicCommand(usage="%sandfs use NAME", help="Work in another sandbox.", run=_use, operands=(1, 1)),
    "list": MagicCommand(usage="%sandfs list", help="List the sandboxes of this kernel.", run=_list),
    "fork": MagicCommand(
        usage="%sandfs fork [--use] NAME",
        help="Make a sandbox that starts as this one is now, at once whatever it holds.",
        run=_fork,
        options=(_USE,),
        operands=(1, 1),
    ),
    "merge": MagicCommand(
        usage="%sandfs merge [--ours | --theirs | --mark] NAME",
        help="Bring over what changed in a fork of this sandbox; all of it, or nothing where both changed a file.",
        run=_merge,
        options=(
            Option("", "where both changed a file, keep this sandbox's", word="ours"),
            Option("", "where both changed a file, take the fork's", word="theirs"),
            Option("", "where both changed a text, keep both between marks", word="mark"),
        ),
        operands=(1, 1),
    ),
    "drop": MagicCommand(
        usage="%sandfs drop NAME",
        help="Close a sandbox; in memory, its files are gone.",
        run=_drop,
        operands=(1, 1),
    ),
}
