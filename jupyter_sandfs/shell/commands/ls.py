"""`ls`: list directories, in the words and order of GNU ls with the C locale. The engine's own is not GNU's."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from jupyter_sandfs import paths
from jupyter_sandfs.errors import SandfsError
from jupyter_sandfs.shell.command import Command, Invocation, Output, reason
from jupyter_sandfs.shell.commands import long_format
from jupyter_sandfs.shell.options import Option
from jupyter_sandfs.vfs.entries import DirEntry, Kind

_TROUBLE, _SERIOUS = 1, 2  # exit codes: below a directory, with an operand

_SORT_KEYS: Mapping[str, Callable[[DirEntry], Any]] = {
    "t": lambda entry: -entry.stat.modified_ns,
    "S": lambda entry: -entry.stat.size,
}


def _run(call: Invocation) -> Output:
    listing = _Listing(call)
    listing.show(call.arguments.operands or (".",))
    return Output("\n".join([*listing.lines, ""]) if listing.lines else "", "".join(listing.complaints), listing.status)


@dataclass(slots=True)
class _Listing:
    """The output of one call, as it grows."""

    call: Invocation
    lines: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    status: int = 0

    def show(self, operands: tuple[str, ...]) -> None:
        found = [entry for operand in operands if (entry := self._find(operand))]
        directories = [] if self._has("d") else [each for each in found if self._is_listed(each)]
        self._print_entries(self._sorted([each for each in found if each not in directories]))
        headed = len(operands) > 1 or self._has("R")
        for each in self._sorted(directories):
            self._show_directory(each.name, each.path, _SERIOUS, headed=headed)

    def _show_directory(self, shown: str, path: str, severity: int, *, headed: bool) -> None:
        pending = [(shown, path, severity)]
        while pending:
            self.call.check_time()
            name, at, level = pending.pop()
            entries = self._read(name, at, level, headed=headed)
            if self._has("R"):
                below = [(_below(name, each.name), each.path, _TROUBLE) for each in entries if _is_real_directory(each)]
                pending += reversed(below)

    def _read(self, shown: str, path: str, severity: int, *, headed: bool) -> list[DirEntry]:
        """Print one directory; give its entries."""
        try:
            children = self.call.fs.ls(path)
        except (SandfsError, OSError) as problem:
            self._complain(f"cannot open directory '{shown}': {reason(problem)}", severity)
            return []
        entries = [*self._dots(path), *self._sorted([each for each in children if self._is_shown(each.name)])]
        if headed:
            self.lines += [""] * bool(self.lines) + [f"{shown}:"]
        if self._has("l"):
            self.lines.append(long_format.total(entries, human=self._has("h")))
        self._print_entries(entries)
        return entries

    def _print_entries(self, entries: list[DirEntry]) -> None:
        named = [(each.name + self._mark(each), each) for each in entries]
        if self._has("l"):
            size = long_format.human_size if self._has("h") else str
            self.lines += long_format.rows(named, now=self.call.around.now(), size=size)
        else:
            self.lines += [shown for shown, _ in named]

    def _find(self, operand: str) -> DirEntry | None:
        """Describe an operand under the name it was given; None, with a complaint, if there is nothing."""
        path = self.call.path(operand)
        try:
            entry = DirEntry(operand, path, self.call.fs.stat(path, follow=operand.endswith("/")))
        except (SandfsError, OSError) as problem:
            self._complain(f"cannot access '{operand}': {reason(problem)}", _SERIOUS)
            return None
        return entry

    def _is_listed(self, entry: DirEntry) -> bool:
        """Whether an operand's content is listed: a link to a directory only in the short format."""
        if entry.stat.is_symlink and not (self._has("l") or self._has("F")):
            return self.call.fs.is_dir(entry.path)
        return entry.is_dir

    def _dots(self, path: str) -> Iterator[DirEntry]:
        if self._has("a"):
            for name, at in ((".", path), ("..", paths.parent(path))):
                yield DirEntry(name, at, self.call.fs.stat(at))

    def _is_shown(self, name: str) -> bool:
        return not name.startswith(".") or self._has("a") or self._has("A")

    def _sorted(self, entries: list[DirEntry]) -> list[DirEntry]:
        ordered = sorted(entries, key=lambda entry: entry.name.encode())
        asked = [letter for letter in self.call.arguments.options if letter in _SORT_KEYS]
        if asked:
            ordered.sort(key=_SORT_KEYS[asked[-1]])
        return ordered[::-1] if self._has("r") else ordered

    def _mark(self, entry: DirEntry) -> str:
        if not self._has("F"):
            return ""
        if entry.stat.is_symlink:
            return "" if self._has("l") else "@"
        executable = entry.stat.kind is Kind.FILE and entry.stat.mode & 0o111
        return "/" if entry.is_dir else "*" * bool(executable)

    def _complain(self, text: str, severity: int) -> None:
        self.complaints.append(f"ls: {text}\n")
        self.status = max(self.status, severity)

    def _has(self, letter: str) -> bool:
        return letter in self.call.arguments


def _below(shown: str, name: str) -> str:
    return shown + name if shown.endswith("/") else f"{shown}/{name}"


def _is_real_directory(entry: DirEntry) -> bool:
    return entry.is_dir and entry.name not in {".", ".."}


LS = Command(
    name="ls",
    usage="[OPTION]... [FILE]...",
    help="List FILEs (the current directory), one a line, sorted by name.",
    run=_run,
    options=(
        Option("1", "one name a line (always so)"),
        Option("a", "show names that start with a dot, . and .. too", word="all"),
        Option("A", "show names that start with a dot", word="almost-all"),
        Option("d", "list directories themselves", word="directory"),
        Option("F", "mark directories /, links @ and programs *", word="classify"),
        Option("h", "sizes such as 1.5K", word="human-readable"),
        Option("l", "one row each, with mode, size and time"),
        Option("r", "reverse the order", word="reverse"),
        Option("R", "list directories below, too", word="recursive"),
        Option("S", "largest first"),
        Option("t", "newest first"),
    ),
)
