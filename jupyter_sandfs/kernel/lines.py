"""The line of a magic: options that hold for every command stand first, and a `;` at its end keeps it quiet."""

from __future__ import annotations

import re
from dataclasses import dataclass

from jupyter_sandfs.errors import InvalidRequest

_OPTION = re.compile(
    r"(?P<flag>--json|--check)(?=\s|$)\s*"
    r"|(?:-o|--out)(?:\s+|=|(?<=-o))(?P<name>[^\s=]+)(?:\s+|$)"
    r"|(?P<bare>-o|--out)\s*$"
)
_QUIET = re.compile(r"(?<![\\;])\s*;$")
_SHELL_WORDS = re.compile(r"[|&;<>()$`\\*?\[\]{}~!#\n]")
GENERAL = ("--check", "--json", "--out")
"""The options that stand before any command."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """What was asked for.

    Attributes:
        text: the command itself.
        out: the Python name that gets the result, instead of printing it.
        json: all of the result as JSON.
        check: an exit code that is not 0 is an error of the cell.
        quiet: print complaints only.
    """

    text: str
    out: str = ""
    json: bool = False
    check: bool = False
    quiet: bool = False


def read_line(text: str) -> Line:
    """Take the options off a line. Raises InvalidRequest."""
    rest, flags, out = text.strip(), set[str](), ""
    while found := _OPTION.match(rest):
        if found["bare"]:
            raise InvalidRequest("-o needs a name: %sandfs -o NAME COMMAND")
        if found["flag"]:
            flags.add(found["flag"])
        else:
            out = _checked(found["name"])
        rest = rest[found.end() :]
    quiet = _QUIET.search(rest) is not None
    rest = _QUIET.sub("", rest)
    return Line(text=rest.strip(), out=out, json="--json" in flags, check="--check" in flags, quiet=quiet)


def _checked(name: str) -> str:
    if not name.isidentifier():
        raise InvalidRequest(f"not a name for a result: '{name}'")
    return name


def is_plain(line: str) -> bool:
    """Whether a line is one command with its words, without pipes, redirections or anything that is expanded."""
    return _SHELL_WORDS.search(line) is None
