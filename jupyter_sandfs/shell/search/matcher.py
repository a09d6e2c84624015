"""Patterns, compiled: where they match in the lines of a text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import Any, NamedTuple

from jupyter_sandfs.errors import InvalidRequest, Unsupported
from jupyter_sandfs.shell.search import posix
from jupyter_sandfs.shell.search.surroundings import PIECE, Framed, framed

_MEMORY = 64 << 20  # bytes that RE2 may use for one expression
_WORD = r"[\pL\pM\p{Nd}_]"
_NOT_WORD = r"[^\pL\pM\p{Nd}_]"
_LOOKAROUND = "look-around is not supported: matching takes time linear in the text, which rules it out"
_UNICODE = {"d": r"\p{Nd}", "w": r"\pL\pM\p{Nd}\p{Pc}", "s": r"\s\v\x{85}\p{Z}"}
_PLAIN = re.compile(r"[A-Za-z0-9 _/:,;=\"'<>@%&~-]+")  # means itself in each flavor: found without an expression


class Flavor(StrEnum):
    """How patterns are written."""

    BASIC = "basic"
    EXTENDED = "extended"
    FIXED = "fixed"
    PERL = "perl"
    RUST = "rust"


class Line(NamedTuple):
    """One line of a text: its number from 1, and its bytes from `start` to `end`, without the line end."""

    number: int
    start: int
    end: int


class Matcher:
    """One or several patterns as one.

    Args:
        words: a match is not part of a longer word.
        whole_lines: a match is a whole line.

    Raises:
        InvalidRequest: a pattern is wrong, or cannot be matched in linear time.
        Unsupported: google-re2 is missing.
    """

    def __init__(
        self,
        patterns: Sequence[str],
        flavor: Flavor,
        *,
        ignore_case: bool = False,
        words: bool = False,
        whole_lines: bool = False,
    ) -> None:
        # GNU tools find the longest of several matches at a place, Perl and its heirs the first.
        longest = flavor in {Flavor.BASIC, Flavor.EXTENDED, Flavor.FIXED}
        told = "|".join(f"(?:{_told(each, flavor)})" for each in patterns) if patterns else r"[^\x00-\x{10FFFF}]"
        edges = (
            framed(patterns[0]) if flavor is Flavor.PERL and len(patterns) == 1 and not (words or whole_lines) else None
        )
        self._grouped = words and not all(re.fullmatch(r"\w+", each, re.ASCII) for each in patterns)
        if edges is not None:
            told, self._grouped = _in_a_group(edges), True
        elif self._grouped:
            told = f"(?:^|{_NOT_WORD})({_without_groups(told)})(?:{_NOT_WORD}|$)"
        elif words:
            told = rf"\b(?:{told})\b"
        if whole_lines:
            told = f"^(?:{told})$"
        self.expression = told
        plain = len(patterns) == 1 and not (ignore_case or words or whole_lines) and _PLAIN.fullmatch(patterns[0])
        self._plain = patterns[0].encode() if plain else b""
        self._regex = compiled(f"(?m){told}", ignore_case=ignore_case, longest=longest, capture=self._grouped)
        self._flags = (ignore_case, longest)

    def matches(self, data: bytes) -> bool:
        """Say whether the pattern matches anywhere; a line that it matches is a further question."""
        return self._regex.search(data) is not None

    def lines(self, data: bytes) -> Iterator[Line]:
        """Yield the lines with a match."""
        find, size = self._find, len(data)
        at, number, counted = 0, 1, 0
        while at <= size and (place := find(data, at)) >= 0:
            start = data.rfind(b"\n", 0, place) + 1
            if start == size:  # behind the last line end is no line
                return
            end = data.find(b"\n", place)
            end = size if end < 0 else end
            number += data.count(b"\n", counted, start)
            counted = start
            yield Line(number, start, end)
            at = end + 1

    def _find(self, data: bytes, at: int) -> int:
        """Where the next match begins; -1 if there is none."""
        if self._plain:
            return data.find(self._plain, at)
        found = self._regex.search(data, at)
        return -1 if found is None else found.start()

    def spans(self, data: bytes, line: Line) -> Iterator[tuple[int, int]]:
        """Yield where the matches in a line are that are not empty."""
        at, group = line.start, int(self._grouped)
        while at <= line.end and (found := self._regex.search(data, at, line.end)):
            start, end = found.span(group)
            if start < end:
                yield start, end
            at = end if end > at else at + 1

    def replaced(self, text: bytes, replacement: str) -> bytes:
        """Give one match as `replacement` says it: `$0`, `$1`, `${name}` are what groups matched."""
        ignore_case, longest = self._flags
        found = compiled(f"(?m){self.expression}", ignore_case=ignore_case, longest=longest, capture=True).search(text)
        if not found:
            return text
        return _REFERENCE.sub(lambda each: _group(found, each), replacement).encode()


_REFERENCE = re.compile(r"\$(?:\{(\w+)\}|(\w+)|(\$))")


def _group(found: Any, reference: re.Match[str]) -> str:
    if reference[3]:
        return "$"
    name = reference[1] or reference[2]
    try:
        return str(found.group(int(name) if name.isdigit() else name.encode()) or b"", "utf-8", "replace")
    except (IndexError, KeyError):
        return ""


def inverted(data: bytes, hits: Iterator[Line]) -> Iterator[Line]:
    """Yield the lines that are not among `hits`."""
    at, number = 0, 1
    for hit in hits:
        yield from _lines_between(data, at, hit.start, number)
        at, number = hit.end + 1, hit.number + 1
    yield from _lines_between(data, at, len(data), number)


def _lines_between(data: bytes, at: int, stop: int, number: int) -> Iterator[Line]:
    while at < stop:
        end = data.find(b"\n", at, stop)
        end = stop if end < 0 else end
        yield Line(number, at, end)
        at, number = end + 1, number + 1


def compiled(expression: str, *, ignore_case: bool = False, longest: bool = False, capture: bool = False) -> Any:
    """Compile for RE2; a match never spans lines."""
    re2 = _import_re2()
    options = re2.Options()
    options.max_mem = _MEMORY
    options.log_errors = False
    options.case_sensitive = not ignore_case
    options.longest_match = longest
    options.never_nl = True
    options.never_capture = not capture
    try:
        return re2.compile(expression.encode(), options)
    except re2.error as problem:
        raise InvalidRequest(_complaint(problem)) from None


def _import_re2() -> Any:
    try:
        import re2  # noqa: PLC0415 - loaded when something is searched
    except ImportError as problem:
        raise Unsupported("the search needs the package google-re2, which has no wheel for this platform") from problem
    return re2


def _complaint(problem: Exception) -> str:
    given = problem.args[0] if problem.args else ""
    text = given.decode("utf-8", "replace") if isinstance(given, bytes) else str(given)
    if re.search(r"\(\?(<?[=!]|>)", text):
        return _LOOKAROUND
    if re.search(r"escape sequence: \\[1-9]", text):
        return posix.NO_BACKREFERENCES
    return f"invalid pattern: {text}"


def _told(pattern: str, flavor: Flavor) -> str:
    match flavor:
        case Flavor.FIXED:
            return posix.literal(pattern)
        case Flavor.BASIC | Flavor.EXTENDED:
            return posix.translate(pattern, extended=flavor is Flavor.EXTENDED)
        case Flavor.RUST:
            return _with_unicode(pattern)
    return pattern


def _with_unicode(pattern: str) -> str:
    r"""Make `\d`, `\w` and `\s` mean what they mean in Rust: all of Unicode, not only ASCII."""
    inside, parts = False, []
    for piece in PIECE.findall(pattern):
        letter = piece[1:].lower()
        if piece.startswith("\\") and letter in _UNICODE and (piece[1:] == letter or not inside):
            negated = "^" if piece[1:] != letter else ""
            parts.append(_UNICODE[letter] if inside else f"[{negated}{_UNICODE[letter]}]")
            continue
        if not piece.startswith("\\"):
            inside = piece != "]" and (inside or piece.startswith("["))
        parts.append(piece)
    return "".join(parts)


def _in_a_group(edges: Framed) -> str:
    before, match, behind = map(_without_groups, edges)
    return f"(?:{before})({match})(?:{behind})"


def _without_groups(expression: str) -> str:
    """Make all groups silent: the only one is that around what counts as the match."""
    inside, parts = False, []
    for piece in PIECE.findall(expression):
        if not piece.startswith("\\"):
            inside = piece != "]" and (inside or piece.startswith("["))
        parts.append("(?:" if piece == "(" and not inside else piece)
    return re.sub(r"\(\?:\?(P?<\w+>|)", lambda found: "(?:" if found[1] else "(?", "".join(parts))
