"""Moments of a tree, and what differs between two of them."""

from __future__ import annotations

import itertools
import operator
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import NamedTuple

from jupyter_sandfs.errors import InvalidRequest, LimitExceeded
from jupyter_sandfs.vfs.actions import Change, ChangeKind
from jupyter_sandfs.vfs.content import Link, Slice
from jupyter_sandfs.vfs.entries import Stats
from jupyter_sandfs.vfs.journal import change_between
from jupyter_sandfs.vfs.names import differing
from jupyter_sandfs.vfs.nodes import Directory, FileRecord, Node
from jupyter_sandfs.vfs.tree import Root

_PATH = operator.attrgetter("path")
_BODIES = (bytes, Slice, Link)


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


class Origin(NamedTuple):
    """Where a fork started: the file system it is a fork of, and how that one was."""

    tree_id: str
    root: Root


new_origin = partial(tuple.__new__, Origin)  # the same as Origin(*fields), at a third of the cost


def check_room(kept: Mapping[str, Snapshot], name: str | None, limit: int) -> None:
    """Refuse to keep one more named snapshot than the limit says, and what is no name."""
    if not isinstance(name, str | None):
        raise InvalidRequest(f"the name of a snapshot is text, not {type(name).__name__}")
    if name is not None and name not in kept and len(kept) >= limit:
        raise LimitExceeded(f"{limit} snapshots are kept; drop_snapshot(NAME) makes room")


class Pair(NamedTuple):
    """A path at which two moments have different nodes, or one directory with other rules."""

    path: str
    before: Node | None
    after: Node | None


_new_pair = partial(tuple.__new__, Pair)  # the same as Pair(*fields), at a third of the cost


def changes_of(found: Iterable[Pair]) -> list[Change]:
    """The changes in order of their paths, where what went at one path and came at another is one change: moved."""
    listed = sorted(filter(differs, found), key=_PATH)
    gone: dict[object, str] = {}
    for path, before, after in listed:
        if after is None and before is not None:
            gone.setdefault(_identity(before), path)
    changes, moved = [], set()
    for path, before, after in listed:
        source = gone.pop(_identity(after), None) if gone and before is None and after is not None else None
        if source is None:
            changes.append(change_between(path, before, after))
        else:
            moved.add((source, isinstance(after, Directory)))
            changes.append(Change(ChangeKind.MOVED, path, isinstance(after, Directory), source))
    if not moved:
        return changes
    return [each for each in changes if each.kind is not ChangeKind.REMOVED or (each.path, each.is_dir) not in moved]


def seen(changes: Iterable[Change], shows: Callable[[str], bool]) -> list[Change]:
    """The changes as one sees them who sees some paths only: what moved in or out of sight came or went."""
    found: list[Change] = []
    for change in changes:
        whole = shows(change.path) and (change.source is None or shows(change.source))
        found += [change] if whole else [part for part in _parts(change) if shows(part.path)]
    return sorted(found, key=_PATH)


def unfolded(changes: Iterable[Change]) -> list[Change]:
    """The changes, where what moved is what went and what came."""
    return sorted((part for change in changes for part in _parts(change)), key=_PATH)


def _parts(change: Change) -> list[Change]:
    if change.source is None:
        return [change]
    gone = Change(ChangeKind.REMOVED, change.source, change.is_dir)
    return [gone, Change(ChangeKind.ADDED, change.path, change.is_dir)]


def _identity(node: Node) -> object:
    """What a node keeps when it moves: when it was made, and a file's very content."""
    return (True, node.created_ns) if isinstance(node, Directory) else (False, node.created_ns, id(node.content))


def node_at(top: Directory, path: str) -> Node | None:
    """The node at a normal path below a directory, links not followed."""
    node: Node | None = top
    for name in path.split("/")[1:] if path != "/" else ():
        node = node.get(name) if isinstance(node, Directory) else None
    return node


def differences(before: Directory, after: Directory) -> list[Change]:
    """What differs below two directories, in no certain order; see `pairs`."""
    return [change_between(*pair) for pair in pairs(before, after) if differs(pair)]


def pairs(before: Directory, after: Directory) -> list[Pair]:
    """Where two directories have other nodes below; costs what was changed, not the whole.

    A directory that is on one side only is one pair, without its content. Contents are not looked at: some pairs may be
    the same for all that a user sees.
    """
    return list(itertools.chain.from_iterable(pairs_by_directory(before, after)))


def pairs_by_directory(before: Directory, after: Directory) -> Iterator[list[Pair]]:
    """The same, in one list for each directory."""
    pending = [("", before, after)]
    while pending:
        at, old, new = pending.pop()
        if old.mount is not new.mount:
            yield [Pair(at or "/", old, new)]
            continue
        found = [_new_pair((f"{at}/{name}", one, two)) for name, one, two in differing(old.files, new.files)]
        if old.extra is not new.extra:
            found.append(Pair(at or "/", old, new))
        if old.directories or new.directories:
            for name, one, two in differing(old.directories, new.directories):
                if one is not None and two is not None:
                    pending.append((f"{at}/{name}", one, two))
                else:
                    found.append(Pair(f"{at}/{name}", one, two))
        yield found


def differs(pair: Pair) -> bool:
    """Say whether a user sees a difference: a restored file has a new version of the very same content."""
    _, old, new = pair
    if type(old) is FileRecord and type(new) is FileRecord:
        return old.extra != new.extra or not same_content(old.content, new.content)
    if isinstance(old, Directory) and isinstance(new, Directory):
        return old.mount is not new.mount or old.extra != new.extra
    return True


def same_content(old: object, new: object) -> bool:
    """Say whether two contents are known to be the same: one object, or equal ones."""
    return old is new or (isinstance(old, _BODIES) and old == new)
