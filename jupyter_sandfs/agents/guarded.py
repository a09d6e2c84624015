"""A file system that holds an agent to its rules and its quota, whatever works on it.

That is tools, shell, snippets and host commands.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

from jupyter_sandfs import paths
from jupyter_sandfs.agents.questions import Asker, Operation
from jupyter_sandfs.agents.rules import Proposal, Rules, denied
from jupyter_sandfs.errors import PathError
from jupyter_sandfs.vfs import actions, textdiff
from jupyter_sandfs.vfs.actions import Action, Change
from jupyter_sandfs.vfs.batch import Item
from jupyter_sandfs.vfs.history import Snapshot
from jupyter_sandfs.vfs.interface import FileSystem
from jupyter_sandfs.vfs.journal import JournalRecord
from jupyter_sandfs.vfs.quotas import Allowance
from jupyter_sandfs.vfs.reverting import Permit
from jupyter_sandfs.vfs.views.administered import Administered
from jupyter_sandfs.vfs.views.view import View

Wanted = Iterable[tuple[Operation, str]]

_CONTENT = {"write", "append"}  # operations of the journal that concern one file


def guarded(fs: FileSystem, rules: Rules | None, asker: Asker, allowance: Allowance | None = None) -> FileSystem:
    """Give a file system as an agent may use it; what it may not read is hidden from it."""
    if rules is None:
        return fs if allowance is None else Guarded(fs, Rules(), asker, allowance)
    readable = View(fs, rules) if rules.stop(Operation.READ) is not None else fs
    return Guarded(readable, rules, asker, allowance)


class Guarded(Administered):
    """Checks each change against the rules before it is made, and lets it count against the agent's allowance.

    Paths are resolved first, and the change is made at the resolved path: no link leads around a rule. An agent's own
    changes come one after another, so that none can put a link in the way of another between the two.
    """

    def __init__(self, base: FileSystem, rules: Rules, asker: Asker, allowance: Allowance | None = None) -> None:
        super().__init__(base)
        self._rules, self._asker, self._allowance = rules, asker, allowance
        self._turn = threading.RLock()

    # ------------------------------------------------------------ changes

    def write_bytes(self, path: str, data: bytes, *, append: bool = False, expected_version: int | None = None) -> int:
        with self._changing():
            where = self.base.resolve(path)
            rule = self._rules.rule(Operation.WRITE, where)
            if rule is not None:
                # What is approved is this change of this version, no other.
                seen = self.base.version(where)
                self._check([(Operation.WRITE, where)], lambda: self._written(where, data, append=append))
                expected_version = seen if expected_version is None else expected_version
            return self.base.write_bytes(where, data, append=append, expected_version=expected_version)

    def mkdir(self, path: str, *, parents: bool = True, exist_ok: bool = True) -> None:
        with self._changing():
            where = self.base.resolve(path)
            if not (exist_ok and self.base.is_dir(where)):
                self._check([(Operation.WRITE, where)])
            self.base.mkdir(path, parents=parents, exist_ok=exist_ok)

    def remove(self, path: str, *, recursive: bool = False, expected_version: int | None = None) -> None:
        with self._changing():
            where = self._named(path)
            seen = self._shown(where, (Operation.DELETE, where))
            self._check(
                ((Operation.DELETE, each) for each in self._all(where, Operation.DELETE)), lambda: self._removed(where)
            )
            self.base.remove(
                where, recursive=recursive, expected_version=seen if expected_version is None else expected_version
            )

    def copy(self, source: str, destination: str, *, overwrite: bool = False) -> None:
        with self._changing():
            start, end = self._named(source), self._named(destination)
            self._check(self._arriving(start, end))
            self.base.copy(start, end, overwrite=overwrite)

    def move(
        self, source: str, destination: str, *, overwrite: bool = False, expected_version: int | None = None
    ) -> None:
        with self._changing():
            start, end = self._named(source), self._named(destination)
            leaving = [(Operation.DELETE, each) for each in self._all(start, Operation.DELETE)]
            seen = self._shown(start, (Operation.DELETE, start), (Operation.WRITE, end))
            self._check([*leaving, *self._arriving(start, end)], lambda: self._moved(start, end))
            self.base.move(
                start, end, overwrite=overwrite, expected_version=seen if expected_version is None else expected_version
            )

    def symlink(self, target: str, path: str) -> None:
        with self._changing():
            where = self._named(path)
            self._check([(Operation.WRITE, where)])
            self.base.symlink(target, where)

    def write_many(self, items: Iterable[Item], *, overwrite: bool = False) -> None:
        with self._changing():
            given = tuple(items)
            self._check((Operation.WRITE, self._named(item.path)) for item in given)
            self.base.write_many(given, overwrite=overwrite)

    def chmod(self, path: str, mode: int) -> None:
        with self._changing():
            where = self.base.resolve(path)
            self._check([(Operation.WRITE, where)])
            self.base.chmod(where, mode)

    def utime(self, path: str, modified_at: datetime | None = None) -> None:
        with self._changing():
            where = self.base.resolve(path)
            self._check([(Operation.WRITE, where)])
            self.base.utime(where, modified_at)

    # ------------------------------------------------------------ taking back

    def restore(self, snapshot: Snapshot | str) -> None:
        with self._changing():
            super().restore(snapshot)

    def restore_kept(self, moment: Snapshot, changes: Sequence[Change], kept: frozenset[str]) -> None:
        with self._changing():
            for change in changes:
                self._check_free(change.path)
            self.base.restore_kept(moment, changes, kept)

    def copy_kept(
        self, moment: Snapshot, source: str, destination: str, kept: frozenset[str], *, overwrite: bool = False
    ) -> None:
        with self._changing():
            end = self._named(destination)
            self._check_free(end)
            self.base.copy_kept(moment, source, end, kept, overwrite=overwrite)

    def _check_permitted(self, record: JournalRecord) -> None:
        if record.operation in _CONTENT:
            told = f"what '{record.operation}' did to {record.path} is undone, or done again; its content is not shown"
            self._check([(Operation.WRITE, record.path), (Operation.DELETE, record.path)], lambda: Proposal(told))
            return
        for path in filter(None, (record.path, record.source)):
            self._check_free(path)

    def _check_free(self, path: str) -> None:
        """Let pass where no rule can be in the way, at a path or below: what comes back there is not looked at."""
        for operation in (Operation.WRITE, Operation.DELETE):
            rule = self._rules.stops_below(operation, path)
            if rule is not None:
                raise denied(path, rule, "it may concern what would be taken back")

    def undo(self, *, actor: str | None = None, permit: Permit | None = None) -> list[Change]:
        with self._changing(actor or ""):
            return super().undo(actor=actor, permit=permit)

    def redo(self, *, actor: str | None = None, permit: Permit | None = None) -> list[Change]:
        with self._changing(actor or ""):
            return super().redo(actor=actor, permit=permit)

    # ------------------------------------------------------------ the quota

    @contextmanager
    def action(self, label: str = "", actor: str = "") -> Iterator[Action]:
        who = actor or self._asker.agent
        with actions.charged(self._allowance, label, who), super().action(label, who) as running:
            yield running

    @contextmanager
    def transaction(self, label: str = "", actor: str = "") -> Iterator[Action]:
        who = actor or self._asker.agent
        with actions.charged(self._allowance, label, who), super().transaction(label, who) as running:
            yield running

    @contextmanager
    def _changing(self, actor: str = "") -> Iterator[None]:
        """Wait for this agent's turn, and let what is done count."""
        with self._turn, actions.charged(self._allowance, "", actor or self._asker.agent):
            yield

    def rebase(self, base: FileSystem) -> None:
        """As any; a fork counts on its own from here, as it has room of its own."""
        super().rebase(base)
        self._allowance = self._allowance and self._allowance.copy()

    # ------------------------------------------------------------ the rules

    def _check(self, wanted: Wanted, propose: Callable[[], Proposal] = Proposal) -> None:
        self._rules.check(self._asker, wanted, propose)

    def _named(self, path: str) -> str:
        """The name itself, free of links on the way there."""
        normal = paths.normalize(path)
        if normal == paths.ROOT:
            return normal
        return paths.join(self.base.resolve(paths.parent(normal)), paths.name(normal))

    def _all(self, top: str, operation: Operation) -> Iterator[str]:
        """A path and all below it, if any rule says something of the operation; no link is followed."""
        yield top
        if self._rules.stop(operation) is None or self.base.is_symlink(top) or not self.base.is_dir(top):
            return
        for at, directories, names in self.base.walk(top):
            yield from (paths.join(at, name) for name in (*directories, *names))

    def _arriving(self, start: str, end: str) -> Iterator[tuple[Operation, str]]:
        """What is written when a tree comes from `start` to `end`."""
        for each in self._all(start, Operation.WRITE):
            yield Operation.WRITE, end if each == start else paths.join(end, paths.relative_to(each, start))

    def _written(self, path: str, data: bytes, *, append: bool) -> Proposal:
        before = self._content(path)
        return self._proposal(path, before, (before or b"") + data if append else data)

    def _removed(self, path: str) -> Proposal:
        """Of a directory nothing is shown but the names."""
        before = None if self.base.is_symlink(path) else self._content(path)
        return self._proposal(path, before, None)

    def _moved(self, start: str, end: str) -> Proposal:
        """What comes to another place: a file that an agent may write is no file that it may put anywhere."""
        content = None if self.base.is_symlink(start) else self._content(start)
        if content is None:
            return Proposal(f"{start} to {end}; what is in it is not shown")
        return self._proposal(end, self._content(end), content)

    def _shown(self, path: str, *wanted: tuple[Operation, str]) -> int | None:
        """The version of a file that somebody may be asked about: a yes is for no other. None for what has none."""
        is_asked = any(self._rules.rule(*each) is not None for each in wanted)
        is_file = is_asked and self.base.is_file(path) and not self.base.is_symlink(path)
        return self.base.version(path) if is_file else None

    def _proposal(self, path: str, before: bytes | None, after: bytes | None) -> Proposal:
        sides = textdiff.Side(path, before), textdiff.Side(path, after)
        return Proposal(textdiff.unified(*sides), sides, self.base.version(path))

    def _content(self, path: str) -> bytes | None:
        try:
            return self.base.read_bytes(path) if self.base.is_file(path) else None
        except PathError:  # it may be written, not read
            return None
