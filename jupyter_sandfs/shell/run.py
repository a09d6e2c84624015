"""One line on its way through the engine, and the mark on everything that is called from there."""

from __future__ import annotations

import contextvars
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import AbstractContextManager
from contextvars import ContextVar
from functools import partial
from typing import TYPE_CHECKING, Any

from jupyter_sandfs.errors import Unsupported
from jupyter_sandfs.shell.results import ShellResult
from jupyter_sandfs.shell.workers import WORKERS

if TYPE_CHECKING:
    from jupyter_sandfs.vfs.actions import Action

# Providers get a copy of the context, so the mark reaches their threads too.
_inside: ContextVar[bool] = ContextVar("jupyter_sandfs_inside_a_shell", default=False)


def refuse_inside() -> None:
    """Raise Unsupported when the caller was itself called by a shell: the engine cannot be entered twice."""
    if _inside.get():
        raise Unsupported("a command, hook or provider that a shell waits for can't use a shell: use the file system")


_LATER = 0.25  # seconds that the engine has to end a run at its limit, before what it waits for ends by itself


class Run:
    """A line that waits for its turn or is being run, on a thread of its own.

    The caller waits on `future`, never on the thread: an interrupted `Thread.join` of Python 3.11 believes that the
    thread has ended. A thread beside the caller's is also what leaves a running event loop and Ctrl-C to the caller.

    Attributes:
        transaction: a failure takes all of its changes back.
        action: groups the changes of the run, once it has begun.
    """

    def __init__(self, line: str, seconds: float, *, transaction: bool = False) -> None:
        self.line = line
        self.transaction = transaction
        self.future: Future[ShellResult] = Future()
        self.action: Action | None = None
        self._seconds = seconds
        self._deadline = float("inf")
        self._cancelled = threading.Event()
        self._thread = 0

    def start(self, work: Callable[[Run], None]) -> None:
        """Begin on a thread of its own, under the caller's action."""
        context = contextvars.copy_context()
        context.run(_inside.set, True)
        WORKERS.start(partial(context.run, work, self))

    def begin(self) -> bool:
        """Note that the turn has come; False when the caller has given up meanwhile."""
        self._thread = threading.get_ident()
        return self.future.set_running_or_notify_cancel()

    def start_clock(self) -> None:
        """Count from now: what made the engine ready is not the line's. The engine's own clock rings first."""
        self._deadline = time.monotonic() + self._seconds + _LATER

    def cancel(self) -> None:
        self._cancelled.set()
        self.future.cancel()

    @property
    def cancelled(self) -> bool:
        return self._cancelled.is_set()

    @property
    def stopped(self) -> bool:
        """Whether it was cancelled or is over its time."""
        return self.cancelled or time.monotonic() > self._deadline

    def guard(self) -> AbstractContextManager[Any] | None:
        """Give the context for a call of the file system: on a thread of the engine's own the action must be told."""
        if threading.get_ident() == self._thread or self.action is None:
            return None
        return self.action.here()


class Stage:
    """Where at most one run is at a time.

    What the engine holds points here and never to the shell: the garbage collector cannot see into the engine, so a
    way back to the shell would keep both alive for ever.
    """

    def __init__(self) -> None:
        self.run: Run | None = None

    def stopped(self) -> bool:
        """Whether what calls this should end."""
        run = self.run
        return run is None or run.stopped

    def all_or_nothing(self) -> bool:
        """Whether all that the run does is taken back if it fails."""
        run = self.run
        return run is not None and run.transaction

    def guard(self) -> AbstractContextManager[Any] | None:
        run = self.run
        return None if run is None else run.guard()
