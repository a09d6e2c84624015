"""Between the tree and a storage: loads it at the start, and hands over each change before it is acknowledged."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

from jupyter_sandfs import paths
from jupyter_sandfs.errors import InvalidPath
from jupyter_sandfs.storage.entry import FileEntry
from jupyter_sandfs.storage.protocol import FileStorage
from jupyter_sandfs.vfs.content import Link, Slice, data_of
from jupyter_sandfs.vfs.entries import moment, nanoseconds
from jupyter_sandfs.vfs.nodes import DIRECTORY_MODE, FILE_MODE, Directory, Extra, FileRecord, Node, describe, policy_of
from jupyter_sandfs.vfs.operations import Step, whole
from jupyter_sandfs.vfs.policy import SEALED, NodePolicy
from jupyter_sandfs.vfs.tree import Tree

# The fields of a policy at rest, and their types; what is left out has its default.
_PLAIN = {"readable": bool, "writable": bool, "append_only": bool, "visibility": str, "principals": list}


class Persistence:
    """Keeps a storage equal to a tree. Dynamic nodes are left out: their callables can't be stored.

    Attributes:
        guarded: a node that was loaded carries a policy.
    """

    def __init__(self, storage: FileStorage, tree: Tree) -> None:
        self._storage = storage
        self.guarded = False
        for entry in sorted(storage.items(), key=lambda each: each.path):  # a directory before what is in it
            if paths.normalize(entry.path) != entry.path:
                raise InvalidPath(entry.path, "the storage holds a path that is not in normal form")
            node = _node(entry, tree)
            self.guarded = self.guarded or policy_of(node) is not None
            tree.put(entry.path, node)

    def save(self, steps: Iterable[Step]) -> None:
        """Hand over a change; returns when the storage has it, or raises and the change is to be undone."""
        deletes: dict[str, None] = {}
        sets: dict[str, FileEntry] = {}
        for step in steps:
            gone = [path for path, _ in whole(step.path, step.before)]
            deletes.update(dict.fromkeys(gone))
            for path in gone:
                sets.pop(path, None)
            for path, node in whole(step.path, step.after):
                if (entry := _entry(path, node)) is not None:
                    sets[path] = entry
        self._storage.apply(sets.values(), [path for path in deletes if path not in sets])


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
