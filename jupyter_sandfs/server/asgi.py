"""One request of tornado's as an application sees it that was written for ASGI 3 (HTTP)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any

from tornado import iostream, web

Message = MutableMapping[str, Any]
Application = Callable[
    [Message, Callable[[], Awaitable[Message]], Callable[[Message], Awaitable[None]]], Awaitable[None]
]
_HOP_BY_HOP = frozenset({b"connection", b"keep-alive", b"transfer-encoding", b"content-length"})  # tornado's own affair


class Exchange:
    """Passes one request to an application, and its answer back as it comes.

    Args:
        route: answers the request; its headers stand unless the application sets others.
        body: of the request, whole.
        gone: is set when the client has left.
    """

    def __init__(self, route: web.RequestHandler, body: bytes, gone: asyncio.Event) -> None:
        self._route = route
        self._body: bytes | None = body
        self._gone = gone

    async def run(self, application: Application, facts: Mapping[str, Any]) -> None:
        """Let the application answer; `facts` are put into its scope."""
        await application({**self._scope(), **facts}, self._receive, self._send)

    def _scope(self) -> Message:
        request = self._route.request
        return {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": request.method,
            "scheme": request.protocol,
            "path": request.path,
            "raw_path": (request.path or "").encode(),
            "query_string": (request.query or "").encode(),
            "headers": [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in _headers(request)],
        }

    async def _receive(self) -> Message:
        if self._body is not None:
            body, self._body = self._body, None
            return {"type": "http.request", "body": body, "more_body": False}
        await self._gone.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Message) -> None:
        if self._gone.is_set():
            return  # nobody reads it: the application hears of that when it receives
        try:
            await (self._begin(message) if message["type"] == "http.response.start" else self._go_on(message))
        except iostream.StreamClosedError:
            self._gone.set()

    async def _begin(self, message: Message) -> None:
        self._route.set_status(message["status"])
        streams = False
        for name, value in message.get("headers", ()):
            if name.lower() not in _HOP_BY_HOP:
                self._route.set_header(name.decode("latin-1"), value.decode("latin-1"))
                streams = streams or value.startswith(b"text/event-stream")
        if streams:
            await self._route.flush()  # the client waits for the headers; an event may be long in coming

    async def _go_on(self, message: Message) -> None:
        if message.get("body"):
            self._route.write(message["body"])
        if message.get("more_body"):
            await self._route.flush()
        else:
            self._finish()

    def _finish(self) -> None:
        """End the answer with the type of content that the application chose: Jupyter's routes would say JSON."""
        route: Any = self._route
        route.finish(set_content_type=route._headers.get("Content-Type"))  # noqa: SLF001  tornado shows no other way


def _headers(request: Any) -> list[tuple[str, str]]:
    return list(request.headers.get_all())
