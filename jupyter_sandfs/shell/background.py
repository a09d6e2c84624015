"""Commands that take their time: a job on its own thread, while the engine stays free to end the wait."""

from __future__ import annotations

import time
from contextlib import nullcontext
from typing import TYPE_CHECKING, TypeVar

from jupyter_sandfs.execution.job import Job, Stop, ended, start
from jupyter_sandfs.shell.command import Invocation

if TYPE_CHECKING:
    import asyncio

R = TypeVar("R")

_STEP = 0.02  # seconds between looks at the cancel mark


async def finished(call: Invocation, job: Job[R], seconds: float) -> R:
    """Perform a job within a call of a command; it ends with the run, with `timeout`, or after `seconds`.

    Raises:
        LimitExceeded: it does not even end when it is stopped.
    """
    # A coroutine, so that the engine's own deadlines (its timeout, the `timeout` command) can drop it.
    import asyncio  # noqa: PLC0415 - the event loop that runs this has loaded it

    deadline = time.monotonic() + seconds
    with call.around.guard() or nullcontext():
        future = start(job)
    waiting = asyncio.wrap_future(future)
    waiting.add_done_callback(_looked_at)
    try:
        while not future.done():
            if call.around.stopped():
                job.stop(Stop.CANCELLED)
            elif time.monotonic() > deadline:
                job.stop(Stop.TIMEOUT)
            await asyncio.wait({waiting}, timeout=_STEP)
    finally:
        if not future.done():  # dropped
            job.stop(Stop.CANCELLED)
    return ended(future)


def _looked_at(waiting: asyncio.Future[R]) -> None:
    """Take note of a failure: it is told by the job's own future, and asyncio would print that nobody asked."""
    if not waiting.cancelled():
        waiting.exception()
