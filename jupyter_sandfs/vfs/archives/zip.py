"""Zip archives, by the standard library's zipfile, with bounds on what it believes."""

from __future__ import annotations

import io
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from jupyter_sandfs.errors import InvalidArchive, LimitExceeded
from jupyter_sandfs.vfs.archives.compressing import check_ratio, steps
from jupyter_sandfs.vfs.archives.tar import Kind, Member
from jupyter_sandfs.vfs.batch import Item
from jupyter_sandfs.vfs.content import Link
from jupyter_sandfs.vfs.nodes import DIRECTORY_MODE, FILE_MODE, LINK_MODE

_BILLION = 1_000_000_000
_UNIX = 3  # who made a member, where its mode is one of Unix
_ENTRY = b"PK\x01\x02"  # how what the directory says of a member begins
_TOO_MANY = "the archive has more entries than the file system may hold"
_LOCAL_BYTES = 30  # the least before a member's content
_TIMES = 0x5455  # extra field with the time of modification in seconds since 1970 (Info-ZIP)
_METHODS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
_BROKEN = (
    zipfile.BadZipFile, zlib.error, struct.error, EOFError, ValueError, OverflowError, NotImplementedError, RuntimeError
)  # fmt: skip
_KINDS = {0: Kind.FILE, stat.S_IFREG: Kind.FILE, stat.S_IFDIR: Kind.DIRECTORY, stat.S_IFLNK: Kind.SYMLINK}


# ---------------------------------------------------------------- writing


