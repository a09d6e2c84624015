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
from jupyter_sandfs.vfs.actions import Change, ChangeKind
from jupyter_sandfs.vfs.content import Link, Slice, append_to, data_of, size_of
from jupyter_sandfs.vfs.events import PathEvent, PathEventKind, WriteEvent
from jupyter_sandfs.vfs.history import differs, pairs
from jupyter_sandfs.vfs.journal import change_between
from jupyter_sandfs.vfs.limits import Limits
from jupyter_sandfs.vfs.lookup import Lookup, Place
from jupyter_sandfs.vfs.nodes import (
    Directory,
    Extra,
    FileRecord,
    Node,
    bare,
    empty_directory,
    is_ruled,
    lost_provider,
    policy_of,
)
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
    """One step: what `make` gives comes to `path`; None takes away what is there.

    Attributes:
        kind: what hooks are told; None means that the path is created, or updated if something is there.
        directory: what comes, if it is a directory that may hold something.
    """

    path: str
    make: Callable[[], Node | None]
    kind: PathEventKind | None = None
    directory: Directory | None = None


def take_away(path: str) -> Put:
    return Put(path, lambda: None, PathEventKind.DELETE)


class Step(NamedTuple):
    """One path that a plan changed: the node before, and after.

    Attributes:
        filled: a directory came with something in it.
    """

    path: str
    before: Node | None
    after: Node | None
    filled: bool = False

    @property
    def change(self) -> Change:
        return change_between(self.path, self.before, self.after)


@dataclass(slots=True)
class Plan:
    """Steps to carry out together, and what they cost.

    Attributes:
        path: where the change happens, for errors and hooks.
        writes: gives what hooks are told; asked only if there are hooks.
        carried_out: told the numbers of its steps in the journal, still under the lock.
        taken_back: called if an after-hook refuses and the steps are undone.
        source: where a copy or a move comes from.
        moves: the source goes away.
        size, nodes: what the tree grows by, in bytes and nodes.
    """

    path: str
    puts: list[Put] = field(default_factory=list)
    writes: Callable[[], Iterable[WriteEvent]] = tuple
    carried_out: Callable[[range], None] = lambda _: None
    taken_back: Callable[[], None] = lambda: None
    source: str | None = None
    moves: bool = False
    size: int = 0
    nodes: int = 0

    def events(self, tree: Tree) -> list[PathEvent]:
        """What becomes of which paths."""
        return [self._event(put, tree) for put in self.puts if not (self.moves and put.path == self.source)]

    def _event(self, put: Put, tree: Tree) -> PathEvent:
        coming, usual = put.directory, PathEventKind.UPDATE
        if tree.get(put.path) is None:
            usual = PathEventKind.CREATE if coming is None else PathEventKind.MKDIR
        filled = coming is not None and bool(coming.files or coming.directories)
        return PathEvent(put.kind or usual, put.path, self.source if put.path == self.path else None, filled)


# ---------------------------------------------------------------- content


def write(desk: Desk, path: str, data: bytes | Slice, *, append: bool, expected_version: int | None) -> Plan:
    """Replace or extend the content of a file; what comes in pieces replaces."""
    place = desk.lookup.locate(path)
    node = place.node
    if isinstance(node, Directory):
        raise IsADirectory(place.path)
    if node is not None and isinstance(node.content, FileMount):
        raise ReadOnly(place.path, "it is computed by a provider")
    _check_version(place, expected_version)
    check_writable(place, append=append)
    append = append and node is not None
    old = size_of(node.content) if node else 0
    plan = _plan_new(desk, place) if node is None else Plan(place.path)
    plan.size = size_of(data) + (0 if append else -old)
    if plan.size > 0:  # what shrinks has room, also in a storage that came with more than the limits
        _check_file_size(desk, place.path, size_of(data) + (old if append else 0))
    version = _next(desk.tree, place)
    plan.puts.append(Put(place.path, lambda: _written(desk.tree, node, data, version, append=append)))
    plan.writes = lambda: [WriteEvent(place.path, data_of(data), version, append)]
    return plan


def _written(tree: Tree, before: FileRecord | None, data: bytes | Slice, version: int, *, append: bool) -> FileRecord:
    stamp = tree.stamp()
    content = data
    if append and before is not None and isinstance(before.content, bytes | Slice):
        content = append_to(before.content, data_of(data))
    extra = bare(before.extra._replace(modified_ns=None)) if before and before.extra else None
    return FileRecord(content, stamp, version, before.created_ns if before else stamp, extra)


