"""`sandfs://SANDBOX/path` for pandas and everything else that speaks fsspec.

The first segment of a path names a sandbox of this process; the rest is a path in it.
"""

from __future__ import annotations

import io
import sys
from datetime import datetime
from typing import IO, Any

from fsspec.spec import AbstractFileSystem

from jupyter_sandfs import paths
from jupyter_sandfs.errors import AlreadyExists, InvalidRequest, NotFound, VersionConflict
from jupyter_sandfs.sandbox import Sandbox
from jupyter_sandfs.vfs.entries import DirEntry, Stat
from jupyter_sandfs.vfs.interface import FileSystem

_CALLERS = 7  # frames between a `with` block's end and the innermost close, compression and text included


class SandfsFileSystem(AbstractFileSystem):
    """fsspec's interface over the sandboxes of this process. Nothing is cached: the sandbox is in memory already.

    Args:
        sandbox: a sandbox or its name, or a file system such as a view of one: paths are then paths in it. Without
            one, the first segment of each path names a sandbox.
    """

    protocol = "sandfs"
    root_marker = ""
    cachable = False

    def __init__(self, sandbox: Sandbox | FileSystem | str | None = None, **options: Any) -> None:
        super().__init__(**options)
        found = Sandbox.get(sandbox) if isinstance(sandbox, str) else sandbox
        self._only = found.fs if isinstance(found, Sandbox) else found

    def _place(self, path: str) -> tuple[FileSystem, str]:
        """The file system of the sandbox that a path names, and the path in it."""
        if self._only is not None:
            return self._only, paths.normalize(self._strip_protocol(path))
        name, _, inner = self._strip_protocol(path).partition("/")
        if not name:
            raise InvalidRequest("name a sandbox: sandfs://default/path")
        return Sandbox.get(name).fs, paths.normalize(inner)

    def _pair(self, first: str, second: str) -> tuple[FileSystem, str, str]:
        fs, source = self._place(first)
        other, target = self._place(second)
        if fs is not other:
            raise InvalidRequest("copy and move stay in one sandbox: read from one and write to the other")
        return fs, source, target

    # ------------------------------------------------------------ questions

    def info(self, path: str, **_: Any) -> dict[str, Any]:
        full = self._strip_protocol(path)
        if not full and self._only is None:
            return {"name": "", "size": 0, "type": "directory"}
        fs, inner = self._place(full)
        link = fs.stat(inner, follow=False)
        return _info(full.rstrip("/"), fs.stat(inner), link.link_target)

    def ls(self, path: str, detail: bool = True, **_: Any) -> list[Any]:  # noqa: FBT001, FBT002  # fsspec's signature
        full = self._strip_protocol(path)
        found = self._list(full) if full or self._only is not None else [self.info(name) for name in Sandbox.names()]
        return found if detail else [each["name"] for each in found]

    def _list(self, full: str) -> list[dict[str, Any]]:
        fs, inner = self._place(full)
        if not fs.stat(inner).is_dir:
            return [self.info(full)]
        return [self._row(fs, full.rstrip("/"), entry) for entry in fs.ls(inner)]

    @staticmethod
    def _row(fs: FileSystem, parent: str, entry: DirEntry) -> dict[str, Any]:
        target = entry.stat.link_target
        leads = fs.get_entry(fs.resolve(entry.path)) if target is not None else entry
        return _info(f"{parent}/{entry.name}", leads.stat if leads else entry.stat, target)

    def created(self, path: str) -> datetime:
        fs, inner = self._place(path)
        return fs.stat(inner).created_at

    def modified(self, path: str) -> datetime:
        fs, inner = self._place(path)
        return fs.stat(inner).modified_at

    def ukey(self, path: str) -> str:
        fs, inner = self._place(path)
        return fs.stat(inner).etag

    def checksum(self, path: str) -> int:
        return hash(self.ukey(path))

    # ------------------------------------------------------------ contents

    def open(self, path: str, mode: str = "rb", *arguments: Any, **options: Any) -> Any:
        """As fsspec's; text in a `with` block that an exception leaves is dropped."""
        if "b" in mode:
            return super().open(path, mode, *arguments, **options)
        text = {name: options.pop(name) for name in ("encoding", "errors", "newline") if name in options}
        return _Text(super().open(path, mode.replace("t", "") + "b", *arguments, **options), **text)

    def _open(self, path: str, mode: str = "rb", autocommit: bool = True, **_: Any) -> Any:  # noqa: FBT001, FBT002  # fsspec's signature
        fs, inner = self._place(path)
        file = fs.open(inner, mode)
        return file if mode == "rb" else _Writing(file, at_once=autocommit)

    def cat_file(self, path: str, start: int | None = None, end: int | None = None, **_: Any) -> bytes:
        fs, inner = self._place(path)
        return fs.read_bytes(inner)[start:end]

    def pipe_file(self, path: str, value: bytes, mode: str = "overwrite", **_: Any) -> None:
        fs, inner = self._place(path)
        try:
            fs.write_bytes(inner, bytes(value), expected_version=0 if mode == "create" else None)
        except VersionConflict:
            raise AlreadyExists(inner) from None

    def touch(self, path: str, truncate: bool = True, **_: Any) -> None:  # noqa: FBT001, FBT002  # fsspec's signature
        fs, inner = self._place(path)
        if truncate:
            fs.write_bytes(inner, b"")
        else:
            fs.touch(inner)

    # ------------------------------------------------------------ the tree

    def mkdir(self, path: str, create_parents: bool = True, **_: Any) -> None:  # noqa: FBT001, FBT002  # fsspec's signature
        fs, inner = self._place(path)
        fs.mkdir(inner, parents=create_parents, exist_ok=False)

    def makedirs(self, path: str, exist_ok: bool = False) -> None:  # noqa: FBT001, FBT002  # fsspec's signature
        fs, inner = self._place(path)
        fs.mkdir(inner, exist_ok=exist_ok)

    def rmdir(self, path: str) -> None:
        fs, inner = self._place(path)
        fs.ls(inner)
        fs.remove(inner)

    def rm_file(self, path: str) -> None:
        fs, inner = self._place(path)
        fs.remove(inner)

    def rm(self, path: str | list[str], recursive: bool = False, maxdepth: int | None = None) -> None:  # noqa: FBT001, FBT002  # fsspec's signature
        for each in self.expand_path(path, recursive=False, maxdepth=maxdepth):
            fs, inner = self._place(each)
            fs.remove(inner, recursive=recursive)

    def cp_file(self, path1: str, path2: str, **_: Any) -> None:
        fs, source, target = self._pair(path1, path2)
        if fs.is_dir(source):
            fs.mkdir(target)
        else:
            fs.copy(source, target, overwrite=True)

    def mv_file(self, path1: str, path2: str, **_: Any) -> None:
        fs, source, target = self._pair(path1, path2)
        fs.move(source, target, overwrite=True)

    def mv(self, path1: str, path2: str, recursive: bool = False, maxdepth: int | None = None, **_: Any) -> None:  # noqa: FBT001, FBT002, ARG002  # fsspec's signature
        """Move a file or a tree, in one step."""
        fs, source, target = self._pair(path1, path2)
        if not fs.exists(source):
            raise NotFound(source)
        fs.move(source, paths.join(target, paths.name(source)) if fs.is_dir(target) else target, overwrite=True)


