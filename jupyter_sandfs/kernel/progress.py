"""A progress bar in the notebook, for transfers that take their time."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

from IPython.display import display, update_display

from jupyter_sandfs.staging import Progress

_PATIENCE_SECONDS = 1.0
_STEP_SECONDS = 0.2
_CELLS = 40

# Shows a text, or another in its place, under an id.
Show = Callable[[str, str], object]


class Bar:
    """A bar that appears once something takes long.

    Args:
        label: what is under way.
        show: shows a line for the first time.
        change: shows another line in its place.
        clock: seconds, growing.
    """

    def __init__(self, label: str, show: Show, change: Show, clock: Callable[[], float] = time.monotonic) -> None:
        self._label, self._clock = label, clock
        self._show, self._change = show, change
        self._id = uuid4().hex
        self._due = clock() + _PATIENCE_SECONDS
        self._last: tuple[int, int] | None = None

    def tell(self, done: int, total: int) -> None:
        """Note how far it is; it is shown a few times a second."""
        now = self._clock()
        if now < self._due:
            return
        self._due = now + _STEP_SECONDS
        show = self._show if self._last is None else self._change
        self._last = (done, total)
        show(_line(self._label, done, total), self._id)

    def end(self, how: str) -> None:
        """Say how it ended, if it was shown at all."""
        if self._last is not None:
            self._change(f"{self._label}: {how}", self._id)


@contextmanager
def progress(label: str) -> Iterator[Progress]:
    """Show how far a transfer is while the `with` block runs."""
    bar = Bar(label, _display, _update)
    try:
        yield bar.tell
    except BaseException:
        bar.end("failed")
        raise
    bar.end("done")


def _line(label: str, done: int, total: int) -> str:
    share = min(1.0, done / total) if total else 1.0
    filled = int(share * _CELLS)
    return f"{label} [{'#' * filled}{'.' * (_CELLS - filled)}] {share:4.0%}"


def _bundle(text: str) -> dict[str, Any]:
    # Plain text: a key or path may be anything.
    return {"text/plain": text}


def _display(text: str, identity: str) -> None:
    display(_bundle(text), raw=True, display_id=identity)


def _update(text: str, identity: str) -> None:
    update_display(_bundle(text), raw=True, display_id=identity)
