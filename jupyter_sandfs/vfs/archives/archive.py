"""Archives of a file system: tar, tar.gz, tar.zst and zip, written as a stream and unpacked all or not at all.

What comes from outside is unpacked here and nowhere else. A member is checked before its content is read: its name
and its link must stay inside the archive, it must be a kind that a file system holds, and the whole must stay within
the file system's limits, whatever headers claim.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable, Iterator
from importlib import import_module
from typing import TYPE_CHECKING, NamedTuple, Protocol

from jupyter_sandfs import paths
from jupyter_sandfs.errors import FileTooLarge, InvalidArchive, InvalidPath, InvalidRequest, LimitExceeded
from jupyter_sandfs.vfs.archives import compressing, tar
from jupyter_sandfs.vfs.archives.compressing import GZIP, ZSTD, Codec
from jupyter_sandfs.vfs.archives.source import Source, Stream, bounded, pieces
from jupyter_sandfs.vfs.archives.tar import Kind, Member, TarReader
from jupyter_sandfs.vfs.batch import Item, is_moment, new_item
from jupyter_sandfs.vfs.content import Link
from jupyter_sandfs.vfs.limits import Limits

if TYPE_CHECKING:
    from types import ModuleType

    from jupyter_sandfs.vfs.interface import FileSystem

__all__ = ["FORMATS", "Format", "Stream", "extract", "pack", "unpack"]

_ZIP_MAGICS = (b"PK\x03\x04", b"PK\x05\x06")  # the second is that of an empty one
_FILE, _DIRECTORY = Kind.FILE, Kind.DIRECTORY
_LINK_BYTES = 4096
_HEADER_BYTES = 2048  # that each entry may take beside its content


class Format(NamedTuple):
    """One way to archive.

    Attributes:
        codec: what a tar is compressed with; None for a plain one, and for zip.
        media_type: how HTTP calls it.
    """

    pack: Callable[[Iterable[Item]], Iterator[bytes]]
    codec: Codec | None
    media_type: str


def _zip() -> ModuleType:
    """Only zip archives need the standard library's zipfile, which takes longer to import than all else here."""
    return import_module("jupyter_sandfs.vfs.archives.zip")


def _pack_zip(items: Iterable[Item]) -> Iterator[bytes]:
    packed: Iterator[bytes] = _zip().pack(items)
    return packed


FORMATS = {
    "tar": Format(tar.pack, None, "application/x-tar"),
    "tar.gz": Format(tar.pack, GZIP, "application/gzip"),
    "tar.zst": Format(tar.pack, ZSTD, "application/zstd"),
    "zip": Format(_pack_zip, None, "application/zip"),
}


class Reader(Protocol):
    """Members of an archive in their order; `content` gives the bytes of the last one that is a file."""

    def __iter__(self) -> Iterator[Member]: ...
    def content(self, member: Member) -> bytes: ...


def find_format(name: str) -> Format:
    """Give a format by its name. Raises InvalidRequest."""
    try:
        return FORMATS[name]
    except KeyError:
        raise InvalidRequest(f"no format of archives: {name!r:.100}; there are {', '.join(FORMATS)}") from None


def pack(items: Iterable[Item], format_name: str) -> Iterator[bytes]:
    """Give an archive of items, piece by piece."""
    made = find_format(format_name)
    packed = made.pack(items)
    return compressing.compress(packed, made.codec) if made.codec else packed


def extract(
    system: FileSystem,
    stream: Stream,
    path: str,
    *,
    format_name: str | None,
    overwrite: bool,
) -> list[str]:
    """Unpack below `path`; see `FileSystem.extract`."""
    top = system.resolve(path)
    items = [Item(top), *unpack(stream, system.limits, top=top.rstrip("/"), format_name=format_name)]
    system.write_many(items, overwrite=overwrite)
    return [item.path for item in items[1:] if item.path != top]


def unpack(stream: Stream, limits: Limits, *, top: str = "", format_name: str | None = None) -> Iterator[Item]:
    """Give what an archive holds as items below `top`, each checked before its content is read.

    Raises:
        InvalidArchive, LimitExceeded, FileTooLarge: see `FileSystem.extract`.
    """
    reader = _open(stream, limits, format_name)
    gate = _Gate(limits, top)
    contents: dict[str, bytes | Link | None] = {}
    for member in reader:
        name, kind, size, _, mode, modified = member
        path = gate.admit(name, kind, size, contents)
        if kind is _FILE:
            content: bytes | Link | None = reader.content(member)
        elif kind is _DIRECTORY:
            content = None
        else:
            content = gate.link(member, contents)
        contents[path] = content
        if mode is not None:
            mode &= 0o777  # no program gets another's rights by an archive
        yield new_item((path, content, mode, modified if is_moment(modified) else None))


