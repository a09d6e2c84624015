"""The books of one bucket, at one moment and with changes that are not published yet.

A ledger message holds the sums, what is under way, the root of the index, and the lines that changed since that root
was written. Keys of the index are of five kinds, told apart by what they begin with.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple, Self

from jupyter_sandfs.errors import StoreError
from jupyter_sandfs.filestore.nats.pages import Pages, leaf_of
from jupyter_sandfs.filestore.nats.records import Record

FILE, EXPIRY, UPLOAD, PAST, AGE = "f/", "e/", "u/", "p/", "a/"
_FORMAT = 1


class Claim(NamedTuple):
    """A write or deletion that is under way.

    Attributes:
        inbox: where its writer can be asked whether it lives.
        bytes: space that it has reserved.
        files: number of files that it adds, 0 or 1.
        is_ready: whether its meta may be there already; from then on only the meta says whether it happened.
        record: the file to be; None for a deletion and for a body that is still arriving.
        upload: the upload that it finishes; empty for none.
    """

    key: str
    inbox: str
    bytes: int = 0
    files: int = 0
    is_ready: bool = False
    record: Record | None = None
    upload: str = ""


class Dead(NamedTuple):
    """A body that nobody needs: when it may be purged (seconds since 1970), and its size in bytes."""

    due: float
    size: int


@dataclass(slots=True)
class Sums:
    """Totals of the books.

    Attributes:
        writes: number of versions given so far.
        bytes, files: what the lines of files come to.
        reserved, coming: bytes and files that claims and uploads add to those.
        seen: sequence up to which other clients' metas are in the index.
        kept: bytes of older versions.
    """

    writes: int = 0
    bytes: int = 0
    files: int = 0
    reserved: int = 0
    coming: int = 0
    uploads: int = 0
    seen: int = 0
    kept: int = 0


@dataclass(slots=True)
class Draft:
    """Books that can be changed; nothing is stored until `books` publishes them.

    Attributes:
        dead: bodies that no file refers to any more.
        recent: lines set, or removed (None), since the root was written.
        changed: whether there is anything to publish.
    """

    pages: Pages
    root: str = ""
    sums: Sums = field(default_factory=Sums)
    claims: dict[str, Claim] = field(default_factory=dict)
    dead: dict[str, Dead] = field(default_factory=dict)
    recent: dict[str, str | None] = field(default_factory=dict)
    changed: bool = False

    def copy(self) -> Self:
        """The same books, to be changed on their own."""
        return replace(
            self,
            sums=replace(self.sums),
            claims=dict(self.claims),
            dead=dict(self.dead),
            recent=dict(self.recent),
        )

    # ------------------------------------------------------------ lines

    async def get(self, key: str) -> str | None:
        if key in self.recent:
            return self.recent[key]
        leaves = await self.pages.root(self.root)
        return (await self.pages.lines(leaves[leaf_of(leaves, key)])).get(key) if leaves else None

    def set(self, key: str, line: str | None) -> None:
        """Set a line, or remove it with None."""
        self.recent[key] = line
        self.changed = True

    async def scan(self, start: str, below: str) -> AsyncIterator[tuple[str, str]]:
        """The lines from `start` up to, without, `below`, in order; pages are read as they are needed."""
        leaves = await self.pages.root(self.root)
        ends = [leaf.first for leaf in leaves[1:]] + [below]
        for number in range(leaf_of(leaves, start), max(1, len(leaves))):
            first, end = (
                max(start, leaves[number].first) if leaves else start,
                min(below, ends[number] if leaves else below),
            )
            if first >= below:
                return
            merged: dict[str, str | None] = dict(await self.pages.lines(leaves[number])) if leaves else {}
            is_last = number >= len(leaves) - 1
            merged |= {key: line for key, line in self.recent.items() if is_last or key < ends[number]}
            for key in sorted(key for key in merged if first <= key < end):
                if (line := merged[key]) is not None:
                    yield key, line

    # ------------------------------------------------------------ the message

    def encode(self) -> bytes:
        """The ledger message."""
        head = {
            "format": _FORMAT,
            "root": self.root,
            "sums": [getattr(self.sums, name) for name in Sums.__slots__],
            "claims": self.claims,
            "dead": self.dead,
        }
        lines = [f"{key}\t{line or ''}" for key, line in self.recent.items()]
        return "\n".join([json.dumps(head, separators=(",", ":")), *lines]).encode()


def decode(message: bytes, pages: Pages) -> Draft:
    """Read a ledger message. Raises StoreError for one of another release, or a damaged one."""
    first, *lines = message.decode("utf-8", "replace").split("\n")
    try:
        head: Mapping[str, Any] = json.loads(first)
        if head["format"] != _FORMAT:
            raise StoreError("the store was written by a newer release; update jupyter_sandfs")
        return Draft(
            pages,
            root=head["root"],
            sums=Sums(*head["sums"]),
            claims={name: _claim(*claim) for name, claim in head["claims"].items()},
            dead={name: Dead(*dead) for name, dead in head["dead"].items()},
            recent={key: line or None for key, _, line in (text.partition("\t") for text in lines)},
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise StoreError("the ledger of the store is damaged") from error


def _claim(key: str, inbox: str, size: int, files: int, is_ready: bool, record: list[Any] | None, upload: str) -> Claim:  # noqa: FBT001  fields of a JSON array
    return Claim(key, inbox, size, files, is_ready, Record(*record) if record else None, upload)
