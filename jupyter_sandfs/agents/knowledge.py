"""What an agent knows of the files: an edit that rests on something older is refused."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import NamedTuple

from jupyter_sandfs import paths
from jupyter_sandfs.errors import VersionConflict
from jupyter_sandfs.vfs import textdiff
from jupyter_sandfs.vfs.interface import FileSystem

_MOST_FILES = 1_000
_MOST_BYTES = 32 << 20
_LONGEST_DIFF = 40  # lines


class Known(NamedTuple):
    """A file as the agent last saw it. Of a large one only the version is kept."""

    version: int
    content: bytes | None


class Knowledge:
    """The files that one agent has seen, the most recent ones: it forgets the oldest first."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, Known] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    def learn(self, path: str, version: int, content: bytes) -> None:
        """Remember a file as it is shown to the agent, or as the agent wrote it."""
        path = paths.normalize(path)
        with self._lock:
            self._forget(path)
            self._known[path] = Known(version, content if len(content) <= _MOST_BYTES // 8 else None)
            self._bytes += len(self._known[path].content or b"")
            while len(self._known) > _MOST_FILES or self._bytes > _MOST_BYTES:
                self._forget(next(iter(self._known)))

    def forget(self, path: str) -> None:
        """Forget a file, or all that is below a directory."""
        top = paths.normalize(path)
        with self._lock:
            for each in [each for each in self._known if paths.is_within(each, top)]:
                self._forget(each)

    def check(self, fs: FileSystem, path: str) -> int | None:
        """Give the version that a change of the file has to expect; None if the agent never saw it.

        Raises:
            VersionConflict: someone changed it since; a note says what. What is shown whole counts as seen.
        """
        known = self._known.get(paths.normalize(path))
        if known is None:
            return None
        current = fs.version(path)
        if current == known.version:
            return current
        problem = VersionConflict(path, known.version, current)
        problem.add_note(self._news(fs, path, known, current))
        raise problem

    def _news(self, fs: FileSystem, path: str, known: Known, current: int) -> str:
        if current == 0:
            self.forget(path)
            return "It was removed."
        content = fs.read_bytes(path)
        diff = _difference(path, known, content)
        if not diff or diff.count("\n") > _LONGEST_DIFF:
            return "Read it again before you change it."
        self.learn(path, current, content)
        return f"What changed:\n{diff}"

    def _forget(self, path: str) -> None:
        known = self._known.pop(path, None)
        if known is not None:
            self._bytes -= len(known.content or b"")


def _difference(path: str, known: Known, content: bytes) -> str:
    """What changed, as `diff -u` writes it; empty if the earlier content was not kept."""
    if known.content is None:
        return ""
    return textdiff.unified(textdiff.Side(path, known.content), textdiff.Side(path, content), context=1)
