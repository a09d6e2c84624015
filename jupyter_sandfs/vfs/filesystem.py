"""The virtual file system: a tree in memory.

Plain reads and writes in directories without rules take a short cut through the tree's caches; it does the same as the
long way, and a contract test compares the two.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from types import NoneType
from typing import Any

from jupyter_sandfs import paths
from jupyter_sandfs.errors import (
    InvalidPath,
    InvalidRequest,
    IsADirectory,
    NotFound,
    PermissionDenied,
)
from jupyter_sandfs.storage.protocol import FileStorage
from jupyter_sandfs.vfs import batch, inventory, operations
from jupyter_sandfs.vfs.batch import Item
from jupyter_sandfs.vfs.content import Link, Slice, in_pieces
from jupyter_sandfs.vfs.entries import DirEntry, Kind, Stat, Stats, nanoseconds
from jupyter_sandfs.vfs.limits import Limits
from jupyter_sandfs.vfs.lookup import Lookup, Place, Unserved
from jupyter_sandfs.vfs.nodes import FILE_MODE, Directory, Extra, FileRecord, describe
from jupyter_sandfs.vfs.policy import NodePolicy
from jupyter_sandfs.vfs.providers import DirectoryMount, DirectoryProvider, FileMount, FileProvider
from jupyter_sandfs.vfs.shortcut import ShortCut
from jupyter_sandfs.vfs.timeline import Timeline
from jupyter_sandfs.vfs.tree import Tree
from jupyter_sandfs.vfs.views.view import View, ViewRule

_FILE = Kind.FILE
_new_tuple = tuple.__new__
_LINK_BYTES = 4096  # what a link may say, as PATH_MAX


class VirtualFileSystem(Timeline, ShortCut):
    """A file system in memory.

    Args:
        storage: makes the tree durable: read at the start, written before a change is acknowledged.
        limits: how much it may hold.
        clock: gives the time in nanoseconds since 1970.
    """

    def __init__(
        self,
        storage: FileStorage | None = None,
        *,
        limits: Limits | None = None,
        clock: Callable[[], int] = time.time_ns,
    ) -> None:
        self._begin(Tree(clock), limits or Limits(), clock)
        if storage is not None:
            self._keep_in(storage)

    # ------------------------------------------------------------ questions

    def resolve(self, path: str) -> str:
        if self._plain_kind(path) is not None and path.startswith("/"):
            return path
        return self._locate(path).path

    def stat(self, path: str, *, follow: bool = True) -> Stat:
        try:  # as in _plain_record and describe, less two calls: this is asked as often as anything
            head, _, name = path.rpartition("/")
            content, stamp, version, created_ns, extra = self._plain[head].files[name]
        except (KeyError, TypeError, AttributeError):
            node = self._plain_directory(path)
            if node is None and self._plain_kind(path) is NoneType and path.startswith("/"):
                raise NotFound(path) from None
            return describe(node or self._locate(path, follow=follow).require(), self.id)
        if extra is None and type(content) is bytes:
            facts = (_FILE, len(content), FILE_MODE, version, stamp, created_ns, stamp, self.id, None, False)
            return _new_tuple(Stat, facts)
        return describe(self._plain_record(path) or self._locate(path, follow=follow).require(), self.id)

    def exists(self, path: str) -> bool:
        try:  # as in _plain_kind, less a call
            head, _, name = path.rpartition("/")
            record = self._plain[head].files.get(name)
        except (KeyError, TypeError, AttributeError):
            record = None
        if record is not None and type(record.content) is not Link:
            return True
        kind = self._plain_kind(path)
        return super().exists(path) if kind is None else kind is not NoneType

    def is_file(self, path: str) -> bool:
        kind = self._plain_kind(path)
        return super().is_file(path) if kind is None else kind is FileRecord

    def is_dir(self, path: str) -> bool:
        kind = self._plain_kind(path)
        return super().is_dir(path) if kind is None else kind is Directory

    def ls(self, path: str = paths.ROOT) -> list[DirEntry]:
        place, nodes = self._ask(lambda lookup: self._list(lookup, path))
        base = place.path.rstrip("/")
        return [DirEntry(name, f"{base}/{name}", describe(node, self.id)) for name, node in sorted(nodes)]

    def listdir(self, path: str = paths.ROOT) -> list[str]:
        directory = self._plain_directory(path)
        if directory is not None:
            return [*directory.directories, *directory.files]
        return [name for name, _ in self._ask(lambda lookup: self._list(lookup, path))[1]]

    def walk(self, top: str = paths.ROOT) -> Iterator[tuple[str, list[str], list[str]]]:
        directory = self._plain_directory(top)
        if directory is None:
            yield from super().walk(top)
            return
        below = sorted(directory.directories)
        yield paths.normalize(top), below, sorted(directory.files)
        base = top.rstrip("/")
        for name in below:
            child = f"{base}/{name}"
            if self.is_dir(child):
                yield from self.walk(child)

    def read_bytes(self, path: str) -> bytes:
        try:
            head, _, name = path.rpartition("/")
            record = self._plain[head].files[name]
        except (KeyError, TypeError, AttributeError):
            return self._read(path)
        if type(record.content) is bytes and (record.extra is None or record.extra.policy is None):
            return record.content
        return self._read(path)

    def get_policy(self, path: str) -> NodePolicy:
        place = self._locate(path, follow=False)
        gone = self._graves.rules(place.path) if place.node is None else None
        return (gone.policy if gone else None) or place.policy

    def metadata(self, path: str) -> Mapping[str, Any]:
        """What was attached to the node; empty for most."""
        extra = self._locate(path).require().extra
        return (extra.metadata if extra else None) or {}

    def scan(self, path: str = paths.ROOT, *, materialize: bool = False) -> Iterator[Item]:
        if materialize:
            return super().scan(path, materialize=True)
        return inventory.frozen(self._ask(lambda lookup: self._freeze(lookup, path)), self._joined)

    def stats(self) -> Stats:
        with self._lock:
            return Stats(self._tree.size, self._tree.files, self._tree.directories)

    # ------------------------------------------------------------ changes

    def write_bytes(self, path: str, data: bytes, *, append: bool = False, expected_version: int | None = None) -> int:
        if self._unobserved and type(data) is bytes:
            in_place = self._append_in_place if append else self._write_in_place
            if version := in_place(path, data, expected_version):
                return version
        return self._replace(path, _plain_bytes(data), append=append, expected_version=expected_version)

    def _write_pieces(self, path: str, pieces: Sequence[bytes], *, expected_version: int | None = None) -> int:
        return self._replace(path, in_pieces(pieces), append=False, expected_version=expected_version)

    def _replace(self, path: str, content: bytes | Slice, *, append: bool, expected_version: int | None) -> int:
        """Write the long way; gives the version."""
        wanted = paths.normalize(path)
        done = self._commit(
            "append" if append else "write",
            lambda desk: operations.write(desk, wanted, content, append=append, expected_version=expected_version),
        )
        record = done.steps[-1].after
        assert isinstance(record, FileRecord)
        return record.version

    def append_file(
        self, path: str, data: str | bytes | bytearray | memoryview | Iterable[str], *, encoding: str = "utf-8"
    ) -> int:
        if self._unobserved and type(data) is bytes and (version := self._append_in_place(path, data, None)):
            return version
        return super().append_file(path, data, encoding=encoding)

    def mkdir(self, path: str, *, parents: bool = True, exist_ok: bool = True) -> None:
        wanted = paths.normalize(path)
        self._commit("mkdir", lambda desk: operations.mkdir(desk, wanted, parents=parents, exist_ok=exist_ok))

    def remove(self, path: str, *, recursive: bool = False, expected_version: int | None = None) -> None:
        wanted = paths.normalize(path)
        self._commit(
            "remove",
            lambda desk: operations.remove(desk, wanted, recursive=recursive, expected_version=expected_version),
        )

    def copy(self, source: str, destination: str, *, overwrite: bool = False) -> None:
        start, end = paths.normalize(source), paths.normalize(destination)
        self._commit("copy", lambda desk: operations.copy(desk, start, end, overwrite=overwrite))

    def move(
        self, source: str, destination: str, *, overwrite: bool = False, expected_version: int | None = None
    ) -> None:
        start, end = paths.normalize(source), paths.normalize(destination)
        self._commit(
            "move",
            lambda desk: operations.move(desk, start, end, overwrite=overwrite, expected_version=expected_version),
        )

    def symlink(self, target: str, path: str) -> None:
        wanted = paths.normalize(path)
        size = _check_link_target(target)
        self._commit(
            "symlink",
            lambda desk: operations.put_new(desk, wanted, lambda: operations.link(desk.tree, target), size=size),
        )

    def write_many(self, items: Iterable[Item], *, overwrite: bool = False) -> None:
        given = tuple(items)  # they are looked at more than once
        self._commit("write_many", lambda desk: batch.graft(desk, given, overwrite=overwrite))

    def chmod(self, path: str, mode: int) -> None:
        self._edit("chmod", path, lambda extra: extra._replace(mode=mode & 0o7777))

    def utime(self, path: str, modified_at: datetime | None = None) -> None:
        when = nanoseconds(modified_at) if modified_at is not None else None
        self._edit("utime", path, lambda extra: extra._replace(modified_ns=when), touch=when is None)

    # ------------------------------------------------------------ rules

    def set_policy(self, path: str, policy: NodePolicy | None) -> None:
        if not isinstance(policy, NodePolicy | None):
            raise InvalidRequest(f"a policy is a NodePolicy(...) or None, not {type(policy).__name__}")
        self._guarded = True
        self._edit("policy", path, lambda extra: extra._replace(policy=policy), check=False)

    def mount_file(
        self,
        path: str,
        provider: FileProvider,
        *,
        ttl: float | None = None,
        metadata: Mapping[str, Any] | None = None,
    ) -> None:
        self._guarded = self._guarded or bool(metadata)
        mount, wanted = FileMount(provider, ttl, metadata), paths.normalize(path)
        self._commit(
            "mount", lambda desk: operations.mount(desk, wanted, lambda: operations.dynamic_file(desk.tree, mount))
        )

    def mount_directory(
        self,
        path: str,
        provider: DirectoryProvider,
        *,
        ttl: float | None = None,
        metadata: Mapping[str, Any] | None = None,
    ) -> None:
        self._guarded = self._guarded or bool(metadata)
        mount, wanted = DirectoryMount(provider, ttl, metadata), paths.normalize(path)
        self._commit(
            "mount",
            lambda desk: operations.mount(desk, wanted, lambda: operations.dynamic_directory(desk.tree, mount)),
        )

    def invalidate(self, path: str) -> None:
        with self._lock:
            try:
                place = Lookup(self._tree.root, self._limits, {}).locate(paths.normalize(path))
            except Unserved as signal:  # inside a dynamic directory: its listing is what there is to forget
                signal.mount.invalidate()
                return
            nodes = operations.whole(place.path, place.require())
        for _, node in list(nodes):
            mount = node.mount if isinstance(node, Directory) else node.content
            if isinstance(mount, FileMount | DirectoryMount):
                mount.invalidate()

    def view(self, rule: ViewRule) -> View:
        """Give the file system as the rule lets it be seen."""
        return View(self, rule)

    # ------------------------------------------------------------ how it is done

    def _read(self, path: str) -> bytes:
        return self._joined(self._content(path))

    def _read_pieces(self, path: str) -> Sequence[bytes]:
        content = self._content(path)
        if isinstance(content, bytes):
            return [content]
        with self._lock:  # as in `_joined`
            return content.rope.pieces(content.size)

    def _content(self, path: str) -> bytes | Slice:
        place = self._locate(path)
        node = place.require()
        if isinstance(node, Directory):
            raise IsADirectory(place.path)
        if not place.policy.readable:
            raise PermissionDenied(place.path)
        if isinstance(node.content, FileMount):
            return node.content.value(place.path, self)
        assert isinstance(node.content, bytes | Slice)  # links were followed
        return node.content

    def _freeze(self, lookup: Lookup, path: str) -> Place:
        """The place of something readable that does not change any more, whatever is written next."""
        place = lookup.locate(paths.normalize(path))
        place.require()
        if self._guarded or place.computed:
            inventory.check_readable(place)
        self._tree.freeze()
        return place

    def _edit(
        self, operation: str, path: str, change: Callable[[Extra], Extra], *, check: bool = True, touch: bool = False
    ) -> None:
        wanted = paths.normalize(path)
        self._commit(operation, lambda desk: operations.edit(desk, wanted, change, check=check, touch=touch))


def _plain_bytes(data: object) -> bytes:
    """Content that nobody else can change: bytes as they are, other buffers copied."""
    if type(data) is bytes:
        return data
    if isinstance(data, bytes | bytearray | memoryview):
        return bytes(data)
    raise InvalidRequest(f"content is bytes, not {type(data).__name__}; write_file takes text")


def _check_link_target(target: str) -> int:
    """Refuse what no path can be; gives the target's size in bytes."""
    paths.normalize(target)
    size = len(target.encode())
    if not 0 < size <= _LINK_BYTES:
        raise InvalidPath(target[:40], f"a link says 1 to {_LINK_BYTES} bytes")
    return size
