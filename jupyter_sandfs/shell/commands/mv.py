"""`mv`: move and rename. The engine's own replaces directories that hold something, and leaves out -n, -t and -v."""

from __future__ import annotations

import errno
import os

from jupyter_sandfs import paths
from jupyter_sandfs.errors import NotADirectory, SandfsError
from jupyter_sandfs.shell.command import Command, Invocation, Output, reason
from jupyter_sandfs.shell.commands import destination
from jupyter_sandfs.shell.options import Option
from jupyter_sandfs.vfs.entries import DirEntry
from jupyter_sandfs.vfs.interface import require_directory


def _run(call: Invocation) -> Output:
    sources, where = destination.split(call)
    lines, complaints = [], []
    for source in sources:
        shown, path = where.place(call, source)
        try:
            problem = _move(call, source, shown, path)
        except (SandfsError, OSError) as failure:
            problem = f"cannot move '{source}' to '{shown}': {reason(failure)}"
        if problem:
            complaints.append(f"mv: {problem}\n")
        elif problem is not None and "v" in call.arguments:
            lines.append(f"renamed '{source}' -> '{shown}'\n")
    return Output("".join(lines), "".join(complaints), bool(complaints))


def _move(call: Invocation, source: str, shown: str, end: str) -> str | None:
    """Move one; give the reason if it cannot be done, and None if nothing is to do."""
    try:
        stat = call.stat(source, follow=False)
    except (SandfsError, OSError) as problem:
        return f"cannot stat '{source}': {reason(problem)}"
    start = call.path(source)
    require_directory(call.fs, paths.parent(end))
    if shown.endswith("/") and not stat.is_dir:
        raise NotADirectory(end)
    there = call.fs.get_entry(end)
    if start == end:
        return f"'{source}' and '{shown}' are the same file"
    if stat.is_dir and paths.is_child_of(end, start):
        return f"cannot move '{source}' to a subdirectory of itself, '{shown}'"
    if there is not None:
        if _is_kept(call, there, stat.modified_ns):
            return None
        if clash := _clash(call, source, shown, there, is_dir=stat.is_dir):
            return clash
    call.fs.move(start, end, overwrite=True)
    return ""


def _is_kept(call: Invocation, there: DirEntry, modified_ns: int) -> bool:
    if call.arguments.last("n", "f", "i") == "n":
        return True
    return "u" in call.arguments and modified_ns <= there.stat.modified_ns


def _clash(call: Invocation, source: str, shown: str, there: DirEntry, *, is_dir: bool) -> str:
    """Why what is there cannot be replaced."""
    if is_dir and not there.is_dir:
        return f"cannot overwrite non-directory '{shown}' with directory '{source}'"
    if there.is_dir and not is_dir:
        return f"cannot overwrite directory '{shown}' with non-directory '{source}'"
    if there.is_dir and call.fs.ls(there.path):
        return f"cannot move '{source}' to '{shown}': {os.strerror(errno.ENOTEMPTY)}"
    return ""


MV = Command(
    name="mv",
    usage="[OPTION]... SOURCE... DESTINATION",
    help="Move SOURCE to DESTINATION, or several into a directory.",
    run=_run,
    misuse=1,
    options=(
        Option("f", "overwrite (so unless -n)", word="force"),
        Option("i", ""),
        Option("n", "overwrite nothing", word="no-clobber"),
        Option("u", "overwrite only what is older", word="update"),
        Option("v", "tell of each file", word="verbose"),
        *destination.OPTIONS,
    ),
)
