"""`zip` and `unzip`, on the file system's own archives: names that lead out, bombs and odd links are refused there."""

from __future__ import annotations

import fnmatch
import posixpath
from collections.abc import Iterator, Sequence

from jupyter_sandfs import paths
from jupyter_sandfs.errors import InvalidArchive, InvalidRequest, SandfsError
from jupyter_sandfs.shell.command import PIPE_BYTES, Command, Invocation, Output, reason
from jupyter_sandfs.shell.options import Option
from jupyter_sandfs.vfs.archives import archive
from jupyter_sandfs.vfs.batch import Item
from jupyter_sandfs.vfs.entries import moment
from jupyter_sandfs.vfs.interface import require_directory

_NOTHING_MATCHED, _NO_ARCHIVE, _NOTHING_TO_DO = 11, 9, 12  # exit codes of Info-ZIP
_SKIPPED = 1
_FORMAT = "zip"


# ---------------------------------------------------------------- zip


def _zip(call: Invocation) -> Output:
    if len(call.arguments.operands) < 2:
        raise InvalidRequest("an archive, and files for it, are needed")
    name, *sources = call.arguments.operands
    target = call.path(name if "." in posixpath.basename(name) else f"{name}.zip")
    require_directory(call.fs, paths.parent(target))
    items = {item.path: item for item in _present(call, target)}
    lines: list[str] = []
    complaints: list[str] = []
    for source in sources:
        try:
            found = [each for each in _gathered(call, source, target) if not _is_excluded(call, each)]
        except (SandfsError, OSError) as problem:
            complaints.append(f"zip: {source}: {reason(problem)}\n")
            continue
        for item in found:
            lines.append(f"{'updating' if item.path in items else '  adding'}: {_shown(item)}\n")
            items[item.path] = item
    if not lines:
        return Output("", f"{''.join(complaints)}zip: nothing to do ({name})\n", _NOTHING_TO_DO)
    call.fs.write_bytes(target, b"".join(archive.pack(items.values(), _FORMAT)))
    return Output("" if "q" in call.arguments else "".join(lines), "".join(complaints), bool(complaints))


def _present(call: Invocation, target: str) -> list[Item]:
    """What the archive holds already."""
    if not call.fs.exists(target):
        return []
    return list(archive.unpack(call.fs.read_bytes(target), call.fs.limits, format_name=_FORMAT))


def _gathered(call: Invocation, source: str, target: str) -> Iterator[Item]:
    """Give a file, or with -r a tree, under the names that it has in the archive."""
    stat = call.stat(source)
    top = call.fs.resolve(call.path(source))
    if top == target:
        return
    name = posixpath.normpath(source).lstrip("/")
    inner = "" if name == "." else f"/{name}"
    if ".." in name.split("/"):
        raise InvalidRequest("a name in an archive has no ..: go to the directory above")
    if not stat.is_dir:
        yield Item(_named(call, inner), call.fs.read_bytes(top), stat.mode, stat.modified_ns)
        return
    below = call.fs.scan(top, materialize=True) if "r" in call.arguments else ()
    if inner and "j" not in call.arguments:
        yield Item(inner, None, stat.mode, stat.modified_ns)
    for item in below:
        call.check_time()
        relative = item.path.rstrip("/")
        if relative and paths.join(top, relative.lstrip("/")) != target:
            if item.content is None and "j" in call.arguments:
                continue
            yield item._replace(path=_named(call, inner + relative))


def _named(call: Invocation, path: str) -> str:
    return f"/{posixpath.basename(path)}" if "j" in call.arguments else path


def _is_excluded(call: Invocation, item: Item) -> bool:
    return any(fnmatch.fnmatchcase(_shown(item), pattern) for pattern in call.arguments.every("exclude"))


def _shown(item: Item) -> str:
    return item.path.lstrip("/") + ("/" if item.content is None else "")


def _respell_zip(argv: Sequence[str]) -> list[str]:
    """Give -x, which takes all that follows, once for each."""
    if "-x" not in argv:
        return list(argv)
    place = list(argv).index("-x")
    return [*argv[:place], *(f"--exclude={each}" for each in argv[place + 1 :])]


# ---------------------------------------------------------------- unzip


def _unzip(call: Invocation) -> Output:
    if not call.arguments.operands:
        raise InvalidRequest("an archive is needed")
    name, *patterns = call.arguments.operands
    try:
        data = call.read(name if call.fs.exists(call.path(name)) else f"{name}.zip")
        items = list(archive.unpack(data, call.fs.limits, format_name=_FORMAT))
    except InvalidArchive as problem:
        return Output(stderr=f"unzip: {name}: {problem}\n", exit_code=_NO_ARCHIVE)
    except (SandfsError, OSError) as problem:
        return Output(stderr=f"unzip: cannot find or open {name}: {reason(problem)}\n", exit_code=_NO_ARCHIVE)
    wanted = [item for item in items if _is_wanted(item, patterns) and not _is_excluded(call, item)]
    if patterns and not wanted:
        return Output(stderr=f"unzip: nothing in {name} matches\n", exit_code=_NOTHING_MATCHED)
    return _answered(call, name, wanted)


