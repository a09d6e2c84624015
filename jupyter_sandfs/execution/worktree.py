"""What a view sees of a directory, as files of the host for a while, and the way back of what was changed there.

What comes back was made by a program that is not trusted: links, devices and names that a sandbox can't hold stay
behind, everything is measured before anything is written, and each write goes through the file system like any other.
"""

from __future__ import annotations

import errno
import hashlib
import os
import stat as modes
from collections.abc import Callable, Mapping
from contextlib import suppress
from contextvars import Context
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import NamedTuple

from jupyter_sandfs import paths
from jupyter_sandfs.errors import AppendOnly, FileTooLarge, InvalidPath, LimitExceeded, PathError, SandfsError
from jupyter_sandfs.vfs.entries import DirEntry
from jupyter_sandfs.vfs.interface import FileSystem, require_directory

Check = Callable[[], None]
"""Called once per step; raises when the work is to end."""


class Kind(Enum):
    """What a path of a tree is. Only the first two are written back."""

    FILE = "file"
    DIRECTORY = "directory"
    LINK = "a link"
    DYNAMIC = "a computed file"
    SPECIAL = "a link or a special file"


class Original(NamedTuple):
    """What a path was when the tree was made.

    Attributes:
        version: that the file had, at the latest; a change of it meanwhile is a conflict.
        digest: SHA-256 of its content.
    """

    kind: Kind
    version: int = 0
    size: int = 0
    digest: bytes = b""


class Found(NamedTuple):
    """What a path of the host's tree is afterwards."""

    kind: Kind
    size: int = 0


class Passed(NamedTuple):
    """A path that was passed over, and why."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much a tree may hold, on the way out and on the way back.

    Attributes:
        size: content of all files, in bytes.
        entries: files and directories.
    """

    size: int
    entries: int


@dataclass(slots=True)
class Report:
    """What did not make the way.

    Attributes:
        refused: changes that the file system refused.
        left_out: what can't be read, and what never comes back.
    """

    refused: list[Passed] = field(default_factory=list)
    left_out: list[Passed] = field(default_factory=list)


@dataclass(slots=True)
class Manifest:
    """A tree that was made, by path relative to its top.

    Attributes:
        left_out: what can't be read.
    """

    originals: dict[str, Original] = field(default_factory=dict)
    left_out: list[Passed] = field(default_factory=list)
    size: int = 0


# ---------------------------------------------------------------- out


class Selection(NamedTuple):
    """What is seen of a directory: entries with their paths relative to it, each after what it is in."""

    entries: list[tuple[str, DirEntry]]
    size: int


def select(fs: FileSystem, path: str, bounds: Bounds, check: Check) -> Selection:
    """List all that is seen below the directory `path`, and measure it as far as it can be told.

    Raises:
        NotFound, NotADirectory: `path`.
        LimitExceeded: there is more than `bounds` allow.
    """
    require_directory(fs, path)
    entries: list[tuple[str, DirEntry]] = []
    size, pending = 0, [""]
    while pending:
        relative = pending.pop()
        for entry in fs.ls(paths.join(path, relative)):
            check()
            below = f"{relative}/{entry.name}" if relative else entry.name
            entries.append((below, entry))
            size += entry.stat.size
            if len(entries) > bounds.entries:
                raise LimitExceeded(f"{path} holds more than {bounds.entries} files and directories: name a part of it")
            if entry.is_dir:
                pending.append(below)
    _check_size(size, path, bounds)
    return Selection(entries, size)


def _check_size(size: int, path: str, bounds: Bounds) -> None:
    if size > bounds.size:
        raise LimitExceeded(f"{path} holds more than {bounds.size} bytes: name a part of it")


def materialise(
    fs: FileSystem, path: str, selection: Selection, target: Path, bounds: Bounds, check: Check
) -> Manifest:
    """Copy what was selected of `path` into the empty directory `target`.

    A link to a file becomes the file that it leads to; other links are left out.

    Raises:
        LimitExceeded: there is more than `bounds` allow, with what is computed and what links lead to.
    """
    manifest = Manifest()
    for below, entry in selection.entries:
        check()
        try:
            _make(fs, below, entry, target / below, manifest)
        except OSError as problem:
            if problem.errno != errno.ENAMETOOLONG:
                raise
            manifest.left_out.append(Passed(entry.path, "its path is too long for this machine"))
        _check_size(manifest.size, path, bounds)
    return manifest


