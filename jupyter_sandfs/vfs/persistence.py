"""Between the tree and a storage: loads it at the start, and hands over each change before it is acknowledged."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from jupyter_sandfs import paths
from jupyter_sandfs.errors import InvalidPath, NotADirectory, StorageError
from jupyter_sandfs.storage.entry import FileEntry
from jupyter_sandfs.storage.protocol import FileStorage
from jupyter_sandfs.vfs.content import Link, Slice, grown_from, part_of
from jupyter_sandfs.vfs.entries import moment, nanoseconds
from jupyter_sandfs.vfs.nodes import DIRECTORY_MODE, FILE_MODE, Directory, Extra, FileRecord, Node, bare, describe
from jupyter_sandfs.vfs.operations import Step, whole
from jupyter_sandfs.vfs.policy import SEALED, NodePolicy
from jupyter_sandfs.vfs.providers import DirectoryMount, FileMount, LostProvider, provider_name
from jupyter_sandfs.vfs.tree import Tree

# The fields of a policy at rest, and their types; what is left out has its default.
_PLAIN = {"readable": bool, "writable": bool, "append_only": bool, "visibility": str, "principals": list}
_STORED_NS = 1000  # times at rest are microseconds: this many stamps stand for one of them


class Persistence:
    """Keeps a storage equal to a tree. Of a dynamic node it keeps all but the callable.

    Attributes:
        guarded: a node that was loaded carries a policy.
    """

    def __init__(self, storage: FileStorage, tree: Tree) -> None:
        self._storage = storage
        self._tree = tree
        # Paths of changes that failed, or were interrupted, which the storage may have all the same: the next change
        # tells it what is there.
        self._unsure: dict[str, None] = {}
        self._held: dict[str, None] = {}
        self.guarded = _load(sorted(storage.items(), key=lambda each: each.path), tree)

    def hold(self, steps: Iterable[Step]) -> None:
        """Note a change that the storage is to have at the end of a transaction, with all others of it."""
        for step in steps:
            self._held.update((path, None) for node in (step.before, step.after) for path, _ in whole(step.path, node))
            self._held[step.path.rpartition("/")[0] or paths.ROOT] = None

    def release(self) -> None:
        """Hand over what was held back, in one step."""
        if self._held:
            self._unsure.update(self._held)
            self._held.clear()
            self.save(())

    def save(self, steps: Iterable[Step]) -> None:
        """Hand over a change; returns when the storage has it, or raises and the change is to be undone."""
        change = _Change(grows=self._storage.grows)
        for path in self._unsure:
            change.tell(path, self._tree.get(path))
        for step in steps:
            change.add(step)
        for path in change.touched:
            if isinstance(directory := self._tree.get(path), Directory):
                change.set(path, directory)  # its time: names came or went
        deletes = [path for path in change.deletes if path not in change.sets]
        try:
            self._storage.apply(change.sets.values(), deletes)
        except BaseException:
            self._unsure.update(dict.fromkeys((*change.sets, *deletes)))
            raise
        self._unsure.clear()


# ---------------------------------------------------------------- out


class _Change:
    """What the steps of one change come to, path by path.

    Args:
        grows: the storage takes the end of a content alone.
    """

    def __init__(self, *, grows: bool) -> None:
        self._grows = grows
        self.sets: dict[str, FileEntry] = {}
        self.deletes: dict[str, None] = {}
        self.touched: dict[str, None] = {}

    def add(self, step: Step) -> None:
        """Take a step into account; of a directory that stays, only what differs in it."""
        if (step.before is None or step.after is None) and step.path != paths.ROOT:
            self.touched[step.path.rpartition("/")[0] or paths.ROOT] = None
        pending = [(step.path, step.before, step.after)]
        while pending:
            path, before, after = pending.pop()
            if before is after:
                continue
            if isinstance(before, Directory) and isinstance(after, Directory):
                self.set(path, after)
                pending += _children_that_differ(path.rstrip("/"), before, after)
            elif isinstance(before, FileRecord) and isinstance(after, FileRecord):
                self.set(path, after, before)
            else:
                self._swap(path, before, after)

    def tell(self, path: str, node: Node | None) -> None:
        """Note what is at a path, whatever the storage may have there."""
        self.deletes[path] = None
        if node is not None:
            self.set(path, node)

    def set(self, path: str, node: Node, before: FileRecord | None = None) -> None:
        """Note a node, and what the storage holds of it already."""
        known = self._grows and path not in self.sets and path not in self.deletes
        self.sets[path] = _entry(path, node, before if known else None)

    def _swap(self, path: str, before: Node | None, after: Node | None) -> None:
        for each, _ in whole(path, before):
            self.deletes[each] = None
            self.sets.pop(each, None)
        for each, node in whole(path, after):
            self.set(each, node)


def _children_that_differ(
    at: str, before: Directory, after: Directory
) -> Iterator[tuple[str, Node | None, Node | None]]:
    differing: dict[str, None] = {}
    for old, new in ((before.files, after.files), (before.directories, after.directories)):
        differing.update((name, None) for name in old if name not in new)
        differing.update((name, None) for name, node in new.items() if old.get(name) is not node)
    for name in differing:
        yield f"{at}/{name}", before.get(name), after.get(name)


def _entry(path: str, node: Node, before: FileRecord | None) -> FileEntry:
    stat = describe(node, "")
    extra = node.extra or Extra()
    start, content = _content(node, before)
    mount = node.mount if isinstance(node, Directory) else node.content
    return FileEntry(
        path=path,
        is_directory=stat.is_dir,
        content=content,
        start=start,
        created_at=moment(stat.created_ns),
        modified_at=moment(stat.modified_ns),
        mode=stat.mode,
        version=stat.version,
        policy=_plain(extra.policy) if extra.policy else None,
        metadata=extra.metadata,
        link_target=stat.link_target,
        mount=provider_name(mount.provider) if isinstance(mount, DirectoryMount | FileMount) else None,
    )


def _content(node: Node, before: FileRecord | None) -> tuple[int, bytes]:
    """What the storage must be given of a content: where it begins, and the bytes from there."""
    if not (isinstance(node, FileRecord) and isinstance(node.content, bytes | Slice)):
        return 0, b""
    old = before.content if before else b""
    start = grown_from(old, node.content) if isinstance(old, bytes | Slice) else 0
    return start, part_of(node.content, start)


def _plain(policy: NodePolicy) -> dict[str, Any]:
    return {**asdict(policy), "principals": sorted(policy.principals)}


# ---------------------------------------------------------------- in


def _load(entries: Sequence[FileEntry], tree: Tree) -> bool:
    """Fill an empty tree; says whether a node has a policy.

    Raises:
        StorageError: the entries are not those of a tree.
    """
    nodes = [_node(entry, stamp, tree.token) for entry, stamp in zip(entries, _stamps(entries, tree), strict=True)]
    times = [(node.stamp, node.extra) for node in nodes]
    for entry, node in zip(entries, nodes, strict=True):  # sorted by path: a directory before what is in it
        _check_path(entry)
        try:
            tree.put(entry.path, node)
        except NotADirectory as error:
            raise StorageError(f"the storage is damaged: {entry.path[:100]} lies in a file") from error
    for node, (stamp, extra) in zip(nodes, times, strict=True):
        if isinstance(node, Directory):  # what came into it has changed its time
            node.stamp, node.extra = stamp, extra
    tree.forget()
    return any(extra is not None and extra.policy is not None for _, extra in times)


def _check_path(entry: FileEntry) -> None:
    try:
        normal = paths.normalize(entry.path)
    except InvalidPath:
        normal = None
    if normal != entry.path:
        raise StorageError(f"the storage is damaged: {entry.path!r:.100} is no normal path")
    if normal == paths.ROOT and not entry.is_directory:
        raise StorageError("the storage is damaged: its root is no directory")


def _stamps(entries: Sequence[FileEntry], tree: Tree) -> list[int]:
    """A stamp for each entry: its own time where that is past and free, which spares the node an `Extra`."""
    times = [nanoseconds(entry.modified_at) for entry in entries]
    given = [0] * len(entries)
    now, last = tree.stamp(), 0
    for index in sorted(range(len(entries)), key=times.__getitem__):
        stamp = max(times[index], last + 1)
        if stamp < min(now, times[index] + _STORED_NS):
            given[index] = last = stamp
        else:
            given[index] = tree.stamp()
    return given


def _node(entry: FileEntry, stamp: int, owner: object) -> Node:
    created, modified = nanoseconds(entry.created_at), nanoseconds(entry.modified_at)
    usual = DIRECTORY_MODE if entry.is_directory else FILE_MODE
    extra = bare(
        Extra(
            mode=None if entry.mode == usual or entry.link_target is not None else entry.mode,
            modified_ns=None if 0 <= stamp - modified < _STORED_NS else modified,
            policy=_policy(entry.policy),
            metadata=entry.metadata,
        )
    )
    if entry.is_directory:
        directory = Directory(owner, stamp)
        directory.created_ns, directory.extra = created, extra
        if entry.mount is not None:
            directory.mount = DirectoryMount(LostProvider(entry.mount), None, entry.metadata)
        return directory
    return FileRecord(_stored_content(entry), stamp, max(entry.version, 1), created, extra)


def _stored_content(entry: FileEntry) -> bytes | Link | FileMount:
    if entry.mount is not None:
        return FileMount(LostProvider(entry.mount), None, entry.metadata)
    return entry.content if entry.link_target is None else Link(entry.link_target)


def _policy(stored: Any) -> NodePolicy | None:
    """Read a stored policy; one that can't be read exactly as it was written seals the node."""
    if stored is None:
        return None
    if not (
        isinstance(stored, Mapping) and _PLAIN.items() >= {key: type(value) for key, value in stored.items()}.items()
    ):
        return SEALED
    principals = stored.get("principals", [])
    if not all(isinstance(each, str) for each in principals):
        return SEALED
    return NodePolicy(**{**stored, "principals": frozenset(principals)})
