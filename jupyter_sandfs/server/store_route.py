"""What the routes about the staging store have in common: how a file comes in, and how it goes out."""

from __future__ import annotations

from typing import Any

from tornado import iostream

from jupyter_sandfs.errors import ObjectNotFound, PreconditionFailed
from jupyter_sandfs.filestore import AsyncFileStore, AsyncReader, FileInfo, PutOptions
from jupyter_sandfs.rpc.entries import rfc3339
from jupyter_sandfs.server import conditions
from jupyter_sandfs.server.conditions import Part
from jupyter_sandfs.server.intake import Gathered, IntakeRoute, Owning, Sink
from jupyter_sandfs.server.staging import CHUNK_BYTES, LargeObject, SmallObject, Staging
from jupyter_sandfs.server.tenants import Tenants

_FORM = "application/x-www-form-urlencoded"  # what curl says of any body: nothing about the file


class StoreRoute(IntakeRoute):
    """A route about the staging store."""

    @property
    def tenants(self) -> Tenants:
        tenants: Tenants = self.settings["sandfs_tenants"]
        return tenants

    @property
    def tenant(self) -> str:
        """Whose files this request is about."""
        return self.tenants.of(self.current_user)

    async def store(self) -> AsyncFileStore:
        staging: Staging = self.settings["sandfs_staging"]
        return await staging.store(self.tenant)

    # ------------------------------------------------------------ files that come in

    async def open_file(self, key: str, length: int | None, *, ttl: float | None) -> None:
        """Get ready for a body that becomes the file at `key`."""
        options: PutOptions = {"ttl": ttl}
        version = await self.expected_version(key)
        if version is not None:
            options["if_version"] = version
        content_type = self.request.headers.get("Content-Type", _FORM)
        if content_type != _FORM:
            options["content_type"] = content_type
        self.replaces = await (await self.store()).exists(key)
        self.sink = await self.open_sink(key, length, options)

    async def close_file(self) -> None:
        """Make the file appear, and answer."""
        info = await self.commit()
        self.tell("write", "store", info.key, bytes=info.size_bytes)
        self.set_header("ETag", conditions.quoted(info.etag))
        self.answer(receipt(info), status=200 if self.replaces else 201)

    async def open_sink(self, key: str, length: int | None, options: PutOptions) -> Sink:
        """Get ready to store a body; a length above the limit is refused here."""
        if length is not None and length <= CHUNK_BYTES:
            return SmallObject(await self.store(), key, options)
        upload = await (await self.store()).begin_upload(key, length=length, **options)
        return Gathered(Owning(LargeObject(upload)), CHUNK_BYTES)

    async def expected_version(self, key: str) -> int | None:
        """The version that If-Match or If-None-Match demands; None if neither is there."""
        if self.request.headers.get("If-None-Match", "").strip() == "*":
            return 0
        wanted = self.request.headers.get("If-Match")
        if wanted is None:
            return None
        try:
            info = await (await self.store()).head(key)
        except ObjectNotFound as error:
            raise PreconditionFailed(f"{key}: nothing is there") from error
        if not conditions.lists_etag(wanted, info.etag):
            raise PreconditionFailed(f"{key}: the content is another one")
        return info.version

    # ------------------------------------------------------------ files that go out

    async def send_file(self, key: str, version: int | None = None) -> None:
        """Answer with a file, or the part of it that was asked for; to HEAD with the headers alone."""
        info = await (await self.store()).head(key, version=version)
        self._announce(info)
        part = self.choose_part(info.size_bytes, info.etag)
        if part is None:
            return
        if self.request.method == "GET":
            await self._send_part(info, part)
        else:
            self.finish_download()

    def _announce(self, info: FileInfo) -> None:
        self.announce_download(info.key.rpartition("/")[2], info.etag, info.content_type)
        self.set_header("Last-Modified", info.created_at)
        self.set_header("X-Checksum", info.checksum)
        if info.expires_at is not None:
            self.set_header("X-Expires-At", rfc3339(info.expires_at))

    async def _send_part(self, info: FileInfo, part: Part) -> None:
        store = await self.store()
        try:
            reader = await store.open(info.key, version=info.version, start=part.start, end=part.end)
        except ObjectNotFound as error:
            raise PreconditionFailed(f"{info.key}: the file was replaced just now") from error
        try:
            await self._send_chunks(reader)
        except iostream.StreamClosedError:
            return  # the client went away
        finally:
            await reader.close()
        self.finish_download()

    async def _send_chunks(self, reader: AsyncReader) -> None:
        async for chunk in reader:
            self.write(chunk)
            await self.flush()


def describe(info: FileInfo) -> dict[str, Any]:
    """FileInfo as JSON."""
    return {
        "key": info.key,
        "size_bytes": info.size_bytes,
        "content_type": info.content_type,
        "checksum": info.checksum,
        "created_at": rfc3339(info.created_at),
        "expires_at": rfc3339(info.expires_at) if info.expires_at else None,
        "metadata": dict(info.metadata),
        "version": info.version,
        "etag": info.etag,
    }


def receipt(info: FileInfo) -> dict[str, Any]:
    """What an upload is answered with (seed: file-staging)."""
    return {
        "file_key": info.key,
        "size_bytes": info.size_bytes,
        "content_type": info.content_type,
        "checksum": info.checksum,
    }
