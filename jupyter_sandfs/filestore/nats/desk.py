"""Keeping the books in step with the metas and chunks, which this process and others change."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Coroutine, Iterable
from contextlib import suppress
from typing import Any, TypeVar

from jupyter_sandfs.errors import SandfsError
from jupyter_sandfs.filestore.nats import accounts, reconciling
from jupyter_sandfs.filestore.nats.accounts import Rules
from jupyter_sandfs.filestore.nats.books import Books, Change
from jupyter_sandfs.filestore.nats.draft import Draft
from jupyter_sandfs.filestore.nats.records import CLAIM, COPY, MARKS, RECORD, record_of, tombstone_of
from jupyter_sandfs.filestore.nats.wire import Message, Wire
from jupyter_sandfs.filestore.protocol import StoreLimits

Result = TypeVar("Result")

# What has happened is put into the books with the next change, or after this many seconds.
_SETTLE_SECONDS = 0.05
_ATTEMPTS = 50
_METAS_AT_ONCE = 500
# Our own metas that may gather before the index is compared with the metas again.
_MOST_UNSEEN = 250
_BURIALS_AT_ONCE = 16


class Desk:
    """Keeps the books of one bucket, for the tasks of one loop. `clock` gives seconds since 1970."""

    def __init__(self, wire: Wire, limits: StoreLimits, clock: Callable[[], float]) -> None:
        self.wire = wire
        self.limits = limits
        self.clock = clock
        self._books = Books(wire)
        self._settling: dict[str, int] = {}
        self._working: set[str] = set()
        self._background: set[asyncio.Future[None]] = set()
        self._buried: set[str] = set()
        self._is_burying = False
        self._timer: asyncio.TimerHandle | None = None
        self._unseen = 0

    def rules(self) -> Rules:
        """What holds now."""
        return Rules(self.limits, self.wire.inbox, self.clock())

    # ------------------------------------------------------------ changes

    async def change(self, change: Change[Result], *, fresh: bool = False) -> Result:
        """Run a change on the books in which all that this process did stands already; else as `Books.change`."""
        settling, buried = dict(self._settling), set(self._buried)
        look_around = self._unseen > _MOST_UNSEEN
        self._unseen = 0 if look_around else self._unseen + len(settling)

        async def whole(draft: Draft) -> Result:
            await self._catch_up(draft, settling, buried, look_around=look_around)
            return await change(draft)

        result = await self._books.change(whole, fresh=fresh)
        for name, seq in settling.items():
            if self._settling.get(name) == seq:
                del self._settling[name]
        self._buried -= buried
        return result

    async def look(self) -> Draft:
        """The books as they are now, with all that others did in them too; not to be changed."""
        return await self.ask(_itself)

    async def ask(self, question: Change[Result]) -> Result:
        """The answer of the books as they are now, with all that others did in them too."""

        async def whole(draft: Draft) -> Result:
            await self.absorb(draft)
            await self._settle_others(draft)
            return await question(draft)

        return await self.change(whole, fresh=True)

    async def _catch_up(self, draft: Draft, settling: dict[str, int], buried: set[str], *, look_around: bool) -> None:
        rules = self.rules()
        for name, seq in settling.items():
            await accounts.settle(draft, rules, name, seq)
        for nuid in buried & draft.dead.keys():
            del draft.dead[nuid]
            draft.changed = True
        if look_around:
            await self.absorb(draft)
        self._bury(draft, rules.now)

    async def absorb(self, draft: Draft) -> None:
        """Put what other clients did into the index."""
        # Our own metas are known; to read them back would cost as much as to write them.
        draft.sums.seen = self.wire.own.end_after(draft.sums.seen)
        while True:
            metas = await self.wire.following(self.wire.subjects.metas, draft.sums.seen + 1, count=_METAS_AT_ONCE)
            await reconciling.absorb(draft, metas, self.wire.subjects, self.clock())
            if metas:
                draft.sums.seen = metas[-1].seq
            if len(metas) < _METAS_AT_ONCE:
                return
            draft.changed = True

    async def _settle_others(self, draft: Draft) -> None:
        ready = {name: claim for name, claim in draft.claims.items() if claim.is_ready and name not in self._working}
        if not ready:
            return
        metas = await self.wire.lasts(self.wire.subjects.meta(claim.key) for claim in ready.values())
        by_claim = {meta.headers.get(CLAIM): meta.seq for meta in metas.values()}
        for name in ready.keys() & by_claim.keys():
            await accounts.settle(draft, self.rules(), name, by_claim[name])

    def settle_later(self, name: str, seq: int) -> None:
        """Put a write into the index whose meta was stored as `seq`, with the next change."""
        self._settling[name] = seq
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(_SETTLE_SECONDS, self._settle_now)

    def _settle_now(self) -> None:
        self._timer = None
        if self._settling:
            self._start(self._quietly_settle())

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._background.add(task)
        task.add_done_callback(self._background.discard)

    async def _quietly_settle(self) -> None:
        with suppress(SandfsError):  # it stays in line for the next change
            await self.change(_nothing)

    # ------------------------------------------------------------ bodies that nobody needs

    def _bury(self, draft: Draft, now: float) -> None:
        due = [nuid for nuid, dead in draft.dead.items() if dead.due <= now and nuid not in self._buried]
        if due and not self._is_burying:
            self._is_burying = True
            self._start(self._bury_some(due[:_BURIALS_AT_ONCE]))

    async def _bury_some(self, nuids: list[str]) -> None:
        try:
            await self._purge(nuids)
        finally:
            self._is_burying = False

    async def _purge(self, nuids: list[str]) -> None:
        with suppress(SandfsError):  # they stay in the books
            for nuid in nuids:
                await self.wire.purge(self.wire.subjects.chunk(nuid))
                self._buried.add(nuid)

    async def bury_due(self, now: float) -> None:
        """Purge all bodies that may be purged."""
        while True:
            draft = await self.change(_itself, fresh=True)
            due = [nuid for nuid, dead in draft.dead.items() if dead.due <= now]
            if not due:
                return
            for nuid in due:
                await self.wire.purge(self.wire.subjects.chunk(nuid))
            self._buried |= set(due)
            await self.change(_nothing)

    async def give_up(self, name: str, nuids: Iterable[str]) -> None:
        """Drop a claim and chunks that nobody will need.

        The ledger goes first: when it is stored, so is all that a dead writer had sent, and can be purged.
        """
        gone = list(nuids)
        await self.change(lambda draft: accounts.release(draft, name, gone, self.clock()))
        await self._purge(gone)

    async def abort_upload(self, name: str) -> None:
        """Drop an upload and its chunks; one that is not there is no error."""
        if await self.change(lambda draft: accounts.abort_upload(draft, name, self.clock())):
            await self._purge([name])

    # ------------------------------------------------------------ index and metas

    async def reconcile(self, key: str) -> int:
        """See that the index agrees with the meta of a key, and give the sequence of that, 0 for none."""
        return await self.agree(key, await self.wire.last(self.wire.subjects.meta(key)))

    async def agree(self, key: str, meta: Message | None) -> int:
        """As `reconcile`, when the meta was just read."""
        if await self.change(lambda draft: self._agree(draft, key, meta)):
            return meta.seq if meta else 0
        return await self.change(lambda draft: self._make_agree(draft, key), fresh=True)

    async def _agree(self, draft: Draft, key: str, meta: Message | None) -> bool:
        record = await accounts.live_record(draft, key, self.clock())
        if record or meta is None:
            return (record.seq if record else 0) == (meta.seq if meta else 0)
        # A tombstone, or what has expired and was removed, leaves no line; another client's meta may be news.
        said = record_of(meta)
        return CLAIM in meta.headers and (said is None or not said.is_live(self.clock()))

    async def _make_agree(self, draft: Draft, key: str) -> int:
        # The books were read first: what they say was stored is found now, unless it is gone.
        meta = await self.wire.last(self.wire.subjects.meta(key))
        now = self.clock()
        if meta is None:
            await reconciling.forget(draft, key, now)
        elif CLAIM in meta.headers:
            await accounts.settle(draft, self.rules(), meta.headers[CLAIM], meta.seq)
            await self._adopt(draft, key, meta)
        else:
            await reconciling.absorb(draft, [meta], self.wire.subjects, now)
        return meta.seq if meta else 0

    async def _adopt(self, draft: Draft, key: str, meta: Message) -> None:
        """Believe a meta of ours that the books know nothing of: they were lost, or it was stored anew."""
        record, line = record_of(meta), await accounts.line_of(draft, key)
        if record and record.is_live(self.clock()) and (line is None or line.seq < meta.seq):
            await reconciling.adopt(draft, key, record, self.clock())

    async def fence(self, name: str, key: str) -> None:
        """Make sure that a claimed meta, which may still be on its way, is stored by now or never will be."""
        for _ in range(_ATTEMPTS):
            meta = await self.wire.last(self.wire.subjects.meta(key))
            if meta and meta.headers.get(CLAIM) == name:
                break
            if await self._store_again(key, meta) is not None:
                break
        await self.reconcile(key)

    async def _store_again(self, key: str, meta: Message | None) -> int | None:
        subject, now = self.wire.subjects.meta(key), self.clock()
        if meta is None:
            tombstone = tombstone_of(key, "none", "", bucket=self.wire.subjects.bucket, now=now)
            return await self.wire.publish(
                subject, tombstone.payload, expect=0, rollup=True, ttl=tombstone.ttl, headers=tombstone.headers
            )
        said = record_of(meta)
        ttl = max(1, math.ceil(said.expires - now)) if said and said.expires is not None else 0
        headers = {name: meta.headers[name] for name in (CLAIM, RECORD, MARKS, COPY) if name in meta.headers}
        return await self.wire.publish(subject, meta.data, expect=meta.seq, rollup=True, ttl=ttl, headers=headers)

    def work_on(self, name: str) -> None:
        """Note that a task of this process works on a claim: until `leave`, nobody else here concludes anything."""
        self._working.add(name)

    def leave(self, name: str) -> None:
        """End what `work_on` began."""
        self._working.discard(name)

    def is_working_on(self, name: str) -> bool:
        return name in self._working

    # ------------------------------------------------------------ the end

    async def close(self) -> None:
        """Finish what is under way. Raises StoreError when the server does not answer."""
        if self._timer:
            self._timer.cancel()
        while self._background:
            await asyncio.wait(self._background)
        if self.wire.is_connected and (self._settling or self._buried):
            await self.change(_nothing)
        await self._books.rest()


async def _nothing(_: Draft) -> None:
    pass


async def _itself(draft: Draft) -> Draft:
    return draft
