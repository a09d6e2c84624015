"""The operations on files that a dispatcher offers.

Each is a function of a file system, the request's body and keyword arguments; it gives a JSON value, or that and a
body. Names and camelCase fields are those of the HTTP interface (seed: filesystem-api).
"""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections.abc import Callable
from typing import Any

from jupyter_sandfs import paths
from jupyter_sandfs.errors import InvalidRequest, PathError, PreconditionFailed
from jupyter_sandfs.rpc.entries import describe, describe_path
from jupyter_sandfs.rpc.uploads import Uploads
from jupyter_sandfs.vfs.entries import Stat
from jupyter_sandfs.vfs.interface import FileSystem

MAX_CHUNK = 1 << 20
MAX_PAGE = 5_000
_PAGE_BYTES = 1 << 20  # names and paths in one page: a reply must fit in a frame's header
_READ_ATTEMPTS = 5

Body = bytes | memoryview
Handler = Callable[..., Any]


def stats(fs: FileSystem, _body: Body) -> dict[str, int]:
    """Sizes and counts of the file system, and how many bytes it may hold."""
    found = fs.stats()
    return {
        "totalSize": found.total_size,
        "fileCount": found.file_count,
        "directoryCount": found.directory_count,
        "nodeCount": found.node_count,
        "limit": fs.limits.total_bytes,
    }


def entries(
    fs: FileSystem, _body: Body, path: str, offset: int = 0, limit: int = 1000, after: str | None = None
) -> dict[str, Any]:
    """One page of a listing, ordered by name, from `offset` on or behind the name `after`.

    Returns:
        `entries`, perhaps fewer than `limit`; `more`, whether others follow them; `total`, how many there are in all.
    """
    _refuse_negative(offset=offset, limit=limit)
    listing = fs.ls(path)
    start = offset if after is None else bisect_right(listing, after, key=lambda each: each.name)
    page: list[dict[str, Any]] = []
    room = _PAGE_BYTES
    for entry in listing[start : start + min(limit, MAX_PAGE)]:
        room -= len(entry.path) + len(entry.name) + len(entry.stat.link_target or "")
        if room < 0 and page:
            break
        page.append(describe(fs, entry))
    return {"entries": page, "total": len(listing), "more": start + len(page) < len(listing)}


def stat(fs: FileSystem, _body: Body, path: str) -> dict[str, Any]:
    return describe_path(fs, path)


def read(
    fs: FileSystem, _body: Body, path: str, offset: int = 0, length: int | None = None, etag: str | None = None
) -> tuple[dict[str, Any], memoryview]:
    """A part of a file, `MAX_CHUNK` bytes at most.

    Raises:
        PreconditionFailed: the content is not the one that `etag` names; a reader of many parts must not mix two.
    """
    _refuse_negative(offset=offset, length=length or 0)
    data, current = _read_whole(fs, path)
    if etag is not None and etag != current:
        raise PreconditionFailed(f"{paths.normalize(path)}: the file was changed since the first part was read")
    wanted = MAX_CHUNK if length is None else min(length, MAX_CHUNK)
    part = memoryview(data)[offset : offset + wanted]
    return {"size": len(data), "etag": current, "offset": offset}, part


def write(
    fs: FileSystem, body: Body, path: str, *, append: bool = False, expected_version: int | None = None
) -> dict[str, Any]:
    """Replace or extend a file with the body."""
    version = fs.write_bytes(path, bytes(body), append=append, expected_version=expected_version)
    return _written(fs, paths.normalize(path), len(body), version)


def remove(
    fs: FileSystem, _body: Body, path: str, *, recursive: bool = False, expected_version: int | None = None
) -> dict[str, str]:
    fs.remove(path, recursive=recursive, expected_version=expected_version)
    return {"path": paths.normalize(path)}


def mkdir(fs: FileSystem, _body: Body, path: str) -> dict[str, str]:
    fs.mkdir(path)
    return {"path": paths.normalize(path)}


def move(fs: FileSystem, _body: Body, from_: str, to: str, *, overwrite: bool = False) -> dict[str, str]:
    fs.move(from_, to, overwrite=overwrite)
    return {"from": paths.normalize(from_), "to": paths.normalize(to)}


def copy(fs: FileSystem, _body: Body, from_: str, to: str, *, overwrite: bool = False) -> dict[str, str]:
    fs.copy(from_, to, overwrite=overwrite)
    return {"from": paths.normalize(from_), "to": paths.normalize(to)}


FILE_OPERATIONS: dict[str, Handler] = {
    "stats": stats,
    "entries": entries,
    "stat": stat,
    "read": read,
    "write": write,
    "remove": remove,
    "mkdir": mkdir,
    "move": move,
    "copy": copy,
}


def upload_operations(uploads: Uploads) -> dict[str, Handler]:
    """The operations that bring a file in by chunks, on one table of uploads."""

    def begin(
        fs: FileSystem,
        _body: Body,
        path: str,
        size: int | None = None,
        expected_version: int | None = None,
        *,
        append: bool = False,
    ) -> dict[str, str]:
        return {"uploadId": uploads.begin(fs, path, size, expected_version, appends=append)}

    def append(_fs: FileSystem, body: Body, upload_id: str, offset: int) -> dict[str, int]:
        return {"offset": uploads.append(upload_id, offset, body)}

    def commit(_fs: FileSystem, _body: Body, upload_id: str) -> dict[str, Any]:
        return _written(*uploads.commit(upload_id))

    def abort(_fs: FileSystem, _body: Body, upload_id: str) -> dict[str, Any]:
        uploads.abort(upload_id)
        return {}

    return {"upload_begin": begin, "upload_append": append, "upload_commit": commit, "upload_abort": abort}


def _written(fs: FileSystem, path: str, size: int, version: int) -> dict[str, Any]:
    return {"path": path, "bytesWritten": size, "version": version, "etag": _etag_of(fs, path, version)}


def _etag_of(fs: FileSystem, path: str, version: int) -> str | None:
    """The etag of what was just written; None if it was overtaken already, or may be written but not seen."""
    try:
        found = fs.stat(path)
    except PathError:
        return None
    return found.etag if found.version == version else None


def _read_whole(fs: FileSystem, path: str) -> tuple[bytes, str]:
    """Give a content and the etag that surely belongs to it."""
    before = fs.stat(path)
    for _ in range(_READ_ATTEMPTS):
        data = fs.read_bytes(path)
        after = fs.stat(path)
        if before.etag == after.etag:
            return data, _content_etag(after, data)
        before = after
    raise PreconditionFailed(f"{paths.normalize(path)}: the file changes faster than it can be read")


def _content_etag(found: Stat, data: bytes) -> str:
    """A provider may compute another content each time under one stamp: only a digest tells them apart."""
    if not found.dynamic:
        return found.etag
    return f"{found.etag}-{hashlib.blake2b(data, digest_size=16).hexdigest()}"


def _refuse_negative(**numbers: int) -> None:
    for name, number in numbers.items():
        if number < 0:
            raise InvalidRequest(f"{name} is negative: {number}")
