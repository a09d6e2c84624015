"""Names of Python's `sys` and `os` that the interpreter lacks and the prelude has, under other names."""

from __future__ import annotations

import io
import tokenize
from collections.abc import Iterator, Mapping
from typing import NamedTuple

EXIT = "__sandfs_exit__"
STDIN = "__sandfs_stdin__"
TEXT = "__sandfs_text__"
_ARGV = "__sandfs_argv__"

_WRITE, _WARN, _FLUSH = "__sandfs_write__", "__sandfs_warn__", "__sandfs_flush__"

_NAMES: Mapping[str, str] = {
    "os.getenv": "os.environ.get",
    "sys.argv": _ARGV,
    "sys.exit": EXIT,
    "sys.stdin": STDIN,
    "sys.stdout.write": _WRITE,
    "sys.stdout.flush": _FLUSH,
    "sys.stderr.write": _WARN,
    "sys.stderr.flush": _FLUSH,
}
_LONGEST = 3  # names in a row

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
def {_WRITE}(text):
    print(text, end="")
    return len(text)
def {_WARN}(text):
    import sys
    print(text, end="", file=sys.stderr)
    return len(text)
def {_FLUSH}():
    pass
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
    if not any(name in code for name in _NAMES):
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
    """Find these names, each on one line, and not as attributes of something else."""
    chain: list[tokenize.TokenInfo] = []
    for token in tokenize.generate_tokens(io.StringIO(code).readline):
        is_dot, after_dot = token.string == ".", bool(chain) and chain[-1].string == "."
        if not (is_dot or (token.type == tokenize.NAME and after_dot)):
            yield from _in_chain(chain)
            chain = []
        if is_dot or token.type == tokenize.NAME:
            chain.append(token)


def _in_chain(chain: list[tokenize.TokenInfo]) -> Iterator[_Name]:
    """Find one at the beginning of `a.b.c`, the longest that there is."""
    for count in range(_LONGEST, 1, -1):
        part = chain[: 2 * count - 1]
        text = _NAMES.get("".join(token.string for token in part))
        if text is not None and part[0].start[0] == part[-1].end[0]:
            yield _Name(part[0].start[0], part[0].start[1], part[-1].end[1], text)
            return
