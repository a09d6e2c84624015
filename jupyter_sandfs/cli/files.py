"""`files`: what is in the staging store. A command parses, calls the store, and shows."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import asdict
from functools import wraps
from pathlib import Path
from typing import Any, BinaryIO

import click
from click.shell_completion import CompletionItem

from jupyter_sandfs import staging
from jupyter_sandfs.cli.connection import Connection
from jupyter_sandfs.cli.transfers import Measured, Progress, download, send
from jupyter_sandfs.cli.values import duration, pair, shown_size, shown_time, size
from jupyter_sandfs.errors import InvalidRequest, ObjectNotFound, SandfsError
from jupyter_sandfs.filestore import FileInfo, FileStore, PutOptions, content_types, keys, wire

_STREAM = "-"
_PAGE = 1000
_COMPLETED = 50
_DIGEST_SHOWN = 12

as_json = click.option("--json", "as_json", is_flag=True, help="Answer as JSON, for programs.")
quiet = click.option("-q", "--quiet", is_flag=True, help="No progress bar.")


@click.group()
def files() -> None:
    """Files in the staging store, by key. A bare name means files/NAME."""


def connected(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options that say which store it works on, and as first argument what they say."""

    @click.option("--store", metavar="URL", help="The store: file:///DIR, s3://BUCKET/PREFIX, … [default: Jupyter's]")
    @click.option("--server", metavar="URL", help="A Jupyter server whose store is meant: the address that it shows.")
    @click.option("--token", envvar="JUPYTER_TOKEN", help="The token of the server; better given as JUPYTER_TOKEN.")
    @wraps(command)
    def run(*, store: str | None, server: str | None, token: str | None, **arguments: Any) -> None:
        command(Connection(store, server, token), **arguments)

    return run


def complete_key(ctx: click.Context, _param: click.Parameter, start: str) -> list[CompletionItem]:
    """Keys that begin as what was typed; none when the store can't be asked."""
    said = ctx.params
    try:
        with Connection(said.get("store"), said.get("server"), said.get("token")).open() as store:
            return [CompletionItem(info.key) for info in store.list(start, limit=_COMPLETED).items]
    except (SandfsError, OSError, click.UsageError):
        return []


key_argument = click.argument("key", shell_complete=complete_key)
version_option = click.option(
    "--version", type=click.IntRange(1), help="An older version, as `versions` lists them. [default: the current]"
)


@files.command()
@click.argument("paths", metavar="PATH…", nargs=-1, required=True, type=click.Path(allow_dash=True, path_type=Path))
@click.option("--key", help="The key; with several paths or a directory a prefix that ends in a slash.")
@click.option("--ttl", type=duration, help="How long to keep it: 30m, 12h, 7d; 0 for ever.")
@click.option("-m", "--metadata", type=pair, multiple=True, metavar="NAME=VALUE", help="May be given several times.")
@click.option("--content-type", metavar="TYPE", help="The media type. [default: by the name]")
@click.option("-r", "--recursive", is_flag=True, help="Directories with all that is in them.")
@quiet
@as_json
@connected
def upload(connection: Connection, paths: tuple[Path, ...], key: str | None, **options: Any) -> None:
    """Put files into the store; print their keys. `-` is the standard input, and needs a key."""
    sources = list(_sources(paths, key, recursive=options["recursive"]))
    stored = []
    with connection.open() as store:
        for path, target in sources:
            info = _upload(store, path, target, options)
            stored.append(wire.dump_info(info))
            if not options["as_json"]:
                click.echo(info.key)
    if options["as_json"]:
        _echo_json(stored)


@files.command(name="download")
@key_argument
@click.option("-o", "--output", type=click.Path(allow_dash=True, path_type=Path), help="A file, a directory, or -.")
@version_option
@click.option("--resume", is_flag=True, help="Go on with a download that was interrupted.")
@click.option("-f", "--force", is_flag=True, help="Replace a file that is there.")
@quiet
@connected
def download_command(
    connection: Connection,
    key: str,
    output: Path | None,
    version: int | None,
    *,
    resume: bool,
    force: bool,
    quiet: bool,
) -> None:
    """Fetch a file; its checksum is compared. It gets the name that it had when it was uploaded, or --output."""
    key = keys.complete(key)
    with connection.open() as store:
        found = store.head(key, version=version)
        with _bar(key, found.size_bytes, quiet=quiet) as progress:
            if output == Path(_STREAM):
                send(store, found, sys.stdout.buffer, progress)
                return
            target = _target(found, output)
            if target.exists() and not force:
                raise InvalidRequest(f"{target}: there is a file already; use --force to replace it")
            download(store, found, target, progress, resume=resume)
    click.echo(str(target))


