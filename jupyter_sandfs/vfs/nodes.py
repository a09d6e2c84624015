"""The nodes of the tree: immutable file records in directories that are copied on write."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from jupyter_sandfs.vfs.content import Link, Slice, size_of
from jupyter_sandfs.vfs.entries import Kind, Stat
from jupyter_sandfs.vfs.names import Layered, Names, copied
from jupyter_sandfs.vfs.policy import NodePolicy, Rules
from jupyter_sandfs.vfs.providers import LostProvider

if TYPE_CHECKING:
    from jupyter_sandfs.vfs.providers import DirectoryMount, FileMount

_FILE = Kind.FILE
_new = tuple.__new__  # _new(Stat, fields) is the same as Stat(*fields), at a third of the cost
FILE_MODE = 0o644
DIRECTORY_MODE = 0o755
LINK_MODE = 0o777


class Extra(NamedTuple):
    """What few nodes carry; most have none, which keeps them small.

    Attributes:
        mode: permission bits, if they were set.
        modified_ns: time of modification, if it was set by hand; a change of content drops it.
    """

    mode: int | None = None
    modified_ns: int | None = None
    policy: NodePolicy | None = None
    metadata: Mapping[str, Any] | None = None


class Totals(NamedTuple):
    """What a subtree holds, its top included.

    Attributes:
        size: content, in bytes.
        height: levels: 1 for a file or an empty directory.
    """

    files: int
    directories: int
    size: int
    height: int

    @property
    def nodes(self) -> int:
        return self.files + self.directories


_new_totals = partial(tuple.__new__, Totals)


class FileRecord(NamedTuple):
    """One version of a file, link or dynamic file. Records never change: a new version is a new record.

    Attributes:
        stamp: when its content was last changed, in nanoseconds; unique and growing within a tree.
    """

    content: bytes | Slice | Link | FileMount
    stamp: int
    version: int
    created_ns: int
    extra: Extra | None = None


# The same as FileRecord(*fields), at a third of the cost: this is on the path of every write.
new_record = partial(tuple.__new__, FileRecord)
_new_directory = object.__new__


class Directory:
    """Names of one directory. It may be changed in place only by the tree whose token it carries.

    Attributes:
        files: records by name: files, links and dynamic files.
        directories: directories by name.
        own_bytes: content of the files directly in it.
        owner: token of the tree that may change it; any other holder treats it as frozen.
        totals: what the subtree holds, itself included; known only of frozen ones.
        mount: the provider that names the children, for a dynamic directory.
        ruled: whether it or anything below carries rules of its own; remembered of frozen ones.
        plain_files: surely no file right in it carries rules; where it is False they have to be looked at.
        plain_stamp: when a name without rules of its own last came or went; views show this one.
    """

    __slots__ = (
        *("created_ns", "directories", "extra", "files", "mount", "own_bytes", "owner"),
        *("plain_files", "plain_stamp", "ruled", "stamp", "totals"),
    )

    def __init__(self, owner: object, stamp: int) -> None:
        self.files: Names[FileRecord] = {}
        self.directories: Names[Directory] = {}
        self.own_bytes = 0
        self.owner = owner
        self.stamp = self.created_ns = self.plain_stamp = stamp
        self.totals: Totals | None = None
        self.extra: Extra | None = None
        self.mount: DirectoryMount | None = None
        self.ruled: bool | None = None
        self.plain_files = False

    def copy(self, owner: object) -> Directory:
        """A shallow copy for another owner; many names are shared, not copied."""
        twin = _new_directory(Directory)
        twin.files, twin.directories = copied(self.files), copied(self.directories)
        if type(twin.files) is Layered or type(twin.directories) is Layered:
            self.owner = None  # its names are shared: whoever owned it copies it too
        twin.own_bytes = self.own_bytes
        twin.owner = owner
        twin.stamp, twin.created_ns, twin.plain_stamp = self.stamp, self.created_ns, self.plain_stamp
        twin.totals = None
        twin.extra, twin.mount = self.extra, self.mount
        twin.ruled, twin.plain_files = None, self.plain_files
        return twin

    def get(self, name: str) -> Node | None:
        return self.directories.get(name) or self.files.get(name)


Node = FileRecord | Directory


def empty_directory(owner: object, stamp: int) -> Directory:
    """A directory for those who put only files without rules into it, or leave it to a tree to put them there."""
    made = Directory(owner, stamp)
    made.plain_files = True
    return made


def settle(node: Node) -> Totals:
    """Freeze a subtree and count it; what was frozen before is not walked again.

    The caller's tree must forget which directories it owned: see `Tree.settle`.
    """
    if isinstance(node, FileRecord):
        return Totals(1, 0, size_of(node.content), 1)
    if node.totals is not None:
        return node.totals
    files, directories, size = len(node.files), 1, node.own_bytes
    height, plain = 2 if files else 1, node.plain_files and node.extra is None
    for child in node.directories.values() if node.directories else ():
        more_files, more_directories, more_size, levels = child.totals or settle(child)
        files, directories, size = files + more_files, directories + more_directories, size + more_size
        if levels >= height:
            height = levels + 1
        plain = plain and child.ruled is False
    node.owner = None
    node.totals = totals = _new_totals((files, directories, size, height))
    if plain:  # else it is found out when somebody asks
        node.ruled = False
    return totals


def bare(extra: Extra) -> Extra | None:
    """The same, or None if it says nothing."""
    return None if extra == Extra() else extra


def policy_of(node: Node) -> NodePolicy | None:
    """The policy that the node itself carries."""
    return node.extra.policy if node.extra else None


def lost_provider(node: Node) -> bool:
    """Say whether a dynamic node came from a storage, which keeps no callables."""
    mount = node.mount if isinstance(node, Directory) else node.content
    return isinstance(getattr(mount, "provider", None), LostProvider)


def is_dynamic(record: FileRecord) -> bool:
    """Say whether a provider computes the content."""
    return not isinstance(record.content, bytes | Slice | Link)


def rules_of(node: Node) -> Rules | None:
    """What the node itself carries that views decide by."""
    extra = node.extra
    if extra is None or not (extra.policy or extra.metadata):
        return None
    return Rules(extra.policy, extra.metadata or {})


def is_ruled(node: Node) -> bool:
    """Say whether a node, or one below it, carries rules of its own; what is frozen is not walked again."""
    if isinstance(node, FileRecord):
        return node.extra is not None and rules_of(node) is not None
    if node.ruled is not None:
        return node.ruled
    node.plain_files = node.plain_files or not any(each.extra and rules_of(each) for each in node.files.values())
    found = rules_of(node) is not None or not node.plain_files
    found = found or any(is_ruled(each) for each in node.directories.values())
    if node.totals is not None:
        node.ruled = found
    return found


def ruled_names(directory: Directory) -> list[str]:
    """The names right in a directory whose nodes carry rules of their own."""
    nodes: tuple[tuple[str, Node], ...] = (*directory.files.items(), *directory.directories.items())
    return [name for name, node in nodes if node.extra is not None and rules_of(node) is not None]


def any_ruled(directory: Directory) -> bool:
    """Say whether a node right in a directory carries rules of its own."""
    nodes: Iterator[Node] = itertools.chain(directory.files.values(), directory.directories.values())
    return any(node.extra is not None and rules_of(node) is not None for node in nodes)


def describe(node: Node, tree_id: str) -> Stat:
    """Give the facts about a node."""
    if isinstance(node, Directory):
        return _describe_directory(node, tree_id)
    content, stamp, version, created_ns, extra = node
    if extra is None and type(content) is bytes:  # nearly all files are, and they are asked for most
        return _new(Stat, (_FILE, len(content), FILE_MODE, version, stamp, created_ns, stamp, tree_id, None, False))
    mode = FILE_MODE if extra is None or extra.mode is None else extra.mode
    modified = _modified(stamp, extra)
    if isinstance(content, Link):
        size = size_of(content)
        return Stat(Kind.SYMLINK, size, LINK_MODE, version, modified, created_ns, stamp, tree_id, content.target)
    if isinstance(content, bytes | Slice):
        return Stat(Kind.FILE, size_of(content), mode, version, modified, created_ns, stamp, tree_id)
    size = content.known_size
    return Stat(Kind.FILE, size, mode, version, modified, created_ns, stamp, tree_id, None, dynamic=True)


def _describe_directory(node: Directory, tree_id: str) -> Stat:
    mode = DIRECTORY_MODE if node.extra is None or node.extra.mode is None else node.extra.mode
    modified = _modified(node.stamp, node.extra)
    dynamic = node.mount is not None
    return Stat(Kind.DIRECTORY, 0, mode, 0, modified, node.created_ns, node.stamp, tree_id, None, dynamic)


def _modified(stamp: int, extra: Extra | None) -> int:
    return stamp if extra is None or extra.modified_ns is None else extra.modified_ns
