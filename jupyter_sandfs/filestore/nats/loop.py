"""The thread on which a store's connection lives: asyncio stays in here, callers see plain calls."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from jupyter_sandfs.errors import StoreError

Result = TypeVar("Result")
Argument = TypeVar("Argument")


class LoopThread:
    """An event loop in a daemon thread."""

    def __init__(self) -> None:
        self._pid = os.getpid()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="sandfs-nats", daemon=True)
        self._thread.start()

    def run(self, work: Coroutine[Any, Any, Result]) -> Result:
        """Wait for a coroutine, whose own deadlines bound it. An interrupted call is cancelled.

        Raises:
            StoreError: this is a forked child, or the loop has stopped.
        """
        if self._pid != os.getpid() or not self._thread.is_alive():
            work.close()
            raise StoreError("the store is closed" if self._pid == os.getpid() else "a fork has to open the store anew")
        future = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return future.result()
        except BaseException:
            future.cancel()
            raise

    def call(self, function: Callable[[Argument], object], argument: Argument) -> None:
        """Call a function on the loop, soon."""
        self._loop.call_soon_threadsafe(function, argument)

    def start(self, work: Coroutine[Any, Any, Any]) -> None:
        """Begin work that nobody waits for; nothing happens when the loop has stopped."""
        if self._pid == os.getpid() and self._thread.is_alive():
            asyncio.run_coroutine_threadsafe(work, self._loop)
        else:
            work.close()

    def is_here(self) -> bool:
        """Tell whether this is the loop's own thread, which cannot wait for itself."""
        return threading.current_thread() is self._thread

    def stop(self) -> None:
        """End the thread; what is still going on there is cancelled. Stopping twice is no error."""
        if self._pid != os.getpid() or not self._thread.is_alive():
            return
        asyncio.run_coroutine_threadsafe(_cancel_others(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


async def _cancel_others() -> None:
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