class _Sink:
    """Takes what zipfile writes and can't seek: it then writes sizes behind contents."""

    def __init__(self) -> None:
        self._written: list[bytes] = []

    def write(self, data: bytes) -> int:
        self._written.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Nothing is held back."""

    def take(self) -> bytes:
        taken, self._written = b"".join(self._written), []
        return taken


def pack(items: Iterable[Item]) -> Iterator[bytes]:
    """Give a zip archive of items, some pieces for each file, which may be empty."""
    sink = _Sink()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:  # type: ignore[call-overload]  # needs only write
        for item in items:
            if item.path == "/":
                continue
            with archive.open(_info(item), "w") as file:
                for part in steps(_content(item)):
                    file.write(part)
                    yield sink.take()
            yield sink.take()
    yield sink.take()


def _content(item: Item) -> bytes:
    return item.content.target.encode() if isinstance(item.content, Link) else item.content or b""


def _info(item: Item) -> zipfile.ZipInfo:
    seconds = max((item.modified_ns or 0) // _BILLION, 0)
    when = datetime.fromtimestamp(seconds, UTC)
    name, kind, mode = item.path[1:], stat.S_IFREG, FILE_MODE
    if item.content is None:
        name, kind, mode = name + "/", stat.S_IFDIR, DIRECTORY_MODE
    elif isinstance(item.content, Link):
        kind, mode = stat.S_IFLNK, LINK_MODE
    info = zipfile.ZipInfo(name, when.timetuple()[:6] if 1980 <= when.year < 2108 else (1980, 1, 1, 0, 0, 0))
    info.file_size = len(_content(item))  # from which zipfile knows whether four bytes will do for it
    info.compress_type = zipfile.ZIP_DEFLATED if item.content else zipfile.ZIP_STORED
    info.create_system = _UNIX
    info.external_attr = (kind | (mode if item.mode is None else item.mode)) << 16
    if item.content is None:
        info.external_attr |= 0x10  # as DOS says that it is a directory
    if seconds < 1 << 31:
        info.extra = struct.pack("<HHBl", _TIMES, 5, 1, seconds)
    return info


# ---------------------------------------------------------------- reading


class _Bounded(io.BytesIO):
    """An archive whose directory, which zipfile reads whole and at once, has no more than `entries` members."""

    entries: int | None = None

    def read(self, size: int | None = -1, /) -> bytes:
        data = super().read(size)
        if self.entries is not None and data.count(_ENTRY) > self.entries:
            raise LimitExceeded(_TOO_MANY)
        return data


class ZipReader:
    """The members of a zip archive, in the order of its directory; `content` gives the bytes of one of them.

    Raises InvalidArchive for what is damaged or not read, LimitExceeded for more than `entries` or `ratio`.
    """

    def __init__(self, data: bytes, *, entries: int, ratio: float) -> None:
        self._size = len(data)
        file = _Bounded(data)
        file.entries = entries
        try:
            self._archive = zipfile.ZipFile(file)
        except _BROKEN as error:
            raise InvalidArchive("", f"zip: {error}") from error
        file.entries = None
        self._infos = self._archive.infolist()
        check_ratio(sum(info.file_size for info in self._infos), self._size, ratio)
        _check_apart(self._infos)
        self._by_name = dict[str, zipfile.ZipInfo]()

    def __iter__(self) -> Iterator[Member]:
        for info in self._infos:
            member = self._member(info)
            self._by_name[member.name] = info
            yield member

    def content(self, member: Member) -> bytes:
        return self._read(self._by_name[member.name])

    def _member(self, info: zipfile.ZipInfo) -> Member:
        name = info.orig_filename
        mode = info.external_attr >> 16 if info.create_system == _UNIX else 0
        kind = _KINDS.get(stat.S_IFMT(mode))
        if kind is None:
            raise InvalidArchive(name, "neither a file, a directory nor a link")
        if info.flag_bits & 1:
            raise InvalidArchive(name, "it is encrypted")
        if info.compress_type not in _METHODS:
            raise InvalidArchive(name, f"compressed in a way that is not read ({info.compress_type})")
        if name.endswith("/"):
            kind = Kind.DIRECTORY
        size = info.file_size
        if kind is Kind.DIRECTORY and size:
            raise InvalidArchive(name, "a directory with content")
        target = ""
        if kind is Kind.SYMLINK:
            target, size = self._target(info), 0
        return Member(name, kind, size, target, stat.S_IMODE(mode) or None, _modified(info))

    def _target(self, info: zipfile.ZipInfo) -> str:
        if info.file_size > 4096:
            raise InvalidArchive(info.orig_filename, "a link that says more than 4096 bytes")
        try:
            return self._read(info).decode()
        except UnicodeDecodeError:
            raise InvalidArchive(info.orig_filename, "a link that is not UTF-8") from None

    def _read(self, info: zipfile.ZipInfo) -> bytes:
        """The content; one byte more is asked for, so that the checksum behind the last one is looked at."""
        try:
            with self._archive.open(info) as file:
                content = file.read(info.file_size + 1)
        except _BROKEN as error:
            raise InvalidArchive(info.orig_filename, str(error)) from error
        if len(content) != info.file_size:
            raise InvalidArchive(info.orig_filename, "it has another size than its header says")
        return content


def _check_apart(infos: list[zipfile.ZipInfo]) -> None:
    """Refuse members that share bytes of the archive: a bomb needs no nesting then (Fifield, "A better zip bomb")."""
    end = 0
    for info in sorted(infos, key=lambda each: each.header_offset):
        if info.header_offset < end:
            raise InvalidArchive(info.orig_filename, "it overlaps another member")
        end = info.header_offset + _LOCAL_BYTES + info.compress_size


def _modified(info: zipfile.ZipInfo) -> int | None:
    extra = info.extra
    while len(extra) >= 4:
        kind, size = struct.unpack_from("<HH", extra)
        if kind == _TIMES and size >= 5 and len(extra) >= 9 and extra[4] & 1:
            return int(struct.unpack_from("<l", extra, 5)[0]) * _BILLION
        extra = extra[4 + size :]
    try:
        return int(datetime(*info.date_time, tzinfo=UTC).timestamp()) * _BILLION
    except ValueError:
        return None
