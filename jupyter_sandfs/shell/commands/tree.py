"""`tree`: draw what is below a directory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from jupyter_sandfs.errors import InvalidRequest, SandfsError
from jupyter_sandfs.shell.command import Command, Invocation, Output, reason
from jupyter_sandfs.shell.options import Option
from jupyter_sandfs.vfs.entries import DirEntry

_BRANCH, _LAST = "├── ", "└── "
_BESIDE, _BELOW = "│\N{NO-BREAK SPACE}\N{NO-BREAK SPACE} ", "    "
_ROWS = 100_000
_ANY_DEPTH = 1 << 20


def _run(call: Invocation) -> Output:
    depth = call.arguments.number("L", _ANY_DEPTH)
    if depth < 1:
        raise InvalidRequest("invalid level, must be greater than 0")
    drawing = _Drawing(call, depth)
    lines = [line for operand in call.arguments.operands or (".",) for line in drawing.draw(operand)]
    return Output("\n".join([*lines, "", drawing.summary, ""]), exit_code=2 * drawing.failed)


@dataclass(slots=True)
class _Drawing:
    call: Invocation
    depth: int
    directories: int = 0
    files: int = 0
    failed: bool = False

    @property
    def summary(self) -> str:
        counted = f"{self.directories} {'directory' if self.directories == 1 else 'directories'}"
        if "d" in self.call.arguments:
            return counted
        return f"{counted}, {self.files} {'file' if self.files == 1 else 'files'}"

    def draw(self, operand: str) -> Iterator[str]:
        path = self.call.path(operand)
        try:
            entries = self._children(path)
        except (SandfsError, OSError) as problem:
            self.failed = True
            yield f"{operand}  [error opening dir: {reason(problem)}]"
            return
        yield operand
        yield from self._below(entries, "", self.depth)

    def _below(self, entries: list[DirEntry], indent: str, depth: int) -> Iterator[str]:
        for place, entry in enumerate(entries, 1):
            last = place == len(entries)
            self._count(entry)
            yield f"{indent}{_LAST if last else _BRANCH}{_label(entry)}"
            if entry.is_dir and depth > 1:
                yield from self._below(self._children(entry.path), indent + (_BELOW if last else _BESIDE), depth - 1)

    def _children(self, path: str) -> list[DirEntry]:
        self.call.check_time()
        hidden, only = "a" in self.call.arguments, "d" in self.call.arguments
        return [
            each
            for each in self.call.fs.ls(path)
            if (hidden or not each.name.startswith(".")) and (each.is_dir or not only)
        ]

    def _count(self, entry: DirEntry) -> None:
        self.directories += entry.is_dir
        self.files += not entry.is_dir
        if self.directories + self.files > _ROWS:
            raise InvalidRequest(f"more than {_ROWS} entries: choose a directory below, or -L")


def _label(entry: DirEntry) -> str:
    return f"{entry.name} -> {entry.stat.link_target}" if entry.stat.is_symlink else entry.name


TREE = Command(
    name="tree",
    usage="[OPTION]... [DIRECTORY]...",
    help="Draw what is below each DIRECTORY (the current one).",
    run=_run,
    misuse=1,
    options=(
        Option("a", "show names that start with a dot"),
        Option("d", "directories only"),
        Option("L", "go down only N levels", value="N"),
    ),
)
