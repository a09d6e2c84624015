"""Tar archives, read and written piece by piece (POSIX.1-2017, pax, "ustar Interchange Format").

The standard library's tarfile costs some seven times as much to write a small member and three times as much to read it
into a tree (docs/decisions/030), and reads headers of any size into memory. This module writes ustar and pax, and reads
those, GNU's long names and the old V7.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable, Iterator
from enum import StrEnum
from functools import lru_cache, partial
from typing import NamedTuple

from jupyter_sandfs.errors import InvalidArchive, LimitExceeded
from jupyter_sandfs.vfs.archives.source import Source
from jupyter_sandfs.vfs.batch import Item
from jupyter_sandfs.vfs.content import Link
from jupyter_sandfs.vfs.nodes import DIRECTORY_MODE, FILE_MODE, LINK_MODE

BLOCK = 512
END = bytes(2 * BLOCK)
_ZEROS = bytes(BLOCK)
_BILLION = 1_000_000_000
_CUT_OFF = "it is cut off"


class Kind(StrEnum):
    """What a member of an archive is."""

    FILE = "file"
    DIRECTORY = "directory"
    SYMLINK = "symlink"
    HARD_LINK = "hard link"


class Member(NamedTuple):
    """What an archive says of one member, not yet believed.

    Attributes:
        target: what a link says.
        mode: permission bits, None if it says nothing.
        modified_ns: nanoseconds since 1970, None if it says nothing.
    """

    name: str
    kind: Kind
    size: int
    target: str
    mode: int | None
    modified_ns: int | None


# The same as Member(*fields), at a third of the cost.
new_member = partial(tuple.__new__, Member)


# ---------------------------------------------------------------- writing

_GATHER = 256 << 10  # small members leave together
_ALONE = 64 << 10  # longer contents leave as they are, without a copy
_NAME = 100
_SIZES = 8**11  # what eleven octal digits can't say any more
_IDS = b"0000000\0" * 2  # owner and group, or device numbers
_SPACES = b"        "
_HEADER = b"%b%07o\0" + _IDS + b"%011o\0%011o\0" + _SPACES + b"%b%b" + b"ustar\x0000" + bytes(64) + _IDS + bytes(167)


def pack(items: Iterable[Item]) -> Iterator[bytes]:
    """Give a tar archive of items, in pieces of a few hundred KiB, or as long as the content of one file."""
    pending: list[bytes] = []
    length = 0
    for item in items:
        content = item.content if type(item.content) is bytes else b""
        block = header(item, len(content))
        pending.append(block)
        length += len(block) + len(content)
        if len(content) > _ALONE:
            yield b"".join(pending)
            yield content
            pending = []
        elif content:
            pending.append(content)
        if len(content) % BLOCK:
            pending.append(bytes(-len(content) % BLOCK))
        if length > _GATHER:
            yield b"".join(pending)
            pending, length = [], 0
    yield b"".join([*pending, END])


def header(item: Item, size: int) -> bytes:
    """What goes before the content of an item; behind it come zeros up to a whole `BLOCK`."""
    name, target = item.path[1:], ""
    kind, mode = b"0", FILE_MODE
    if item.content is None:
        name, kind, mode = name + "/" if name else "./", b"5", DIRECTORY_MODE
    elif isinstance(item.content, Link):
        target, kind, mode = item.content.target, b"2", LINK_MODE
    seconds = (item.modified_ns or 0) // _BILLION
    mode = mode if item.mode is None else item.mode
    if (
        len(name) <= _NAME
        and len(target) <= _NAME
        and name.isascii()
        and target.isascii()
        and 0 <= seconds < _SIZES > size
    ):
        return _block(name.encode(), kind, mode, size, seconds, target.encode())
    return _long_header(name, kind, mode, size, seconds, target)


def _block(name: bytes, kind: bytes, mode: int, size: int, seconds: int, target: bytes) -> bytes:
    """One header of ASCII fields that fit."""
    block = _HEADER % (name.ljust(_NAME, b"\0"), mode, size, seconds, kind, target.ljust(_NAME, b"\0"))
    # The checksum is the sum of all bytes. Adler-32 has it, plus one, in its lower half: at C's speed, and exactly,
    # because a block of these fields in ASCII never adds up to the 65,521 where it starts again.
    checksum = (zlib.adler32(block) & 0xFFFF) - 1
    return b"%b%06o\0 %b" % (block[:148], checksum, block[156:])


def _long_header(name: str, kind: bytes, mode: int, size: int, seconds: int, target: str) -> bytes:
    """A pax header with what ustar can't say, before a ustar header that says what it can."""
    said: dict[str, str] = {"path": name}
    if target:
        said["linkpath"] = target
    if size >= _SIZES:
        said["size"] = str(size)
    if not 0 <= seconds < _SIZES:
        said["mtime"] = str(seconds)
    records = b"".join(_record(key, value) for key, value in said.items())
    extended = _block(b"././@PaxHeader", b"x", FILE_MODE, len(records), 0, b"")
    short, short_target = (each.encode("ascii", "replace")[:_NAME] for each in (name, target))
    plain = _block(short, kind, mode, size % _SIZES, max(seconds, 0) % _SIZES, short_target)
    return extended + records + bytes(-len(records) % BLOCK) + plain