def _is_wanted(item: Item, patterns: Sequence[str]) -> bool:
    return not patterns or any(fnmatch.fnmatchcase(_shown(item), pattern) for pattern in patterns)


def _answered(call: Invocation, name: str, items: list[Item]) -> Output:
    match call.arguments.last("l", "Z", "1", "p", "t"):
        case "l":
            return Output(_table(name, items))
        case "Z" | "1":
            return Output("".join(f"{_shown(item)}\n" for item in items))
        case "p":
            data = b"".join(_content(item) for item in items)
            cut = f"unzip: more than {PIPE_BYTES} bytes: output truncated\n" if len(data) > PIPE_BYTES else ""
            return Output(data[:PIPE_BYTES], cut, bool(cut))
        case "t":  # all of it was read, and its checksums held
            return Output("" if "q" in call.arguments else f"No errors detected in compressed data of {name}.\n")
    return _unpacked(call, name, items)


def _table(name: str, items: list[Item]) -> str:
    rows = [
        f"{len(_content(item)):>9}  {moment(item.modified_ns or 0):%Y-%m-%d %H:%M}   {_shown(item)}\n" for item in items
    ]
    rule, total = "---------  ---------- -----   ----\n", sum(len(_content(item)) for item in items)
    files = f"{len(items)} file{'' if len(items) == 1 else 's'}"
    return (
        f"Archive:  {name}\n  Length      Date    Time    Name\n{rule}{''.join(rows)}"
        f"---------                     -------\n{total:>9}                     {files}\n"
    )


def _content(item: Item) -> bytes:
    return item.content if isinstance(item.content, bytes) else b""


def _unpacked(call: Invocation, name: str, items: list[Item]) -> Output:
    """Write what is wanted in one step; without -o what is there stays."""
    top = call.fs.resolve(call.path(call.arguments.options.get("d", ".")))
    placed = [item._replace(path=paths.join(top, _named(call, item.path).lstrip("/"))) for item in items]
    if "j" in call.arguments:
        placed = [item for item in placed if item.content is not None]
    there = (
        [] if "o" in call.arguments else [each for each in placed if each.content is not None and _is_there(call, each)]
    )
    written = [item for item in placed if item not in there]
    call.fs.write_many([Item(top), *written], overwrite=True)
    verbs = {True: "   creating", False: "  inflating"}
    lines = [f"{verbs[item.content is None]}: {_relative(call, item)}\n" for item in written]
    complaints = (
        [] if "n" in call.arguments else [f"unzip: {_relative(call, each)} is there: kept (-o)\n" for each in there]
    )
    said = "" if "q" in call.arguments else f"Archive:  {name}\n{''.join(lines)}"
    return Output(said, "".join(complaints), _SKIPPED if complaints else 0)


def _is_there(call: Invocation, item: Item) -> bool:
    return call.fs.get_entry(item.path) is not None


def _relative(call: Invocation, item: Item) -> str:
    shown = paths.relative_to(item.path, call.cwd) if paths.is_within(item.path, call.cwd) else item.path
    return shown + ("/" if item.content is None else "")


def _respell_unzip(argv: Sequence[str]) -> list[str]:
    """Take -Z1 apart, and give -x, which takes all that follows, once for each."""
    return _respell_zip(["-1" if each == "-Z1" else each for each in argv])


_EXCLUDE = Option("", "leave out names that match (-x PATTERN...)", word="exclude", value="PATTERN")

ZIP = Command(
    name="zip",
    usage="[OPTION]... ARCHIVE FILE...",
    help="Put FILEs into a zip archive, or replace them there.",
    run=_zip,
    misuse=16,
    respell=_respell_zip,
    options=(
        Option("j", "without the names of directories", word="junk-paths"),
        Option("q", "tell nothing", word="quiet"),
        Option("r", "directories with all that is in them", word="recurse-paths"),
        *(Option(str(level), "") for level in range(10)),
        _EXCLUDE,
    ),
)
UNZIP = Command(
    name="unzip",
    usage="[OPTION]... ARCHIVE [NAME]...",
    help="Take files out of a zip archive, all of them or those that match; what is there stays unless with -o.",
    run=_unzip,
    misuse=10,
    respell=_respell_unzip,
    options=(
        Option("d", "into this directory", value="DIRECTORY"),
        Option("j", "without the names of directories"),
        Option("l", "list what is in it"),
        Option("n", "say nothing of what is there already"),
        Option("o", "overwrite"),
        Option("p", "print the files"),
        Option("q", "tell nothing"),
        Option("t", "only check it"),
        Option("Z", "list the names, a line each"),
        Option("1", ""),
        _EXCLUDE,
    ),
)
