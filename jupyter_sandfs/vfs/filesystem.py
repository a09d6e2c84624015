"""The virtual file system: a tree in memory, with one path for every change.

A change is a plan (see `operations`): checked, announced to before-hooks without the lock, checked again and carried
out under the lock, then told to watches and after-hooks without it. Plain reads and writes in directories without
rules take a short cut through the tree's caches; it does the same, and a contract test compares the two.
"""

from __future__ import annotations

import itertools
import threading
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from functools import partial
from typing import Any, NamedTuple, TypeVar

from jupyter_sandfs import paths
from jupyter_sandfs.errors import (
    HookError,
    InvalidPath,
    InvalidRequest,
    IsADirectory,
    MergeConflict,
    NotADirectory,
    NotFound,
    PermissionDenied,
    ProviderError,
)
from jupyter_sandfs.storage.protocol import FileStorage
from jupyter_sandfs.vfs import batch, expectation, inventory, journal, operations, tarball
from jupyter_sandfs.vfs.batch import Item
from jupyter_sandfs.vfs.content import Link, Slice, append_to, data_of, size_of
from jupyter_sandfs.vfs.dump import dump, load
from jupyter_sandfs.vfs.entries import DirEntry, Stat, Stats, nanoseconds
from jupyter_sandfs.vfs.events import Hooks, Occasion, PathHook, Watch, WriteHook
from jupyter_sandfs.vfs.expectation import RulesChanged
from jupyter_sandfs.vfs.foundation import Foundation
from jupyter_sandfs.vfs.history import Snapshot, check_room, differences, moves_paired
from jupyter_sandfs.vfs.interface import FileSystem
from jupyter_sandfs.vfs.journal import Action, Batch, Change, Journal, JournalRecord
from jupyter_sandfs.vfs.limits import Limits
from jupyter_sandfs.vfs.lookup import Lookup, Place, Unserved, build
from jupyter_sandfs.vfs.merging import Merged, OnConflict, merge
from jupyter_sandfs.vfs.nodes import Directory, Extra, FileRecord, Node, describe, new_record, rules_of
from jupyter_sandfs.vfs.operations import Desk, Plan, Put, Step
from jupyter_sandfs.vfs.persistence import Persistence
from jupyter_sandfs.vfs.policy import Graves, NodePolicy
from jupyter_sandfs.vfs.providers import DirectoryMount, DirectoryProvider, FileMount, FileProvider
from jupyter_sandfs.vfs.reverting import Permit, revert
from jupyter_sandfs.vfs.tarball import Loaded
from jupyter_sandfs.vfs.tree import Tree
from jupyter_sandfs.vfs.views import View, ViewRule
from jupyter_sandfs.vfs.wrappers import ReadOnlyView

T = TypeVar("T")

_ROLLBACK = "rollback"
_PROCESS = uuid.uuid4().hex[:8]  # with a number it tells trees apart, at a cost that a fork doesn't feel
_NUMBERS = itertools.count(1)
_LINK_BYTES = 4096  # what a link may say, as PATH_MAX


class Done(NamedTuple):
    """A plan that was carried out.

    Attributes:
        numbers: of its steps in the journal.
    """

    steps: list[Step]
    occasion: Occasion
    numbers: range
    taken_back: Callable[[], None]


