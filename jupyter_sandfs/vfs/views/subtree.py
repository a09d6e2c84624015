"""A directory of a file system as a file system of its own: paths and links stay below it, and errors say so."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, cast

from jupyter_sandfs import paths
from jupyter_sandfs.errors import (
    AlreadyExists,
    HookError,
    InvalidPath,
    NoSpace,
    NotADirectory,
    NotFound,
    PathError,
    PermissionDenied,
    ProviderError,
    SandfsError,
    TooManyLinks,
    VersionConflict,
    revive,
)
from jupyter_sandfs.vfs.actions import Change, ChangeKind
from jupyter_sandfs.vfs.batch import Item
from jupyter_sandfs.vfs.content import Link
from jupyter_sandfs.vfs.entries import DirEntry, Inspected, Stat, Stats
from jupyter_sandfs.vfs.events import Watch
from jupyter_sandfs.vfs.history import Snapshot, seen
from jupyter_sandfs.vfs.interface import FileSystem
from jupyter_sandfs.vfs.journal import JournalRecord
from jupyter_sandfs.vfs.nodes import Directory
from jupyter_sandfs.vfs.policy import Grave, NodePolicy
from jupyter_sandfs.vfs.providers import reading_as
from jupyter_sandfs.vfs.unlinked import Unlinked
from jupyter_sandfs.vfs.views import links
from jupyter_sandfs.vfs.views.administered import Administered, full, measured
from jupyter_sandfs.vfs.views.relay import Relay

_NAMING = (PathError, VersionConflict, HookError, ProviderError)  # errors that name a path


class SubtreeView(Administered):
    """One directory of a file system as a root of its own; no path and no link leads out of it.

    Raises:
        NotFound, NotADirectory: `top` is no directory.
    """

    def __init__(self, base: FileSystem, top: str) -> None:
        super().__init__(base)
        self._inside = cast("FileSystem", Unlinked(base))
        self._top = base.resolve(top)
        self._prefix = self._top.rstrip("/")
        self._top_slash = f"{self._prefix}/"
        base.ls(self._top)

    def rebase(self, base: FileSystem) -> None:
        super().rebase(base)
        self._inside = cast("FileSystem", Unlinked(base))

    def resolve(self, path: str) -> str:
        with self._ours():
            return self._follow(path)

    def _stat(self, path: str, *, follow: bool) -> Stat:
        try:
            if self._is_plain_directory(path):
                return self._inside.stat(self._ground(path))
            return self._said(self._inside.stat(self._in(path, follow=follow), follow=False))
        except _NAMING as error:
            raise self._renamed(error) from None

    def ls(self, path: str = paths.ROOT) -> list[DirEntry]:
        with self._ours(), reading_as(self):
            entries = self._inside.ls(self._ground(path) if self._is_plain_directory(path) else self._in(path))
        return [self._shown(entry) for entry in entries] if self._prefix else entries

    def listdir(self, path: str = paths.ROOT) -> list[str]:
        try:
            if self._is_plain_directory(path):
                return self._inside.listdir(self._ground(path))
            with reading_as(self):
                return self._inside.listdir(self._in(path))
        except _NAMING as error:
            raise self._renamed(error) from None

    def _read(self, path: str) -> bytes:
        with self._ours():
            return self._inside.read_bytes(self._in(path))

    def get_policy(self, path: str) -> NodePolicy:
        with self._ours():
            return self._inside.get_policy(self._in(path, follow=False))

    def metadata(self, path: str) -> Mapping[str, Any]:
        with self._ours():
            return self._inside.metadata(self._in(path))

    def stats(self) -> Stats:
        return measured(self)

    def write_bytes(self, path: str, data: bytes, *, append: bool = False, expected_version: int | None = None) -> int:
        try:
            where = self._ground(path) if self._plain_room(path) else self._in(path)
            return self._inside.write_bytes(where, data, append=append, expected_version=expected_version)
        except _NAMING as error:
            raise self._renamed(error) from None

    def mkdir(self, path: str, *, parents: bool = True, exist_ok: bool = True) -> None:
        with self._ours():
            leads = self._in(path)  # no link leads out; then the name as it was written
            where = self._in(path, follow=False) if not paths.is_root(path) else self._top
            if leads == where:
                self._inside.mkdir(where, parents=parents, exist_ok=exist_ok)
            elif not self._inside.exists(leads):
                raise AlreadyExists(where, "a link that leads nowhere")
            elif not exist_ok or not self._inside.is_dir(leads):
                raise AlreadyExists(leads)

    def remove(self, path: str, *, recursive: bool = False, expected_version: int | None = None) -> None:
        with self._ours():
            where = self._named(path)
            self._inside.remove(where, recursive=recursive, expected_version=expected_version)

    def copy(self, source: str, destination: str, *, overwrite: bool = False) -> None:
        with self._ours():
            start = self._there(source)
            self._inside.copy(start, self._named(destination), overwrite=overwrite)

    def move(
        self, source: str, destination: str, *, overwrite: bool = False, expected_version: int | None = None
    ) -> None:
        with self._ours():
            self._named(source)
            start = self._there(source)
            self._inside.move(start, self._named(destination), overwrite=overwrite, expected_version=expected_version)

    def symlink(self, target: str, path: str) -> None:
        with self._ours():
            if paths.is_root(path):
                raise AlreadyExists(self._top)
            where = self._in(path, follow=False)
            inner = target if not target.startswith("/") else self._below(paths.normalize(target))
            self._inside.symlink(inner, where)

    def write_many(self, items: Iterable[Item], *, overwrite: bool = False) -> None:
        with self._ours():
            # No link is followed below: what is inside by its name is inside.
            self.base.write_many([self._planted(item) for item in items], overwrite=overwrite)

    def chmod(self, path: str, mode: int) -> None:
        with self._ours():
            self._inside.chmod(self._in(path), mode)

    def utime(self, path: str, modified_at: datetime | None = None) -> None:
        with self._ours():
            self._inside.utime(self._in(path), modified_at)

    def invalidate(self, path: str) -> None:
        with self._ours():
            self._inside.invalidate(self._in(path))

    def watch(
        self,
        prefix: str = paths.ROOT,
        callback: Callable[[list[Change]], None] | None = None,
        *,
        interval: float = 0.1,
    ) -> Watch:
        with self._ours():
            return Relay(self.base, self._in(prefix), callback, interval, self.told)

    def at(self, snapshot: Snapshot | str) -> FileSystem:
        return self._then(self.base.at(self._moment(snapshot)))

    def fork(self, at: Snapshot | str | None = None) -> FileSystem:
        return super().fork() if at is None else self._then(self.base.fork(self._moment(at)))

    def _then(self, past: FileSystem) -> FileSystem:
        """This view of how its base once was."""
        if past.resolve(self._top) != self._top or not past.is_dir(self._top):
            raise NotFound(paths.ROOT, "it was not there then")
        return self._over(past)

    def _holds(self, path: str) -> bool:
        return paths.is_child_of(path, self._top)

    def _check_permitted(self, record: JournalRecord) -> None:
        if not self._holds(record.path) or not (record.source is None or self._holds(record.source)):
            raise PermissionDenied(paths.ROOT, "a part of it is outside")

    def _told_record(self, record: JournalRecord) -> JournalRecord:
        return record._replace(path=self._out(record.path), source=self._source(record.source))

    def told(self, changes: list[Change]) -> list[Change]:
        inside = seen(changes, self._holds)
        return [each._replace(path=self._out(each.path), source=self._source(each.source)) for each in inside]

    def diff(self, before: Snapshot | str, after: Snapshot | str | None = None) -> list[Change]:
        old, new = self._moment(before), self._moment(after) if after is not None else None
        found: list[Change] = []
        for change in seen(self.base.diff(old, new), self._near):
            if self._holds(change.path):
                found += self.told([change])
            elif paths.is_within(self._top, change.path) and change.kind is not ChangeKind.CHANGED:
                there = new if change.kind is ChangeKind.ADDED else old  # the top came or went with all in it
                found += [Change(change.kind, each.path, each.is_dir) for each, _ in self.survey(paths.ROOT, there)]
        return sorted(found, key=lambda change: change.path)

    def _near(self, path: str) -> bool:
        return self._holds(path) or paths.is_within(self._top, path)

    def log(self, limit: int | None = None) -> list[JournalRecord]:
        inside = [self._told_record(record) for record in self.base.log() if self._holds(record.path)]
        shown = [record._replace(sequence=number) for number, record in enumerate(inside, 1)]
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
        self._inside.stat(where, follow=False)
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
            stat = self._inside.stat(where, follow=False)
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

    def _ground(self, path: str) -> str:
        """The base's path of one that leads through plain directories only."""
        return self._prefix + path if path[:1] == "/" else f"{self._top_slash}{path}"

    def _said(self, stat: Stat) -> Stat:
        """The same, where a link says this file system's paths."""
        target = stat.link_target
        if target is None or not target.startswith("/") or not paths.is_within(target, self._top):
            return stat
        said = self._out(target)
        return stat._replace(link_target=said, size=len(said.encode()))

    def _shown(self, entry: DirEntry) -> DirEntry:
        stat = entry.stat
        shown = stat if stat.link_target is None else self._said(stat)
        return DirEntry(entry.name, entry.path[len(self._prefix) :], shown)

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
        except _NAMING as error:
            raise self._renamed(error) from None

    def _renamed(self, error: PathError | VersionConflict | HookError | ProviderError) -> SandfsError:
        if isinstance(error, NoSpace):
            error = full(error)
        # By text: the path in an error may be one that could not even be normalized.
        if not f"{error.path}/".startswith(self._top_slash):
            return error
        return revive(error.code, {**error.facts, "path": error.path[len(self._prefix) :] or paths.ROOT})

    # ------------------------------------------------------------ for views in front

    def plain_directory(self, path: str) -> Directory | None:
        # A relative path put behind the top would name a neighbour of the top.
        return self.base.plain_directory(self._prefix + path) if not path or path[0] == "/" else None

    def buried(self, path: str) -> bool:
        return self.base.buried(self._prefix + path) if not path or path[0] == "/" else True

    def graves(self, path: str) -> tuple[Grave, ...]:
        return self.base.graves(self._below(path))

    def inspect(self, path: str, at: Snapshot | None = None) -> Inspected | None:
        try:
            with self._ours(), reading_as(self):
                found = self._inside.inspect(self._below(path) if at else self._in(path, follow=False), at)
        except (NotFound, NotADirectory):
            return None
        return found and found._replace(stat=found.stat and self._said(found.stat))

    def survey(self, path: str, at: Snapshot | None = None) -> list[tuple[DirEntry, Inspected]]:
        with self._ours(), reading_as(self):
            found = self._inside.survey(self._below(path) if at else self._in(path), at)
        shown = [(self._shown(entry), known) for entry, known in found]
        return [(entry, known._replace(stat=entry.stat)) for entry, known in shown]

    def copy_kept(
        self, moment: Snapshot, source: str, destination: str, kept: frozenset[str], *, overwrite: bool = False
    ) -> None:
        with self._ours():
            start, end = self._below(source), self._named(destination)
            self._inside.copy_kept(moment, start, end, self._all_below(kept), overwrite=overwrite)

    def restore_kept(self, moment: Snapshot, changes: Sequence[Change], kept: frozenset[str]) -> None:
        with self._ours():
            below = [change._replace(path=self._below(change.path)) for change in changes]
            self.base.restore_kept(moment, below, self._all_below(kept))

    def _all_below(self, kept: frozenset[str]) -> frozenset[str]:
        return frozenset(self._below(path) for path in kept)
