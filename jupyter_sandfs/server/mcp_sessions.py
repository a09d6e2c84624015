"""The sessions of MCP clients, of each user apart: nobody can go on with another's."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from mcp.server.lowlevel import Server
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager

from jupyter_sandfs.rpc.operations import MAX_CHUNK

MOST_USERS = 64  # at a time; the sessions of the one that was away for longest end
MOST_SESSIONS = 32  # of one user
MOST_BODY = MAX_CHUNK  # bytes of one message


class McpSessions:
    """A session manager of the SDK for each user, begun when the user first comes.

    Args:
        make: gives a server of the SDK.
        idle_seconds: after which a session that nobody uses ends.
    """

    def __init__(self, make: Callable[[], Server[Any]], idle_seconds: float) -> None:
        self._make = make
        self._idle_seconds = idle_seconds
        self._users: OrderedDict[str, _User] = OrderedDict()

    async def of(self, user: str) -> StreamableHTTPSessionManager:
        """The sessions of one user."""
        if user not in self._users or self._users[user].is_over:
            self._users[user] = _User(
                StreamableHTTPSessionManager(
                    self._make(),
                    session_idle_timeout=self._idle_seconds,
                    max_sessions=MOST_SESSIONS,
                    max_request_body_size=MOST_BODY,
                )
            )
        self._users.move_to_end(user)
        while len(self._users) > MOST_USERS:
            self._users.popitem(last=False)[1].stop()
        return await self._users[user].started()

    async def close(self) -> None:
        """End all sessions."""
        users = list(self._users.values())
        self._users.clear()
        for each in users:
            each.stop()
        await asyncio.gather(*(each.ended() for each in users))


class _User:
    """A manager in a task of its own: it must be left where it was entered."""

    def __init__(self, manager: StreamableHTTPSessionManager) -> None:
        self._manager = manager
        self._running: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._stopped = asyncio.Event()
        self._task = asyncio.create_task(self._run())

    @property
    def is_over(self) -> bool:
        return self._task.done()

    async def started(self) -> StreamableHTTPSessionManager:
        await asyncio.wait({self._running, self._task}, return_when=asyncio.FIRST_COMPLETED)
        return self._manager

    def stop(self) -> None:
        self._stopped.set()

    async def ended(self) -> None:
        await self._task

    async def _run(self) -> None:
        async with self._manager.run():
            self._running.set_result(None)
            await self._stopped.wait()
