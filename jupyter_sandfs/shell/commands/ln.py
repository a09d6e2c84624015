"""`ln`: make symbolic links. The engine's own makes one where a hard link was asked for."""

from __future__ import annotations

import errno
import os
import posixpath

from jupyter_sandfs import paths
from jupyter_sandfs.errors import AlreadyExists, InvalidRequest, IsADirectory, SandfsError
from jupyter_sandfs.shell.command import Command, Invocation, Output, reason
from jupyter_sandfs.shell.options import Option
from jupyter_sandfs.vfs.interface import require_directory

_REFUSED = os.strerror(errno.EPERM)  # what ln says where a file system has no hard links


def _run(call: Invocation) -> Output:
    targets, directory = _split(call)
    lines, complaints = [], []
    for target in targets:
        shown, path = _place(call, target, directory)
        said = _said(call, target, path)
        problem = _link(call, said, path) if "s" in call.arguments else _REFUSED
        if problem:
            complaints.append(f"ln: failed to create {_kind(call)} '{shown}'{_origin(call, said)}: {problem}\n")
        elif "v" in call.arguments:
            lines.append(f"'{shown}' -> '{said}'\n")
    return Output("".join(lines), "".join(complaints), bool(complaints))


def _split(call: Invocation) -> tuple[tuple[str, ...], str | None]:
    """Give the targets, and the directory or the name to make them at."""
    operands, options = call.arguments.operands, call.arguments.options
    if not operands:
        raise InvalidRequest("missing file operand")
    if "t" in options:
        return operands, options["t"] + "/"
    if "T" in options and len(operands) != 2:
        raise InvalidRequest(f"extra operand '{operands[2]}'" if operands[2:] else "missing destination file operand")
    if len(operands) == 1:
        return operands, "./"
    if len(operands) > 2 and not call.fs.is_dir(call.path(operands[-1])):
        raise InvalidRequest(f"target '{operands[-1]}': {os.strerror(errno.ENOTDIR)}")
    return operands[:-1], operands[-1]


def _place(call: Invocation, target: str, directory: str | None) -> tuple[str, str]:
    """Where the link goes: as it is shown, and its path."""
    assert directory is not None
    path = call.path(directory)
    if "T" in call.arguments or not call.fs.is_dir(path) or ("n" in call.arguments and call.fs.is_symlink(path)):
        return directory, path
    name = posixpath.basename(target.rstrip("/"))
    return posixpath.join(directory, name).removeprefix("./" * (directory == "./")), paths.join(path, name)


def _said(call: Invocation, target: str, path: str) -> str:
    """What the link will say."""
    if "r" not in call.arguments:
        return target
    top = call.fs.resolve(paths.parent(path))
    return posixpath.relpath(call.fs.resolve(call.path(target)), top)


def _link(call: Invocation, said: str, path: str) -> str:
    """Make one link; give the reason if it cannot be done."""
    try:
        require_directory(call.fs, paths.parent(path))
        there = call.fs.get_entry(path)
        if there is None:
            call.fs.symlink(said, path)
        elif "f" not in call.arguments:
            raise AlreadyExists(path)
        elif there.is_dir:
            raise IsADirectory(path)
        else:
            _replace(call, said, path)
    except (SandfsError, OSError) as problem:
        return reason(problem)
    return ""


def _replace(call: Invocation, said: str, path: str) -> None:
    """Put a link where something is, in one step: if it fails, the old one stays."""
    aside = f"{path}.ln~{os.urandom(4).hex()}"
    call.fs.symlink(said, aside)
    try:
        call.fs.move(aside, path, overwrite=True)
    except BaseException:
        call.fs.remove(aside)
        raise


def _kind(call: Invocation) -> str:
    return "symbolic link" if "s" in call.arguments else "hard link"


def _origin(call: Invocation, said: str) -> str:
    return "" if "s" in call.arguments else f" => '{said}'"


LN = Command(
    name="ln",
    usage="-s [OPTION]... TARGET... [LINK|DIRECTORY]",
    help="Make symbolic links. There are no hard links here.",
    run=_run,
    misuse=1,
    options=(
        Option("f", "replace what is there", word="force"),
        Option("n", "take a link to a directory as a link", word="no-dereference"),
        Option("r", "say the target relative to the link", word="relative"),
        Option("s", "a symbolic link", word="symbolic"),
        Option("t", "make the links in this directory", word="target-directory", value="DIRECTORY"),
        Option("T", "take the last operand as the link's name", word="no-target-directory"),
        Option("v", "tell of each link", word="verbose"),
    ),
)