def _record(key: str, value: str) -> bytes:
    """`LENGTH key=value`, where the length counts its own digits."""
    rest = b" %b=%b\n" % (key.encode(), value.encode())
    length = len(rest) + len(str(len(rest)))
    length += len(str(length)) > len(str(len(rest)))
    return b"%d%b" % (length, rest)


# ---------------------------------------------------------------- reading

_EXTENDED_BYTES = 1 << 20  # one extended header
_PADDING_BYTES = 1 << 20  # behind the end
_KINDS = {
    b"0": Kind.FILE,
    b"\0": Kind.FILE,
    b"7": Kind.FILE,
    b"1": Kind.HARD_LINK,
    b"2": Kind.SYMLINK,
    b"5": Kind.DIRECTORY,
}
_FILE = Kind.FILE
_OCTAL = re.compile(rb"[0-7]+")
_REFUSED = {
    b"3": "a device",
    b"4": "a device",
    b"6": "a pipe",
    b"S": "a sparse file",
    b"D": "a GNU dump directory",
    b"M": "a part of a file from another volume",
    b"V": "a volume label",
}
_GLOBAL_REFUSED = frozenset({"path", "linkpath", "size"})


def looks_like(start: bytes) -> bool:
    """Say whether a file that begins with these 512 bytes is a tar archive."""
    return len(start) == BLOCK and (start == _ZEROS or _is_sound(start))


class TarReader:
    """The members of a tar archive, in their order; `content` gives the bytes of the one that was given last.

    Raises InvalidArchive for what is damaged or not read, LimitExceeded for more than `entries` headers.
    """

    def __init__(self, source: Source, *, entries: int) -> None:
        self._source = source
        self._entries = entries
        self._unread = 0

    def content(self, member: Member) -> bytes:
        content = self._source.read(member.size)
        if len(content) != member.size:
            raise InvalidArchive(member.name, _CUT_OFF)
        self._unread = -member.size % BLOCK
        return content

    def __iter__(self) -> Iterator[Member]:
        extended: dict[str, str] = {}
        while (block := self._next_block()) is not None:
            kind = block[156:157]
            if kind in _EXTENSIONS:
                extended |= self._extension(kind, _number(block[124:136]))
                continue
            member = _member(block, kind, extended)
            if extended:
                extended = {}
            self._unread = member.size + -member.size % BLOCK
            yield member
        if extended:
            raise InvalidArchive("", "it ends with an extended header")

    def _next_block(self) -> bytes | None:
        """The next header; None at the end."""
        if self._unread:
            if not self._source.skip(self._unread):
                raise InvalidArchive("", _CUT_OFF)
            self._unread = 0
        block = self._source.read(BLOCK)
        if not _is_sound(block):
            if block != _ZEROS:
                raise InvalidArchive("", "a header is damaged" if len(block) == BLOCK else _CUT_OFF)
            self._check_end()
            return None
        self._entries -= 1
        if self._entries < 0:
            raise LimitExceeded("the archive has more entries than the file system may hold")
        return block

    def _check_end(self) -> None:
        total = 0
        for piece in self._source.rest():
            total += len(piece)
            if piece.strip(b"\0"):
                raise InvalidArchive("", "something follows its end")
            if total > _PADDING_BYTES:
                raise LimitExceeded("the archive has more than 1 MiB of padding")

    def _extension(self, kind: bytes, size: int) -> dict[str, str]:
        """What an extended header says of the next member."""
        if not 0 <= size <= _EXTENDED_BYTES:
            raise LimitExceeded(f"an extended header in the archive has {size} bytes")
        data = self._source.read(size)
        if len(data) != size:
            raise InvalidArchive("", _CUT_OFF)
        self._unread = -size % BLOCK
        if kind in b"LK":
            return {"path" if kind == b"L" else "linkpath": _text(data.rstrip(b"\0"))}
        said = dict(_records(data))
        if any(key.startswith("GNU.sparse.") for key in said):
            raise InvalidArchive(said.get("path", ""), "a sparse file, which is not unpacked")
        if kind == b"g":
            if said.keys() & _GLOBAL_REFUSED:
                raise InvalidArchive("", "a global header gives every member the same name or size")
            return {}
        return said


