"""`/sandfs/files/…`: the bytes of a file by its path in the contents API, for links, images and downloads."""

from __future__ import annotations

import mimetypes
from collections.abc import Mapping

from jupyter_server.auth.decorator import authorized
from tornado import web

from jupyter_sandfs.server.addressing import Spot
from jupyter_sandfs.server.fs import FileDownload, read_start

_OCTETS = "application/octet-stream"
_OWN_TYPES: Mapping[str, str] = {".ipynb": "application/x-ipynb+json"}


class SandboxFile(FileDownload):
    """A file, as a download with `?download=1`, otherwise as its kind; nothing in it may run."""

    @web.authenticated
    @authorized
    async def get(self, path: str) -> None:
        await self._deliver(path)

    @web.authenticated
    @authorized
    async def head(self, path: str) -> None:
        await self._deliver(path)

    async def _deliver(self, path: str) -> None:
        self.check_xsrf_cookie()  # as Jupyter's own downloads: no other site may embed them
        spot: Spot = await self.settings["sandfs_contents"].locate(path)
        first = await read_start(spot.target, spot.path, whole=self.wants_whole())
        name = spot.path.rpartition("/")[2]
        self.announce_download(name, first.value["etag"], content_type(name), inline=not self.query("download"))
        await self.deliver(spot.target, spot.path, first)


def content_type(name: str) -> str:
    """What a browser should take a file for, by its name; compressed ones for bytes."""
    own = next((kind for end, kind in _OWN_TYPES.items() if name.lower().endswith(end)), None)
    kind, encoding = mimetypes.guess_type(name)
    if encoding is not None:
        return "application/gzip" if encoding == "gzip" else _OCTETS
    return own or ("text/plain; charset=UTF-8" if kind == "text/plain" else kind) or _OCTETS


def routes(prefix: str) -> list[tuple[str, type[web.RequestHandler]]]:
    """The routes of this module below `prefix`."""
    return [(rf"{prefix}/(.+)", SandboxFile)]
