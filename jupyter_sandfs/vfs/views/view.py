"""A file system as one principal sees it: what is hidden looks absent.

A path is visible if the rule lets through the policy in force for it, for every directory above it and for every link
and directory that its links lead through. Names can't be probed: creating something where a hidden node is, or was,
answers with PermissionDenied, as a directory that takes no new names would.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from functools import partial
from typing import Any, TypeVar

from jupyter_sandfs import paths
from jupyter_sandfs.errors import InvalidPath, NameTooLong, NoSpace, NotFound, PathError, PermissionDenied
from jupyter_sandfs.vfs.actions import Change
from jupyter_sandfs.vfs.batch import Item
from jupyter_sandfs.vfs.entries import DirEntry, Inspected, Stat, Stats
from jupyter_sandfs.vfs.history import Snapshot, seen
from jupyter_sandfs.vfs.interface import FileSystem
from jupyter_sandfs.vfs.journal import JournalRecord
from jupyter_sandfs.vfs.nodes import Directory, describe, ruled_names
from jupyter_sandfs.vfs.policy import OPEN, NodePolicy
from jupyter_sandfs.vfs.providers import reading_as
from jupyter_sandfs.vfs.views import links
from jupyter_sandfs.vfs.views.administered import Administered, full, measured
from jupyter_sandfs.vfs.views.decisions import NOTHING, Decisions, Ruled, face_of
from jupyter_sandfs.vfs.views.expectation import RulesChanged, count_off, count_on, decided, steadily
from jupyter_sandfs.vfs.views.moments import seen_below
from jupyter_sandfs.vfs.views.visibility import AlsoNow, ViewRule, VisibilityView, checked

__all__ = ["View", "ViewRule", "VisibilityView"]

T = TypeVar("T")

_FEW = 4  # names that are taken out of a list faster than the list is made anew


class View(Administered):
    """A file system seen through a rule; views of views stack."""

    def __init__(self, base: FileSystem, rule: ViewRule) -> None:
        super().__init__(base)
        self._rule = checked(rule)
        self._covers: Callable[[str, NodePolicy], bool] | None = getattr(rule, "covers", None)
        self._decisions = NOTHING

    @property
    def rule(self) -> ViewRule:
        """What it shows; for those who hold the view, not for who looks through it."""
        return self._rule

    def view(self, rule: ViewRule) -> View:
        """Give this view as a further rule lets it be seen."""
        return View(self, rule)

    # ------------------------------------------------------------ questions

    def resolve(self, path: str) -> str:
        return self._follow(path)[0]

    def ls(self, path: str = paths.ROOT) -> list[DirEntry]:
        plain = self._plain_entries(path)
        if plain is not None:
            return [entry._replace(stat=self.stat(entry.path)) if entry.is_dir else entry for entry in plain]
        found = steadily(path, self._epoch, lambda: self._survey(self._seen(path)[0]))
        return [entry._replace(stat=self._as_seen(entry.path, each)) for entry, each in found]

    def listdir(self, path: str = paths.ROOT) -> list[str]:
        names = self._plain_names(path)
        if names is None:
            names = [entry.name for entry, _ in steadily(path, self._epoch, lambda: self._survey(self._seen(path)[0]))]
        return names

    def get_policy(self, path: str) -> NodePolicy:
        where, stat = self._follow(path, last=False)
        if stat is None and not self._shows(where):
            raise NotFound(where)
        return self.base.get_policy(where)

    def metadata(self, path: str) -> Mapping[str, Any]:
        return self.base.metadata(self._seen(path)[0])

    def stats(self) -> Stats:
        return measured(self)

    def _stat(self, path: str, *, follow: bool) -> Stat:
        shown = self._plain_face(path)
        if shown is not None:
            return shown
        where, stat = self._seen(path, follow=follow)
        found = self.base.inspect(where) if stat.is_dir else None
        return self._as_seen(where, found) if found is not None and found.stat is not None else stat

    def _read(self, path: str) -> bytes:
        return steadily(path, self._epoch, lambda: super(View, self)._read(self._seen(path)[0]))

    # ------------------------------------------------------------ changes

    def write_bytes(self, path: str, data: bytes, *, append: bool = False, expected_version: int | None = None) -> int:
        epoch = self._epoch.number
        if self._plain_room(path):
            ours = count_on(epoch)
            try:
                return self.base.write_bytes(path, data, append=append, expected_version=expected_version)
            except NoSpace as error:
                raise full(error) from None
            except RulesChanged:
                if not ours:
                    raise
            finally:
                if ours:
                    count_off()

        def decide() -> Callable[[], int]:
            where = self._target(path)
            return lambda: self.base.write_bytes(where, data, append=append, expected_version=expected_version)

        return self._decided(path, decide)

    def mkdir(self, path: str, *, parents: bool = True, exist_ok: bool = True) -> None:
        def decide() -> Callable[[], None]:
            self._target(path)  # and then the name as it was written: a directory is not made through a dangling link
            return lambda: self.base.mkdir(path, parents=parents, exist_ok=exist_ok)

        self._decided(path, decide)

    def remove(self, path: str, *, recursive: bool = False, expected_version: int | None = None) -> None:
        def decide() -> Callable[[], None]:
            where, _ = self._seen(path, follow=False)
            self._check_whole(where)
            return lambda: self.base.remove(where, recursive=recursive, expected_version=expected_version)

        self._decided(path, decide)

    def copy(self, source: str, destination: str, *, overwrite: bool = False) -> None:
        def decide() -> Callable[[], None]:
            start, _ = self._seen(source, follow=False)
            end = self._target(destination, follow=False)
            self._check_whole(end)
            if self._sees_whole(start):
                return lambda: self.base.copy(start, end, overwrite=overwrite)
            moment = self.base.snapshot()
            kept = frozenset(path for path, _ in seen_below(self, start, moment))
            return lambda: self.base.copy_kept(moment, start, end, kept, overwrite=overwrite)

        self._decided(source, decide)

    def move(
        self, source: str, destination: str, *, overwrite: bool = False, expected_version: int | None = None
    ) -> None:
        def decide() -> Callable[[], None]:
            start, _ = self._seen(source, follow=False)
            end = self._target(destination, follow=False)
            self._check_whole(start)
            self._check_whole(end)
            return lambda: self.base.move(start, end, overwrite=overwrite, expected_version=expected_version)

        self._decided(source, decide)

    def symlink(self, target: str, path: str) -> None:
        def decide() -> Callable[[], None]:
            where = self._target(path, follow=False)
            return lambda: self.base.symlink(target, where)

        self._decided(path, decide)

    def write_many(self, items: Iterable[Item], *, overwrite: bool = False) -> None:
        given = tuple(items)

        def decide() -> Callable[[], None]:
            for item in given:
                if self._target(item.path, follow=False) != item.path:
                    raise InvalidPath(item.path, "not in normal form, or the way there leads through a link")
            return partial(self.base.write_many, given, overwrite=overwrite)

        self._decided(paths.ROOT, decide)

    def chmod(self, path: str, mode: int) -> None:
        self._decided(path, lambda: partial(self.base.chmod, self._seen(path)[0], mode))

    def utime(self, path: str, modified_at: datetime | None = None) -> None:
        self._decided(path, lambda: partial(self.base.utime, self._seen(path)[0], modified_at))

    def invalidate(self, path: str) -> None:
        self.base.invalidate(self._seen(path)[0])

    # ------------------------------------------------------------ events and history

    def diff(self, before: Snapshot | str, after: Snapshot | str | None = None) -> list[Change]:
        """What differs of what is seen now, and was to be seen, or was not there, at both moments."""
        old, new = self._moment(before), self._moment(after) if after is not None else None
        moments = [None, old] if new is None else [None, old, new]
        return seen(self.base.diff(old, new), lambda path: all(self._shows(path, each) for each in moments))

    def at(self, snapshot: Snapshot | str) -> FileSystem:
        return View(self.base.at(self._moment(snapshot)), AlsoNow(self._rule, self._shows))

    def rebase(self, base: FileSystem) -> None:
        super().rebase(base)
        self._decisions = NOTHING

    def _check_permitted(self, record: JournalRecord) -> None:
        if not self._shows(record.path) or not (record.source is None or self._shows(record.source)):
            raise PermissionDenied(paths.ROOT, "a part of it can't be changed")
        self._check_whole(record.path)

    def told(self, changes: list[Change]) -> list[Change]:
        return seen(changes, self._shows)

    def log(self, limit: int | None = None) -> list[JournalRecord]:
        """The changes of what is seen, numbered among themselves."""
        records = self.base.log()
        since = {path: self._seen_since(path) for path in {record.path for record in records}}
        seen = [record for record in records if record.at_ns > since[record.path]]
        last = seen if limit is None else seen[max(len(seen) - limit, 0) :]
        return [self._told(record, number) for number, record in enumerate(last, len(seen) - len(last) + 1)]

    def _seen_since(self, path: str) -> float:
        """The stamp after which a path was never hidden; infinite if it is now."""
        if not self._shows(path):
            return math.inf
        hidden = (
            grave.at
            for each in (*paths.ancestors(path), path)
            for grave in self.base.graves(each)
            if not self._rule.allows(each, grave.rules.policy or OPEN, grave.rules.metadata)
        )
        return max(hidden, default=0)

    def _told(self, record: JournalRecord, number: int) -> JournalRecord:
        hidden = record.source is not None and not self._shows(record.source)
        return record._replace(sequence=number, source=None if hidden else record.source)

    # ------------------------------------------------------------ for views in front

    def plain_directory(self, path: str) -> Directory | None:
        epoch = self._epoch.number
        directory = self.base.plain_directory(path)
        if directory is None or self._covers is None:
            return None
        known = self._decisions
        seen = known.covered.get(path) if known.epoch == epoch else None
        return directory if seen or (seen is None and self._decide(path, epoch)) else None

    def inspect(self, path: str, at: Snapshot | None = None) -> Inspected | None:
        if at is not None:
            return self.base.inspect(path, at) if self._shows(path, at) else None
        where, stat = self._follow(path, last=False)
        if stat is None and not self._shows(where):
            return None
        found = super().inspect(where)
        return found and self._through(where, found)

    def survey(self, path: str, at: Snapshot | None = None) -> list[tuple[DirEntry, Inspected]]:
        if at is not None:
            return self._survey(path, at) if self._shows(path, at) else []
        found = [(entry, self._through(entry.path, each)) for entry, each in self._survey(self._seen(path)[0])]
        return [(entry._replace(stat=each.stat or entry.stat), each) for entry, each in found]

    def copy_kept(
        self, moment: Snapshot, source: str, destination: str, kept: frozenset[str], *, overwrite: bool = False
    ) -> None:
        def decide() -> Callable[[], None]:
            end = self._target(destination, follow=False)
            self._check_whole(end)
            if not self._shows(source, moment):
                raise NotFound(source)
            seen = self._kept(moment, kept)
            return lambda: self.base.copy_kept(moment, source, end, seen, overwrite=overwrite)

        self._decided(source, decide)

    def restore_kept(self, moment: Snapshot, changes: Sequence[Change], kept: frozenset[str]) -> None:
        def decide() -> Callable[[], None]:
            for change in changes:
                if not (self._shows(change.path) and self._shows(change.path, moment)):
                    raise PermissionDenied(change.path)
                self._check_whole(change.path)
            return partial(self.base.restore_kept, moment, changes, self._kept(moment, kept))

        self._decided(paths.ROOT, decide)

    def _kept(self, moment: Snapshot, paths_kept: frozenset[str]) -> frozenset[str]:
        return frozenset(path for path in paths_kept if self._shows(path, moment))

    def _through(self, path: str, found: Inspected) -> Inspected:
        """What a view in front is told of a node that is seen."""
        if found.stat is None or not found.stat.is_dir:
            return found
        shown = self._as_seen(path, found)
        return found._replace(stat=shown, plain_stamp=shown.stamp)

    # ------------------------------------------------------------ the rule

    def _follow(self, path: str, *, last: bool = True) -> tuple[str, Stat | None]:
        """Where a path leads, and what is seen there; what is hidden on the way is absent."""
        with reading_as(self):
            return links.follow(paths.normalize(path), self._describe, hops=self.limits.link_hops, last=last)

    def _describe(self, path: str) -> Stat | None:
        found = self.base.inspect(path)
        return found.stat if found is not None and self._allows(path, found) else None

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

    def _shows(self, path: str, at: Snapshot | None = None) -> bool:
        """Say whether a normal path is, or was, to be seen, or would be, with all above it."""
        with reading_as(self):
            found = ((each, self.base.inspect(each, at)) for each in (*paths.ancestors(path), path))
            return all(known is not None and self._allows(each, known) for each, known in found)

    def _allows(self, path: str, found: Inspected) -> bool:
        return self._rule.allows(path, found.policy, found.metadata)

    def _survey(self, path: str, at: Snapshot | None = None) -> list[tuple[DirEntry, Inspected]]:
        """What is seen in a directory that is itself seen."""
        with reading_as(self):
            return [(entry, found) for entry, found in self.base.survey(path, at) if self._allows(entry.path, found)]

    def _decided(self, path: str, decide: Callable[[], Callable[[], T]]) -> T:
        """Make a change that is decided about; how much the whole tree holds is not said."""
        try:
            return decided(path, self._epoch, decide)
        except NoSpace as error:
            raise full(error) from None

    # ------------------------------------------------------------ what was decided

    def _known(self) -> Decisions:
        """The decisions that still hold: none once any rule of the tree has changed."""
        epoch = self._epoch.number
        if self._decisions.epoch != epoch:
            self._decisions = Decisions(epoch)
        return self._decisions

    def _decide(self, path: str, epoch: int) -> bool:
        """Find out whether all is seen in a plain directory that has no rules of its own."""
        assert self._covers is not None
        at = path or paths.ROOT
        seen = self._covers(at, OPEN) and self._shows(at)
        known = self._known()
        if known.epoch == epoch:
            known.keep(known.covered, path, seen)
        return seen and known.epoch == epoch

    def _plain_entries(self, path: str) -> list[DirEntry] | None:
        """What is seen in a directory of which most is known to be; None: ask the long way."""
        known = self._known()
        if not self._is_plain_directory(path):
            return None
        hidden = self._ruled_in("" if path == paths.ROOT else path, known).hidden
        entries = super().ls(path)
        if known.epoch != self._epoch.number:
            return None
        return [entry for entry in entries if entry.name not in hidden] if hidden else entries

    def _plain_names(self, path: str) -> list[str] | None:
        """The same for names alone, which are asked for often."""
        known = self._known()
        hidden = known.listed.get(path) if isinstance(path, str) else None
        if hidden is None:
            if not self._is_plain_directory(path):
                return None
            hidden = self._ruled_in("" if path == paths.ROOT else path, known).hidden
            known.keep(known.listed, path, hidden)
        names = self.base.listdir(path)
        if known.epoch != self._epoch.number:
            return None
        if len(hidden) > _FEW:
            return [name for name in names if name not in hidden]
        for name in hidden:
            with suppress(ValueError):  # it went meanwhile
                names.remove(name)
        return names

    def _ruled_in(self, path: str, known: Decisions) -> Ruled:
        """What in a directory that is seen has rules of its own; the root's path is empty."""
        ruled = known.ruled.get(path)
        if ruled is None:
            directory = self.plain_directory(path)
            ruled = self._find_ruled(path) if directory is None else self._ruled_among(path, ruled_names(directory))
            known.keep(known.ruled, path, ruled)
        return ruled

    def _ruled_among(self, path: str, names: list[str]) -> Ruled:
        """What of some names in a plain directory is seen; the others in it are."""
        asked = [(name, f"{path}/{name}", self.base.inspect(f"{path}/{name}")) for name in names]
        known = [(DirEntry(name, at, found.stat), found) for name, at, found in asked if found and found.stat]
        seen = tuple(entry for entry, found in known if self._allows(entry.path, found))
        return Ruled(seen, frozenset(names) - {entry.name for entry in seen})

    def _find_ruled(self, path: str) -> Ruled:
        with reading_as(self):
            found = self.base.survey(path or paths.ROOT)
        seen = tuple(entry for entry, each in found if each.ruled and self._allows(entry.path, each))
        return Ruled(seen, frozenset(entry.name for entry, each in found if not self._allows(entry.path, each)))

    def _plain_face(self, path: str) -> Stat | None:
        """Describe a plain directory as it is seen; None: ask the long way."""
        known, key = self._known(), "" if path == paths.ROOT else path
        directory = self.plain_directory(key) if isinstance(path, str) else None
        if directory is None:
            return None
        seen = self._ruled_in(key, known).seen
        shown = face_of(describe(directory, self.tree_id), directory.plain_stamp, seen)
        return shown if known.epoch == self._epoch.number else None

    def _as_seen(self, path: str, found: Inspected) -> Stat:
        """Describe a node that is seen; a directory as if what is hidden in it had never been."""
        stat = found.stat
        assert stat is not None
        if not stat.is_dir or stat.dynamic:
            return stat
        try:
            if self._covers is None or not self._covers(path, found.policy):
                return face_of(stat, stat.created_ns, [entry for entry, _ in self._survey(path)])
            return face_of(stat, found.plain_stamp, self._ruled_in(path.rstrip("/"), self._known()).seen)
        except PathError:  # it may not be listed, or is gone: nothing in it is seen
            return face_of(stat, stat.created_ns, [])

    # ------------------------------------------------------------ subtrees with something hidden

    def _sees_whole(self, path: str) -> bool:
        """Say whether all below a path is seen; what a provider would name is not asked for."""
        pending = [path]
        while pending:
            below = self._whole_below(pending.pop())
            if below is None:
                return False
            pending += below
        return True

    def _whole_below(self, path: str) -> list[str] | None:
        """The directories in one, or none for anything else; None if it holds something hidden."""
        known, key = self._known(), path.rstrip("/")
        directory = self.plain_directory(key)
        if directory is not None:
            hidden = self._ruled_in(key, known).hidden
            return None if hidden else [f"{key}/{name}" for name in tuple(directory.directories)]
        found = self.base.inspect(path)
        if found is None or found.stat is None or not found.stat.is_dir:
            return []
        if found.stat.dynamic:  # what its provider would name, and hide, is not asked for
            return None
        below = self.base.survey(path)
        if not all(self._allows(entry.path, each) for entry, each in below):
            return None
        return [entry.path for entry, _ in below if entry.is_dir]

    def _check_whole(self, path: str) -> None:
        """Refuse to take away or replace what holds something hidden."""
        if not self._sees_whole(path):
            raise PermissionDenied(paths.normalize(path))
