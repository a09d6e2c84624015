"""`/sandfs/v1/fs/stage` and `…/publish`: between the staging store and a sandbox, through the server alone."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from jupyter_server.auth.decorator import authorized
from tornado import web

from jupyter_sandfs import paths, staging
from jupyter_sandfs.errors import NotFound
from jupyter_sandfs.filestore import AsyncFileStore, FileInfo, PutOptions, content_types, keys
from jupyter_sandfs.server import trees
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
    """A stored file, or all of a prefix, comes into a sandbox, as `staging.stage`."""

    @web.authenticated
    @authorized
    async def post(self) -> None:
        if self._finished:
            return
        body = await self.wishes()
        target, key, path = await self.target(), body["key"], body.get("path") or "/"
        if key.endswith("/"):
            key = keys.complete_prefix(key)
            written = await trees.stage(target, path, await self.store(), key)
        else:
            key = keys.complete(key)
            written = await _stage_file(target, path, await self.store(), key)
        self.tell(
            "stage", "sandbox", written["path"], source=key, kernel_id=target.kernel_id, bytes=written["bytesWritten"]
        )
        self.answer(written)


async def _stage_file(target: Target, path: str, store: AsyncFileStore, key: str) -> Any:
    async with await store.open(key) as reader:
        arguments = {"path": await _landing(target, path, reader.info), "size": reader.info.size_bytes}
        upload = (await target.ask("upload_begin", arguments)).value["uploadId"]
        sink = Gathered(LargeFile(target, upload), await target.chunk_bytes())
        return await pour(trees.verified(reader), sink)


class Publish(TransferRoute):
    """A file or directory of a sandbox goes into the store, as `staging.publish` and `publish_tree`."""

    @web.authenticated
    @authorized
    async def post(self) -> None:
        if self._finished:
            return
        body = await self.wishes()
        target, path = await self.target(), body["path"]
        publish = self._publish_tree if await _is_directory(target, path) else self._publish_file
        stored = await publish(target, body)
        key, size = stored["file_key"], stored["size_bytes"]
        self.tell("publish", "store", key, source=path, kernel_id=target.kernel_id, bytes=size)
        self.answer(stored, status=201)

    async def _publish_file(self, target: Target, body: Mapping[str, Any]) -> dict[str, Any]:
        path = body["path"]
        key = keys.complete(body["key"]) if body.get("key") else keys.new_key()
        first = await read_start(target, path)
        size = first.value["size"]
        sink = await self.open_sink(key, size, self._options(target, body, path))
        return receipt(await pour(read_file(target, path, Part(0, size, size), first), sink))

    async def _publish_tree(self, target: Target, body: Mapping[str, Any]) -> dict[str, Any]:
        prefix = keys.complete_prefix(body.get("key") or keys.new_key())
        describe = partial(self._options, target, body)
        stored = await trees.publish(target, body["path"], await self.store(), prefix, describe)
        size = sum(info.size_bytes for info in stored.values())
        return {"file_key": prefix, "size_bytes": size, "files": len(stored)}

    def _options(self, target: Target, body: Mapping[str, Any], path: str) -> PutOptions:
        return {
            "ttl": body.get("ttl"),
            "content_type": content_types.guess(paths.name(path)),
            "metadata": staging.told(path, body.get("metadata") or {}, sandbox=target.sandbox, actor=self.username),
        }


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
