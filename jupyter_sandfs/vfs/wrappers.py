"""File systems that stand in front of another: forwarding all, read-only, and a subtree as a root of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from typing import Any, NoReturn

from jupyter_sandfs import paths
from jupyter_sandfs.errors import (
    AlreadyExists,
    HookError,
    InvalidPath,
    NotADirectory,
    NotFound,
    PathError,
    PermissionDenied,
    ProviderError,
    ReadOnly,
    TooManyLinks,
    VersionConflict,
    revive,
)
from jupyter_sandfs.vfs import links
from jupyter_sandfs.vfs.batch import Item
from jupyter_sandfs.vfs.content import Link
from jupyter_sandfs.vfs.entries import DirEntry, Stat, Stats
from jupyter_sandfs.vfs.events import AfterHook, BeforeHook, Watch
from jupyter_sandfs.vfs.history import Snapshot
from jupyter_sandfs.vfs.interface import FileSystem
from jupyter_sandfs.vfs.journal import Action, Change, JournalRecord
from jupyter_sandfs.vfs.limits import Limits
from jupyter_sandfs.vfs.policy import NodePolicy
from jupyter_sandfs.vfs.providers import DirectoryProvider, FileProvider, reading_as


class Wrapper(FileSystem):
    """Forwards every primitive to `base`; what is derived in FileSystem goes through the wrapper's own primitives."""

    def __init__(self, base: FileSystem) -> None:
        self.base = base

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

    def register_write_hook(self, prefix: str, hook: AfterHook | BeforeHook, *, before: bool = False) -> None:
        self.base.register_write_hook(prefix, hook, before=before)

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

    def action(self, label: str = "", actor: str = "") -> AbstractContextManager[Action]:
        return self.base.action(label, actor)

    def log(self, limit: int | None = None) -> list[JournalRecord]:
        return self.base.log(limit)


class Administered(Wrapper):
    """A wrapper whose user is not the owner: rules, providers, hooks and restoring are refused."""

    def stat(self, path: str, *, follow: bool = True) -> Stat:
        with reading_as(self):
            return self.base.stat(path, follow=follow)

    def ls(self, path: str = paths.ROOT) -> list[DirEntry]:
        with reading_as(self):
            return self.base.ls(path)

    def read_bytes(self, path: str) -> bytes:
        with reading_as(self):
            return self.base.read_bytes(path)

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

    def register_write_hook(self, prefix: str, hook: AfterHook | BeforeHook, *, before: bool = False) -> None:
        self._refuse(prefix, hook, before)

    def restore(self, snapshot: Snapshot | str) -> None:
        self._refuse(paths.ROOT, snapshot)

    def _refuse(self, path: str, *_: object) -> NoReturn:
        raise PermissionDenied(paths.normalize(path), "only the sandbox's owner may do this, not a view of it")


class ReadOnlyView(Administered):
    """The same file system, but nothing can be changed through it."""

    def write_bytes(self, path: str, data: bytes, *, append: bool = False, expected_version: int | None = None) -> int:
        del data, append, expected_version
        raise ReadOnly(paths.normalize(path))

    def mkdir(self, path: str, *, parents: bool = True, exist_ok: bool = True) -> None:
        if not (exist_ok and parents and self.is_dir(path)):
            raise ReadOnly(paths.normalize(path))

    def remove(self, path: str, *, recursive: bool = False, expected_version: int | None = None) -> None:
        del recursive, expected_version
        raise ReadOnly(paths.normalize(path))

    def copy(self, source: str, destination: str, *, overwrite: bool = False) -> None:
        del source, overwrite
        raise ReadOnly(paths.normalize(destination))

    def move(
        self, source: str, destination: str, *, overwrite: bool = False, expected_version: int | None = None
    ) -> None:
        del destination, overwrite, expected_version
        raise ReadOnly(paths.normalize(source))

    def symlink(self, target: str, path: str) -> None:
        del target
        raise ReadOnly(paths.normalize(path))

    def write_many(self, items: Iterable[Item], *, overwrite: bool = False) -> None:
        del overwrite
        for item in items:
            raise ReadOnly(item.path)

    def chmod(self, path: str, mode: int) -> None:
        del mode
        raise ReadOnly(paths.normalize(path))

    def utime(self, path: str, modified_at: datetime | None = None) -> None:
        del modified_at
        raise ReadOnly(paths.normalize(path))


