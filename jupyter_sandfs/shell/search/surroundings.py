r"""What a Perl pattern asks of the text around a match, at its edges: `(?<=BEFORE)MATCH(?=BEHIND)` and `BEFORE\KMATCH`.

RE2 has no look-around. At the edges of a pattern it is not needed: the whole is matched, and a group is what counts.
Different from Perl: what a look-behind sees is not part of the match before.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

PIECE = re.compile(r"\\(?:[pP]\{[^}]*\}|x\{[^}]*\}|.)|\[\^?\]?|\]|.", re.DOTALL)
"""One piece of a pattern: an escape, the beginning or end of a class, or a character."""

_AHEAD, _BEHIND = "(?=", "(?<="


class Framed(NamedTuple):
    """A pattern in three parts; the outer ones are not part of the match."""

    before: str
    match: str
    behind: str


class _Token(NamedTuple):
    text: str
    at: int
    depth: int  # of groups, outside of classes; a parenthesis has that of what is around it


def framed(pattern: str) -> Framed | None:
    """Take the edges off a pattern, if it has any; None where it has none, or alternatives between them."""
    tokens = list(_tokens(pattern))
    top = [token for token in tokens if token.depth == 0]
    if any(token.text == "|" for token in top):
        return None
    start, before = _front(pattern, top)
    stop, behind = _back(pattern, top)
    if (start == 0 and stop == len(pattern)) or start > stop:
        return None
    return Framed(before, pattern[start:stop], behind)


def _front(pattern: str, top: list[_Token]) -> tuple[int, str]:
    kept = [token.at for token in top if token.text == r"\K"]
    if len(kept) == 1:
        return kept[0] + 2, pattern[: kept[0]]
    if pattern.startswith(_BEHIND) and not kept:
        end = next((token.at for token in top if token.text == ")"), None)
        if end is not None:
            return end + 1, pattern[len(_BEHIND) : end]
    return 0, ""


def _back(pattern: str, top: list[_Token]) -> tuple[int, str]:
    opened = [token.at for token in top if token.text == "("]
    ends_with_group = bool(top) and top[-1].text == ")" and top[-1].at == len(pattern) - 1
    if ends_with_group and opened and pattern.startswith(_AHEAD, opened[-1]):
        return opened[-1], pattern[opened[-1] + len(_AHEAD) : -1]
    return len(pattern), ""


def _tokens(pattern: str) -> Iterator[_Token]:
    inside, depth = False, 0
    for found in PIECE.finditer(pattern):
        text = found[0]
        depth -= text == ")" and not inside
        yield _Token(text, found.start(), depth + inside)
        depth += text == "(" and not inside
        if not text.startswith("\\"):
            inside = text != "]" and (inside or text.startswith("["))
