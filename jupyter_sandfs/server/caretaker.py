"""What has to be done from time to time: expired files, forgotten uploads, files of sessions that are gone."""

from __future__ import annotations

import asyncio
import logging
import os
import threading
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import IO, Any
from urllib.parse import quote, unquote

from jupyter_core.utils import ensure_async
from tornado.ioloop import PeriodicCallback

from jupyter_sandfs.errors import Unsupported, VersionConflict
from jupyter_sandfs.filestore import FileStore, StoreLimits

try:
    import fcntl
except ImportError:  # Windows: there each server tends the store, which does no harm
    fcntl = None  # type: ignore[assignment]  # asked before it is used

_log = logging.getLogger(__name__)

# Of no user: no identity provider makes a name like this.
_TURN_TENANT, _TURN_KEY = "sandfs: caretakers", "files/turn"
_TURN_LIMITS = StoreLimits(max_file_size=1 << 10, max_total_bytes=1 << 20, keep_versions=0)

Duty = Callable[[], Awaitable[object]]


class Caretaker:
    """Carries out duties again and again, for as long as the server runs.

    They are done every `interval` seconds, and of several servers on one machine that share a store by one: who holds
    the lock. It is free again when that server ends, whatever way.

    Args:
        lock: a file that stands for the store; None for one that no other server has.
    """

    def __init__(self, lock: Path | None, interval: float, duties: tuple[Duty, ...]) -> None:
        self._lock = lock
        self._duties = duties
        self._held: IO[bytes] | None = None
        self._stopped = False
        self._taking = threading.Lock()  # the lock is taken in threads, of which one may still run when all ends
        # Tornado's, for it leaves no task behind when the loop ends.
        self._rounds = PeriodicCallback(self.tend_store, interval * 1e3)

    def start(self) -> None:
        """Begin, in the loop that runs."""
        self._rounds.start()

    def stop(self) -> None:
        """End, once what is under way is done; stopping twice is no error."""
        self._rounds.stop()
        with self._taking:
            self._stopped = True
            if self._held is not None:
                self._held.close()
                self._held = None

    async def tend_store(self) -> bool:
        """Do what the store needs, unless another server does; tell which."""
        mine = await asyncio.to_thread(self._take_lock)
        if mine:
            await _carry_out(self._duties)
        return mine

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


class Turn:
    """Of the servers on several machines that share a store, one carries out a duty in each interval.

    That is the one which stores a file first; the file expires, so the turn of a server that died ends too.

    Args:
        open_store: opens the store of a tenant, within the limits given.
        seconds: how long a turn lasts.
    """

    def __init__(self, open_store: Callable[[str, StoreLimits], FileStore], seconds: float, duty: Duty) -> None:
        self._open_store = open_store
        self._seconds = seconds
        self._duty = duty

    async def carry_out(self) -> bool:
        """Carry out the duty, unless it is another server's turn; tell which."""
        mine = await asyncio.to_thread(self._take)
        if mine:
            await self._duty()
        return mine

    def _take(self) -> bool:
        with self._open_store(_TURN_TENANT, _TURN_LIMITS) as store:
            try:
                store.put(_TURN_KEY, b"", ttl=self._seconds, if_none_match=True)
            except VersionConflict:
                return False
            except Unsupported:  # a service that ignores conditions: there each server does it, which does no harm
                return True
        return True


async def _carry_out(duties: tuple[Duty, ...]) -> None:
    for duty in duties:
        try:
            await duty()
        except Exception:  # noqa: BLE001 (an edge: the next time tries again, and the other duties go on)
            _log.exception("the staging store could not be tended")


class SessionFiles:
    """Removes what was staged for a Jupyter session (`sessions/{session_id}/…`) a while after the session was deleted.

    Deleted means: by somebody, over Jupyter's API. A kernel that restarts, dies or is culled, and a server that stops,
    delete no session; a server that starts again finds in the notes what an earlier one has still to remove.

    Args:
        notes: a directory for a file for each deleted session, whose time is that of the deletion.
        remove: removes what begins with a prefix.
        grace: seconds between the deletion of a session and the removal.
        clock: seconds since 1970.
    """

    def __init__(
        self,
        notes: Path,
        remove: Callable[[str], Awaitable[object]],
        grace: float,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._notes = notes
        self._remove = remove
        self._grace = grace
        self._clock = clock

    def follow(self, session_manager: Any) -> None:
        """Note the sessions that this manager deletes, and their kernels: a request may name a file after either."""
        delete = session_manager.delete_session

        async def delete_session(session_id: str) -> None:
            names = [session_id]
            # A session that it does not know is for the manager to refuse.
            with suppress(Exception):
                session = await ensure_async(session_manager.get_session(session_id=session_id))
                names.append(session["kernel"]["id"])
            await ensure_async(delete(session_id))
            self.note(*names)

        session_manager.delete_session = delete_session

    def note(self, *names: str) -> None:
        """Note that sessions were deleted just now."""
        self._notes.mkdir(mode=0o700, parents=True, exist_ok=True)
        now = self._clock()
        for name in names:
            note = self._notes / quote(name, safe="")
            note.touch(mode=0o600)
            os.utime(note, (now, now))

    async def look(self) -> None:
        """Remove the files of the sessions whose grace is over."""
        latest = self._clock() - self._grace
        for note in sorted(self._notes.glob("*")):
            if note.stat().st_mtime <= latest:
                await self._remove(f"sessions/{unquote(note.name)}/")
                note.unlink(missing_ok=True)
