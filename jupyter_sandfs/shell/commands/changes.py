"""`changes`: which paths differ since a snapshot, or between two."""

from __future__ import annotations

from jupyter_sandfs.errors import InvalidRequest
from jupyter_sandfs.shell.command import Command, Invocation, Output
from jupyter_sandfs.vfs.journal import Change, ChangeKind

_MARKS = {ChangeKind.ADDED: "+", ChangeKind.CHANGED: "~", ChangeKind.REMOVED: "-"}


def _run(call: Invocation) -> Output:
    given, known = call.arguments.operands, [each.name for each in call.fs.snapshots()]
    if len(given) > len(("before", "after")):
        raise InvalidRequest(f"extra operand '{given[2]}'")
    unknown = [name for name in given if name not in known]
    if unknown:
        return Output(stderr=f"changes: no snapshot '{unknown[0]}' (see: snapshots)\n", exit_code=1)
    if not known:
        return Output(stderr="changes: no snapshot yet: take one with `snapshot`\n", exit_code=1)
    before, after = (*given, None, None)[:2]
    return Output("".join(_row(each) for each in call.fs.diff(before or known[-1] or "", after)))


def _row(change: Change) -> str:
    return f"{_MARKS[change.kind]} {change.path}{'/' if change.is_dir and change.path != '/' else ''}\n"


CHANGES = Command(
    name="changes",
    usage="[NAME [NAME]]",
    help="List what was added (+), changed (~) and removed (-) since a snapshot (the last), or between two.",
    run=_run,
    options=(),
)