def _info(name: str, stat: Stat, target: str | None) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "name": name,
        "size": stat.size,
        "type": "directory" if stat.is_dir else "file",
        "mode": stat.mode,
        "created": stat.created_ns / 1e9,
        "mtime": stat.modified_ns / 1e9,
        "version": stat.version,
        "etag": stat.etag,
        "islink": target is not None,
    }
    if target is not None:
        facts["destination"] = target
    return facts


class _Writing(io.BufferedIOBase):
    """A file that is being written, with fsspec's two ends: `commit` makes it visible, `discard` forgets it.

    Args:
        at_once: `close` commits; in a transaction of fsspec it doesn't.
    """

    def __init__(self, file: IO[bytes], *, at_once: bool) -> None:
        self._file = file
        self._at_once = at_once
        self.name = file.name

    def readable(self) -> bool:
        return self._file.readable()

    def writable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def read(self, size: int | None = -1, /) -> bytes:
        return self._file.read(-1 if size is None else size)

    def write(self, data: Any, /) -> int:
        return self._file.write(data)

    def seek(self, offset: int, whence: int = 0, /) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def truncate(self, size: int | None = None, /) -> int:
        return self._file.truncate(size)

    def commit(self) -> None:
        self._file.close()

    def discard(self) -> None:
        self._file.__exit__(InterruptedError, None, None)
        super().close()

    def close(self) -> None:
        if self.closed:
            return
        if _an_exception_leaves():
            self.discard()
        elif self._at_once:
            try:
                self.commit()
            finally:
                super().close()
        else:
            super().close()

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self.close() if kind is None else self.discard()


class _Text(io.TextIOWrapper):
    """Text over a file of ours: its `with` block drops what an exception left half written."""

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None and isinstance(self.buffer, _Writing):
            self.buffer.discard()
        else:
            self.close()


def _an_exception_leaves() -> bool:
    """Say whether a `with` block of fsspec or pandas closes the file since an exception leaves it.

    Their `__exit__` calls `close` without saying why, so the arguments that it was called with are looked up.
    """
    frame = sys._getframe().f_back  # noqa: SLF001  # the one way to see who calls; nobody may, in a thread of pyarrow's
    for _ in range(_CALLERS):
        if frame is None:
            return False
        if frame.f_code.co_name == "__exit__":
            given = frame.f_locals
            return any(isinstance(each, BaseException) for each in (*given.values(), *given.get("args", ())))
        frame = frame.f_back
    return False
