"""What was done: changes, the actions that group them, and the journal that remembers them."""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

from jupyter_sandfs.vfs.entries import moment

_ACTION_CHANGES = 10_000  # changes that one action lists


class ChangeKind(StrEnum):
    """How a path differs from before."""

    ADDED = "added"
    CHANGED = "changed"
    REMOVED = "removed"


class Change(NamedTuple):
    """One path that differs. A directory that came or went stands for everything in it."""

    kind: ChangeKind
    path: str
    is_dir: bool = False


class JournalRecord(NamedTuple):
    """One change of the file system, as the journal remembers it.

    Attributes:
        sequence: 1 for the first change of the file system, growing by one.
        operation: name of the call: write, append, mkdir, remove, copy, move, …
        source: where a copy or move came from.
        size: bytes of content afterwards.
        version: version afterwards; 0 for directories and for what is gone.
        action: number of the action that it belongs to; 0 for a change on its own.
    """

    sequence: int
    at_ns: int
    operation: str
    kind: ChangeKind
    path: str
    source: str | None
    size: int
    version: int
    action: int
    label: str
    actor: str

    @property
    def at(self) -> datetime:
        return moment(self.at_ns)


@dataclass(slots=True)
class Action:
    """Changes that belong together: a cell, a shell run, a tool call.

    Attributes:
        changes: what was changed under it, in order; the first 10,000.
        truncated: there were more.
    """

    number: int
    label: str
    actor: str
    changes: list[Change] = field(default_factory=list)
    truncated: bool = False

    def add(self, change: Change) -> None:
        if len(self.changes) < _ACTION_CHANGES:
            self.changes.append(change)
        else:
            self.truncated = True

    @contextmanager
    def here(self) -> Iterator[Action]:
        """Let the changes that this thread makes in the `with` block belong to this action."""
        reset = _current.set(self)
        try:
            yield self
        finally:
            _current.reset(reset)


_current: ContextVar[Action | None] = ContextVar("jupyter_sandfs_action", default=None)
_numbers = itertools.count(1)


@contextmanager
def action(label: str, actor: str) -> Iterator[Action]:
    """Start an action, or join the one that this thread works under already."""
    running = _current.get()
    with (running or Action(next(_numbers), label, actor)).here() as joined:
        yield joined


def actor() -> str:
    """Who acts in this thread now; empty without an action."""
    running = _current.get()
    return running.actor if running else ""


class Journal:
    """The last changes, oldest first; what is over the capacity goes.

    Entries are kept as bare tuples, because every write pays for one; `last` makes records of them.
    """

    def __init__(self, capacity: int) -> None:
        self._entries: deque[tuple[Any, ...]] = deque(maxlen=capacity)
        self.length = 0

    def add(
        self,
        operation: str,
        change: tuple[ChangeKind, str, bool],
        at_ns: int,
        size: int,
        version: int,
        source: str | None,
    ) -> None:
        """Remember a change, under the action of the thread that made it."""
        act = _current.get()
        self.length += 1
        self._entries.append((at_ns, operation, change, source, size, version, act))
        if act is not None:
            act.add(Change(*change))

    def last(self, limit: int | None) -> list[JournalRecord]:
        """The last `limit` records, or all that are kept."""
        entries = list(self._entries)
        first = self.length - len(entries) + 1
        skip = 0 if limit is None else max(len(entries) - limit, 0)
        return [_record(first + index, *entry) for index, entry in enumerate(entries) if index >= skip]


def _record(
    sequence: int,
    at_ns: int,
    operation: str,
    change: tuple[ChangeKind, str, bool],
    source: str | None,
    size: int,
    version: int,
    act: Action | None,
) -> JournalRecord:
    kind, path, _ = change
    number, label, actor = (act.number, act.label, act.actor) if act else (0, "", "")
    return JournalRecord(sequence, at_ns, operation, kind, path, source, size, version, number, label, actor)
