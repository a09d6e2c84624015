"""Pages and data for what the shell printed, where a line is one plain command that has some."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from jupyter_sandfs import paths
from jupyter_sandfs.errors import SandfsError
from jupyter_sandfs.kernel.answers import Answer, change_data
from jupyter_sandfs.kernel.display.history import rows_of_changes, timeline
from jupyter_sandfs.kernel.display.listing import PLAIN, listing
from jupyter_sandfs.kernel.display.page import table
from jupyter_sandfs.shell.commands.journal import JOURNAL
from jupyter_sandfs.shell.commands.ls import LS
from jupyter_sandfs.shell.options import Arguments, parse
from jupyter_sandfs.shell.results import ShellResult
from jupyter_sandfs.shell.shell import SandboxShell
from jupyter_sandfs.vfs.entries import moment
from jupyter_sandfs.vfs.interface import FileSystem
from jupyter_sandfs.vfs.journal import Change, JournalRecord

_SHELL_WORDS = re.compile(r"[|&;<>()$`\\*?\[\]{}~!#\n]")
_ROWS = 20  # of the journal, as its command has it

_Page = tuple[str, Any]


def enriched(shell: SandboxShell, line: str, result: ShellResult, *, cwd: str) -> Answer:
    """Give what the shell said, with a page and data where there are some.

    Args:
        cwd: where the line was run.
    """
    plain = Answer(text=result.stdout, result=result)
    if result.exit_code or _SHELL_WORDS.search(line):
        return plain
    try:
        name, *argv = shlex.split(line)
        if name not in _PAGES or "--help" in argv:
            return plain
        html, data = _PAGES[name](shell.fs, argv, cwd)
    except (ValueError, SandfsError):  # the text says it all
        return plain
    return replace(plain, html=html, data=data)


def _ls(fs: FileSystem, argv: Sequence[str], cwd: str) -> _Page:
    arguments = parse(argv, LS.options or ())
    if not set(arguments.options) <= PLAIN:
        return "", None
    places = {shown: paths.normalize(shown, cwd) for shown in arguments.operands or (".",)}
    return listing(fs, places, arguments)


def _changes(fs: FileSystem, argv: Sequence[str], _cwd: str) -> _Page:
    names = list(argv) or [each.name or "" for each in fs.snapshots()][-1:]
    changes: list[Change] = fs.diff(*names)
    return rows_of_changes(changes) if changes else "", [change_data(each) for each in changes]


def _journal(fs: FileSystem, argv: Sequence[str], _cwd: str) -> _Page:
    arguments: Arguments = parse(argv, JOURNAL.options or ())
    records = fs.log(arguments.number("n", _ROWS))
    return timeline(records) if records else "", [_record(each) for each in records]


def _record(record: JournalRecord) -> dict[str, Any]:
    told = {**record._asdict(), "kind": str(record.kind), "at": record.at.isoformat()}
    return {key: value for key, value in told.items() if key != "at_ns"}


def _snapshots(fs: FileSystem, _argv: Sequence[str], _cwd: str) -> _Page:
    rows = [[f"{moment(each.at_ns):%Y-%m-%d %H:%M:%S}", each.name or ""] for each in fs.snapshots()]
    data = [{"name": each.name, "at": moment(each.at_ns).isoformat()} for each in fs.snapshots()]
    return table(["taken", "name"], rows) if rows else "", data


_PAGES: Mapping[str, Callable[[FileSystem, Sequence[str], str], _Page]] = {
    "changes": _changes,
    "journal": _journal,
    "ls": _ls,
    "snapshots": _snapshots,
}
