"""Dry runs: a line on a fork of the file system, and a store that only notes what would be published."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from jupyter_sandfs.errors import Unsupported
from jupyter_sandfs.filestore.body import chunks
from jupyter_sandfs.filestore.granted import GrantedStore
from jupyter_sandfs.filestore.protocol import Body, FileInfo, FileStore
from jupyter_sandfs.shell.branches import Branches
from jupyter_sandfs.shell.command import Command, Invocation, Output, Surroundings
from jupyter_sandfs.shell.results import ShellResult
from jupyter_sandfs.vfs.actions import Change, ChangeKind

_READING = frozenset(("head", "open", "list", "versions", "usage", "get", "exists"))


@dataclass(frozen=True, slots=True)
class Explanation:
    """What a line would do.

    Attributes:
        result: what it would print, and its exit code.
        changes: how the tree would differ afterwards.
        published: keys that it would store.
        deleted: keys that it would delete from the store.
        elsewhere: how other branches of the shell would differ, by their names.
        branched, dropped: branches that it would make and delete.
    """

    result: ShellResult
    changes: tuple[Change, ...]
    published: tuple[str, ...] = ()
    deleted: tuple[str, ...] = ()
    elsewhere: Mapping[str, tuple[Change, ...]] = field(default_factory=dict)
    branched: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()

    @property
    def written(self) -> tuple[str, ...]:
        """Paths that would be new or have another content."""
        return _written(self.changes)

    @property
    def removed(self) -> tuple[str, ...]:
        return _removed(self.changes)

    def __str__(self) -> str:
        rows = [("write", self.written), ("remove", self.removed)]
        for branch, changes in self.elsewhere.items():
            rows += [(f"write {branch}:", _written(changes)), (f"remove {branch}:", _removed(changes))]
        rows += [("make branch", self.branched), ("delete branch", self.dropped)]
        rows += [("publish", self.published), ("unpublish", self.deleted)]
        lines = [f"would {what} {each}".replace(": ", ":", 1) for what, names in rows for each in names]
        failed = [f"would end with exit code {self.result.exit_code}"] if self.result.exit_code else []
        return "\n".join([*lines, *failed]) or "would change nothing"


def _written(changes: Iterable[Change]) -> tuple[str, ...]:
    return tuple(each.path for each in changes if each.kind is not ChangeKind.REMOVED)


def _removed(changes: Iterable[Change]) -> tuple[str, ...]:
    return tuple(each.path for each in changes if each.kind is ChangeKind.REMOVED)


class Rehearsal:
    """What a dry run works on: forks of a shell's branches, and its store for reading.

    Attributes:
        branches: the forks, on the branch that the shell works on.
        services: those of the shell, for the run.
    """

    def __init__(self, around: Surroundings) -> None:
        self.branches = Branches(around.fs, lambda _: None)
        self.branches.fork_of(around.branches)
        self.services = dict(around.services)
        self._around = around
        self._stores: list[RehearsedStore] = []
        if "store" in around.services:
            self.services["store"] = self._store
        self._here = self.branches.name
        self._before = {name: (each, each.snapshot()) for name, each in self.branches.systems.items()}

    def _store(self) -> RehearsedStore:
        self._stores.append(RehearsedStore(self._around.services["store"](), self._around.now()))
        return self._stores[-1]

    def explained(self, result: ShellResult) -> Explanation:
        """Tell what the run did."""
        changes = {name: tuple(each.diff(before)) for name, (each, before) in self._before.items()}
        return Explanation(
            result,
            changes.pop(self._here),
            published=tuple(key for each in self._stores for key in each.published),
            deleted=tuple(key for each in self._stores for key in each.deleted),
            elsewhere={name: each for name, each in changes.items() if each},
            branched=tuple(sorted(self.branches.systems.keys() - self._before.keys())),
            dropped=tuple(sorted(self._before.keys() - self.branches.systems.keys())),
        )


@dataclass(slots=True)
class RehearsedStore:
    """A staging store that can be read; writes are noted and not made.

    Attributes:
        published, deleted: the keys.
    """

    store: FileStore
    now: datetime
    published: list[str] = field(default_factory=list)
    deleted: list[str] = field(default_factory=list)

    def put(self, key: str, body: Body, **options: Any) -> FileInfo:
        """Note a key, and describe the file as it would be."""
        if isinstance(self.store, GrantedStore):
            self.store.check_put(key)
        content = b"".join(chunks(body))
        self.published.append(key)
        digest = hashlib.sha256(content).hexdigest()
        return FileInfo(
            key=key,
            size_bytes=len(content),
            content_type=options.get("content_type") or "application/octet-stream",
            checksum=f"sha256:{digest}",
            created_at=self.now,
            metadata=options.get("metadata") or {},
            version=1,
            etag=digest,
        )

    def delete(self, key: str, **_options: Any) -> bool:
        if isinstance(self.store, GrantedStore):
            self.store.check_delete(key)
        there = self.store.exists(key)
        if there:
            self.deleted.append(key)
        return there

    def __getattr__(self, name: str) -> Any:
        if name not in _READING:
            raise Unsupported(f"a dry run has no {name}")
        return getattr(self.store, name)


def rehearsed(commands: Mapping[str, Command]) -> list[Command]:
    """The commands, of which users' functions only say that they would be called: who knows what else they do."""
    return [replace(each, run=_told) if each.foreign else each for each in commands.values()]


def _told(call: Invocation) -> Output:
    return Output(stderr=f"{call.name}: a function of yours: not called in a dry run\n")
