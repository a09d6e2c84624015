"""File systems whose user is not the owner: short cuts for what is plain, and bounds for what is the owner's."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any, NoReturn

from jupyter_sandfs import paths
from jupyter_sandfs.errors import (
    NoSpace,
    NotADirectory,
    NotFound,
    PermissionDenied,
    QuotaReached,
)
from jupyter_sandfs.vfs import actions
from jupyter_sandfs.vfs.actions import OWNER, Action, Change, ChangeKind
from jupyter_sandfs.vfs.content import Slice
from jupyter_sandfs.vfs.entries import DirEntry, Inspected, Stat, Stats
from jupyter_sandfs.vfs.events import PathHook, Watch, WriteHook
from jupyter_sandfs.vfs.history import Snapshot, check_room, unfolded
from jupyter_sandfs.vfs.interface import FileSystem
from jupyter_sandfs.vfs.journal import JournalRecord
from jupyter_sandfs.vfs.merging import Merged, OnConflict
from jupyter_sandfs.vfs.nodes import Directory, FileRecord, any_ruled, describe, rules_of
from jupyter_sandfs.vfs.policy import NodePolicy
from jupyter_sandfs.vfs.providers import DirectoryProvider, FileProvider, reading_as
from jupyter_sandfs.vfs.reverting import Permit
from jupyter_sandfs.vfs.views import expectation
from jupyter_sandfs.vfs.views.forwarding import Wrapper
from jupyter_sandfs.vfs.views.moments import SeenAction, SeenSnapshot, own_changes, seen_below
from jupyter_sandfs.vfs.views.relay import Relay

_ADMINISTRATION = {"policy", "mount", "merge"}  # operations that are the owner's
_VIEWER = "view"  # who acts through a view where nobody is named


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
        epoch = self._epoch.number
        head, _, name = path.rpartition("/") if isinstance(path, str) else ("", "", "")
        directory = self.plain_directory(head)
        if directory is not None:
            record = directory.files.get(name)
            known = _is_plain(record) if record is not None else _is_free(directory, name)
            if known and epoch == self._epoch.number:
                return record is not None
        return self._is_plain_directory(path) or super().exists(path)

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
        if _is_plain(record):  # it was appended to, or has a mode or time of its own
            data = self.base.read_bytes(self._ground(path))
            if epoch == self._epoch.number:
                return data
        return self._read(path)

    def ls(self, path: str = paths.ROOT) -> list[DirEntry]:
        with reading_as(self):
            return self.base.ls(path)

    def listdir(self, path: str = paths.ROOT) -> list[str]:
        if self._is_plain_directory(path):
            return self.base.listdir(path)
        with reading_as(self):
            return self.base.listdir(path)

    def inspect(self, path: str, at: Snapshot | None = None) -> Inspected | None:
        with reading_as(self):
            return self.base.inspect(path, at)

    def survey(self, path: str, at: Snapshot | None = None) -> list[tuple[DirEntry, Inspected]]:
        with reading_as(self):
            return self.base.survey(path, at)

    def _stat(self, path: str, *, follow: bool) -> Stat:
        if self._is_plain_directory(path):
            return self.base.stat(path, follow=follow)
        with reading_as(self):
            return self.base.stat(path, follow=follow)

    def _read(self, path: str) -> bytes:
        with reading_as(self):
            return self.base.read_bytes(path)

    def _ground(self, path: str) -> str:
        """The base's path of one that leads through plain directories only."""
        return path

    def _plain_file(self, path: str) -> FileRecord | None:
        """The record of a file that is to be seen and that no rule or link concerns; None: ask the long way."""
        try:
            head, _, name = path.rpartition("/")
            epoch = self._epoch.number
            record = self.plain_directory(head).files[name]  # type: ignore[union-attr]  # None raises, and is caught
        except (KeyError, TypeError, AttributeError):
            return None
        return record if _is_plain(record) and epoch == self._epoch.number else None

    def _is_plain_directory(self, path: str) -> bool:
        return isinstance(path, str) and self.plain_directory("" if path == paths.ROOT else path) is not None

    def _plain_room(self, path: str) -> bool:
        """Say whether a plain file is at a path, or may be made there without meeting what is or was hidden."""
        epoch = self._epoch.number
        head, _, name = path.rpartition("/") if isinstance(path, str) else ("", "", "")
        directory = self.plain_directory(head)
        if directory is None:
            return False
        record = directory.files.get(name)
        free = _is_free(directory, name) and not self.base.buried(head) if record is None else _is_plain(record)
        return free and epoch == self._epoch.number

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

    # ------------------------------------------------------------ events and history

    def told(self, changes: list[Change]) -> list[Change]:
        """What the user of this view may be told of changes of its base."""
        return changes

    def watch(
        self,
        prefix: str = paths.ROOT,
        callback: Callable[[list[Change]], None] | None = None,
        *,
        interval: float = 0.1,
    ) -> Watch:
        return Relay(self.base, paths.normalize(prefix), callback, interval, self.told)

    def snapshot(self, name: str | None = None) -> Snapshot:
        """As any; its name is one of this view alone, and no name of its base is taken away."""
        check_room(self._snapshots, name, self.limits.snapshots)
        taken = SeenSnapshot.of(self.base.snapshot(), name, self)
        if name is not None:
            self._snapshots.pop(name, None)
            self._snapshots[name] = taken
        return taken

    def snapshots(self) -> list[Snapshot]:
        """Those named below, and through this view, oldest first; a name of its own goes before one from below."""
        below = [each for each in self.base.snapshots() if each.name not in self._snapshots]
        seen = [SeenSnapshot.of(each, each.name, self) for each in below]
        return sorted([*seen, *self._snapshots.values()], key=lambda each: each.at_ns)

    def drop_snapshot(self, name: str) -> None:
        """Forget a snapshot that was named through this view. Raises NotFound."""
        if name not in self._snapshots:
            raise NotFound(name, "no snapshot of yours has this name")
        del self._snapshots[name]

    def at(self, snapshot: Snapshot | str) -> FileSystem:
        return self._over(self.base.at(self._moment(snapshot)))

    def fork(self, at: Snapshot | str | None = None) -> FileSystem:
        return super().fork(None if at is None else self._moment(at))

    def rebase(self, base: FileSystem) -> None:
        super().rebase(base)
        self._snapshots = {}

    @contextmanager
    def action(self, label: str = "", actor: str = "") -> Iterator[Action]:
        with self.base.action(label, actor or _VIEWER) as running:
            yield SeenAction(running, self.told)

    @contextmanager
    def transaction(self, label: str = "", actor: str = "") -> Iterator[Action]:
        with self.base.transaction(label, actor or _VIEWER) as running:
            yield SeenAction(running, self.told)

    def undo(self, *, actor: str | None = None, permit: Permit | None = None) -> list[Change]:
        return self.told(self.base.undo(actor=actor, permit=self._permitting(permit)))

    def redo(self, *, actor: str | None = None, permit: Permit | None = None) -> list[Change]:
        return self.told(self.base.redo(actor=actor, permit=self._permitting(permit)))

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
        changes = own_changes(unfolded(self.diff(moment)), self.log(), since=moment.at_ns, actor=actions.actor())
        kept: set[str] = set()
        for change in changes:
            back = seen_below(self, change.path, moment) if change.kind is ChangeKind.REMOVED else ()
            for path, found in back:
                if found.ruled:
                    raise PermissionDenied(path, "it had rules of its own: its owner brings it back")
                kept.add(path)
        return partial(self.restore_kept, moment, changes, frozenset(kept))

    def _moment(self, snapshot: Snapshot | str) -> Snapshot:
        """The snapshot that a name stands for here."""
        if not isinstance(snapshot, str):
            return snapshot
        known = {each.name or "": each for each in self.snapshots()}
        if snapshot not in known:
            named = ", ".join(known) or "none yet"
            raise NotFound(snapshot, f"no snapshot has this name; there are: {named}")
        return known[snapshot]

    def _refuse(self, path: str, *_: object) -> NoReturn:
        raise PermissionDenied(paths.normalize(path), "only the sandbox's owner may do this, not a view of it")


