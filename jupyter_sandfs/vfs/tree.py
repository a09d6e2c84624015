"""The copy-on-write tree: structure, ownership and counters, without rules.

Between two snapshots a write changes directories in place; a snapshot only changes the owner token, and the first
write after it copies the directories on its path. Two caches lead from a directory's path to the directory: `plain`
for readers, `owned` for writers.

Invariants:
 1. A directory belongs to the live tree alone if and only if its owner is the tree's token; any other is frozen.
 2. `plain` holds current directories with no policy, mount or link on their path; `owned` those of them that
    are owned too, carry nothing of their own, and that nobody watches. Whoever owns a directory refreshes its entry.
 3. `freeze` gives a new token and empties `owned`; whatever takes directories away empties both caches.
 4. Only the holder of the file system's lock calls anything here; readers of `plain` need no lock.
"""

from __future__ import annotations

import operator
import time
from collections.abc import Callable, Iterable
from functools import partial
from typing import NamedTuple

from jupyter_sandfs import paths
from jupyter_sandfs.errors import NotADirectory
from jupyter_sandfs.vfs.content import Slice, size_of
from jupyter_sandfs.vfs.entries import Epoch
from jupyter_sandfs.vfs.nodes import (
    Directory,
    FileRecord,
    Node,
    Totals,
    bare,
    empty_directory,
    is_dynamic,
    policy_of,
    rules_of,
    settle,
)

_CACHED = 16_384  # directories per cache
_GHOSTS = 100_000  # removed paths whose last version is remembered exactly
_EMPTY = Totals(0, 1, 0, 1)
_VERSION = operator.attrgetter("version")


class Root(NamedTuple):
    """A frozen moment of a tree."""

    directory: Directory
    files: int
    directories: int
    size: int


_new_root = partial(tuple.__new__, Root)  # the same as Root(*fields), at a third of the cost


