"""A store's thread and connection, which live as long as the store or a reader of it needs them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Coroutine
from typing import Any, Self, TypeVar

from jupyter_sandfs.errors import SandfsError, StoreError
from jupyter_sandfs.filestore.nats import bucket
from jupyter_sandfs.filestore.nats.address import Address
from jupyter_sandfs.filestore.nats.desk import Desk
from jupyter_sandfs.filestore.nats.loop import LoopThread
from jupyter_sandfs.filestore.nats.subjects import Subjects
from jupyter_sandfs.filestore.nats.wire import Wire, connect
from jupyter_sandfs.filestore.nats.writes import Writes
from jupyter_sandfs.filestore.protocol import StoreLimits

Result = TypeVar("Result")
Argument = TypeVar("Argument")


class Session:
    """An open connection to one bucket; `open` makes one."""

    def __init__(self, loop: LoopThread, wire: Wire, desk: Desk, on_end: Callable[[], None] | None) -> None:
        self._on_end = on_end
        self._loop = loop
        self.wire = wire
        self.desk = desk
        self.writes = Writes(desk)
        self._holders = 1
        self._is_closed = False
        self._lock = threading.Lock()

    @classmethod
    def open(
        cls,
        address: Address,
        name: str,
        limits: StoreLimits,
        clock: Callable[[], float],
        *,
        patience: float,
        on_end: Callable[[], None] | None = None,
    ) -> Self:
        """Connect, and make the bucket `name` if it is missing. Raises StoreError, Unsupported.

        Args:
            patience: seconds that a request may take.
            on_end: called when the connection is closed, which open readers put off.
        """
        loop = LoopThread()

        async def start() -> Wire:
            wire = await connect(address, Subjects(name), patience)
            try:
                await bucket.prepare(wire, limits, replicas=address.replicas)
            except BaseException:
                await wire.close()
                raise
            return wire

        try:
            wire = loop.run(start())
        except BaseException:
            loop.stop()
            raise
        return cls(loop, wire, Desk(wire, limits, clock), on_end)

    def run(self, work: Coroutine[Any, Any, Result]) -> Result:
        """Do work on the loop and wait for it. Raises StoreError when the store is closed."""
        if self._is_closed:
            work.close()
            raise StoreError("the store is closed")
        return self._loop.run(work)

    def call(self, function: Callable[[Argument], object], argument: Argument) -> None:
        """Call a function on the loop, soon. Raises StoreError when the store is closed."""
        if self._is_closed:
            raise StoreError("the store is closed")
        self._loop.call(function, argument)

    def run_held(self, work: Coroutine[Any, Any, Result]) -> Result:
        """As `run`, for those who hold the session: also after the store was closed."""
        return self._loop.run(work)

    def start_held(self, work: Coroutine[Any, Any, Any]) -> None:
        """Begin work that nobody waits for."""
        self._loop.start(work)

    def hold(self) -> None:
        """Keep the connection until `release` is called as often."""
        with self._lock:
            self._holders += 1

    def release(self) -> None:
        with self._lock:
            self._holders -= 1
            is_last = self._holders == 0
        # A forgotten reader is collected on any thread, also on the loop's.
        if is_last and self._loop.is_here():
            threading.Thread(target=self._stop, name="sandfs-nats-end").start()
        elif is_last:
            self._stop()

    def close(self) -> None:
        """End the store's own hold; what is under way is finished."""
        with self._lock:
            was_closed, self._is_closed = self._is_closed, True
        if not was_closed:
            self.release()

    def _stop(self) -> None:
        try:
            self._loop.run(self._end())
        except SandfsError:
            pass  # the books are finished by whoever opens the bucket next
        finally:
            self._loop.stop()
            if self._on_end:
                self._on_end()

    async def _end(self) -> None:
        try:
            await self.desk.close()
        finally:
            await self.wire.close()
