"""Whole directories between the staging store and a sandbox: what `staging` does in a kernel, through the server."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

from jupyter_sandfs import paths
from jupyter_sandfs.errors import ChecksumMismatch, InvalidRequest, LimitExceeded, ObjectNotFound
from jupyter_sandfs.filestore import AsyncFileStore, AsyncReader, AsyncUpload, FileInfo, PutOptions, keys
from jupyter_sandfs.filestore.consignment import MOST_FILES, Consignment, below
from jupyter_sandfs.server.addressing import Target
from jupyter_sandfs.server.archives import Arriving
from jupyter_sandfs.server.conditions import Part
from jupyter_sandfs.server.fs import list_entries, read_file, read_start
from jupyter_sandfs.server.intake import Gathered, pour
from jupyter_sandfs.server.staging import LargeObject
from jupyter_sandfs.vfs.archives import tar
from jupyter_sandfs.vfs.batch import Item

Describe = Callable[[str], PutOptions]


# ---------------------------------------------------------------- into a sandbox


async def stage(target: Target, path: str, store: AsyncFileStore, prefix: str) -> dict[str, Any]:
    """Bring all files of a prefix into the directory `path`, whole or not at all: they travel as one archive.

    Raises:
        ObjectNotFound: nothing is below the prefix.
        ChecksumMismatch: what is in the store is not what was stored.
        LimitExceeded, PathError
    """
    found = await _found(store, prefix)
    if not found:
        raise ObjectNotFound(prefix)
    begun = await target.ask("extract_begin", {"path": path})
    arriving = Arriving(target, begun.value["uploadId"], {"format": "tar", "overwrite": True})
    await pour(_packed(store, found, prefix), Gathered(arriving, await target.chunk_bytes()))
    size = sum(info.size_bytes for info in found)
    return {"path": paths.normalize(path), "bytesWritten": size, "files": len(found)}


async def _packed(store: AsyncFileStore, found: list[FileInfo], prefix: str) -> AsyncIterator[bytes]:
    for info in found:
        item = Item(paths.normalize(info.key.removeprefix(prefix)), b"", modified_ns=time.time_ns())
        yield tar.header(item, info.size_bytes)
        async with await store.open(info.key, version=info.version) as reader:
            async for chunk in verified(reader):
                yield chunk
        yield bytes(-info.size_bytes % tar.BLOCK)
    yield tar.END


async def _found(store: AsyncFileStore, prefix: str) -> list[FileInfo]:
    return await asyncio.to_thread(lambda: list(below(store.sync, prefix)))


# ---------------------------------------------------------------- into the store


async def publish(
    target: Target, path: str, store: AsyncFileStore, prefix: str, describe: Describe
) -> dict[str, FileInfo]:
    """Store all files below the directory `path`, or none, and give them by key; links are left out.

    Args:
        describe: gives the options of a file, by its path.

    Raises:
        InvalidRequest: there is no file.
        InvalidKey, LimitExceeded, PathError, PreconditionFailed, and as `FileStore.put`.
    """
    top = paths.normalize(path).rstrip("/")
    targets = {file: keys.check(prefix + file.removeprefix(f"{top}/")) async for file in _files(target, path)}
    if not targets:
        raise InvalidRequest(f"{path}: there is no file to publish")
    consignment = Consignment(store.sync, await _found(store, prefix))
    try:
        for file, key in targets.items():
            await _consign(consignment, target, file, store, key, describe(file))
        return await asyncio.to_thread(consignment.finish)
    except BaseException:
        await asyncio.to_thread(consignment.take_back)
        raise


async def _consign(
    consignment: Consignment, target: Target, file: str, store: AsyncFileStore, key: str, options: PutOptions
) -> None:
    first = await read_start(target, file)
    size = first.value["size"]
    chunks = read_file(target, file, Part(0, size, size), first)
    if not consignment.replaces(key):
        consignment.note(await store.put(key, chunks, size=size, **options))
        return
    sink = LargeObject(AsyncUpload(await asyncio.to_thread(consignment.begin, key, size, options)))
    async for chunk in chunks:
        await sink.append(chunk)


async def _files(target: Target, top: str) -> AsyncIterator[str]:
    """The files at or below a directory, without links. Raises LimitExceeded."""
    waiting, count = [top], 0
    while waiting:
        entries = await list_entries(target, waiting.pop())
        count += len(entries)
        if count > MOST_FILES:
            raise LimitExceeded(f"{top}: it holds more than {MOST_FILES} files; publish a part of it")
        for entry in entries:
            if _is_own(entry, "file"):
                yield entry["path"]
        waiting += [entry["path"] for entry in reversed(entries) if _is_own(entry, "directory")]


def _is_own(entry: Mapping[str, Any], kind: str) -> bool:
    return entry["entryType"] == kind and "symlinkTarget" not in entry


# ---------------------------------------------------------------- either way


async def verified(reader: AsyncReader) -> AsyncIterator[bytes]:
    """Give all of a stored file. Raises ChecksumMismatch at its end, if it is not what was stored."""
    digest = hashlib.sha256()
    async for chunk in reader:
        digest.update(chunk)
        yield chunk
    actual = f"sha256:{digest.hexdigest()}"
    if actual != reader.info.checksum:
        raise ChecksumMismatch(reader.info.key, reader.info.checksum, actual)
