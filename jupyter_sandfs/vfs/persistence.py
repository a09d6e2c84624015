"""Between the tree and a storage: loads it at the start, and hands over each change before it is acknowledged."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict
from typing import Any

from jupyter_sandfs.storage.entry import FileEntry
from jupyter_sandfs.storage.protocol import FileStorage
from jupyter_sandfs.vfs.content import Link, Slice, data_of
from jupyter_sandfs.vfs.entries import moment, nanoseconds
from jupyter_sandfs.vfs.nodes import DIRECTORY_MODE, FILE_MODE, Directory, Extra, FileRecord, Node, describe
from jupyter_sandfs.vfs.operations import Step, nodes_below
from jupyter_sandfs.vfs.policy import NodePolicy
from jupyter_sandfs.vfs.tree import Tree

_HIDDEN = NodePolicy(readable=False, writable=False, visibility="unreadable-policy", principals=frozenset({""}))


class Persistence:
    """Keeps a storage equal to a tree. Dynamic nodes are left out: their callables can't be stored."""

    def __init__(self, storage: FileStorage, tree: Tree) -> None:
        self._storage = storage
        for entry in storage.items():
            tree.put(entry.path, _node(entry, tree))

    def save(self, steps: Iterable[Step]) -> None:
        """Hand over a change; returns when the storage has it, or raises and the change is to be undone."""
        deletes: dict[str, None] = {}
        sets: dict[str, FileEntry] = {}
        for step in steps:
            gone = [path for path, _ in _whole(step.path, step.before)]
            deletes.update(dict.fromkeys(gone))
            for path in gone:
                sets.pop(path, None)
            for path, node in _whole(step.path, step.after):
                if (entry := _entry(path, node)) is not None:
                    sets[path] = entry
        self._storage.apply(sets.values(), [path for path in deletes if path not in sets])


def _whole(path: str, node: Node | None) -> Iterator[tuple[str, Node]]:
    if node is None:
        return
    yield path, node
    if isinstance(node, Directory):
        yield from nodes_below(node, path)


def _entry(path: str, node: Node) -> FileEntry | None:
    stat = describe(node, "")
    if stat.dynamic:
        return None
    content = node.content if isinstance(node, FileRecord) else b""
    extra = node.extra or Extra()
    return FileEntry(
        path=path,
        is_directory=stat.is_dir,
        content=data_of(content) if isinstance(content, bytes | Slice) else b"",
        created_at=moment(stat.created_ns),
        modified_at=moment(stat.modified_ns),
        mode=stat.mode,
        version=stat.version,
        policy=_plain(extra.policy) if extra.policy else None,
        metadata=extra.metadata,
        link_target=stat.link_target,
    )


def _node(entry: FileEntry, tree: Tree) -> Node:
    created = nanoseconds(entry.created_at)
    modified = nanoseconds(entry.modified_at)
    usual = DIRECTORY_MODE if entry.is_directory else FILE_MODE
    extra = Extra(
        mode=None if entry.mode == usual or entry.link_target is not None else entry.mode,
        modified_ns=modified,
        policy=_policy(entry.policy),
        metadata=entry.metadata,
    )
    if entry.is_directory:
        directory = Directory(tree.token, tree.stamp())
        directory.created_ns, directory.extra = created, extra
        return directory
    content = entry.content if entry.link_target is None else Link(entry.link_target)
    return FileRecord(content, tree.stamp(), max(entry.version, 1), created, extra)


def _plain(policy: NodePolicy) -> dict[str, Any]:
    return {**asdict(policy), "principals": sorted(policy.principals)}


def _policy(stored: Any) -> NodePolicy | None:
    """Read a stored policy; one that can't be read hides the node."""
    if stored is None:
        return None
    try:
        return NodePolicy(**{**stored, "principals": frozenset(stored.get("principals", ()))})
    except (TypeError, AttributeError):
        return _HIDDEN
