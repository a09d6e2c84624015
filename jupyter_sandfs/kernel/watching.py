"""What `%sandfs watch` shows: changes as they happen, below the cell that asked for them."""

from __future__ import annotations

import itertools
import sys
import threading
from collections import deque
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

from jupyter_sandfs.errors import LimitExceeded, NotFound
from jupyter_sandfs.kernel.answers import Answer
from jupyter_sandfs.kernel.display.history import rows_of_changes
from jupyter_sandfs.shell.commands.changes import row

if TYPE_CHECKING:
    from jupyter_sandfs.vfs.actions import Change
    from jupyter_sandfs.vfs.interface import FileSystem

_SHOWN = 200  # changes; the earlier ones go
_MOST = 50  # watches of one kernel


class Page(Protocol):
    """What a watch needs of the notebook where it was asked for."""

    @property
    def has_page(self) -> bool:
        """Whether more than text can be shown."""

    def show(self, answer: Answer) -> Any:
        """Show an answer; gives a handle that can change it."""

    def printed(self, answer: Answer) -> str:
        """An answer's text as it is printed."""


class Watches:
    """The watches of one IPython shell, by number."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)
        self._running: dict[int, Watching] = {}

    def start(self, fs: FileSystem, path: str, page: Page) -> Watching:
        """Show what changes at or below `path` from now on. Raises LimitExceeded when there are too many."""
        if len(self._running) >= _MOST:
            raise LimitExceeded(f"{_MOST} watches run: %sandfs watch --stop ends them")
        number = next(self._numbers)
        self._running[number] = Watching(number, fs, path, page)
        return self._running[number]

    def running(self) -> dict[int, str]:
        """The paths that are watched, by number."""
        return {number: each.path for number, each in self._running.items()}

    def stop(self, number: int | None = None) -> list[int]:
        """End one, or all; gives their numbers. Raises NotFound."""
        if number is not None and number not in self._running:
            raise NotFound(str(number), "no watch has this number")
        ended = list(self._running) if number is None else [number]
        for each in ended:
            self._running.pop(each).close()
        return ended


class Watching:
    """One watch and its place on the page."""

    def __init__(self, number: int, fs: FileSystem, path: str, page: Page) -> None:
        self.number = number
        self.path = path
        self._page = page
        self._lock = threading.Lock()
        self._changes: deque[Change] = deque(maxlen=_SHOWN)
        self._handle: Any = page.show(self._answer()) if page.has_page else None
        self._watch = fs.watch(path, self._tell)

    def close(self) -> None:
        self._watch.close()

    def flush(self) -> None:
        """Show what was noted so far at once."""
        self._watch.flush()

    def _tell(self, changes: Sequence[Change]) -> None:
        """Take a batch from the thread that watches."""
        with self._lock:
            self._changes.extend(changes)
            if self._handle is None:
                sys.stdout.write(self._page.printed(Answer(text="".join(map(row, changes)), marked=True)))
            else:
                answer = self._answer()
                self._handle.update({"text/plain": answer.text, "text/html": answer.html}, raw=True)

    def _answer(self) -> Answer:
        head = f"watching {self.path} (%sandfs watch --stop {self.number} ends it)"
        text = "".join(map(row, self._changes))
        return Answer(text=f"{head}\n{text}".rstrip("\n"), html=rows_of_changes(list(self._changes), head=head))
