"""Two texts side by side, line by line, with what changed inside of lines. Pure."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

MAX_LINES = 4_000  # of each side: comparing takes quadratic time
MAX_ROWS = 2_000
MAX_LINE = 500  # characters shown of one line
CONTEXT = 3
_WORDS = re.compile(r"\w+|\s+|[^\w\s]")
_ALIKE = 0.4  # lines that have less in common are not marked inside
# Somebody who means harm writes lines and words that are all alike: comparing those takes quadratic time, and more.
_MARKED_ROWS = 300  # that are looked into
_MARKED_PAIRS = 40_000  # of words of two lines

Part = tuple[str, bool]
"""A piece of a line, and whether it changed."""


class Line(NamedTuple):
    """One side of a row: its number from 1, and the line in parts."""

    number: int
    parts: list[Part]


class Row(NamedTuple):
    """One row of the comparison; a side is None where it has no line. `kind` is same, changed, or skip."""

    kind: str
    old: Line | None
    new: Line | None


def side_by_side(old: str, new: str) -> tuple[list[Row], int]:
    """Compare two texts; gives the rows, and how many places differ. Long stretches that are the same are left out."""
    before, after = _lines(old), _lines(new)
    # As in `diff -u` of Python, lines that a long text is full of are no landmarks.
    groups = list(difflib.SequenceMatcher(None, before, after).get_grouped_opcodes(CONTEXT))
    rows: list[Row] = []
    for number, group in enumerate(groups):
        if number or group[0][1]:
            rows.append(Row("skip", None, None))
        for tag, i1, i2, j1, j2 in group:
            if tag == "equal":
                rows += _same(before, i1, i2, j1)
            else:
                rows += _changed(before, after, (i1, i2), (j1, j2), is_marked=len(rows) < _MARKED_ROWS)
    return rows[:MAX_ROWS], sum(tag != "equal" for group in groups for tag, *_ in group)


def _lines(text: str) -> list[str]:
    return text.split("\n")[:MAX_LINES] if text else []


def _same(before: Sequence[str], i1: int, i2: int, j1: int) -> Iterator[Row]:
    for offset in range(i2 - i1):
        parts = [(_cut(before[i1 + offset]), False)]
        yield Row("same", Line(i1 + offset + 1, parts), Line(j1 + offset + 1, parts))


def _changed(
    before: Sequence[str], after: Sequence[str], old: tuple[int, int], new: tuple[int, int], *, is_marked: bool
) -> Iterator[Row]:
    for offset in range(max(old[1] - old[0], new[1] - new[0])):
        i, j = old[0] + offset, new[0] + offset
        left = before[i] if i < old[1] else None
        right = after[j] if j < new[1] else None
        left_parts, right_parts = (_marked if is_marked and offset < _MARKED_ROWS else _whole)(left, right)
        yield Row(
            "changed",
            Line(i + 1, left_parts) if left is not None else None,
            Line(j + 1, right_parts) if right is not None else None,
        )


def _marked(left: str | None, right: str | None) -> tuple[list[Part], list[Part]]:
    """The words of two lines that differ; lines with little in common differ as a whole."""
    if left is None or right is None:
        return _whole(left, right)
    old, new = _WORDS.findall(_cut(left)), _WORDS.findall(_cut(right))
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    if len(old) * len(new) > _MARKED_PAIRS or matcher.quick_ratio() < _ALIKE or matcher.ratio() < _ALIKE:
        return _whole(left, right)
    return _parts(old, [(i1, i2) for i1, i2, _ in _blocks(matcher, 0)]), _parts(
        new, [(j1, j2) for j1, j2, _ in _blocks(matcher, 1)]
    )


def _whole(left: str | None, right: str | None) -> tuple[list[Part], list[Part]]:
    """Two lines without marks inside."""
    return [(_cut(left or ""), False)], [(_cut(right or ""), False)]


def _blocks(matcher: difflib.SequenceMatcher[str], side: int) -> Iterator[tuple[int, int, bool]]:
    for tag, i1, i2, j1, j2 in matcher.get_opcodes():
        if tag != "equal":
            start, end = (i1, i2) if side == 0 else (j1, j2)
            if start < end:
                yield start, end, True


def _parts(words: list[str], changed: list[tuple[int, int]]) -> list[Part]:
    parts: list[Part] = []
    at = 0
    for start, end in changed:
        parts += [("".join(words[at:start]), False), ("".join(words[start:end]), True)]
        at = end
    parts.append(("".join(words[at:]), False))
    return [part for part in parts if part[0]]


def _cut(line: str) -> str:
    return line if len(line) <= MAX_LINE else line[: MAX_LINE - 1] + "…"
