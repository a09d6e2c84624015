"""The one path of every change, and the state of a file system that changes go to.

A change is a plan (see `operations`): checked, announced to before-hooks without the lock, checked again and carried
out under the lock, then told to watches and after-hooks without it.
"""

from __future__ import annotations

import itertools
import threading
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import NamedTuple, TypeVar

from jupyter_sandfs import paths
from jupyter_sandfs.errors import (
    HookError,
    NotADirectory,
    PermissionDenied,
    ProviderError,
)
from jupyter_sandfs.storage.protocol import FileStorage
from jupyter_sandfs.vfs import actions, journal, operations
from jupyter_sandfs.vfs.actions import Action, Change
from jupyter_sandfs.vfs.content import Slice, data_of, size_of
from jupyter_sandfs.vfs.events import Hooks, Occasion, PathHook, Watch, WriteHook
from jupyter_sandfs.vfs.foundation import Foundation
from jupyter_sandfs.vfs.history import Origin, Snapshot
from jupyter_sandfs.vfs.journal import Journal
from jupyter_sandfs.vfs.limits import Limits
from jupyter_sandfs.vfs.lookup import Lookup, Place, Unserved, build
from jupyter_sandfs.vfs.nodes import Directory, FileRecord, Node, is_ruled, rules_of
from jupyter_sandfs.vfs.operations import Desk, Plan, Put, Step
from jupyter_sandfs.vfs.persistence import Persistence
from jupyter_sandfs.vfs.policy import Graves
from jupyter_sandfs.vfs.providers import DirectoryMount
from jupyter_sandfs.vfs.tree import Tree
from jupyter_sandfs.vfs.views import expectation
from jupyter_sandfs.vfs.views.expectation import Expectation, RulesChanged

T = TypeVar("T")

ROLLBACK = "rollback"
_PROCESS = uuid.uuid4().hex[:8]  # with a number it tells trees apart, at a cost that a fork doesn't feel
_NUMBERS = itertools.count(1)


class Done(NamedTuple):
    """A plan that was carried out.

    Attributes:
        numbers: of its steps in the journal.
    """

    steps: list[Step]
    occasion: Occasion
    numbers: range
    taken_back: Callable[[], None]


