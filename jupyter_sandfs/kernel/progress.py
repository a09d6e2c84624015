"""How far a long copy has come: nothing for a short one, then one line that is rewritten."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from jupyter_sandfs.kernel.answers import Answer
from jupyter_sandfs.kernel.output import counted, human_size

if TYPE_CHECKING:
    from jupyter_sandfs.kernel.notebook import Notebook

_PATIENCE = 0.5  # seconds without a word
_PAUSE = 0.2  # seconds between two
_BAR = 30  # characters


class Progress:
    """Tells of a copy while the `with` block runs, and takes the line away at its end.

    Args:
        what: is copied.
        clock: seconds.
    """

    def __init__(self, notebook: Notebook, what: str, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._notebook = notebook
        self._what = what
        self._clock = clock
        self._due = clock() + _PATIENCE
        self._handle: Any = None
        self._width = 0

    def note(self, files: int, size_bytes: int, all_files: int) -> None:
        """Tell how much has been copied, if it is time to."""
        if self._is_due():
            self._tell(f"{self._what}: {files:,} of {counted(all_files, 'file')}, {human_size(size_bytes)}")

    def note_bytes(self, done: int, total: int) -> None:
        """Tell how many bytes have passed, if it is time to; with a bar."""
        if self._is_due():
            share = min(1.0, done / total) if total else 1.0
            bar = "#" * int(share * _BAR) + "." * (_BAR - int(share * _BAR))
            self._tell(f"{self._what} [{bar}] {human_size(done)} of {human_size(total)}")

    def _is_due(self) -> bool:
        now = self._clock()
        if now < self._due:
            return False
        self._due = now + _PAUSE
        return True

    def _tell(self, text: str) -> None:
        if not self._notebook.has_page:
            self._width = max(self._width, len(text))
            sys.stderr.write(f"\r{text:<{self._width}}")
            sys.stderr.flush()
        elif self._handle is None:
            self._handle = self._notebook.show(Answer(text=text))
        else:
            self._handle.update({"text/plain": text}, raw=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._handle is not None:
            self._handle.update({"text/plain": ""}, raw=True)
        elif self._width:
            sys.stderr.write(f"\r{'':<{self._width}}\r")
