"""What a search prints: matching lines with their neighbours, counts, names; the same for `grep` and `rg`."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from jupyter_sandfs.shell.search.matcher import Line, Matcher, inverted

_NEVER = 1 << 62


class Shown(StrEnum):
    """What is told of a file."""

    LINES = "lines"
    MATCHES = "matches"
    COUNT = "count"
    COUNT_MATCHES = "count of matches"
    NAME = "name"
    NAME_IF_NONE = "name if none"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """How results are printed.

    Attributes:
        names: each row begins with the file's name.
        heading: the name stands once above the rows.
        before, after: lines of context.
        limit: matching lines of one file that are looked at.
        zeros: counts of 0 are shown, too.
        replacement: said in place of each match.
        trim: white space at the start of lines is left out.
        by_lines: success is a line that matches (GNU), also where files without any are listed.
        text_only: lines that are no UTF-8 are left out.
        name_end: what stands behind a name: nothing, where a colon or a line end follows, or NUL.
    """

    shown: Shown = Shown.LINES
    names: bool = False
    heading: bool = False
    numbers: bool = False
    columns: bool = False
    offsets: bool = False
    invert: bool = False
    before: int = 0
    after: int = 0
    limit: int = _NEVER
    zeros: bool = True
    replacement: str | None = None
    name_end: bytes = b""
    trim: bool = False
    text_only: bool = False
    by_lines: bool = False


@dataclass(slots=True)
class Report:
    """The output of one search, as it grows.

    Attributes:
        matched: something was found.
        left_out: a line was, because it is no text.
        size: bytes so far.
    """

    matcher: Matcher
    style: Style
    matched: bool = False
    left_out: bool = False
    size: int = 0
    _parts: list[bytes] = field(default_factory=list)
    _grouped: bool = False  # a group of lines was printed before
    _skips: bool = field(init=False, default=False)  # nothing is told of a file without a match

    def __post_init__(self) -> None:
        style = self.style
        counted = style.shown in {Shown.COUNT, Shown.COUNT_MATCHES}
        silent = not style.zeros if counted else style.shown is not Shown.NAME_IF_NONE
        self._skips = silent and not style.invert

    @property
    def output(self) -> bytes:
        return b"".join(self._parts)

    def file(self, name: str, data: bytes) -> bool:
        """Search one text, and say whether it has what was looked for."""
        if self.passes(data):
            return False
        hits = itertools.islice(self._hits(data), self.style.limit)
        found = self._tell(name.encode(), data, hits)
        self.matched |= found
        return found

    def passes(self, data: bytes) -> bool:
        """Say whether there is nothing to tell of a text, as of most files of a tree."""
        return self._skips and not self.matcher.matches(data)

    def has_match(self, data: bytes) -> bool:
        """Say whether a text has what was looked for, and print nothing."""
        found = self.style.limit > 0 and next(self._hits(data), None) is not None
        self.matched |= found
        return found

    def say(self, text: bytes) -> None:
        self._parts.append(text)
        self.size += len(text)

    def _hits(self, data: bytes) -> Iterator[Line]:
        hits = self.matcher.lines(data)
        return inverted(data, hits) if self.style.invert else hits

    def _tell(self, name: bytes, data: bytes, hits: Iterator[Line]) -> bool:
        match self.style.shown:
            case Shown.COUNT:
                return self._tell_count(name, sum(1 for _ in hits))
            case Shown.COUNT_MATCHES:
                return self._tell_count(name, sum(1 for hit in hits for _ in self.matcher.spans(data, hit)))
            case Shown.LINES | Shown.MATCHES:
                return self._tell_lines(name, data, hits)
        found = next(hits, None) is not None
        wanted = self.style.shown is not Shown.NAME_IF_NONE
        if self.style.shown is not Shown.NOTHING and found == wanted:
            self.say(name + (self.style.name_end or b"\n"))
        return found if self.style.by_lines else found == wanted

    def _tell_count(self, name: bytes, count: int) -> bool:
        if count or self.style.zeros:
            prefix = name + (self.style.name_end or b":") if self.style.names else b""
            self.say(b"%b%d\n" % (prefix, count))
        return count > 0

    # ------------------------------------------------------------ lines

    def _tell_lines(self, name: bytes, data: bytes, hits: Iterator[Line]) -> bool:
        found, style = False, self.style
        rows = _with_context(data, hits, style.before, style.after) if style.before or style.after else None
        for line, is_hit in rows or ((hit, True) for hit in hits):
            if line is None:
                self._separate()
                continue
            if style.text_only and not _is_text(data[line.start : line.end]):
                found = self.left_out = True
                continue
            if not found and style.heading:
                self.say(b"\n" * bool(self.size) + name + b"\n")
            found = True
            self._tell_line(name, data, line, is_hit=is_hit)
        self._grouped |= found
        return found

    def _separate(self) -> None:
        """Part two groups of lines; the first one of all needs none."""
        if self._grouped:
            self.say(b"--\n")
        self._grouped = True

    def _tell_line(self, name: bytes, data: bytes, line: Line, *, is_hit: bool) -> None:
        if self.style.shown is Shown.MATCHES:
            if is_hit and not self.style.invert:
                for start, end in self.matcher.spans(data, line):
                    self._row(name, line, start, self._said(data[start:end]), mark=b":")
            return
        text = data[line.start : line.end]
        if is_hit and self.style.replacement is not None and not self.style.invert:
            text = self._replaced(data, line)
        self._row(name, line, self._column(data, line, is_hit=is_hit), text, mark=b":" if is_hit else b"-")

    def _row(self, name: bytes, line: Line, at: int, text: bytes, *, mark: bytes) -> None:
        style = self.style
        prefix = b""
        if style.names and not style.heading:
            prefix += name + (style.name_end or mark)
        if style.numbers:
            prefix += b"%d%b" % (line.number, mark)
        if style.columns and mark == b":":
            prefix += b"%d%b" % (at - line.start + 1, mark)
        if style.offsets:
            prefix += b"%d%b" % (at if style.shown is Shown.MATCHES else line.start, mark)
        self.say(prefix + (text.lstrip() if style.trim else text) + b"\n")

    def _column(self, data: bytes, line: Line, *, is_hit: bool) -> int:
        if not (is_hit and self.style.columns):
            return line.start
        return next((start for start, _ in self.matcher.spans(data, line)), line.start)

    def _said(self, match: bytes) -> bytes:
        replacement = self.style.replacement
        return match if replacement is None else self.matcher.replaced(match, replacement)

    def _replaced(self, data: bytes, line: Line) -> bytes:
        parts, at = [], line.start
        for start, end in self.matcher.spans(data, line):
            parts += [data[at:start], self._said(data[start:end])]
            at = end
        return b"".join([*parts, data[at : line.end]])


def _is_text(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True


def _with_context(data: bytes, hits: Iterator[Line], before: int, after: int) -> Iterator[tuple[Line | None, bool]]:
    """Yield the lines to print with whether they are hits; None parts groups that do not touch."""
    at, number, owed, begun = 0, 1, 0, False  # the next line that is not printed, and how many follow the last hit
    for hit in hits:
        for line in _following(data, at, number, min(owed, hit.number - number)):
            yield line, False
            at, number = line.end + 1, line.number + 1
        lead = _preceding(data, hit, at, before)
        first = lead[0] if lead else hit
        if not begun or first.number > number:
            yield None, False
        begun = True
        for line in lead:
            yield line, False
        yield hit, True
        at, number, owed = hit.end + 1, hit.number + 1, after
    for line in _following(data, at, number, owed):
        yield line, False


def _following(data: bytes, at: int, number: int, count: int) -> Iterator[Line]:
    while count > 0 and at < len(data):
        end = data.find(b"\n", at)
        end = len(data) if end < 0 else end
        yield Line(number, at, end)
        at, number, count = end + 1, number + 1, count - 1


def _preceding(data: bytes, hit: Line, floor: int, count: int) -> list[Line]:
    """Up to `count` lines before a hit that start at `floor` or behind it."""
    lines: list[Line] = []
    start, number = hit.start, hit.number
    while count > 0 and start > floor:
        end = start - 1
        start, number, count = data.rfind(b"\n", 0, end) + 1, number - 1, count - 1
        lines.append(Line(number, start, end))
    return lines[::-1]