class SubtreeView(Administered):
    """One directory of a file system as a root of its own; no path and no link leads out of it.

    Raises:
        NotFound, NotADirectory: `top` is no directory.
    """

    def __init__(self, base: FileSystem, top: str) -> None:
        super().__init__(base)
        self._top = base.resolve(top)
        base.ls(self._top)

    def resolve(self, path: str) -> str:
        with self._ours():
            return self._follow(path)

    def stat(self, path: str, *, follow: bool = True) -> Stat:
        with self._ours():
            stat = self.base.stat(self._in(path, follow=follow), follow=False)
        return self._said(stat)

    def ls(self, path: str = paths.ROOT) -> list[DirEntry]:
        with self._ours():
            entries = self.base.ls(self._in(path))
        return [self._shown(entry) for entry in entries]

    def read_bytes(self, path: str) -> bytes:
        with self._ours():
            return self.base.read_bytes(self._in(path))

    def get_policy(self, path: str) -> NodePolicy:
        with self._ours():
            return self.base.get_policy(self._in(path, follow=False))

    def metadata(self, path: str) -> Mapping[str, Any]:
        with self._ours():
            return self.base.metadata(self._in(path))

    def stats(self) -> Stats:
        return measured(self)

    def write_bytes(self, path: str, data: bytes, *, append: bool = False, expected_version: int | None = None) -> int:
        with self._ours():
            return self.base.write_bytes(self._in(path), data, append=append, expected_version=expected_version)

    def mkdir(self, path: str, *, parents: bool = True, exist_ok: bool = True) -> None:
        with self._ours():
            self._in(path)  # no link leads out; then the name as it was written
            where = self._in(path, follow=False) if not paths.is_root(path) else self._top
            self.base.mkdir(where, parents=parents, exist_ok=exist_ok)

    def remove(self, path: str, *, recursive: bool = False, expected_version: int | None = None) -> None:
        with self._ours():
            where = self._named(path)
            self.base.remove(where, recursive=recursive, expected_version=expected_version)

    def copy(self, source: str, destination: str, *, overwrite: bool = False) -> None:
        with self._ours():
            start = self._there(source)
            self.base.copy(start, self._named(destination), overwrite=overwrite)

    def move(
        self, source: str, destination: str, *, overwrite: bool = False, expected_version: int | None = None
    ) -> None:
        with self._ours():
            self._named(source)
            start = self._there(source)
            self.base.move(start, self._named(destination), overwrite=overwrite, expected_version=expected_version)

    def symlink(self, target: str, path: str) -> None:
        with self._ours():
            if paths.is_root(path):
                raise AlreadyExists(self._top)
            where = self._in(path, follow=False)
            inner = target if not target.startswith("/") else self._below(paths.normalize(target))
            self.base.symlink(inner, where)

    def write_many(self, items: Iterable[Item], *, overwrite: bool = False) -> None:
        with self._ours():
            # No link is followed below: what is inside by its name is inside.
            self.base.write_many([self._planted(item) for item in items], overwrite=overwrite)

    def chmod(self, path: str, mode: int) -> None:
        with self._ours():
            self.base.chmod(self._in(path), mode)

    def utime(self, path: str, modified_at: datetime | None = None) -> None:
        with self._ours():
            self.base.utime(self._in(path), modified_at)

    def invalidate(self, path: str) -> None:
        with self._ours():
            self.base.invalidate(self._in(path))

    def watch(
        self,
        prefix: str = paths.ROOT,
        callback: Callable[[list[Change]], None] | None = None,
        *,
        interval: float = 0.1,
    ) -> Watch:
        def show(changes: list[Change]) -> None:
            assert callback is not None
            callback([change._replace(path=self._out(change.path)) for change in changes])

        if callback is None:
            raise PermissionDenied(paths.normalize(prefix), "a subtree is watched by callback")
        return self.base.watch(self._in(prefix), show, interval=interval)

    def diff(self, before: Snapshot | str, after: Snapshot | str | None = None) -> list[Change]:
        inside = [change for change in self.base.diff(before, after) if paths.is_child_of(change.path, self._top)]
        return [change._replace(path=self._out(change.path)) for change in inside]

    def log(self, limit: int | None = None) -> list[JournalRecord]:
        inside = [record for record in self.base.log() if paths.is_child_of(record.path, self._top)]
        shown = [record._replace(path=self._out(record.path), source=self._source(record.source)) for record in inside]
        return shown if limit is None else shown[max(len(shown) - limit, 0) :]

    def _source(self, path: str | None) -> str | None:
        return self._out(path) if path is not None and paths.is_child_of(path, self._top) else None

    def _in(self, path: str, *, follow: bool = True) -> str:
        """The base's path, free of links; NotFound if they lead out of the subtree."""
        if follow:
            return self._below(self._follow(path))
        head, tail = paths.split(path)
        try:
            return self._below(paths.join(self._follow(head), tail))
        except TooManyLinks:
            raise TooManyLinks(self._below(paths.normalize(path))) from None

    def _there(self, path: str) -> str:
        """The base's path of something that is there; links at its end are not followed."""
        where = self._in(path, follow=False)
        self.base.stat(where, follow=False)
        return where

    def _follow(self, path: str) -> str:
        """Where a path leads in this file system."""
        normal = paths.normalize(path)
        try:
            return links.follow(normal, self._describe, hops=self.limits.link_hops)[0]
        except (NotADirectory, TooManyLinks) as error:
            raise type(error)(self._below(error.path)) from None

    def _describe(self, path: str) -> Stat | None:
        """Describe a node, a link by where it leads in this file system."""
        where = self._below(path)
        try:
            stat = self.base.stat(where, follow=False)
        except (NotFound, NotADirectory):
            return None
        if stat.link_target is None:
            return stat
        target = paths.normalize(stat.link_target, paths.parent(where))
        if not paths.is_within(target, self._top):
            raise NotFound(where)
        return stat._replace(link_target=self._out(target))

    def _below(self, path: str) -> str:
        return paths.normalize(self._top + path)

    def _said(self, stat: Stat) -> Stat:
        """The same, where a link says this file system's paths."""
        target = stat.link_target
        if target is None or not target.startswith("/") or not paths.is_within(target, self._top):
            return stat
        said = self._out(target)
        return stat._replace(link_target=said, size=len(said.encode()))

    def _shown(self, entry: DirEntry) -> DirEntry:
        return entry._replace(path=self._out(entry.path), stat=self._said(entry.stat))

    def _named(self, path: str) -> str:
        """The base's path of a name in the subtree; the top itself is this file system's root and stays."""
        if paths.is_root(path):
            raise PermissionDenied(paths.ROOT, "the root stays")
        return self._in(path, follow=False)

    def _planted(self, item: Item) -> Item:
        content = item.content
        if isinstance(content, Link) and content.target.startswith("/"):
            content = Link(self._below(paths.normalize(content.target)))
        if paths.normalize(item.path) != item.path:
            raise InvalidPath(item.path, "not in normal form")
        return item._replace(path=self._below(item.path), content=content)

    def _out(self, path: str) -> str:
        return "/" + paths.relative_to(path, self._top)

    @contextmanager
    def _ours(self) -> Iterator[None]:
        """Say this file system's paths in errors, never the base's."""
        try:
            yield
        except (PathError, VersionConflict, HookError, ProviderError) as error:
            # By text: the path in an error may be one that could not even be normalized.
            top = self._top.rstrip("/")
            if not f"{error.path}/".startswith(f"{top}/"):
                raise
            raise revive(error.code, {**error.facts, "path": error.path[len(top) :] or paths.ROOT}) from None


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
