"""What every file system in front of another is made of: forwarding all, and refusing what is the owner's."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from functools import partial
from typing import Any, NoReturn, Self

from jupyter_sandfs import paths
from jupyter_sandfs.errors import (
    NotADirectory,
    NotFound,
    PermissionDenied,
)
from jupyter_sandfs.vfs import expectation, journal
from jupyter_sandfs.vfs.batch import Item
from jupyter_sandfs.vfs.content import Slice
from jupyter_sandfs.vfs.entries import DirEntry, Epoch, Inspected, Stat, Stats
from jupyter_sandfs.vfs.events import PathHook, Watch, WriteHook
from jupyter_sandfs.vfs.history import Snapshot, check_room, unfolded
from jupyter_sandfs.vfs.interface import FileSystem
from jupyter_sandfs.vfs.journal import OWNER, Action, Change, ChangeKind, JournalRecord
from jupyter_sandfs.vfs.limits import Limits
from jupyter_sandfs.vfs.merging import Merged, OnConflict
from jupyter_sandfs.vfs.moments import SeenSnapshot, own_changes, seen_below
from jupyter_sandfs.vfs.nodes import Directory, FileRecord, describe, rules_of
from jupyter_sandfs.vfs.policy import NodePolicy
from jupyter_sandfs.vfs.providers import DirectoryProvider, FileProvider, reading_as
from jupyter_sandfs.vfs.reverting import Permit

_ADMINISTRATION = {"policy", "mount", "merge"}  # operations that are the owner's
_VIEWER = "view"  # who acts through a view where nobody is named


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

    def fork(self) -> FileSystem:
        return self._over(self.base.fork())

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


class Administered(Wrapper):
    """A wrapper whose user is not the owner: rules, providers, hooks and restoring are refused.

    Plain files in plain directories are answered for by a short cut: the record is looked up first, and counts if no
    rule of the tree has changed meanwhile. Everything else goes the long way.
    """

    def __init__(self, base: FileSystem) -> None:
        super().__init__(base)
        self._snapshots: dict[str, Snapshot] = {}

    def stat(self, path: str, *, follow: bool = True) -> Stat:
        record = self._plain_file(path)
        return describe(record, self.tree_id) if record is not None else self._stat(path, follow=follow)

    def exists(self, path: str) -> bool:
        if self._plain_file(path) is not None or self._is_plain_directory(path):
            return True
        return not self._plainly_absent(path) and super().exists(path)

    def read_bytes(self, path: str) -> bytes:
        # As in _plain_file, less a call: this is the commonest question of all.
        try:
            head, _, name = path.rpartition("/")
            epoch = self._epoch.number
            record = self.plain_directory(head).files[name]  # type: ignore[union-attr]  # None raises, and is caught
        except (KeyError, TypeError, AttributeError):
            return self._read(path)
        content = record.content
        if record.extra is None and type(content) is bytes and epoch == self._epoch.number:
            return content
        return self._read(path)

    def ls(self, path: str = paths.ROOT) -> list[DirEntry]:
        with reading_as(self):
            return self.base.ls(path)

    def listdir(self, path: str = paths.ROOT) -> list[str]:
        with reading_as(self):
            return self.base.listdir(path)

    def inspect(self, path: str, at: Snapshot | None = None) -> Inspected | None:
        with reading_as(self):
            return self.base.inspect(path, at)

    def survey(self, path: str, at: Snapshot | None = None) -> list[tuple[DirEntry, Inspected]]:
        with reading_as(self):
            return self.base.survey(path, at)

    def _stat(self, path: str, *, follow: bool) -> Stat:
        with reading_as(self):
            return self.base.stat(path, follow=follow)

    def _read(self, path: str) -> bytes:
        with reading_as(self):
            return self.base.read_bytes(path)

    def _plain_file(self, path: str) -> FileRecord | None:
        """The record of a file that is to be seen and that no rule or link concerns; None: ask the long way."""
        try:
            head, _, name = path.rpartition("/")
            epoch = self._epoch.number
            record = self.plain_directory(head).files[name]  # type: ignore[union-attr]  # None raises, and is caught
        except (KeyError, TypeError, AttributeError):
            return None
        if record.extra is not None and rules_of(record) is not None:
            return None
        content = type(record.content)
        return record if (content is bytes or content is Slice) and epoch == self._epoch.number else None

    def _is_plain_directory(self, path: str) -> bool:
        return isinstance(path, str) and self.plain_directory("" if path == paths.ROOT else path) is not None

    def _plainly_absent(self, path: str) -> bool:
        """Say whether nothing is at a path, not even something hidden; False: ask the long way."""
        epoch = self._epoch.number
        head, _, name = path.rpartition("/") if isinstance(path, str) else ("", "", "")
        directory = self.plain_directory(head)
        if directory is None or not name.replace(".", "").replace("_", "").replace("-", "").isalnum():
            return False  # a name that is no usual one may be no name at all
        return name not in directory.files and name not in directory.directories and epoch == self._epoch.number

    def _plain_room(self, path: str) -> bool:
        """Say whether a plain file is at a path, or may be made there without meeting what is or was hidden."""
        if self._plain_file(path) is not None:
            return True
        return self._plainly_absent(path) and not self.base.buried(path.rpartition("/")[0])

    def set_policy(self, path: str, policy: NodePolicy | None) -> None:
        self._refuse(path, policy)

    def mount_file(
        self,
        path: str,
        provider: FileProvider,
        *,
        ttl: float | None = None,
        metadata: Mapping[str, Any] | None = None,
    ) -> None:
        self._refuse(path, provider, ttl, metadata)

    def mount_directory(
        self,
        path: str,
        provider: DirectoryProvider,
        *,
        ttl: float | None = None,
        metadata: Mapping[str, Any] | None = None,
    ) -> None:
        self._refuse(path, provider, ttl, metadata)

    def register_write_hook(self, prefix: str, hook: WriteHook, *, before: bool = False) -> None:
        self._refuse(prefix, hook, before)

    def register_path_hook(self, prefix: str, hook: PathHook, *, before: bool = False) -> None:
        self._refuse(prefix, hook, before)

    def merge(
        self, other: FileSystem, *, base: Snapshot | str | None = None, conflicts: OnConflict | str = "refuse"
    ) -> Merged:
        self._refuse(paths.ROOT, other, base, conflicts)

    def create_snapshot(self) -> bytes:
        self._refuse(paths.ROOT)

    def restore_snapshot(self, data: bytes) -> None:
        self._refuse(paths.ROOT, data)

    # ------------------------------------------------------------ history

    def snapshot(self, name: str | None = None) -> Snapshot:
        """As any; its name is known to this view alone."""
        check_room(self._snapshots, name, self.limits.snapshots)
        taken = SeenSnapshot.of(self.base.snapshot(), name, self)
        if name is not None:
            self._snapshots.pop(name, None)
            self._snapshots[name] = taken
        return taken

    def snapshots(self) -> list[Snapshot]:
        """The snapshots that were named through this view, oldest first."""
        return list(self._snapshots.values())

    def drop_snapshot(self, name: str) -> None:
        """Forget a snapshot that was named through this view. Raises NotFound."""
        if name not in self._snapshots:
            raise NotFound(name, "no snapshot of yours has this name")
        del self._snapshots[name]

    def at(self, snapshot: Snapshot | str) -> FileSystem:
        return self._over(self.base.at(self._moment(snapshot)))

    def rebase(self, base: FileSystem) -> None:
        super().rebase(base)
        self._snapshots = {}

    def action(self, label: str = "", actor: str = "") -> AbstractContextManager[Action]:
        return self.base.action(label, actor or _VIEWER)

    def transaction(self, label: str = "", actor: str = "") -> AbstractContextManager[Action]:
        return self.base.transaction(label, actor or _VIEWER)

    def undo(self, *, actor: str | None = None, permit: Permit | None = None) -> list[Change]:
        return self._told_changes(self.base.undo(actor=actor, permit=self._permitting(permit)))

    def redo(self, *, actor: str | None = None, permit: Permit | None = None) -> list[Change]:
        return self._told_changes(self.base.redo(actor=actor, permit=self._permitting(permit)))

    def _permitting(self, permit: Permit | None) -> Permit:
        """Let only ordinary changes be taken back, none of the owner's, and those that `permit` lets be."""

        def check(record: JournalRecord) -> None:
            if record.actor == OWNER or record.operation in _ADMINISTRATION:
                self._refuse(paths.ROOT)
            self._check_permitted(record)
            if permit is not None:
                permit(self._told_record(record))

        return check

    def _check_permitted(self, record: JournalRecord) -> None:
        """Raise for a change that this view may not take back."""

    def _told_record(self, record: JournalRecord) -> JournalRecord:
        return record

    def _told_changes(self, changes: list[Change]) -> list[Change]:
        return changes

    def restore(self, snapshot: Snapshot | str) -> None:
        """Take back what this actor changed since then of what is seen, in one step of ordinary checked changes.

        What only others changed stays, and so do all rules.

        Raises:
            MergeConflict: the actor and somebody else changed the same paths; nothing was restored.
            PermissionDenied: it would take away something hidden, or bring back a node with rules of its own.
        """
        moment = self._moment(snapshot)
        expectation.decided(paths.ROOT, self._epoch, lambda: self._restoring(moment))

    def _restoring(self, moment: Snapshot) -> Callable[[], None]:
        changes = own_changes(unfolded(self.diff(moment)), self.log(), since=moment.at_ns, actor=journal.actor())
        kept: set[str] = set()
        for change in changes:
            back = seen_below(self, change.path, moment) if change.kind is ChangeKind.REMOVED else ()
            for path, found in back:
                if found.ruled:
                    raise PermissionDenied(path, "it had rules of its own: its owner brings it back")
                kept.add(path)
        return partial(self.restore_kept, moment, changes, frozenset(kept))

    def _moment(self, snapshot: Snapshot | str) -> Snapshot:
        """The snapshot of a name that was given through this view, or that its owner told."""
        if not isinstance(snapshot, str):
            return snapshot
        system: object = self
        while isinstance(system, FileSystem):
            for each in system.snapshots():
                if each.name == snapshot:
                    return each
            system = getattr(system, "base", None)
        named = ", ".join(self._snapshots) or "none yet"
        raise NotFound(snapshot, f"no snapshot of yours has this name; there are: {named}")

    def _refuse(self, path: str, *_: object) -> NoReturn:
        raise PermissionDenied(paths.normalize(path), "only the sandbox's owner may do this, not a view of it")


def measured(system: FileSystem) -> Stats:
    """Count a file system by walking it, as its owner's counters do: what providers compute counts nothing."""
    size, files, directories = 0, 0, 1
    pending = [paths.ROOT]
    while pending:
        for entry in _listed(system, pending.pop()):
            if not entry.is_dir:
                files, size = files + 1, size + (0 if entry.stat.dynamic else entry.stat.size)
                continue
            directories += 1
            if not entry.stat.dynamic:
                pending.append(entry.path)
    return Stats(size, files, directories)


def _listed(system: FileSystem, path: str) -> list[DirEntry]:
    try:
        return system.ls(path)
    except (NotFound, NotADirectory, PermissionDenied):  # unreadable, or gone since it was named
        return []