class VirtualFileSystem(Foundation):
    """A file system in memory.

    Args:
        storage: makes the tree durable: read at the start, written before a change is acknowledged.
        limits: how much it may hold.
        clock: gives the time in nanoseconds since 1970.
    """

    def __init__(
        self,
        storage: FileStorage | None = None,
        *,
        limits: Limits | None = None,
        clock: Callable[[], int] = time.time_ns,
    ) -> None:
        self._begin(Tree(clock), limits or Limits(), clock)
        if storage is not None:
            self._keep_in(storage)

    def _begin(self, tree: Tree, limits: Limits, clock: Callable[[], int], origin: Snapshot | None = None) -> None:
        self.id = f"{_PROCESS}{next(_NUMBERS):x}"
        self._limits, self._clock = limits, clock
        self._tree = tree
        self._lock = threading.RLock()
        self._acquire, self._release = self._lock.acquire, self._lock.release
        self._journal = Journal(limits)
        self._hooks = Hooks()
        self._watches: tuple[Watch, ...] = ()
        self._snapshots: dict[str, Snapshot] = {}
        self._graves = Graves()
        self._persistence: Persistence | None = None
        self._origin = origin
        self._guarded = origin is not None  # some node may carry a policy
        self._unobserved = True  # nobody has to be told of a write: the short cut may be taken

    def _keep_in(self, storage: FileStorage) -> None:
        self._persistence = Persistence(storage, self._tree)
        self._guarded = self._persistence.guarded
        self._look_out()

    def _with(self, tree: Tree, origin: Snapshot) -> VirtualFileSystem:
        """A file system in memory that starts with a tree of this one; without the cost of `__init__`."""
        fs = object.__new__(VirtualFileSystem)
        fs._begin(tree, self._limits, self._clock, origin)
        return fs

    @property
    def limits(self) -> Limits:
        return self._limits

    # ------------------------------------------------------------ questions

    def resolve(self, path: str) -> str:
        return self._locate(path).path

    def stat(self, path: str, *, follow: bool = True) -> Stat:
        try:
            head, _, name = path.rpartition("/")
            record = self._tree.plain[head].files[name]
        except (KeyError, TypeError, AttributeError):
            record = None
        if record is None or type(record.content) is Link:
            return describe(self._locate(path, follow=follow).require(), self.id)
        return describe(record, self.id)

    def ls(self, path: str = paths.ROOT) -> list[DirEntry]:
        place, nodes = self._ask(lambda lookup: self._list(lookup, path))
        base = place.path.rstrip("/")
        return [DirEntry(name, f"{base}/{name}", describe(node, self.id)) for name, node in sorted(nodes)]

    def listdir(self, path: str = paths.ROOT) -> list[str]:
        return [name for name, _ in self._ask(lambda lookup: self._list(lookup, path))[1]]

    def read_bytes(self, path: str) -> bytes:
        try:
            head, _, name = path.rpartition("/")
            record = self._tree.plain[head].files[name]
        except (KeyError, TypeError, AttributeError):
            return self._read(path)
        if type(record.content) is bytes and record.extra is None:
            return record.content
        return self._read(path)

    def get_policy(self, path: str) -> NodePolicy:
        place = self._locate(path, follow=False)
        gone = self._graves.rules(place.path) if place.node is None else None
        return (gone.policy if gone else None) or place.policy

    def metadata(self, path: str) -> Mapping[str, Any]:
        """What was attached to the node; empty for most."""
        extra = self._locate(path).require().extra
        return (extra.metadata if extra else None) or {}

    def scan(self, path: str = paths.ROOT, *, materialize: bool = False) -> Iterator[Item]:
        if materialize:
            return super().scan(path, materialize=True)
        return inventory.frozen(self._ask(lambda lookup: self._freeze(lookup, path)), self._joined)

    def stats(self) -> Stats:
        with self._lock:
            return Stats(self._tree.size, self._tree.files, self._tree.directories)

    # ------------------------------------------------------------ changes

    def write_bytes(self, path: str, data: bytes, *, append: bool = False, expected_version: int | None = None) -> int:
        if self._unobserved and type(data) is bytes:
            version = self._write_in_place(path, data, append=append, expected_version=expected_version)
            if version:
                return version
        wanted, content = paths.normalize(path), _plain_bytes(data)
        done = self._commit(
            "append" if append else "write",
            lambda desk: operations.write(desk, wanted, content, append=append, expected_version=expected_version),
        )
        record = done.steps[-1].after
        assert isinstance(record, FileRecord)
        return record.version

    def mkdir(self, path: str, *, parents: bool = True, exist_ok: bool = True) -> None:
        wanted = paths.normalize(path)
        self._commit("mkdir", lambda desk: operations.mkdir(desk, wanted, parents=parents, exist_ok=exist_ok))

    def remove(self, path: str, *, recursive: bool = False, expected_version: int | None = None) -> None:
        wanted = paths.normalize(path)
        self._commit(
            "remove",
            lambda desk: operations.remove(desk, wanted, recursive=recursive, expected_version=expected_version),
        )

    def copy(self, source: str, destination: str, *, overwrite: bool = False) -> None:
        start, end = paths.normalize(source), paths.normalize(destination)
        self._commit("copy", lambda desk: operations.copy(desk, start, end, overwrite=overwrite))

    def move(
        self, source: str, destination: str, *, overwrite: bool = False, expected_version: int | None = None
    ) -> None:
        start, end = paths.normalize(source), paths.normalize(destination)
        self._commit(
            "move",
            lambda desk: operations.move(desk, start, end, overwrite=overwrite, expected_version=expected_version),
        )

    def symlink(self, target: str, path: str) -> None:
        wanted = paths.normalize(path)
        size = _check_link_target(target)
        self._commit(
            "symlink",
            lambda desk: operations.put_new(desk, wanted, lambda: operations.link(desk.tree, target), size=size),
        )

    def write_many(self, items: Iterable[Item], *, overwrite: bool = False) -> None:
        given = tuple(items)  # they are looked at more than once
        self._commit("write_many", lambda desk: batch.graft(desk, given, overwrite=overwrite))

    def chmod(self, path: str, mode: int) -> None:
        self._edit("chmod", path, lambda extra: extra._replace(mode=mode & 0o7777))

    def utime(self, path: str, modified_at: datetime | None = None) -> None:
        when = nanoseconds(modified_at) if modified_at is not None else None
        self._edit("utime", path, lambda extra: extra._replace(modified_ns=when), touch=when is None)

    # ------------------------------------------------------------ rules and events

    def set_policy(self, path: str, policy: NodePolicy | None) -> None:
        self._guarded = True
        self._edit("policy", path, lambda extra: extra._replace(policy=policy), check=False)

    def mount_file(
        self,
        path: str,
        provider: FileProvider,
        *,
        ttl: float | None = None,
        metadata: Mapping[str, Any] | None = None,
    ) -> None:
        self._guarded = self._guarded or bool(metadata)
        mount, wanted = FileMount(provider, ttl, metadata), paths.normalize(path)
        self._commit(
            "mount", lambda desk: operations.put_new(desk, wanted, lambda: operations.dynamic_file(desk.tree, mount))
        )

    def mount_directory(
        self,
        path: str,
        provider: DirectoryProvider,
        *,
        ttl: float | None = None,
        metadata: Mapping[str, Any] | None = None,
    ) -> None:
        self._guarded = self._guarded or bool(metadata)
        mount, wanted = DirectoryMount(provider, ttl, metadata), paths.normalize(path)
        self._commit(
            "mount",
            lambda desk: operations.put_new(desk, wanted, lambda: operations.dynamic_directory(desk.tree, mount)),
        )

    def invalidate(self, path: str) -> None:
        with self._lock:
            try:
                place = Lookup(self._tree.root, self._limits, {}).locate(paths.normalize(path))
            except Unserved as signal:  # inside a dynamic directory: its listing is what there is to forget
                signal.mount.invalidate()
                return
            nodes = operations.whole(place.path, place.require())
        for _, node in list(nodes):
            mount = node.mount if isinstance(node, Directory) else node.content
            if isinstance(mount, FileMount | DirectoryMount):
                mount.invalidate()

    def register_write_hook(self, prefix: str, hook: WriteHook, *, before: bool = False) -> None:
        with self._lock:
            self._hooks.add(paths.normalize(prefix), hook, before=before)
            self._tree.forget()
            self._look_out()

    def register_path_hook(self, prefix: str, hook: PathHook, *, before: bool = False) -> None:
        with self._lock:
            self._hooks.add_path_hook(paths.normalize(prefix), hook, before=before)
            self._tree.forget()
            self._look_out()

    def watch(
        self,
        prefix: str = paths.ROOT,
        callback: Callable[[list[Change]], None] | None = None,
        *,
        interval: float = 0.1,
    ) -> Watch:
        watch = Watch(paths.normalize(prefix), callback, interval, self._unwatch)
        with self._lock:
            self._watches = (*self._watches, watch)
            self._look_out()
        return watch

    def _unwatch(self, watch: Watch) -> None:
        with self._lock:
            self._watches = tuple(each for each in self._watches if each is not watch)
            self._look_out()

    def _look_out(self) -> None:
        """Find out whether anybody has to be told of a write."""
        self._unobserved = not (self._watches or self._hooks or self._persistence or self._journal.pinned)

    def view(self, rule: ViewRule) -> View:
        """Give the file system as the rule lets it be seen."""
        return View(self, rule)

    # ------------------------------------------------------------ history

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
        target = self._moment(snapshot)
        if target.tree_id != self.id:
            raise NotFound(target.name or "snapshot", "it was taken of another file system")
        self._commit("restore", lambda desk: operations.restore(desk, target.root))

    def tarball(self, format_name: str, about: Mapping[str, Any]) -> Iterator[bytes]:
        """Give everything as it is now as a stream, for `tarball.read` and `adopt`; see `tarball.write`."""
        return tarball.write(self.snapshot().root, self._joined, format_name, about)

    def adopt(self, loaded: Loaded) -> None:
        """Put a tree that was loaded in place of everything, in one step; versions go on above the last ones seen."""
        self._guarded = True
        self._commit("load", lambda desk: tarball.replacing(desk, loaded.root))

    def diff(self, before: Snapshot | str, after: Snapshot | str | None = None) -> list[Change]:
        old = self._moment(before)
        new = self._moment(after) if after is not None else self.snapshot()
        return moves_paired(differences(old.root.directory, new.root.directory), old.root, new.root)

    def at(self, snapshot: Snapshot | str) -> FileSystem:
        target = self._moment(snapshot)
        return ReadOnlyView(self._with(Tree.of(target.root, self._clock), target))

    def fork(self) -> VirtualFileSystem:
        with self._lock:
            origin = Snapshot(None, self._tree.last_stamp, self.id, self._tree.freeze())
            return self._with(self._tree.fork(), origin)

    def merge(
        self, other: FileSystem, *, base: Snapshot | str | None = None, conflicts: OnConflict | str = "refuse"
    ) -> Merged:
        if not isinstance(other, VirtualFileSystem):
            raise InvalidRequest("what is merged is a file system of its own, such as a fork; not a view")
        how, found = _on_conflict(conflicts), list[str]()
        start = self._moment(base) if base is not None else self._common_origin(other)
        theirs = other.snapshot().root
        done = self._commit("merge", lambda desk: merge(desk, start.root, theirs, how, found))
        return Merged(sorted((step.change for step in done.steps), key=lambda change: change.path), found)

    def _common_origin(self, other: VirtualFileSystem) -> Snapshot:
        ours, theirs = self._origin, other._origin  # one of our kind
        if theirs is not None and theirs.tree_id == self.id:
            return theirs
        if ours is not None and ours.tree_id == other.id:
            return ours
        if ours is not None and theirs is not None and ours.root.directory is theirs.root.directory:
            return ours
        raise InvalidRequest("neither is a fork of the other: give the snapshot that both started from as base")

    def create_snapshot(self) -> bytes:
        return dump(self.snapshot().root.directory)

    def restore_snapshot(self, data: bytes) -> None:
        present = Tree.of(self.snapshot().root)
        root = load(data, self._limits, present.dynamic, now_ns=self._clock())
        self._guarded = True
        self._commit("restore", lambda desk: operations.restore(desk, root))

    def action(self, label: str = "", actor: str = "") -> AbstractContextManager[Action]:
        return journal.action(label, actor)

    @contextmanager
    def transaction(self, label: str = "", actor: str = "") -> Iterator[Action]:
        with self.action(label, actor) as action, self._pinned() as start:
            try:
                yield action
            except BaseException as error:
                self._roll_back(action, start, error)
                raise

    @contextmanager
    def _pinned(self) -> Iterator[int]:
        """Keep all of the journal from here on; gives the number of the next change."""
        with self._lock:
            start = self._journal.pin()
            self._look_out()
        try:
            yield start
        finally:
            with self._lock:
                self._journal.unpin()
                self._look_out()

    def undo(self, *, actor: str | None = None, permit: Permit | None = None) -> list[Change]:
        who, running = _acting(actor), journal.current()

        def plan(desk: Desk) -> Plan:
            batch = self._journal.last_action(who, besides=running)
            if not batch:
                raise InvalidRequest(f"{who} has nothing to undo")
            ready = self._taken_back(desk, batch, permit)
            ready.carried_out = lambda numbers: self._journal.undid(who, batch, numbers)
            ready.taken_back = lambda: self._journal.did_not_undo(who)
            return ready

        return self._revert("undo", who, plan)

    def redo(self, *, actor: str | None = None, permit: Permit | None = None) -> list[Change]:
        who = _acting(actor)

        def plan(desk: Desk) -> Plan:
            batch = self._journal.last_undone(who)
            if not batch:
                raise InvalidRequest(f"{who} has nothing to redo")
            ready = self._taken_back(desk, batch, permit)
            ready.carried_out = partial(self._redid, who, ready)
            return ready

        return self._revert("redo", who, plan)

    def _redid(self, actor: str, plan: Plan, numbers: range) -> None:
        undoing = self._journal.redid(actor, numbers)
        plan.taken_back = lambda: self._journal.did_not_redo(actor, undoing)

    def _revert(self, operation: str, actor: str, plan: Callable[[Desk], Plan]) -> list[Change]:
        with self._pinned(), journal.part(operation, actor):
            done = self._commit(operation, plan)
        return [step.change for step in done.steps]

    def _taken_back(self, desk: Desk, batch: Batch, permit: Permit | None = None) -> Plan:
        return revert(desk, batch, self._journal.since(batch[0][0]), permit)

    def _roll_back(self, action: Action, start: int, error: BaseException) -> None:
        """Take back what an action did since `start`, whole, and as if it had never been."""
        with self._lock:
            batch = self._journal.since(start, lambda entry: _is_part(entry.action, action))
        if not batch:
            return

        def plan(desk: Desk) -> Plan:
            ready = self._taken_back(desk, batch)
            ready.carried_out = lambda numbers: self._journal.cancel((*numbers, *(number for number, _ in batch)))
            return ready

        try:
            self._revert(_ROLLBACK, action.actor, plan)
        except MergeConflict as conflict:
            raise MergeConflict(conflict.paths, "not rolled back, because others changed it since") from error

    def log(self, limit: int | None = None) -> list[JournalRecord]:
        with self._lock:
            return self._journal.last(limit)

    def _moment(self, snapshot: Snapshot | str) -> Snapshot:
        if isinstance(snapshot, str):
            try:
                return self._snapshots[snapshot]
            except KeyError:
                known = ", ".join(self._snapshots) or "none yet"
                raise NotFound(snapshot, f"no snapshot has this name; there are: {known}") from None
        return snapshot

    # ------------------------------------------------------------ how reads are done

    def _locate(self, path: str, *, follow: bool = True) -> Place:
        wanted = paths.normalize(path)
        return self._ask(lambda lookup: lookup.locate(wanted, follow=follow))

    def _ask(self, question: Callable[[Lookup], T]) -> T:
        """Answer under the lock; providers that the way leads through are run without it, once a call each."""
        served: dict[DirectoryMount, Directory] = {}
        while True:
            with self._lock:
                try:
                    return question(Lookup(self._tree.root, self._limits, served))
                except Unserved as signal:
                    wanted = signal
            if len(served) >= self._limits.depth:
                raise ProviderError(wanted.path, "dynamic directories nest too deep")
            children = wanted.mount.value(wanted.path, self)
            with self._lock:
                served[wanted.mount] = build(children, self._tree.stamp())

    def _list(self, lookup: Lookup, path: str) -> tuple[Place, list[tuple[str, Node]]]:
        place = lookup.locate(paths.normalize(path))
        directory = place.require()
        if not isinstance(directory, Directory):
            raise NotADirectory(place.path)
        if not place.policy.readable:
            raise PermissionDenied(place.path)
        shown = lookup.children(directory, place.path)
        return place, [*shown.directories.items(), *shown.files.items()]

    def _read(self, path: str) -> bytes:
        place = self._locate(path)
        node = place.require()
        if isinstance(node, Directory):
            raise IsADirectory(place.path)
        if not place.policy.readable:
            raise PermissionDenied(place.path)
        if isinstance(node.content, FileMount):
            return node.content.value(place.path, self)
        assert isinstance(node.content, bytes | Slice)  # links were followed
        return self._joined(node.content)

    def _joined(self, content: bytes | Slice) -> bytes:
        with self._lock:  # joining a rope rearranges its chunks
            return data_of(content)

    def _freeze(self, lookup: Lookup, path: str) -> Place:
        """The place of something readable that does not change any more, whatever is written next."""
        place = lookup.locate(paths.normalize(path))
        place.require()
        if self._guarded or place.computed:
            inventory.check_readable(place)
        self._tree.freeze()
        return place

    # ------------------------------------------------------------ how changes are done

    def _commit(self, operation: str, plan: Callable[[Desk], Plan]) -> Done:
        """The one path of every change."""
        expected = expectation.take()
        if self._hooks:
            self._hooks.run(self._ask(lambda lookup: self._occasion(self._checked(plan, lookup))), before=True)
        done = self._ask(lambda lookup: self._carry_out(operation, self._checked(plan, lookup, expected)))
        try:
            self._hooks.run(done.occasion, before=False)
        except HookError as error:
            undone = self._take_back(done)
            raise HookError(error.path, error.reason, rolled_back=undone) from error
        return done

    def _checked(self, plan: Callable[[Desk], Plan], lookup: Lookup, expected: int | None = None) -> Plan:
        if expected is not None and expected != self._tree.epoch.number:
            raise RulesChanged
        desk = Desk(self._tree, lookup, self._limits, self._guarded)
        ready = plan(desk)
        operations.check_room(desk, ready)
        return ready

    def _carry_out(self, operation: str, plan: Plan) -> Done:
        if operation != _ROLLBACK:
            self._journal.check_room()
        occasion = self._occasion(plan)
        steps = self._put_all(plan.puts)
        if self._persistence is not None:
            try:
                self._persistence.save(steps)
            except BaseException:
                self._put_back(steps)
                raise
        first = self._journal.length + 1
        with journal.together(len(steps)):
            for step in steps:
                self._remember(operation, step, plan)
        numbers = range(first, self._journal.length + 1)
        plan.carried_out(numbers)
        self._tell(steps)  # under the lock, so that watches hear of changes in their order
        return Done(steps, occasion, numbers, plan.taken_back)

    def _occasion(self, plan: Plan) -> Occasion:
        return self._hooks.occasion(plan.writes, partial(plan.events, self._tree))

    def _put_all(self, puts: Iterable[Put]) -> list[Step]:
        steps: list[Step] = []
        try:
            for put in puts:
                node = put.make()
                filled = isinstance(node, Directory) and bool(node.files or node.directories)
                steps.append(Step(put.path, self._tree.put(put.path, node), node, filled))
        except BaseException:  # also an interrupt in the middle: all of it or nothing
            self._put_back(steps)
            raise
        return steps

    def _put_back(self, steps: list[Step]) -> None:
        for step in reversed(steps):
            self._tree.put(step.path, step.before)

    def _remember(self, operation: str, step: Step, plan: Plan) -> None:
        kept = 0
        if step.before is not None and not (plan.moves and step.path == plan.source):
            kept = journal.weight(self._tree.settle(step.before)) if step.after is None else _size(step.before)
        source = plan.source if step.path == plan.path else None
        self._journal.add(
            self._tree.last_stamp, operation, step.path, step.before, step.after, kept, source, filled=step.filled
        )
        if self._guarded:
            for path, node in operations.whole(step.path, step.before):
                if (rules := rules_of(node)) is not None:
                    self._graves.bury(path, rules, self._tree.last_stamp)

    def _take_back(self, done: Done) -> bool:
        """Undo a change if it is still what is there; versions go on, so that none stands for two contents."""
        with self._lock:
            made = [step for step in done.steps if _is_made_parent(step, done.steps[-1])]
            changed = [step for step in reversed(done.steps) if step not in made]
            if any(self._tree.get(step.path) is not step.after for step in changed):
                return False
            puts = [Put(step.path, partial(self._earlier, step)) for step in changed]
            before = self._journal.length
            self._carry_out(_ROLLBACK, Plan(done.steps[0].path, puts))
            for step in reversed(made):
                self._drop_empty(step.path)
            self._journal.cancel((*done.numbers, *range(before + 1, self._journal.length + 1)))
            done.taken_back()
        return True

    def _drop_empty(self, path: str) -> None:
        directory = self._tree.get_directory(path)
        if directory is not None and not (directory.files or directory.directories or directory.extra):
            self._carry_out(_ROLLBACK, Plan(path, [operations.take_away(path)]))

    def _earlier(self, step: Step) -> Node | None:
        if isinstance(step.before, FileRecord) and isinstance(step.after, FileRecord):
            return step.before._replace(version=step.after.version + 1, stamp=self._tree.stamp())
        return step.before

    def _tell(self, steps: list[Step]) -> None:
        for watch in self._watches:
            watch.tell([step.change for step in steps])

    def _edit(
        self, operation: str, path: str, change: Callable[[Extra], Extra], *, check: bool = True, touch: bool = False
    ) -> None:
        wanted = paths.normalize(path)
        self._commit(operation, lambda desk: operations.edit(desk, wanted, change, check=check, touch=touch))

    # ------------------------------------------------------------ the short cut

    def _write_in_place(self, path: str, data: bytes, *, append: bool, expected_version: int | None) -> int:
        """Write a plain file in a directory that the tree may change in place; 0 means: take the long way."""
        head, slash, name = path.rpartition("/")
        if not slash:  # a relative path: the journal wants the normal one
            return 0
        self._acquire()
        try:
            tree = self._tree
            directory = tree.owned.get(head)
            if directory is None:
                return 0
            before = directory.files.get(name)
            if before is None:
                return self._create_in_place(directory, path, name, data, expected_version, append=append)
            old = before.content
            if before.extra is not None or not isinstance(old, bytes | Slice):
                return 0
            grown = len(data) if append else len(data) - size_of(old)
            if expected_version not in (None, before.version) or not self._fits(size_of(old) + grown, grown):
                return 0
            stamp, version = tree.stamp(), before.version + 1
            content = append_to(old, data) if append else data
            after = directory.files[name] = new_record((content, stamp, version, before.created_ns, None))
            if version > tree.highest_version:  # noqa: PLR1730  # max() costs a call on the path of every write
                tree.highest_version = version
            directory.own_bytes += grown
            tree.size += grown
            if append:  # what was there is part of what is there
                self._journal.add(stamp, "append", path, before, after)
            else:
                self._journal.add(stamp, "write", path, before, after, size_of(old))
            return version
        finally:
            self._release()

    def _create_in_place(
        self, directory: Directory, path: str, name: str, data: bytes, expected_version: int | None, *, append: bool
    ) -> int:
        tree, limits = self._tree, self._limits
        plain = name.isalnum() or name.replace(".", "").replace("_", "").replace("-", "").isalnum()
        if expected_version or not plain or len(name) * 4 > limits.name_bytes or name in directory.directories:
            return 0
        if tree.files + tree.directories >= limits.nodes or path.count("/") > limits.depth:
            return 0
        if not self._fits(len(data), len(data)):
            return 0
        stamp, version = tree.stamp(), tree.next_version(path, None)
        after = directory.files[name] = new_record((data, stamp, version, stamp, None))
        directory.stamp = directory.plain_stamp = stamp
        tree.files += 1
        tree.highest_version = max(tree.highest_version, version)
        directory.own_bytes += len(data)
        tree.size += len(data)
        self._journal.add(stamp, "append" if append else "write", path, None, after)
        return version

    def _fits(self, size: int, grown: int) -> bool:
        return size <= self._limits.file_bytes and self._tree.size + grown <= self._limits.total_bytes