def _is_plain(record: FileRecord) -> bool:
    """Say whether no rule, link or provider concerns a file."""
    content = type(record.content)
    return (content is bytes or content is Slice) and (record.extra is None or rules_of(record) is None)


def _is_free(directory: Directory, name: str) -> bool:
    """Say whether nothing has this name; False too for a name that is no usual one, and may be none at all."""
    usual = name.isalnum() or name.replace(".", "").replace("_", "").replace("-", "").isalnum()
    return usual and name not in directory.files and name not in directory.directories


def full(error: NoSpace) -> NoSpace:
    """The same for one who must not learn how much is in what they don't see; what is their own they may know."""
    return error if isinstance(error, QuotaReached) else NoSpace(error.path, "the sandbox is full")


def measured(system: FileSystem) -> Stats:
    """Count a file system by walking it, as its owner's counters do: what providers compute counts nothing.

    Where all is seen of a directory, its own sums are taken instead of its files.
    """
    size, files, directories = 0, 0, 1
    pending = [paths.ROOT]
    while pending:
        path = pending.pop()
        more, below = _sums(system, path.rstrip("/")) or _counts(system, path)
        files, directories, size = files + more[0], directories + more[1], size + more[2]
        pending += below
    return Stats(size, files, directories)


def _sums(system: FileSystem, path: str) -> tuple[tuple[int, int, int], list[str]] | None:
    """Files, directories and bytes right in a plain directory, and the directories to go on with; None: count them."""
    epoch = system.epoch.number
    directory = system.plain_directory(path)
    # A link's size is that of what it says, and a subtree says its own paths.
    if directory is None or any_ruled(directory) or not all(map(_is_plain, tuple(directory.files.values()))):
        return None
    sums = len(directory.files), len(directory.directories), directory.own_bytes
    below = [f"{path}/{name}" for name, child in tuple(directory.directories.items()) if child.mount is None]
    return (sums, below) if epoch == system.epoch.number else None


def _counts(system: FileSystem, path: str) -> tuple[tuple[int, int, int], list[str]]:
    """The same, counted."""
    entries = _listed(system, path)
    nodes = [entry for entry in entries if entry.is_dir]
    files = [entry for entry in entries if not entry.is_dir]
    size = sum(0 if entry.stat.dynamic else entry.stat.size for entry in files)
    return (len(files), len(nodes), size), [entry.path for entry in nodes if not entry.stat.dynamic]


def _listed(system: FileSystem, path: str) -> list[DirEntry]:
    try:
        return system.ls(path)
    except (NotFound, NotADirectory, PermissionDenied):  # unreadable, or gone since it was named
        return []