def _make(fs: FileSystem, below: str, entry: DirEntry, target: Path, manifest: Manifest) -> None:
    if entry.is_dir:
        target.mkdir(mode=0o755)
        manifest.originals[below] = Original(Kind.DIRECTORY)
    else:
        _copy_out(fs, entry, below, target, manifest)


def _copy_out(fs: FileSystem, entry: DirEntry, below: str, target: Path, manifest: Manifest) -> None:
    try:
        if entry.stat.is_symlink and not fs.is_file(entry.path):
            return
        data = fs.read_bytes(entry.path)
    except (SandfsError, OSError) as problem:
        manifest.left_out.append(Passed(entry.path, reason(problem)))
        return
    stat = entry.stat
    _write_out(target, data, stat.mode if stat.is_file else 0o644, stat.modified_ns)
    kind = Kind.LINK if stat.is_symlink else Kind.DYNAMIC if stat.dynamic else Kind.FILE
    manifest.originals[below] = Original(kind, stat.version, len(data), _digest(data))
    manifest.size += len(data)


def _write_out(target: Path, data: bytes, mode: int, modified_ns: int) -> None:
    descriptor = os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_NOFOLLOW, (mode & 0o755) | 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
    os.utime(target, ns=(modified_ns, modified_ns))


def _digest(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


# ---------------------------------------------------------------- back


def bring_back(
    fs: FileSystem, path: str, tree: Path, manifest: Manifest, bounds: Bounds, check: Check, report: Report
) -> None:
    """Write to `path` what differs in `tree` from what it was, all of it or nothing.

    Each file is written with the version that it had, so that changes made meanwhile are not lost. Where the file
    system refuses a part of it, the report says what and why, and nothing was written.

    Raises:
        LimitExceeded: the tree has grown over `bounds`; nothing was written.
        MergeConflict, AppendOnly: a hook refused a part, and what had been written before could not be taken back.
    """
    found = _survey(tree, path, bounds, report, check)
    trial = _Return(fs.fork(), path, tree, manifest.originals, found, Report())
    Context().run(trial.carry_out)  # under no action: what is done to the fork is nobody's doing
    if trial.report.refused:
        report.refused += trial.report.refused
        report.left_out += trial.report.left_out
        return
    with suppress(_Refused), fs.transaction():
        _Return(fs, path, tree, manifest.originals, found, report, trial.same).carry_out()
        if report.refused:  # by a hook, or because somebody was quicker
            raise _Refused


def _survey(tree: Path, path: str, bounds: Bounds, report: Report, check: Check) -> dict[str, Found]:
    found: dict[str, Found] = {}
    size, pending = 0, [""]
    while pending:
        relative = pending.pop()
        for entry in _listed(tree, path, relative, report):
            check()
            below = f"{relative}/{entry.name}" if relative else entry.name
            facts = entry.stat(follow_symlinks=False)
            found[below] = _found(facts)
            size += found[below].size
            if len(found) > bounds.entries or size > bounds.size:
                limits = f"{bounds.entries} files and directories, {bounds.size} bytes"
                raise LimitExceeded(f"the command left more than may be written back ({limits}); nothing was")
            if found[below].kind is Kind.DIRECTORY:
                pending.append(below)
    return found


def _found(facts: os.stat_result) -> Found:
    if modes.S_ISDIR(facts.st_mode):
        return Found(Kind.DIRECTORY)
    if modes.S_ISREG(facts.st_mode):
        return Found(Kind.FILE, facts.st_size)
    return Found(Kind.SPECIAL)


def _listed(tree: Path, path: str, relative: str, report: Report) -> list[os.DirEntry[str]]:
    """What is in a directory under names that a sandbox can hold."""
    try:
        (tree / relative).chmod(0o700)  # it is this process' own, whatever the command made of it
        with os.scandir(tree / relative) as entries:
            listed = list(entries)
    except OSError as problem:  # not readable, or deeper than a path of the host can say
        report.refused.append(Passed(paths.join(path, relative), reason(problem)))
        return []
    odd = [entry for entry in listed if not _portable(entry.name)]
    names = [ascii(f"{relative}/{entry.name}" if relative else entry.name) for entry in odd]
    report.left_out += [Passed(name, "not a name that a sandbox can hold") for name in names]
    return [entry for entry in listed if _portable(entry.name)]


def _portable(name: str) -> bool:
    """Whether a name stays what it is: a backslash would become a slash, other bytes than UTF-8 can't be kept."""
    try:
        name.encode()
        return "\\" not in name and paths.normalize(name) == f"/{name}"
    except (UnicodeEncodeError, InvalidPath):
        return False


class _Refused(Exception):
    """A part of the way back was refused: not told to anyone, only to the transaction."""


@dataclass(frozen=True, slots=True)
class _Return:
    """One way back. Each step is tried, and what is refused is noted, so that all of it can be told at once.

    Attributes:
        same: files that turned out to be as they were.
    """

    fs: FileSystem
    path: str
    tree: Path
    originals: Mapping[str, Original]
    found: Mapping[str, Found]
    report: Report
    same: set[str] = field(default_factory=set)

    def carry_out(self) -> None:
        gone = [each for each in self.originals if self._is_gone(each)]
        for relative in sorted(gone, reverse=True):  # what is in a directory comes before it
            self._try(self._remove, relative)
        for relative in sorted(self.found):
            self._try(self._put, relative)

    def _is_gone(self, relative: str) -> bool:
        original, now = self.originals[relative], self.found.get(relative)
        if now is None:
            return not self._is_behind_a_link(relative)
        return now.kind is not original.kind and now.kind in {Kind.FILE, Kind.DIRECTORY}

    def _is_behind_a_link(self, relative: str) -> bool:
        """Whether a directory on the way became a link: that stays behind, and so does what it hides."""
        above = [each.lstrip("/") for each in paths.ancestors(relative)]
        return any(self.found[each].kind is Kind.SPECIAL for each in above if each in self.found)

    def _try(self, step: Callable[[str], None], relative: str) -> None:
        try:
            step(relative)
        except (SandfsError, OSError) as problem:
            self.report.refused.append(Passed(self._at(relative), reason(problem)))

    def _remove(self, relative: str) -> None:
        original = self.originals[relative]
        if original.kind is Kind.DIRECTORY:
            self.fs.remove(self._at(relative))
        elif original.kind is Kind.FILE:
            self.fs.remove(self._at(relative), expected_version=original.version)

    def _put(self, relative: str) -> None:
        now, original = self.found[relative], self.originals.get(relative)
        if now.kind is Kind.DIRECTORY:
            if original is None or original.kind is not Kind.DIRECTORY:
                self.fs.mkdir(self._at(relative), parents=False, exist_ok=True)
        elif now.kind is Kind.FILE:
            self._put_file(relative, now, original)
        else:
            self._leave(relative, f"{now.kind.value}: stays behind")

    def _put_file(self, relative: str, now: Found, original: Original | None) -> None:
        if relative in self.same:
            return
        if now.size > self.fs.limits.file_bytes:
            raise FileTooLarge(relative, f"over the limit of {self.fs.limits.file_bytes} bytes")
        data = _read_back(self.tree / relative, now.size)
        if original is None or original.kind is Kind.DIRECTORY:
            self.fs.write_bytes(self._at(relative), data, expected_version=0)
        elif original.digest == _digest(data):
            self.same.add(relative)
        elif original.kind is Kind.FILE:
            self._replace(self._at(relative), data, original)
        else:
            self._leave(relative, f"{original.kind.value}: changes of it stay behind")

    def _replace(self, path: str, data: bytes, original: Original) -> None:
        try:
            self.fs.write_bytes(path, data, expected_version=original.version)
        except AppendOnly:
            if _digest(data[: original.size]) != original.digest:
                raise
            tail = data[original.size :]
            self.fs.write_bytes(path, tail, append=True, expected_version=original.version)

    def _leave(self, relative: str, why: str) -> None:
        self.report.left_out.append(Passed(self._at(relative), why))

    def _at(self, relative: str) -> str:
        return paths.join(self.path, relative)


def _read_back(source: Path, size: int) -> bytes:
    """Read what was measured; nothing runs any more that could exchange it for something else."""
    source.chmod(0o600)  # it is this process' own, whatever the command made of it
    descriptor = os.open(source, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    with os.fdopen(descriptor, "rb") as file:
        return file.read(size)


def reason(problem: BaseException) -> str:
    """Why something failed, without the path: it is told beside it."""
    if isinstance(problem, PathError) or (isinstance(problem, OSError) and problem.errno):
        detail = getattr(problem, "detail", None)
        words = os.strerror(problem.errno or 0)
        return f"{words} ({detail})" if detail else words
    return " ".join(str(problem).removeprefix(f"{getattr(problem, 'path', '')}: ").split())
