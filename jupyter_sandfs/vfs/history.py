"""Moments of a tree, and what differs between two of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from jupyter_sandfs.errors import LimitExceeded
from jupyter_sandfs.vfs.content import Link, Slice
from jupyter_sandfs.vfs.entries import Stats
from jupyter_sandfs.vfs.journal import Change, ChangeKind
from jupyter_sandfs.vfs.names import Names, differing
from jupyter_sandfs.vfs.nodes import Directory, FileRecord, Node
from jupyter_sandfs.vfs.tree import Root

_COME, _GONE = ChangeKind.ADDED, ChangeKind.REMOVED


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


def check_room(kept: Mapping[str, Snapshot], name: str | None, limit: int) -> None:
    """Refuse to keep one more named snapshot than the limit says."""
    if name is not None and name not in kept and len(kept) >= limit:
        raise LimitExceeded(f"{limit} snapshots are kept; drop_snapshot(NAME) makes room")


def moves_paired(changes: Iterable[Change], before: Root, after: Root) -> list[Change]:
    """The changes in order of their paths, where what went at one path and came at another is one change: moved."""
    listed = sorted(changes, key=lambda change: change.path)
    gone: dict[object, Change] = {}
    for change in listed:
        if change.kind is ChangeKind.REMOVED:
            gone.setdefault(_identity(before.directory, change), change)
    paired, sources = [], set()
    for change in listed:
        source = gone.pop(_identity(after.directory, change), None) if change.kind is ChangeKind.ADDED else None
        if source is not None:
            sources.add(source)
            change = Change(ChangeKind.MOVED, change.path, change.is_dir, source.path)  # noqa: PLW2901  # the same one
        paired.append(change)
    return [change for change in paired if change not in sources]


def seen(changes: Iterable[Change], shows: Callable[[str], bool]) -> list[Change]:
    """The changes as one sees them who sees some paths only: what moved in or out of sight came or went."""
    found: list[Change] = []
    for change in changes:
        whole = shows(change.path) and (change.source is None or shows(change.source))
        found += [change] if whole else [part for part in _parts(change) if shows(part.path)]
    return sorted(found, key=_path)


def unfolded(changes: Iterable[Change]) -> list[Change]:
    """The changes, where what moved is what went and what came."""
    return sorted((part for change in changes for part in _parts(change)), key=_path)


def _parts(change: Change) -> list[Change]:
    if change.source is None:
        return [change]
    gone = Change(ChangeKind.REMOVED, change.source, change.is_dir)
    return [gone, Change(ChangeKind.ADDED, change.path, change.is_dir)]


def _path(change: Change) -> str:
    return change.path


def _identity(top: Directory, change: Change) -> object:
    """What a node keeps when it moves: when it was made, and a file's very content."""
    node = node_at(top, change.path)
    if isinstance(node, Directory):
        return True, node.created_ns
    return (False, node.created_ns, id(node.content)) if node is not None else None


def node_at(top: Directory, path: str) -> Node | None:
    """The node at a normal path below a directory, links not followed."""
    node: Node | None = top
    for name in path.split("/")[1:] if path != "/" else ():
        node = node.get(name) if isinstance(node, Directory) else None
    return node


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
        for name in differing(old.directories, new.directories):
            child, other = old.directories.get(name), new.directories.get(name)
            if child is not None and other is not None:
                pending.append((f"{at}/{name}", child, other))
            else:
                yield Change(_COME if child is None else _GONE, f"{at}/{name}", is_dir=True)


def _files(at: str, old: Names[FileRecord], new: Names[FileRecord]) -> Iterator[Change]:
    for name in differing(old, new):
        record, other = old.get(name), new.get(name)
        if record is None or other is None:
            yield Change(_COME if record is None else _GONE, f"{at}/{name}")
        elif _differs(record, other):
            yield Change(ChangeKind.CHANGED, f"{at}/{name}")


def _differs(old: FileRecord, new: FileRecord) -> bool:
    """Say whether a path changed; a restored file has a new version of the very same content."""
    return old.extra != new.extra or not same_content(old.content, new.content)


def same_content(old: object, new: object) -> bool:
    """Say whether two contents are known to be the same: one object, or equal ones."""
    return old is new or (isinstance(old, bytes | Slice | Link) and old == new)
