"""`rm`: remove files and trees, each in one step. The engine's own takes an empty name for the directory it is in."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from jupyter_sandfs import paths
from jupyter_sandfs.errors import InvalidRequest, IsADirectory, NotADirectory, NotFound, SandfsError
from jupyter_sandfs.shell.command import Command, Invocation, Output, reason
from jupyter_sandfs.shell.options import Option
from jupyter_sandfs.vfs.entries import Stat


def _run(call: Invocation) -> Output:
    if not call.arguments.operands and "f" not in call.arguments:
        raise InvalidRequest("missing operand")
    lines: list[str] = []
    complaints: list[str] = []
    for operand in call.arguments.operands:
        try:
            lines += _remove(call, operand)
        except (NotFound, NotADirectory) as problem:
            if "f" not in call.arguments:
                complaints.append(f"rm: cannot remove '{operand}': {reason(problem)}\n")
        except (SandfsError, OSError) as problem:
            words = str(problem) if isinstance(problem, InvalidRequest) else _refused(operand, problem)
            complaints.append(f"rm: {words}\n")
    return Output("".join(lines), "".join(complaints), bool(complaints))


def _refused(operand: str, problem: BaseException) -> str:
    return f"cannot remove '{operand}': {reason(problem)}"


def _remove(call: Invocation, operand: str) -> list[str]:
    """Remove one operand; give what is to be told of it."""
    stat = call.stat(operand, follow=operand.endswith("/"))
    path = call.path(operand)
    recursive = any(key in call.arguments for key in ("r", "R"))
    if stat.is_dir:
        _check_directory(call, operand, path, recursive=recursive)
    if operand.endswith("/") and call.fs.is_symlink(path):
        raise NotADirectory(path)
    told = list(_told(call, operand, path, stat)) if "v" in call.arguments else []
    call.fs.remove(path, recursive=recursive)
    return told


def _check_directory(call: Invocation, operand: str, path: str, *, recursive: bool) -> None:
    if not recursive and "d" not in call.arguments:
        raise IsADirectory(path)
    if posixpath.basename(operand.rstrip("/")) in {".", ".."}:
        raise InvalidRequest(f"refusing to remove '.' or '..' directory: skipping '{operand}'")
    if paths.is_root(path):
        raise InvalidRequest(f"it is dangerous to operate recursively on '{operand}'")


def _told(call: Invocation, shown: str, path: str, stat: Stat) -> Iterator[str]:
    if not stat.is_dir:
        yield f"removed '{shown}'\n"
        return
    for entry in call.fs.ls(path):
        yield from _told(call, posixpath.join(shown, entry.name), entry.path, entry.stat)
    yield f"removed directory '{shown}'\n"


RM = Command(
    name="rm",
    usage="[OPTION]... FILE...",
    help="Remove files, and with -r directories with all that is in them.",
    run=_run,
    misuse=1,
    options=(
        Option("d", "empty directories, too", word="dir"),
        Option("f", "what is missing is no failure", word="force"),
        Option("i", ""),
        Option("I", ""),
        Option("r", "directories with all that is in them", word="recursive"),
        Option("R", ""),
        Option("v", "tell of each file", word="verbose"),
    ),
)
