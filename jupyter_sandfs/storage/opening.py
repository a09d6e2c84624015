"""Storages by URL, and what of a caller's is one."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple
from urllib.parse import SplitResult, unquote, urlsplit

from jupyter_sandfs.errors import InvalidRequest, Unsupported
from jupyter_sandfs.storage.memory import MemoryFileStorage
from jupyter_sandfs.storage.protocol import AsyncFileStorage, FileStorage

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")


class Opened(NamedTuple):
    """A storage to use, and whether whoever opened it is to close it."""

    storage: FileStorage
    owned: bool


def open_storage(url: str) -> FileStorage:
    """Open the storage that a URL names; close it when done.

    Args:
        url: one of
            `memory:`, for tests;
            `sqlite:///relative.sqlite` or `sqlite:////absolute.sqlite`, acknowledged when it is committed;
            `redis://host:port/db?name=NAME`, and `s3://`, `gs://`, `az://` or `file:///directory`, acknowledged by
            `flush` and otherwise written in the background.

    Raises:
        InvalidRequest: no URL of a storage. The text never repeats the URL, which may hold a password.
        StorageLocked: another process, or another sandbox of this one, has it open.
        StorageError: it can't be opened, is damaged, or of a later release.
        Unsupported: the extra that this kind of storage needs is not installed.
    """
    found = _SCHEME.match(url) if isinstance(url, str) else None
    opener = _OPENERS.get(found[1].lower()) if found else None
    if opener is None:
        raise InvalidRequest(
            f"not a URL of a storage: it begins with one of {', '.join(f'{each}:' for each in _OPENERS)}"
        )
    return opener(url)


def opened(given: FileStorage | AsyncFileStorage | str) -> Opened:
    """Make a storage of what a caller gave: a URL, or a storage of either protocol.

    Raises:
        InvalidRequest: it is neither; and whatever `open_storage` raises.
    """
    if isinstance(given, FileStorage):
        return Opened(given, owned=False)
    if isinstance(given, AsyncFileStorage):
        from jupyter_sandfs.storage.bridge import StorageBridge  # noqa: PLC0415  loads asyncio

        return Opened(StorageBridge(given), owned=True)
    if isinstance(given, str):
        return Opened(open_storage(given), owned=True)
    raise InvalidRequest(
        f"a storage is a URL such as 'sqlite:///demo.sqlite', or a FileStorage: {type(given).__name__}"
    )


# ---------------------------------------------------------------- kinds
# A client, a database or an event loop is loaded by those who open a storage that needs it.


def _memory(url: str) -> FileStorage:
    if url.partition(":")[2].strip("/"):
        raise InvalidRequest("a storage in memory is memory: and nothing more")
    return MemoryFileStorage()


def _sqlite(url: str) -> FileStorage:
    from jupyter_sandfs.storage.sqlite import SQLiteFileStorage  # noqa: PLC0415  see above

    return SQLiteFileStorage(_sqlite_path(urlsplit(url)))


def _redis(url: str) -> FileStorage:
    from jupyter_sandfs.storage.behind import WriteBehind  # noqa: PLC0415  see above

    with _needing("redis"):
        from jupyter_sandfs.storage.redis import RedisFileStorage  # noqa: PLC0415  see above

    return WriteBehind(RedisFileStorage(url))


def _objects(url: str) -> FileStorage:
    from jupyter_sandfs.storage.behind import WriteBehind  # noqa: PLC0415  see above
    from jupyter_sandfs.storage.bridge import StorageBridge  # noqa: PLC0415  see above

    with _needing("cloud"):
        from jupyter_sandfs.storage.buckets import open_bucket  # noqa: PLC0415  see above
        from jupyter_sandfs.storage.objects import ObjectFileStorage  # noqa: PLC0415  see above

    return WriteBehind(StorageBridge(ObjectFileStorage(open_bucket(url))))


_OPENERS: Mapping[str, Callable[[str], FileStorage]] = {
    "memory": _memory,
    "sqlite": _sqlite,
    "redis": _redis,
    "rediss": _redis,
    "redis+unix": _redis,
    "s3": _objects,
    "gs": _objects,
    "az": _objects,
    "file": _objects,
}


@contextmanager
def _needing(extra: str) -> Iterator[None]:
    """Say how to get what an import misses."""
    try:
        yield
    except ModuleNotFoundError as error:
        raise Unsupported(f"this storage needs {error.name}: pip install 'jupyter_sandfs[{extra}]'") from None


def _sqlite_path(parts: SplitResult) -> Path:
    path = unquote(parts.path[1:])
    if (
        not parts.path.startswith("/")
        or parts.netloc
        or parts.query
        or parts.fragment
        or not path
        or "\0" in path
        or path.endswith("/")
    ):
        raise InvalidRequest("an SQLite storage is sqlite:///relative.sqlite or sqlite:////absolute.sqlite")
    return Path(path).expanduser()
