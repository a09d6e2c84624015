"""From a path to a node: links, dynamic directories and inherited policies on the way."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from jupyter_sandfs import paths
from jupyter_sandfs.errors import NotADirectory, NotFound, TooManyLinks
from jupyter_sandfs.vfs import unlinked
from jupyter_sandfs.vfs.content import Link, size_of
from jupyter_sandfs.vfs.limits import Limits
from jupyter_sandfs.vfs.nodes import Directory, Extra, FileRecord, Node, bare, policy_of
from jupyter_sandfs.vfs.policy import OPEN, NodePolicy
from jupyter_sandfs.vfs.providers import DirectoryMount, FileMount, ProvidedNode


class Place(NamedTuple):
    """Where a path leads.

    Attributes:
        path: the normal path without links on the way.
        node: what is there, or None.
        policy: the rule in force for it, inherited or its own.
        parent_policy: the rule in force for the directory it is in, or would be in.
        missing: directories above it that do not exist, the highest first.
        computed: it lies in a dynamic directory.
    """

    path: str
    node: Node | None
    policy: NodePolicy
    parent_policy: NodePolicy
    missing: tuple[str, ...] = ()
    computed: bool = False

    def require(self) -> Node:
        """Give the node, or raise NotFound."""
        if self.node is None:
            raise NotFound(self.path)
        return self.node


class Unserved(Exception):  # no error: a signal to ask this provider without the lock, then look again
    """The way leads through a dynamic directory whose children are not known yet in this call."""

    def __init__(self, path: str, mount: DirectoryMount) -> None:
        super().__init__(path)
        self.path = path
        self.mount = mount


class Lookup:
    """Finds nodes in one tree at one moment; used under the lock, for one call."""

    def __init__(self, root: Directory, limits: Limits, served: Mapping[DirectoryMount, Directory]) -> None:
        self._root = root
        self._limits = limits
        self._served = served

    def locate(self, path: str, *, follow: bool = True) -> Place:
        """Find what a normal path leads to; with `follow=False` a link at the end is itself the answer."""
        todo = _segments(path)
        hops = 0
        place = self._start()
        while todo:
            name = todo.pop()
            place, above = self._step(place, name), place
            target = _link(place.node)
            if target is not None and (todo or follow):
                unlinked.check(path)
                hops += 1
                if hops > self._limits.link_hops:
                    raise TooManyLinks(paths.normalize(path))
                todo += _segments(paths.normalize(target, above.path))
                place = self._start()
            elif todo and not isinstance(place.node, Directory):
                return self._beyond(place, todo)
        return place

    def children(self, directory: Directory, path: str) -> Directory:
        """The names in a directory; those of a dynamic one must have been served before."""
        if directory.mount is None:
            return directory
        try:
            return self._served[directory.mount]
        except KeyError:
            raise Unserved(path, directory.mount) from None

    def _start(self) -> Place:
        policy = policy_of(self._root) or OPEN
        return Place(paths.ROOT, self._root, policy, policy)

    def _step(self, place: Place, name: str) -> Place:
        directory = place.node
        assert isinstance(directory, Directory)
        node = self.children(directory, place.path).get(name)
        below = f"{place.path.rstrip('/')}/{name}"
        policy = (policy_of(node) if node else None) or place.policy
        return Place(below, node, policy, place.policy, (), place.computed or directory.mount is not None)

    def _beyond(self, place: Place, todo: list[str]) -> Place:
        """The place of a path that goes on where nothing is, or through a file (NotADirectory)."""
        if place.node is not None:
            raise NotADirectory(place.path)
        path = "/".join([place.path, *reversed(todo)])
        missing = [place.path]
        # Nothing can be made below the deepest level: the rest needs no names of its own.
        for name in todo[: max(len(todo) - self._limits.depth, 0) : -1] if len(todo) > 1 else ():
            missing.append(f"{missing[-1]}/{name}")
        return Place(path, None, place.policy, place.policy, tuple(missing), place.computed)


def _segments(path: str) -> list[str]:
    """Names of a normal path, the last one first."""
    return [] if path == paths.ROOT else path.split("/")[:0:-1]


def _link(node: Node | None) -> str | None:
    if isinstance(node, FileRecord) and isinstance(node.content, Link):
        return node.content.target
    return None


def build(children: Mapping[str, ProvidedNode], stamp: int) -> Directory:
    """Make the directory that a provider described; it belongs to no tree and counts in no quota."""
    directory = Directory(object(), stamp)
    for name, given in children.items():
        extra = bare(Extra(policy=given.policy, metadata=given.metadata or None))
        if given.children is not None or given.directory_provider is not None:
            child = build(given.children or {}, stamp)
            child.extra = extra
            if given.directory_provider is not None:
                child.mount = DirectoryMount(given.directory_provider, None, given.metadata)
            directory.directories[name] = child
        else:
            content = _provided_content(given)
            directory.files[name] = FileRecord(content, stamp, 1, stamp, extra)
            directory.own_bytes += size_of(content)
    return directory


def _provided_content(given: ProvidedNode) -> bytes | FileMount:
    if given.content_provider is not None:
        return FileMount(given.content_provider, None, given.metadata)
    content = given.content or b""
    return content.encode() if isinstance(content, str) else content
