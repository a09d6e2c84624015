"""Publishing the books: one writer wins, the others look again.

The changes that wait at the same time are published together, so that many threads cost hardly more than one.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, NamedTuple, TypeVar

from jupyter_sandfs.errors import SandfsError, StoreError
from jupyter_sandfs.filestore.nats import draft as drafts
from jupyter_sandfs.filestore.nats.draft import Draft
from jupyter_sandfs.filestore.nats.pages import PageGone, Pages
from jupyter_sandfs.filestore.nats.wire import Wire

Result = TypeVar("Result")
Change = Callable[[Draft], Awaitable[Result]]

_TOGETHER = 64
# Recent lines that the ledger carries before they are moved to pages: many make each write larger, few make many pages.
_MOST_RECENT, _RECENT_BYTES = 32, 64 << 10
_CONTENDING_SECONDS = 30.0
_LONGEST_PAUSE = 0.1


class _Waiting(NamedTuple):
    change: Change[Any]
    outcome: asyncio.Future[Any]
    is_fresh: bool


class Books:
    """The books of a bucket, for the tasks of one loop."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._pages = Pages(wire)
        self._known: tuple[int, Draft] | None = None
        self._waiting: list[_Waiting] = []
        self._worker: asyncio.Task[None] | None = None
        self._tidying: set[asyncio.Task[None]] = set()

    async def change(self, change: Change[Result], *, fresh: bool = False) -> Result:
        """Run a change and publish what it did to the draft. It may run several times: it has no other effects.

        What it raises is raised here, and nothing is published of it; but only books that are known to be current are
        believed a refusal.

        Args:
            fresh: read the books anew first, for a question about what others did.

        Raises:
            StoreError: others were always faster, or the server does not answer.
        """
        return await self.later(change, fresh=fresh)

    def later(self, change: Change[Result], *, fresh: bool = False) -> asyncio.Future[Result]:
        """Put a change into the queue, behind those that wait already, and give the future of its outcome."""
        outcome: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        outcome.add_done_callback(_seen)
        self._waiting.append(_Waiting(change, outcome, fresh))
        if self._worker is None or self._worker.done():
            self._worker = asyncio.create_task(self._work())
        return outcome

    async def _work(self) -> None:
        while self._waiting:
            turn, self._waiting = self._waiting[:_TOGETHER], self._waiting[_TOGETHER:]
            try:
                await self._turn(turn)
            except asyncio.CancelledError:
                _fail([*turn, *self._waiting], StoreError("the store is closed"))
                raise
            except Exception as error:  # noqa: BLE001  whoever waits is told, and the next turn goes on
                _fail(turn, error)

    async def _turn(self, turn: list[_Waiting]) -> None:
        is_fresh = any(waiting.is_fresh for waiting in turn)
        give_up = asyncio.get_running_loop().time() + _CONTENDING_SECONDS
        pause = 0.001
        while asyncio.get_running_loop().time() < give_up:
            is_fresh = is_fresh or self._known is None
            seq, known = await self._read() if is_fresh or self._known is None else self._known
            try:
                draft, outcomes = await _apply(turn, known)
                if not is_fresh and any(isinstance(outcome, SandfsError) for outcome in outcomes):
                    is_fresh = True
                    continue
                if not draft.changed or await self._publish(seq, draft):
                    _deliver(turn, outcomes)
                    return
            except PageGone:
                pass
            is_fresh = True
            # Whoever lost waits a little, at random: the more often, the longer.
            await asyncio.sleep(random.uniform(0, pause))  # noqa: S311  no secret
            pause = min(_LONGEST_PAUSE, 2 * pause)
        raise StoreError("the store is too busy: other writers were always faster")

    async def _read(self) -> tuple[int, Draft]:
        ledger = await self._wire.last(self._wire.subjects.ledger)
        if ledger is None:
            return 0, Draft(self._pages)
        if self._known is None or self._known[0] != ledger.seq:
            self._known = ledger.seq, drafts.decode(ledger.data, self._pages)
        return self._known

    async def _publish(self, seq: int, draft: Draft) -> bool:
        """Publish the draft over the ledger of that sequence; tell whether it was still the last."""
        gone: list[str] = []
        message, root = draft.encode(), draft.root
        if len(draft.recent) > _MOST_RECENT or len(message) > _RECENT_BYTES:
            draft.root, gone = await self._pages.rewrite(root, draft.recent)
            draft.recent = {}
            message = draft.encode()
        self._known = None
        stored = await self._wire.publish(self._wire.subjects.ledger, message, expect=seq, rollup=True)
        if stored is None:
            if draft.root != root:
                self._tidy_unused(draft.root, root)
            return False
        draft.changed = False
        self._known = stored, draft
        self._tidy(gone)
        return True

    def _tidy_unused(self, new: str, old: str) -> None:
        async def compare() -> None:
            was = {leaf.name for leaf in await self._pages.root(old)}
            mine = {leaf.name for leaf in await self._pages.root(new)}
            await self._pages.discard([*(mine - was), new])

        self._in_background(compare())

    def _tidy(self, gone: list[str]) -> None:
        if gone:
            self._in_background(self._pages.discard(gone))

    def _in_background(self, work: Any) -> None:
        task = asyncio.create_task(_quietly(work))
        self._tidying.add(task)
        task.add_done_callback(self._tidying.discard)

    async def rest(self) -> None:
        """Wait until nothing is under way."""
        while self._worker is not None and not self._worker.done():
            await asyncio.wait([self._worker])
        while self._tidying:
            await asyncio.wait(self._tidying)


async def _apply(turn: list[_Waiting], known: Draft) -> tuple[Draft, list[Any]]:
    """The books after all changes of a turn, and what each gave or raised; one that raised left no trace."""
    draft, outcomes = known.copy(), []
    for waiting in turn:
        trial = draft.copy()
        try:
            outcomes.append(await waiting.change(trial))
            draft = trial
        except SandfsError as error:
            outcomes.append(error)
    return draft, outcomes


def _deliver(turn: list[_Waiting], outcomes: list[Any]) -> None:
    for waiting, outcome in zip(turn, outcomes, strict=True):
        if waiting.outcome.done():
            continue
        if isinstance(outcome, SandfsError):
            waiting.outcome.set_exception(outcome)
        else:
            waiting.outcome.set_result(outcome)


def _fail(turn: list[_Waiting], error: Exception) -> None:
    for waiting in turn:
        if not waiting.outcome.done():
            waiting.outcome.set_exception(error)


def _seen(outcome: asyncio.Future[Any]) -> None:
    """Look at an outcome: whoever put a change into the queue need not."""
    if not outcome.cancelled():
        outcome.exception()


async def _quietly(work: Awaitable[None]) -> None:
    with suppress(SandfsError):  # recover() finds pages that nobody refers to
        await work