def _size(node: Node) -> int:
    return 0 if isinstance(node, Directory) else size_of(node.content)


def _plain_bytes(data: object) -> bytes:
    """Content that nobody else can change: bytes as they are, other buffers copied."""
    if type(data) is bytes:
        return data
    if isinstance(data, bytes | bytearray | memoryview):
        return bytes(data)
    raise InvalidRequest(f"content is bytes, not {type(data).__name__}; write_file takes text")


def _check_link_target(target: str) -> int:
    """Refuse what no path can be; gives the target's size in bytes."""
    paths.normalize(target)
    size = len(target.encode())
    if not 0 < size <= _LINK_BYTES:
        raise InvalidPath(target[:40], f"a link says 1 to {_LINK_BYTES} bytes")
    return size


def _on_conflict(conflicts: OnConflict | str) -> OnConflict:
    try:
        return OnConflict(conflicts)
    except ValueError:
        raise InvalidRequest(f"conflicts is one of {', '.join(OnConflict)}, not {conflicts!r:.40}") from None


def _acting(actor: str | None) -> str:
    """Who acts: the actor named, else that of the running action, else the owner."""
    running = journal.current()
    return actor or (running.actor if running else journal.OWNER)


def _is_part(action: Action | None, whole: Action) -> bool:
    return action is not None and (action is whole or _is_part(action.whole, whole))


def _is_made_parent(step: Step, last: Step) -> bool:
    """Say whether a step only made a directory for the last one."""
    return step.before is None and isinstance(step.after, Directory) and paths.is_child_of(last.path, step.path)
