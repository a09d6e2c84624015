"""Rules that a node carries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any


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


class Graves:
    """The policies of nodes that are gone, so that views go on hiding what they hid from the history."""

    def __init__(self) -> None:
        self._policies: dict[str, NodePolicy] = {}
        self._full = False

    def bury(self, path: str, policy: NodePolicy) -> None:
        """Remember the policy of a node that goes away; once there are too many, all that is gone is sealed."""
        if len(self._policies) >= _GRAVES:
            self._full = True
            self._policies.clear()
        self._policies[path] = policy

    def policy(self, path: str) -> NodePolicy | None:
        """The policy of what was last at a path where nothing is now."""
        return SEALED if self._full else self._policies.get(path)
