"""`fs`: the files of a sandbox in a running kernel, by way of its Jupyter server (seed: filesystem-api)."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime
from functools import wraps
from pathlib import Path
from typing import IO, Any, Literal

import click

from jupyter_sandfs.cli.connection import server_at
from jupyter_sandfs.cli.values import shown_size, shown_time
from jupyter_sandfs.client import SandboxClient

_STREAM = Path("-")
_FILE = click.Path(allow_dash=True, dir_okay=False, path_type=Path)
# Of archives, by the end of a name; anything else is taken for a tar, which may be compressed all the same.
_MEDIA_TYPES = {".zip": "application/zip"}
_TAR = "application/x-tar"

as_json = click.option("--json", "as_json", is_flag=True, help="Answer as JSON, for programs.")


@click.group()
def fs() -> None:
    """Files of a sandbox in a running kernel, by way of its Jupyter server."""


def connected(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options that say which sandbox it works on, and as first argument its client."""

    @click.option(
        "--server", metavar="URL", envvar="JUPYTER_SERVER_URL", required=True, help="The address that Jupyter shows."
    )
    @click.option("--token", envvar="JUPYTER_TOKEN", help="Its token; better given as JUPYTER_TOKEN.")
    @click.option("--session-id", metavar="ID", help="A kernel or session. [default: the only one with a sandbox]")
    @click.option("--sandbox", metavar="NAME", help="A sandbox in that kernel. [default: default]")
    @click.option("--view", metavar="NAME", help="A view that the kernel has registered.")
    @wraps(command)
    def run(
        *,
        server: str,
        token: str | None,
        session_id: str | None,
        sandbox: str | None,
        view: str | None,
        **arguments: Any,
    ) -> None:
        url, shown = server_at(server, token)
        with SandboxClient(url, shown, session_id=session_id, sandbox=sandbox, view=view) as client:
            command(client, **arguments)

    return run


@fs.command(name="list")
@click.argument("path", default=".")
@as_json
@connected
def list_command(client: SandboxClient, path: str, *, as_json: bool) -> None:
    """List a directory: size, time and name."""
    found = client.entries(path)
    if as_json:
        _echo_json(found)
        return
    for entry in found:
        is_directory = entry["entryType"] == "directory"
        size = "-" if is_directory else shown_size(entry["size"])
        click.echo(f"{size:>10}  {_time(entry)}  {entry['name']}{'/' if is_directory else ''}")


@fs.command()
@click.argument("path")
@click.option("-o", "--output", type=_FILE, default=_STREAM, help="A file of this machine. [default: standard output]")
@connected
def read(client: SandboxClient, path: str, output: Path) -> None:
    """Fetch a file; one that breaks off, or is replaced meanwhile, is an error."""
    chunks = client.stream(path)
    first = next(chunks, b"")  # an error must not empty a file that is there
    with _opened(output, "wb", sys.stdout.buffer) as file:
        file.write(first)
        file.writelines(chunks)
        file.flush()


@fs.command()
@click.argument("path")
@click.option("--content", metavar="TEXT", help="What to write.")
@click.option("--from-file", type=_FILE, help="A file of this machine. [default: standard input]")
@click.option("--append", is_flag=True, help="Add to the end.")
@as_json
@connected
def write(
    client: SandboxClient, path: str, content: str | None, from_file: Path | None, *, append: bool, as_json: bool
) -> None:
    """Write a file, in one step when all of it has arrived."""
    if content is not None and from_file is not None:
        raise click.UsageError("--content and --from-file exclude each other")
    send = client.append if append else client.write
    if content is not None:
        written = send(path, content.encode())
    else:
        with _opened(from_file or _STREAM, "rb", sys.stdin.buffer) as file:
            written = send(path, _pieces(file))
    _tell(written, f"{written['path']} ({written['bytesWritten']} bytes)", as_json=as_json)


@fs.command()
@click.argument("path")
@click.option("-r", "--recursive", is_flag=True, help="Also a directory with all that is in it.")
@as_json
@connected
def delete(client: SandboxClient, path: str, *, recursive: bool, as_json: bool) -> None:
    """Remove a file or a directory."""
    deleted = client.delete(path, recursive=recursive)
    _tell(deleted, deleted["path"], as_json=as_json)


@fs.command()
@click.argument("path")
@as_json
@connected
def mkdir(client: SandboxClient, path: str, *, as_json: bool) -> None:
    """Make a directory, with those above it."""
    made = client.mkdir(path)
    _tell(made, made["path"], as_json=as_json)


@fs.command()
@click.argument("source", metavar="FROM")
@click.argument("destination", metavar="TO")
@click.option("--overwrite", is_flag=True, help="Replace what is there.")
@as_json
@connected
def move(client: SandboxClient, source: str, destination: str, *, overwrite: bool, as_json: bool) -> None:
    """Move or rename, in one step."""
    moved = client.move(source, destination, overwrite=overwrite)
    _tell(moved, moved["to"], as_json=as_json)


@fs.command()
@click.argument("path")
@as_json
@connected
def stat(client: SandboxClient, path: str, *, as_json: bool) -> None:
    """Describe a file or directory."""
    entry = client.stat(path)
    lines = {
        "path": entry["path"],
        "type": entry["entryType"],
        "size": f"{shown_size(entry['size'])} ({entry['size']} bytes)",
        "modified": _time(entry),
        "version": entry["version"],
    }
    if "symlinkTarget" in entry:
        lines["link to"] = entry["symlinkTarget"]
    _tell(entry, "\n".join(f"{name + ':':10}{value}" for name, value in lines.items()), as_json=as_json)


@fs.command(name="upload-batch")
@click.option("--tar", "archive", type=_FILE, required=True, help="A tar, tar.gz, tar.zst or zip; - is standard input.")
@click.option("--path", default=".", help="Where to unpack it. [default: the root]")
@as_json
@connected
def upload_batch(client: SandboxClient, archive: Path, path: str, *, as_json: bool) -> None:
    """Unpack an archive in the sandbox, whole or not at all; print the first paths."""
    media_type = _MEDIA_TYPES.get(archive.suffix.lower(), _TAR)
    with _opened(archive, "rb", sys.stdin.buffer) as file:
        made = client.upload_batch(_pieces(file), path, media_type=media_type)
    _tell(made, "\n".join([*made["paths"], *(["…"] if made["truncated"] else [])]), as_json=as_json)


def _opened(path: Path, mode: Literal["rb", "wb"], stream: IO[bytes]) -> AbstractContextManager[IO[bytes]]:
    return nullcontext(stream) if path == _STREAM else path.open(mode)


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    return iter(lambda: file.read(1 << 20), b"")


def _time(entry: dict[str, Any]) -> str:
    return shown_time(datetime.fromisoformat(entry["modified"]))


def _tell(document: Any, text: str, *, as_json: bool) -> None:
    if as_json:
        _echo_json(document)
    elif text:
        click.echo(text)


def _echo_json(document: Any) -> None:
    click.echo(json.dumps(document, ensure_ascii=False))
