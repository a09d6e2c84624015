"""A file system in front of another that forwards everything: what views are built on."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any, Self

from jupyter_sandfs import paths
from jupyter_sandfs.vfs.actions import Action, Change
from jupyter_sandfs.vfs.batch import Item
from jupyter_sandfs.vfs.entries import DirEntry, Epoch, Inspected, Stat, Stats
from jupyter_sandfs.vfs.events import PathHook, Watch, WriteHook
from jupyter_sandfs.vfs.history import Snapshot
from jupyter_sandfs.vfs.interface import FileSystem
from jupyter_sandfs.vfs.journal import JournalRecord
from jupyter_sandfs.vfs.limits import Limits
from jupyter_sandfs.vfs.merging import Merged, OnConflict
from jupyter_sandfs.vfs.nodes import Directory
from jupyter_sandfs.vfs.policy import Grave, NodePolicy
from jupyter_sandfs.vfs.providers import DirectoryProvider, FileProvider
from jupyter_sandfs.vfs.reverting import Permit


class Wrapper(FileSystem):
    """Forwards every primitive to `base`; what is derived in FileSystem goes through the wrapper's own primitives."""

    def __init__(self, base: FileSystem) -> None:
        self.base = base
        self._epoch = base.epoch

    @property
    def limits(self) -> Limits:
        return self.base.limits

    def resolve(self, path: str) -> str:
        return self.base.resolve(path)

    def stat(self, path: str, *, follow: bool = True) -> Stat:
        return self.base.stat(path, follow=follow)

    def ls(self, path: str = paths.ROOT) -> list[DirEntry]:
        return self.base.ls(path)

    def read_bytes(self, path: str) -> bytes:
        return self.base.read_bytes(path)

    def get_policy(self, path: str) -> NodePolicy:
        return self.base.get_policy(path)

    def metadata(self, path: str) -> Mapping[str, Any]:
        return self.base.metadata(path)

    def stats(self) -> Stats:
        return self.base.stats()

    def write_bytes(self, path: str, data: bytes, *, append: bool = False, expected_version: int | None = None) -> int:
        return self.base.write_bytes(path, data, append=append, expected_version=expected_version)

    def mkdir(self, path: str, *, parents: bool = True, exist_ok: bool = True) -> None:
        self.base.mkdir(path, parents=parents, exist_ok=exist_ok)

    def remove(self, path: str, *, recursive: bool = False, expected_version: int | None = None) -> None:
        self.base.remove(path, recursive=recursive, expected_version=expected_version)

    def copy(self, source: str, destination: str, *, overwrite: bool = False) -> None:
        self.base.copy(source, destination, overwrite=overwrite)

    def move(
        self, source: str, destination: str, *, overwrite: bool = False, expected_version: int | None = None
    ) -> None:
        self.base.move(source, destination, overwrite=overwrite, expected_version=expected_version)

    def symlink(self, target: str, path: str) -> None:
        self.base.symlink(target, path)

    def write_many(self, items: Iterable[Item], *, overwrite: bool = False) -> None:
        self.base.write_many(items, overwrite=overwrite)

    def chmod(self, path: str, mode: int) -> None:
        self.base.chmod(path, mode)

    def utime(self, path: str, modified_at: datetime | None = None) -> None:
        self.base.utime(path, modified_at)

    def set_policy(self, path: str, policy: NodePolicy | None) -> None:
        self.base.set_policy(path, policy)

    def mount_file(
        self,
        path: str,
        provider: FileProvider,
        *,
        ttl: float | None = None,
        metadata: Mapping[str, Any] | None = None,
    ) -> None:
        self.base.mount_file(path, provider, ttl=ttl, metadata=metadata)

    def mount_directory(
        self,
        path: str,
        provider: DirectoryProvider,
        *,
        ttl: float | None = None,
        metadata: Mapping[str, Any] | None = None,
    ) -> None:
        self.base.mount_directory(path, provider, ttl=ttl, metadata=metadata)

    def invalidate(self, path: str) -> None:
        self.base.invalidate(path)

    def register_write_hook(self, prefix: str, hook: WriteHook, *, before: bool = False) -> None:
        self.base.register_write_hook(prefix, hook, before=before)

    def register_path_hook(self, prefix: str, hook: PathHook, *, before: bool = False) -> None:
        self.base.register_path_hook(prefix, hook, before=before)

    def watch(
        self,
        prefix: str = paths.ROOT,
        callback: Callable[[list[Change]], None] | None = None,
        *,
        interval: float = 0.1,
    ) -> Watch:
        return self.base.watch(prefix, callback, interval=interval)

    def snapshot(self, name: str | None = None) -> Snapshot:
        return self.base.snapshot(name)

    def snapshots(self) -> list[Snapshot]:
        return self.base.snapshots()

    def restore(self, snapshot: Snapshot | str) -> None:
        self.base.restore(snapshot)

    def diff(self, before: Snapshot | str, after: Snapshot | str | None = None) -> list[Change]:
        return self.base.diff(before, after)

    def drop_snapshot(self, name: str) -> None:
        self.base.drop_snapshot(name)

    def at(self, snapshot: Snapshot | str) -> FileSystem:
        return self._over(self.base.at(snapshot))

    def fork(self, at: Snapshot | str | None = None) -> FileSystem:
        return self._over(self.base.fork(at))

    def _over(self, base: FileSystem) -> Self:
        """The same wrapper in front of another file system."""
        twin = copy.copy(self)
        twin.rebase(base)
        return twin

    def rebase(self, base: FileSystem) -> None:
        """Stand in front of another file system, knowing nothing of it yet."""
        self.base, self._epoch = base, base.epoch

    def merge(
        self, other: FileSystem, *, base: Snapshot | str | None = None, conflicts: OnConflict | str = "refuse"
    ) -> Merged:
        return self.base.merge(other, base=base, conflicts=conflicts)

    def create_snapshot(self) -> bytes:
        return self.base.create_snapshot()

    def restore_snapshot(self, data: bytes) -> None:
        self.base.restore_snapshot(data)

    def action(self, label: str = "", actor: str = "") -> AbstractContextManager[Action]:
        return self.base.action(label, actor)

    def transaction(self, label: str = "", actor: str = "") -> AbstractContextManager[Action]:
        return self.base.transaction(label, actor)

    def undo(self, *, actor: str | None = None, permit: Permit | None = None) -> list[Change]:
        return self.base.undo(actor=actor, permit=permit)

    def redo(self, *, actor: str | None = None, permit: Permit | None = None) -> list[Change]:
        return self.base.redo(actor=actor, permit=permit)

    def log(self, limit: int | None = None) -> list[JournalRecord]:
        return self.base.log(limit)

    @property
    def tree_id(self) -> str:
        return self.base.tree_id

    @property
    def epoch(self) -> Epoch:
        return self._epoch

    def plain_directory(self, path: str) -> Directory | None:
        return self.base.plain_directory(path)

    def inspect(self, path: str, at: Snapshot | None = None) -> Inspected | None:
        return self.base.inspect(path, at)

    def survey(self, path: str, at: Snapshot | None = None) -> list[tuple[DirEntry, Inspected]]:
        return self.base.survey(path, at)

    def copy_kept(
        self, moment: Snapshot, source: str, destination: str, kept: frozenset[str], *, overwrite: bool = False
    ) -> None:
        self.base.copy_kept(moment, source, destination, kept, overwrite=overwrite)

    def restore_kept(self, moment: Snapshot, changes: Sequence[Change], kept: frozenset[str]) -> None:
        self.base.restore_kept(moment, changes, kept)

    def buried(self, path: str) -> bool:
        return self.base.buried(path)

    def graves(self, path: str) -> tuple[Grave, ...]:
        return self.base.graves(path)
