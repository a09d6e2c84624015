"""Moments and the way back: snapshots, forks, merges, undo and transactions."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from typing import Any, Self

from jupyter_sandfs import paths
from jupyter_sandfs.errors import (
    InvalidRequest,
    MergeConflict,
    NoSpace,
    NotFound,
)
from jupyter_sandfs.vfs import actions, journal, operations
from jupyter_sandfs.vfs.actions import Action, Change
from jupyter_sandfs.vfs.archives import tarball
from jupyter_sandfs.vfs.archives.tarball import Loaded
from jupyter_sandfs.vfs.commits import ROLLBACK, Commits
from jupyter_sandfs.vfs.dump import dump, load
from jupyter_sandfs.vfs.history import (
    Origin,
    Pair,
    Snapshot,
    changes_of,
    check_room,
    new_origin,
    pairs,
    pairs_by_directory,
)
from jupyter_sandfs.vfs.interface import FileSystem
from jupyter_sandfs.vfs.journal import Batch, JournalRecord
from jupyter_sandfs.vfs.merging import Merged, OnConflict, merge
from jupyter_sandfs.vfs.operations import Desk, Plan
from jupyter_sandfs.vfs.reverting import Permit, revert
from jupyter_sandfs.vfs.rewinding import as_before, rewind
from jupyter_sandfs.vfs.tree import Root, Tree
from jupyter_sandfs.vfs.views.expectation import RulesChanged, decided
from jupyter_sandfs.vfs.views.readonly import ReadOnlyView

_AT_ONCE = 2_000  # changed directories that are compared under the lock


class Timeline(Commits):
    """The part of the file system in memory that knows of its past."""

    # ------------------------------------------------------------ moments

    def snapshot(self, name: str | None = None) -> Snapshot:
        with self._lock:
            check_room(self._snapshots, name, self._limits.snapshots)
            taken = Snapshot(name, self._tree.stamp(), self.id, self._tree.freeze())
            if name is not None:
                self._snapshots.pop(name, None)
                self._snapshots[name] = taken
        return taken

    def snapshots(self) -> list[Snapshot]:
        return list(self._snapshots.values())

    def drop_snapshot(self, name: str) -> None:
        with self._lock:
            self._moment(name)
            del self._snapshots[name]

    def restore(self, snapshot: Snapshot | str) -> None:
        target = self._known(self._moment(snapshot))
        with self._lock:
            # The journal tells of no other's moments, and the short way counts for nobody.
            near = target.tree_id == self.id and actions.allowed() is None
            if near and self._unobserved and rewind(self._tree, self._journal, self._limits, target):
                return
        self._commit("restore", lambda desk: operations.restore(desk, target.root))

    def diff(self, before: Snapshot | str, after: Snapshot | str | None = None) -> list[Change]:
        old = self._moment(before)
        if after is not None:
            found = pairs(old.root.directory, self._moment(after).root.directory)
        else:
            found = self._pairs_since(old)
        return changes_of(found)  # without the lock: it may have to look at contents

    def _pairs_since(self, moment: Snapshot) -> list[Pair]:
        """What differs now; the tree is not frozen for it, as long as it takes no time."""
        with self._lock:
            written = self._journal.overwritten_since(moment.at_ns) if moment.tree_id == self.id else None
            if written is not None:
                return [Pair(*each) for each in written]
            walk = pairs_by_directory(moment.root.directory, self._tree.root)
            found = list(itertools.chain.from_iterable(itertools.islice(walk, _AT_ONCE)))
            if next(walk, None) is None:
                return found
        return pairs(moment.root.directory, self.snapshot().root.directory)

    def at(self, snapshot: Snapshot | str) -> FileSystem:
        target = self._moment(snapshot)
        return ReadOnlyView(self._with(Tree.of(target.root, self._clock), target))

    def _moment(self, snapshot: Snapshot | str) -> Snapshot:
        if isinstance(snapshot, str):
            try:
                return self._snapshots[snapshot]
            except KeyError:
                known = ", ".join(self._snapshots) or "none yet"
                raise NotFound(snapshot, f"no snapshot has this name; there are: {known}") from None
        return snapshot

    def moment(self, sequence: int) -> Snapshot:
        """Give the tree as it was after a change of the journal; 0 is before the first. One step is not parted.

        Costs what was changed since; for the owner, so views do not have it.

        Raises:
            NotFound: there is no such change yet.
            LimitExceeded: the journal no longer holds what is needed.
        """
        with self._lock:
            at_ns, later = self._journal.after(sequence)
            root = self._tree.freeze()
        return Snapshot(None, at_ns, self.id, as_before(root, later))

    def _known(self, moment: Snapshot) -> Snapshot:
        """A snapshot of this file system, or of that of which it is a fork. Raises NotFound."""
        if moment.tree_id == self.id or (self._origin is not None and moment.tree_id == self._origin.tree_id):
            return moment
        raise NotFound(moment.name or "snapshot", "it was taken of another file system")

    def _with(self, tree: Tree, origin: Snapshot | Origin) -> Self:
        """A file system in memory that starts with a tree of this one; without the cost of `__init__`."""
        fs = object.__new__(type(self))
        fs._begin(tree, self._limits, self._clock, origin)
        return fs

    # ------------------------------------------------------------ whole trees

    def create_snapshot(self) -> bytes:
        return dump(self.snapshot().root.directory)

    def restore_snapshot(self, data: bytes) -> None:
        present = Tree.of(self.snapshot().root)
        root = load(data, self._limits, present.dynamic, now_ns=self._clock())
        self._guarded = True
        self._commit("restore", lambda desk: operations.restore(desk, root))

    def tarball(self, format_name: str, about: Mapping[str, Any]) -> Iterator[bytes]:
        """Give everything as it is now as a stream, for `tarball.read` and `adopt`; see `tarball.write`."""
        return tarball.write(self.snapshot().root, self._joined, format_name, about)

    def adopt(self, loaded: Loaded) -> None:
        """Put a tree that was loaded in place of everything, in one step; versions go on above the last ones seen."""
        self._guarded = True
        self._commit("load", lambda desk: tarball.replacing(desk, loaded.root))

    # ------------------------------------------------------------ forks

    def fork(self, at: Snapshot | str | None = None) -> Self:
        then = None if at is None else self._known(self._moment(at)).root
        with self._lock:
            start = self._tree.freeze() if then is None else then
            return self._with(self._tree.fork(start), new_origin((self.id, start)))

    def merge(
        self, other: FileSystem, *, base: Snapshot | str | None = None, conflicts: OnConflict | str = "refuse"
    ) -> Merged:
        if not isinstance(other, Timeline):
            raise InvalidRequest("what is merged is a file system of its own, such as a fork; not a view")
        how, found = _on_conflict(conflicts), list[str]()
        start = self._moment(base).root if base is not None else self._common_origin(other)
        theirs = other.snapshot().root
        done = self._commit("merge", lambda desk: merge(desk, start, theirs, how, found))
        return Merged(sorted((step.change for step in done.steps), key=lambda change: change.path), found)

    def _common_origin(self, other: Timeline) -> Root:
        ours, theirs = self._origin, other._origin  # one of our kind
        if theirs is not None and theirs.tree_id == self.id:
            return theirs.root
        if ours is not None and ours.tree_id == other.id:
            return ours.root
        if ours is not None and theirs is not None and ours.root.directory is theirs.root.directory:
            return ours.root
        raise InvalidRequest("neither is a fork of the other: give the snapshot that both started from as base")

    # ------------------------------------------------------------ actions

    def action(self, label: str = "", actor: str = "") -> AbstractContextManager[Action]:
        return actions.action(label, actor)

    @contextmanager
    def transaction(self, label: str = "", actor: str = "") -> Iterator[Action]:
        with self.action(label, actor) as action, self._pinned() as start, self._holding(action) as release:
            try:
                yield action
                release()
            except BaseException as error:
                self._roll_back(action, start, error)
                raise

    @contextmanager
    def _holding(self, action: Action) -> Iterator[Callable[[], None]]:
        """Hold changes back from the storage; what is given, and the end, hand them over in one step.

        Inside of another transaction nothing is handed over: that one does it.
        """

        def release() -> None:
            with self._lock:
                if outermost and self._persistence is not None:
                    self._persistence.release()

        with self._lock:
            outermost = not any(action.is_part_of(each) for each in self._transactions)
            self._transactions.append(action)
        try:
            yield release
        finally:
            with self._lock:
                self._transactions.remove(action)
                release()

    def undo(self, *, actor: str | None = None, permit: Permit | None = None) -> list[Change]:
        who, running = _acting(actor), actions.current()

        def plan(desk: Desk, batch: Batch) -> Plan:
            ready = self._taken_back(desk, batch)
            ready.carried_out = lambda numbers: self._journal.undid(who, batch, numbers)
            ready.taken_back = lambda: self._journal.did_not_undo(who)
            return ready

        return self._permitted("undo", who, lambda: self._journal.last_action(who, besides=running), plan, permit)

    def redo(self, *, actor: str | None = None, permit: Permit | None = None) -> list[Change]:
        who = _acting(actor)

        def plan(desk: Desk, batch: Batch) -> Plan:
            ready = self._taken_back(desk, batch)
            ready.carried_out = partial(self._redid, who, ready)
            return ready

        return self._permitted("redo", who, lambda: self._journal.last_undone(who), plan, permit)

    @property
    def sequence(self) -> int:
        """The number of the last change in the journal."""
        return self._journal.length

    def log(self, limit: int | None = None) -> list[JournalRecord]:
        with self._lock:
            return self._journal.last(limit)

    def _redid(self, actor: str, plan: Plan, numbers: range) -> None:
        undoing = self._journal.redid(actor, numbers)
        plan.taken_back = lambda: self._journal.did_not_redo(actor, undoing)

    def _permitted(
        self,
        operation: str,
        actor: str,
        find: Callable[[], Batch],
        plan: Callable[[Desk, Batch], Plan],
        permit: Permit | None,
    ) -> list[Change]:
        """Take back, or bring back, what is found; where leave is needed it is asked for without the lock."""

        def found() -> Batch:
            batch = find()
            if not batch:
                raise InvalidRequest(f"{actor} has nothing to {operation}")
            return batch

        def decide() -> Callable[[], list[Change]]:
            with self._lock:
                asked = found()
            for number, entry in reversed(asked):
                permit(journal.record(number, entry))  # type: ignore[misc]  # only called where there is one

            def planned(desk: Desk) -> Plan:
                batch = found()
                if [number for number, _ in batch] != [number for number, _ in asked]:
                    raise RulesChanged  # something else is the last action now: it needs leave of its own
                return plan(desk, batch)

            return partial(self._revert, operation, actor, planned)

        if permit is None:
            return self._revert(operation, actor, lambda desk: plan(desk, found()))
        return decided(paths.ROOT, self._tree.epoch, decide)

    def _revert(self, operation: str, actor: str, plan: Callable[[Desk], Plan]) -> list[Change]:
        with self._pinned(), actions.part(operation, actor):
            done = self._commit(operation, plan)
        return [step.change for step in done.steps]

    def _taken_back(self, desk: Desk, batch: Batch) -> Plan:
        return revert(desk, batch, self._journal.since(batch[0][0]))

    def _roll_back(self, action: Action, start: int, error: BaseException) -> None:
        """Take back what an action did since `start`, whole, and as if it had never been."""
        with self._lock:
            batch = self._journal.since(
                start, lambda entry: entry.action is not None and entry.action.is_part_of(action)
            )
        if not batch:
            return

        def plan(desk: Desk) -> Plan:
            ready = self._taken_back(desk, batch)
            ready.carried_out = lambda numbers: self._journal.cancel((*numbers, *(number for number, _ in batch)))
            return ready

        try:
            self._revert(ROLLBACK, action.actor, plan)
        except MergeConflict as conflict:
            raise MergeConflict(conflict.paths, "not rolled back, because others changed it since") from error
        except NoSpace as full:
            raise type(full)(full.path, "not rolled back, because there is no room any more") from error


def _on_conflict(conflicts: OnConflict | str) -> OnConflict:
    try:
        return OnConflict(conflicts)
    except ValueError:
        raise InvalidRequest(f"conflicts is one of {', '.join(OnConflict)}, not {conflicts!r:.40}") from None


def _acting(actor: str | None) -> str:
    """Who acts: the actor named, else that of the running action, else the owner."""
    running = actions.current()
    return actor or (running.actor if running else actions.OWNER)
