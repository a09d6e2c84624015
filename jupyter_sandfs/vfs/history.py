"""Moments of a tree, and what differs between two of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from jupyter_sandfs.vfs.entries import Stats
from jupyter_sandfs.vfs.journal import Change, ChangeKind
from jupyter_sandfs.vfs.nodes import Directory, FileRecord
from jupyter_sandfs.vfs.tree import Root


@dataclass(frozen=True, slots=True, eq=False)
class Snapshot:
    """A moment of a file system; it holds on to what it shows until it is dropped.

    Attributes:
        at_ns: when it was taken, nanoseconds since 1970.
        root: the frozen tree; for the file system that made it.
        tree_id: that file system.
    """

    name: str | None
    at_ns: int
    tree_id: str
    root: Root = field(repr=False)

    @property
    def stats(self) -> Stats:
        return Stats(self.root.size, self.root.files, self.root.directories)


def differences(before: Directory, after: Directory, path: str = "") -> Iterator[Change]:
    """Yield what differs below two directories; costs what the changed directories hold, not the whole.

    A directory that is on one side only is one change, without its content. Links and dynamic files are files here.
    """
    pending = [(path, before, after)]
    while pending:
        at, old, new = pending.pop()
        if old is new:
            continue
        if old.mount is not new.mount:
            yield Change(ChangeKind.CHANGED, at or "/", is_dir=True)
            continue
        if old.extra != new.extra:
            yield Change(ChangeKind.CHANGED, at or "/", is_dir=True)
        yield from _files(at, old.files, new.files)
        yield from _directories(at, old, new)
        pending += [
            (f"{at}/{name}", child, new.directories[name])
            for name, child in old.directories.items()
            if name in new.directories and child is not new.directories[name]
        ]


def _files(at: str, old: Mapping[str, FileRecord], new: Mapping[str, FileRecord]) -> Iterator[Change]:
    for name, record in old.items():
        if name not in new:
            yield Change(ChangeKind.REMOVED, f"{at}/{name}")
        elif new[name] is not record and _differs(record, new[name]):
            yield Change(ChangeKind.CHANGED, f"{at}/{name}")
    for name in new:
        if name not in old:
            yield Change(ChangeKind.ADDED, f"{at}/{name}")


def _directories(at: str, old: Directory, new: Directory) -> Iterator[Change]:
    for name in old.directories:
        if name not in new.directories:
            yield Change(ChangeKind.REMOVED, f"{at}/{name}", is_dir=True)
    for name in new.directories:
        if name not in old.directories:
            yield Change(ChangeKind.ADDED, f"{at}/{name}", is_dir=True)


def _differs(old: FileRecord, new: FileRecord) -> bool:
    """Say whether a path changed; a restored file has a new version of the very same content."""
    return old.content is not new.content or old.extra != new.extra
