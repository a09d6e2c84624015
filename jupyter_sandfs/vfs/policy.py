"""Rules that a node carries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple


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


_GRAVES = 100_000  # policies of removed nodes that are remembered


class Rules(NamedTuple):
    """What a node says of itself that views decide by."""

    policy: NodePolicy | None
    metadata: Mapping[str, Any]


class Graves:
    """The rules of nodes that are gone, so that views go on hiding what they hid from the history."""

    def __init__(self) -> None:
        self._rules: dict[str, Rules] = {}
        self._directories: set[str] = set()
        self._full = False

    def bury(self, path: str, rules: Rules) -> None:
        """Remember the rules of a node that goes away; once there are too many, all that is gone is sealed."""
        if len(self._rules) >= _GRAVES:
            self._full = True
            self._rules.clear()
        self._rules[path] = rules
        self._directories.add(path.rpartition("/")[0])

    def rules(self, path: str) -> Rules | None:
        """The rules of what was last at a path where nothing is now."""
        return _SEALED if self._full else self._rules.get(path)

    def any_in(self, directory: str) -> bool:
        """Say whether a node with rules of its own went away right from `directory`; the root's path is empty."""
        return self._full or directory in self._directories


_SEALED = Rules(SEALED, {})