def mount(desk: Desk, path: str, make: Callable[[], Node]) -> Plan:
    """Put a dynamic node where nothing is, or one that lost its provider: then its policy stays."""
    place = desk.lookup.locate(path, follow=False)
    node = place.node
    if node is None or not lost_provider(node):
        return put_new(desk, path, make)
    if place.computed:
        raise ReadOnly(place.path, "it is computed by a provider")
    return Plan(place.path, [Put(place.path, lambda: _mounted_again(node, make()))])


def _mounted_again(before: Node, after: Node) -> Node:
    old, new = before.extra or Extra(), after.extra or Extra()
    extra = bare(old._replace(metadata=new.metadata or old.metadata))
    if isinstance(after, FileRecord):
        return after._replace(extra=extra)
    after.extra = extra
    return after


def put_new(desk: Desk, path: str, make: Callable[[], Node], *, size: int = 0) -> Plan:
    """Put a new node of `size` bytes where nothing is: a link or a dynamic node."""
    place = desk.lookup.locate(path, follow=False)
    if place.node is not None:
        raise AlreadyExists(place.path)
    check_writable(place, append=True)
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
    check_writable(place, append=True)
    plan = _plan_new(desk, place)
    plan.puts.append(_new_directory(desk.tree, place.path))
    return plan


# ---------------------------------------------------------------- whole nodes


def remove(desk: Desk, path: str, *, recursive: bool, expected_version: int | None) -> Plan:
    """Take away a file, a link or a directory."""
    place = desk.lookup.locate(path, follow=False)
    node = place.require()
    _check_not_root(place)
    _check_version(place, expected_version)
    check_removable(desk, place)
    if isinstance(node, Directory) and not recursive and (node.files or node.directories or node.mount):
        raise NotEmpty(place.path)
    totals = desk.tree.settle(node)
    return Plan(place.path, [take_away(place.path)], size=-totals.size, nodes=-totals.nodes)


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
    coming = _arriving(desk.tree, node, end)
    version = None if isinstance(node, Directory) else _next(desk.tree, end)
    plan.writes = lambda: _events(coming, end.path, version)
    plan.puts.append(Put(end.path, lambda: _copied(desk.tree, coming, version), PathEventKind.COPY))
    return plan


def move(desk: Desk, source: str, destination: str, *, overwrite: bool, expected_version: int | None) -> Plan:
    """Move a node to another name; onto itself nothing happens."""
    start = desk.lookup.locate(source, follow=False)
    node = start.require()
    _check_not_root(start)
    _check_version(start, expected_version)
    check_removable(desk, start)
    end = _landing(desk, start, destination, overwrite=overwrite)
    if end is None:
        return Plan(start.path)
    plan = _plan_replacing(desk, end, node)
    totals = desk.tree.settle(node)
    plan.size, plan.nodes = plan.size - totals.size, plan.nodes - totals.nodes
    plan.source, plan.moves = start.path, True
    coming = _arriving(desk.tree, node, end)
    version = None if isinstance(node, Directory) else max(node.version, _next(desk.tree, end) - 1)
    plan.writes = lambda: _events(coming, end.path, version)
    plan.puts += [take_away(start.path), Put(end.path, lambda: _moved(desk.tree, coming, end), PathEventKind.MOVE)]
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


def _arriving(tree: Tree, node: Node, end: Place) -> Node:
    """A directory as it comes to a place: as it is, unless versions that were seen there would recur."""
    if isinstance(node, Directory) and (end.node is not None or tree.was_used(end.path)):
        return tree.renumbered(end.path, node)
    return node


def _copied(tree: Tree, node: Node, version: int | None) -> Node:
    if isinstance(node, Directory) or version is None:
        return node
    stamp = tree.stamp()
    return node._replace(stamp=stamp, created_ns=stamp, version=version)


def _moved(tree: Tree, node: Node, end: Place) -> Node:
    if isinstance(node, Directory):
        return node
    seen = _next(tree, end) - 1
    return node if node.version > seen else node._replace(version=seen + 1)


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
        check_writable(end, append=True)
        return end
    if not overwrite:
        raise AlreadyExists(end.path)
    if isinstance(end.node, Directory) != isinstance(node, Directory):
        raise (IsADirectory if isinstance(end.node, Directory) else NotADirectory)(end.path)
    check_removable(desk, end)
    return end


