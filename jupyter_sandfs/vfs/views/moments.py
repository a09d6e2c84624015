"""Snapshots and actions as views see them, and what of a difference one actor may take back."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Self

from jupyter_sandfs import paths
from jupyter_sandfs.errors import MergeConflict
from jupyter_sandfs.vfs.actions import Action, Change, ChangeKind
from jupyter_sandfs.vfs.entries import Inspected, Stats
from jupyter_sandfs.vfs.history import Snapshot
from jupyter_sandfs.vfs.interface import FileSystem
from jupyter_sandfs.vfs.journal import JournalRecord


@dataclass(frozen=True, slots=True, eq=False)
class SeenSnapshot(Snapshot):
    """A moment that was kept through a view: what it says of itself is about what the view sees of it."""

    seen_by: FileSystem = field(repr=False)

    @classmethod
    def of(cls, taken: Snapshot, name: str | None, view: FileSystem) -> Self:
        return cls(name, taken.at_ns, taken.tree_id, taken.root, view)

    @property
    def stats(self) -> Stats:
        """Counted by walking: what is hidden does not count."""
        size, files, directories = 0, 0, 0
        for _, found in seen_below(self.seen_by, paths.ROOT, self):
            if found.stat is not None and found.stat.is_dir:
                directories += 1
            elif found.stat is not None:
                files, size = files + 1, size + (0 if found.stat.dynamic else found.stat.size)
        return Stats(size, files, directories)


class SeenAction(Action):
    """An action as it was started or joined through a view: it lists what the view is told of."""

    __slots__ = ("_running", "_tell")

    def __init__(self, running: Action, tell: Callable[[list[Change]], list[Change]]) -> None:
        self._running, self._tell = running, tell
        self.number, self.label, self.actor, self.whole = running.number, running.label, running.actor, None

    @property
    def changes(self) -> list[Change]:  # type: ignore[override]  # it is only read, and made anew each time
        return self._tell(list(self._running.changes))

    @property
    def truncated(self) -> bool:  # type: ignore[override]  # the same
        return self._running.truncated

    @property
    def forgotten(self) -> bool:  # type: ignore[override]  # the same
        return self._running.forgotten

    @contextmanager
    def here(self) -> Iterator[Action]:
        with self._running.here():
            yield self


def seen_below(system: FileSystem, top: str, moment: Snapshot) -> Iterator[tuple[str, Inspected]]:
    """Yield what a file system shows of a path and all below it, as it was at a moment."""
    found = system.inspect(top, moment)
    pending = [(top, found)] if found is not None else []
    while pending:
        path, known = pending.pop()
        yield path, known
        if known.stat is not None and known.stat.is_dir and not known.stat.dynamic:
            pending += [(entry.path, each) for entry, each in system.survey(path, moment)]


def own_changes(changes: Iterable[Change], log: Iterable[JournalRecord], *, since: int, actor: str) -> list[Change]:
    """Choose the changes that one actor made alone after `since`, a stamp.

    Raises:
        MergeConflict: the actor and somebody else changed the same path.
    """
    wanted = {change.path: change for change in changes}
    above = {each for path in wanted for each in paths.ancestors(path)}
    authors: dict[str, set[str]] = {path: set() for path in wanted}
    renewed: dict[str, set[str]] = {}
    for record in log:
        if record.at_ns <= since:
            continue
        for each in (*paths.ancestors(record.path), record.path):
            if each in authors:
                authors[each].add(record.actor)
        if record.path in above and record.kind is not ChangeKind.CHANGED:
            renewed.setdefault(record.path, set()).add(record.actor)
    for path, found in authors.items():
        found.update(*(renewed.get(each, ()) for each in paths.ancestors(path)))
    both = sorted(path for path, found in authors.items() if actor in found and len(found) > 1)
    if both:
        raise MergeConflict(both)
    return [wanted[path] for path, found in authors.items() if found == {actor}]
