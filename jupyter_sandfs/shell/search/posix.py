"""Basic and extended regular expressions of POSIX, with GNU's additions, told in the syntax of RE2."""

from __future__ import annotations

import re
from collections.abc import Mapping

from jupyter_sandfs.errors import InvalidRequest

NO_BACKREFERENCES = (
    "backreferences are not supported: matching takes time linear in the text, which rules them out (awk or python can)"
)
_SPECIAL = frozenset(r".^$*+?{}[]()|\\")
_INTERVAL = re.compile(r"(\d{0,4})(?:(,)(\d{0,4}))?")
_ESCAPES: Mapping[str, str] = {
    "w": r"[\pL\pM\p{Nd}_]",
    "W": r"[^\pL\pM\p{Nd}_]",
    "s": r"[\s\v]",
    "S": r"[^\s\v]",
    "b": r"\b",
    "B": r"\B",
    "<": r"\b",
    ">": r"\b",
    "`": r"^",
    "'": r"$",
}
"""Escapes of GNU. RE2 knows no one-sided word boundaries: the two-sided one stands for both."""

_CLASSES: Mapping[str, str] = {
    "alnum": r"\pL\p{Nd}",
    "alpha": r"\pL",
    "blank": r" \t",
    "cntrl": r"[:cntrl:]",
    "digit": r"0-9",
    "graph": r"!-~\x{a1}-\x{10ffff}",
    "lower": r"\p{Ll}",
    "print": r" -~\x{a0}-\x{10ffff}",
    "punct": r"[:punct:]\pP\pS",
    "space": r"\s\v",
    "upper": r"\p{Lu}",
    "xdigit": r"0-9A-Fa-f",
}


def translate(pattern: str, *, extended: bool) -> str:
    """Give the RE2 expression that means the same.

    Raises:
        InvalidRequest: not a regular expression, in the words of GNU; or one with a backreference.
    """
    return _Reader(pattern, extended=extended).read()


def literal(text: str) -> str:
    """Give the expression that matches just this text."""
    return "".join(f"\\{each}" if each in _SPECIAL else each for each in text)


class _Reader:
    """Goes through a pattern once. An open group is a list of pieces; a piece is what a repetition would repeat."""

    def __init__(self, pattern: str, *, extended: bool) -> None:
        self._text = pattern
        self._extended = extended
        self._at = 0
        self._open: list[list[str]] = [[]]
        self._fresh = True  # at the start of an alternative, where `*` repeats nothing
        self._repeated = False

    def read(self) -> str:
        while self._at < len(self._text):
            self._step()
        if len(self._open) > 1:
            raise InvalidRequest("Unmatched ( or \\(")
        return "".join(self._open[0])

    def _step(self) -> None:
        char = self._take()
        if char == "\\":
            self._escape()
        elif char == "[":
            self._add(self._bracket())
        elif char in "*.^$" or (self._extended and char in "+?{|()"):
            self._operate(char)
        else:
            self._add(literal(char))

    def _take(self) -> str:
        char = self._text[self._at]
        self._at += 1
        return char

    def _escape(self) -> None:
        if self._at == len(self._text):
            raise InvalidRequest("Trailing backslash")
        char = self._take()
        if char in "123456789":
            raise InvalidRequest(NO_BACKREFERENCES)
        if char in _ESCAPES:
            self._add(_ESCAPES[char])
        elif not self._extended and char in "+?{|()":
            self._operate(char)
        else:
            self._add(literal(char))

    def _operate(self, char: str) -> None:
        match char:
            case ".":
                self._add(".")
            case "^" | "$":
                self._add(char if self._anchors(char) else f"\\{char}")
            case "|":
                self._open[-1].append("|")
                self._fresh = True
            case "(":
                self._open.append([])
                self._fresh = True
            case ")":
                self._close()
            case _:
                self._repeat(char)

    def _anchors(self, char: str) -> bool:
        """Whether `^` or `$` is an anchor here: always in the extended syntax, at the edges in the basic one."""
        if self._extended:
            return True
        if char == "^":
            return self._fresh and self._open[-1][-1:] != ["^"]
        rest = self._text[self._at :]
        return not rest or rest.startswith((r"\)", r"\|"))

    def _close(self) -> None:
        if len(self._open) == 1:
            if self._extended:  # GNU: one that closes nothing is a plain one
                self._add("\\)")
                return
            raise InvalidRequest("Unmatched ) or \\)")
        inner = "".join(self._open.pop())
        self._add(f"({inner})")

    def _repeat(self, char: str) -> None:
        bounds = self._bounds() if char == "{" else char
        if bounds is None or (self._fresh and not self._extended):
            self._add(literal(char))
        elif not self._fresh:
            piece = self._open[-1].pop()
            self._open[-1].append(f"(?:{piece}){bounds}" if self._repeated else piece + bounds)
            self._repeated = True

    def _bounds(self) -> str | None:
        """Read the inside of an interval; None if the brace is a plain one."""
        end = "}" if self._extended else "\\}"
        stop = self._text.find(end, self._at)
        found = _INTERVAL.fullmatch(self._text[self._at : stop]) if stop >= 0 else None
        if found is None or (not found[1] and not found[2]):
            if self._extended:
                return None
            raise InvalidRequest("Invalid content of \\{\\}" if stop >= 0 else "Unmatched { or \\{")
        self._at = stop + len(end)
        return f"{{{found[1] or '0'}{found[2] or ''}{found[3] or ''}}}"

    def _add(self, piece: str) -> None:
        self._open[-1].append(piece)
        # What follows an anchor is still at the start: `^*` has a star of its own.
        self._fresh = piece == "^" and not self._extended
        self._repeated = False

    def _bracket(self) -> str:
        negated = self._text.startswith("^", self._at)
        self._at += negated
        start, parts = self._at, []
        while self._at == start or not self._text.startswith("]", self._at):
            if self._at >= len(self._text):
                raise InvalidRequest("Unmatched [, [^, [:, [., or [=")
            parts.append(self._member())
        self._at += 1
        if not negated and re.fullmatch(r":\w+:", self._text[start : self._at - 1]):
            raise InvalidRequest("character class syntax is [[:space:]], not [:space:]")
        return f"[{'^' if negated else ''}{''.join(parts)}]"

    def _member(self) -> str:
        """Read one member of a bracket expression: a class, a character, or a range."""
        if self._text.startswith("[:", self._at):
            name = self._until(":]")
            if name not in _CLASSES:
                raise InvalidRequest("Invalid character class name")
            return _CLASSES[name]
        first = self._character()
        dashed = self._text.startswith("-", self._at) and not self._text.startswith("-]", self._at)
        if not dashed:
            return _member(first)
        self._at += 1
        if self._at >= len(self._text):
            raise InvalidRequest("Unmatched [, [^, [:, [., or [=")
        last = self._character()
        if last < first:
            raise InvalidRequest("Invalid range end")
        return f"{_member(first)}-{_member(last)}"

    def _character(self) -> str:
        for opening, closing in (("[.", ".]"), ("[=", "=]")):
            if self._text.startswith(opening, self._at):
                name = self._until(closing)
                if len(name) != 1:
                    raise InvalidRequest("Invalid collation character")
                return name
        return self._take()

    def _until(self, closing: str) -> str:
        stop = self._text.find(closing, self._at + 2)
        if stop < 0:
            raise InvalidRequest("Unmatched [, [^, [:, [., or [=")
        name = self._text[self._at + 2 : stop]
        self._at = stop + 2
        return name


def _member(char: str) -> str:
    return f"\\{char}" if char in r"\]^-[" else char
