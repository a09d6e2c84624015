"""The files that a recursive search looks at, and what is told about them."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from jupyter_sandfs.errors import SandfsError
from jupyter_sandfs.shell.command import Invocation, reason
from jupyter_sandfs.vfs.entries import DirEntry, Kind

Keep = Callable[[DirEntry, bool], bool]
"""Says of an entry, and of whether it is or leads to a directory, if it is looked at."""


class _Visit(NamedTuple):
    """A file (level 0) or a directory to look at, and with links followed the directories it was come by."""

    shown: str
    path: str
    level: int
    above: frozenset[str] = frozenset()


@dataclass(slots=True)
class Files:
    """Goes through directories in the order of names; what fails becomes a complaint, and the rest goes on.

    Attributes:
        depth: levels of directories below an operand.
        complaints: texts, each with its line end.
    """

    call: Invocation
    depth: int = 1 << 20
    follow: bool = False
    quiet: bool = False
    complaints: list[str] = field(default_factory=list)

    def below(
        self, shown: str, path: str, keep: Keep, enter: Callable[[str], None] | None = None
    ) -> Iterator[tuple[str, str]]:
        """Yield (shown name, path) of the files below a directory; links are followed only if asked to.

        Args:
            enter: is told of each directory before its entries are looked at.
        """
        pending = [_Visit(shown, path, 1)]
        while pending:
            visit = pending.pop()
            if visit.level == 0:
                yield visit.shown, visit.path
            elif visit.level <= self.depth:
                pending += reversed(self._children(visit, keep, enter))

    def _children(self, visit: _Visit, keep: Keep, enter: Callable[[str], None] | None) -> list[_Visit]:
        """What is next in a directory: files at level 0, directories at theirs."""
        self.call.check_time()
        try:
            entries = self.call.fs.ls(visit.path)
            real = self.call.fs.resolve(visit.path) if self.follow else ""
        except (SandfsError, OSError) as problem:
            self.complain(visit.shown or ".", problem)
            return []
        if self.follow and real in visit.above:  # a link that leads back
            return []
        if enter is not None:
            enter(visit.path)
        above = visit.above | {real} if self.follow else visit.above
        prefix, found = posixpath.join(visit.shown, ""), []
        for entry in entries:
            kind = entry.stat.kind
            is_dir = kind is Kind.DIRECTORY if kind is not Kind.SYMLINK else self._leads_to_directory(entry)
            if is_dir is not None and keep(entry, is_dir):
                found.append(_Visit(prefix + entry.name, entry.path, visit.level + 1 if is_dir else 0, above))
        return found

    def _leads_to_directory(self, entry: DirEntry) -> bool | None:
        """None for a link that is not followed, or leads nowhere."""
        if not self.follow or not self.call.fs.exists(entry.path):
            return None
        return self.call.fs.is_dir(entry.path)

    def read(self, shown: str, path: str) -> bytes | None:
        """Give a file's content; None, with a complaint, if it cannot be read."""
        try:
            return self.call.read(path) if path.startswith("/dev/") else self.call.fs.read_bytes(path)
        except (SandfsError, OSError) as problem:
            self.complain(shown, problem)
            return None

    def complain(self, shown: str, problem: BaseException) -> None:
        self.say(f"{shown}: {reason(problem)}")

    def say(self, text: str) -> None:
        """Tell of a failure, even if nobody wants to hear of it: the exit code tells, too."""
        self.complaints.append("" if self.quiet else f"{self.call.name}: {text}\n")
