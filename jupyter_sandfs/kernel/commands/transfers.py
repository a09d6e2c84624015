"""Files between this machine, the sandbox and the staging store: the only commands that take a path of the host."""

from __future__ import annotations

from pathlib import Path

from jupyter_sandfs import paths, staging
from jupyter_sandfs.errors import InvalidRequest, NotFound
from jupyter_sandfs.filestore import keys
from jupyter_sandfs.kernel.answers import Answer
from jupyter_sandfs.kernel.commands.command import Call, MagicCommand
from jupyter_sandfs.kernel.output import counted, human_size
from jupyter_sandfs.kernel.progress import Progress
from jupyter_sandfs.shell.commands.store import seconds
from jupyter_sandfs.shell.options import Option
from jupyter_sandfs.vfs import exchange

TTL = Option("", "how long it is kept: 30s, 15m, 24h, 7d", word="ttl", value="DURATION")
_KEY = Option("", "store it under this key", word="key", value="KEY")
_OVERWRITE = Option("", "replace what is there", word="overwrite")


def _upload(call: Call) -> Answer:
    source = _host_file(call.arguments.operands[0])
    options = call.arguments.options
    with source.open("rb") as body:
        info = call.sandbox.files.put(
            keys.complete(options["key"]) if "key" in options else keys.new_key(),
            body,
            size=source.stat().st_size,
            ttl=seconds(options["ttl"]) if "ttl" in options else None,
            content_type=_content_type(source),
            metadata={"original_filename": source.name},
        )
    told = f"{info.key} ({info.size_bytes} bytes, {info.content_type})\n"
    data = {"key": info.key, "size_bytes": info.size_bytes, "content_type": info.content_type}
    return Answer(text=told, value=info.key, data=data)


def _download(call: Call) -> str:
    key, *target = call.arguments.operands
    with call.sandbox.files.open(keys.complete(key)) as reader:
        path = _host_path(target[0]) if target else Path()
        path = path / staging.original_name(reader.info) if path.is_dir() else path
        size = exchange.write_host_file(path, reader, overwrite="overwrite" in call.arguments)
    return f"{path} ({human_size(size)})\n"


def _import(call: Call) -> Answer:
    source, target = _host_path(call.arguments.operands[0]), call.arguments.operands[1]
    path = call.path(target)
    if target.endswith("/") or call.fs.is_dir(path):
        path = paths.join(path, source.absolute().name)
    with call.fs.action(f"import {source}", "owner"), Progress(call.notebook, f"import {source}") as progress:
        moved = exchange.import_tree(call.fs, source, path, progress=progress.note)
    return _told(moved, path)


def _export(call: Call) -> Answer:
    source, target = call.path(call.arguments.operands[0]), _host_path(call.arguments.operands[1])
    if target.is_dir() and call.fs.is_file(source):
        target /= paths.name(source)
    overwrite = "overwrite" in call.arguments
    with Progress(call.notebook, f"export {source}") as progress:
        moved = exchange.export_tree(call.fs, source, target, overwrite=overwrite, progress=progress.note)
    return _told(moved, str(target))


def _told(moved: exchange.Moved, where: str) -> Answer:
    skipped = "".join(f"skipped {each}: a link or no regular file\n" for each in moved.skipped)
    return Answer(
        text=f"{skipped}{where}: {counted(moved.files, 'file')}, {human_size(moved.size_bytes)}\n",
        data={"path": where, "files": moved.files, "size_bytes": moved.size_bytes, "skipped": list(moved.skipped)},
    )


def _host_path(name: str) -> Path:
    if "\0" in name:
        raise InvalidRequest("a path holds no NUL")
    try:
        return Path(name).expanduser()
    except RuntimeError:
        raise InvalidRequest(f"no such user on this machine: {name}") from None


def _host_file(name: str) -> Path:
    source = _host_path(name)
    if not source.exists():
        raise NotFound(name, "on this machine")
    if not source.is_file():
        raise InvalidRequest(f"{name}: not a file; %sandfs import copies directories")
    return source


def _content_type(source: Path) -> str:
    from jupyter_sandfs.filestore import content_types  # noqa: PLC0415  # loads a table that only uploads need

    return content_types.guess(source.name)


COMMANDS = {
    "export": MagicCommand(
        usage="%sandfs export [--overwrite] PATH HOSTPATH",
        help="Copy a file or directory of the sandbox to this machine.",
        run=_export,
        options=(_OVERWRITE,),
        operands=(2, 2),
    ),
    "files download": MagicCommand(
        usage="%sandfs files download [--overwrite] KEY [HOSTPATH]",
        help="Copy a stored file to this machine.",
        run=_download,
        options=(_OVERWRITE,),
        operands=(1, 2),
    ),
    "files upload": MagicCommand(
        usage="%sandfs files upload [--key KEY] [--ttl DURATION] HOSTPATH",
        help="Put a file of this machine into the staging store and print its key.",
        run=_upload,
        options=(_KEY, TTL),
        operands=(1, 1),
    ),
    "import": MagicCommand(
        usage="%sandfs import HOSTPATH PATH",
        help="Copy a file or directory of this machine into the sandbox; links are skipped.",
        run=_import,
        operands=(2, 2),
    ),
}
