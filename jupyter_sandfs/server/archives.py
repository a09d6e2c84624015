"""`/sandfs/v1/fs/archive` and `/sandfs/v1/fs/upload-batch`: whole trees of a sandbox, out and in, as a stream."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from jupyter_server.auth.decorator import authorized
from tornado import iostream, web

from jupyter_sandfs import paths
from jupyter_sandfs.errors import ContentTypeRefused, SandfsError
from jupyter_sandfs.rpc.messages import Reply
from jupyter_sandfs.server.addressing import Target
from jupyter_sandfs.server.fs import FsRoute, LargeFile
from jupyter_sandfs.server.intake import Gathered, IntakeRoute
from jupyter_sandfs.server.route import SandfsRoute
from jupyter_sandfs.vfs.archives.archive import FORMATS, find_format

# A tar may come compressed under its own name too, as tar itself takes it: None means to look.
_FORMATS_BY_TYPE = {each.media_type: name for name, each in FORMATS.items()} | {
    "application/x-tar": None,
    "application/x-gzip": "tar.gz",
    "application/x-gtar": None,
}


_LEAST_SECONDS = 60.0
_UNPACKED_PER_SECOND = 4 << 20  # bytes of a well compressed archive, on a slow machine


class Archive(FsRoute):
    """A subtree as an archive that is made while it is sent."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        self.check_xsrf_cookie()  # as Jupyter's own downloads: no other site may embed them
        target, path = await self.target(), self.query("path") or "."
        form = self.query("format") or "tar"
        media_type = find_format(form).media_type
        arguments = {"path": path, "format": form, "materialize": self.flag("materialize")}
        begun = (await target.ask("archive_begin", arguments)).value
        leaving = Leaving(target, begun["archiveId"])
        first = await leaving.next()
        self.announce_attachment(f"{begun['name'] or target.sandbox}.{form}", media_type)
        await self._send(leaving, first)

    async def _send(self, leaving: Leaving, chunk: Reply) -> None:
        """Send on until the end; where it can't be reached, the connection is cut, which the client notices."""
        try:
            while True:
                self.write(bytes(chunk.body))
                await self.flush()
                if chunk.value["ended"]:
                    break
                chunk = await leaving.next()
        except iostream.StreamClosedError:  # the client went away
            await leaving.abort()
            return
        except SandfsError as error:
            self.log.warning("%s %s: %s", self.request.method, self.request.path, error)
            self.cut_off()
            return
        self.finish_download()


class Leaving:
    """An archive that leaves a kernel."""

    def __init__(self, target: Target, archive_id: str) -> None:
        self._target = target
        self._archive_id = archive_id
        self._offset = 0

    async def next(self) -> Reply:
        length = await self._target.chunk_bytes()
        arguments = {"archive_id": self._archive_id, "offset": self._offset, "length": length}
        reply = await self._target.ask("archive_read", arguments)
        self._offset += len(reply.body)
        return reply

    async def chunks(self) -> AsyncIterator[bytes]:
        ended = False
        while not ended:
            reply = await self.next()
            ended = reply.value["ended"]
            yield bytes(reply.body)

    async def abort(self) -> None:
        await self._target.ask("archive_abort", {"archive_id": self._archive_id})


class UploadBatch(FsRoute, IntakeRoute):
    """An archive that is unpacked, whole or not at all."""

    body_methods = frozenset({"POST"})

    @web.authenticated
    @authorized
    async def post(self) -> None:
        if not self._finished:
            unpacked = await self.commit()
            self.tell("unpack", "sandbox", paths.normalize(self.query("path") or "."), kernel_id=self.kernel_id)
            self.answer(unpacked)

    async def open_intake(self, length: int | None) -> None:
        form = self._format()
        # The seed's upload-batch replaces what is there, and its clients rely on that.
        overwrite = self.flag("overwrite") if self.query("overwrite") is not None else True
        target, path = await self.target(), self.query("path") or "."
        self.kernel_id = target.kernel_id
        begun = await target.ask("extract_begin", {"path": path, "size": length})
        arriving = Arriving(target, begun.value["uploadId"], {"format": form, "overwrite": overwrite})
        self.sink = Gathered(arriving, await target.chunk_bytes())

    def _format(self) -> str | None:
        given = self.request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        if given not in _FORMATS_BY_TYPE:
            raise ContentTypeRefused(given or "none was given")
        return _FORMATS_BY_TYPE[given]


class Arriving(LargeFile):
    """An archive that goes to the kernel in chunks, to be unpacked there."""

    def __init__(self, target: Target, upload_id: str, arguments: dict[str, Any]) -> None:
        super().__init__(target, upload_id)
        self._arguments = {"upload_id": upload_id, **arguments}

    async def commit(self) -> Any:
        seconds = _LEAST_SECONDS + self._offset / _UNPACKED_PER_SECOND
        return (await self._target.ask("extract_commit", self._arguments, seconds=seconds)).value


def routes(prefix: str) -> list[tuple[str, type[SandfsRoute]]]:
    """The routes of this module below `prefix`."""
    return [(f"{prefix}/archive", Archive), (f"{prefix}/upload-batch", UploadBatch)]
