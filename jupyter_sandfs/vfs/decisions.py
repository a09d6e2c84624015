"""What a view has decided, kept until any rule of the tree changes; and how directories look with names left out."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2b
from typing import NamedTuple, TypeVar

from jupyter_sandfs.vfs.entries import DirEntry, Stat

T = TypeVar("T")

_KEPT = 16_384  # decisions of each kind


class Face(NamedTuple):
    """How a view shows a directory, as long as the tree describes it as `of`."""

    of: Stat
    shown: Stat


class Decisions:
    """One view's decisions under one epoch of the tree's rules.

    Attributes:
        covered: by directory (the root's path is empty), whether all in it that has no rules of its own is seen.
        hidden: by directory, the names in it that are not.
        faces: by directory, how it looks.
    """

    __slots__ = ("covered", "epoch", "faces", "hidden")

    def __init__(self, epoch: int) -> None:
        self.epoch = epoch
        self.covered: dict[str, bool] = {}
        self.hidden: dict[str, frozenset[str]] = {}
        self.faces: dict[str, Face] = {}

    @staticmethod
    def keep(kept: dict[str, T], path: str, decision: T) -> None:
        if len(kept) >= _KEPT:
            kept.clear()
        kept[path] = decision


NOTHING = Decisions(-1)


def face_of(stat: Stat, seen: Iterable[DirEntry]) -> Stat:
    """A directory as if only what is seen were in it: its time is that of the newest, its stamp their digest.

    So neither moves when something hidden comes or goes. A time that was set by hand stays.
    """
    digest, newest = blake2b(digest_size=7), stat.created_ns
    for entry in seen:
        digest.update(f"{entry.name}\0{entry.stat.created_ns}\n".encode())
        newest = max(newest, entry.stat.created_ns)
    modified = newest if stat.modified_ns == stat.stamp else stat.modified_ns
    return stat._replace(modified_ns=modified, stamp=int.from_bytes(digest.digest(), "big"))
