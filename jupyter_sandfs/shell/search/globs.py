"""Glob patterns as git and ripgrep read them, matched by RE2: in linear time, whatever a file in the tree says."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from jupyter_sandfs.errors import InvalidRequest
from jupyter_sandfs.shell.search.matcher import compiled
from jupyter_sandfs.shell.search.posix import literal

_PIECE = re.compile(r"\*\*/|/\*\*$|\*+|\?|\[[!^]?\]?[^\]]*\]|\\.|\{|\}|,|[^*?\[\\{},/]+|.", re.DOTALL)
_RULES = 10_000  # of one file
_RULE_BYTES = 1 << 20  # of one file


def expression(pattern: str, *, braces: bool = True) -> str:
    """Give the regular expression of a glob: `*` and `?` stop at a slash, `**` does not, `{a,b}` is a choice."""
    depth, parts = 0, []
    for piece in _PIECE.findall(pattern):
        if piece == "{" and braces:
            depth += 1
            parts.append("(?:")
        elif piece == "}" and depth:
            depth -= 1
            parts.append(")")
        elif piece == "," and depth:
            parts.append("|")
        else:
            parts.append(_part(piece))
    return "".join(parts) + ")" * depth


def _part(piece: str) -> str:
    match piece:
        case "**/":
            return "(?:.*/)?"
        case "/**":
            return "/.*"
        case "?":
            return "[^/]"
    if piece.startswith("*"):
        return "[^/]*"
    if piece.startswith("[") and len(piece) > 2:
        inner = piece[1:-1]
        negated = inner[0] in "!^"
        members = (inner[1:] if negated else inner).replace("\\", "\\\\").replace("[", "\\[").replace("]", "\\]")
        return f"[{'^/' if negated else ''}{members}]"
    return literal(piece[1:] if piece.startswith("\\") and len(piece) == 2 else piece)


class Rule(NamedTuple):
    """One line of an ignore file, or one `--glob`.

    Attributes:
        negated: it takes back what rules before it say.
        directories: it matches directories only.
        regex: tells of a path below the rule's directory.
    """

    negated: bool
    directories: bool
    regex: Any


def rule(line: str, *, ignore_case: bool = False) -> Rule | None:
    """Read one line (gitignore(5)); None for a comment, a blank or what can't be read."""
    text = re.sub(r"(?<!\\) +$", "", line.rstrip("\r"))
    if not text or text.startswith("#"):
        return None
    negated = text.startswith("!")
    text = text[negated:]
    directories = text.endswith("/")
    text = text.rstrip("/")
    anchored = "/" in text
    told = expression(text.removeprefix("/"))
    try:
        regex = compiled(rf"\A{'' if anchored else '(?:.*/)?'}(?:{told})\z", ignore_case=ignore_case)
    except InvalidRequest:
        return None
    return Rule(negated, directories, regex)


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules of one place, in order: the last that matches decides."""

    rules: tuple[Rule, ...]

    def decide(self, relative: bytes, *, is_dir: bool) -> bool | None:
        """Say whether a path below is ignored; None if no rule matches."""
        for each in reversed(self.rules):
            if (is_dir or not each.directories) and each.regex.search(relative):
                return not each.negated
        return None


def rules_of(text: str) -> Rules:
    """Read an ignore file; what is over its limits is not read."""
    lines = text[:_RULE_BYTES].split("\n", _RULES)[:_RULES]
    return Rules(tuple(found for line in lines if (found := rule(line))))


def overrides(globs: Sequence[tuple[str, bool]]) -> Rules:
    """Make rules of `--glob` options, given with whether case is ignored: the other way round, they say what to keep.

    Raises:
        InvalidRequest: a glob is wrong.
    """
    made = []
    for glob, ignore_case in globs:
        found = rule(glob, ignore_case=ignore_case)
        if found is None:
            raise InvalidRequest(f"error parsing glob '{glob}'")
        made.append(found)
    return Rules(tuple(made))
