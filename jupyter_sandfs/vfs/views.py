"""A file system as one principal sees it: what is hidden looks absent.

A path is visible if the rule lets through the policy in force for it, for every directory above it and for every link
and directory that its links lead through. Names can't be probed: creating something where a hidden node is, or was,
answers with PermissionDenied, as a directory that takes no new names would.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from jupyter_sandfs import paths
from jupyter_sandfs.errors import AlreadyExists, InvalidPath, NameTooLong, NotADirectory, NotFound, PermissionDenied
from jupyter_sandfs.vfs import links
from jupyter_sandfs.vfs.batch import Item
from jupyter_sandfs.vfs.entries import DirEntry, Stat, Stats
from jupyter_sandfs.vfs.events import Watch
from jupyter_sandfs.vfs.history import Snapshot
from jupyter_sandfs.vfs.interface import FileSystem
from jupyter_sandfs.vfs.journal import Change, JournalRecord
from jupyter_sandfs.vfs.policy import NodePolicy
from jupyter_sandfs.vfs.providers import reading_as
from jupyter_sandfs.vfs.wrappers import Administered, measured


class ViewRule(Protocol):
    """Decides what a view shows."""

    def allows(self, path: str, policy: NodePolicy, metadata: Mapping[str, Any]) -> bool:
        """Say whether the node at `path`, with this policy in force, is to be seen."""
        ...


@dataclass(frozen=True, slots=True, init=False)
class VisibilityView:
    """Shows nodes by label, principal, place and metadata; what is not asked for does not matter.

    Args:
        allowed: labels (`NodePolicy.visibility`) to show; None shows all.
        principals: names that a node which names principals must name one of.
        prefixes: directories to show, with all above them.
        metadata: what a node's metadata must equal, where it has any of these keys.
    """

    allowed: frozenset[str] | None = None
    principals: frozenset[str] = frozenset()
    prefixes: tuple[str, ...] = ()
    metadata: Mapping[str, Any] = field(default_factory=dict)

    def __init__(
        self,
        allowed: Iterable[str] | None = None,
        *,
        principals: Iterable[str] = (),
        prefixes: Iterable[str] = (),
        metadata: Mapping[str, Any] | None = None,
    ) -> None:
        object.__setattr__(self, "allowed", None if allowed is None else frozenset(allowed))
        object.__setattr__(self, "principals", frozenset(principals))
        object.__setattr__(self, "prefixes", tuple(paths.normalize(prefix) for prefix in prefixes))
        object.__setattr__(self, "metadata", dict(metadata or {}))

    def allows(self, path: str, policy: NodePolicy, metadata: Mapping[str, Any]) -> bool:
        if policy.principals:
            labelled = bool(policy.principals & self.principals)
        else:
            labelled = self.allowed is None or policy.visibility in self.allowed
        return labelled and self._placed(path) and self._described(metadata)

    def _placed(self, path: str) -> bool:
        return not self.prefixes or any(
            paths.is_within(path, prefix) or paths.is_within(prefix, path) for prefix in self.prefixes
        )

    def _described(self, metadata: Mapping[str, Any]) -> bool:
        return all(metadata[key] == value for key, value in self.metadata.items() if key in metadata)


class View(Administered):
    """A file system seen through a rule; views of views stack."""

    def __init__(self, base: FileSystem, rule: ViewRule) -> None:
        super().__init__(base)
        self._rule = rule

    def view(self, rule: ViewRule) -> View:
        """Give this view as a further rule lets it be seen."""
        return View(self, rule)

    # ------------------------------------------------------------ questions

    def resolve(self, path: str) -> str:
        return self._follow(path)[0]

    def stat(self, path: str, *, follow: bool = True) -> Stat:
        return self._seen(path, follow=follow)[1]

    def ls(self, path: str = paths.ROOT) -> list[DirEntry]:
        where, _ = self._seen(path)
        return [entry for entry in super().ls(where) if self._allows(entry.path)]

    def listdir(self, path: str = paths.ROOT) -> list[str]:
        return [entry.name for entry in self.ls(path)]

    def read_bytes(self, path: str) -> bytes:
        return super().read_bytes(self._seen(path)[0])

    def get_policy(self, path: str) -> NodePolicy:
        where, stat = self._follow(path, last=False)
        if stat is None and not self._shows(where):
            raise NotFound(where)
        return self.base.get_policy(where)

    def metadata(self, path: str) -> Mapping[str, Any]:
        return self.base.metadata(self._seen(path)[0])

    def stats(self) -> Stats:
        return measured(self)

    # ------------------------------------------------------------ changes

    def write_bytes(self, path: str, data: bytes, *, append: bool = False, expected_version: int | None = None) -> int:
        where = self._target(path)
        return self.base.write_bytes(where, data, append=append, expected_version=expected_version)

    def mkdir(self, path: str, *, parents: bool = True, exist_ok: bool = True) -> None:
        self._target(path)  # and then the name as it was written: a directory is not made through a dangling link
        self.base.mkdir(path, parents=parents, exist_ok=exist_ok)

    def remove(self, path: str, *, recursive: bool = False, expected_version: int | None = None) -> None:
        where, _ = self._seen(path, follow=False)
        self._check_whole(where)
        self.base.remove(where, recursive=recursive, expected_version=expected_version)

    def copy(self, source: str, destination: str, *, overwrite: bool = False) -> None:
        start, _ = self._seen(source, follow=False)
        end = self._target(destination, follow=False)
        self._check_whole(end)
        if self._sees_whole(start):
            self.base.copy(start, end, overwrite=overwrite)
        else:
            self._copy_seen(start, end)

    def move(
        self, source: str, destination: str, *, overwrite: bool = False, expected_version: int | None = None
    ) -> None:
        start, _ = self._seen(source, follow=False)
        end = self._target(destination, follow=False)
        self._check_whole(start)
        self._check_whole(end)
        self.base.move(start, end, overwrite=overwrite, expected_version=expected_version)

    def symlink(self, target: str, path: str) -> None:
        self.base.symlink(target, self._target(path, follow=False))

    def write_many(self, items: Iterable[Item], *, overwrite: bool = False) -> None:
        given = tuple(items)
        for item in given:
            if self._target(item.path, follow=False) != item.path:
                raise InvalidPath(item.path, "not in normal form, or the way there leads through a link")
        self.base.write_many(given, overwrite=overwrite)

    def chmod(self, path: str, mode: int) -> None:
        self.base.chmod(self._seen(path)[0], mode)

    def utime(self, path: str, modified_at: datetime | None = None) -> None:
        self.base.utime(self._seen(path)[0], modified_at)

    def invalidate(self, path: str) -> None:
        self.base.invalidate(self._seen(path)[0])

    # ------------------------------------------------------------ events and history

    def watch(
        self,
        prefix: str = paths.ROOT,
        callback: Callable[[list[Change]], None] | None = None,
        *,
        interval: float = 0.1,
    ) -> Watch:
        def show(changes: list[Change]) -> None:
            assert callback is not None
            if seen := [change for change in changes if self._shows(change.path)]:
                callback(seen)

        if callback is None:
            raise PermissionDenied(paths.normalize(prefix), "a view is watched by callback")
        return self.base.watch(prefix, show, interval=interval)

    def diff(self, before: Snapshot | str, after: Snapshot | str | None = None) -> list[Change]:
        return [change for change in self.base.diff(before, after) if self._shows(change.path)]

    def log(self, limit: int | None = None) -> list[JournalRecord]:
        shown = [self._without_hidden_source(record) for record in self.base.log() if self._shows(record.path)]
        return shown if limit is None else shown[max(len(shown) - limit, 0) :]

    def _without_hidden_source(self, record: JournalRecord) -> JournalRecord:
        hidden = record.source is not None and not self._shows(record.source)
        return record._replace(source=None) if hidden else record

    # ------------------------------------------------------------ the rule

    def _follow(self, path: str, *, last: bool = True) -> tuple[str, Stat | None]:
        """Where a path leads, and what is seen there; what is hidden on the way is absent."""
        return links.follow(paths.normalize(path), self._describe, hops=self.limits.link_hops, last=last)

    def _describe(self, path: str) -> Stat | None:
        try:
            stat = super().stat(path, follow=False)
        except (NotFound, NotADirectory):
            return None
        return stat if self._allows(path) else None

    def _seen(self, path: str, *, follow: bool = True) -> tuple[str, Stat]:
        """The same, of something that must be there."""
        where, stat = self._follow(path, last=follow)
        if stat is None:
            raise NotFound(where)
        return where, stat

    def _target(self, path: str, *, follow: bool = True) -> str:
        """The path of something that is seen, or that may come to be where it would be seen."""
        where, stat = self._follow(path, last=follow)
        if where.count("/") > self.limits.depth:
            raise NameTooLong(where, f"deeper than {self.limits.depth} levels")
        if stat is None and not self._shows(where):
            raise PermissionDenied(where)
        return where

    def _shows(self, path: str) -> bool:
        return all(self._allows(each) for each in (*paths.ancestors(path), paths.normalize(path)))

    def _allows(self, path: str) -> bool:
        try:
            with reading_as(self):
                policy, metadata = self.base.get_policy(path), self._metadata(path)
        except (NotFound, NotADirectory):
            return False
        return self._rule.allows(path, policy, metadata)

    def _metadata(self, path: str) -> Mapping[str, Any]:
        entry = self.base.get_entry(path)
        return self.base.metadata(path) if entry is not None and not entry.stat.is_symlink else {}

    # ------------------------------------------------------------ subtrees with something hidden

    def _sees_whole(self, path: str) -> bool:
        entry = self.base.get_entry(path)
        if entry is None or not entry.is_dir:
            return True
        for at, directories, names in self.base.walk(path):
            if not all(self._allows(paths.join(at, name)) for name in (*directories, *names)):
                return False
        return True

    def _check_whole(self, path: str) -> None:
        """Refuse to take away or replace what holds something hidden."""
        if not self._sees_whole(path):
            raise PermissionDenied(paths.normalize(path))

    def _copy_seen(self, source: str, destination: str) -> None:
        """Copy what is seen of a directory to a new place; when that fails, nothing of it is left."""
        if self.base.get_entry(destination) is not None:
            raise AlreadyExists(destination)
        if paths.is_within(destination, source):
            raise InvalidPath(destination, "a directory does not go into itself")
        made = next(each for each in (*paths.ancestors(destination), destination) if self.base.get_entry(each) is None)
        try:
            self._copy_each(source, destination)
        except BaseException:
            with suppress(NotFound):
                self.base.remove(made, recursive=True)
            raise

    def _copy_each(self, source: str, destination: str) -> None:
        for at, _, names in self.walk(source):
            target = paths.join(destination, paths.relative_to(at, source))
            self.base.mkdir(target)
            for name in names:
                self.base.copy(paths.join(at, name), paths.join(target, name))
