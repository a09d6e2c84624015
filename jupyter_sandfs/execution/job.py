"""Work that another thread can stop: what the caller waits for, so that Ctrl-C and deadlines reach it."""

from __future__ import annotations

import atexit
import contextlib
import contextvars
import functools
import math
import threading
import time
import weakref
from collections.abc import Callable
from concurrent import futures
from concurrent.futures import Future
from contextvars import ContextVar
from enum import Enum
from typing import Any, Protocol, TypeVar

from jupyter_sandfs.errors import LimitExceeded

R = TypeVar("R")
R_co = TypeVar("R_co", covariant=True)

_STEP = 0.05  # seconds between looks at signals
_GRACE = 6.0  # seconds that a stopped job has to end: a dynamic file that it reads may take its whole deadline


class Stop(Enum):
    """Why a job ends early, with the exit code that a shell would give it."""

    TIMEOUT = "time"
    CANCELLED = "cancelled"
    OUTPUT = "output"
    PROCESSES = "processes"
    MEMORY = "memory"
    DISK = "disk"

    @property
    def exit_code(self) -> int:
        return _EXIT_CODES.get(self, 1)


_EXIT_CODES = {Stop.TIMEOUT: 124, Stop.CANCELLED: 130}


class Job(Protocol[R_co]):
    """Something that takes a while. It is performed once."""

    def perform(self) -> R_co:
        """Do it all; a stopped job gives a result that says so."""

    def stop(self, why: Stop) -> None:
        """Make `perform` return soon; from any thread, before, during or after it. The first reason counts."""


started: ContextVar[Callable[[Job[Any]], None] | None] = ContextVar("jupyter_sandfs_job_started", default=None)
"""Is told of each job that `run` waits for, so that another thread can stop what this one does."""

_jobs: weakref.WeakKeyDictionary[Future[object], Job[object]] = weakref.WeakKeyDictionary()


def start(job: Job[R]) -> Future[R]:
    """Perform a job on a thread of its own, under the caller's action."""
    _end_with_the_process()
    future: Future[R] = Future()
    context = contextvars.copy_context()
    _jobs[future] = job  # type: ignore[index]  # a future of anything is one of objects here: it is only waited for
    threading.Thread(target=context.run, args=(_work, job, future), name="sandfs-job", daemon=True).start()
    return future


def run(job: Job[R], seconds: float) -> R:
    """Perform a job and wait for it; Ctrl-C stops it and passes on.

    Raises:
        LimitExceeded: it does not even end when it is stopped.
    """
    tell = started.get()
    if tell is not None:
        tell(job)
    future = start(job)
    try:
        await_done(future, seconds)
        if not future.done():
            job.stop(Stop.TIMEOUT)
        return ended(future)
    except KeyboardInterrupt:
        job.stop(Stop.CANCELLED)
        futures.wait([future], timeout=_GRACE)
        raise


def await_done(future: Future[Any], seconds: float = math.inf) -> None:
    """Wait for a future in small steps.

    A signal that comes just before a thread begins to wait is not noticed until something wakes it: so Ctrl-C could be
    lost in one long wait.
    """
    deadline = time.monotonic() + seconds
    while not future.done() and (left := deadline - time.monotonic()) > 0:
        with contextlib.suppress(futures.TimeoutError, futures.CancelledError):
            future.exception(timeout=min(left, _STEP))


def ended(future: Future[R]) -> R:
    """The result of a job that has ended or was told to.

    Raises:
        LimitExceeded: it still goes on.
    """
    await_done(future, _GRACE)
    if not future.done():
        raise LimitExceeded("stopped, but something that it waits for goes on")
    return future.result()


def _work(job: Job[R], future: Future[R]) -> None:
    try:
        future.set_result(job.perform())
    except BaseException as problem:  # noqa: BLE001 - it is the waiting caller's
        future.set_exception(problem)


@functools.cache
def _end_with_the_process() -> None:
    """Register what is to be done at the end; called late, so that it is done before the workers are sent home."""
    atexit.register(_stop_all)


def _stop_all() -> None:
    """Stop what still runs: a thread in native code would crash the interpreter that goes away below it."""
    pending = [(future, job) for future, job in list(_jobs.items()) if not future.done()]
    for _, job in pending:
        job.stop(Stop.CANCELLED)
    futures.wait([future for future, _ in pending], timeout=_GRACE)
