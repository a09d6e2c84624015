"""The short cut of plain reads and writes: what the long way does, without its plan.

Taken where nothing has to be asked or told: in directories without rules, by file systems without hooks, watches and
storage. A property test plays the same calls on two file systems of which one may not take it.
"""

from __future__ import annotations

from jupyter_sandfs.vfs import actions
from jupyter_sandfs.vfs.actions import current
from jupyter_sandfs.vfs.commits import Commits
from jupyter_sandfs.vfs.content import Link, Slice, append_to
from jupyter_sandfs.vfs.nodes import Directory, FileRecord, empty_directory, new_record
from jupyter_sandfs.vfs.views.expectation import expected

_DOTS = {"", ".", ".."}


class ShortCut(Commits):
    """Reads and writes of plain files. Every method gives 0 or None where the long way has to be taken."""

    def _plain_record(self, path: str) -> FileRecord | None:
        """The record of a file that no rule or link concerns."""
        try:
            head, _, name = path.rpartition("/")
            record = self._plain[head].files[name]
        except (KeyError, TypeError, AttributeError):
            return None
        return record if type(record.content) is not Link else None

    def _plain_directory(self, path: str) -> Directory | None:
        """A directory that no rule or link concerns, and whose names no provider gives."""
        try:
            directory = self._plain.get("" if path == "/" else path)
        except TypeError:
            return None
        return directory if directory is not None and directory.mount is None else None

    def _plain_kind(self, path: str) -> type | None:
        """Say whether a file or a directory is at a path; `NoneType` if surely nothing is."""
        try:
            head, _, name = path.rpartition("/")
            directory = self._plain[head]
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
            tree, counted_on, running = self._tree, expected(), current()
            # A relative path, and the journal wants the normal one; rules that have changed; or somebody's quota.
            if (
                not slash
                or (counted_on is not None and counted_on[0] != tree.epoch.number)
                or (running is not None and running.allowance)
            ):
                return 0
            directory = tree.owned.get(head) or tree.take(head)
            if directory is None:
                return 0 if expected_version else self._create_below(head, path, name, data)
            before = directory.files.get(name)
            if before is None:
                return self._create_in_place(directory, path, name, data, expected_version)
            old, _, version, created_ns, extra = before
            if (
                extra is not None
                or type(old) is not bytes
                or (expected_version is not None and expected_version != version)
            ):
                return 0
            grown = len(data) - len(old)
            if grown > 0 and not self._fits(len(data), grown):
                return 0
            version += 1
            now, last = self._clock(), tree.last_stamp  # as Tree.stamp, less a call
            tree.last_stamp = stamp = now if now > last else last + 1
            after = directory.files[name] = new_record((data, stamp, version, created_ns, None))
            if version > tree.highest_version:  # noqa: PLR1730  # max() costs a call on the path of every write
                tree.highest_version = version
            if grown:
                directory.own_bytes += grown
                tree.size += grown
            self._note((stamp, "write", path, before, after, None, running, len(old), False))
            return version
        finally:
            self._release()

    def _append_in_place(self, path: str, data: bytes, expected_version: int | None) -> int:
        """Extend a plain file; the same."""
        head, slash, name = path.rpartition("/")
        self._acquire()
        try:
            tree, counted_on, running = self._tree, expected(), current()
            if (
                not slash
                or (counted_on is not None and counted_on[0] != tree.epoch.number)
                or (running is not None and running.allowance)
            ):
                return 0
            directory = tree.owned.get(head) or tree.take(head)
            before = directory.files.get(name) if directory is not None else None
            if directory is None or before is None or before.extra is not None:
                return 0
            old, _, version, created_ns, _ = before
            if type(old) is Slice:
                size = old[1]
            elif type(old) is bytes:
                size = len(old)
            else:
                return 0
            grown = len(data)
            if expected_version is not None and expected_version != version:
                return 0
            if not self._fits(size + grown, grown):
                return 0
            version += 1
            stamp, content = tree.stamp(), append_to(old, data)
            after = directory.files[name] = new_record((content, stamp, version, created_ns, None))
            if version > tree.highest_version:  # noqa: PLR1730  # as above
                tree.highest_version = version
            directory.own_bytes += grown
            tree.size += grown
            # What was there is part of what is there: nothing is kept for it.
            self._note((stamp, "append", path, before, after, None, running, 0, False))
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
        now, last = self._clock(), tree.last_stamp
        tree.last_stamp = stamp = now if now > last else last + 1
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

    def _create_below(self, head: str, path: str, name: str, data: bytes) -> int:
        """Write a new file into directories that are not there yet."""
        tree, limits, at, names = self._tree, self._limits, head, [name]
        above = None
        while above is None and at and len(names) <= limits.depth:
            at, _, missing = at.rpartition("/")
            names.append(missing)
            above = tree.take(at)
        if above is None or path[0] != "/" or path.count("/") > limits.depth or tree.is_watched(head):
            return 0
        if names[-1] in above.directories or names[-1] in above.files:  # with rules of its own, or no directory
            return 0
        if not all(map(_is_plain, names)) or max(map(len, names)) > limits.name_bytes:
            return 0
        size = len(data)
        if size > limits.file_bytes or tree.size + size > limits.total_bytes:
            return 0
        if tree.files + tree.directories + len(names) > limits.nodes:
            return 0
        return self._branch_off(above, at, names[:0:-1], path, name, data)

    def _branch_off(self, above: Directory, at: str, names: list[str], path: str, name: str, data: bytes) -> int:
        """Put new directories, one in another, into the one at `at`, and a file into the last of them."""
        tree = self._tree
        made = [empty_directory(tree.token, tree.stamp()) for _ in names]
        for parent, below, child in zip(made, names[1:], made[1:], strict=False):
            parent.directories[below] = child
            parent.stamp = parent.plain_stamp = child.stamp
        stamp = tree.stamp()
        version = tree.next_version(path, None)
        after = made[-1].files[name] = new_record((data, stamp, version, stamp, None))
        made[-1].stamp, made[-1].plain_stamp, made[-1].own_bytes = stamp, stamp, len(data)
        above.directories[names[0]] = made[0]
        above.stamp = above.plain_stamp = made[0].created_ns
        tree.grow(files=1, directories=len(made), size=len(data), version=version)
        with actions.together(len(made) + 1):
            for directory, below in zip(made, names, strict=True):
                at = f"{at}/{below}"
                self._note((stamp, "write", at, None, directory, None, current(), 0, False))
                tree.allow(at, directory)
            self._note((stamp, "write", path, None, after, None, current(), 0, False))
        return version

    def _fits(self, size: int, grown: int) -> bool:
        return size <= self._limits.file_bytes and self._tree.size + grown <= self._limits.total_bytes


def _is_plain(name: str) -> bool:
    """Say whether a name is surely in normal form; ASCII, so that it has as many bytes as characters."""
    return name.isascii() and "\\" not in name and "\0" not in name and name not in _DOTS
