"""Between a staging store and a file system: bytes go from one to the other, and through nothing else."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Mapping
from datetime import timedelta
from typing import NamedTuple

from jupyter_sandfs import paths
from jupyter_sandfs.errors import ChecksumMismatch, InvalidPath
from jupyter_sandfs.filestore import content_types
from jupyter_sandfs.filestore.keys import new_key
from jupyter_sandfs.filestore.protocol import FileInfo, FileStore
from jupyter_sandfs.vfs.interface import FileSystem

_NAME = "original_filename"  # metadata: what the file was called where it came from
_PATH = "original_path"  # metadata: where in a sandbox it was published from
_CONTROL = frozenset({"Cc", "Cs", "Zl", "Zp"})  # what a store refuses in metadata


class Staged(NamedTuple):
    """A file that was brought into a file system."""

    path: str
    size_bytes: int


def stage(store: FileStore, key: str, fs: FileSystem, destination: str) -> Staged:
    """Copy the stored file `key` to `destination`, in one step.

    Args:
        destination: a path; with a slash at its end, or when it is a directory, the file goes into it under the name
            that it had where it was uploaded.

    Raises:
        ObjectNotFound: no such key.
        ChecksumMismatch: what arrived is not what was stored; nothing was written.
        PathError: as `FileSystem.open` and its `close`.
    """
    with store.open(key) as reader:
        info = reader.info
        path = _landing(fs, destination, info)
        digest = hashlib.sha256()
        with fs.open(path, "wb") as file:
            for chunk in reader:
                digest.update(chunk)
                file.write(chunk)
            actual = f"sha256:{digest.hexdigest()}"
            if actual != info.checksum:
                raise ChecksumMismatch(key, info.checksum, actual)
    return Staged(path, info.size_bytes)


def publish(
    fs: FileSystem,
    source: str,
    store: FileStore,
    *,
    key: str | None = None,
    ttl: float | timedelta | None = None,
    metadata: Mapping[str, str] | None = None,
) -> FileInfo:
    """Store the file `source` under `key`, or under a new key.

    Args:
        ttl: seconds until the stored file is gone; the store's default if not given.
        metadata: kept with the file, beside where it came from.

    Raises:
        PathError: as `FileSystem.read_bytes`.
        InvalidKey, ObjectTooLarge, QuotaExceeded: as `FileStore.put`.
    """
    content = fs.read_bytes(source)
    return store.put(
        key if key is not None else new_key(),
        content,
        size=len(content),
        ttl=ttl,
        content_type=content_types.guess(paths.name(source)),
        metadata=origin(source) | dict(metadata or {}),
    )


def origin(source: str) -> dict[str, str]:
    """The metadata that says where in a sandbox a stored file comes from."""
    return {_PATH: _plain(paths.normalize(source)), _NAME: _plain(paths.name(source))}


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


def _landing(fs: FileSystem, destination: str, info: FileInfo) -> str:
    if not destination.endswith("/") and not fs.is_dir(destination):
        return paths.normalize(destination)
    return paths.join(destination, original_name(info))


def _plain(text: str) -> str:
    """Text that may stand in metadata: a name in a sandbox may hold control characters and line separators."""
    return "".join(each if unicodedata.category(each) not in _CONTROL else "\N{REPLACEMENT CHARACTER}" for each in text)
