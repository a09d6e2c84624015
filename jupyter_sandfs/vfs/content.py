"""What a file holds: bytes, a growing text, a link, or a callable that computes it."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from jupyter_sandfs.vfs.providers import FileMount

_TAIL = 256 << 10  # a tail this long becomes a chunk of its own
_BIG = 64 << 10  # a piece this long is kept by reference instead of being copied into the tail


class Rope:
    """Chunks that are only ever added to, shared by all versions of one file."""

    __slots__ = ("_chunks", "_tail", "size")

    def __init__(self, first: bytes = b"") -> None:
        self._chunks = [first] if first else []
        self._tail = bytearray()
        self.size = len(first)

    def append(self, piece: bytes) -> int:
        """Add to the end, and give the size that it comes to; amortised constant time."""
        self.size = size = self.size + len(piece)
        if len(piece) < _BIG:
            self._tail += piece
            if len(self._tail) >= _TAIL:
                self._flush()
        else:
            self._flush()
            self._chunks.append(piece)
        return size

    def prefix(self, size: int) -> bytes:
        """The first `size` bytes; joins the chunks once, later calls find them joined."""
        self._flush()
        if len(self._chunks) > 1:
            self._chunks = [b"".join(self._chunks)]
        whole = self._chunks[0] if self._chunks else b""
        return whole if len(whole) == size else whole[:size]

    def part(self, start: int, stop: int) -> bytes:
        """The bytes from `start` to `stop`, found from the end and without joining: for what was just added."""
        pieces, at = [], self.size
        for chunk in chain((self._tail,), reversed(self._chunks)):
            at -= len(chunk)
            if at < stop:
                pieces.append(bytes(chunk[max(start - at, 0) : stop - at]))
            if at <= start:
                break
        return b"".join(reversed(pieces))

    def pieces(self, size: int) -> list[bytes]:
        """The first `size` bytes as they are kept, without joining."""
        self._flush()
        found, left = [], size
        for chunk in self._chunks:
            if left <= 0:
                break
            found.append(chunk if len(chunk) <= left else chunk[:left])
            left -= len(chunk)
        return found

    def begins_with(self, content: bytes) -> bool:
        """Say whether the first chunk is this very object."""
        return bool(self._chunks) and self._chunks[0] is content

    def _flush(self) -> None:
        if self._tail:
            self._chunks.append(bytes(self._tail))
            self._tail = bytearray()


class Slice(NamedTuple):
    """The first `size` bytes of a rope: one version of a file that was appended to."""

    rope: Rope
    size: int


class _Gone(Rope):
    """Stands for chunks that nobody keeps any more; only their size is known."""

    __slots__ = ()

    def __init__(self, size: int) -> None:
        super().__init__()
        self.size = size

    def prefix(self, size: int) -> bytes:
        raise AssertionError(f"{size} bytes were let go of, and are asked for")

    part = pieces = prefix  # type: ignore[assignment]  # none of them gives anything


class Link(NamedTuple):
    """A symbolic link, as it was written."""

    target: str


Content = "bytes | Slice | Link | FileMount"


def append_to(content: bytes | Slice, piece: bytes) -> Slice:
    """Give the content with `piece` at its end; the old one stays readable."""
    if type(content) is Slice and content[0].size == content[1]:  # nothing was added after this version
        rope: Rope = content[0]
    else:
        rope = Rope(data_of(content))
    return tuple.__new__(Slice, (rope, rope.append(piece)))  # as Slice(…), at a third of the cost


def in_pieces(pieces: Iterable[bytes]) -> Slice:
    """A content of pieces; large ones are kept as they are."""
    rope = Rope()
    for piece in pieces:
        rope.append(piece)
    return Slice(rope, rope.size)


def data_of(content: bytes | Slice) -> bytes:
    """The bytes; those of a plain file are given without a copy."""
    return content if isinstance(content, bytes) else content.rope.prefix(content.size)


def only_size(content: bytes | Slice) -> Slice:
    """A content that says how large it was, and holds on to none of it."""
    size = size_of(content)
    return Slice(_Gone(size), size)


def grown_from(old: bytes | Slice, new: bytes | Slice) -> int:
    """Bytes of `old` if `new` is known, without a look at them, to begin with all of it; otherwise 0."""
    if new is old:
        return size_of(old)
    if not isinstance(new, Slice):
        return 0
    same = new.rope.begins_with(old) if isinstance(old, bytes) else old.rope is new.rope and old.size <= new.size
    return size_of(old) if same else 0


def part_of(content: bytes | Slice, start: int) -> bytes:
    """The bytes from `start` on."""
    return content.rope.part(start, content.size) if isinstance(content, Slice) and start else data_of(content)[start:]


def size_of(content: bytes | Slice | Link | FileMount) -> int:
    """Bytes that count against the quota; what a provider computes counts nothing."""
    if isinstance(content, bytes):
        return len(content)
    if isinstance(content, Slice):
        return content.size
    return len(content.target.encode()) if isinstance(content, Link) else 0
