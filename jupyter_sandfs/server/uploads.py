"""`/sandfs/v1/uploads…`: resumable uploads to the staging store, as tus 1.0.0 defines them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from urllib.parse import quote

from jupyter_server.auth.decorator import allow_unauthenticated, authorized
from tornado import web
from tornado.httputil import format_timestamp

from jupyter_sandfs import paths
from jupyter_sandfs.errors import ContentTypeRefused, LimitExceeded, ObjectTooLarge, PreconditionFailed, SandfsError
from jupyter_sandfs.filestore import PutOptions, keys
from jupyter_sandfs.server import tus
from jupyter_sandfs.server.arrivals import Arrival, Verified
from jupyter_sandfs.server.files import clean_name, form_type, parse_ttl
from jupyter_sandfs.server.intake import Gathered, Owning, Sink
from jupyter_sandfs.server.resumable import Progress, ResumableUploads
from jupyter_sandfs.server.route import SandfsRoute
from jupyter_sandfs.server.staging import CHUNK_BYTES
from jupyter_sandfs.server.store_route import StoreRoute
from jupyter_sandfs.server.tus import Kind
from jupyter_sandfs.server.upload_notes import Note

_PARTS = "sessions/uploads"  # where the bytes of parts wait, until they are joined
_OURS = frozenset({"key", "ttl", "filename", "name", "filetype", "type"})
_OVERRIDES = frozenset({"PATCH", "DELETE"})


class TusRoute(StoreRoute):
    """What both routes have in common: the version of the protocol, and how far an upload is."""

    arrival: Arrival | None = None

    @property
    def uploads(self) -> ResumableUploads:
        uploads: ResumableUploads = self.settings["sandfs_uploads"]
        return uploads

    def set_default_headers(self) -> None:
        super().set_default_headers()
        self.set_header("Tus-Resumable", tus.VERSION)
        self.set_header("Tus-Version", tus.VERSION)

    async def prepare(self) -> None:  # type: ignore[override]  # as Jupyter's APIHandler does
        override = self.request.headers.get("X-HTTP-Method-Override", "").upper()
        if self.request.method == "POST" and override in _OVERRIDES:
            self.request.method = override  # all three are writes to the authorizer, and all three need XSRF
        await super().prepare()

    def check_version(self) -> None:
        if self.request.headers.get("Tus-Resumable") != tus.VERSION:
            raise PreconditionFailed(f"the header Tus-Resumable has to be {tus.VERSION}")

    @allow_unauthenticated
    def options(self, *args: Any) -> None:
        """What the server can do; to somebody without a login only what Jupyter answers to a browser's preflight."""
        super().options(*args)
        if self.current_user:
            self.set_header("Tus-Extension", ",".join(tus.EXTENSIONS))
            self.set_header("Tus-Checksum-Algorithm", ",".join(tus.ALGORITHMS))
            self.set_header("Tus-Max-Size", str(self.uploads.max_file_size))
        self.set_status(204)
        self.finish()

    def on_finish(self) -> None:
        super().on_finish()
        self._leave()

    async def _give_up(self) -> None:
        await super()._give_up()
        self._leave()  # a connection that breaks is not finished

    def _leave(self) -> None:
        if self.arrival is not None:
            self.uploads.leave(self.arrival)

    async def open_body(self, progress: Progress, offset: int) -> None:
        """Get ready for the bytes of this request."""
        self.arrival = await self.uploads.arrive(progress, offset)
        if self.arrival is None:
            return
        length = self.declared_length()
        self.arrival.check(length or 0)
        self.sink = self._checked(self.arrival)

    def _checked(self, arrival: Arrival) -> Sink:
        checksum = tus.parse_checksum(self.request.headers.get("Upload-Checksum"))
        return arrival if checksum is None else Gathered(Owning(Verified(arrival, checksum)), CHUNK_BYTES)

    async def close_body(self, progress: Progress) -> None:
        """Take the end of the body in, and finish the upload if this was all of it."""
        offset = progress.offset if self.sink is None else await self.commit()
        note = await self.uploads.finish(await self.store(), Progress(progress.note, offset, progress.upload))
        self.announce(note, offset, await self.uploads.touch(note))
        if progress.upload is not None and note.checksum is not None:
            self.tell("write", "store", note.key, bytes=offset)

    def announce(self, note: Note, offset: int, end: datetime) -> None:
        """Set the headers that say how far an upload is, and where the file is when it is done."""
        self.set_header("Upload-Offset", str(offset))
        self.set_header("Upload-Expires", format_timestamp(end))
        if note.checksum is not None and note.kind is not Kind.PARTIAL:
            self.set_header("X-File-Key", quote(note.key, safe="/"))
            self.set_header("X-Checksum", note.checksum)

    def declared_type(self) -> str:
        return str(self.request.headers.get("Content-Type", ""))


