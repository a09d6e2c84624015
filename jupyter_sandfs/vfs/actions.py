"""What was done: changes, and the actions that group them.

Who acts, and under which action, goes with the thread or task; whatever changes a file system asks for it here.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from jupyter_sandfs.vfs.quotas import Allowance

OWNER = "owner"  # who acts where nobody else is named
_ACTION_CHANGES = 10_000  # changes that one action lists


class ChangeKind(StrEnum):
    """How a path differs from before."""

    ADDED = "added"
    CHANGED = "changed"
    REMOVED = "removed"
    MOVED = "moved"


class Change(NamedTuple):
    """One path that differs. A directory that came, went or moved stands for everything in it.

    Attributes:
        source: where what moved was before.
    """

    kind: ChangeKind
    path: str
    is_dir: bool = False
    source: str | None = None


@dataclass(slots=True)
class Action:
    """Changes that belong together: a cell, a shell run, a tool call.

    Attributes:
        whole: the action that this one is part of.
        changes: what was changed under it, in order; the first 10,000.
        truncated: there were more.
        forgotten: the journal dropped some of them.
        allowance: what it adds counts against this one; that of the action that it is part of if not given.
    """

    number: int
    label: str
    actor: str
    whole: Action | None = None
    changes: list[Change] = field(default_factory=list)
    truncated: bool = False
    forgotten: bool = False
    allowance: Allowance | None = None

    def __post_init__(self) -> None:
        if self.allowance is None and self.whole is not None:
            self.allowance = self.whole.allowance

    def add(self, change: Change) -> None:
        """List a change, also in what this is part of."""
        if self.whole is not None:
            self.whole.add(change)
        if len(self.changes) < _ACTION_CHANGES:
            self.changes.append(change)
        else:
            self.truncated = True

    def is_part_of(self, other: Action) -> bool:
        """Whether this is the other action, or a part of it."""
        return self is other or (self.whole is not None and self.whole.is_part_of(other))

    @contextmanager
    def here(self) -> Iterator[Action]:
        """Let the changes that this thread makes in the `with` block belong to this action."""
        reset = _current.set(self)
        try:
            yield self
        finally:
            _current.reset(reset)


_current: ContextVar[Action | None] = ContextVar("jupyter_sandfs_action", default=None)
_numbers = itertools.count(1)


@contextmanager
def action(label: str, actor: str) -> Iterator[Action]:
    """Start an action, or join the one that this thread works under already.

    What somebody else does under an action of the owner's, such as a cell, is a part of it and stays theirs.
    """
    running = _current.get()
    if running is None or (running.actor == OWNER and actor not in ("", OWNER)):
        running = Action(next(_numbers), label, actor or OWNER, whole=running)
    with running.here() as joined:
        yield joined


@contextmanager
def part(label: str, actor: str, allowance: Allowance | None = None) -> Iterator[Action]:
    """Start an action even under another, which lists its changes as well but does not own them."""
    with Action(next(_numbers), label, actor, whole=_current.get(), allowance=allowance).here() as own:
        yield own


def charged(allowance: Allowance | None, label: str, actor: str) -> AbstractContextManager[object]:
    """Let what is done in the `with` block count against an allowance, in an action of its own if it does not yet."""
    return nullcontext() if allowance is allowed() else part(label, actor, allowance)


def allowed() -> Allowance | None:
    """What limits how much this thread may add."""
    running = _current.get()
    return running.allowance if running is not None else None


@contextmanager
def apart() -> Iterator[None]:
    """Let what is done in the `with` block be no part of the action that this thread works under."""
    reset = _current.set(None)
    try:
        yield
    finally:
        _current.reset(reset)


def together(steps: int) -> AbstractContextManager[object]:
    """Let several steps of one call be one action, unless they are part of another."""
    return nullcontext() if steps == 1 or _current.get() else Action(0, "", OWNER).here()


def actor() -> str:
    """Who acts in this thread now."""
    running = _current.get()
    return running.actor if running else OWNER


current = _current.get
"""Gives the action that this thread works under, or None; a bare name because every write asks."""