@files.command(name="list")
@click.option("--prefix", default="", shell_complete=complete_key, help="Only keys that begin so.")
@click.option("--limit", type=click.IntRange(1), help="At most so many.")
@as_json
@connected
def list_command(connection: Connection, prefix: str, limit: int | None, *, as_json: bool) -> None:
    """List keys in order, with sizes and times."""
    with connection.open() as store:
        found = _listed(store, prefix, limit)
        if as_json:
            _echo_json_array(wire.dump_info(info) for info in found)
        else:
            for info in found:
                times = f"{shown_time(info.created_at)}  {shown_time(info.expires_at):16}"
                click.echo(f"{shown_size(info.size_bytes):>10}  {times}  {info.key}")


@files.command()
@key_argument
@as_json
@connected
def info(connection: Connection, key: str, *, as_json: bool) -> None:
    """Describe a file."""
    with connection.open() as store:
        found = store.head(keys.complete(key))
    if as_json:
        _echo_json(wire.dump_info(found))
        return
    lines = {
        "key": found.key,
        "size": f"{shown_size(found.size_bytes)} ({found.size_bytes} bytes)",
        "content type": found.content_type,
        "checksum": found.checksum,
        "created": shown_time(found.created_at),
        "expires": shown_time(found.expires_at),
        "version": str(found.version),
        **{f"metadata {name}": value for name, value in found.metadata.items()},
    }
    for name, value in lines.items():
        click.echo(f"{name + ':':15} {value}")


@files.command()
@key_argument
@as_json
@connected
def versions(connection: Connection, key: str, *, as_json: bool) -> None:
    """List the versions of a file that are kept, newest first."""
    key = keys.complete(key)
    with connection.open() as store:
        found = store.versions(key)
    if not found:
        raise ObjectNotFound(key)
    if as_json:
        _echo_json([wire.dump_info(info) for info in found])
        return
    for info in found:
        digest = info.checksum.partition(":")[2][:_DIGEST_SHOWN]
        click.echo(f"{info.version:>10}  {shown_size(info.size_bytes):>10}  {shown_time(info.created_at)}  {digest}")


@files.command()
@key_argument
@click.argument("version", type=click.IntRange(1))
@connected
def restore(connection: Connection, key: str, version: int) -> None:
    """Make an older version of a file the current one; print the number that it has then."""
    with connection.open() as store:
        click.echo(str(store.restore(keys.complete(key), version).version))


@files.command()
@click.argument("names", metavar="KEY…", nargs=-1, required=True, shell_complete=complete_key)
@click.option("-f", "--force", is_flag=True, help="Do not ask, and do not mind what is absent.")
@connected
def delete(connection: Connection, names: tuple[str, ...], *, force: bool) -> None:
    """Delete files."""
    every = [keys.complete(name) for name in names]
    if not force:
        click.confirm(f"delete {', '.join(every)}?", abort=True, err=True)
    with connection.open() as store:
        absent = [key for key in every if not store.delete(key)]
    if absent and not force:
        raise ObjectNotFound(absent[0])


@files.command()
@key_argument
@click.option("--put", is_flag=True, help="A link to put the file, not to get it.")
@click.option("--expires", type=duration, default="1h", show_default=True, help="At most 7d.")
@click.option("--max-size", type=size, help="The largest body that a link to put takes.")
@connected
def sign(connection: Connection, key: str, *, put: bool, expires: float, max_size: int | None) -> None:
    """Print a link that works without a login."""
    with connection.open() as store:
        link = store.sign("PUT" if put else "GET", keys.complete(key), expires=expires, max_size=max_size)
    if "://" not in link:
        click.echo("the link begins with the address of a Jupyter server that uses this store", err=True)
        link = f"/sandfs/v1/signed/{link}"
    click.echo(link)


@files.command()
@as_json
@connected
def gc(connection: Connection, *, as_json: bool) -> None:
    """Remove what has expired, and what crashed writers left."""
    with connection.open() as store:
        counts = {"expired": store.cleanup(), **asdict(store.recover())}
    if as_json:
        _echo_json(counts)
        return
    for name, number in counts.items():
        click.echo(f"{name + ':':16}{number}")


