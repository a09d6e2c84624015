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
