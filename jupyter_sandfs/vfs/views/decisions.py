"""What a view has decided, kept until any rule of the tree changes; and how directories look with names left out."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from typing import NamedTuple, TypeVar

from jupyter_sandfs.vfs.entries import DirEntry, Stat

T = TypeVar("T")

_KEPT = 16_384  # decisions of each kind


class Ruled(NamedTuple):
    """The nodes in a directory that have rules of their own: those that are seen, and the names of the hidden ones."""

    seen: tuple[DirEntry, ...] = ()
    hidden: frozenset[str] = frozenset()


class Decisions:
    """One view's decisions under one epoch of the tree's rules.

    Attributes:
        covered: by directory (the root's path is empty), whether all in it that has no rules of its own is seen.
        ruled: by directory, what in it has.
        listed: by plain directory of which the rest is seen, the names in it that are not.
    """

    __slots__ = ("covered", "epoch", "listed", "ruled")

    def __init__(self, epoch: int) -> None:
        self.epoch = epoch
        self.covered: dict[str, bool] = {}
        self.ruled: dict[str, Ruled] = {}
        self.listed: dict[str, frozenset[str]] = {}

    @staticmethod
    def keep(kept: dict[str, T], path: str, decision: T) -> None:
        if len(kept) >= _KEPT:
            kept.clear()
        kept[path] = decision


NOTHING = Decisions(-1)


def face_of(stat: Stat, stamp: int, seen: Sequence[DirEntry]) -> Stat:
    """A directory as if what is hidden in it had never been: neither its time nor its etag tells of that.

    Args:
        stamp: when the other names in it, which all are seen, last changed; or when it was made, if `seen` is all.
        seen: entries that count; what they are changes the etag, and the newest of them may be the directory's time.
    """
    if not seen and stamp == stat.stamp:
        return stat
    entries = [(entry.name, entry.stat.created_ns) for entry in seen]
    newest = max([stamp, *(created for _, created in entries)])
    by_hand = stat.modified_ns != stat.stamp
    if entries:
        digest = blake2b(repr((stamp, entries)).encode(), digest_size=7).digest()
        stamp = int.from_bytes(digest, "big")
    return stat._replace(modified_ns=stat.modified_ns if by_hand else newest, stamp=stamp)
