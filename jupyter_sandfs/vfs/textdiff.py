"""Differences between texts: for people, and for merging."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from jupyter_sandfs.vfs.quotation import quoted

_COMPARED_BYTES = 1 << 20  # a longer file is only said to differ: comparing takes quadratic time


class Side(NamedTuple):
    """One file of a comparison; a content of None is no file."""

    path: str
    content: bytes | None


def unified(before: Side, after: Side, *, context: int = 3) -> str:
    """Compare two files as `diff -u` does; what is not text, or over 1 MiB, is only said to differ."""
    if before.content == after.content:
        return ""
    old, new = _lines(before.content), _lines(after.content)
    if old is None or new is None:
        return f"Files {quoted(f'a{before.path}')} and {quoted(f'b{after.path}')} differ\n"
    rows = difflib.unified_diff(old, new, _label("a", before), _label("b", after), n=context)
    return "".join(row if row.endswith("\n") else f"{row}\n\\ No newline at end of file\n" for row in rows)


def _label(prefix: str, side: Side) -> str:
    return "/dev/null" if side.content is None else quoted(f"{prefix}{side.path}")


def merge_texts(base: bytes, ours: bytes, theirs: bytes, *, marks: tuple[str, str] | None = None) -> bytes | None:
    """Merge two texts that came from one, line by line; None if they exclude each other.

    Args:
        marks: names of the two sides: where they exclude each other, both are written between conflict marks
            (as diff3 -m writes them) instead of giving up.
    """
    texts = [_lines(each) for each in (base, ours, theirs)]
    if any(each is None for each in texts):
        return None
    merged: list[str] = []
    for piece in _pieces(*[each or [] for each in texts]):
        lines = piece.merged
        if lines is None:
            if marks is None:
                return None
            lines = [f"<<<<<<< {marks[0]}\n", *_ended(piece.ours), "=======\n", *_ended(piece.theirs)]
            lines.append(f">>>>>>> {marks[1]}\n")
        merged += lines
    return "".join(merged).encode()


class _Piece(NamedTuple):
    """A run of lines that both sides have, or that one or both changed."""

    base: list[str]
    ours: list[str]
    theirs: list[str]

    @property
    def merged(self) -> list[str] | None:
        if self.ours in (self.base, self.theirs):
            return self.theirs
        return self.ours if self.theirs == self.base else None


def _pieces(base: list[str], ours: list[str], theirs: list[str]) -> Iterator[_Piece]:
    """Cut three texts at the lines that all of them have."""
    at = (0, 0, 0)
    for start, in_ours, in_theirs, length in (*_anchors(base, ours, theirs), (len(base), len(ours), len(theirs), 0)):
        yield _Piece(base[at[0] : start], ours[at[1] : in_ours], theirs[at[2] : in_theirs])
        same = base[start : start + length]
        yield _Piece(same, same, same)
        at = (start + length, in_ours + length, in_theirs + length)


def _anchors(base: list[str], ours: list[str], theirs: list[str]) -> Iterable[tuple[int, int, int, int]]:
    """Runs of lines that are the same in all three: (start in base, in ours, in theirs, length)."""
    blocks = [
        difflib.SequenceMatcher(None, base, side, autojunk=False).get_matching_blocks()[:-1] for side in (ours, theirs)
    ]
    first, second = 0, 0
    while first < len(blocks[0]) and second < len(blocks[1]):
        left, right = blocks[0][first], blocks[1][second]
        start, end = max(left.a, right.a), min(left.a + left.size, right.a + right.size)
        if start < end:
            yield start, left.b + start - left.a, right.b + start - right.a, end - start
        if left.a + left.size < right.a + right.size:
            first += 1
        else:
            second += 1


def _lines(content: bytes | None) -> list[str] | None:
    """The lines with their ends; None for what is no text, or too long to be compared."""
    if content is None:
        return []
    if len(content) > _COMPARED_BYTES or b"\0" in content:
        return None
    try:
        text = content.decode()
    except UnicodeDecodeError:
        return None
    lines = text.split("\n")  # not splitlines: a form feed or U+2028 ends no line here
    return [f"{line}\n" for line in lines[:-1]] + ([lines[-1]] if lines[-1] else [])


def _ended(lines: list[str]) -> list[str]:
    """The lines, of which the last may have had no end."""
    return [line if line.endswith("\n") else f"{line}\n" for line in lines]
