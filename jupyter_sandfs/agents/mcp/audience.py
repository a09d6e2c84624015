"""Who listens for changes of files: by streams of the newer protocol, or by subscriptions of the older ones."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Hashable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from mcp.server.subscriptions import InMemorySubscriptionBus, ListenHandler
from mcp.shared.subscriptions import ResourcesListChanged, ResourceUpdated, ServerEvent

from jupyter_sandfs.agents.mcp.source import Source, Touched, uri_of
from jupyter_sandfs.errors import RateLimited

if TYPE_CHECKING:
    from mcp.server.connection import Connection

MOST_SOURCES = 16  # watched at a time, of one server
MOST_STREAMS = 16  # of one source
MOST_SUBSCRIBED = 1_000  # files, of one session of an older protocol


class Audience:
    """All that listen to one source, which is watched while there are any.

    Attributes:
        bus: tells them what happens.
        listen: serves one stream of the newer protocol.
        members: how many there are.
    """

    def __init__(self, source: Source) -> None:
        self._source = source
        self.bus = InMemorySubscriptionBus()
        self.listen = ListenHandler(self.bus, max_subscriptions=MOST_STREAMS)
        self.members = 0
        self._sessions: set[Subscriptions] = set()
        self._watching: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._task = asyncio.create_task(self._follow())

    async def begun(self) -> None:
        """Return once nothing is missed any more. Raises what keeps the source from being watched."""
        await asyncio.shield(self._watching)

    def stop(self) -> None:
        self._task.cancel()

    def admit(self, session: Subscriptions) -> None:
        self._sessions.add(session)

    def dismiss(self, session: Subscriptions) -> None:
        self._sessions.discard(session)

    async def _follow(self) -> None:
        try:
            async with self._source.watch() as batches:
                self._watching.set_result(None)
                async for batch in batches:
                    await self._tell(batch)
        except Exception as error:  # noqa: BLE001  an edge: whoever waits for `begun` is told
            if not self._watching.done():
                self._watching.set_exception(error)
                self._watching.exception()  # known, even if nobody waits any more
        finally:
            self._watching.cancel()
            self.listen.close()

    async def _tell(self, batch: list[Touched] | None) -> None:
        if batch is None:
            self.listen.close()  # who listens comes back, and looks at everything again
        for event in _events(batch or []):
            await self.bus.publish(event)
        for session in list(self._sessions):
            await session.tell(batch)


class Audiences:
    """The audiences of one server, by what they listen to."""

    def __init__(self) -> None:
        self._by_key: dict[Hashable, Audience] = {}

    @asynccontextmanager
    async def joined(self, source: Source) -> AsyncIterator[Audience]:
        """Be one of those who listen to a source. Raises RateLimited, or what keeps it from being watched."""
        audience = self._of(source)
        audience.members += 1
        try:
            await audience.begun()
            yield audience
        finally:
            audience.members -= 1
            if not audience.members:
                self._drop(source.key, audience)

    def _of(self, source: Source) -> Audience:
        if source.key not in self._by_key:
            if len(self._by_key) >= MOST_SOURCES:
                raise RateLimited(f"{MOST_SOURCES} sandboxes are listened to already")
            self._by_key[source.key] = Audience(source)
        return self._by_key[source.key]

    def _drop(self, key: Hashable, audience: Audience) -> None:
        audience.stop()
        if self._by_key.get(key) is audience:
            del self._by_key[key]


class Subscriptions:
    """The files that one session of an older protocol has subscribed to."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._uris: set[str] = set()

    def add(self, uri: str) -> None:
        """Raises RateLimited when there are too many."""
        if len(self._uris) >= MOST_SUBSCRIBED and uri not in self._uris:
            raise RateLimited(f"{MOST_SUBSCRIBED} files are subscribed to already")
        self._uris.add(uri)

    def remove(self, uri: str) -> None:
        self._uris.discard(uri)

    async def tell(self, batch: list[Touched] | None) -> None:
        """Say which of the files changed, and whether there are others now."""
        touched = self._uris if batch is None else {uri_of(each.path) for each in batch} & self._uris
        for uri in sorted(touched):
            await self._connection.send_resource_updated(uri)
        if batch is None or not all(each.stays for each in batch):
            await self._connection.send_resource_list_changed()


def _events(batch: list[Touched]) -> list[ServerEvent]:
    updated: list[ServerEvent] = [
        ResourceUpdated(uri=uri_of(path)) for path in dict.fromkeys(each.path for each in batch)
    ]
    return updated if all(each.stays for each in batch) else [*updated, ResourcesListChanged()]
