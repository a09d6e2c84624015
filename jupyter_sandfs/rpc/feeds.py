"""What changes in a file system, kept for a while, so that who was away for a moment can go on where it was."""

from __future__ import annotations

import secrets
import threading
from collections import deque
from collections.abc import Callable
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary, ref

from jupyter_sandfs import paths
from jupyter_sandfs.rpc.operations import Body, Handler
from jupyter_sandfs.vfs.actions import Change
from jupyter_sandfs.vfs.interface import FileSystem

KEPT = 10_000  # changes
MOST_AT_ONCE = 1000
_AT_ONCE = 1 << 20  # characters of paths in one answer, but for the first: a reply must fit in a frame's header
IDLE_SECONDS = 120.0


class Told(NamedTuple):
    """A change and its number in a feed, from 1."""

    number: int
    change: Change

    def concerns(self, path: str) -> bool:
        """Whether it happens at or below `path`, or to a directory that `path` is in."""
        places = [self.change.path, *([self.change.source] if self.change.source else [])]
        return any(paths.is_within(each, path) or paths.is_within(path, each) for each in places)

    def document(self, feed: str) -> dict[str, Any]:
        change = self.change
        source = {"source": change.source} if change.source else {}
        return {
            "id": f"{feed}-{self.number}",
            "kind": str(change.kind),
            "path": change.path,
            "entryType": "directory" if change.is_dir else "file",
        } | source


class Feed:
    """The changes of one file system since somebody first asked. Thread-safe.

    Attributes:
        name: tells a place in this feed from one in another.
        touched: when somebody asked last, by the clock of `Feeds`.
    """

    def __init__(self, fs: FileSystem, now: float) -> None:
        self.name = secrets.token_hex(8)
        self.touched = now
        self._kept: deque[Told] = deque(maxlen=KEPT)
        self._count = 0
        self._lock = threading.Lock()
        # The file system holds the watch: to hold it here too would keep a closed sandbox for as long as the feed.
        self._watch = ref(fs.watch(paths.ROOT, self._note))

    def read(self, path: str, after: str | None) -> dict[str, Any]:
        """What changed at or below `path` behind the place `after`, and the place to go on behind.

        Returns:
            `changes`, `at`, and `lost`: whether changes behind `after` are not known any more.
        """
        with self._lock:
            start = self._number(after)
            lost = start is None or start < self._count - len(self._kept)
            told = [] if lost or start is None else _first([each for each in self._kept if each.number > start])
            at = told[-1].number if told else self._count
        changes = [each.document(self.name) for each in told if each.concerns(path)]
        return {"changes": changes, "at": f"{self.name}-{at}", "lost": lost and after is not None}

    def close(self) -> None:
        watch = self._watch()
        if watch is not None:
            watch.close()

    def _note(self, changes: list[Change]) -> None:
        with self._lock:
            for each in changes:
                self._count += 1
                self._kept.append(Told(self._count, each))

    def _number(self, after: str | None) -> int | None:
        """The number of a place in this feed; None for what is no such place."""
        name, _, number = (after or "").rpartition("-")
        if name != self.name or not (number.isascii() and number.isdigit() and len(number) < 19):
            return None
        return int(number) if int(number) <= self._count else None


class Feeds:
    """The feeds of all file systems that somebody asks about; one that nobody asked for in `IDLE_SECONDS` ends.

    Args:
        clock: seconds that only grow.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._live: WeakKeyDictionary[FileSystem, Feed] = WeakKeyDictionary()
        self._lock = threading.Lock()

    def of(self, fs: FileSystem) -> Feed:
        """The feed of a file system, begun if there is none."""
        now = self._clock()
        with self._lock:
            for each in [each for each, feed in self._live.items() if feed.touched < now - IDLE_SECONDS]:
                self._live.pop(each).close()
            feed = self._live.get(fs)
            if feed is None:
                feed = self._live[fs] = Feed(fs, now)
            feed.touched = now
        return feed


def feed_operations(feeds: Feeds) -> dict[str, Handler]:
    """The operations on changes, on one table of feeds."""

    def changes(fs: FileSystem, _body: Body, path: str = "/", after: str | None = None) -> dict[str, Any]:
        where = paths.normalize(path)
        return feeds.of(fs).read(where, after)

    return {"changes": changes}


def _first(told: list[Told]) -> list[Told]:
    """As many as one answer holds."""
    room = _AT_ONCE
    for count, each in enumerate(told[:MOST_AT_ONCE]):
        room -= len(each.change.path) + len(each.change.source or "")
        if room < 0:
            return told[: count or 1]
    return told[:MOST_AT_ONCE]
