"""The text of a snippet: which part of it is run for its effects, and which for the value to show."""

from __future__ import annotations

import io
import tokenize
from typing import NamedTuple

from jupyter_sandfs.errors import InvalidRequest

MAX_SOURCE = 1 << 20  # bytes

_COMPOUND = frozenset(
    {"if", "elif", "else", "for", "while", "with", "try", "except", "finally", "def", "class", "async"}
)
"""Words that begin a statement which may hold others behind a semicolon."""
_BLANK = frozenset({tokenize.COMMENT, tokenize.NL, tokenize.ENDMARKER, tokenize.INDENT, tokenize.DEDENT})


class Parts(NamedTuple):
    """A snippet cut before its last statement.

    Attributes:
        line: number of the line that the last statement begins in, from 1.
    """

    body: str
    last: str
    line: int


class _Place(NamedTuple):
    start: tuple[int, int]
    end: tuple[int, int]


def checked(code: str) -> str:
    """Give the code, if it is text that can be run. Raises InvalidRequest."""
    if not isinstance(code, str):
        raise InvalidRequest(f"code is text, not {type(code).__name__}")
    try:
        size = len(code.encode())
    except UnicodeEncodeError:
        raise InvalidRequest("the code holds half a character (a lone surrogate)") from None
    if size > MAX_SOURCE:
        raise InvalidRequest(f"the code is over the limit of {MAX_SOURCE} bytes")
    return code


def split(code: str) -> Parts | None:
    """Cut before the last statement on the outermost level, if it looks like one that stands alone.

    It may or may not be an expression; only a parser knows. The tokenizer is used because Python's own parser can be
    crashed by the depth of what it reads.
    """
    try:
        place = _last_statement(code)
    except (tokenize.TokenError, SyntaxError, RecursionError):  # IndentationError is a SyntaxError
        return None
    if place is None:
        return None
    lines = code.splitlines(keepends=True)
    start, end = _offset(lines, place.start), _offset(lines, place.end)
    return Parts(code[:start], code[start:end], place.start[0])


def _last_statement(code: str) -> _Place | None:
    found: _Place | None = None
    fresh, compound, depth, level = True, False, 0, 0
    for token in tokenize.generate_tokens(io.StringIO(code).readline):
        level += (token.type == tokenize.INDENT) - (token.type == tokenize.DEDENT)
        if token.type in _BLANK:
            continue
        if token.type == tokenize.NEWLINE:
            fresh, compound = True, False
            continue
        if token.string == ";" and depth == 0 and not compound:
            fresh = True
            continue
        if fresh:
            fresh, compound = False, compound or token.string in _COMPOUND or level > 0
            found = None if compound else _Place(token.start, token.end)
        elif found is not None:
            found = found._replace(end=token.end)
        if token.type == tokenize.OP:
            depth += (token.string in "([{") - (token.string in ")]}")
    return found


def _offset(lines: list[str], place: tuple[int, int]) -> int:
    row, column = place
    return sum(map(len, lines[: row - 1])) + column
