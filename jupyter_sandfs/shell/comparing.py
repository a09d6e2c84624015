"""Which lines differ between two texts, and how `diff` tells it.

The shortest edit is found by Myers' greedy algorithm ("An O(ND) Difference Algorithm and Its Variations", 1986). Among
edits of the same length GNU's taste is followed: a run of changed lines slides down as far as it can, or to where the
other text has changed, too.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import NamedTuple

_EDITS = (
    3_000  # beyond, what is between the common start and end counts as replaced: time and memory are quadratic in it
)

Lines = Sequence[bytes]
NO_NEWLINE = b"\\ No newline at end of file\n"


class Hunk(NamedTuple):
    """Lines `old_start` to `old_end` became `new_start` to `new_end`; from 0, the ends not included."""

    old_start: int
    old_end: int
    new_start: int
    new_end: int


def lines_of(data: bytes) -> list[bytes]:
    """The lines with their ends."""
    return data.splitlines(keepends=True) if b"\r" not in data else _split(data)


def _split(data: bytes) -> list[bytes]:
    # bytes.splitlines would end lines at a lone carriage return, too.
    parts = data.split(b"\n")
    return [part + b"\n" for part in parts[:-1]] + ([parts[-1]] if parts[-1] else [])


def hunks(old: Sequence[Hashable], new: Sequence[Hashable], *, context: int = 0) -> list[Hunk]:
    """Give the differences, in order.

    Args:
        context: lines that will be shown around each; into the common end, a run slides no further than these.
    """
    start, stop = _common(old, new)
    cut = max(stop - context, 0)
    middle_old, middle_new = old[start : len(old) - cut], new[start : len(new) - cut]
    kept = _kept(old[start : len(old) - stop], new[start : len(new) - stop])
    removed = _marks({first for first, _ in kept}, len(old) - start - stop, stop - cut)
    added = _marks({second for _, second in kept}, len(new) - start - stop, stop - cut)
    _slide(middle_old, removed, added)
    _slide(middle_new, added, removed)
    return [
        Hunk(each.old_start + start, each.old_end + start, each.new_start + start, each.new_end + start)
        for each in _runs(removed, added)
    ]


def _marks(kept: set[int], length: int, behind: int) -> list[bool]:
    """Which lines changed: those that were not kept, and none of the common ones behind."""
    return [place not in kept for place in range(length)] + [False] * behind


def _common(old: Sequence[Hashable], new: Sequence[Hashable]) -> tuple[int, int]:
    """How many lines are the same at the start, and then at the end."""
    shorter = min(len(old), len(new))
    start = next((place for place in range(shorter) if old[place] != new[place]), shorter)
    stop = next((n for n in range(shorter - start) if old[-1 - n] != new[-1 - n]), shorter - start)
    return start, stop


def _kept(old: Sequence[Hashable], new: Sequence[Hashable]) -> list[tuple[int, int]]:
    """The pairs of lines that stay, by the furthest reaching paths of Myers.

    After `edits` steps a path ends on one of the diagonals -edits, -edits + 2, … edits: a row has one place for each.
    """
    rows: list[array[int]] = []
    for edits in range(min(len(old) + len(new), _EDITS) + 1):
        row = array("i")
        for diagonal in range(-edits, edits + 1, 2):
            at = _step(rows[-1], edits, diagonal)[0] if rows else 0
            while at < len(old) and at - diagonal < len(new) and old[at] == new[at - diagonal]:
                at += 1
            row.append(at)
            if at >= len(old) and at - diagonal >= len(new):
                return _walked_back(rows, len(old), len(new))
        rows.append(row)
    return []


def _step(row: array[int], edits: int, diagonal: int) -> tuple[int, int]:
    """Where the best path to a diagonal comes in, and the diagonal that it comes from."""
    place = (diagonal + edits) // 2  # in this row; those beside it were `place - 1` and `place` in the row before
    if place == 0 or (place < edits and row[place - 1] < row[place]):
        return row[place], diagonal + 1
    return row[place - 1] + 1, diagonal - 1


def _walked_back(rows: list[array[int]], x: int, y: int) -> list[tuple[int, int]]:
    pairs: list[tuple[int, int]] = []
    for edits in range(len(rows), -1, -1):
        diagonal = x - y
        entered, before = _step(rows[edits - 1], edits, diagonal) if edits else (0, 0)
        while x > entered:
            x, y = x - 1, y - 1
            pairs.append((x, y))
        x = entered - (before < diagonal)
        y = x - before
    return pairs[::-1]


def _slide(lines: Sequence[Hashable], changed: list[bool], other: list[bool]) -> None:
    """Move each run of changed lines to where GNU would show it."""
    place = 0
    while place < len(lines):
        if not changed[place]:
            place += 1
            continue
        start, end = _widest(lines, changed, place)
        lowest, best = start, end
        # Down as far as it goes; a run that it meets is one with it.
        while end < len(lines) and lines[start] == lines[end]:
            changed[start], changed[end] = False, True
            start, end = start + 1, end + 1
            while end < len(lines) and changed[end]:
                end += 1
            if _meets(changed, other, start):
                lowest, best = start, end
        if not _meets(changed, other, start) and _meets_at(changed, other, lowest, start):
            while end > best:
                start, end = start - 1, end - 1
                changed[start], changed[end] = True, False
        place = end


def _widest(lines: Sequence[Hashable], changed: list[bool], place: int) -> tuple[int, int]:
    """Move a run up as far as it goes, taking in those above; give where it is then."""
    start, end = place, place
    while end < len(lines) and changed[end]:
        end += 1
    while start and lines[start - 1] == lines[end - 1]:
        start, end = start - 1, end - 1
        changed[start], changed[end] = True, False
        while start and changed[start - 1]:
            start -= 1
    return start, end


def _meets(changed: list[bool], other: list[bool], start: int) -> bool:
    """Whether the other text has changed where this run starts."""
    return _meets_at(changed, other, start, start)


def _meets_at(changed: list[bool], other: list[bool], start: int, counted: int) -> bool:
    kept = changed[: min(start, counted)].count(False)
    seen = 0
    for place, is_changed in enumerate(other):
        if seen == kept:
            return is_changed
        seen += not is_changed
        if seen == kept and place + 1 < len(other):
            return other[place + 1]
    return False


def _runs(removed: list[bool], added: list[bool]) -> Iterator[Hunk]:
    """Pair the runs of both sides."""
    x = y = 0
    while x < len(removed) or y < len(added):
        start_x, start_y = x, y
        while x < len(removed) and removed[x]:
            x += 1
        while y < len(added) and added[y]:
            y += 1
        if (x, y) != (start_x, start_y):
            yield Hunk(start_x, x, start_y, y)
        else:
            x, y = x + 1, y + 1


# ---------------------------------------------------------------- formats


def normal(old: Lines, new: Lines, found: Sequence[Hunk]) -> Iterator[bytes]:
    """Tell as plain `diff` does."""
    for hunk in found:
        letter = "c" if hunk.old_start < hunk.old_end and hunk.new_start < hunk.new_end else None
        letter = letter or ("d" if hunk.old_start < hunk.old_end else "a")
        left, right = _range(hunk.old_start, hunk.old_end, ","), _range(hunk.new_start, hunk.new_end, ",")
        yield f"{left}{letter}{right}\n".encode()
        yield from _marked(b"< ", old[hunk.old_start : hunk.old_end])
        if letter == "c":
            yield b"---\n"
        yield from _marked(b"> ", new[hunk.new_start : hunk.new_end])


def _range(start: int, end: int, comma: str) -> str:
    if end - start > 1:
        return f"{start + 1}{comma}{end}"
    return str(max(start, end))


def unified(old: Lines, new: Lines, found: Sequence[Hunk], context: int) -> Iterator[bytes]:
    """Tell as `diff -u` does, without the two lines of names."""
    for group in _grouped(found, context):
        first, last = group[0], group[-1]
        start = max(first.old_start - context, 0)
        end = min(last.old_end + context, len(old))
        shift = first.new_start - first.old_start
        new_start, new_end = start + shift, end + last.new_end - last.old_end
        yield f"@@ -{_extent(start, end)} +{_extent(new_start, new_end)} @@\n".encode()
        at = start
        for hunk in group:
            yield from _marked(b" ", old[at : hunk.old_start])
            yield from _marked(b"-", old[hunk.old_start : hunk.old_end])
            yield from _marked(b"+", new[hunk.new_start : hunk.new_end])
            at = hunk.old_end
        yield from _marked(b" ", old[at:end])


def _grouped(found: Sequence[Hunk], context: int) -> Iterator[list[Hunk]]:
    """Those whose contexts touch belong together."""
    group: list[Hunk] = []
    for hunk in found:
        if group and hunk.old_start - group[-1].old_end > 2 * context:
            yield group
            group = []
        group.append(hunk)
    if group:
        yield group


def _extent(start: int, end: int) -> str:
    count = end - start
    return str(start + 1) if count == 1 else f"{start + 1 if count else start},{count}"


def _marked(mark: bytes, lines: Lines) -> Iterator[bytes]:
    for line in lines:
        yield mark + line if line.endswith(b"\n") else mark + line + b"\n" + NO_NEWLINE


def keyed(lines: Lines, key: Callable[[bytes], bytes]) -> list[bytes]:
    """What of the lines is compared."""
    return [key(line) for line in lines]
