"""`realpath`: where paths lead. The engine's own leaves links alone."""

from __future__ import annotations

import posixpath

from jupyter_sandfs import paths
from jupyter_sandfs.errors import InvalidRequest, NotFound, SandfsError
from jupyter_sandfs.shell.command import Command, Invocation, Output, reason
from jupyter_sandfs.shell.options import Option


def _run(call: Invocation) -> Output:
    if not call.arguments.operands:
        raise InvalidRequest("missing operand")
    lines, complaints = [], []
    end = "\0" if "z" in call.arguments else "\n"
    for operand in call.arguments.operands:
        try:
            lines.append(_shown(call, _real(call, operand)) + end)
        except (SandfsError, OSError) as problem:
            complaints.append("" if "q" in call.arguments else f"realpath: {operand}: {reason(problem)}\n")
    return Output("".join(lines), "".join(complaints), bool(complaints))


def _real(call: Invocation, operand: str) -> str:
    path = call.path(operand)
    if "s" in call.arguments:
        return path
    real = call.fs.resolve(path)
    missing = real if "e" in call.arguments else paths.parent(real)
    if "m" not in call.arguments and not call.fs.exists(missing):
        raise NotFound(missing)
    return real


def _shown(call: Invocation, path: str) -> str:
    options = call.arguments.options
    base = options.get("relative-to", options.get("relative-base"))
    if base is None:
        return path
    start = _real(call, base)
    if "relative-base" in options and not paths.is_within(path, _real(call, options["relative-base"])):
        return path
    return posixpath.relpath(path, start)


REALPATH = Command(
    name="realpath",
    usage="[OPTION]... FILE...",
    help="Print where each FILE leads, as an absolute path without links.",
    run=_run,
    misuse=1,
    options=(
        Option("e", "all of it is there", word="canonicalize-existing"),
        Option("m", "nothing of it needs to be there", word="canonicalize-missing"),
        Option("q", "no complaints", word="quiet"),
        Option("s", "links are left alone", word="no-symlinks"),
        Option("z", "NUL after each", word="zero"),
        Option("", "relative to this directory", word="relative-to", value="DIRECTORY"),
        Option("", "relative below this directory", word="relative-base", value="DIRECTORY"),
    ),
)
