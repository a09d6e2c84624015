"""`mounts`: the files and directories that are computed."""

from __future__ import annotations

from collections.abc import Iterator

from jupyter_sandfs.errors import SandfsError
from jupyter_sandfs.shell.command import Command, Invocation, Output, reason
from jupyter_sandfs.vfs.entries import DirEntry


def _run(call: Invocation) -> Output:
    lines, complaints = [], []
    for operand in call.arguments.operands or ("/",):
        try:
            call.stat(operand)
            lines += [f"{each.path}{'/' if each.is_dir else ''}\n" for each in _dynamic(call, call.path(operand))]
        except (SandfsError, OSError) as problem:
            complaints.append(f"mounts: {operand}: {reason(problem)}\n")
    return Output("".join(lines), "".join(complaints), bool(complaints))


def _dynamic(call: Invocation, top: str) -> Iterator[DirEntry]:
    """Find what is computed below a directory; what a computed one holds is not asked for."""
    pending = [top]
    while pending:
        call.check_time()
        for entry in call.fs.ls(pending.pop()):
            if entry.stat.dynamic:
                yield entry
            elif entry.is_dir:
                pending.append(entry.path)


MOUNTS = Command(
    name="mounts",
    usage="[DIRECTORY]...",
    help="List what is computed when it is read, below each DIRECTORY (all).",
    run=_run,
    options=(),
)
