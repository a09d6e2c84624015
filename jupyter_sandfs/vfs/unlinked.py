"""Calls whose paths were found to be free of links: one that came in the way since is not followed.

A view of a subtree resolves links itself, so that none leads out, and then calls the file system below. Between the two
somebody may put a link where a directory or a file was; followed, it would lead anywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from jupyter_sandfs.errors import NotFound

_refused: ContextVar[bool] = ContextVar("jupyter_sandfs_links_refused", default=False)


def check(path: str) -> None:
    """Raise NotFound if this call follows no links."""
    if _refused.get():
        raise NotFound(path, "a link came in its way")


@contextmanager
def lifted() -> Iterator[None]:
    """Let user code that such a call runs, a hook or a provider, follow links as ever."""
    reset = _refused.set(False)
    try:
        yield
    finally:
        _refused.reset(reset)


class Unlinked:
    """A file system whose calls follow no links."""

    def __init__(self, base: Any) -> None:
        self._base = base

    def __getattr__(self, name: str) -> Callable[..., Any]:
        call = getattr(self._base, name)

        def without_links(*args: Any, **options: Any) -> Any:
            reset = _refused.set(True)
            try:
                return call(*args, **options)
            finally:
                _refused.reset(reset)

        setattr(self, name, without_links)
        return without_links
