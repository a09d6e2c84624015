"""`/sandfs/v1/files…`: staged files by key."""

from __future__ import annotations

import math
from typing import Any

from jupyter_server.auth.decorator import authorized
from tornado import iostream, web

from jupyter_sandfs import paths
from jupyter_sandfs.errors import InvalidRequest, ObjectNotFound, PreconditionFailed
from jupyter_sandfs.filestore import AsyncFileStore, AsyncReader, FileInfo, PutOptions, content_types, keys
from jupyter_sandfs.rpc.entries import rfc3339
from jupyter_sandfs.server import conditions
from jupyter_sandfs.server.conditions import Part
from jupyter_sandfs.server.forms import UploadForm
from jupyter_sandfs.server.intake import Gathered, IntakeRoute, Sink
from jupyter_sandfs.server.route import SandfsRoute
from jupyter_sandfs.server.staging import CHUNK_BYTES, LargeObject, SmallObject, Staging

_MAX_LISTED = 1000
_NAME_LENGTH = 255
_FORM = "application/x-www-form-urlencoded"  # what curl says of any body: nothing about the file


class FilesRoute(SandfsRoute):
    """A route about the staging store."""

    @property
    def tenant(self) -> str:
        """Whose files this request is about."""
        return ""

    async def store(self) -> AsyncFileStore:
        staging: Staging = self.settings["sandfs_staging"]
        return await staging.store()

    async def open_sink(self, key: str, length: int | None, options: PutOptions) -> Sink:
        """Get ready to store a body; a length above the limit is refused here."""
        if length is not None and length <= CHUNK_BYTES:
            return SmallObject(await self.store(), key, options)
        upload = await (await self.store()).begin_upload(key, length=length, **options)
        return Gathered(LargeObject(upload), CHUNK_BYTES)

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


class Files(FilesRoute, IntakeRoute):
    """All files: list them, or add one from a form."""

    body_methods = frozenset({"POST"})
    form: UploadForm

    @web.authenticated
    @authorized
    async def get(self) -> None:
        limit = min(self.number("limit") or _MAX_LISTED, _MAX_LISTED)
        prefix, delimiter, after = self.query("prefix") or "", self.query("delimiter"), self.query("after")
        store = await self.store()
        page = await store.list(prefix, delimiter=delimiter or None, after=after or None, limit=limit)
        files = [describe(info) for info in page.items]
        answer: dict[str, Any] = {"files": files, "count": len(files), "next": page.next_after}
        self.answer(answer | ({"prefixes": list(page.common_prefixes)} if delimiter else {}))

    @web.authenticated
    @authorized
    async def post(self) -> None:
        if self._finished:
            return
        if self.sink is None or not self.form.complete:
            await self._give_up()
            raise InvalidRequest("the form has no complete field named file")
        info = await self.commit()
        self.set_header("Location", f"{self.request.path}/{conditions.escaped(info.key)}")
        self.answer(receipt(info), status=201)

    async def open_intake(self, length: int | None) -> None:
        del length  # that of the form, not of the file in it
        self.form = UploadForm(self.request.headers.get("Content-Type", ""))

    async def take(self, chunk: bytes) -> None:
        content = self.form.feed(chunk)
        if self.sink is None and self.form.file_name is not None:
            self.sink = await self._open_form_sink(self.form)
        for each in content:
            await super().take(each)

    async def _open_form_sink(self, form: UploadForm) -> Sink:
        key = form.fields.get("key") or self.query("key")
        ttl = form.fields.get("ttl") or self.query("ttl")
        name = paths.name(clean_name(form.file_name or ""))
        options: PutOptions = {"ttl": parse_ttl(ttl), "content_type": form_type(form.content_type, name)}
        if name:
            options["metadata"] = {"original_filename": name}
        return await self.open_sink(keys.complete(key) if key else keys.new_key(), None, options)


class File(FilesRoute, IntakeRoute):
    """One file by its key."""

    body_methods = frozenset({"PUT"})

    @web.authenticated
    @authorized
    async def get(self, name: str) -> None:
        await self._download(name)

    @web.authenticated
    @authorized
    async def head(self, name: str) -> None:
        await self._download(name)

    @web.authenticated
    @authorized
    async def put(self, name: str) -> None:
        del name
        if not self._finished:
            info = await self.commit()
            self.set_header("ETag", conditions.quoted(info.etag))
            self.answer(receipt(info), status=200 if self.replaces else 201)

    @web.authenticated
    @authorized
    async def delete(self, name: str) -> None:
        key = keys.complete(name)
        version = await self.expected_version(key)
        found = await (await self.store()).delete(key, if_version=version)
        if not found:
            raise ObjectNotFound(key)
        self.answer({"deleted": key})

    async def open_intake(self, length: int | None) -> None:
        key = keys.complete(self.path_args[0])
        options: PutOptions = {"ttl": parse_ttl(self.query("ttl"))}
        version = await self.expected_version(key)
        if version is not None:
            options["if_version"] = version
        content_type = self.request.headers.get("Content-Type", _FORM)
        if content_type != _FORM:
            options["content_type"] = content_type
        self.replaces = await (await self.store()).exists(key)
        self.sink = await self.open_sink(key, length, options)

    async def _download(self, name: str) -> None:
        self.check_xsrf_cookie()  # as Jupyter's own downloads: no other site may embed them
        key = keys.complete(name)
        info = await (await self.store()).head(key)
        self._announce(info)
        part = self.choose_part(info.size_bytes, info.etag)
        if part is None:
            return
        if self.request.method == "GET":
            await self._send(info, part)
        else:
            self.finish_download()

    def _announce(self, info: FileInfo) -> None:
        self.announce_download(info.key.rpartition("/")[2], info.etag, info.content_type)
        self.set_header("Last-Modified", info.created_at)
        self.set_header("X-Checksum", info.checksum)
        if info.expires_at is not None:
            self.set_header("X-Expires-At", rfc3339(info.expires_at))

    async def _send(self, info: FileInfo, part: Part) -> None:
        reader = await (await self.store()).open(info.key, start=part.start, end=part.end)
        try:
            if reader.info.version != info.version:
                raise PreconditionFailed(f"{info.key}: the file was replaced just now")
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


def clean_name(name: str) -> str:
    """A file's name as a browser sent it, without what metadata can't hold; cut to a sensible length."""
    return "".join(each for each in name if each.isprintable())[:_NAME_LENGTH]


def form_type(said: str | None, name: str) -> str | None:
    """The media type of a file in a form: what was said, else what its name tells; None leaves it to the key."""
    told = said if said and said != content_types.OCTETS else content_types.guess(name)
    return None if told == content_types.OCTETS else told


def parse_ttl(text: str | None) -> float | None:
    """Read a time to live in seconds; None leaves it to the store."""
    if not text:
        return None
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not 0 <= seconds < math.inf:
        raise InvalidRequest(f"ttl is a number of seconds, not {text[:40]!r}")
    return seconds


def routes(prefix: str) -> list[tuple[str, type[SandfsRoute]]]:
    """The routes of this module below `prefix`; the slashes of a key are its own."""
    return [(prefix, Files), (f"{prefix}/(.+)", File)]
