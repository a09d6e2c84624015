"""What the person may have meant."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable
from difflib import get_close_matches
from itertools import islice

from jupyter_sandfs import paths
from jupyter_sandfs.errors import SandfsError
from jupyter_sandfs.kernel.lines import GENERAL
from jupyter_sandfs.sandbox import Sandbox
from jupyter_sandfs.shell.commands.help import ENGINE
from jupyter_sandfs.shell.results import ShellResult

_LOOKED_AT = 10_000  # names of one directory
_UNKNOWN = re.compile(r": (\S+): command not found(?P<told>.*)$", re.MULTILINE)
_ABSENT = "No such file or directory"


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A hint to append to an error; empty if nothing is near."""
    found = get_close_matches(word, list(islice(known, _LOOKED_AT)), n=1, cutoff=0.6)
    return f"; did you mean {found[0]}?" if found else ""


def hint(sandbox: Sandbox, line: str, result: ShellResult, magics: Iterable[str]) -> str:
    """One more line for what a command complained of; empty if there is nothing to say."""
    unknown = _UNKNOWN.search(result.stderr)
    if unknown is not None:
        known = sorted({*magics} if unknown["told"] else {*sandbox.shell.commands, *ENGINE.split(), *magics, "cd"})
        return _line(did_you_mean(unknown[1], known))
    if misplaced := [each for each in GENERAL if f"option '{each}" in result.stderr]:
        return f"{misplaced[0]} stands before the command: %sandfs {misplaced[0]} {line.split(None, 1)[0]} ...\n"
    if _ABSENT in result.stderr or "no snapshot" in result.stderr:
        return _line(_near(sandbox, line))
    return ""


def _line(told: str) -> str:
    return f"{told.removeprefix('; ')}\n" if told else ""


def _near(sandbox: Sandbox, line: str) -> str:
    """A name beside what a word of the line leads to, if that is not there."""
    try:
        words = shlex.split(line)[1:]
    except ValueError:
        return ""
    snapshots = [each.name or "" for each in sandbox.fs.snapshots()]
    for word in words:
        told = did_you_mean(word, snapshots) if line.startswith(("restore", "changes")) else _near_path(sandbox, word)
        if told:
            return told
    return ""


def _near_path(sandbox: Sandbox, word: str) -> str:
    if word.startswith("-") or any(each in word for each in "*?[$"):
        return ""
    try:
        path = paths.normalize(word, sandbox.shell.cwd)
        if sandbox.fs.exists(path) or not sandbox.fs.is_dir(paths.parent(path)):
            return ""
        found = get_close_matches(paths.name(path), sandbox.fs.listdir(paths.parent(path))[:_LOOKED_AT], n=1)
    except SandfsError:
        return ""
    return f"; did you mean {shlex.quote(paths.join(paths.parent(path), found[0]))}?" if found else ""