def _open(stream: Stream, limits: Limits, format_name: str | None) -> Reader:
    most = limits.total_bytes + _HEADER_BYTES * limits.nodes
    source = Source(bounded(pieces(stream), most))
    name = format_name or _sniff(source.peek(tar.BLOCK))
    made = find_format(name)
    if name == "zip":
        reader: Reader = _zip().ZipReader(source.read(most), entries=limits.nodes, ratio=limits.archive_ratio)
        return reader
    if made.codec:
        expanded = compressing.expand(source.rest(), made.codec, limits.archive_ratio)
        source = Source(bounded(expanded, most))
    if not tar.looks_like(source.peek(tar.BLOCK)):
        raise InvalidArchive("", f"it is no {name}")
    return TarReader(source, entries=limits.nodes)


def _sniff(start: bytes) -> str:
    """Find out the format from the first bytes."""
    if start.startswith(_ZIP_MAGICS):
        return "zip"
    for name, each in FORMATS.items():
        if each.codec and start.startswith(each.codec.magic):
            return name
    if not tar.looks_like(start):
        raise InvalidArchive("", f"it is none of {', '.join(FORMATS)}, or it is cut off")
    return "tar"


class _Gate:
    """Decides which members come in, and counts them."""

    def __init__(self, limits: Limits, top: str) -> None:
        self._depth, self._file_bytes, self._room = limits.depth, limits.file_bytes, limits.total_bytes
        self._total_bytes = limits.total_bytes
        self._top = top

    def admit(self, name: str, kind: Kind, size: int, known: dict[str, bytes | Link | None]) -> str:
        """Give the path that a member gets."""
        inner = _inner(name)
        path = self._top + inner if inner != paths.ROOT else self._top or paths.ROOT
        if path in known and not (kind is _DIRECTORY and known[path] is None):
            raise InvalidArchive(name, "two of one name")
        if inner.count("/") > self._depth:
            raise LimitExceeded(f"the archive has more than {self._depth} levels")
        if size > self._file_bytes:
            raise FileTooLarge(path, f"{size} bytes, over the limit of {self._file_bytes}")
        if size:
            self._count(size)
        return path

    def link(self, member: Member, known: dict[str, bytes | Link | None]) -> bytes | Link:
        """What a link becomes: a hard link the content of the earlier file that it names."""
        if member.kind is Kind.SYMLINK:
            return Link(_target(member))
        content = known.get(self._top + _inner(member.target))
        if not isinstance(content, bytes):
            raise InvalidArchive(member.name, f"a hard link to {member.target[:200]!r}, which is no file before it")
        self._count(len(content))
        return content

    def _count(self, size: int) -> None:
        self._room -= size
        if self._room < 0:
            raise LimitExceeded(f"the archive unpacks to more than {self._total_bytes} bytes")


def _inner(name: str) -> str:
    """The path of a member in its archive, as if that were a root.

    Raises:
        InvalidArchive: a name that leads out, or that a file system can't hold.
    """
    inner = f"/{name[:-1]}" if name.endswith("/") else f"/{name}"
    plain = name.isascii() and "\\" not in name and "\0" not in name
    if plain and "//" not in inner and "/." not in inner and len(inner) > 1:
        return inner  # most names: what follows costs five times as much
    _check_segments(name)
    try:
        return paths.normalize(inner)
    except InvalidPath as error:
        raise InvalidArchive(name, error.detail or "not a path") from error


def _check_segments(name: str) -> None:
    if name.startswith("/"):
        raise InvalidArchive(name, "an absolute path")
    if "\\" in name:
        raise InvalidArchive(name, "a path with a backslash")
    if ".." in name.split("/"):
        raise InvalidArchive(name, "it leads out of the archive")
    if not name:
        raise InvalidArchive(name, "a member without a name")


def _target(member: Member) -> str:
    """The target of a symbolic link, which must stay inside the archive."""
    target = member.target
    if not 0 < len(target.encode(errors="replace")) <= _LINK_BYTES or "\0" in target or "\\" in target:
        raise InvalidArchive(member.name, "a link that says nothing, too much, or what no path can be")
    if target.startswith("/"):
        raise InvalidArchive(member.name, f"a link to the absolute path {target[:200]!r}")
    landing = posixpath.normpath(posixpath.join(posixpath.dirname(_inner(member.name))[1:], target))
    if landing == ".." or landing.startswith("../"):
        raise InvalidArchive(member.name, f"a link that leads out of the archive, to {target[:200]!r}")
    return target