class Tree:
    """Directories and files, addressed by normal paths; the root's own path is the empty string here."""

    def __init__(self, clock: Callable[[], int] = time.time_ns, root: Root | None = None) -> None:
        self._clock = clock
        self.token = object()
        self.last_stamp = 0
        if root is None:
            root = Root(empty_directory(self.token, self.stamp()), 0, 1, 0)
        self.root, self.files, self.directories, self.size = root
        self.highest_version = 0
        self.epoch = Epoch()
        self.ghosts: dict[str, int] = {}
        self.ghosts_shared = False  # with a fork: copied before the next change
        self.floor = 0
        self._told: tuple[str, ...] = ()
        self._watched: tuple[str, ...] = ()
        self._above_watched: frozenset[str] = frozenset()
        self.plain: dict[str, Directory] = {} if policy_of(self.root) else {"": self.root}
        self.owned: dict[str, Directory] = {}

    def stamp(self) -> int:
        """The time in nanoseconds, but always later than the last stamp."""
        now, last = self._clock(), self.last_stamp
        self.last_stamp = stamp = now if now > last else last + 1
        return stamp

    # ------------------------------------------------------------ finding

    def get(self, path: str) -> Node | None:
        """The node at a normal path, links not followed, or None."""
        if path in {"", "/"}:
            return self.root
        head, _, name = path.rpartition("/")
        directory = self.get_directory(head)
        return directory.get(name) if directory else None

    def dynamic(self, path: str) -> Node | None:
        """The dynamic node at a normal path, or None if what is there is not computed."""
        node = self.get(path)
        computed = node.mount is not None if isinstance(node, Directory) else node and is_dynamic(node)
        return node if computed else None

    def get_directory(self, path: str) -> Directory | None:
        """The directory at a normal path without links, or None; remembers plain ones for readers."""
        found = self.plain.get(path)
        if found is not None:
            return found
        directory: Directory | None = self.root
        plain = not policy_of(self.root)
        for name in path.split("/")[1:]:
            directory = directory.directories.get(name) if directory else None
            if directory is None:
                return None
            plain = plain and directory.mount is None and not policy_of(directory)
        if plain and directory is not None:
            self._remember(self.plain, path, directory)
        return directory

    # ------------------------------------------------------------ changing

    def own(self, path: str) -> Directory:
        """Give the directory at `path` to change in place; makes it and those above it, and copies frozen ones."""
        if (known := self.owned.get(path)) is not None:
            return known
        at, todo = path, []
        while at and at not in self.owned:
            at, _, name = at.rpartition("/")
            todo.append(name)
        directory, plain = self.owned.get(at) or self._own_root(), True
        if not at:
            plain = not policy_of(self.root)
        while todo:
            name = todo.pop()
            at = f"{at}/{name}"
            directory = self._own_child(directory, name, at)
            plain = plain and directory.mount is None and (directory.extra is None or not directory.extra.policy)
            if plain:
                self.allow(at, directory)
        return directory

    def take(self, path: str) -> Directory | None:
        """Give a directory to change in place; None if it isn't there, or if somebody is to be asked or told."""
        if path not in self.plain and (path[:1] != "/" or self.get_directory(path) is None or path not in self.plain):
            return None
        self.own(path)
        return self.owned.get(path)

    def watch(self, prefixes: Iterable[str]) -> None:
        """Let writers into no directory in which a change concerns one of these prefixes: somebody is to be told."""
        told = tuple(prefixes)
        if told == self._told:
            return
        self._told = told
        self._watched = tuple(each if each == paths.ROOT else f"{each}/" for each in told)
        self._above_watched = frozenset("" if above == paths.ROOT else above for above in map(paths.parent, told))
        self.owned = {}

    def _own_root(self) -> Directory:
        if self.root.owner is not self.token:
            self.root = self.root.copy(self.token)
        if not policy_of(self.root):
            self.allow("", self.root)
        return self.root

    def allow(self, path: str, directory: Directory) -> None:
        """Remember a plain directory that is owned: for readers, and if nobody is to be told of changes for writers."""
        self._remember(self.plain, path, directory)
        if directory.extra is None and not self.is_watched(path):
            self._remember(self.owned, path, directory)

    def is_watched(self, path: str) -> bool:
        """Say whether somebody is to be told of changes right in a directory."""
        return path in self._above_watched or f"{path}/".startswith(self._watched)

    def grow(self, *, files: int, directories: int, size: int, version: int) -> None:
        """Count what came with new directories."""
        self.files += files
        self.directories += directories
        self.size += size
        self.highest_version = max(self.highest_version, version)
        self.epoch.number += directories

    def _own_child(self, parent: Directory, name: str, path: str) -> Directory:
        child = parent.directories.get(name)
        if child is None:
            if name in parent.files:
                raise NotADirectory(path)
            child = parent.directories[name] = empty_directory(self.token, self.stamp())
            self._touch(parent, named=True, plainly=True)
            self.directories += 1
        elif child.owner is not self.token:
            child = parent.directories[name] = child.copy(self.token)
        return child

    def put(self, path: str, node: Node | None) -> Node | None:
        """Put a node at a normal path, or take away what is there; gives what was there. Parents are made."""
        if path == "/":
            return self._replace_root(node)
        head, _, name = path.rpartition("/")
        parent = self.own(head)
        before = parent.get(name)
        if before is not None:
            self._detach(parent, name, before)
        if node is not None:
            self._attach(parent, name, node)
        self._note_versions(path, before, node)
        plain_before, plain_after = (each is not None and rules_of(each) is None for each in (before, node))
        if before is None or node is None or plain_before != plain_after:
            self._touch(parent, named=before is None or node is None, plainly=plain_before != plain_after)
        return before

    def _touch(self, directory: Directory, *, named: bool, plainly: bool) -> None:
        """Note a change of the names in a directory; where all may see it, a time set by hand is over."""
        stamp = self.stamp()
        if named:
            directory.stamp = stamp
        if plainly:
            directory.plain_stamp = stamp
        extra = directory.extra
        if plainly and extra is not None and extra.modified_ns is not None:
            directory.extra = bare(extra._replace(modified_ns=None))

    def _detach(self, parent: Directory, name: str, node: Node) -> None:
        self._count(node, -1)
        self._note_rules(node)
        if isinstance(node, FileRecord):
            del parent.files[name]
            parent.own_bytes -= size_of(node.content)
        else:
            del parent.directories[name]
            self.forget()

    def _attach(self, parent: Directory, name: str, node: Node) -> None:
        self._count(node, 1)
        self._note_rules(node)
        if isinstance(node, FileRecord):
            parent.files[name] = node
            parent.own_bytes += size_of(node.content)
            parent.plain_files = parent.plain_files and rules_of(node) is None
            self.highest_version = max(self.highest_version, node.version)
        else:
            parent.directories[name] = node  # no cache leads to where nothing was

    def _note_rules(self, node: Node) -> None:
        if isinstance(node, Directory) or rules_of(node) or not isinstance(node.content, bytes | Slice):
            self.epoch.number += 1

    def _count(self, node: Node, sign: int) -> None:
        empty = isinstance(node, Directory) and not (node.files or node.directories)
        totals = _EMPTY if empty else self.settle(node)
        self.files += sign * totals.files
        self.directories += sign * totals.directories
        self.size += sign * totals.size

    def settle(self, node: Node) -> Totals:
        """Count a subtree, which is frozen for it."""
        if isinstance(node, Directory) and node.totals is None:
            self.owned = {}
        return settle(node)

    def _replace_root(self, node: Node | None) -> Node:
        assert isinstance(node, Directory)
        before, self.root = self.root, node
        self.forget()
        return before

    def forget(self) -> None:
        """Drop both caches, and what views decided: paths may lead elsewhere now."""
        self.epoch.number += 1
        self.plain.clear()  # it stays the same dict: readers have it at hand
        if not policy_of(self.root):
            self.plain[""] = self.root
        self.owned = {}

    @staticmethod
    def _remember(cache: dict[str, Directory], path: str, directory: Directory) -> None:
        if len(cache) >= _CACHED:
            cache.clear()
        cache[path] = directory

    # ------------------------------------------------------------ versions

    def next_version(self, path: str, current: FileRecord | None) -> int:
        """The version of the next content at `path`: 1, or one above the last that was ever seen there.

        What a removed directory held is not remembered name by name: below it, numbers go on above all of the tree's.
        """
        if current is not None:
            return current.version + 1
        if not self.ghosts:
            return self.floor + 1
        segments = path.split("/")
        above = ("/".join(segments[:depth]) for depth in range(2, len(segments) + 1))
        return 1 + max(self.floor, *(self.ghosts.get(each, 0) for each in above))

    def was_used(self, path: str) -> bool:
        """Say whether something may have been at or below a path where nothing is now."""
        if not self.ghosts or self.floor:
            return self.floor > 0
        segments = path.split("/")
        return any("/".join(segments[:depth]) in self.ghosts for depth in range(2, len(segments) + 1))

    def _note_versions(self, path: str, before: Node | None, after: Node | None) -> None:
        """Remember the last version of what goes away; a directory's stands for all that it held."""
        if before is None or (isinstance(before, FileRecord) and isinstance(after, FileRecord)):
            return
        if isinstance(before, Directory) and isinstance(after, Directory) and before.created_ns == after.created_ns:
            return  # the same directory with another mode, time or policy
        if len(self.ghosts) >= _GHOSTS:
            self.floor, self.ghosts, self.ghosts_shared = self.highest_version, {}, False
        if self.ghosts_shared:
            self.ghosts, self.ghosts_shared = self.ghosts.copy(), False
        self.ghosts[path] = before.version if isinstance(before, FileRecord) else self.highest_version

    def renumbered(self, path: str, directory: Directory) -> Directory:
        """A directory that comes back, with versions of its files that go on above the last ones seen at `path`.

        A frozen one is shared if nothing was ever there; of any other it is a copy.
        """
        if directory.totals is not None and not self.was_used(path):
            self.highest_version = max(self.highest_version, _highest(directory))
            return directory
        twin = directory.copy(self.token)
        for name, record in directory.files.items():
            version = max(record.version, self.next_version(f"{path}/{name}", None))
            twin.files[name] = record._replace(version=version)
        for name, child in directory.directories.items():
            twin.directories[name] = self.renumbered(f"{path}/{name}", child)
        self.highest_version = max([self.highest_version, *(record.version for record in twin.files.values())])
        return twin

    # ------------------------------------------------------------ moments

    def freeze(self) -> Root:
        """Keep this moment: everything in it is frozen from now on. Constant time."""
        self.token = object()
        self.owned = {}
        return _new_root((self.root, self.files, self.directories, self.size))

    @classmethod
    def of(cls, root: Root, clock: Callable[[], int] = time.time_ns) -> Tree:
        """A tree that starts from a frozen moment. Constant time."""
        return cls(clock, root)

    def fork(self, start: Root) -> Tree:
        """A tree that starts as this one is, which was frozen just now; versions go on in both. Constant time."""
        twin = Tree(self._clock, start)
        twin.last_stamp, twin.highest_version = self.last_stamp, self.highest_version
        twin.ghosts, twin.floor = self.ghosts, self.floor  # one of our kind
        self.ghosts_shared = twin.ghosts_shared = True
        return twin


def _highest(directory: Directory) -> int:
    """The highest version of a file in a directory, or below."""
    own = max(map(_VERSION, directory.files.values()), default=0)
    return max(own, *map(_highest, directory.directories.values())) if directory.directories else own
