"""Writing files: what is published in which order.

A write is claimed in the ledger, then its meta is stored, by comparing and swapping: that is the moment when it
happens. The claim becomes a line of the index with the next change of the ledger, whoever makes it, so a writer may
die between any two steps: either its meta is there, and whoever looks finishes the books, or it is not, and the claim
says what to clear away.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from typing import Protocol, TypeVar

from jupyter_sandfs.errors import QuotaExceeded, StoreError, VersionConflict
from jupyter_sandfs.filestore.nats import accounts
from jupyter_sandfs.filestore.nats.accounts import Content, Plan
from jupyter_sandfs.filestore.nats.books import Change
from jupyter_sandfs.filestore.nats.chunks import Hints
from jupyter_sandfs.filestore.nats.desk import Desk
from jupyter_sandfs.filestore.nats.records import Meta, Record, meta_of, tombstone_of
from jupyter_sandfs.filestore.protocol import FileInfo
from jupyter_sandfs.filestore.terms import Terms

Result = TypeVar("Result")
Planned = TypeVar("Planned", bound=Plan | None)

_ATTEMPTS = 50


class Body(Protocol):
    """Chunks that were sent off."""

    @property
    def chunk_bytes(self) -> int:
        """Size of the largest."""

    @property
    def hints(self) -> Hints:
        """What the meta is to say; known when all are stored."""

    async def finish(self) -> None:
        """Wait until all are stored."""


class Writes:
    """The writes that this process has under way, each with a claim of its own name."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._claimed: set[str] = set()
        self._in_doubt: set[str] = set()

    async def reserve(self, name: str, key: str, size: int) -> None:
        """Claim space for a body that is arriving, as `accounts.reserve`."""
        desk, again = self._desk, name in self._claimed
        desk.work_on(name)
        await desk.change(lambda draft: accounts.reserve(draft, desk.rules(), name, key, size, again=again))
        self._claimed.add(name)

    async def release(self, name: str, nuids: Iterable[str] = ()) -> None:
        """Give a claim up, and drop the chunks of its body; not when its meta may have been stored.

        Should this fail, the claim tells whoever cleans up what to do.
        """
        try:
            if name not in self._in_doubt:
                await self._desk.give_up(name, nuids)
        finally:
            self._forget(name)

    def _forget(self, name: str) -> None:
        self._claimed.discard(name)
        self._in_doubt.discard(name)
        self._desk.leave(name)

    async def commit(
        self, name: str, key: str, content: Content, terms: Terms, body: Body, *, upload: str = ""
    ) -> FileInfo:
        """Make a body appear at its key.

        Args:
            name: of the claim.
            upload: that the body finishes; empty for none.

        Raises:
            VersionConflict, QuotaExceeded, LimitExceeded: `release` the claim.
        """
        desk = self._desk

        async def plan() -> Plan:
            again = name in self._claimed
            planned = await self._believed(
                key,
                lambda draft: accounts.prepare(
                    draft, desk.rules(), name, key, content, terms, upload=upload, again=again
                ),
            )
            self._claimed.add(name)
            # A small body travels while its claim does. Its meta waits for both.
            await body.finish()
            return planned

        def meta(record: Record) -> Meta:
            bucket = desk.wire.subjects.bucket
            return meta_of(key, record, name, bucket=bucket, chunk_bytes=body.chunk_bytes, hints=body.hints)

        return (await self._happen(name, key, plan, meta)).record.info(key)

    async def delete(self, name: str, key: str, terms: Terms) -> bool:
        """Delete a file; tell whether it was there. Raises VersionConflict."""
        desk = self._desk
        await desk.reconcile(key)

        async def plan() -> Plan | None:
            return await desk.change(lambda draft: accounts.prepare_deletion(draft, desk.rules(), name, key, terms))

        def meta(record: Record) -> Meta:
            return tombstone_of(key, record.nuid, name, bucket=desk.wire.subjects.bucket, now=desk.clock())

        try:
            planned = await self._happen(name, key, plan, meta)
        except BaseException:
            await self.release(name)
            raise
        self._forget(name)
        return planned is not None

    async def _happen(
        self, name: str, key: str, plan: Callable[[], Awaitable[Planned]], meta: Callable[[Record], Meta]
    ) -> Planned:
        self._desk.work_on(name)
        over: int | None = None
        for _ in range(_ATTEMPTS):
            planned = await plan()
            if planned is None:
                return planned
            seq = await self._store(name, key, meta(planned.record), planned.over if over is None else over)
            if seq is not None:
                self._desk.settle_later(name, seq)
                self._forget(name)
                return planned
            over = await self._desk.reconcile(key)
        raise StoreError(f"{key}: too many others write to it at the same time")

    async def _store(self, name: str, key: str, meta: Meta, over: int) -> int | None:
        """Store a meta; if there is no answer, whether it was stored is for others to find out."""
        wire = self._desk.wire
        self._in_doubt.add(name)
        try:
            seq = await wire.publish(
                wire.subjects.meta(key), meta.payload, expect=over, rollup=True, ttl=meta.ttl, headers=meta.headers
            )
        except QuotaExceeded:
            self._in_doubt.discard(name)
            raise
        self._in_doubt.discard(name)
        return seq

    async def _believed(self, key: str, change: Change[Result]) -> Result:
        """Run a change; before a conflict is believed, see that the index agrees with the meta."""
        try:
            return await self._desk.change(change)
        except VersionConflict:
            await self._desk.reconcile(key)
            return await self._desk.change(change)
