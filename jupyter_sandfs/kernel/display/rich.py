"""Pages and data for what the shell printed, where a line is one plain command that has some."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from jupyter_sandfs import paths
from jupyter_sandfs.errors import SandfsError
from jupyter_sandfs.kernel.answers import Answer, change_data
from jupyter_sandfs.kernel.display.history import rows_of_changes, timeline
from jupyter_sandfs.kernel.display.listing import PLAIN, listing, rows
from jupyter_sandfs.kernel.display.page import table
from jupyter_sandfs.kernel.lines import is_plain
from jupyter_sandfs.shell.commands.journal import JOURNAL
from jupyter_sandfs.shell.commands.ls import LS
from jupyter_sandfs.shell.options import Arguments, parse
from jupyter_sandfs.shell.results import ShellResult
from jupyter_sandfs.shell.shell import SandboxShell
from jupyter_sandfs.vfs.actions import Change
from jupyter_sandfs.vfs.entries import moment
from jupyter_sandfs.vfs.interface import FileSystem
from jupyter_sandfs.vfs.journal import JournalRecord

_ROWS = 20  # of the journal, as its command has it
_MARKED = frozenset(("branch", "changes", "redo", "restore", "undo"))
"""Commands that print changes with their marks."""
_Made = tuple[Callable[[], str], Callable[[], Any]]
"""What makes the page, and what makes the data: each may be much work that nobody asks for."""


@dataclass(frozen=True, slots=True)
class Ran:
    """A line that the shell has run.

    Attributes:
        cwd: where it was run.
    """

    shell: SandboxShell
    line: str
    cwd: str
    result: ShellResult

    def answer(self, *, page: bool, data: bool) -> Answer:
        """Give what the shell said, with a page and data where they are wanted and there are some."""
        plain = is_plain(self.line) and not self.result.exit_code
        marked = plain and self.line.partition(" ")[0] in _MARKED
        answer = Answer(text=self.result.stdout, result=self.result, marked=marked)
        if not (plain and (page or data)):
            return answer
        try:
            name, *argv = shlex.split(self.line)
            if name not in _MAKERS or "--help" in argv:
                return answer
            make_page, make_data = _MAKERS[name](self.shell.fs, argv, self.cwd)
            return replace(answer, html=make_page() if page else "", data=make_data() if data else None)
        except (ValueError, SandfsError):  # the text says it all
            return answer


def _ls(fs: FileSystem, argv: Sequence[str], cwd: str) -> _Made:
    arguments = parse(argv, LS.options or ())
    if not set(arguments.options) <= PLAIN:
        return str, lambda: None
    places = {shown: paths.normalize(shown, cwd) for shown in arguments.operands or (".",)}
    return lambda: listing(fs, places, arguments), lambda: rows(fs, places, arguments)


def _changes(fs: FileSystem, argv: Sequence[str], _cwd: str) -> _Made:
    names = list(argv) or [each.name or "" for each in fs.snapshots()][-1:]
    changes: list[Change] = fs.diff(*names)
    return lambda: rows_of_changes(changes) if changes else "", lambda: [change_data(each) for each in changes]


def _journal(fs: FileSystem, argv: Sequence[str], _cwd: str) -> _Made:
    arguments: Arguments = parse(argv, JOURNAL.options or ())
    records = fs.log(arguments.number("n", _ROWS))
    return lambda: timeline(records) if records else "", lambda: [_record(each) for each in records]


def _record(record: JournalRecord) -> dict[str, Any]:
    told = {**record._asdict(), "kind": str(record.kind), "at": record.at.isoformat()}
    return {key: value for key, value in told.items() if key != "at_ns"}


def _snapshots(fs: FileSystem, _argv: Sequence[str], _cwd: str) -> _Made:
    found = [(each.name or "", moment(each.at_ns)) for each in fs.snapshots()]
    shown = [[f"{taken:%Y-%m-%d %H:%M:%S}", name] for name, taken in found]
    data = [{"name": name, "at": taken.isoformat()} for name, taken in found]
    return lambda: table(["taken", "name"], shown) if shown else "", lambda: data


_MAKERS: Mapping[str, Callable[[FileSystem, Sequence[str], str], _Made]] = {
    "changes": _changes,
    "journal": _journal,
    "ls": _ls,
    "snapshots": _snapshots,
}
