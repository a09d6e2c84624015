"""`/sandfs/v1/fs/events`: what changes in a sandbox, as server-sent events (WHATWG HTML, 9.2)."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from jupyter_server.auth.decorator import authorized
from tornado import iostream, web

from jupyter_sandfs.errors import KernelBusy, SandfsError
from jupyter_sandfs.server import problems
from jupyter_sandfs.server.addressing import Target
from jupyter_sandfs.server.fs import FsRoute
from jupyter_sandfs.server.route import SandfsRoute
from jupyter_sandfs.server.seats import Seats

_LOOK_SECONDS = 0.25
_QUIET_SECONDS = 15.0  # after which a comment keeps proxies from closing the connection
_LONGEST_SECONDS = 24 * 3600.0
_RETRY_MILLISECONDS = 1000


class Events(FsRoute):
    """A stream of changes. A client that reads slowly is asked less often, and told when it missed some."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        target, path = await self.target(), self.query("path") or "/"
        seconds = float(self.query("seconds") or _LONGEST_SECONDS)
        after = self.request.headers.get("Last-Event-ID") or self.query("after")
        seats: Seats = self.settings["sandfs_streams"]
        seats.take(self.username)
        try:
            first = (await target.ask("changes", {"path": path, "after": after})).value
            self._announce()
            place = first["at"] if first["lost"] or after is None else after
            await self._send("reset" if first["lost"] else "ready", {}, place)
            await self._stream(target, path, first, seconds)
        except iostream.StreamClosedError:
            return  # the client went away
        finally:
            seats.leave(self.username)

    def on_connection_close(self) -> None:
        super().on_connection_close()
        self._closed.set()

    def initialize(self) -> None:
        self._closed = asyncio.Event()

    async def _stream(self, target: Target, path: str, told: dict[str, Any], seconds: float) -> None:
        """Pass on what is new, until the time is over, the client closes, or the kernel is gone."""
        loop = asyncio.get_running_loop()
        until = loop.time() + seconds
        quiet_until = loop.time() + _QUIET_SECONDS
        while True:
            await self._send_changes(told)
            if told["changes"] or loop.time() > quiet_until:
                quiet_until = loop.time() + _QUIET_SECONDS
                await self._write(": here\n\n")
            if loop.time() >= until or await self._is_closed_within(_LOOK_SECONDS):
                break
            found = await self._look(target, path, told["at"])
            if found is None:
                break
            told = found
        self.finish(set_content_type="text/event-stream")

    async def _send_changes(self, told: dict[str, Any]) -> None:
        for change in told["changes"]:
            await self._send("change", {name: change[name] for name in change if name != "id"}, change["id"])

    async def _look(self, target: Target, path: str, at: str) -> dict[str, Any] | None:
        """What is new behind a place; None when the kernel is gone, which the client is told."""
        try:
            found: dict[str, Any] = (await target.ask("changes", {"path": path, "after": at})).value
        except KernelBusy:  # it may go on, or be gone when it is asked again
            return {"changes": [], "at": at, "lost": False}
        except SandfsError as error:
            await self._send("end", problems.problem(error, error.http_status, self.request.path))
            return None
        if found["lost"]:
            await self._send("reset", {}, found["at"])
        return found

    def _announce(self) -> None:
        self.set_header("Content-Type", "text/event-stream")
        self.set_header("Cache-Control", "no-store")
        self.set_header("X-Accel-Buffering", "no")  # nginx would gather events
        self.set_header("X-Content-Type-Options", "nosniff")

    async def _send(self, event: str, data: dict[str, Any], place: str | None = None) -> None:
        """Send an event; `place` is what the client shows as Last-Event-ID when it comes back."""
        head = f"id: {place}\n" if place else ""
        head += f"retry: {_RETRY_MILLISECONDS}\n" if event == "ready" else ""
        await self._write(f"{head}event: {event}\ndata: {json.dumps(data)}\n\n")

    async def _write(self, text: str) -> None:
        self.write(text)
        await self.flush()

    async def _is_closed_within(self, seconds: float) -> bool:
        try:
            await asyncio.wait_for(self._closed.wait(), seconds)
        except TimeoutError:
            return False
        return True


def routes(prefix: str) -> list[tuple[str, type[SandfsRoute]]]:
    """The routes of this module below `prefix`."""
    return [(f"{prefix}/events", Events)]