class Uploads(TusRoute):
    """Where uploads begin."""

    body_methods = frozenset({"POST"})
    progress: Progress | None = None

    @web.authenticated
    @authorized
    async def post(self) -> None:
        if self._finished:
            return
        if self.progress is None:
            await self._join()
        else:
            await self._answer_begun(self.progress)

    async def open_intake(self, length: int | None) -> None:
        self.check_version()
        kind, _ = tus.parse_concat(self.request.headers.get("Upload-Concat"))
        has_body = kind is not Kind.FINAL and self.declared_type() == tus.BODY_TYPE
        if not has_body:
            self._refuse_body(length)
        if kind is not Kind.FINAL:
            self.progress = await self._begin(kind, length or 0)
            if has_body or self.progress.is_complete:
                await self.open_body(self.progress, 0)

    async def _answer_begun(self, progress: Progress) -> None:
        try:
            await self.close_body(progress)
        except SandfsError:
            await self.uploads.remove(progress)  # its address was not told: nobody can go on with it
            raise
        self._answer(progress.note)

    async def _give_up(self) -> None:
        is_open = self.sink is not None
        await super()._give_up()
        if is_open and self.progress is not None:
            await self.uploads.remove(self.progress)  # for the same reason

    async def _begin(self, kind: Kind, body: int) -> Progress:
        """Begin an upload, if all that is known of it beforehand is right; `body` is the length of this request's."""
        headers = self.request.headers
        length = tus.parse_length(headers.get("Upload-Length"), headers.get("Upload-Defer-Length"))
        if length is not None and length > self.uploads.max_file_size:
            raise ObjectTooLarge(self.uploads.max_file_size)
        if length is not None and body > length:
            raise LimitExceeded(f"the body goes on after the {length} bytes that were declared")
        tus.parse_checksum(headers.get("Upload-Checksum"))
        note = await self._note(length)
        if kind is Kind.PARTIAL:
            note = replace(note, key=f"{_PARTS}/{note.id}", options={"ttl": self.uploads.lifetime})
        return await self.uploads.begin(await self.store(), note)

    async def _join(self) -> None:
        _, parts = tus.parse_concat(self.request.headers.get("Upload-Concat"))
        store = await self.store()
        looked = [await self.uploads.look(store, each, self.tenant) for each in parts]
        note = await self.uploads.join(store, await self._note(None), looked)
        self.announce(note, note.length or 0, await self.uploads.end(note))
        self.tell("write", "store", note.key, bytes=note.length)
        self._answer(note)

    async def _note(self, length: int | None) -> Note:
        header = self.request.headers.get("Upload-Metadata", "")
        key, options = _wishes(tus.parse_metadata(header))
        version = await self.expected_version(key)
        if version is not None:
            options["if_version"] = version
        return Note(
            tenant=self.tenant,
            store_id="",
            key=key,
            length=length,
            metadata=header,
            concat=self.request.headers.get("Upload-Concat", ""),
            options=dict(options),
        )

    def _refuse_body(self, length: int | None) -> None:
        if length or "Transfer-Encoding" in self.request.headers:
            raise ContentTypeRefused(self.declared_type())

    def _answer(self, note: Note) -> None:
        # Absolute, for clients that do not resolve it (aiotus).
        place = f"{self.request.protocol}://{self.request.host}{self.request.path.rstrip('/')}/{note.id}"
        self.set_header("Location", place)
        self.set_status(201)
        self.finish()


