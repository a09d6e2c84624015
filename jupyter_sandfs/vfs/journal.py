"""The journal: it remembers what was done.

It keeps the nodes before and after each change, so that what was done can be taken back. What is cancelled
(an action that was undone, and the undoing) counts as if it had never been; `log` shows it all the same.
"""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from jupyter_sandfs.errors import LimitExceeded, NotFound
from jupyter_sandfs.vfs.actions import OWNER, Action, Change, ChangeKind, current
from jupyter_sandfs.vfs.content import Slice, grown_from, only_size, size_of
from jupyter_sandfs.vfs.entries import moment
from jupyter_sandfs.vfs.nodes import Directory, FileRecord, Node, Totals

if TYPE_CHECKING:
    from jupyter_sandfs.vfs.limits import Limits

_NODE_BYTES = 256  # what a node takes beside its content, about
_LOOKED_AT = 2_000  # changes from which on comparing the trees is faster than going through them


class JournalRecord(NamedTuple):
    """One change of the file system, as the journal remembers it.

    Attributes:
        sequence: 1 for the first change of the file system, growing by one.
        operation: name of the call: write, append, mkdir, remove, copy, move, …
        source: where a copy or move came from.
        size: bytes of content afterwards.
        version: version afterwards; 0 for directories and for what is gone.
        action: number of the action that it belongs to; 0 for a call on its own.
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


class Lost(NamedTuple):
    """Stands for a node that was too large to be kept."""

    is_dir: bool


class Entry(NamedTuple):
    """One change, with the nodes before and after it.

    Attributes:
        source: where a copy or a move came from.
        kept: bytes that only the journal holds on to.
        filled: a directory came with something in it.
    """

    at_ns: int
    operation: str
    path: str
    before: Node | Lost | None
    after: Node | None
    source: str | None
    action: Action | None
    kept: int
    filled: bool

    @property
    def actor(self) -> str:
        return self.action.actor if self.action else OWNER

    @property
    def change(self) -> Change:
        return change_between(self.path, self.before, self.after)


Batch = list[tuple[int, Entry]]
"""Entries with their sequence numbers, oldest first."""


class Undoing(NamedTuple):
    """Changes that took others back.

    Attributes:
        undone: numbers of those others, with the bytes that each had kept.
    """

    numbers: range
    undone: tuple[tuple[int, int], ...]


def change_between(path: str, before: Node | Lost | None, after: Node | None) -> Change:
    """What became of a path."""
    if type(before) is FileRecord and type(after) is FileRecord:  # nearly all are
        return Change(ChangeKind.CHANGED, path)
    kind = ChangeKind.CHANGED
    if before is None or after is None:
        kind = ChangeKind.ADDED if before is None else ChangeKind.REMOVED
    last = before if after is None else after
    return Change(kind, path, last.is_dir if isinstance(last, Lost) else isinstance(last, Directory))


class Journal:
    """The last changes, oldest first; what is over the limits goes, and nothing while it is pinned.

    Entries are kept as bare tuples, because every write pays for one; all else makes an `Entry` of them.

    Attributes:
        length: changes so far: the sequence number of the last.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._capacity, self._capacity_bytes = limits.journal_records, limits.journal_bytes
        self._entries: deque[tuple[Any, ...]] = deque()
        self._kept = 0
        self._pins = 0
        self._cancelled: set[int] = set()
        self._undone: dict[str, list[Undoing]] = {}
        self._dropped = 0

    @property
    def length(self) -> int:
        return self._dropped + len(self._entries)

    def add(
        self,
        at_ns: int,
        operation: str,
        path: str,
        before: Node | Lost | None,
        after: Node | None,
        kept: int = 0,
        source: str | None = None,
        *,
        filled: bool = False,
    ) -> None:
        """Remember a change, under the action of the thread that made it."""
        self.append((at_ns, operation, path, before, after, source, current(), kept, filled))

    def append(self, entry: tuple[Any, ...]) -> None:
        """Remember the fields of an `Entry`; for those who can't pay for more."""
        entries = self._entries
        entries.append(entry)
        kept = entry[7]
        if kept:
            if kept > self._capacity_bytes and not self._pins:
                entries[-1], kept = _without_body(entry), 0
                self._let_go(entry[3])
            self._kept += kept
        if len(entries) > self._capacity or self._kept > self._capacity_bytes:
            self._trim()
        if entry[6] is not None and entry[6].number:  # of steps that only belong together nobody asks for a list
            entry[6].add(change_between(entry[2], entry[3], entry[4]))

    def _let_go(self, body: object) -> None:
        """Drop a body that is not kept also where it is what an earlier change left; that one can't be undone then."""
        for back, entry in enumerate(reversed(self._entries)):
            if not isinstance(body, FileRecord) or not isinstance(body.content, bytes | Slice):
                return
            if entry[4] is body:
                before = entry[3]
                # What was only appended to cost nothing to keep while its longer successor was there.
                shared = isinstance(before, FileRecord) and not entry[7] and _is_shared(before, body)
                slim = body._replace(content=only_size(body.content))
                self._entries[-1 - back] = (*entry[:3], Lost(is_dir=False) if shared else before, slim, *entry[5:])
                body = before if shared else None

    def extend(self, entries: list[tuple[Any, ...]]) -> None:
        """Remember the fields of several entries of one action; the same."""
        kept = sum(entry[7] for entry in entries)
        if kept > self._capacity_bytes or (entries and entries[0][6] is not None and entries[0][6].number):
            for entry in entries:
                self.append(entry)
            return
        self._entries.extend(entries)
        self._kept += kept
        if len(self._entries) > self._capacity or self._kept > self._capacity_bytes:
            self._trim()

    def last(self, limit: int | None) -> list[JournalRecord]:
        """The last `limit` records, or all that are kept."""
        first, skip = self._first, 0 if limit is None else max(len(self._entries) - limit, 0)
        return [record(first + at, Entry(*self._entries[at])) for at in range(skip, len(self._entries))]

    def overwritten_since(self, at_ns: int) -> list[tuple[str, FileRecord, FileRecord]] | None:
        """The files that changed since a moment, as they were and are; None unless they are all that changed."""
        found: dict[str, tuple[str, FileRecord, FileRecord]] = {}
        for count, entry in enumerate(reversed(self._entries)):
            if entry[0] <= at_ns:
                return list(found.values())
            path, before, after = entry[2], entry[3], entry[4]
            if type(before) is not FileRecord or type(after) is not FileRecord or count >= _LOOKED_AT:
                return None
            known = found.get(path)
            found[path] = path, before, after if known is None else known[2]
        return None if self._dropped else list(found.values())

    # ------------------------------------------------------------ what can be taken back

    def after(self, sequence: int) -> tuple[int, list[Entry]]:
        """The time of a change, and all that came after the step that it was part of, the last first.

        Raises:
            NotFound: there is no such change.
            LimitExceeded: it is not kept any more.
        """
        if not 0 <= sequence <= self.length:
            raise NotFound(str(sequence), f"the last change is {self.length}")
        if sequence < self._dropped or (sequence == self._dropped and sequence):
            raise LimitExceeded(f"the journal goes back to change {self._first} only; take snapshots of what matters")
        at_ns = self._entries[sequence - self._first][0] if sequence else 0
        later = itertools.islice(reversed(self._entries), self.length - sequence)
        return at_ns, [Entry(*entry) for entry in later if entry[0] > at_ns]

    def since(self, sequence: int, belongs: Callable[[Entry], bool] = lambda _: True) -> Batch:
        """What is in force of the changes from `sequence` on. Raises LimitExceeded if some are not kept any more."""
        first = self._first
        if sequence < first:
            raise LimitExceeded(f"the journal goes back to change {first} only; restore a snapshot instead")
        numbered = enumerate(self._last(self.length - sequence + 1), sequence)
        found = ((number, Entry(*entry)) for number, entry in numbered if number not in self._cancelled)
        return [(number, entry) for number, entry in found if belongs(entry)]

    def last_action(self, actor: str, besides: Action | None) -> Batch:
        """What is in force of the last action of `actor`, another than `besides`; empty if there is none."""
        for number, entry in self._backwards():
            if entry.actor == actor and (entry.action is None or entry.action is not besides):
                return self._whole(number, entry)
        return []

    def last_undone(self, actor: str) -> Batch:
        """What undid the action of `actor` that was undone last, unless the actor has changed other things since."""
        stack = self._undone.get(actor)
        if not stack or stack[-1].numbers.start < self._first:
            return []
        numbers = stack[-1].numbers
        for number, entry in self._backwards():
            if number < numbers.start:
                break
            if entry.actor == actor and entry.operation != "redo":
                return []
        return self._at(numbers)

    def undid(self, actor: str, batch: Batch, numbers: range) -> None:
        """Note that the changes `numbers` took `batch` back."""
        self.cancel(number for number, _ in batch)
        self.cancel(numbers)
        self._undone.setdefault(actor, []).append(Undoing(numbers, tuple((at, entry.kept) for at, entry in batch)))
        self._keep((number, 0) for number, _ in batch)  # what it replaced is the tree's again

    def did_not_undo(self, actor: str) -> None:
        """Note that the undoing was itself taken back."""
        self._reinstate(self._undone[actor].pop())

    def redid(self, actor: str, numbers: range) -> Undoing:
        """Note that the changes `numbers` took the last undoing back; what it undid counts again, at its old place."""
        undoing = self._undone[actor].pop()
        self._keep((number, 0) for number in undoing.numbers)
        if undoing.undone[0][0] >= self._first:
            self._reinstate(undoing)
            self.cancel(numbers)
        return undoing

    def did_not_redo(self, actor: str, undoing: Undoing) -> None:
        """Note that the redoing was itself taken back."""
        self.cancel(number for number, _ in undoing.undone)
        self._undone[actor].append(undoing)

    def _reinstate(self, undoing: Undoing) -> None:
        self._cancelled.difference_update(number for number, _ in undoing.undone)
        self._keep(undoing.undone)

    def cancel(self, numbers: Iterable[int]) -> None:
        """Count changes as if they had never been."""
        self._cancelled = {number for number in self._cancelled if number >= self._first}.union(numbers)

    # ------------------------------------------------------------ how long it is kept

    @property
    def pinned(self) -> bool:
        """Some transaction is running."""
        return self._pins > 0

    def pin(self) -> int:
        """Keep all that comes until `unpin`; gives the sequence number of the next change."""
        self._pins += 1
        return self.length + 1

    def unpin(self) -> None:
        self._pins -= 1
        self._trim()

    def check_room(self) -> None:
        """Raise LimitExceeded if a transaction has come to hold more than the file system itself may."""
        over = len(self._entries) - self._capacity > self._limits.nodes or self._kept > self._limits.total_bytes
        if self._pins and over:
            raise LimitExceeded("the transaction is too large to be rolled back: make it in several")

    def _trim(self) -> None:
        if self._pins:
            return
        entries = self._entries
        while entries and (len(entries) > self._capacity or self._kept > self._capacity_bytes):
            gone = entries.popleft()
            self._dropped += 1
            self._kept -= gone[7]
            if gone[6] is not None:
                gone[6].forgotten = True

    @property
    def _first(self) -> int:
        return self._dropped + 1

    def _keep(self, bytes_of: Iterable[tuple[int, int]]) -> None:
        """Set how many bytes only the journal holds on to, by the number of a change."""
        first = self._first
        for number, kept in bytes_of:
            if number >= first:
                entry = Entry(*self._entries[number - first])
                self._entries[number - first] = tuple(entry._replace(kept=kept))
                self._kept += kept - entry.kept

    def _at(self, numbers: range) -> Batch:
        entries = self._last(self.length - numbers.start + 1)[: len(numbers)]
        return [(number, Entry(*entry)) for number, entry in zip(numbers, entries, strict=True)]

    def _last(self, count: int) -> list[tuple[Any, ...]]:
        """The last entries, oldest first; costs as much as they are, however many there are before them."""
        return list(itertools.islice(reversed(self._entries), count))[::-1]

    def _backwards(self) -> Iterator[tuple[int, Entry]]:
        for back, entry in enumerate(reversed(self._entries)):
            if self.length - back not in self._cancelled:
                yield self.length - back, Entry(*entry)

    def _whole(self, number: int, entry: Entry) -> Batch:
        """All of an entry's action."""
        if entry.action is None:
            return [(number, entry)]
        if entry.action.forgotten:
            raise LimitExceeded(f"{entry.action.label or 'the action'} is not kept whole any more; restore a snapshot")
        return self.since(self._first, lambda each: each.action is entry.action)


def _without_body(entry: tuple[Any, ...]) -> tuple[Any, ...]:
    full = Entry(*entry)
    return tuple(full._replace(before=Lost(isinstance(full.before, Directory)), kept=0))


def _is_shared(before: FileRecord, after: FileRecord) -> bool:
    """Whether a content is the start of another, and kept as a part of it."""
    old, new = before.content, after.content
    return isinstance(old, bytes | Slice) and isinstance(new, bytes | Slice) and grown_from(old, new) > 0


def weight(totals: Totals) -> int:
    """Bytes that a subtree takes which only the journal holds on to."""
    return totals.size + totals.nodes * _NODE_BYTES


def record(number: int, entry: Entry) -> JournalRecord:
    """An entry as `log` shows it."""
    change, after = entry.change, entry.after
    size, version = (size_of(after.content), after.version) if isinstance(after, FileRecord) else (0, 0)
    act = entry.action
    return JournalRecord(
        number,
        entry.at_ns,
        entry.operation,
        change.kind,
        entry.path,
        entry.source,
        size,
        version,
        act.number if act else 0,
        act.label if act else "",
        entry.actor,
    )
