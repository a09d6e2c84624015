"""`/sandfs/v1/mcp`: a sandbox as an MCP server, over the protocol's streamable HTTP.

The SDK answers; this route lets in who may come, and bounds what they send.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from jupyter_server.auth.decorator import authorized
from tornado import web

from jupyter_sandfs.errors import InvalidRequest, LimitExceeded
from jupyter_sandfs.rpc.operations import MAX_CHUNK
from jupyter_sandfs.server.addressing import Target, find_kernel
from jupyter_sandfs.server.asgi import Exchange
from jupyter_sandfs.server.intake import IntakeRoute

if TYPE_CHECKING:
    from jupyter_sandfs.server.agents import KernelSource
    from jupyter_sandfs.server.mcp_sessions import McpSessions

_SCOPE = "sandfs"  # where an application finds what a request is about
_TOO_LARGE = f"a message has at most {MAX_CHUNK} bytes: stage a file instead"
_AGENT = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_MOST_TOLD = 100  # events about one call
_SESSION_HEADER = "Mcp-Session-Id"


class Mcp(IntakeRoute):
    """One endpoint for all: a POST is a message of the client, a GET a stream to it, a DELETE the end of a session."""

    body_methods: ClassVar[frozenset[str]] = frozenset({"POST"})

    def initialize(self) -> None:
        self._left = asyncio.Event()

    async def open_intake(self, length: int | None) -> None:
        if length is not None and length > MAX_CHUNK:
            raise LimitExceeded(_TOO_LARGE)
        self.sink = _Message()

    @web.authenticated
    @authorized
    async def post(self) -> None:
        await self._pass_on(await self.commit())

    @web.authenticated
    @authorized
    async def get(self) -> None:
        self.check_xsrf_cookie()  # as the other routes that are read: no page of another site may listen
        await self._pass_on(b"")

    @web.authenticated
    @authorized
    async def delete(self) -> None:
        await self._pass_on(b"")

    def allowed_methods(self) -> list[str]:
        return ["DELETE", "GET", "POST"]

    def on_connection_close(self) -> None:
        super().on_connection_close()
        self._left.set()

    async def _pass_on(self, body: bytes) -> None:
        source = self._source()
        manager = await _sessions(self.settings).of(self._principal)
        await Exchange(self, body, self._left).run(manager.handle_request, {_SCOPE: source})

    def _source(self) -> KernelSource:
        """What the request is about; nothing is looked for yet."""
        from jupyter_sandfs.server.agents import KernelSource  # noqa: PLC0415  agents are heavy, and rarely there

        named = self.query("session_id", "sessionId"), self.query("sandbox") or "default", self.query("view")
        return KernelSource(
            key=named,
            find=partial(_find, self.settings, *named),
            agent=self._agent(),
            seat=f"{self._principal[:16]}:{self.request.headers.get(_SESSION_HEADER, '')[:64]}",
            seconds=self.settings["sandfs_tool_timeout"],
            tell=self._tell_changes,
        )

    def _agent(self) -> str:
        """Who acts, in the journal: the user, and which agent of theirs. It is no name that the notebook gives."""
        name = self.query("agent")
        if name is not None and not _AGENT.fullmatch(name):
            raise InvalidRequest("agent has up to 64 letters, digits and _.-")
        user = None if self._is_anonymous else self.current_user.username
        return "/".join(("mcp", *filter(None, (user, name))))

    @property
    def _is_anonymous(self) -> bool:
        """Whether Jupyter made the user up: whoever has the server's token is another one in each request."""
        return str(self.current_user.name).startswith("Anonymous ")

    @property
    def _principal(self) -> str:
        """Whose sessions these are: those of a token, or of a user who has logged in."""
        token = self.identity_provider.get_token(self) if self.token_authenticated else None
        said = f"token {token}" if token else f"user {self.current_user.username}"
        return hashlib.sha256(said.encode()).hexdigest()

    def _tell_changes(self, kernel_id: str, paths: list[str]) -> None:
        for path in paths[:_MOST_TOLD]:
            self.tell("call", "sandbox", path, kernel_id=kernel_id)


class _Message:
    """A sink that gives the whole body."""

    def __init__(self) -> None:
        self._body = bytearray()

    async def append(self, chunk: bytes) -> None:
        if len(self._body) + len(chunk) > MAX_CHUNK:
            raise LimitExceeded(_TOO_LARGE)
        self._body += chunk

    async def commit(self) -> bytes:
        return bytes(self._body)

    async def abort(self) -> None:
        self._body.clear()


async def _find(settings: dict[str, Any], session_id: str | None, sandbox: str, view: str | None) -> Target:
    links = settings["sandfs_links"]
    kernel_id = await find_kernel(links, settings["kernel_manager"], settings["session_manager"], session_id)
    return Target(links, kernel_id, sandbox, view)


def _sessions(settings: dict[str, Any]) -> McpSessions:
    """Those of this server. Raises Unsupported where the SDK is not installed."""
    from jupyter_sandfs.agents.mcp import serve  # noqa: PLC0415  the SDK is an extra, and heavy
    from jupyter_sandfs.server.mcp_sessions import McpSessions  # noqa: PLC0415  as above

    if "sandfs_mcp" not in settings:
        idle = settings["sandfs_mcp_idle"]
        settings["sandfs_mcp"] = McpSessions(lambda: serve(lambda request: request.scope[_SCOPE]), idle)
    sessions: McpSessions = settings["sandfs_mcp"]
    return sessions


def routes(prefix: str) -> list[tuple[str, type[Mcp]]]:
    """The route of this module below `prefix`; what it takes is MCP's to describe, not ours."""
    return [(f"{prefix}/mcp", Mcp)]