class Upload(TusRoute):
    """One upload."""

    body_methods = frozenset({"PATCH"})
    progress: Progress

    @web.authenticated
    @authorized
    async def head(self, upload_id: str) -> None:
        self.check_version()
        progress = await self._look(upload_id)
        self.set_header("Cache-Control", "no-store")
        for name, value in _described(progress.note).items():
            self.set_header(name, value)
        self.announce(progress.note, progress.offset, await self.uploads.end(progress.note))
        self.finish()

    @web.authenticated
    @authorized
    async def patch(self, upload_id: str) -> None:
        del upload_id
        if not self._finished:
            await self.close_body(self.progress)
            self.set_status(204)
            self.finish()

    @web.authenticated
    @authorized
    async def delete(self, upload_id: str) -> None:
        self.check_version()
        await self.uploads.remove(await self._look(upload_id))
        self.set_status(204)
        self.finish()

    async def open_intake(self, length: int | None) -> None:
        del length
        self.check_version()
        if self.declared_type() != tus.BODY_TYPE:
            raise ContentTypeRefused(self.declared_type())
        offset = tus.parse_number("Upload-Offset", self.request.headers.get("Upload-Offset"))
        self.progress = await self._look(self.path_args[0])
        if self.progress.note.kind is Kind.FINAL:
            raise web.HTTPError(403, "an upload that was joined from parts takes no bytes")
        if "Upload-Length" in self.request.headers:
            await self._declare(tus.parse_number("Upload-Length", self.request.headers["Upload-Length"]))
        await self.open_body(self.progress, offset)

    async def _declare(self, length: int) -> None:
        if length > self.uploads.max_file_size:
            raise ObjectTooLarge(self.uploads.max_file_size)
        self.progress = await self.uploads.declare(self.progress, length)

    async def _look(self, upload_id: str) -> Progress:
        return await self.uploads.look(await self.store(), upload_id, self.tenant)


def _wishes(metadata: Mapping[str, bytes]) -> tuple[str, PutOptions]:
    """What Upload-Metadata asks for: the key, or a new one, and options of the write.

    `key` and `ttl` are ours; `filename` and `filetype` are what clients send by habit. The rest is kept with the file,
    as far as it is text.
    """
    told = {name: text for name, value in metadata.items() if (text := _text(value))}
    name = paths.name(clean_name(told.get("filename", told.get("name", ""))))
    options: PutOptions = {
        "ttl": parse_ttl(told.get("ttl")),
        "content_type": form_type(told.get("filetype", told.get("type")), name),
        "metadata": {each: text for each, text in told.items() if each not in _OURS},
    }
    if name:
        options["metadata"] = {**(options["metadata"] or {}), "original_filename": name}
    key = told.get("key")
    return keys.complete(key) if key else keys.new_key(), options


def _text(value: bytes) -> str:
    """A value as text that metadata can hold; empty if it is none."""
    try:
        text = value.decode()
    except UnicodeDecodeError:
        return ""
    return text if text.isprintable() else ""


def _described(note: Note) -> dict[str, str]:
    """What HEAD says of an upload besides how far it is."""
    length = {"Upload-Defer-Length": "1"} if note.length is None else {"Upload-Length": str(note.length)}
    told = {"Upload-Metadata": note.metadata, "Upload-Concat": note.concat}
    return length | {name: value for name, value in told.items() if value}


def routes(prefix: str) -> list[tuple[str, type[SandfsRoute]]]:
    """The routes of this module below `prefix`."""
    return [(prefix, Uploads), (f"{prefix}/([^/]+)", Upload)]
