"""What each change of the file system checks, and what it then does, as data.

An operation looks at the tree and gives a `Plan`, or raises and nothing has happened. Plans are made under the lock,
once before the before-hooks and once again right before they are carried out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import NamedTuple

from jupyter_sandfs import paths
from jupyter_sandfs.errors import (
    AlreadyExists,
    AppendOnly,
    FileTooLarge,
    InvalidPath,
    IsADirectory,
    NameTooLong,
    NoSpace,
    NotADirectory,
    NotEmpty,
    NotFound,
    PermissionDenied,
    ReadOnly,
    VersionConflict,
)
from jupyter_sandfs.vfs.content import Link, Slice, append_to, data_of, size_of
from jupyter_sandfs.vfs.events import WriteEvent
from jupyter_sandfs.vfs.history import differences
from jupyter_sandfs.vfs.journal import Change, ChangeKind
from jupyter_sandfs.vfs.limits import Limits
from jupyter_sandfs.vfs.lookup import Lookup, Place
from jupyter_sandfs.vfs.nodes import Directory, Extra, FileRecord, Node, bare, height, measure, policy_of
from jupyter_sandfs.vfs.policy import NodePolicy
from jupyter_sandfs.vfs.providers import DirectoryMount, FileMount
from jupyter_sandfs.vfs.tree import Root, Tree


@dataclass(frozen=True, slots=True)
class Desk:
    """What an operation works with, for one call under the lock.

    Attributes:
        guarded: some node of the tree carries a policy, so that subtrees must be searched for them.
    """

    tree: Tree
    lookup: Lookup
    limits: Limits
    guarded: bool


class Put(NamedTuple):
    """One step: what `make` gives comes to `path`; None takes away what is there."""

    path: str
    make: Callable[[], Node | None]


class Step(NamedTuple):
    """One path that a plan changed: the node before, and after."""

    path: str
    before: Node | None
    after: Node | None

    @property
    def change(self) -> Change:
        kind = ChangeKind.CHANGED
        if self.before is None or self.after is None:
            kind = ChangeKind.ADDED if self.before is None else ChangeKind.REMOVED
        return Change(kind, self.path, isinstance(self.after or self.before, Directory))


@dataclass(slots=True)
class Plan:
    """Steps to carry out together, and what they cost.

    Attributes:
        path: where the change happens, for errors and hooks.
        writes: gives what hooks are told; asked only if there are hooks.
        source: where a copy or a move comes from.
        size, nodes: what the tree grows by, in bytes and nodes.
        shares: a subtree comes to be in two places, so the tree must be frozen first.
    """

    path: str
    puts: list[Put] = field(default_factory=list)
    writes: Callable[[], Iterable[WriteEvent]] = tuple
    source: str | None = None
    size: int = 0
    nodes: int = 0
    shares: bool = False


# ---------------------------------------------------------------- content


def write(desk: Desk, path: str, data: bytes, *, append: bool, expected_version: int | None) -> Plan:
    """Replace or extend the content of a file."""
    place = desk.lookup.locate(path)
    node = place.node
    if isinstance(node, Directory):
        raise IsADirectory(place.path)
    if node is not None and isinstance(node.content, FileMount):
        raise ReadOnly(place.path, "it is computed by a provider")
    _check_version(place, expected_version)
    _check_writable(place, append=append)
    append = append and node is not None
    old = size_of(node.content) if node else 0
    plan = _plan_new(desk, place) if node is None else Plan(place.path)
    plan.size = len(data) + (0 if append else -old)
    _check_file_size(desk, place.path, len(data) + (old if append else 0))
    version = _next(desk.tree, place)
    plan.puts.append(Put(place.path, lambda: _written(desk.tree, node, data, version, append=append)))
    plan.writes = lambda: [WriteEvent(place.path, data, version, append)]
    return plan


def _written(tree: Tree, before: FileRecord | None, data: bytes, version: int, *, append: bool) -> FileRecord:
    stamp = tree.stamp()
    content: bytes | Slice = data
    if append and before is not None and isinstance(before.content, bytes | Slice):
        content = append_to(before.content, data)
    extra = bare(before.extra._replace(modified_ns=None)) if before and before.extra else None
    return FileRecord(content, stamp, version, before.created_ns if before else stamp, extra)


def put_new(desk: Desk, path: str, make: Callable[[], Node], *, size: int = 0) -> Plan:
    """Put a new node of `size` bytes where nothing is: a link or a dynamic node."""
    place = desk.lookup.locate(path, follow=False)
    if place.node is not None:
        raise AlreadyExists(place.path)
    _check_writable(place, append=True)
    plan = _plan_new(desk, place)
    plan.size = size
    plan.puts.append(Put(place.path, make))
    return plan


def mkdir(desk: Desk, path: str, *, parents: bool, exist_ok: bool) -> Plan:
    """Make a directory and, if asked, those above it."""
    place = desk.lookup.locate(path)
    if place.node is None and desk.lookup.locate(path, follow=False).node is not None:
        raise AlreadyExists(path, "a link that leads nowhere")
    if place.node is not None:
        if not (exist_ok and isinstance(place.node, Directory)):
            raise AlreadyExists(place.path)
        return Plan(place.path)
    if place.missing and not parents:
        raise NotFound(place.missing[0])
    _check_writable(place, append=True)
    plan = _plan_new(desk, place)
    plan.puts.append(Put(place.path, lambda: Directory(desk.tree.token, desk.tree.stamp())))
    return plan


# ---------------------------------------------------------------- whole nodes


def remove(desk: Desk, path: str, *, recursive: bool, expected_version: int | None) -> Plan:
    """Take away a file, a link or a directory."""
    place = desk.lookup.locate(path, follow=False)
    node = place.require()
    _check_not_root(place)
    _check_version(place, expected_version)
    _check_removable(desk, place)
    if isinstance(node, Directory) and not recursive and (node.files or node.directories or node.mount):
        raise NotEmpty(place.path)
    files, directories, size = measure(node, desk.tree.token)
    return Plan(place.path, [Put(place.path, lambda: None)], size=-size, nodes=-files - directories)


def copy(desk: Desk, source: str, destination: str, *, overwrite: bool) -> Plan:
    """Copy a file or a tree; the tree is shared, not walked."""
    start = desk.lookup.locate(source, follow=False)
    node = start.require()
    _check_readable_below(desk, start)
    end = _landing(desk, start, destination, overwrite=overwrite)
    if end is None:
        raise AlreadyExists(start.path, "source and destination are the same")
    plan = _plan_replacing(desk, end, node)
    plan.source = start.path
    plan.shares = isinstance(node, Directory)
    version = None if isinstance(node, Directory) else _next(desk.tree, end)
    plan.writes = lambda: _events(node, end.path, version)
    plan.puts.append(Put(end.path, lambda: _copied(desk.tree, node, version)))
    return plan


def move(desk: Desk, source: str, destination: str, *, overwrite: bool, expected_version: int | None) -> Plan:
    """Move a node to another name; onto itself nothing happens."""
    start = desk.lookup.locate(source, follow=False)
    node = start.require()
    _check_not_root(start)
    _check_version(start, expected_version)
    _check_removable(desk, start)
    end = _landing(desk, start, destination, overwrite=overwrite)
    if end is None:
        return Plan(start.path)
    plan = _plan_replacing(desk, end, node)
    files, directories, size = measure(node, desk.tree.token)
    plan.size, plan.nodes = plan.size - size, plan.nodes - files - directories
    plan.source = start.path
    version = None if isinstance(node, Directory) else max(node.version, _next(desk.tree, end) - 1)
    plan.writes = lambda: _events(node, end.path, version)
    plan.puts += [Put(start.path, lambda: None), Put(end.path, lambda: _moved(desk.tree, node, end))]
    return plan


def edit(desk: Desk, path: str, change: Callable[[Extra], Extra], *, check: bool = True, touch: bool = False) -> Plan:
    """Change what a node carries beside its content: mode, time, policy; `touch` makes now its time."""
    place = desk.lookup.locate(path)
    node = place.require()
    if place.computed:
        raise ReadOnly(place.path, "it is computed by a provider")
    if check and not place.policy.writable:
        raise ReadOnly(place.path)
    return Plan(place.path, [Put(place.path, lambda: _edited(desk.tree, node, change, touch=touch))])


def _edited(tree: Tree, node: Node, change: Callable[[Extra], Extra], *, touch: bool) -> Node:
    extra = bare(change(node.extra or Extra()))
    stamp = tree.stamp() if touch else node.stamp
    if isinstance(node, FileRecord):
        return node._replace(extra=extra, stamp=stamp)
    twin = node.copy(tree.token)
    twin.extra, twin.stamp = extra, stamp
    twin.plain_stamp = stamp if touch else twin.plain_stamp
    return twin


def _next(tree: Tree, place: Place) -> int:
    """The version of the next content at a place."""
    return tree.next_version(place.path, place.node if isinstance(place.node, FileRecord) else None)


def _copied(tree: Tree, node: Node, version: int | None) -> Node:
    if isinstance(node, Directory) or version is None:
        return node
    stamp = tree.stamp()
    return node._replace(stamp=stamp, created_ns=stamp, version=version)


def _moved(tree: Tree, node: Node, end: Place) -> Node:
    if isinstance(node, Directory):
        return node
    seen = _next(tree, end) - 1
    return node if node.version > seen else node._replace(version=seen + 1, stamp=tree.stamp())


# ---------------------------------------------------------------- checks


def _landing(desk: Desk, start: Place, destination: str, *, overwrite: bool) -> Place | None:
    """Where a copy or move arrives; None when that is where it starts."""
    end = desk.lookup.locate(destination, follow=False)
    if end.path == start.path:
        return None
    node = start.node
    if isinstance(node, Directory) and paths.is_within(end.path, start.path):
        raise InvalidPath(end.path, "a directory does not go into itself")
    if paths.is_within(start.path, end.path):
        raise NotEmpty(end.path, "it holds the source")
    if end.node is None:
        _check_writable(end, append=True)
        return end
    if not overwrite:
        raise AlreadyExists(end.path)
    if isinstance(end.node, Directory) != isinstance(node, Directory):
        raise (IsADirectory if isinstance(end.node, Directory) else NotADirectory)(end.path)
    _check_removable(desk, end)
    return end


def _plan_new(desk: Desk, place: Place) -> Plan:
    """A plan that makes the missing parents of a new node, and counts them and it."""
    for name_path in (*place.missing, place.path):
        name = name_path.rpartition("/")[2]
        if len(name.encode()) > desk.limits.name_bytes:
            raise NameTooLong(name_path, f"a name has at most {desk.limits.name_bytes} bytes")
    _check_depth(desk, place.path, 1)
    tree = desk.tree
    puts = [Put(missing, lambda: Directory(tree.token, tree.stamp())) for missing in place.missing]
    return Plan(place.path, puts, nodes=len(puts) + 1)


def _plan_replacing(desk: Desk, end: Place, node: Node) -> Plan:
    """A plan that puts a copy of `node` at `end`: what it costs, less what it replaces."""
    files, directories, size = measure(node, desk.tree.token)
    plan = _plan_new(desk, end)
    plan.nodes += files + directories - 1
    plan.size = size
    if end.node is not None:
        old_files, old_directories, old_size = measure(end.node, desk.tree.token)
        plan.nodes -= old_files + old_directories
        plan.size -= old_size
    _check_depth(desk, end.path, height(node))
    return plan


def _check_depth(desk: Desk, path: str, levels: int) -> None:
    if path.count("/") + levels - 1 > desk.limits.depth:
        raise NameTooLong(path, f"deeper than {desk.limits.depth} levels")


def _check_file_size(desk: Desk, path: str, size: int) -> None:
    if size > desk.limits.file_bytes:
        raise FileTooLarge(path, f"{size} bytes, over the limit of {desk.limits.file_bytes}")


def check_room(desk: Desk, plan: Plan) -> None:
    """Refuse a plan that the quota has no room for; what shrinks always has."""
    tree, limits = desk.tree, desk.limits
    if plan.size > 0 and tree.size + plan.size > limits.total_bytes:
        raise NoSpace(plan.path, f"{tree.size + plan.size} bytes in all, over the limit of {limits.total_bytes}")
    if plan.nodes > 0 and tree.files + tree.directories + plan.nodes > limits.nodes:
        raise NoSpace(plan.path, f"the limit is {limits.nodes} files and directories")


def _check_not_root(place: Place) -> None:
    if place.path == paths.ROOT:
        raise PermissionDenied(paths.ROOT, "the root stays")


def _check_version(place: Place, expected: int | None) -> None:
    current = place.node.version if isinstance(place.node, FileRecord) else 0
    if expected is not None and expected != current:
        raise VersionConflict(place.path, expected, current)


def _check_writable(place: Place, *, append: bool) -> None:
    """Refuse to change a file, or to add a name to a directory, against its policy."""
    policy = place.parent_policy if place.node is None else place.policy
    if place.computed:
        raise ReadOnly(place.path, "it is computed by a provider")
    if not policy.writable:
        raise ReadOnly(place.path)
    if policy.append_only and not append and place.node is not None:
        raise AppendOnly(place.path)


def _check_removable(desk: Desk, place: Place) -> None:
    """Refuse to take a node away, or a directory that holds one that may not change."""
    if place.computed:
        raise ReadOnly(place.path, "it is computed by a provider")
    if not place.parent_policy.writable:
        raise ReadOnly(place.path)
    for path, policy in _policies_below(desk, place):
        if not policy.writable:
            raise ReadOnly(path)
        if policy.append_only:
            raise AppendOnly(path)


def _check_readable_below(desk: Desk, place: Place) -> None:
    for path, policy in _policies_below(desk, place):
        if not policy.readable:
            raise PermissionDenied(path)


def _policies_below(desk: Desk, place: Place) -> Iterator[tuple[str, NodePolicy]]:
    """The policy in force at a node, then each that a node below carries itself."""
    yield place.path, place.policy
    if desk.guarded and isinstance(place.node, Directory):
        for path, node in nodes_below(place.node, place.path):
            if (policy := policy_of(node)) is not None:
                yield path, policy


def whole(path: str, node: Node | None) -> Iterator[tuple[str, Node]]:
    """A node and all below it, with their paths; nothing for None."""
    if node is not None:
        yield path, node
    if isinstance(node, Directory):
        yield from nodes_below(node, path)


def nodes_below(directory: Directory, path: str) -> Iterator[tuple[str, Node]]:
    """All nodes of a subtree with their paths, without running providers."""
    pending = [(path.rstrip("/"), directory)]
    while pending:
        at, current = pending.pop()
        for name, record in current.files.items():
            yield f"{at}/{name}", record
        for name, child in current.directories.items():
            yield f"{at}/{name}", child
            pending.append((f"{at}/{name}", child))


def _events(node: Node, path: str, version: int | None) -> Iterator[WriteEvent]:
    """What hooks are told of a node that comes to `path`: each file whose content they could read.

    `version` is that of a single file; those in a directory keep their own.
    """
    below = nodes_below(node, path) if isinstance(node, Directory) else iter([(path, node)])
    for at, each in below:
        if isinstance(each, FileRecord) and isinstance(each.content, bytes | Slice):
            yield WriteEvent(at, data_of(each.content), version or each.version, append=False)


def link(tree: Tree, target: str) -> Node:
    """A new symbolic link."""
    stamp = tree.stamp()
    return FileRecord(Link(target), stamp, 1, stamp)


def dynamic_file(tree: Tree, mount: FileMount) -> Node:
    """A new file that a provider computes."""
    stamp = tree.stamp()
    return FileRecord(mount, stamp, 1, stamp, bare(Extra(metadata=mount.metadata or None)))


def dynamic_directory(tree: Tree, mount: DirectoryMount) -> Node:
    """A new directory whose children a provider names."""
    directory = Directory(tree.token, tree.stamp())
    directory.mount, directory.extra = mount, bare(Extra(metadata=mount.metadata or None))
    return directory


def restore(desk: Desk, moment: Root) -> Plan:
    """Make the tree what it was: what differs is taken back, with versions that go on."""
    tree = desk.tree
    changes = sorted(differences(tree.freeze().directory, moment.directory), key=_removals_first)
    plan = Plan(paths.ROOT, size=moment.size - tree.size)
    plan.nodes = moment.files + moment.directories - tree.files - tree.directories
    then = Tree.of(moment)
    for change in changes:
        node = then.get(change.path) if change.kind is not ChangeKind.REMOVED else None
        plan.puts.append(Put(change.path, partial(_restored, tree, change.path, node)))
    plan.writes = lambda: [
        event
        for change in changes
        if change.kind is not ChangeKind.REMOVED and (node := then.get(change.path)) is not None
        for event in _restored_events(tree, change, node)
    ]
    return plan


def _restored_events(tree: Tree, change: Change, node: Node) -> Iterator[WriteEvent]:
    """What hooks are told of a node that is restored; of a directory that only changed its rules, nothing."""
    if isinstance(node, Directory):
        node = tree.renumbered(change.path, node) if change.kind is ChangeKind.ADDED else Directory(None, 0)
    current = tree.get(change.path)
    version = tree.next_version(change.path, current if isinstance(current, FileRecord) else None)
    return _events(node, change.path, None if isinstance(node, Directory) else version)


def _removals_first(change: Change) -> tuple[bool, str]:
    return change.kind is not ChangeKind.REMOVED, change.path


def _restored(tree: Tree, path: str, node: Node | None) -> Node | None:
    current = tree.get(path)
    if isinstance(node, Directory) and isinstance(current, Directory) and current.mount is node.mount:
        twin = current.copy(tree.token)
        twin.extra = node.extra
        return twin
    if isinstance(node, FileRecord):
        version = tree.next_version(path, current if isinstance(current, FileRecord) else None)
        return node._replace(version=version, stamp=tree.stamp())
    return None if node is None else tree.renumbered(path, node)
