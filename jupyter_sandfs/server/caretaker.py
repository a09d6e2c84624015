"""What has to be done from time to time: expired files, forgotten uploads, files of sessions that are gone."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import IO

from tornado.ioloop import PeriodicCallback

try:
    import fcntl
except ImportError:  # Windows: there each server tends the store, which does no harm
    fcntl = None  # type: ignore[assignment]  # asked before it is used

_LOOK_SECONDS = 15.0

_log = logging.getLogger(__name__)

Duty = Callable[[], Awaitable[object]]


class Caretaker:
    """Carries out duties again and again, for as long as the server runs.

    Those for the store are done every `interval` seconds, and of several servers on one machine that share it by one:
    who holds the lock. It is free again when that server ends, whatever way. Those for what only this server knows are
    done more often.

    Args:
        lock: a file that stands for the store; None for one that no other server has.
    """

    def __init__(
        self, lock: Path | None, interval: float, *, for_store: tuple[Duty, ...], for_server: tuple[Duty, ...]
    ) -> None:
        self._lock = lock
        self._for_store = for_store
        self._for_server = for_server
        self._held: IO[bytes] | None = None
        self._stopped = False
        self._taking = threading.Lock()  # the lock is taken in threads, of which one may still run when all ends
        often = min(interval, _LOOK_SECONDS)
        # Tornado's, for it leaves no task behind when the loop ends.
        self._rounds = [
            PeriodicCallback(self.tend_store, interval * 1e3),
            PeriodicCallback(self.tend_server, often * 1e3),
        ]

    def start(self) -> None:
        """Begin, in the loop that runs."""
        for each in self._rounds:
            each.start()

    def stop(self) -> None:
        """End, once what is under way is done; stopping twice is no error."""
        for each in self._rounds:
            each.stop()
        with self._taking:
            self._stopped = True
            if self._held is not None:
                self._held.close()
                self._held = None

    async def tend_store(self) -> bool:
        """Do what the store needs, unless another server does; tell which."""
        mine = await asyncio.to_thread(self._take_lock)
        if mine:
            await _carry_out(self._for_store)
        return mine

    async def tend_server(self) -> None:
        """Do what is for this server alone."""
        await _carry_out(self._for_server)

    def _take_lock(self) -> bool:
        if self._lock is None or fcntl is None:
            return True
        with self._taking:
            return self._held is not None or (not self._stopped and self._locked(self._lock))

    def _locked(self, lock: Path) -> bool:
        lock.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = lock.open("ab")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:  # another server has it, or the file system knows no locks
            file.close()
            return False
        self._held = file
        return True


async def _carry_out(duties: tuple[Duty, ...]) -> None:
    for duty in duties:
        try:
            await duty()
        except Exception:  # noqa: BLE001 (an edge: the next time tries again, and the other duties go on)
            _log.exception("the staging store could not be tended")


class SessionFiles:
    """Removes what was staged for a Jupyter session (`sessions/{session_id}/…`) once the session is gone for a while.

    Only of sessions that this server has seen alive: what is another server's, or merely looks like one, is left alone.

    Args:
        list_sessions: gives the ids of the sessions that are alive.
        remove: removes what begins with a prefix.
        grace: seconds between the end of a session and the removal; a notebook may be opened again meanwhile.
        clock: seconds, growing.
    """

    def __init__(
        self,
        list_sessions: Callable[[], Awaitable[set[str]]],
        remove: Callable[[str], Awaitable[object]],
        grace: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._list_sessions = list_sessions
        self._remove = remove
        self._grace = grace
        self._clock = clock
        self._alive: set[str] = set()
        self._gone: dict[str, float] = {}

    async def look(self) -> None:
        """Note which sessions are alive and which have ended, and clear up after those."""
        alive = await self._list_sessions()
        now = self._clock()
        for each in self._alive - alive:
            self._gone.setdefault(each, now)
        for each in alive & self._gone.keys():
            del self._gone[each]
        self._alive = alive
        for each in [name for name, since in self._gone.items() if now - since >= self._grace]:
            await self._remove(f"sessions/{each}/")
            del self._gone[each]
