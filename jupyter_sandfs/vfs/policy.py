"""Rules that a node carries."""

from __future__ import annotations

from dataclasses import dataclass


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


OPEN = NodePolicy()
# Of a node whose rule can't be known: nobody but the owner sees it. No principal has this name: NUL is in no name.
SEALED = NodePolicy(readable=False, writable=False, visibility="\0unknown", principals=frozenset({"\0nobody"}))

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
