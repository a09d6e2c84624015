"""Between a staging store and a file system: bytes go from one to the other, and through nothing else.

A key or prefix that ends in a slash stands for all that is below it, as a directory does.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from datetime import timedelta
from typing import NamedTuple, TypedDict, Unpack

from jupyter_sandfs import paths
from jupyter_sandfs.errors import (
    ChecksumMismatch,
    InvalidPath,
    InvalidRequest,
    ObjectNotFound,
    SandfsError,
)
from jupyter_sandfs.filestore import content_types, keys
from jupyter_sandfs.filestore.consignment import Consignment, below
from jupyter_sandfs.filestore.protocol import CHUNK_BYTES, FileInfo, FileStore, PutOptions, Reader
from jupyter_sandfs.vfs.interface import FileSystem

_NAME = "original_filename"  # metadata: what the file was called where it came from
_PATH = "original_path"  # metadata: where in a sandbox it was published from
_SANDBOX, _ACTOR = "sandbox", "actor"  # metadata: which sandbox that was, and who published
_CONTROL = frozenset({"Cc", "Cs", "Zl", "Zp"})  # what a store refuses in metadata

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
    found = list(below(store, prefix))
    if not found:
        raise ObjectNotFound(prefix)
    total = sum(info.size_bytes for info in found)
    meter = _Meter(total, progress)
    with fs.transaction(f"stage {prefix}", actor):
        for info in found:
            with store.open(info.key, version=info.version) as reader:
                _fetch(reader, fs, paths.join(destination, info.key.removeprefix(prefix)), meter)
    return Staged(paths.normalize(destination), total, len(found))


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


class PublishOptions(TypedDict, total=False):
    """What can be said of files that are published.

    Attributes:
        ttl: seconds until the stored file is gone; the store's default if not given.
        metadata: kept with the file, beside where it came from, which it can't gainsay.
        sandbox, actor: where it comes from and who publishes it, for the metadata.
        before: may refuse a file: what it raises is raised, and nothing was stored.
        progress: is told how far it is.
    """

    ttl: float | timedelta | None
    metadata: Mapping[str, str] | None
    sandbox: str
    actor: str
    before: Before | None
    progress: Progress | None


def publish(
    fs: FileSystem, source: str, store: FileStore, *, key: str | None = None, **options: Unpack[PublishOptions]
) -> FileInfo:
    """Store the file `source` under `key`, or under a new key.

    Raises:
        PathError: as `FileSystem.read_bytes`.
        InvalidKey, ObjectTooLarge, QuotaExceeded: as `FileStore.put`.
        ChecksumMismatch: the store has something else; it was deleted again.
    """
    leaving = _Leaving(fs, source, options)
    meter = _Meter(len(leaving.content), options.get("progress"))
    target = keys.new_key() if key is None else key
    info = store.put(target, leaving.chunks(meter), size=len(leaving.content), **leaving.described)
    try:
        _check(info, leaving.digest)
    except ChecksumMismatch:
        with suppress(SandfsError):  # somebody may have replaced it since; the mismatch is the error to tell
            store.delete(info.key, if_version=info.version)
        raise
    return info


def publish_tree(
    fs: FileSystem, source: str, store: FileStore, *, key: str | None = None, **options: Unpack[PublishOptions]
) -> PublishedTree:
    """Store all files below the directory `source`, or none; links are left out.

    What the store has under the same keys is replaced at the end, when all of the new files have arrived.

    Args:
        key: what their keys begin with, ending in a slash; new if not given.

    Raises:
        InvalidRequest: `key` does not end in a slash, or there is no file.
        InvalidKey: a name can't be part of a key. Nothing was stored.
        LimitExceeded: so many files can't be replaced together.
        PathError, ObjectTooLarge, QuotaExceeded, ChecksumMismatch: as `publish`.
    """
    prefix = tree_prefix(key)
    targets = {path: keys.check(prefix + _relative(path, source)) for path in _files(fs, source)}
    if not targets:
        raise InvalidRequest(f"{source}: there is no file to publish")
    meter = _Meter(sum(fs.stat(path).size for path in targets), options.get("progress"))
    with Consignment(store, below(store, prefix) if key else ()) as consignment:
        for path, target in targets.items():
            _consign(consignment, store, target, _Leaving(fs, path, options), meter)
        stored = consignment.finish()
    return PublishedTree(prefix, tuple(stored[target] for target in targets.values()))


def tree_prefix(key: str | None) -> str:
    """What the keys of a directory's files begin with. Raises InvalidRequest."""
    if key is not None and not key.endswith("/"):
        raise InvalidRequest("a directory is published under a prefix that ends in a slash")
    return key or f"{keys.new_key()}/"


def _consign(consignment: Consignment, store: FileStore, key: str, leaving: _Leaving, meter: _Meter) -> None:
    size = len(leaving.content)
    if not consignment.replaces(key):
        info = store.put(key, leaving.chunks(meter), size=size, **leaving.described)
        consignment.note(info)
        _check(info, leaving.digest)
        return
    sha256 = hashlib.sha256(leaving.content).hexdigest()
    upload, offset = consignment.begin(key, size, {**leaving.described, "expect_sha256": sha256}), 0
    for chunk in leaving.chunks(meter):
        offset = upload.append(chunk, offset)


class _Leaving:
    """A file on its way out of a file system."""

    def __init__(self, fs: FileSystem, path: str, options: PublishOptions) -> None:
        self.content = fs.read_bytes(path)
        if before := options.get("before"):
            before(paths.normalize(path), self.content)
        origin = {"sandbox": options.get("sandbox", ""), "actor": options.get("actor", "")}
        self.described: PutOptions = {
            "ttl": options.get("ttl"),
            "content_type": content_types.guess(paths.name(path)),
            "metadata": told(path, options.get("metadata") or {}, **origin),
        }
        self._hash = hashlib.sha256()

    @property
    def digest(self) -> str:
        """Of the chunks that were taken."""
        return self._hash.hexdigest()

    def chunks(self, meter: _Meter) -> Iterator[bytes]:
        for start in range(0, len(self.content), CHUNK_BYTES):
            chunk = self.content[start : start + CHUNK_BYTES]
            self._hash.update(chunk)
            yield chunk
            meter.passed(len(chunk))


def _files(fs: FileSystem, source: str) -> Iterator[str]:
    for directory, _, names in fs.walk(paths.normalize(source)):
        for name in names:
            path = paths.join(directory, name)
            if fs.is_file(path) and not fs.is_symlink(path):
                yield path


def _relative(path: str, top: str) -> str:
    return path.removeprefix(paths.normalize(top).rstrip("/") + "/")


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
