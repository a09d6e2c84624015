"""`ls`: list directories, in the words and order of GNU ls with the C locale. The engine's own is not GNU's."""

from __future__ import annotations

import fnmatch
import re
import textwrap
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from jupyter_sandfs import paths
from jupyter_sandfs.errors import InvalidRequest, SandfsError
from jupyter_sandfs.shell.command import Command, Invocation, Output, reason
from jupyter_sandfs.shell.commands import long_format
from jupyter_sandfs.shell.commands.columns import in_columns
from jupyter_sandfs.shell.options import Option
from jupyter_sandfs.vfs.entries import DirEntry, Kind

_WIDTH = 80  # characters of a line
_NO_LIMIT = 1 << 20
_DIGITS_OF_A_WIDTH = 6
_TROUBLE, _SERIOUS = 1, 2  # exit codes: below a directory, with an operand

_SORT_KEYS: Mapping[str, Callable[[DirEntry], Any]] = {
    "t": lambda entry: -entry.stat.modified_ns,
    "S": lambda entry: -entry.stat.size,
    "v": lambda entry: _version_key(entry.name),
    "X": lambda entry: paths.suffix(entry.name).encode(),
}
_SORT_WORDS = {"time": "t", "size": "S", "version": "v", "extension": "X", "none": "U", "name": ""}
_FORMAT_WORDS = {
    "long": "l",
    "verbose": "l",
    "commas": "m",
    "single-column": "1",
    "vertical": "C",
    "across": "x",
    "horizontal": "x",
}
_LONG = ("l", "n", "g", "o", "full-time")
_STYLES = ("locale", "iso", "long-iso", "full-iso")
_DIGITS = re.compile(r"(\d+)")


def _run(call: Invocation) -> Output:
    listing = _Listing(call)
    listing.show(call.arguments.operands or (".",))
    end = "\0" if "zero" in call.arguments else "\n"
    text = "".join(f"{line}{end}" for line in listing.lines)
    return Output(text, "".join(listing.complaints), listing.status)


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
        shown_ones = [self._followed(each) for each in children if self._is_shown(each.name)]
        entries = self._sorted([*self._dots(path), *shown_ones])
        if headed:
            self.lines += [""] * bool(self.lines) + [f"{shown}:"]
        if self._is_long or self._has("s"):
            self.lines.append(long_format.total(entries, human=self._has("h")))
        self._print_entries(entries)
        return entries

    def _print_entries(self, entries: list[DirEntry]) -> None:
        named = [(self._quoted(each.name) + self._mark(each), each) for each in entries]
        rows = long_format.rows(named, self._columns) if self._is_long else [shown for shown, _ in named]
        rows = self._led(rows, entries)
        if self._format == "m" and rows:
            rows = textwrap.wrap(
                ", ".join(rows), self._width or _NO_LIMIT, break_long_words=False, break_on_hyphens=False
            )
        elif self._format in {"C", "x"}:
            rows = in_columns(rows, self._width, across=self._format == "x")
        self.lines += rows

    @property
    def _width(self) -> int:
        """Characters of a line: as -w says, else the environment; 0 is no limit."""
        told = self.call.env.get("COLUMNS", "")
        known = int(told) if told.isascii() and told.isdigit() and len(told) < _DIGITS_OF_A_WIDTH else _WIDTH
        return self.call.arguments.number("w", known)

    def _led(self, rows: list[str], entries: list[DirEntry]) -> list[str]:
        """Put the columns of -i and -s first."""
        for letter, figure in (("s", self._blocks), ("i", lambda entry: str(long_format.inode(entry.path)))):
            if self._has(letter):
                figures = [figure(each) for each in entries]
                width = max(map(len, figures), default=0)
                rows = [f"{first:>{width}} {row}" for first, row in zip(figures, rows, strict=True)]
        return rows

    def _blocks(self, entry: DirEntry) -> str:
        space = long_format.space(entry.stat)
        return long_format.human_size(space) if self._has("h") else str(space // 1024)

    @property
    def _is_long(self) -> bool:
        return self._format == "l"

    @property
    def _format(self) -> str:
        """The last option that says so: l, m, C, x, 1 or nothing. After -l, -1 says nothing."""
        last = self.call.arguments.last(*_LONG, "m", "C", "x", "format") or self.call.arguments.last("1")
        if last in {"m", "C", "x"} and self.call.arguments.last(last, "1") == "1":
            return "1"
        if last == "format":
            return _FORMAT_WORDS[self._word("format", tuple(_FORMAT_WORDS))]
        return "l" if last in _LONG else last

    @property
    def _columns(self) -> long_format.Columns:
        style = "full-iso" if self._has("full-time") else "locale"
        if self._has("time-style") and not self._given("time-style").startswith("+"):
            style = self._word("time-style", _STYLES)
        elif self._has("time-style"):
            style = self._given("time-style")
        return long_format.Columns(
            now=self.call.around.now(),
            human=self._has("h"),
            numeric=self._has("n"),
            owner=not self._has("g"),
            group=not (self._has("o") or self._has("G")),
            style=style,
        )

    def _followed(self, entry: DirEntry) -> DirEntry:
        """With -L, what a link leads to, under the link's name."""
        if not (self._has("L") and entry.stat.is_symlink):
            return entry
        try:
            return entry._replace(stat=self.call.fs.stat(entry.path))
        except (SandfsError, OSError) as problem:
            self._complain(f"cannot access '{entry.name}': {reason(problem)}", _TROUBLE)
            return entry

    def _quoted(self, name: str) -> str:
        if not self._has("Q"):
            return name
        return '"' + name.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'

    def _find(self, operand: str) -> DirEntry | None:
        """Describe an operand under the name it was given; None, with a complaint, if there is nothing."""
        try:
            stat = self.call.stat(operand, follow=self._has("L"))
            entry = DirEntry(operand, self.call.path(operand), stat)
        except (SandfsError, OSError) as problem:
            self._complain(f"cannot access '{operand}': {reason(problem)}", _SERIOUS)
            return None
        return entry

    def _is_listed(self, entry: DirEntry) -> bool:
        """Whether an operand's content is listed: a link to a directory only in the short format."""
        if entry.stat.is_symlink and not (self._is_long or self._has("F")):
            return self.call.fs.is_dir(entry.path)
        return entry.is_dir

    def _dots(self, path: str) -> Iterator[DirEntry]:
        if self._has("a"):
            for name, at in ((".", path), ("..", paths.parent(path))):
                yield DirEntry(name, at, self.call.fs.stat(at))

    def _is_shown(self, name: str) -> bool:
        hiding = not (self._has("a") or self._has("A"))
        if (hiding and name.startswith(".")) or (self._has("B") and name.endswith("~")):
            return False
        patterns = self.call.arguments.every("I") + (self.call.arguments.every("hide") if hiding else [])
        return not any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)

    def _sorted(self, entries: list[DirEntry]) -> list[DirEntry]:
        ordered = sorted(entries, key=lambda entry: entry.name.encode())
        key = self._order
        if key in _SORT_KEYS:
            ordered.sort(key=_SORT_KEYS[key])
        if self._has("r") and key != "U":
            ordered.reverse()
        if self._has("group-directories-first"):
            ordered.sort(key=lambda entry: not self._leads_to_directory(entry))
        return ordered

    @property
    def _order(self) -> str:
        last = self.call.arguments.last(*_SORT_KEYS, "U", "f", "sort")
        return _SORT_WORDS[self._word("sort", tuple(_SORT_WORDS))] if last == "sort" else last

    def _leads_to_directory(self, entry: DirEntry) -> bool:
        return entry.is_dir or (entry.stat.is_symlink and self.call.fs.is_dir(entry.path))

    def _mark(self, entry: DirEntry) -> str:
        if self._has("p") and not self._has("F"):
            return "/" if entry.is_dir else ""
        if not self._has("F"):
            return ""
        if entry.stat.is_symlink:
            return "" if self._is_long else "@"
        executable = entry.stat.kind is Kind.FILE and entry.stat.mode & 0o111
        return "/" if entry.is_dir else "*" * bool(executable)

    def _complain(self, text: str, severity: int) -> None:
        self.complaints.append(f"ls: {text}\n")
        self.status = max(self.status, severity)

    def _has(self, key: str) -> bool:
        return key in self.call.arguments

    def _given(self, key: str) -> str:
        return self.call.arguments.options[key]

    def _word(self, key: str, known: Sequence[str]) -> str:
        """The value of an option that takes one of a few words."""
        word = self._given(key)
        if word not in known:
            raise InvalidRequest(f"invalid argument '{word}' for '--{key}' (there are: {', '.join(known)})")
        return word


