"""Names of Python's `sys` and `os` that the interpreter lacks and the prelude has, under other names."""

from __future__ import annotations

import io
import tokenize
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import NamedTuple

EXIT = "__sandfs_exit__"
STDIN = "__sandfs_stdin__"
TEXT = "__sandfs_text__"
_ARGV = "__sandfs_argv__"

_NAMES: Mapping[tuple[str, str], str] = {
    ("os", "getenv"): "os.environ.get",
    ("sys", "argv"): _ARGV,
    ("sys", "exit"): EXIT,
    ("sys", "stdin"): STDIN,
}

PRELUDE = f"""
def {EXIT}(code=""):
    raise SystemExit("" if code is None else str(code))
class {STDIN}:
    def __init__(self, text):
        self.left = text.splitlines(True)
    def readlines(self):
        found = self.left
        self.left = []
        return found
    def read(self):
        return "".join(self.readlines())
    def readline(self):
        return self.left.pop(0) if self.left else ""
    def isatty(self):
        return False
    def __iter__(self):
        return iter(self.readlines())
{STDIN} = {STDIN}({TEXT})
{_ARGV} = argv
"""
"""What stands behind the names, in the interpreter's own language. It is given `argv` and, as TEXT, what the standard
input holds."""


class _Name(NamedTuple):
    row: int
    start: int
    end: int
    text: str


def reads_stdin(spelled: str) -> bool:
    """Say whether respelled code names the standard input."""
    return STDIN in spelled


def respelled(code: str) -> str:
    """Give code with these names replaced. Lines stay where they are; code that can't be read stays as it is."""
    if not any(f"{module}.{name}" in code for module, name in _NAMES):
        return code
    lines = io.StringIO(code).readlines()
    try:
        found = list(_found(code))
    except (tokenize.TokenError, SyntaxError, RecursionError):  # the interpreter says what is wrong with it
        return code
    for name in reversed(found):
        line = lines[name.row - 1]
        lines[name.row - 1] = line[: name.start] + name.text + line[name.end :]
    return "".join(lines)


def _found(code: str) -> Iterator[_Name]:
    """Find `module.name` on one line, where the module is no attribute of something itself."""
    before = ""
    tokens = tokenize.generate_tokens(io.StringIO(code).readline)
    for (first, dot), (_, last) in pairwise(pairwise(tokens)):
        text = _NAMES.get((first.string, last.string)) if dot.string == "." and before != "." else None
        before = first.string
        if text is not None and first.start[0] == last.start[0]:
            yield _Name(first.start[0], first.start[1], last.end[1], text)