def _plan_new(desk: Desk, place: Place) -> Plan:
    """A plan that makes the missing parents of a new node, and counts them and it."""
    for name_path in (*place.missing, place.path):
        name = name_path.rpartition("/")[2]
        if len(name.encode()) > desk.limits.name_bytes:
            raise NameTooLong(name_path, f"a name has at most {desk.limits.name_bytes} bytes")
    _check_depth(desk, place.path, 1)
    tree = desk.tree
    puts = [_new_directory(tree, missing) for missing in place.missing]
    return Plan(place.path, puts, nodes=len(puts) + 1)


def _new_directory(tree: Tree, path: str) -> Put:
    return Put(path, lambda: empty_directory(tree.token, tree.stamp()), PathEventKind.MKDIR)


def _plan_replacing(desk: Desk, end: Place, node: Node) -> Plan:
    """A plan that puts a copy of `node` at `end`: what it costs, less what it replaces."""
    totals = desk.tree.settle(node)
    plan = _plan_new(desk, end)
    plan.nodes += totals.nodes - 1
    plan.size = totals.size
    if end.node is not None:
        old = desk.tree.settle(end.node)
        plan.nodes -= old.nodes
        plan.size -= old.size
    if isinstance(end.node, Directory):  # a step of its own: in place of another, a directory would change its rules
        plan.puts.append(take_away(end.path))
    _check_depth(desk, end.path, totals.height)
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


def check_writable(place: Place, *, append: bool) -> None:
    """Refuse to change a file, or to add a name to a directory, against its policy."""
    policy = place.parent_policy if place.node is None else place.policy
    if place.computed:
        raise ReadOnly(place.path, "it is computed by a provider")
    if not policy.writable:
        raise ReadOnly(place.path)
    if policy.append_only and not append and place.node is not None:
        raise AppendOnly(place.path)


def check_removable(desk: Desk, place: Place) -> None:
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


def check_takes_back(place: Place) -> None:
    """Refuse to take a new name out of a directory again; what policies came with it do not matter."""
    if place.computed:
        raise ReadOnly(place.path, "it is computed by a provider")
    if not place.parent_policy.writable:
        raise ReadOnly(place.path)
    if place.parent_policy.append_only:
        raise AppendOnly(place.path)


def _check_readable_below(desk: Desk, place: Place) -> None:
    for path, policy in _policies_below(desk, place):
        if not policy.readable:
            raise PermissionDenied(path)


def _policies_below(desk: Desk, place: Place) -> Iterator[tuple[str, NodePolicy]]:
    """The policy in force at a node, then each that a node below carries itself."""
    yield place.path, place.policy
    if desk.guarded and isinstance(place.node, Directory) and desk.tree.settle(place.node) and is_ruled(place.node):
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
    found = [(change_between(*pair), pair.after) for pair in pairs(tree.root, moment.directory) if differs(pair)]
    found.sort(key=_removals_first)
    plan = Plan(paths.ROOT, size=moment.size - tree.size)
    plan.nodes = moment.files + moment.directories - tree.files - tree.directories
    for change, node in found:
        kind = PathEventKind.DELETE if node is None else None
        directory = node if isinstance(node, Directory) and change.kind is ChangeKind.ADDED else None
        plan.puts.append(Put(change.path, partial(restored, tree, change.path, node), kind, directory))
    plan.writes = lambda: [
        event for change, node in found if node is not None for event in restored_events(tree, change, node)
    ]
    return plan


def restored_events(tree: Tree, change: Change, node: Node) -> Iterator[WriteEvent]:
    """What hooks are told of a node that is restored; of a directory that only changed its rules, nothing."""
    if isinstance(node, Directory):
        node = tree.renumbered(change.path, node) if change.kind is ChangeKind.ADDED else Directory(None, 0)
    return _events(node, change.path, None if isinstance(node, Directory) else _going_on(tree, change.path, node))


def _going_on(tree: Tree, path: str, node: FileRecord) -> int:
    """The version of a file that comes back: above the last one seen, and not below its own."""
    current = tree.get(path)
    return max(node.version, tree.next_version(path, current if isinstance(current, FileRecord) else None))


def _removals_first(found: tuple[Change, Node | None]) -> tuple[bool, str]:
    change, node = found
    return node is not None, change.path


def restored(tree: Tree, path: str, node: Node | None) -> Node | None:
    """A node that comes back to `path`, with versions that go on; of a directory that is there, its rules."""
    current = tree.get(path)
    if isinstance(node, Directory) and isinstance(current, Directory) and current.mount is node.mount:
        twin = current.copy(tree.token)
        twin.extra = node.extra
        return twin
    if isinstance(node, FileRecord):
        return node._replace(version=_going_on(tree, path, node))
    return None if node is None else tree.renumbered(path, node)
