"""Many nodes written in one step: what an archive, an import or a workspace brings, all of it or nothing.

Directories that are not there yet are built whole beside the tree and come in as one change each, as a copied
directory does; files that go into directories of the tree are a change each.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

from jupyter_sandfs import paths
from jupyter_sandfs.errors import (
    AlreadyExists,
    AppendOnly,
    FileTooLarge,
    InvalidPath,
    InvalidRequest,
    IsADirectory,
    NameTooLong,
    NotADirectory,
    ReadOnly,
)
from jupyter_sandfs.vfs.content import Link, size_of
from jupyter_sandfs.vfs.events import WriteEvent
from jupyter_sandfs.vfs.nodes import (
    DIRECTORY_MODE,
    FILE_MODE,
    Directory,
    Extra,
    FileRecord,
    Node,
    bare,
    empty_directory,
    new_record,
    policy_of,
)
from jupyter_sandfs.vfs.operations import Desk, Plan, Put
from jupyter_sandfs.vfs.policy import OPEN, NodePolicy
from jupyter_sandfs.vfs.providers import FileMount

_LINK_BYTES = 4096  # what a link may say, as PATH_MAX
_THROUGH_LINK = "the way there leads through a link"
_COMPUTED = "it is computed by a provider"
_NOT_NORMAL = "not in normal form"
_PLAIN_NAME = re.compile(r"(?!\.{1,2}$)[ -.0-\[\]-~]+")  # ASCII without slash and backslash: surely normal


_FIRST_MOMENT, _LAST_MOMENT = -62_135_596_800_000_000_000, 253_402_300_799_999_999_999


def is_moment(nanoseconds: object) -> bool:
    """Say whether these nanoseconds since 1970 are in a year that a calendar has, 1 to 9999."""
    return isinstance(nanoseconds, int) and _FIRST_MOMENT <= nanoseconds <= _LAST_MOMENT


class Item(NamedTuple):
    """One node to come: a file's bytes, a link, or None for a directory.

    Attributes:
        path: in normal form.
        mode, modified_ns: permission bits, and nanoseconds since 1970; None for those of a new node.
    """

    path: str
    content: bytes | Link | None = None
    mode: int | None = None
    modified_ns: int | None = None


# The same as Item(*fields), at a third of the cost.
new_item = partial(tuple.__new__, Item)


@dataclass(slots=True)
class _Spot:
    """A directory that items go into.

    Attributes:
        new: it is not in the tree yet, and may be filled in place.
    """

    directory: Directory
    policy: NodePolicy
    new: bool


def graft(desk: Desk, items: Sequence[Item], *, overwrite: bool) -> Plan:
    """Write items in one step; parents are made, directories that are there stay as they are.

    Raises:
        AlreadyExists: a file or link is there and `overwrite` is off, or two items have one path.
        IsADirectory, NotADirectory: a file would replace a directory, or the reverse.
        InvalidPath: a path not in normal form, or one whose way leads through a link: nothing is written elsewhere
            than where it says.
    """
    grafting = _Grafting(desk, overwrite=overwrite)
    for item in items:
        grafting.add(item)
    return grafting.finish(items)


class _Grafting:
    def __init__(self, desk: Desk, *, overwrite: bool) -> None:
        self._tree, self._overwrite = desk.tree, overwrite
        limits = desk.limits
        self._depth, self._name_bytes, self._file_bytes = limits.depth, limits.name_bytes, limits.file_bytes
        root = desk.tree.root
        self._spots = {"": _Spot(root, policy_of(root) or OPEN, new=False)}
        self._taken: set[str] = set()  # files and links that go into directories of the tree
        self._plan = Plan(paths.ROOT)
        self._stamps = itertools.count(desk.tree.stamp())
        self._highest = 0
        self._extras: dict[tuple[int | None, int | None], Extra | None] = {(None, None): None}

    def add(self, item: Item) -> None:
        path, content, _, _ = item
        if path.count("/") > self._depth:
            raise NameTooLong(path, f"deeper than {self._depth} levels")
        if content is None:
            self._add_directory(item)
            return
        head, slash, name = path.rpartition("/")
        if not slash:
            raise InvalidPath(path, _NOT_NORMAL)
        if path == paths.ROOT or path in self._spots:
            raise IsADirectory(path)
        spot = self._spots.get(head) or self._spot(head)
        self._check_name(name, path)
        size = len(content) if type(content) is bytes else checked_link(path, content)
        if size > self._file_bytes:
            raise FileTooLarge(path, f"{size} bytes, over the limit of {self._file_bytes}")
        if spot.new:
            self._fill(spot.directory, name, item, size)
        else:
            self._replace(spot, name, item, size)

    def finish(self, items: Sequence[Item]) -> Plan:
        self._tree.last_stamp = next(self._stamps)
        self._plan.writes = lambda: self._events(items)
        return self._plan

    def _add_directory(self, item: Item) -> None:
        spot = self._spot("" if item.path == paths.ROOT else item.path)
        if spot.new:
            spot.directory.extra = self._extra(item, DIRECTORY_MODE)

    # ------------------------------------------------------------ directories

    def _spot(self, path: str) -> _Spot:
        """The directory at `path`; it and those above it are made where they are missing."""
        todo = []
        at = path
        while at not in self._spots:
            todo.append(at)
            at, slash, _ = at.rpartition("/")
            if not slash:
                raise InvalidPath(path, _NOT_NORMAL)
        spot = self._spots[at]
        while todo:
            at = todo.pop()
            spot = self._spots[at] = self._enter(spot, at)
        return spot

    def _enter(self, above: _Spot, path: str) -> _Spot:
        name = path.rpartition("/")[2]
        self._check_name(name, path)
        node = above.directory.get(name)
        if isinstance(node, FileRecord) or path in self._taken:
            if isinstance(node, FileRecord) and isinstance(node.content, Link):
                raise InvalidPath(path, _THROUGH_LINK)
            raise NotADirectory(path)
        if node is None:
            return self._make(above, name, path)
        if node.mount is not None:
            raise ReadOnly(path, _COMPUTED)
        return _Spot(node, policy_of(node) or above.policy, new=False)

    def _make(self, above: _Spot, name: str, path: str) -> _Spot:
        if not above.policy.writable:
            raise ReadOnly(path)
        directory = empty_directory(self._tree.token, next(self._stamps))
        self._plan.nodes += 1
        if above.new:
            above.directory.directories[name] = directory
        else:
            self._plan.puts.append(Put(path, partial(self._planted, directory), directory=directory))
        return _Spot(directory, above.policy, new=True)

    def _planted(self, directory: Directory) -> Directory:
        self._tree.highest_version = max(self._tree.highest_version, self._highest)
        return directory

    # ------------------------------------------------------------ files and links

    def _fill(self, directory: Directory, name: str, item: Item, size: int) -> None:
        """Put a record into a new directory, which nobody else knows yet."""
        if name in directory.files:
            raise AlreadyExists(item.path, "two of one name")
        version = self._tree.next_version(item.path, None)
        stamp = next(self._stamps)
        directory.files[name] = new_record((item.content, stamp, version, stamp, self._extra(item, FILE_MODE)))
        directory.own_bytes += size
        if version > self._highest:  # noqa: PLR1730  # max() costs a call for every file
            self._highest = version
        self._plan.size += size
        self._plan.nodes += 1

    def _replace(self, spot: _Spot, name: str, item: Item, size: int) -> None:
        """Plan the change of a name in a directory of the tree."""
        before = spot.directory.get(name)
        if isinstance(before, Directory):
            raise IsADirectory(item.path)
        if item.path in self._taken:
            raise AlreadyExists(item.path, "two of one name")
        self._check_writable(spot, before, item)
        self._taken.add(item.path)
        self._plan.puts.append(Put(item.path, partial(self._record, item, before, self._extra(item, FILE_MODE))))
        self._plan.size += size - (size_of(before.content) if before else 0)
        self._plan.nodes += before is None

    def _check_writable(self, spot: _Spot, before: FileRecord | None, item: Item) -> None:
        own = policy_of(before) if before else None
        policy = own or spot.policy
        other_kind = before is None or isinstance(before.content, Link) or isinstance(item.content, Link)
        if before is not None and not self._overwrite:
            raise AlreadyExists(item.path)
        if before is not None and isinstance(before.content, FileMount):
            raise ReadOnly(item.path, _COMPUTED)
        if not policy.writable or (other_kind and not spot.policy.writable):
            raise ReadOnly(item.path)
        if before is not None and policy.append_only:
            raise AppendOnly(item.path)

    def _record(self, item: Item, before: FileRecord | None, extra: Extra | None) -> Node:
        tree = self._tree
        stamp = tree.stamp()
        if before is not None and before.extra is not None:  # what rules a file goes on to rule it
            mine = extra or Extra()
            mode = before.extra.mode if item.mode is None else mine.mode
            extra = bare(before.extra._replace(mode=mode, modified_ns=mine.modified_ns))
        assert item.content is not None
        created = before.created_ns if before else stamp
        return FileRecord(item.content, stamp, tree.next_version(item.path, before), created, extra)

    def _extra(self, item: Item, usual_mode: int) -> Extra | None:
        """What a new node carries; most nodes of a tree share a few of them."""
        _, content, mode, modified = item
        if mode is not None and (mode & 0o7777 == usual_mode or type(content) is Link):
            mode = None
        try:
            return self._extras[mode, modified]
        except KeyError:
            if modified is not None and not is_moment(modified):
                raise InvalidRequest(f"{item.path}: no calendar has the time {modified}") from None
            found = bare(Extra(mode=None if mode is None else mode & 0o7777, modified_ns=modified))
            self._extras[mode, modified] = found
            return found

    # ------------------------------------------------------------ rules

    def _check_name(self, name: str, path: str) -> None:
        if _PLAIN_NAME.fullmatch(name) is None and (not name or paths.normalize(path) != path):
            raise InvalidPath(path, _NOT_NORMAL)
        if len(name) * 4 > self._name_bytes and len(name.encode()) > self._name_bytes:
            raise NameTooLong(path, f"a name has at most {self._name_bytes} bytes")

    def _events(self, items: Iterable[Item]) -> Iterator[WriteEvent]:
        for item in items:
            if isinstance(item.content, bytes):
                before = self._tree.get(item.path)
                version = self._tree.next_version(item.path, before if isinstance(before, FileRecord) else None)
                yield WriteEvent(item.path, item.content, version, append=False)


def checked_link(path: str, content: object) -> int:
    """Give the size of a link's target; refuse what no path can be, and content of another type."""
    if not isinstance(content, Link):
        raise InvalidPath(path, f"content is bytes or a link, not {type(content).__name__}")
    paths.normalize(content.target)
    size = len(content.target.encode())
    if not 0 < size <= _LINK_BYTES:
        raise InvalidPath(path, f"a link says 1 to {_LINK_BYTES} bytes")
    return size
