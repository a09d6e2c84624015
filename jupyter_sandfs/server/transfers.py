"""`/sandfs/v1/fs/stage` and `…/publish`: between the staging store and a sandbox, through the server alone."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from typing import Any

from jupyter_server.auth.decorator import authorized
from tornado import web

from jupyter_sandfs import paths, staging
from jupyter_sandfs.errors import ChecksumMismatch, NotFound
from jupyter_sandfs.filestore import AsyncReader, FileInfo, PutOptions, content_types, keys
from jupyter_sandfs.server.addressing import Target
from jupyter_sandfs.server.conditions import Part
from jupyter_sandfs.server.fs import FsRoute, LargeFile, read_file, read_start
from jupyter_sandfs.server.intake import Gathered, pour
from jupyter_sandfs.server.json_bodies import JsonBody
from jupyter_sandfs.server.openapi import document
from jupyter_sandfs.server.route import SandfsRoute
from jupyter_sandfs.server.store_route import StoreRoute, receipt


class TransferRoute(FsRoute, StoreRoute):
    """A route about a sandbox and the store."""

    body_methods = frozenset({"POST"})

    async def open_intake(self, length: int | None) -> None:
        del length
        self.sink = JsonBody()

    async def wishes(self) -> dict[str, Any]:
        """The body, once it was held to the document."""
        body: dict[str, Any] = await self.commit()
        document.check_body(self.operation, body)
        return body


class Stage(TransferRoute):
    """A stored file comes into a sandbox, as `staging.stage`."""

    @web.authenticated
    @authorized
    async def post(self) -> None:
        if self._finished:
            return
        body = await self.wishes()
        target = await self.target()
        async with await (await self.store()).open(keys.complete(body["key"])) as reader:
            path = await _landing(target, body.get("path") or "/", reader.info)
            arguments = {"path": path, "size": reader.info.size_bytes}
            upload = (await target.ask("upload_begin", arguments)).value["uploadId"]
            sink = Gathered(LargeFile(target, upload), await target.chunk_bytes())
            written = await pour(_verified(reader), sink)
        facts = {"source": reader.info.key, "kernel_id": target.kernel_id, "bytes": reader.info.size_bytes}
        self.tell("stage", "sandbox", written["path"], **facts)
        self.answer(written)


class Publish(TransferRoute):
    """A file of a sandbox goes into the store, as `staging.publish`."""

    @web.authenticated
    @authorized
    async def post(self) -> None:
        if self._finished:
            return
        body = await self.wishes()
        target, path = await self.target(), body["path"]
        first = await read_start(target, path)
        size = first.value["size"]
        options: PutOptions = {
            "ttl": body.get("ttl"),
            "content_type": content_types.guess(paths.name(path)),
            "metadata": staging.told(path, body.get("metadata") or {}, sandbox=target.sandbox, actor=self.username),
        }
        key = keys.complete(body["key"]) if body.get("key") else keys.new_key()
        sink = await self.open_sink(key, size, options)
        chunks = read_file(target, path, Part(0, size, size), first)
        info = await pour(chunks, sink)
        self.tell("publish", "store", info.key, source=path, kernel_id=target.kernel_id, bytes=size)
        self.answer(receipt(info), status=201)


async def _verified(reader: AsyncReader) -> AsyncIterator[bytes]:
    """Give all of a stored file. Raises ChecksumMismatch at its end, if it is not what was stored."""
    digest = hashlib.sha256()
    async for chunk in reader:
        digest.update(chunk)
        yield chunk
    actual = f"sha256:{digest.hexdigest()}"
    if actual != reader.info.checksum:
        raise ChecksumMismatch(reader.info.key, reader.info.checksum, actual)


async def _landing(target: Target, path: str, info: FileInfo) -> str:
    """Where a file goes: into `path` if that is a directory, or ends with a slash."""
    if not path.endswith("/") and not await _is_directory(target, path):
        return path
    return paths.join(path, staging.original_name(info))


async def _is_directory(target: Target, path: str) -> bool:
    try:
        found = (await target.ask("stat", {"path": path})).value
    except NotFound:
        return False
    return bool(found["entryType"] == "directory")


def routes(prefix: str) -> list[tuple[str, type[SandfsRoute]]]:
    """The routes of this module below `prefix`."""
    return [(f"{prefix}/stage", Stage), (f"{prefix}/publish", Publish)]
