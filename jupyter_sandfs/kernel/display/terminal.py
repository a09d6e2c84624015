"""Colours of a plain terminal, for lines that begin with the mark of a change."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TextIO

from jupyter_sandfs.kernel.display.page import visible

_COLOURS = {"+": 32, "-": 31, "~": 33, ">": 36, "!": 35}
"""Of ECMA-48's "select graphic rendition": green, red, yellow, cyan, magenta."""
_MARKED = re.compile(r"^( *)([-+~>!])( .*)$", re.MULTILINE)


def has_colours(stream: TextIO, environ: Mapping[str, str]) -> bool:
    """Whether colours can and may be shown: in a terminal, unless NO_COLOR (no-color.org) or TERM forbids it."""
    return stream.isatty() and not environ.get("NO_COLOR") and environ.get("TERM") != "dumb"


def painted(text: str) -> str:
    """Lines with a mark in the colour of what it means; what would steer the terminal is shown by its number."""
    return _MARKED.sub(_coloured, visible(text))


def _coloured(found: re.Match[str]) -> str:
    blanks, mark, rest = found.groups()
    return f"{blanks}\x1b[{_COLOURS[mark]}m{mark}{rest}\x1b[0m"