@files.command()
@as_json
@connected
def usage(connection: Connection, *, as_json: bool) -> None:
    """Tell what the files take."""
    with connection.open() as store:
        found = store.usage()
    if as_json:
        _echo_json(asdict(found))
        return
    click.echo(f"{'files:':16}{found.file_count}")
    click.echo(f"{'size:':16}{shown_size(found.total_bytes)} of {shown_size(found.max_total_bytes)}")
    click.echo(f"{'being written:':16}{shown_size(found.reserved_bytes)}")
    click.echo(f"{'older versions:':16}{shown_size(found.kept_bytes)}, given up when their room is needed")


# ---------------------------------------------------------------- uploads


def _sources(paths: tuple[Path, ...], key: str | None, *, recursive: bool) -> Iterator[tuple[Path, str]]:
    """The files to upload and their keys."""
    is_prefix = key is not None and key.endswith("/")
    if len(paths) > 1 and key is not None and not is_prefix:
        raise click.UsageError("with several paths --key is a prefix that ends in a slash")
    for path in paths:
        if path != Path(_STREAM) and path.is_dir():
            if not recursive:
                raise InvalidRequest(f"{path}: a directory; use --recursive")
            yield from _tree(path, key)
        elif key is None and path == Path(_STREAM):
            raise click.UsageError("the standard input needs a --key")
        elif key is None:
            yield path, keys.new_key()
        else:
            yield path, keys.complete(key + path.name if is_prefix else key)


def _tree(directory: Path, key: str | None) -> Iterator[tuple[Path, str]]:
    """The regular files below a directory; links are left alone, they may lead anywhere."""
    prefix = f"{keys.FILES}{directory.resolve().name}/" if key is None else key.rstrip("/") + "/"
    for path in sorted(directory.rglob("*")):
        if path.is_file() and not path.is_symlink():
            yield path, keys.complete(prefix + path.relative_to(directory).as_posix())


def _upload(store: FileStore, path: Path, key: str, options: dict[str, Any]) -> FileInfo:
    if path == Path(_STREAM):
        return _put(store, sys.stdin.buffer, None, key, key, options)
    with path.open("rb") as file:
        length = path.stat().st_size if path.is_file() else None
        return _put(store, file, length, path.name, key, options)


def _put(
    store: FileStore, file: BinaryIO, length: int | None, name: str, key: str, options: dict[str, Any]
) -> FileInfo:
    metadata = dict(options["metadata"])
    if name.isprintable():
        metadata.setdefault("original_filename", name)
    put: PutOptions = {
        "content_type": options["content_type"] or content_types.guess(name),
        "metadata": metadata,
        "ttl": options["ttl"],
    }
    with _bar(name, length, quiet=options["quiet"]) as progress:
        body = Measured(file, progress)
        info = store.put(key, body, size=length, **put)
    body.check(info)
    return info


# ---------------------------------------------------------------- what is shown


def _target(info: FileInfo, output: Path | None) -> Path:
    target = output or Path()
    return target / staging.original_name(info) if target.is_dir() else target


def _listed(store: FileStore, prefix: str, limit: int | None) -> Iterator[FileInfo]:
    left, after = limit, None
    while left is None or left > 0:
        page = store.list(prefix, after=after, limit=_PAGE if left is None else min(left, _PAGE))
        yield from page.items
        if page.next_after is None:
            return
        after = page.next_after
        left = None if left is None else left - len(page.items)


@contextmanager
def _bar(label: str, length: int | None, *, quiet: bool) -> Iterator[Progress]:
    """Show progress on a terminal, and nothing elsewhere."""
    if quiet or length is None or not sys.stderr.isatty():
        yield lambda _count: None
        return
    bar: AbstractContextManager[Any] = click.progressbar(length=length, label=label, file=sys.stderr)
    with bar as shown:
        yield shown.update


def _echo_json(document: Any) -> None:
    click.echo(json.dumps(document, ensure_ascii=False))


def _echo_json_array(documents: Iterator[dict[str, Any]]) -> None:
    """An array of which each element is printed as soon as it is known."""
    separator = "["
    for document in documents:
        click.echo(separator + json.dumps(document, ensure_ascii=False), nl=False)
        separator = ",\n"
    click.echo("]" if separator != "[" else "[]")
