"""The worker processes that interpret snippets: one pool for this process, started when it is first needed."""

from __future__ import annotations

import atexit
import os
import threading
from typing import TYPE_CHECKING

from jupyter_sandfs.errors import Unsupported

if TYPE_CHECKING:
    from pydantic_monty import Monty

_MOST = 8  # snippets at once: a provider that a snippet reads may run another
_WAIT = 10.0  # seconds for a free worker
_INSTEAD = "full Python, with all that is installed, runs as: host python3"


class Pool:
    """Workers of this process; one that was forked off gets its own."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._monty: Monty | None = None
        self._owner = 0

    def workers(self) -> Monty:
        """Give the pool, started.

        Raises:
            Unsupported: the interpreter is not installed.
        """
        with self._lock:
            if self._monty is None or self._owner != os.getpid():
                self._monty, self._owner = _start(), os.getpid()
            return self._monty

    def close(self) -> None:
        """End the workers."""
        with self._lock:
            monty, self._monty = self._monty, None
            if monty is not None and self._owner == os.getpid():
                monty.__exit__(None, None, None)


def _start() -> Monty:
    try:
        import pydantic_monty  # noqa: PLC0415 - 19 MB that only a snippet needs

        return pydantic_monty.Monty(max_processes=_MOST, checkout_timeout=_WAIT).__enter__()
    except (ImportError, FileNotFoundError) as problem:
        raise Unsupported(f"python needs the package pydantic-monty, which is not installed; {_INSTEAD}") from problem


POOL = Pool()
atexit.register(POOL.close)
