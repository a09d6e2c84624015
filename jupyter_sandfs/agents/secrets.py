"""Tokens and keys that must not be published: known by their form, and never said in an answer."""

from __future__ import annotations

import re
from typing import NamedTuple

from jupyter_sandfs.errors import PermissionDenied

_MOST_NAMED = 10


class Found(NamedTuple):
    """Something that looks like a secret: what, and in which line, from 1."""

    kind: str
    line: int


# All repetitions are bounded, so that a search takes time in proportion to the content.
PATTERNS: dict[str, re.Pattern[bytes]] = {
    "AWS access key": re.compile(rb"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b"),
    "Anthropic key": re.compile(rb"\bsk-ant-[A-Za-z0-9_-]{24,200}"),
    "GitHub token": re.compile(rb"\b(?:gh[pousr]_[A-Za-z0-9]{36,255}|github_pat_[A-Za-z0-9_]{22,255})"),
    "GitLab token": re.compile(rb"\bglpat-[A-Za-z0-9_-]{20,64}"),
    "Google API key": re.compile(rb"\bAIza[A-Za-z0-9_-]{35}"),
    "Hugging Face token": re.compile(rb"\bhf_[A-Za-z0-9]{34,64}"),
    "JSON web token": re.compile(rb"\beyJ[A-Za-z0-9_-]{10,1000}\.eyJ[A-Za-z0-9_-]{10,1000}\.[A-Za-z0-9_-]{10,1000}"),
    "OpenAI key": re.compile(rb"\bsk-(?!ant-)(?:[a-z]{2,10}-)?[A-Za-z0-9_-]{32,200}"),
    "PyPI token": re.compile(rb"\bpypi-AgEI[A-Za-z0-9_-]{50,500}"),
    "Slack token": re.compile(rb"\bxox[abeoprs]-[A-Za-z0-9-]{10,250}"),
    "Stripe key": re.compile(rb"\b[sr]k_live_[A-Za-z0-9]{16,250}"),
    "npm token": re.compile(rb"\bnpm_[A-Za-z0-9]{36}\b"),
    "private key": re.compile(rb"-----BEGIN (?:[A-Z0-9]{1,20} ){0,3}PRIVATE KEY"),
}


def find(content: bytes) -> list[Found]:
    """What looks like a secret, the first of each kind, by line."""
    hits = [(each.start(), kind) for kind, pattern in PATTERNS.items() if (each := pattern.search(content))]
    return [Found(kind, content.count(b"\n", 0, at) + 1) for at, kind in sorted(hits)]


def refuse(path: str, content: bytes) -> None:
    """Raise PermissionDenied for a file that holds what looks like a secret, saying what and where."""
    found = find(content)[:_MOST_NAMED]
    if found:
        named = ", ".join(f"{each.kind} in line {each.line}" for each in found)
        raise PermissionDenied(path, f"it is not published: it holds what looks like a secret ({named})")