class Commits(Foundation):
    """What a file system consists of, and how it is looked at and changed."""

    def _begin(
        self, tree: Tree, limits: Limits, clock: Callable[[], int], origin: Snapshot | Origin | None = None
    ) -> None:
        self.id = f"{_PROCESS}{next(_NUMBERS):x}"
        self._limits, self._clock = limits, clock
        self._tree, self._plain = tree, tree.plain
        self._lock = threading.RLock()
        self._acquire, self._release = self._lock.acquire, self._lock.release
        self._journal = Journal(limits)
        self._note = self._journal.append  # bound once, because every write calls it
        self._hooks = Hooks()
        self._watches: tuple[Watch, ...] = ()
        self._snapshots: dict[str, Snapshot] = {}
        self._graves = Graves()
        self._persistence: Persistence | None = None
        self._transactions: list[Action] = []
        self._origin = origin
        self._guarded = origin is not None  # some node may carry a policy
        self._unobserved = True  # nobody has to be told of a write: the short cut may be taken

    def _keep_in(self, storage: FileStorage) -> None:
        self._persistence = Persistence(storage, self._tree)
        self._guarded = self._persistence.guarded
        self._look_out()

    @property
    def limits(self) -> Limits:
        return self._limits

    # ------------------------------------------------------------ looking

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

    def _joined(self, content: bytes | Slice) -> bytes:
        with self._lock:  # joining a rope rearranges its chunks
            return data_of(content)

    # ------------------------------------------------------------ changing

    def _commit(self, operation: str, plan: Callable[[Desk], Plan]) -> Done:
        """The one path of every change."""
        expected = expectation.take()
        if self._hooks:
            announced = self._ask(lambda lookup: self._occasion(self._checked(plan, lookup, expected)))
            self._hooks.run(announced, before=True)
            if expected is not None and not expected[1] and any(announced):
                expected = None
        done = self._ask(lambda lookup: self._carry_out(operation, self._checked(plan, lookup, expected)))
        try:
            self._hooks.run(done.occasion, before=False)
        except HookError as error:
            undone = self._take_back(done)
            raise HookError(error.path, error.reason, rolled_back=undone) from error
        return done

    def _checked(self, plan: Callable[[Desk], Plan], lookup: Lookup, expected: Expectation | None = None) -> Plan:
        if expected is not None and expected[0] != self._tree.epoch.number:
            raise RulesChanged
        desk = Desk(self._tree, lookup, self._limits, self._guarded)
        ready = plan(desk)
        operations.check_room(desk, ready)
        allowance = actions.allowed()
        if allowance is not None:
            allowance.check(ready.path, ready.size, ready.nodes)
        return ready

    def _carry_out(self, operation: str, plan: Plan) -> Done:
        if operation != ROLLBACK:
            self._journal.check_room()
        occasion = self._occasion(plan)
        self._tree.stamp()  # so that no change seems as old as the snapshot before it
        size, nodes = self._tree.size, self._tree.files + self._tree.directories
        steps = self._put_all(plan.puts)
        if self._persistence is not None:
            try:
                (self._persistence.hold if self._in_transaction() else self._persistence.save)(steps)
            except BaseException:
                self._put_back(steps)
                raise
        first = self._journal.length + 1
        with actions.together(len(steps)):
            for step in steps:
                self._remember(operation, step, plan)
        numbers = range(first, self._journal.length + 1)
        plan.carried_out(numbers)
        self._tell(steps)  # under the lock, so that watches hear of changes in their order
        allowance = actions.allowed()
        if allowance is not None:
            allowance.book(self._tree.size - size, self._tree.files + self._tree.directories - nodes)
        return Done(steps, occasion, numbers, plan.taken_back)

    def _in_transaction(self) -> bool:
        """Whether this thread's changes are part of a transaction of this file system."""
        running = actions.current()
        return any(running is not None and running.is_part_of(each) for each in self._transactions)

    def _occasion(self, plan: Plan) -> Occasion:
        return self._hooks.occasion([put.path for put in plan.puts], plan.writes, partial(plan.events, self._tree))

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
        source = plan.source if step.path == plan.path and step.after is not None else None
        self._journal.add(
            self._tree.last_stamp, operation, step.path, step.before, step.after, kept, source, filled=step.filled
        )
        if self._guarded and step.before is not None and is_ruled(step.before):
            for path, node in operations.whole(step.path, step.before):
                if (rules := rules_of(node)) is not None:
                    self._graves.bury(path, rules, self._tree.last_stamp)

    def _tell(self, steps: list[Step]) -> None:
        for watch in self._watches:
            watch.tell([step.change for step in steps])

    # ------------------------------------------------------------ taking back what an after-hook refused

    def _take_back(self, done: Done) -> bool:
        """Undo a change if it is still what is there; versions go on, so that none stands for two contents."""
        with self._lock:
            made = [step for step in done.steps if _is_made_parent(step, done.steps[-1])]
            changed = [step for step in reversed(done.steps) if step not in made]
            if any(self._tree.get(step.path) is not step.after for step in changed):
                return False
            puts = [Put(step.path, partial(self._earlier, step)) for step in changed]
            before = self._journal.length
            self._carry_out(ROLLBACK, Plan(done.steps[0].path, puts))
            for step in reversed(made):
                self._drop_empty(step.path)
            self._journal.cancel((*done.numbers, *range(before + 1, self._journal.length + 1)))
            done.taken_back()
        return True

    def _drop_empty(self, path: str) -> None:
        directory = self._tree.get_directory(path)
        if directory is not None and not (directory.files or directory.directories or directory.extra):
            self._carry_out(ROLLBACK, Plan(path, [operations.take_away(path)]))

    def _earlier(self, step: Step) -> Node | None:
        if isinstance(step.before, FileRecord) and isinstance(step.after, FileRecord):
            return step.before._replace(version=step.after.version + 1, stamp=self._tree.stamp())
        return step.before

    # ------------------------------------------------------------ who is told

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
        self._tree.watch([*self._hooks.prefixes, *(watch.prefix for watch in self._watches)])
        self._unobserved = not (self._persistence or self._journal.pinned)

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


def _size(node: Node) -> int:
    return 0 if isinstance(node, Directory) else size_of(node.content)


def _is_made_parent(step: Step, last: Step) -> bool:
    """Say whether a step only made a directory for the last one."""
    return step.before is None and isinstance(step.after, Directory) and paths.is_child_of(last.path, step.path)
