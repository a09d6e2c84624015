"""Operations of the staging store's pane: what is kept, for how long, and the ways in and out. For the owner only."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from jupyter_sandfs import paths
from jupyter_sandfs.errors import AlreadyExists, InvalidRequest, UploadNotFound
from jupyter_sandfs.filestore import FileInfo, FileStore
from jupyter_sandfs.filestore.keys import complete, new_key
from jupyter_sandfs.kernel.browser.changes import ACTOR
from jupyter_sandfs.rpc.entries import rfc3339
from jupyter_sandfs.rpc.operations import Handler
from jupyter_sandfs.sandbox import Sandbox
from jupyter_sandfs.staging import original_name, stage
from jupyter_sandfs.vfs.interface import FileSystem

MAX_ITEMS = 200
CHUNK_BYTES = 1 << 20
_NAME = "original_filename"
_YEAR = 366 * 86_400

Document = dict[str, Any]


class StorePane:
    """The operations for one sandbox.

    Args:
        sandbox: whose store, and what publishes into it.
        clock: the time now; for how long a file has left.
    """

    def __init__(self, sandbox: Sandbox, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._sandbox = sandbox
        self._clock = clock

    def operations(self) -> dict[str, Handler]:
        """The table for a dispatcher."""
        return {
            "store_list": self.listing,
            "store_stage": self.bring,
            "store_arrived": self.arrived,
            "store_publish": self.publish,
            "store_delete": self.delete,
            "store_read": self.read,
            "store_begin": self.begin,
            "store_append": self.append,
            "store_commit": self.commit,
            "store_abort": self.abort,
        }

    @property
    def _store(self) -> FileStore:
        return self._sandbox.files

    def listing(self, _fs: FileSystem, _body: object, after: str | None = None) -> Document:
        """One page of what is kept: {items, next, used, limit, now}; those that expire are listed like the others."""
        page = self._store.list("", after=after, limit=MAX_ITEMS)
        usage = self._store.usage()
        return {
            "items": [_document(info) for info in page.items],
            "next": page.next_after,
            "used": usage.total_bytes,
            "limit": usage.max_total_bytes,
            "now": rfc3339(self._clock()),
        }

    def bring(
        self, fs: FileSystem, _body: object, key: str, folder: str, *, replace: bool = False
    ) -> dict[str, str | int]:
        """Copy a stored file into a folder, under the name it had; gives {path, size}.

        Raises:
            AlreadyExists: the name is taken and `replace` is off.
        """
        info = self._store.head(complete(key))
        path = paths.join(folder, original_name(info))
        if not replace and fs.exists(path):
            raise AlreadyExists(path)
        with fs.action(f"stage {info.key}", ACTOR):
            staged = stage(self._store, info.key, fs, path)
        return {"path": staged.path, "size": staged.size_bytes}

    def arrived(self, fs: FileSystem, _body: object, key: str, path: str, *, replace: bool = False) -> Document:
        """Take an upload that came through the store to its path, and out of the store; gives {path, size}.

        Raises:
            AlreadyExists: something is there and `replace` is off. It stays in the store until it expires.
            ObjectNotFound: the kernel has another store than the server.
        """
        if not replace and fs.exists(path):
            raise AlreadyExists(path)
        with fs.action(f"upload {path}", ACTOR):
            staged = stage(self._store, complete(key), fs, path)
        self._store.delete(complete(key))
        return {"path": staged.path, "size": staged.size_bytes}

    def publish(self, _fs: FileSystem, _body: object, path: str, ttl: int | None = None) -> Document:
        """Store a file of the sandbox under a new key; `ttl` in seconds, 0 keeps it, None is the store's default."""
        stored = self._sandbox.publish(path, ttl=_checked_ttl(ttl))
        if not isinstance(stored, FileInfo):
            return {"key": stored.key, "size": stored.size_bytes, "files": len(stored.files)}
        return _document(stored)

    def delete(self, _fs: FileSystem, _body: object, key: str) -> dict[str, bool]:
        return {"deleted": self._store.delete(complete(key))}

    def read(
        self, _fs: FileSystem, _body: object, key: str, offset: int = 0, version: int | None = None
    ) -> tuple[Document, bytes]:
        """A part of a stored file, 1 MiB at most, and its {version, size, name}."""
        if offset < 0:
            raise InvalidRequest(f"offset is negative: {offset}")
        with self._store.open(complete(key), version=version, start=offset, end=offset + CHUNK_BYTES) as reader:
            info = reader.info
            return {"version": info.version, "size": info.size_bytes, "name": original_name(info)}, reader.read()

    def begin(self, _fs: FileSystem, _body: object, name: str, size: int, ttl: int | None = None) -> dict[str, str]:
        """Begin an upload to the store under a new key; gives {uploadId, key}."""
        upload = self._store.begin_upload(
            new_key(), length=size, ttl=_checked_ttl(ttl), metadata={_NAME: paths.name(name)}
        )
        return {"uploadId": upload.upload_id, "key": upload.key}

    def append(self, _fs: FileSystem, body: bytes | memoryview, upload_id: str, offset: int) -> dict[str, int]:
        return {"offset": self._store.resume_upload(upload_id).append(body, offset)}

    def commit(self, _fs: FileSystem, _body: object, upload_id: str) -> Document:
        return _document(self._store.resume_upload(upload_id).commit())

    def abort(self, _fs: FileSystem, _body: object, upload_id: str) -> Document:
        """Forget an upload; one that is gone is no error."""
        with suppress(UploadNotFound):
            self._store.resume_upload(upload_id).abort()
        return {}


def _document(info: FileInfo) -> Document:
    return {
        "key": info.key,
        "name": original_name(info),
        "size": info.size_bytes,
        "createdAt": rfc3339(info.created_at),
        "expiresAt": rfc3339(info.expires_at) if info.expires_at else None,
    }


def _checked_ttl(ttl: int | None) -> int | None:
    if ttl is not None and not 0 <= ttl <= _YEAR:
        raise InvalidRequest(f"a time to live is 0 to {_YEAR} seconds")
    return ttl
