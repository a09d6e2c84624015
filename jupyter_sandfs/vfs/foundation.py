"""What views ask of the file system below them: rules with nodes, moments, and changes of a part in one step."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence
from threading import RLock
from typing import TypeVar, cast

from jupyter_sandfs.errors import NotADirectory
from jupyter_sandfs.vfs import partial
from jupyter_sandfs.vfs.actions import Change
from jupyter_sandfs.vfs.entries import DirEntry, Epoch, Inspected, Stat
from jupyter_sandfs.vfs.history import Snapshot
from jupyter_sandfs.vfs.interface import FileSystem
from jupyter_sandfs.vfs.lookup import Lookup, Place, Unserved
from jupyter_sandfs.vfs.nodes import Directory, Node, describe, policy_of, rules_of
from jupyter_sandfs.vfs.operations import Desk, Plan
from jupyter_sandfs.vfs.policy import Grave, Graves, NodePolicy, Rules
from jupyter_sandfs.vfs.tree import Tree

T = TypeVar("T")


class Foundation(FileSystem):
    """The part of the file system in memory that only views use; its subclass has the tree."""

    id: str
    _tree: Tree
    _plain: dict[str, Directory]  # the tree's, at hand for readers
    _lock: RLock
    _graves: Graves

    @abstractmethod
    def _ask(self, question: Callable[[Lookup], T]) -> T: ...

    @abstractmethod
    def _locate(self, path: str, *, follow: bool = True) -> Place: ...

    @abstractmethod
    def _list(self, lookup: Lookup, path: str) -> tuple[Place, list[tuple[str, Node]]]: ...

    @abstractmethod
    def _moment(self, snapshot: Snapshot | str) -> Snapshot: ...

    @abstractmethod
    def _commit(self, operation: str, plan: Callable[[Desk], Plan]) -> object: ...

    @property
    def tree_id(self) -> str:
        return self.id

    @property
    def epoch(self) -> Epoch:
        return self._tree.epoch

    def plain_directory(self, path: str) -> Directory | None:
        found = self._plain.get(path)
        if found is None and path.startswith("/"):
            with self._lock:
                self._tree.get_directory(path)
                found = self._plain.get(path)
        return found

    def inspect(self, path: str, at: Snapshot | None = None) -> Inspected | None:
        try:
            place = self._locate(path, follow=False) if at is None else self._lookup_at(at).locate(path, follow=False)
        except (NotADirectory, Unserved):
            return None
        if place.node is not None:
            return self._inspected(place.node, place.policy)
        gone = (self._graves.rules(place.path) if at is None else None) or Rules(None, {})
        return Inspected(None, gone.policy or place.policy, gone.metadata)

    def survey(self, path: str, at: Snapshot | None = None) -> list[tuple[DirEntry, Inspected]]:
        if at is None:
            place, nodes = self._ask(lambda lookup: self._list(lookup, path))
        else:
            try:
                place, nodes = self._list(self._lookup_at(at), path)
            except Unserved:
                return []
        base, found = place.path.rstrip("/"), []
        for name, node in sorted(nodes):
            known = self._inspected(node, policy_of(node) or place.policy)
            found.append((DirEntry(name, f"{base}/{name}", cast("Stat", known.stat)), known))
        return found

    def copy_kept(
        self, moment: Snapshot, source: str, destination: str, kept: frozenset[str], *, overwrite: bool = False
    ) -> None:
        root = self._moment(moment).root
        self._commit("copy", lambda desk: partial.copy(desk, root, source, destination, kept, overwrite=overwrite))

    def restore_kept(self, moment: Snapshot, changes: Sequence[Change], kept: frozenset[str]) -> None:
        root = self._moment(moment).root
        self._commit("restore", lambda desk: partial.restore(desk, root, changes, kept))

    def _lookup_at(self, moment: Snapshot) -> Lookup:
        return Lookup(self._moment(moment).root.directory, self.limits, {})

    def buried(self, path: str) -> bool:
        return self._graves.any_in(path)

    def graves(self, path: str) -> tuple[Grave, ...]:
        return self._graves.at(path)

    def _inspected(self, node: Node, policy: NodePolicy) -> Inspected:
        rules = rules_of(node)
        stamp = node.plain_stamp if isinstance(node, Directory) else node.stamp
        metadata = rules.metadata if rules else {}
        return Inspected(describe(node, self.id), policy, metadata, ruled=rules is not None, plain_stamp=stamp)