def _version_key(name: str) -> list[tuple[int, int, str]]:
    """Order numbers in names by their value."""
    return [(int(part), 0, part) if part.isdecimal() else (-1, 0, part) for part in _DIGITS.split(name)]


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
        Option("1", "one name a line (so unless other options say)"),
        Option("a", "show names that start with a dot, . and .. too", word="all"),
        Option("A", "show names that start with a dot", word="almost-all"),
        Option("B", "leave out names that end with ~", word="ignore-backups"),
        Option("C", "names in columns"),
        Option("d", "list directories themselves", word="directory"),
        Option("f", ""),
        Option("F", "mark directories /, links @ and programs *", word="classify"),
        Option("g", "as -l, without owner"),
        Option("G", "no group", word="no-group"),
        Option("h", "sizes such as 1.5K", word="human-readable"),
        Option("i", "numbers of files", word="inode"),
        Option("I", "leave out what matches", word="ignore", value="PATTERN"),
        Option("k", ""),
        Option("l", "one row each, with mode, size and time"),
        Option("L", "tell of what links lead to", word="dereference"),
        Option("m", "all in lines, with commas"),
        Option("n", "as -l, owner and group by number", word="numeric-uid-gid"),
        Option("N", "", word="literal"),
        Option("o", "as -l, without group"),
        Option("p", "mark directories /"),
        Option("q", "", word="hide-control-chars"),
        Option("Q", "names in quotes", word="quote-name"),
        Option("r", "reverse the order", word="reverse"),
        Option("R", "list directories below, too", word="recursive"),
        Option("s", "space in KiB", word="size"),
        Option("S", "largest first"),
        Option("t", "newest first"),
        Option("U", "in no order"),
        Option("v", "numbers in names by their value"),
        Option("w", "characters of a line, of which -C, -x and -m make use", word="width", value="N"),
        Option("x", "names in columns, in order along the lines"),
        Option("X", "by extension"),
        Option("", "", word="color", value="WHEN", optional=True),
        Option("", "long, commas, vertical, across or single-column", word="format", value="WORD"),
        Option("", "as -l, with whole times", word="full-time"),
        Option("", "directories before files", word="group-directories-first"),
        Option("", "leave out what matches, unless with -a or -A", word="hide", value="PATTERN"),
        Option("", "name, none, size, time, version or extension", word="sort", value="WORD"),
        Option("", "locale, iso, long-iso, full-iso or +FORMAT", word="time-style", value="STYLE"),
        Option("", "NUL after names", word="zero"),
    ),
)
