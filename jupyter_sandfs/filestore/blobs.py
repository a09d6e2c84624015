"""The directory of a local store: contents by digest, and files that are being written.

No key and nothing else from outside is ever part of a path: names are digests and random numbers of our own. What is
being written is locked (flock) by its writer, and a lock cannot outlive a process, as a pid on a note could.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from jupyter_sandfs.errors import InvalidRequest, StoreError, Unsupported

try:
    import fcntl
except ImportError:  # Windows: locks of files, and their removal while open, work differently there
    fcntl = None  # type: ignore[assignment]  # said at the only place where it matters, the constructor below

_FAN_OUT = tuple(f"{number:02x}" for number in range(256))
# Linux may look long for the large pages that it would like to have for a larger write: ten times the time of writing.
_WRITTEN_AT_ONCE = 256 << 10


class BlobDirectory:
    """Files of one local store, all 0600 in directories 0700 whatever the umask."""

    def __init__(self, root: Path) -> None:
        if fcntl is None:
            raise Unsupported("the local file store needs a POSIX system; it does not run on Windows yet")
        self.root = root
        self._contents = root / "blobs"
        self._unfinished = root / "tmp"
        self._uploads = root / "uploads"
        for directory in (root, self._contents, self._unfinished, self._uploads):
            _private_directory(directory)

    def secret(self) -> bytes:
        """The key that signs links of this store; made when it is first asked for."""
        path = self.root / "secret"
        if not path.exists():
            name, file = self.begin()
            with file:
                write_all(file, secrets.token_bytes(32))
                os.fsync(file.fileno())
                # A link, unlike a rename, leaves a secret alone that another process has just put there.
                with suppress(FileExistsError):
                    os.link(self.unfinished(name), path)
                self.discard(name)
        return path.read_bytes()

    # ------------------------------------------------------------ contents

    def adopt(self, source: Path, sha256: str) -> None:
        """Move a finished file to its digest. Call it inside the transaction that records the digest, as last step."""
        target = self._path(sha256)
        _private_directory(target.parent)
        source.replace(target)

    def open(self, sha256: str) -> BinaryIO:
        """Open a content. Raises FileNotFoundError."""
        return self._path(sha256).open("rb")

    def remove(self, sha256: str) -> None:
        """Remove a content; an absent one is no error."""
        self._path(sha256).unlink(missing_ok=True)

    def has(self, sha256: str) -> bool:
        return self._path(sha256).is_file()

    def shelves(self) -> Iterator[list[str]]:
        """The digests that have files, in 256 parts."""
        for name in _FAN_OUT:
            yield _names(self._contents / name)

    def _path(self, sha256: str) -> Path:
        return self._contents / sha256[:2] / sha256

    # ------------------------------------------------------------ unfinished files

    def begin(self) -> tuple[str, BinaryIO]:
        """Make an empty file, locked, and give its name and the file to write to."""
        while True:
            name = secrets.token_hex(16)
            file = _open_private(self.unfinished(name), os.O_CREAT | os.O_EXCL)
            fcntl.flock(file, fcntl.LOCK_EX)
            # Between the two calls above a recovery may have taken it for one whose writer is gone.
            if os.fstat(file.fileno()).st_nlink:
                return name, file
            file.close()

    def unfinished(self, name: str) -> Path:
        return self._unfinished / name

    def discard(self, name: str) -> None:
        """Remove an unfinished file; an absent one is no error."""
        self.unfinished(name).unlink(missing_ok=True)

    def abandoned(self) -> list[str]:
        """Remove the unfinished files whose writers are gone, and give their names."""
        return [name for name in _names(self._unfinished) if self._take_from_dead(self.unfinished(name))]

    def is_unfinished(self, name: str) -> bool:
        return self.unfinished(name).exists()

    def _take_from_dead(self, path: Path) -> bool:
        with suppress(FileNotFoundError, BlockingIOError), _open_private(path, 0) as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            path.unlink()
            return True
        return False

    # ------------------------------------------------------------ uploads

    def upload(self, upload_id: str) -> Path:
        """Where the bytes of an upload are; `upload_id` is one that the index knows."""
        return self._uploads / upload_id

    def open_upload(self, upload_id: str) -> BinaryIO:
        """Open the bytes of an upload to read and to append, alone: others wait until it is closed."""
        file = _open_private(self.upload(upload_id), os.O_CREAT | os.O_APPEND)
        fcntl.flock(file, fcntl.LOCK_EX)
        return file

    def uploads(self) -> list[str]:
        return _names(self._uploads)

    def discard_upload(self, upload_id: str) -> None:
        """Remove the bytes of an upload; an absent one is no error."""
        self.upload(upload_id).unlink(missing_ok=True)


def write_all(file: BinaryIO, data: bytes | bytearray | memoryview) -> None:
    """Write all of it. Raises StoreError when the disk does not take it."""
    rest = memoryview(data)
    try:
        while rest:
            rest = rest[file.write(rest[:_WRITTEN_AT_ONCE]) :]
    except OSError as error:
        raise StoreError(f"the disk of the store does not take more: {error.strerror}") from error


def _private_directory(path: Path) -> None:
    if path.is_dir():
        return
    if not path.parent.exists():
        _private_directory(path.parent)
    try:
        path.mkdir(0o700)
        path.chmod(0o700)
    except FileExistsError:  # another process was faster; or it is a file, which is for a person to look at
        if not path.is_dir():
            raise InvalidRequest(f"a file store needs a directory, and this is none: {path}") from None
    except NotADirectoryError as error:
        raise InvalidRequest(f"a file store needs a directory, and something above is none: {path}") from error


def _open_private(path: Path, flags: int) -> BinaryIO:
    handle = os.open(path, flags | os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    os.fchmod(handle, 0o600)
    return os.fdopen(handle, "r+b", buffering=0)


def _names(directory: Path) -> list[str]:
    try:
        return os.listdir(directory)  # noqa: PTH208  names are wanted, not paths
    except FileNotFoundError:
        return []
