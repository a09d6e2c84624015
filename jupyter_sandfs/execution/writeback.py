"""The way back of a worktree: what a command changed in it is written to the file system, all of it or nothing.

What comes back was made by a program that is not trusted: links, devices and names that a sandbox can't hold stay
behind, everything is measured before anything is written, and each write goes through the file system like any other.
"""

from __future__ import annotations

import os
import stat as modes
from collections.abc import Callable, Mapping
from contextlib import suppress
from contextvars import Context
from dataclasses import dataclass, field
from pathlib import Path

from jupyter_sandfs import paths
from jupyter_sandfs.errors import AppendOnly, FileTooLarge, InvalidPath, LimitExceeded, MergeConflict, SandfsError
from jupyter_sandfs.execution.worktree import (
    Bounds,
    Check,
    Found,
    Kind,
    Manifest,
    Original,
    Passed,
    Report,
    digest,
    reason,
)
from jupyter_sandfs.vfs.interface import FileSystem


def bring_back(
    fs: FileSystem, path: str, tree: Path, manifest: Manifest, bounds: Bounds, check: Check, report: Report
) -> None:
    """Write to `path` what differs in `tree` from what it was, all of it or nothing.

    Each file is written with the version that it had, so that changes made meanwhile are not lost. Where the file
    system refuses a part of it, the report says what and why, and nothing was written.

    What was added to a file that can only grow can't be taken back. It comes last, so that nothing is left to be
    refused behind it; should a hook refuse a second such file, the report says what stays.

    Raises:
        LimitExceeded: the tree has grown over `bounds`; nothing was written.
    """
    found = _survey(tree, path, bounds, report, check)
    trial = _Return(fs.fork(), path, tree, manifest.originals, found, Report())
    Context().run(trial.carry_out)  # under no action: what is done to the fork is nobody's doing
    if trial.report.refused:
        report.refused += trial.report.refused
        report.left_out += trial.report.left_out
        return
    try:
        with suppress(_Refused), fs.transaction():
            _Return(fs, path, tree, manifest.originals, found, report, trial.same, trial.growing).carry_out()
            if report.refused:  # by a hook, or because somebody was quicker
                raise _Refused
    except (AppendOnly, MergeConflict) as problem:
        report.kept = reason(problem)


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
        growing: files that turned out to be append-only.
    """

    fs: FileSystem
    path: str
    tree: Path
    originals: Mapping[str, Original]
    found: Mapping[str, Found]
    report: Report
    same: set[str] = field(default_factory=set)
    growing: set[str] = field(default_factory=set)

    def carry_out(self) -> None:
        gone = [each for each in self.originals if self._is_gone(each)]
        for relative in sorted(gone, reverse=True):  # what is in a directory comes before it
            self._try(self._remove, relative)
        for relative in sorted(self.found, key=lambda each: (each in self.growing, each)):
            if not (relative in self.growing and self.report.refused):
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
        elif original.digest == digest(data):
            self.same.add(relative)
        elif original.kind is Kind.FILE:
            self._replace(relative, data, original)
        else:
            self._leave(relative, f"{original.kind.value}: changes of it stay behind")

    def _replace(self, relative: str, data: bytes, original: Original) -> None:
        path = self._at(relative)
        try:
            self.fs.write_bytes(path, data, expected_version=original.version)
        except AppendOnly:
            if digest(data[: original.size]) != original.digest:
                raise
            self.growing.add(relative)
            self.fs.write_bytes(path, data[original.size :], append=True, expected_version=original.version)

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
