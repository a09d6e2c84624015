"""Whole sandboxes, saved and loaded."""

from __future__ import annotations

from jupyter_sandfs import workspace
from jupyter_sandfs.errors import InvalidRequest, NotFound, ObjectNotFound
from jupyter_sandfs.kernel.answers import Answer
from jupyter_sandfs.kernel.commands.command import Call, MagicCommand
from jupyter_sandfs.kernel.commands.transfers import TTL
from jupyter_sandfs.kernel.output import counted, human_size
from jupyter_sandfs.shell.commands.store import seconds
from jupyter_sandfs.shell.options import Option
from jupyter_sandfs.vfs.archives.tarball import Loaded

_FROM = Option("", "another store than the sandbox's own", word="from", value="URL")
_SANDBOX = Option("", "what the sandbox was called, if not as this one", word="sandbox", value="NAME")


def _save(call: Call) -> Answer:
    arguments, options = call.arguments, call.arguments.options
    saved = call.sandbox.save(
        options.get("to"),
        *arguments.operands,
        keep=arguments.number("keep", 0) if "keep" in options else None,
        ttl=seconds(options["ttl"]) if "ttl" in options else None,
    )
    data = {"name": saved.name, "key": saved.info.key, "size_bytes": saved.info.size_bytes}
    return Answer(text=f"{saved.name} ({human_size(saved.info.size_bytes)})\n", data=data)


def _load(call: Call) -> str:
    if call.sandbox.fs.listdir("/") and "overwrite" not in call.arguments:
        raise InvalidRequest("the sandbox is not empty: --overwrite replaces all that is in it")
    name = call.arguments.operands[0] if call.arguments.operands else None
    with call.sandbox.fs.action("load", "owner"):
        loaded = _reloaded(call, name)
    stats = call.sandbox.fs.stats()
    lost = f"without their providers, mount them again: {', '.join(loaded.lost)}\n" if loaded.lost else ""
    told = f"{counted(stats.file_count, 'file')}, {human_size(stats.total_size)}"
    return f"{loaded.about.get('name')} of {loaded.about.get('saved_at')}: {told}\n{lost}"


def _reloaded(call: Call, name: str | None) -> Loaded:
    url, sandbox = call.arguments.options.get("from"), call.arguments.options.get("sandbox")
    try:
        return call.sandbox.reload(url, name, sandbox=sandbox)
    except (NotFound, ObjectNotFound):
        what = f"named '{name}' " if name else ""
        whose = sandbox or call.sandbox.name
        raise InvalidRequest(f"nothing {what}was saved of sandbox '{whose}': %sandfs saved lists what was") from None


def _saved(call: Call) -> Answer:
    url, gone = (call.arguments.options.get(name) for name in ("from", "delete"))
    sandbox = call.arguments.options.get("sandbox", call.sandbox.name)
    with call.sandbox.store_at(url) as store:
        if gone is not None and not workspace.delete(store, sandbox, gone):
            raise NotFound(gone, f"nothing of sandbox '{sandbox}' was saved under this name")
        rows = workspace.saved(store, sandbox)
    text = "".join(
        f"{each.info.created_at:%Y-%m-%d %H:%M}  {human_size(each.info.size_bytes):>10}  {each.name}\n" for each in rows
    )
    data = [
        {"name": each.name, "created_at": each.info.created_at.isoformat(), "size_bytes": each.info.size_bytes}
        for each in rows
    ]
    return Answer(text=text, data=data)


COMMANDS = {
    "load": MagicCommand(
        usage="%sandfs load [--from URL] [--sandbox NAME] [--overwrite] [NAME]",
        help="Put what was saved in place of all that is there; the latest if no name is given.",
        run=_load,
        options=(_FROM, _SANDBOX, Option("", "replace all that is in the sandbox", word="overwrite")),
        operands=(0, 1),
    ),
    "save": MagicCommand(
        usage="%sandfs save [--to URL] [--keep N] [--ttl DURATION] [NAME]",
        help="Save the whole sandbox in a staging store, under the time if no name is given.",
        run=_save,
        options=(
            Option("", "another store than the sandbox's own", word="to", value="URL"),
            Option("", "of those without a name, keep so many", word="keep", value="N"),
            TTL,
        ),
        operands=(0, 1),
    ),
    "saved": MagicCommand(
        usage="%sandfs saved [--from URL] [--sandbox NAME] [--delete NAME]",
        help="List what was saved, after deleting one if asked.",
        run=_saved,
        options=(_FROM, _SANDBOX, Option("", "delete this one", word="delete", value="NAME")),
    ),
}
