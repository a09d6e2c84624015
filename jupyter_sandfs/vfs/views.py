"""A file system as one principal sees it: what is hidden looks absent.

A path is visible if the rule lets through the policy in force for it and for every directory above it, both along the
path as it is written and along the path that its links lead to. Names can't be probed: creating something where a
hidden node is answers with PermissionDenied, as a directory that takes no new names would.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from jupyter_sandfs import paths
from jupyter_sandfs.errors import AlreadyExists, NotADirectory, NotFound, PermissionDenied
from jupyter_sandfs.vfs.entries import DirEntry, Stat, Stats
from jupyter_sandfs.vfs.events import Watch
from jupyter_sandfs.vfs.history import Snapshot
from jupyter_sandfs.vfs.interface import FileSystem
from jupyter_sandfs.vfs.journal import Change, JournalRecord
from jupyter_sandfs.vfs.policy import NodePolicy
from jupyter_sandfs.vfs.providers import reader
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
        final = self.base.resolve(path)
        self._require(path, final)
        return final

    def stat(self, path: str, *, follow: bool = True) -> Stat:
        self._check(path, follow=follow)
        return self.base.stat(path, follow=follow)

    def ls(self, path: str = paths.ROOT) -> list[DirEntry]:
        self._check(path)
        return [entry for entry in self.base.ls(path) if self._shows(entry.path)]

    def listdir(self, path: str = paths.ROOT) -> list[str]:
        return [entry.name for entry in self.ls(path)]

    def read_bytes(self, path: str) -> bytes:
        self._check(path)
        reset = reader.set(reader.get() or self)
        try:
            return self.base.read_bytes(path)
        finally:
            reader.reset(reset)

    def get_policy(self, path: str) -> NodePolicy:
        self._check(path, follow=False)
        return self.base.get_policy(path)

    def metadata(self, path: str) -> Mapping[str, Any]:
        self._check(path)
        return self.base.metadata(path)

    def stats(self) -> Stats:
        return measured(self)

    # ------------------------------------------------------------ changes

    def write_bytes(self, path: str, data: bytes, *, append: bool = False, expected_version: int | None = None) -> int:
        self._check_target(path)
        return self.base.write_bytes(path, data, append=append, expected_version=expected_version)

    def mkdir(self, path: str, *, parents: bool = True, exist_ok: bool = True) -> None:
        self._check_target(path)
        self.base.mkdir(path, parents=parents, exist_ok=exist_ok)

    def remove(self, path: str, *, recursive: bool = False, expected_version: int | None = None) -> None:
        self._check(path, follow=False)
        self._check_whole(path)
        self.base.remove(path, recursive=recursive, expected_version=expected_version)

    def copy(self, source: str, destination: str, *, overwrite: bool = False) -> None:
        self._check(source, follow=False)
        self._check_target(destination, follow=False)
        self._check_whole(destination)
        if self._sees_whole(source):
            self.base.copy(source, destination, overwrite=overwrite)
        else:
            self._copy_seen(source, destination)

    def move(
        self, source: str, destination: str, *, overwrite: bool = False, expected_version: int | None = None
    ) -> None:
        self._check(source, follow=False)
        self._check_whole(source)
        self._check_target(destination, follow=False)
        self._check_whole(destination)
        self.base.move(source, destination, overwrite=overwrite, expected_version=expected_version)

    def symlink(self, target: str, path: str) -> None:
        self._check_target(path, follow=False)
        self.base.symlink(target, path)

    def chmod(self, path: str, mode: int) -> None:
        self._check(path)
        self.base.chmod(path, mode)

    def utime(self, path: str, modified_at: datetime | None = None) -> None:
        self._check(path)
        self.base.utime(path, modified_at)

    def invalidate(self, path: str) -> None:
        self._check(path)
        self.base.invalidate(path)

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

        self._check(prefix)
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

    def _check(self, path: str, *, follow: bool = True) -> None:
        """Raise NotFound unless every step of the way to `path` is visible."""
        normal = paths.normalize(path)
        final = self.base.resolve(normal) if follow else self._place(normal)
        self._require(normal, final)

    def _check_target(self, path: str, *, follow: bool = True) -> None:
        """Raise unless `path` is visible, or could be made in a visible directory."""
        normal = paths.normalize(path)
        final = self.base.resolve(normal) if follow else self._place(normal)
        if self.base.get_entry(final) is None:
            self._require(normal, self._nearest(final))
        elif not (self._shows(normal) and self._shows(final)):
            raise PermissionDenied(normal)

    def _require(self, path: str, final: str) -> None:
        normal = paths.normalize(path)
        if not (self._shows(normal) and (final == normal or self._shows(final))):
            raise NotFound(normal)

    def _place(self, path: str) -> str:
        """The path of a name itself: the links above it followed, not the last."""
        return path if path == paths.ROOT else paths.join(self.base.resolve(paths.parent(path)), paths.name(path))

    def _nearest(self, path: str) -> str:
        while self.base.get_entry(path) is None:
            path = paths.parent(path)
        return path

    def _shows(self, path: str) -> bool:
        return all(self._allows(each) for each in (*paths.ancestors(path), paths.normalize(path)))

    def _allows(self, path: str) -> bool:
        try:
            policy, metadata = self.base.get_policy(path), self._metadata(path)
        except (NotFound, NotADirectory):
            return False
        return self._rule.allows(path, policy, metadata)

    def _metadata(self, path: str) -> Mapping[str, Any]:
        entry = self.base.get_entry(path)
        return self.base.metadata(path) if entry is not None and not entry.stat.is_symlink else {}

    # ------------------------------------------------------------ subtrees with something hidden

    def _sees_whole(self, path: str) -> bool:
        if not self.base.exists(path) or not self.base.stat(path, follow=False).is_dir:
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
        if self.base.exists(destination):
            raise AlreadyExists(paths.normalize(destination))
        top = paths.normalize(source)
        for at, _, names in list(self.walk(top)):
            target = paths.join(destination, paths.relative_to(at, top))
            self.base.mkdir(target)
            for name in names:
                self.base.copy(paths.join(at, name), paths.join(target, name))
