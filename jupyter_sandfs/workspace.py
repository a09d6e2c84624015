"""Whole sandboxes in a staging store: saved, listed, loaded, deleted, and the oldest dropped.

One is a file under `snapshots/{sandbox}/{name}`, written and read as a stream: neither a temporary file nor a second
copy in memory is needed.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from jupyter_sandfs.errors import ChecksumMismatch, NotFound, Unsupported
from jupyter_sandfs.filestore.protocol import FileInfo, FileStore, Reader
from jupyter_sandfs.vfs.archives import compressing, tarball
from jupyter_sandfs.vfs.archives.archive import FORMATS
from jupyter_sandfs.vfs.archives.facts import Provider
from jupyter_sandfs.vfs.archives.tarball import Loaded
from jupyter_sandfs.vfs.filesystem import VirtualFileSystem
from jupyter_sandfs.vfs.limits import Limits

_LISTED = 10_000  # workspaces of one sandbox
_MOMENT = "%Y%m%dT%H%M%S.%fZ"
_UNNAMED = re.compile(r"\d{8}T\d{6}\.\d{6}Z")


class Workspace(NamedTuple):
    """A sandbox that was saved.

    Attributes:
        sandbox: what it was called.
        info: the file that it is in the store.
    """

    sandbox: str
    name: str
    info: FileInfo


def save(
    fs: VirtualFileSystem,
    store: FileStore,
    sandbox: str,
    name: str | None = None,
    *,
    keep: int | None = None,
    ttl: float | timedelta | None = None,
    now: datetime | None = None,
) -> Workspace:
    """Store everything in a file system: contents, versions, policies, modes, times, links, names of providers.

    Args:
        name: replaces one of that name; the moment in UTC if not given.
        keep: of those that were saved without a name, how many of this sandbox to keep; all if not given.
        ttl: seconds until it is gone; the store's default if not given.

    Raises:
        InvalidKey: no name for a file.
        ObjectTooLarge, QuotaExceeded: the store's limits. Nothing was stored.
    """
    saved_at = now or datetime.now(UTC)
    called = name if name is not None else saved_at.strftime(_MOMENT)
    form = _best_format()
    about = {"sandbox": sandbox, "name": called, "saved_at": saved_at.isoformat()}
    info = store.put(
        _key(sandbox, called),
        fs.tarball(form, about),
        content_type=FORMATS[form].media_type,
        metadata={"sandbox": sandbox, "format": form},
        ttl=ttl,
    )
    if keep is not None:
        prune(store, sandbox, keep=keep)
    return Workspace(sandbox, called, info)


def load(
    store: FileStore,
    sandbox: str,
    name: str | None = None,
    *,
    limits: Limits,
    providers: Mapping[str, Provider] | None = None,
) -> Loaded:
    """Read a saved sandbox, the latest if no name is given; nothing is changed yet: `VirtualFileSystem.adopt` does.

    Args:
        providers: callables of dynamic nodes by their names; nothing is imported because a saved file says so.

    Raises:
        NotFound, ObjectNotFound: nothing was saved under that name.
        InvalidArchive, LimitExceeded, ChecksumMismatch: what is there can't be loaded.
    """
    wanted = name if name is not None else latest(store, sandbox).name
    with store.open(_key(sandbox, wanted)) as reader:
        return tarball.read(_verified(reader), limits, providers)


def saved(store: FileStore, sandbox: str) -> list[Workspace]:
    """What was saved of a sandbox, oldest first."""
    prefix = _key(sandbox, "")
    found: list[FileInfo] = []
    after: str | None = None
    while len(found) < _LISTED:
        page = store.list(prefix, after=after)
        found += page.items
        after = page.next_after
        if after is None:
            break
    found.sort(key=lambda info: info.created_at)
    return [Workspace(sandbox, info.key[len(prefix) :], info) for info in found]


def latest(store: FileStore, sandbox: str) -> Workspace:
    """What was saved last. Raises NotFound."""
    found = saved(store, sandbox)
    if not found:
        raise NotFound(sandbox, "nothing of this sandbox was saved in the store")
    return found[-1]


def delete(store: FileStore, sandbox: str, name: str) -> bool:
    """Delete what was saved; tell whether it was there."""
    return store.delete(_key(sandbox, name))


def prune(store: FileStore, sandbox: str, *, keep: int) -> list[str]:
    """Delete the oldest of those that were saved without a name, all but `keep`; gives their names."""
    unnamed = [each.name for each in saved(store, sandbox) if _UNNAMED.fullmatch(each.name)]
    gone = unnamed[: max(len(unnamed) - max(keep, 0), 0)]
    for name in gone:
        delete(store, sandbox, name)
    return gone


def _key(sandbox: str, name: str) -> str:
    return f"snapshots/{sandbox}/{name}"


def _best_format() -> str:
    try:
        compressing.ZSTD.compressor()
    except Unsupported:
        return "tar.gz"
    return "tar.zst"


def _verified(reader: Reader) -> Iterator[bytes]:
    """The bytes of a stored file, which fail at the end if they are not those that were stored."""
    digest = hashlib.sha256()
    for chunk in reader:
        digest.update(chunk)
        yield chunk
    actual = f"sha256:{digest.hexdigest()}"
    if actual != reader.info.checksum:
        raise ChecksumMismatch(reader.info.key, reader.info.checksum, actual)
