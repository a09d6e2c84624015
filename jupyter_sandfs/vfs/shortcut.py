"""The short cut of plain reads and writes: what the long way does, without its plan.

Taken where nothing has to be asked or told: in directories without rules, by file systems without hooks, watches and
storage. A property test plays the same calls on two file systems of which one may not take it.
"""

from __future__ import annotations

from jupyter_sandfs.vfs.commits import Commits
from jupyter_sandfs.vfs.content import Link, Slice, append_to, size_of
from jupyter_sandfs.vfs.journal import current
from jupyter_sandfs.vfs.nodes import Directory, FileRecord, new_record

_DOTS = {"", ".", ".."}


class ShortCut(Commits):
    """Reads and writes of plain files. Every method gives 0 or None where the long way has to be taken."""

    def _plain_record(self, path: str) -> FileRecord | None:
        """The record of a file that no rule or link concerns."""
        try:
            head, _, name = path.rpartition("/")
            record = self._tree.plain[head].files[name]
        except (KeyError, TypeError, AttributeError):
            return None
        return record if type(record.content) is not Link else None

    def _plain_directory(self, path: str) -> Directory | None:
        """A directory that no rule or link concerns, and whose names no provider gives."""
        try:
            directory = self._tree.plain.get("" if path == "/" else path)
        except TypeError:
            return None
        return directory if directory is not None and directory.mount is None else None

    def _plain_kind(self, path: str) -> type | None:
        """Say whether a file or a directory is at a path; `NoneType` if surely nothing is."""
        try:
            head, _, name = path.rpartition("/")
            directory = self._tree.plain[head]
        except (KeyError, TypeError, AttributeError):
            return None
        record = directory.files.get(name)
        if record is not None:
            return FileRecord if type(record.content) is not Link else None
        if name in directory.directories:
            return Directory
        return type(None) if directory.mount is None and _is_plain(name) else None

    def _write_in_place(self, path: str, data: bytes, expected_version: int | None) -> int:
        """Write a plain file in a directory that the tree may change in place; gives its version."""
        head, slash, name = path.rpartition("/")
        self._acquire()
        try:
            tree = self._tree
            directory = tree.owned.get(head)
            if directory is None or not slash:  # a relative path: the journal wants the normal one
                return 0
            before = directory.files.get(name)
            if before is None:
                return self._create_in_place(directory, path, name, data, expected_version)
            old, _, version, created_ns, extra = before
            if extra is not None or type(old) is not bytes:
                return 0
            grown = len(data) - len(old)
            if expected_version is not None and expected_version != version:
                return 0
            if grown > 0 and not self._fits(len(data), grown):
                return 0
            version += 1
            stamp = tree.stamp()
            after = directory.files[name] = new_record((data, stamp, version, created_ns, None))
            if version > tree.highest_version:  # noqa: PLR1730  # max() costs a call on the path of every write
                tree.highest_version = version
            if grown:
                directory.own_bytes += grown
                tree.size += grown
            self._note((stamp, "write", path, before, after, None, current(), len(old), False))
            return version
        finally:
            self._release()

    def _append_in_place(self, path: str, data: bytes, expected_version: int | None) -> int:
        """Extend a plain file; the same."""
        head, slash, name = path.rpartition("/")
        self._acquire()
        try:
            tree = self._tree
            directory = tree.owned.get(head)
            before = directory.files.get(name) if directory is not None and slash else None
            if directory is None or before is None or before.extra is not None:
                return 0
            old, _, version, created_ns, _ = before
            if not isinstance(old, Slice | bytes) or expected_version not in (None, version):
                return 0
            if not self._fits(size_of(old) + len(data), len(data)):
                return 0
            version += 1
            stamp, content = tree.stamp(), append_to(old, data)
            after = directory.files[name] = new_record((content, stamp, version, created_ns, None))
            tree.highest_version = max(tree.highest_version, version)
            directory.own_bytes += len(data)
            tree.size += len(data)
            # What was there is part of what is there: nothing is kept for it.
            self._note((stamp, "append", path, before, after, None, current(), 0, False))
            return version
        finally:
            self._release()

    def _create_in_place(
        self, directory: Directory, path: str, name: str, data: bytes, expected_version: int | None
    ) -> int:
        tree, limits, size = self._tree, self._limits, len(data)
        if expected_version or not _is_plain(name) or len(name) > limits.name_bytes or name in directory.directories:
            return 0
        if tree.files + tree.directories >= limits.nodes or size > limits.file_bytes:
            return 0
        if tree.size + size > limits.total_bytes:
            return 0
        if len(path) > 2 * limits.depth and path.count("/") > limits.depth:  # a level has two characters at least
            return 0
        stamp = tree.stamp()
        version = tree.next_version(path, None) if tree.ghosts else tree.floor + 1
        after = directory.files[name] = new_record((data, stamp, version, stamp, None))
        directory.stamp = directory.plain_stamp = stamp
        directory.own_bytes += size
        tree.files += 1
        tree.size += size
        if version > tree.highest_version:  # noqa: PLR1730  # as above
            tree.highest_version = version
        self._note((stamp, "write", path, None, after, None, current(), 0, False))
        return version

    def _fits(self, size: int, grown: int) -> bool:
        return size <= self._limits.file_bytes and self._tree.size + grown <= self._limits.total_bytes


def _is_plain(name: str) -> bool:
    """Say whether a name is surely in normal form; ASCII, so that it has as many bytes as characters."""
    return name.isascii() and "\\" not in name and "\0" not in name and name not in _DOTS
