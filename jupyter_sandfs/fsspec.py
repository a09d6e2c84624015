"""`sandfs://SANDBOX/path` for pandas and everything else that speaks fsspec.

The first segment of a path names a sandbox of this process; the rest is a path in it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from fsspec.spec import AbstractFileSystem

from jupyter_sandfs import paths
from jupyter_sandfs.errors import InvalidRequest, NotFound
from jupyter_sandfs.sandbox import Sandbox
from jupyter_sandfs.vfs.entries import DirEntry, Stat
from jupyter_sandfs.vfs.interface import FileSystem


class SandfsFileSystem(AbstractFileSystem):
    """fsspec's interface over the sandboxes of this process. Nothing is cached: the sandbox is in memory already."""

    protocol = "sandfs"
    root_marker = ""
    cachable = False

    def _place(self, path: str) -> tuple[FileSystem, str]:
        """The file system of the sandbox that a path names, and the path in it."""
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
        if not full:
            return {"name": "", "size": 0, "type": "directory"}
        fs, inner = self._place(full)
        link = fs.stat(inner, follow=False)
        return _info(full.rstrip("/"), fs.stat(inner), link.link_target)

    def ls(self, path: str, detail: bool = True, **_: Any) -> list[Any]:  # noqa: FBT001, FBT002  # fsspec's signature
        full = self._strip_protocol(path)
        found = self._list(full) if full else [self.info(name) for name in Sandbox.names()]
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

    def _open(self, path: str, mode: str = "rb", **_: Any) -> Any:
        fs, inner = self._place(path)
        return fs.open(inner, mode)

    def cat_file(self, path: str, start: int | None = None, end: int | None = None, **_: Any) -> bytes:
        fs, inner = self._place(path)
        return fs.read_bytes(inner)[start:end]

    def pipe_file(self, path: str, value: bytes, mode: str = "overwrite", **_: Any) -> None:
        fs, inner = self._place(path)
        fs.write_bytes(inner, bytes(value), expected_version=0 if mode == "create" else None)

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
