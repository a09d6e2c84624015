"""Rules that a node carries."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

from jupyter_sandfs.errors import InvalidRequest


@dataclass(frozen=True, slots=True)
class NodePolicy:
    """What may be done with a node; a directory's policy rules its children unless they carry their own.

    Attributes:
        readable: content may be read.
        writable: content may change; for a directory: names may be added, removed and replaced in it.
        append_only: content may only grow.
        visibility: label that a `VisibilityView` lets through or not.
        principals: if any are named, only their views see the node, whatever its label.
    """

    readable: bool = True
    writable: bool = True
    append_only: bool = False
    visibility: str = "public"
    principals: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        flags = {"readable": self.readable, "writable": self.writable, "append_only": self.append_only}
        wrong = next((name for name, value in flags.items() if not isinstance(value, bool)), "")
        if wrong:  # a "no" would count as yes
            raise InvalidRequest(f"{wrong} is True or False, not {flags[wrong]!r:.50}")
        if not isinstance(self.visibility, str):
            raise InvalidRequest(f"visibility is one label, not {self.visibility!r:.50}")
        if not isinstance(self.principals, AbstractSet):
            raise InvalidRequest(f"principals is a frozenset of names, not {self.principals!r:.50}")


# The fields of a policy at rest, and their types; what is left out has its default.
_PLAIN = {"readable": bool, "writable": bool, "append_only": bool, "visibility": str, "principals": list}

OPEN = NodePolicy()
# Of a node whose rule can't be known: nobody but the owner sees it. No principal has this name: NUL is in no name.
SEALED = NodePolicy(readable=False, writable=False, visibility="\0unknown", principals=frozenset({"\0nobody"}))


def policy_to(policy: NodePolicy) -> dict[str, Any]:
    """A policy as plain JSON."""
    return {**asdict(policy), "principals": sorted(policy.principals)}


def policy_from(stored: Any) -> NodePolicy | None:
    """Read what `policy_to` gave; one that can't be read exactly as it was written seals the node."""
    if stored is None:
        return None
    if not isinstance(stored, Mapping) or any(type(value) is not _PLAIN.get(key) for key, value in stored.items()):
        return SEALED
    principals = stored.get("principals", [])
    if not all(isinstance(each, str) for each in principals):
        return SEALED
    return NodePolicy(**{**stored, "principals": frozenset(principals)})


_GRAVES = 100_000  # paths whose earlier rules are remembered
_GRAVES_EACH = 8  # of one path


class Rules(NamedTuple):
    """What a node says of itself that views decide by."""

    policy: NodePolicy | None
    metadata: Mapping[str, Any]


class Grave(NamedTuple):
    """Rules that a path once had, and when it had them last: a stamp of the tree."""

    rules: Rules
    at: int


class Graves:
    """The rules of nodes that are gone or were changed, so that views go on hiding what they hid from the history."""

    def __init__(self) -> None:
        self._graves: dict[str, tuple[Grave, ...]] = {}
        self._directories: set[str] = set()
        self._full = False

    def bury(self, path: str, rules: Rules, at: int) -> None:
        """Remember the rules of a node that goes away; once there are too many, all that is gone is sealed."""
        if len(self._graves) >= _GRAVES:
            self._full = True
            self._graves.clear()
        earlier = self._graves.get(path, ())
        if earlier and earlier[-1].rules == rules:
            earlier = earlier[:-1]
        elif len(earlier) >= _GRAVES_EACH:  # of the oldest two it is only known that there were some
            earlier = (Grave(_SEALED, earlier[1].at), *earlier[2:])
        self._graves[path] = (*earlier, Grave(rules, at))
        self._directories.add(path.rpartition("/")[0])

    def rules(self, path: str) -> Rules | None:
        """The rules of what was last at a path where nothing is now."""
        if self._full:
            return _SEALED
        graves = self._graves.get(path)
        return graves[-1].rules if graves else None

    def at(self, path: str) -> tuple[Grave, ...]:
        """All rules that a path once had, oldest first."""
        return self._graves.get(path, ())

    def any_in(self, directory: str) -> bool:
        """Say whether a node with rules of its own went away right from `directory`; the root's path is empty."""
        return self._full or directory in self._directories


_SEALED = Rules(SEALED, {})
