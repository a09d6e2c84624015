"""`du`: the space that files take. The engine's own counts no directories and rounds nothing to blocks."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Callable
from dataclasses import dataclass, field

from jupyter_sandfs.errors import InvalidRequest, SandfsError
from jupyter_sandfs.shell.command import Command, Invocation, Output, reason, shown_size
from jupyter_sandfs.shell.commands import long_format
from jupyter_sandfs.shell.options import Option
from jupyter_sandfs.vfs.entries import DirEntry, Stat

_ANY_DEPTH = 1 << 20
_KIB = 1024
_UNITS = {"": 1, "K": _KIB, "M": _KIB**2, "G": _KIB**3, "KB": 1000, "MB": 1000**2, "GB": 1000**3}
_SIZE = re.compile(r"(\d{0,9})(KB|MB|GB|[KMG]?)(?:iB)?", re.ASCII)


def _run(call: Invocation) -> Output:
    measuring = _Measuring(call, _depth(call), _figure(call))
    for operand in call.arguments.operands or (".",):
        measuring.start(operand)
    if "c" in call.arguments:
        measuring.tell(measuring.total, "total")
    return Output("".join(measuring.lines), "".join(measuring.complaints), bool(measuring.complaints))


def _depth(call: Invocation) -> int:
    arguments = call.arguments
    if "s" in arguments and "a" in arguments:
        raise InvalidRequest("cannot both summarize and show all entries")
    if "s" in arguments and arguments.number("d", 0) > 0:
        raise InvalidRequest("warning: summarizing conflicts with --max-depth")
    return 0 if "s" in arguments else arguments.number("d", _ANY_DEPTH)


def _figure(call: Invocation) -> Callable[[int], str]:
    """How a number of bytes is shown: by the last option that says so."""
    options, last = call.arguments.options, call.arguments.last("h", "b", "k", "m", "B")
    if last == "h":
        return long_format.human_size
    block = {"b": 1, "m": _KIB**2, "B": _block(options.get("B", "1"))}.get(last, _KIB)
    return lambda size: str(-(-size // block))


def _block(text: str) -> int:
    found = _SIZE.fullmatch(text)
    block = int(found[1] or 1) * _UNITS[found[2]] if found and text else 0
    if block < 1:
        raise InvalidRequest(f"invalid -B argument '{text}'")
    return block


@dataclass(slots=True)
class _Measuring:
    """The output of one call, as it grows."""

    call: Invocation
    depth: int
    figure: Callable[[int], str]
    total: int = 0
    seen: set[str] = field(default_factory=set)
    lines: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def start(self, operand: str) -> None:
        try:
            stat = self.call.stat(operand, follow="D" in self.call.arguments)
            entry = DirEntry(operand, self.call.path(operand), stat)
        except (SandfsError, OSError) as problem:
            self.complaints.append(f"du: cannot access '{operand}': {reason(problem)}\n")
            return
        if entry.path not in self.seen:
            self.total += self._measure(entry, operand, 0)

    def _measure(self, entry: DirEntry, shown: str, level: int) -> int:
        """Count a node and what is below it, and tell of it; what was counted before is 0."""
        self.seen.add(entry.path)
        size = self._own(entry.stat)
        for each in self._children(entry, shown):
            size += self._measure(each, f"{shown.rstrip('/') if shown != '/' else ''}/{each.name}", level + 1)
        if level == 0 or (level <= self.depth and (entry.is_dir or "a" in self.call.arguments)):
            self.tell(size, shown)
        return size

    def _children(self, entry: DirEntry, shown: str) -> list[DirEntry]:
        self.call.check_time()
        if not entry.is_dir:
            return []
        try:
            below = self.call.fs.ls(entry.path)
        except (SandfsError, OSError) as problem:
            self.complaints.append(f"du: cannot read directory '{shown}': {reason(problem)}\n")
            return []
        return [each for each in below if each.path not in self.seen and not self._is_excluded(each.name)]

    def _is_excluded(self, name: str) -> bool:
        return any(fnmatch.fnmatchcase(name, pattern) for pattern in self.call.arguments.every("exclude"))

    def _own(self, stat: Stat) -> int:
        if "apparent-size" in self.call.arguments or "b" in self.call.arguments:
            return shown_size(stat)
        return long_format.space(stat)

    def tell(self, size: int, shown: str) -> None:
        self.lines.append(f"{self.figure(size)}\t{shown}\n")


DU = Command(
    name="du",
    usage="[OPTION]... [FILE]...",
    help="Show the space that each FILE (the current directory) and the directories below take, in KiB.",
    run=_run,
    misuse=1,
    options=(
        Option("a", "files, too", word="all"),
        Option("b", "bytes, as --apparent-size", word="bytes"),
        Option("B", "count in units of this size, such as 1, K or M", word="block-size", value="SIZE"),
        Option("c", "a total at the end", word="total"),
        Option("d", "only N levels of directories", word="max-depth", value="N"),
        Option("D", "follow links that are named", word="dereference-args"),
        Option("h", "sizes such as 1.5K", word="human-readable"),
        Option("k", "count in KiB (the default)"),
        Option("m", "count in MiB"),
        Option("s", "only the sum of each FILE", word="summarize"),
        Option("", "lengths of contents, not of blocks", word="apparent-size"),
        Option("", "leave out what matches", word="exclude", value="PATTERN"),
    ),
)
