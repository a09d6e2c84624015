"""What a view decided before a change is still so when the change is carried out, or the view decides again.

A view looks at rules and hidden names without the lock, because a rule may be anybody's code. It says under which
epoch it looked; the tree's owner compares under the lock.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from typing import TypeVar

from jupyter_sandfs import paths
from jupyter_sandfs.errors import PermissionDenied
from jupyter_sandfs.vfs.entries import Epoch

T = TypeVar("T")

_TRIES = 8  # then whoever changes the rules all the time may go first

Expectation = tuple[int, bool]
"""An epoch that a change counts on, and whether it does so even if hooks, which may change rules, run in between."""

_expected: ContextVar[Expectation | None] = ContextVar("jupyter_sandfs_expected_epoch", default=None)


expected = _expected.get
"""Gives what the next change counts on, or None; a bare name because every write asks."""


class RulesChanged(Exception):  # no error: a signal to decide again
    """The rules are no longer those that a view decided by."""


def take() -> Expectation | None:
    """What the change about to be made counts on, if anything. Changes that hooks make then count on nothing."""
    expected = _expected.get()
    if expected is not None:
        _expected.set(None)
    return expected


def count_on(number: int) -> bool:
    """Let the next change count on an epoch, unless it counts on one already; whoever is told True calls `count_off`.

    For plain writes, which can't pay for `decided`; where a hook runs before such a write, it may change rules itself.
    """
    if _expected.get() is not None:
        return False
    _expected.set((number, False))
    return True


def count_off() -> None:
    _expected.set(None)


def decided(path: str, epoch: Epoch, decide: Callable[[], Callable[[], T]]) -> T:
    """Decide about one change and make it; decide again if the rules changed in between.

    Args:
        decide: looks, refuses by raising, or gives the one call below that makes the change. It may be called again.

    Raises:
        PermissionDenied: they changed each time.
    """
    counted_on = take()  # by a view in front, which then is the one that decides again
    for _ in range(_TRIES):
        number = epoch.number if counted_on is None else counted_on[0]
        change = decide()
        reset = _expected.set((number, True))
        try:
            return change()
        except RulesChanged:
            if counted_on is not None:
                raise
        finally:
            _expected.reset(reset)
    raise _restless(path)


def steadily(path: str, epoch: Epoch, question: Callable[[], T]) -> T:
    """Ask until no rule has changed while the answer was found, so that it is all of one moment."""
    for _ in range(_TRIES):
        number = epoch.number
        answer = question()
        if number == epoch.number:
            return answer
    raise _restless(path)


def _restless(path: str) -> PermissionDenied:
    return PermissionDenied(paths.normalize(path), "its rules keep changing; try again")
