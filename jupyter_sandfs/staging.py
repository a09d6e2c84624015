"""Between a staging store and a file system: bytes go from one to the other, and through nothing else.

A key or prefix that ends in a slash stands for all that is below it, as a directory does.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from datetime import timedelta
from typing import NamedTuple

from jupyter_sandfs import paths
from jupyter_sandfs.errors import (
    ChecksumMismatch,
    InvalidPath,
    InvalidRequest,
    LimitExceeded,
    ObjectNotFound,
    SandfsError,
)
from jupyter_sandfs.filestore import content_types, keys
from jupyter_sandfs.filestore.protocol import CHUNK_BYTES, FileInfo, FileStore, Reader
from jupyter_sandfs.vfs.interface import FileSystem

_NAME = "original_filename"  # metadata: what the file was called where it came from
_PATH = "original_path"  # metadata: where in a sandbox it was published from
_SANDBOX, _ACTOR = "sandbox", "actor"  # metadata: which sandbox that was, and who published
_CONTROL = frozenset({"Cc", "Cs", "Zl", "Zp"})  # what a store refuses in metadata
_MOST_FILES = 100_000
_PAGE = 1000

# Is told how many bytes have passed, of how many.
Progress = Callable[[int, int], object]
# Is given the path and content of a file before it is stored; raises if it must not be.
Before = Callable[[str, bytes], None]


class Staged(NamedTuple):
    """A file, or all files of a prefix, that were brought into a file system."""

    path: str
    size_bytes: int
    files: int = 1


class PublishedTree(NamedTuple):
    """A directory that was stored; `key` is what the keys of its files begin with, and ends in a slash."""

    key: str
    files: tuple[FileInfo, ...]

    @property
    def size_bytes(self) -> int:
        return sum(info.size_bytes for info in self.files)


class _Meter:
    """Counts the bytes of one transfer, of one file or many."""

    def __init__(self, total: int, progress: Progress | None) -> None:
        self._total, self._progress, self._done = total, progress, 0

    def passed(self, size: int) -> None:
        self._done += size
        if self._progress is not None:
            self._progress(self._done, self._total)


# ---------------------------------------------------------------- into a file system


def stage(
    store: FileStore, key: str, fs: FileSystem, destination: str, *, actor: str = "", progress: Progress | None = None
) -> Staged:
    """Copy the stored file `key`, or all files of a prefix that ends in a slash, to `destination`, in one step.

    Args:
        destination: a path; with a slash at its end, or when it is a directory, a file goes into it under the name
            that it had where it was uploaded. For a prefix it is the directory that takes the place of the prefix.
        actor: who does so, in the journal.

    Raises:
        ObjectNotFound: no such key, or nothing below the prefix.
        ChecksumMismatch: what arrived is not what was stored; nothing was written.
        PathError: as `FileSystem.open` and its `close`.
        LimitExceeded: more than 100,000 files below the prefix.
    """
    if key.endswith("/"):
        return _stage_tree(store, key, fs, destination, actor, progress)
    with store.open(key) as reader, fs.action(f"stage {key}", actor):
        path = _landing(fs, destination, reader.info)
        _fetch(reader, fs, path, _Meter(reader.info.size_bytes, progress))
    return Staged(path, reader.info.size_bytes)


def _stage_tree(
    store: FileStore, prefix: str, fs: FileSystem, destination: str, actor: str, progress: Progress | None
) -> Staged:
    found = list(_below(store, prefix))
    if not found:
        raise ObjectNotFound(prefix)
    total = sum(info.size_bytes for info in found)
    meter = _Meter(total, progress)
    with fs.transaction(f"stage {prefix}", actor):
        for info in found:
            with store.open(info.key, version=info.version) as reader:
                _fetch(reader, fs, paths.join(destination, info.key.removeprefix(prefix)), meter)
    return Staged(paths.normalize(destination), total, len(found))


def _below(store: FileStore, prefix: str) -> Iterator[FileInfo]:
    count, after = 0, None
    while True:
        page = store.list(prefix, after=after, limit=_PAGE)
        yield from page.items
        count, after = count + len(page.items), page.next_after
        if after is None:
            return
        if count >= _MOST_FILES:
            raise LimitExceeded(f"more than {_MOST_FILES} files begin with {prefix!r:.100}; name a longer prefix")


def _fetch(reader: Reader, fs: FileSystem, path: str, meter: _Meter) -> None:
    """Write a stored file, if it is what was stored."""
    digest = hashlib.sha256()
    with fs.open(path, "wb") as file:
        for chunk in reader:
            digest.update(chunk)
            file.write(chunk)
            meter.passed(len(chunk))
        _check(reader.info, digest.hexdigest())


def _landing(fs: FileSystem, destination: str, info: FileInfo) -> str:
    if not destination.endswith("/") and not fs.is_dir(destination):
        return paths.normalize(destination)
    return paths.join(destination, original_name(info))


# ---------------------------------------------------------------- into a store


def publish(
    fs: FileSystem,
    source: str,
    store: FileStore,
    *,
    key: str | None = None,
    ttl: float | timedelta | None = None,
    metadata: Mapping[str, str] | None = None,
    sandbox: str = "",
    actor: str = "",
    before: Before | None = None,
    progress: Progress | None = None,
) -> FileInfo:
    """Store the file `source` under `key`, or under a new key.

    Args:
        ttl: seconds until the stored file is gone; the store's default if not given.
        metadata: kept with the file, beside where it came from, which it can't gainsay.
        sandbox, actor: where it comes from and who publishes it, for the metadata.
        before: may refuse the file: what it raises is raised, and nothing was stored.

    Raises:
        PathError: as `FileSystem.read_bytes`.
        InvalidKey, ObjectTooLarge, QuotaExceeded: as `FileStore.put`.
        ChecksumMismatch: the store has something else; it was deleted again.
    """
    content = _checked(fs, source, before)
    about = told(source, metadata or {}, sandbox=sandbox, actor=actor)
    chosen = key if key is not None else keys.new_key()
    return _store(store, chosen, source, content, ttl, about, _Meter(len(content), progress))


def publish_tree(
    fs: FileSystem,
    source: str,
    store: FileStore,
    *,
    key: str | None = None,
    ttl: float | timedelta | None = None,
    metadata: Mapping[str, str] | None = None,
    sandbox: str = "",
    actor: str = "",
    before: Before | None = None,
    progress: Progress | None = None,
) -> PublishedTree:
    """Store all files below the directory `source`; links are left out. Where one fails, the new ones go again.

    Args:
        key: what their keys begin with, ending in a slash; new if not given.
        others: as `publish`.

    Raises:
        InvalidRequest: `key` does not end in a slash, or there is no file.
        InvalidKey: a name can't be part of a key. Nothing was stored.
        PathError, ObjectTooLarge, QuotaExceeded, ChecksumMismatch: as `publish`.
    """
    if key is not None and not key.endswith("/"):
        raise InvalidRequest("a directory is published under a prefix that ends in a slash")
    prefix = f"{keys.new_key()}/" if key is None else key
    targets = {path: keys.check(prefix + _relative(path, source)) for path in _files(fs, source)}
    if not targets:
        raise InvalidRequest(f"{source}: there is no file to publish")
    present = set() if key is None else {info.key for info in _below(store, prefix)}
    meter = _Meter(sum(fs.stat(path).size for path in targets), progress)
    stored: list[FileInfo] = []
    try:
        for path, target in targets.items():
            about = told(path, metadata or {}, sandbox=sandbox, actor=actor)
            stored.append(_store(store, target, path, _checked(fs, path, before), ttl, about, meter))
    except BaseException:
        _take_back(store, [info for info in stored if info.key not in present])
        raise
    return PublishedTree(prefix, tuple(stored))


def _checked(fs: FileSystem, path: str, before: Before | None) -> bytes:
    content = fs.read_bytes(path)
    if before is not None:
        before(paths.normalize(path), content)
    return content


def _files(fs: FileSystem, source: str) -> Iterator[str]:
    for directory, _, names in fs.walk(paths.normalize(source)):
        for name in names:
            path = paths.join(directory, name)
            if fs.is_file(path) and not fs.is_symlink(path):
                yield path


def _relative(path: str, top: str) -> str:
    return path.removeprefix(paths.normalize(top).rstrip("/") + "/")


def _store(
    store: FileStore,
    key: str,
    source: str,
    content: bytes,
    ttl: float | timedelta | None,
    metadata: Mapping[str, str],
    meter: _Meter,
) -> FileInfo:
    digest = hashlib.sha256()

    def chunks() -> Iterator[bytes]:
        for start in range(0, len(content), CHUNK_BYTES):
            chunk = content[start : start + CHUNK_BYTES]
            digest.update(chunk)
            yield chunk
            meter.passed(len(chunk))

    content_type = content_types.guess(paths.name(source))
    info = store.put(key, chunks(), size=len(content), ttl=ttl, content_type=content_type, metadata=metadata)
    try:
        _check(info, digest.hexdigest())
    except ChecksumMismatch:
        _take_back(store, [info])
        raise
    return info


def _take_back(store: FileStore, infos: list[FileInfo]) -> None:
    for info in infos:
        with suppress(SandfsError):  # somebody may have replaced it since; the first error is the one to tell
            store.delete(info.key, if_version=info.version)


def _check(info: FileInfo, digest: str) -> None:
    actual = f"sha256:{digest}"
    if actual != info.checksum:
        raise ChecksumMismatch(info.key, info.checksum, actual)


# ---------------------------------------------------------------- where files come from


def told(source: str, metadata: Mapping[str, str], *, sandbox: str = "", actor: str = "") -> dict[str, str]:
    """The metadata of a published file: what its publisher says, and where it comes from, which that can't gainsay."""
    origin = {_PATH: paths.normalize(source), _SANDBOX: sandbox, _ACTOR: actor}
    known = {name: _plain(value) for name, value in origin.items() if value}
    return {_NAME: _plain(paths.name(source)), **metadata, **known}


def original_name(info: FileInfo) -> str:
    """The name that a stored file had where it came from, as one segment of a path; else the last of its key.

    Whoever uploaded the file chose it: it may be a path, dots or anything else.
    """
    for told in (info.metadata.get(_NAME, ""), info.key):
        try:
            called = paths.name(told)
        except InvalidPath:
            continue
        if called:
            return called
    return "file"


def _plain(text: str) -> str:
    """Text that may stand in metadata: a name in a sandbox may hold control characters and line separators."""
    return "".join(each if unicodedata.category(each) not in _CONTROL else "\N{REPLACEMENT CHARACTER}" for each in text)