_EXTENSIONS = frozenset({b"x", b"g", b"L", b"K"})


def _member(block: bytes, kind: bytes, extended: dict[str, str]) -> Member:
    try:
        name = block[:_NAME].split(b"\0", 1)[0].decode()
    except UnicodeDecodeError:
        name = _text(block[:_NAME])
    said = _field(block, 157, 257) if block[157] else ""
    if block[345] and block[257:263] == b"ustar\0":
        name = f"{_field(block, 345, 500)}/{name}"
    size, mode = _number(block[124:136]), _number(block[100:108])
    modified: int | None = _number(block[136:148]) * _BILLION
    if extended:
        name, said = extended.get("path", name), extended.get("linkpath", said)
        size = _decimal(extended["size"]) if "size" in extended else size
        modified = _fraction(extended["mtime"]) if "mtime" in extended else modified
    known = _KINDS.get(kind)
    if known is _FILE and name.endswith("/"):
        known = Kind.DIRECTORY  # as before there was a kind for them
    if known is None:
        what = _REFUSED.get(kind, f"of kind {kind!r}")
        raise InvalidArchive(name, f"{what}, which is not unpacked")
    if size and (known is not _FILE or size < 0):
        raise InvalidArchive(name, f"a {known} with {size} bytes of content")
    return new_member((name, known, size, said, mode, modified))


def _is_sound(block: bytes) -> bool:
    """Compare the checksum with the sum of all other bytes, modulo 65,521: see `_block`."""
    said = block[148:156]
    try:
        wanted = int(said.rstrip(b" \0"), 8)
    except ValueError:
        return False
    rest = (zlib.adler32(block) & 0xFFFF) - 1 - sum(said) + 8 * 0x20
    return len(block) == BLOCK and (rest - wanted) % 65_521 == 0


def _field(block: bytes, start: int, end: int) -> str:
    return _text(block[start:end].split(b"\0", 1)[0])


def _text(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise InvalidArchive(repr(data[:100]), "a name that is not UTF-8") from None


@lru_cache(4096)  # most members of an archive share modes, times and many a size
def _number(field: bytes) -> int:
    """A field in octal digits, or in binary where its first byte says so (GNU)."""
    if field[0] in (0x80, 0xFF):
        return int.from_bytes(field[1:]) - (256 ** (len(field) - 1) if field[0] == 0xFF else 0)
    digits = field.strip(b" \0") or b"0"
    if not _OCTAL.fullmatch(digits):
        raise InvalidArchive("", f"a header has the number {field!r}")
    return int(digits, 8)


def _decimal(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 20):
        raise InvalidArchive("", f"an extended header has the size {text[:40]!r}")
    return int(text)


def _fraction(text: str) -> int | None:
    """Seconds with a fraction, as nanoseconds; None where no time can be that."""
    whole, _, part = text.partition(".")
    digits = whole.removeprefix("-")
    if not (
        digits.isascii() and digits.isdigit() and len(digits) < 12 and (not part or (part.isascii() and part.isdigit()))
    ):
        return None
    nanoseconds = int(whole) * _BILLION
    rest = int(part[:9].ljust(9, "0")) if part else 0
    return nanoseconds - rest if text.startswith("-") else nanoseconds + rest


def _records(data: bytes) -> Iterator[tuple[str, str]]:
    """The records of a pax header."""
    at = 0
    while at < len(data):
        space = data.find(b" ", at, at + 8)
        digits = data[at:space] if space > 0 else b""
        length = int(digits) if digits.isdigit() else 0
        record = data[at : at + length]
        key, equals, value = record[len(digits) + 1 : -1].partition(b"=")
        if len(record) != length or not record.endswith(b"\n") or not equals or not key:
            raise InvalidArchive("", "an extended header is damaged")
        yield _text(key), _text(value)
        at += length
