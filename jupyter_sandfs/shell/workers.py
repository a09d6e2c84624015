"""Threads that runs of shells are carried out on, kept for a while.

A new thread costs each run more than the run itself: the engine sets up its own scheduler once for every thread.
"""

from __future__ import annotations

import atexit
import os
import threading
from collections.abc import Callable
from queue import Empty, SimpleQueue

Work = Callable[[], None]
Desk = SimpleQueue[Work | None]  # of one thread; None sends it home

_KEPT = 8  # threads that wait for work at the same time
_PATIENCE = 10.0  # seconds that they do
_GRACE = 1.0  # seconds for one that was sent home to end


class Workers:
    """Gives each piece of work a thread of its own: one that has nothing to do, or a new one.

    Args:
        kept: threads that wait for more, at most.
        patience: seconds that they do.
    """

    def __init__(self, kept: int = _KEPT, patience: float = _PATIENCE) -> None:
        self._kept, self._patience = kept, patience
        self._idle: list[tuple[threading.Thread, Desk]] = []  # the last one was at work last
        self._lock = threading.Lock()

    def start(self, work: Work) -> None:
        """Begin with a piece of work at once. It must not raise."""
        with self._lock:
            waiting = self._idle.pop() if self._idle else None
        if waiting is not None:
            waiting[1].put(work)
            return
        desk: Desk = SimpleQueue()
        desk.put(work)
        threading.Thread(target=self._serve, args=(desk,), name="shell-run", daemon=True).start()

    def close(self) -> None:
        """Send home those that wait; what begins later has new ones."""
        with self._lock:
            waiting, self._idle = self._idle, []
        for thread, desk in waiting:
            desk.put(None)
            thread.join(_GRACE)

    def _serve(self, desk: Desk) -> None:
        me = threading.current_thread()
        while True:
            try:
                work = desk.get(timeout=self._patience)
            except Empty:
                if self._leaves(me, desk):
                    return
                continue
            if work is None:
                return
            work()
            del work  # it leads to a shell, which nothing may keep while this waits
            if not self._returns(me, desk):
                return

    def _returns(self, thread: threading.Thread, desk: Desk) -> bool:
        with self._lock:
            if len(self._idle) >= self._kept:
                return False
            self._idle.append((thread, desk))
        return True

    def _leaves(self, thread: threading.Thread, desk: Desk) -> bool:
        """Take leave, unless somebody has just given work."""
        with self._lock:
            if (thread, desk) not in self._idle:
                return False
            self._idle.remove((thread, desk))
        return True


WORKERS = Workers()
# What the engine keeps for a thread must not be taken down while the interpreter is: threads end before.
atexit.register(WORKERS.close)


def _start_anew() -> None:
    """In a forked child, where none of the threads is."""
    WORKERS.__init__()  # type: ignore[misc]  # the same object: others have imported it


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_start_anew)
