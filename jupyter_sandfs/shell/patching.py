"""Patches: reading unified differences, and finding where each piece belongs in a text.

A piece is looked for where it says, then ever farther away; if it is nowhere, with less of its context (`fuzz`), as
GNU patch does (its manual, "Helping patch Find Inexact Matches").
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from jupyter_sandfs.errors import InvalidRequest
from jupyter_sandfs.shell.comparing import NO_NEWLINE, lines_of
from jupyter_sandfs.vfs.quotation import unquoted

FUZZ = 2
_RANGE = re.compile(rb"@@ -(\d{1,9})(?:,(\d{1,9}))? \+(\d{1,9})(?:,(\d{1,9}))? @@")
_LOOK = 1_000  # places between calls of `check`
_NOTHING = b"/dev/null"
_NEVER = b"1970-01-01 00:00:00"  # how `diff -N` says that there was no file

Check = Callable[[], None]
"""Called now and then; raises when the run is over."""


@dataclass(frozen=True, slots=True)
class Piece:
    """One hunk: the lines `old` become `new`.

    Attributes:
        start, new_start: numbers of the first line, from 1; of the line before where there are no lines.
        text: as it is written, with its head.
    """

    start: int
    new_start: int
    old: tuple[bytes, ...]
    new: tuple[bytes, ...]
    text: tuple[bytes, ...]

    @property
    def reversed(self) -> Piece:
        swapped = _sorted([_SWAPPED.get(line[:1], line[:1]) + line[1:] for line in self.text[1:]])
        head = _RANGE.match(self.text[0])
        ranges = self.text[0] if head is None else b"@@ -%s +%s @@\n" % (_numbers(head, 3), _numbers(head, 1))
        return Piece(self.new_start, self.start, self.new, self.old, (ranges, *swapped))

    @property
    def before(self) -> int:
        """Lines of context in front."""
        return _same(self.old, self.new)

    @property
    def behind(self) -> int:
        return _same(self.old[::-1], self.new[::-1])


_SWAPPED = {b"-": b"+", b"+": b"-"}


def _sorted(lines: Iterable[bytes]) -> list[bytes]:
    """Put what goes before what comes, within each run of changed lines."""
    done: list[bytes] = []
    gone: list[bytes] = []
    come: list[bytes] = []
    last = done
    for line in lines:
        last = {b"-": gone, b"+": come, NO_NEWLINE[:1]: last}.get(line[:1], done)
        if last is done:
            done += gone + come
            gone, come = [], []
        last.append(line)
    return done + gone + come


def _numbers(head: re.Match[bytes], first: int) -> bytes:
    return head[first] + (b"," + head[first + 1] if head[first + 1] is not None else b"")


def _same(old: Sequence[bytes], new: Sequence[bytes]) -> int:
    return next(
        (at for at, (one, other) in enumerate(zip(old, new, strict=False)) if one != other), min(len(old), len(new))
    )


class Side(NamedTuple):
    """One of the two files that a difference is between.

    Attributes:
        name: as it is written; empty for /dev/null.
        absent: there is no file on this side: its name or its time says so.
        head: the rest of the line that names it.
    """

    name: str
    absent: bool
    head: bytes


@dataclass(frozen=True, slots=True)
class FilePatch:
    """What is to be done with one file.

    Attributes:
        line: number of the line in the patch where the pieces begin.
    """

    old: Side
    new: Side
    line: int
    pieces: list[Piece] = field(default_factory=list)

    @property
    def reversed(self) -> FilePatch:
        return replace(self, old=self.new, new=self.old, pieces=[each.reversed for each in self.pieces])

    def text(self, pieces: Iterable[Piece]) -> bytes:
        """Write some of its pieces as a patch."""
        lines = (b"--- " + self.old.head, b"+++ " + self.new.head, *(line for each in pieces for line in each.text))
        return b"".join(lines)


class Fit(NamedTuple):
    """Where a piece belongs: how far from where it says, and what of its context was left out."""

    offset: int
    fuzz: int


@dataclass(slots=True)
class Outcome:
    """A text with what could be done with it.

    Attributes:
        fits: for each piece where it was put, or None.
    """

    lines: list[bytes]
    fits: list[Fit | None] = field(default_factory=list)

    @property
    def failed(self) -> int:
        return self.fits.count(None)

    @property
    def exact(self) -> bool:
        return all(fit == (0, 0) for fit in self.fits)


# ---------------------------------------------------------------- reading


def read(patch: bytes) -> list[FilePatch]:
    """Read a patch; what is around the differences is passed over.

    Raises:
        InvalidRequest: it ends in the middle of a piece, or holds nothing but other text.
    """
    lines = lines_of(patch)
    found: list[FilePatch] = []
    at = 0
    while at < len(lines):
        if lines[at].startswith(b"--- ") and lines[at + 1 : at + 2] and lines[at + 1].startswith(b"+++ "):
            found.append(FilePatch(_side(lines[at]), _side(lines[at + 1]), at + 3))
            at += 2
        elif found and (head := _RANGE.match(lines[at])):
            piece, at = _piece(lines, at, head)
            found[-1].pieces.append(piece)
        else:
            at += 1
    if lines and not any(each.pieces for each in found):
        raise InvalidRequest("**** Only garbage was found in the patch input.")
    return found


def _side(line: bytes) -> Side:
    name, _, time = line[4:].partition(b"\t")
    name = unquoted(name.strip())
    absent = name == _NOTHING or time.startswith(_NEVER)
    return Side("" if name == _NOTHING else name.decode("utf-8", "replace"), absent, line[4:])


def _piece(lines: list[bytes], at: int, head: re.Match[bytes]) -> tuple[Piece, int]:
    wanted = [int(head[group]) if head[group] is not None else 1 for group in (2, 4)]
    begin, sides = at, (list[bytes](), list[bytes]())
    at += 1
    while [len(side) for side in sides] != wanted:
        line = lines[at] if at < len(lines) else b""
        kind, rest = (b" ", line) if line == b"\n" else (line[:1], line[1:])
        for side in _SIDES.get(kind, ()):
            sides[side].append(rest)
        if kind not in _SIDES or any(len(side) > most for side, most in zip(sides, wanted, strict=True)):
            raise InvalidRequest(f"**** malformed patch at line {at + 1}: {line.decode('utf-8', 'replace').rstrip()}")
        at += 1
        at += _ends_without_newline(lines, at, sides, kind)
    return Piece(int(head[1]), int(head[3]), tuple(sides[0]), tuple(sides[1]), tuple(lines[begin:at])), at


_SIDES = {b" ": (0, 1), b"-": (0,), b"+": (1,)}


def _ends_without_newline(lines: list[bytes], at: int, sides: tuple[list[bytes], list[bytes]], kind: bytes) -> bool:
    """Take the end off the lines just read, if the patch says that there is none."""
    if lines[at : at + 1] and lines[at].startswith(NO_NEWLINE[:2]):
        for side in _SIDES[kind]:
            sides[side][-1] = sides[side][-1].rstrip(b"\n")
        return True
    return False


# ---------------------------------------------------------------- applying


def apply(text: bytes, pieces: Sequence[Piece], *, fuzz: int, check: Check) -> Outcome:
    """Change a text by those pieces for which there is a place."""
    old, done = lines_of(text), Outcome([])
    taken, offset = 0, 0  # lines of the old text that are settled; how far the last piece was from where it says
    for piece in pieces:
        place = piece.start - bool(piece.old) + offset
        found = _place(old, piece, place, taken, fuzz, check)
        if found is None:
            done.fits.append(None)
            continue
        at, less = found
        front, back = _left_out(piece, less)
        done.lines += old[taken : at + front]
        done.lines += piece.new[front : len(piece.new) - back]
        taken = at + len(piece.old) - back
        offset += at - place
        done.fits.append(Fit(offset, less))
    done.lines += old[taken:]
    return done


def _left_out(piece: Piece, fuzz: int) -> tuple[int, int]:
    """How many lines of context in front and behind are not looked at."""
    most = max(piece.before, piece.behind)
    return max(fuzz + piece.before - most, 0), max(fuzz + piece.behind - most, 0)


def _place(old: list[bytes], piece: Piece, place: int, taken: int, fuzz: int, check: Check) -> tuple[int, int] | None:
    """Find where a piece begins, and with which fuzz."""
    for less in range(min(fuzz, max(piece.before, piece.behind)) + 1):
        front, back = _left_out(piece, less)
        wanted = list(piece.old[front : len(piece.old) - back])
        for number, at in enumerate(_places(old, piece, place, less)):
            if number % _LOOK == 0:
                check()
            if at + front >= taken and old[at + front : at + front + len(wanted)] == wanted:
                return at, less
    return None


def _places(old: list[bytes], piece: Piece, place: int, fuzz: int) -> Iterator[int]:
    """Places to look at, nearest first. A piece that has less context at one end belongs to that end of the text."""
    front, back = _left_out(piece, fuzz)
    first, last = -front, len(old) - len(piece.old) + back
    most = max(piece.before, piece.behind)
    if last < first:
        return
    if fuzz + piece.before < most and piece.start <= 1:
        yield 0
    elif fuzz + piece.behind < most:
        yield last
    else:
        if first <= place <= last:
            yield place
        for away in range(1, max(place - first, last - place) + 1):
            yield from (at for at in (place + away, place - away) if first <= at <= last)
