"""How an object storage lays its objects out: contents in packs, changes in numbered records.

    data/0000000000000007-WRITER-0    a pack: contents, or parts of them, one after the other
    log/0000000000000007              what change 7 did: paths that went, entries that came, and where their content is

Nothing is ever written twice: a change first writes its packs, then its record, and is done when the record is there.
A record that another kernel has written already can't be written again, so that two kernels never mix their changes.
Now and then a record tells the whole state, and the older ones go.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar

from jupyter_sandfs.errors import InvalidRequest, StorageError
from jupyter_sandfs.storage.entry import FileEntry
from jupyter_sandfs.storage.seal import sealed, unsealed

K = TypeVar("K")

PACK_BYTES = 16 << 20
_FORM = "record of a jupyter_sandfs object storage"
_NUMBER = 1
_PACK_NAME = re.compile(r"data/(\d{16})-[0-9a-f]{16}-\d{1,9}")


class Piece(NamedTuple):
    """A part of a content: `length` bytes of a pack, from `offset` on."""

    pack: str
    offset: int
    length: int


class Kept(NamedTuple):
    """An entry as the index has it: all but the content, and where that is."""

    facts: str
    pieces: tuple[Piece, ...]

    @property
    def size(self) -> int:
        return sum(piece.length for piece in self.pieces)

    def first(self, size: int, path: str) -> tuple[Piece, ...]:
        """The pieces of the first `size` bytes. Raises InvalidRequest if there are fewer."""
        if size > self.size:
            raise InvalidRequest(f"{path}: {size} bytes are not what is kept")
        found, left = [], size
        for piece in self.pieces:
            if left:
                found.append(piece._replace(length=min(left, piece.length)))
                left -= found[-1].length
        return tuple(found)


@dataclass(slots=True)
class Record:
    """What one change did.

    Attributes:
        sequence: its number, from 1.
        writer: who made it.
        whole: it tells the whole state; otherwise it follows the record before it.
    """

    sequence: int
    writer: str
    sets: Mapping[str, Kept]
    deletes: Iterable[str] = ()
    whole: bool = False

    def encode(self) -> bytes:
        notes = {"sequence": self.sequence, "writer": self.writer, "whole": self.whole}
        gone = (json.dumps(path) for path in self.deletes)
        kept = (f"[{kept.facts},{json.dumps(kept.pieces)}]" for kept in self.sets.values())
        return sealed(_FORM, _NUMBER, (*gone, *kept), **notes)

    @classmethod
    def decode(cls, data: bytes, sequence: int) -> Record:
        """Read what `encode` wrote. Raises StorageError for anything else."""
        notes, lines = unsealed(_FORM, _NUMBER, data)
        writer, whole = notes.get("writer"), notes.get("whole")
        if notes.get("sequence") != sequence or not isinstance(writer, str) or not isinstance(whole, bool):
            raise StorageError(f"the storage is damaged: record {sequence} is another one")
        try:
            found = [json.loads(line) for line in lines]
            deletes = [each for each in found if isinstance(each, str)]
            sets = dict(_read_entry(*each) for each in found if not isinstance(each, str))
        except (ValueError, TypeError, RecursionError) as error:
            raise StorageError(f"the storage is damaged: record {sequence}: {error}") from error
        return cls(sequence, writer, sets, deletes, whole)


def _read_entry(facts: Any, pieces: Any) -> tuple[str, Kept]:
    text = json.dumps(facts, separators=(",", ":"))
    return FileEntry.from_facts(text).path, Kept(text, tuple(_piece(*each) for each in pieces))


def _piece(pack: str, offset: int, length: int) -> Piece:
    if not (_PACK_NAME.fullmatch(pack) and type(offset) is type(length) is int and offset >= 0 and length > 0):
        raise StorageError("the storage is damaged: a content lies where none can be")
    return Piece(pack, offset, length)


def record_name(sequence: int) -> str:
    return f"log/{sequence:016d}"


def record_number(name: str) -> int:
    """The number of a record. Raises StorageError if it is the name of something else."""
    found = re.fullmatch(r"log/(\d{16})", name)
    if not found:
        raise StorageError(f"the place holds something that is no storage: {name[:100]!r}; choose another prefix")
    return int(found[1])


def sequence_of(pack: str) -> int:
    """The change that a pack was written for; -1 if it is no pack."""
    found = _PACK_NAME.fullmatch(pack)
    return int(found[1]) if found else -1


def joined(pieces: Iterable[Piece]) -> tuple[Piece, ...]:
    """The same bytes, with neighbours in one pack as one piece."""
    found: list[Piece] = []
    for piece in pieces:
        last = found[-1] if found else None
        if last is not None and last.pack == piece.pack and last.offset + last.length == piece.offset:
            found[-1] = last._replace(length=last.length + piece.length)
        else:
            found.append(piece)
    return tuple(found)


class Packer:
    """Puts contents one after the other into packs. No pack has the name of an earlier one, whatever became of that.

    Attributes:
        sequence: the change that packs are written for.
    """

    def __init__(self, writer: str) -> None:
        self._writer = writer
        self.sequence = 0
        self._number = 0
        self._parts: list[bytes | memoryview] = []
        self._size = 0

    def pack(self, contents: Iterable[tuple[K, bytes]], places: dict[K, list[Piece]]) -> Iterator[tuple[str, bytes]]:
        """Yield packs as (name, bytes), and note in `places` where the content of each key lies in them."""
        self._parts, self._size = [], 0
        for key, content in contents:
            rest = memoryview(content)
            while rest:
                part = rest[: PACK_BYTES - self._size]
                places.setdefault(key, []).append(Piece(self._name, self._size, len(part)))
                self._parts.append(part)
                self._size += len(part)
                rest = rest[len(part) :]
                if self._size == PACK_BYTES:
                    yield self._full()
        if self._size:
            yield self._full()

    @property
    def _name(self) -> str:
        return f"data/{self.sequence:016d}-{self._writer}-{self._number}"

    def _full(self) -> tuple[str, bytes]:
        pack = self._name, b"".join(self._parts)
        self._parts, self._size, self._number = [], 0, self._number + 1
        return pack
