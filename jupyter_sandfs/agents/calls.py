"""One call of a tool, and the set of tools that made it, as a transcript keeps them and as JSON lines hold them."""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from typing import Any

from jupyter_sandfs.vfs.quotas import Quota

_LAST_SECOND = 253_402_300_799  # of the year 9999
_CALL_BYTES = 512  # what a call takes beside its arguments and paths, about


@dataclass(frozen=True, slots=True)
class Seat:
    """A set of tools that made calls: all that is needed to make it again, but for its view.

    Attributes:
        number: from 1, in the transcript.
        viewed: it worked through a view, not on the sandbox itself.
        ruled: it had rules.
        quota_bytes, quota_files: what it could add; None is no bound.
        secrets: it could publish what looks like a secret.
        only: the names of its tools.
        sandbox: name of the sandbox.
    """

    number: int
    agent: str
    dialect: str
    native: bool
    tokens: int
    viewed: bool
    sandbox: str
    only: tuple[str, ...]
    allowed_commands: tuple[str, ...] | None = None
    ruled: bool = False
    quota_bytes: int | None = None
    quota_files: int | None = None
    secrets: bool = False

    @property
    def quota(self) -> Quota | None:
        """What it could add; None if that had no bound."""
        bounds = (self.quota_bytes, self.quota_files)
        return None if bounds == (None, None) else Quota(bytes=bounds[0], files=bounds[1])


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a tool.

    Attributes:
        number: from 1, in the order in which calls began.
        seat: number of the set of tools.
        given: the arguments as JSON text; None if they were too large to keep, or no JSON.
        size: bytes of the answer's text.
        changes: paths that changed, the first 1,000.
        before, after: the last sequence number of the sandbox's journal, before the call and after it.
        at: seconds since 1970.
        duration: seconds.
        action: number of the action that its changes belong to in the journal; 0 if it did not come to that.
    """

    number: int
    seat: int
    agent: str
    tool: str
    given: str | None
    size: int
    is_error: bool
    changes: tuple[str, ...]
    before: int
    after: int
    at: float
    duration: float
    action: int = 0

    @property
    def arguments(self) -> Any:
        """The arguments as they were given: an object, or a text that should have been one; None if not kept."""
        return None if self.given is None else json.loads(self.given)

    @property
    def weight(self) -> int:
        """The bytes that it takes in a transcript, about."""
        return _CALL_BYTES + len(self.given or "") + sum(map(len, self.changes))


_KINDS: dict[str, type[Seat | Call]] = {"tools": Seat, "call": Call}
# The types of fields, as JSON has them; a list is of texts.
_TYPES: dict[str, tuple[type, ...]] = {
    "int": (int,),
    "int | None": (int, type(None)),
    "float": (int, float),
    "bool": (bool,),
    "str": (str,),
    "str | None": (str, type(None)),
    "tuple[str, ...]": (list,),
    "tuple[str, ...] | None": (list, type(None)),
}


def record(read: Any) -> Seat | Call:
    """Make of a line what it was. Raises KeyError, TypeError or ValueError for anything else."""
    if not isinstance(read, dict):
        raise TypeError("not an object")
    kind = _KINDS[read.pop("kind")]
    told = {each.name: _value(str(each.type), read.pop(each.name)) for each in fields(kind)}
    if read:
        raise ValueError("more than it should hold")
    made = kind(**told)
    if isinstance(made, Call):
        _ = made.arguments  # it must be JSON
        if not 0 <= made.at <= _LAST_SECOND:
            raise ValueError("not a time")
    return made


def _value(declared: str, value: Any) -> Any:
    if type(value) not in _TYPES[declared]:
        raise TypeError(declared)
    if isinstance(value, list):
        if not all(isinstance(each, str) for each in value):
            raise TypeError(declared)
        return tuple(value)
    return value
