"""`stage`, `publish` and `files`: between the sandbox and its staging store, by key; no path of the host comes in."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

from jupyter_sandfs import staging
from jupyter_sandfs.errors import InvalidRequest, ObjectNotFound, Unsupported
from jupyter_sandfs.filestore.keys import complete, complete_prefix
from jupyter_sandfs.filestore.protocol import FileInfo, FileStore
from jupyter_sandfs.shell.command import Command, Invocation, Output
from jupyter_sandfs.shell.options import Option
from jupyter_sandfs.vfs.actions import actor

_PAGE = 1000
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


def _store(call: Invocation) -> FileStore:
    opener = call.services.get("store")
    if opener is None:
        raise Unsupported("this shell has no staging store: use the shell of a Sandbox")
    store: FileStore = opener()
    return store


# ---------------------------------------------------------------- stage and publish


def _stage(call: Invocation) -> Output:
    if len(call.arguments.operands) != 2:
        raise InvalidRequest("a key and a destination are needed")
    key, destination = call.arguments.operands
    where = call.path(destination) + ("/" if destination.endswith("/") else "")
    name = complete_prefix(key) if key.endswith("/") else complete(key)
    with _progress(call, f"stage {key}") as progress:
        staged = staging.stage(_store(call), name, call.fs, where, actor=actor(), progress=progress)
    files = f"{staged.files} files, " if key.endswith("/") else ""
    return Output(f"{staged.path} ({files}{staged.size_bytes} bytes)\n")


def _publish(call: Invocation) -> Output:
    if len(call.arguments.operands) != 1:
        raise InvalidRequest("one file or directory is needed")
    options, source = call.arguments.options, call.path(call.arguments.operands[0])
    ttl = seconds(options["ttl"]) if "ttl" in options else None
    key = options.get("key")
    origin = call.services.get("origin", dict)() | {"actor": actor()}
    with _progress(call, f"publish {source}") as progress:
        if call.fs.is_dir(source):
            prefix = None if key is None else complete_prefix(key)
            tree = staging.publish_tree(call.fs, source, _store(call), key=prefix, ttl=ttl, progress=progress, **origin)
            return Output(f"{tree.key}\n")
        name = None if key is None else complete(key)
        info = staging.publish(call.fs, source, _store(call), key=name, ttl=ttl, progress=progress, **origin)
    return Output(f"{info.key}\n")


def _progress(call: Invocation, label: str) -> AbstractContextManager[staging.Progress | None]:
    face: Callable[[str], AbstractContextManager[staging.Progress | None]]
    face = call.services.get("progress", lambda _: nullcontext())
    return face(label)


def seconds(text: str) -> float:
    """Read a duration: a number of seconds, or one with s, m, h or d behind it."""
    number, unit = (text[:-1], text[-1]) if text[-1:] in _UNITS else (text, "s")
    if not (number.isascii() and number.isdigit() and len(number) < 10):
        raise InvalidRequest(f"invalid duration: '{text}' (such as 30s, 15m, 24h or 7d)")
    return float(int(number) * _UNITS[unit])


# ---------------------------------------------------------------- files


def _files(call: Invocation) -> Output:
    action, *operands = call.arguments.operands or ("list",)
    try:
        answer = _ACTIONS[action]
    except KeyError:
        raise InvalidRequest(f"unknown action '{action}': {', '.join(_ACTIONS)}") from None
    return answer(_store(call), operands)


def _list(store: FileStore, operands: list[str]) -> Output:
    if len(operands) > 1:
        raise InvalidRequest("one prefix is enough")
    page = store.list(operands[0] if operands else "", limit=_PAGE)
    rows = "".join(f"{each.key}  {each.size_bytes}  {each.content_type}\n" for each in page.items)
    more = f"files: more than {_PAGE}; give a longer prefix\n" if page.next_after else ""
    return Output(rows, more)


def _info(store: FileStore, operands: list[str]) -> Output:
    return Output("\n".join(describe(store.head(complete(key))) for key in _some(operands)))


def _delete(store: FileStore, operands: list[str]) -> Output:
    gone = [key for key in _some(operands) if not store.delete(complete(key))]
    return Output(stderr="".join(f"files: file not found: {key}\n" for key in gone), exit_code=int(bool(gone)))


def _versions(store: FileStore, operands: list[str]) -> Output:
    if len(operands) != 1:
        raise InvalidRequest("one key is needed")
    found = store.versions(complete(operands[0]))
    if not found:
        raise ObjectNotFound(complete(operands[0]))
    return Output(
        "".join(
            f"{each.version}  {each.size_bytes}  {each.created_at.isoformat(timespec='seconds')}\n" for each in found
        )
    )


def _restore(store: FileStore, operands: list[str]) -> Output:
    if len(operands) != 2 or not (operands[1].isascii() and operands[1].isdigit() and len(operands[1]) < 19):
        raise InvalidRequest("a key and the number of a version are needed")
    return Output(f"{store.restore(complete(operands[0]), int(operands[1])).version}\n")


def _some(operands: list[str]) -> list[str]:
    if not operands:
        raise InvalidRequest("a key is needed")
    return operands


def describe(info: FileInfo) -> str:
    """The facts about a stored file, a line each."""
    facts = {
        "key": info.key,
        "size": f"{info.size_bytes} bytes",
        "type": info.content_type,
        "checksum": info.checksum,
        "created": info.created_at.isoformat(timespec="seconds"),
        "expires": info.expires_at.isoformat(timespec="seconds") if info.expires_at else "never",
    }
    return "".join(f"{name + ':':<10} {value}\n" for name, value in (facts | dict(info.metadata)).items())


_ACTIONS = {"list": _list, "info": _info, "versions": _versions, "restore": _restore, "delete": _delete}

STAGE = Command(
    name="stage",
    usage="KEY DEST",
    help="Bring the stored file KEY into the sandbox, at DEST or into the directory DEST; with KEY/ all that is below.",
    run=_stage,
    options=(),
)
PUBLISH = Command(
    name="publish",
    usage="[--key KEY] [--ttl DURATION] PATH",
    help="Store a file, or a directory with all files in it, in the staging store and print the key.",
    run=_publish,
    options=(
        Option("", "store it under this key", word="key", value="KEY"),
        Option("", "how long it is kept: 30s, 15m, 24h, 7d", word="ttl", value="DURATION"),
    ),
)
FILES = Command(
    name="files",
    usage="list [PREFIX] | info KEY... | versions KEY | restore KEY VERSION | delete KEY...",
    help="Look at what the staging store holds.",
    run=_files,
    options=(),
)
