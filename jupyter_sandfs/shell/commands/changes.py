"""`changes`: which paths differ since a snapshot, or between two."""

from __future__ import annotations

from jupyter_sandfs.errors import InvalidRequest, NotFound
from jupyter_sandfs.shell.command import Command, Invocation, Output
from jupyter_sandfs.vfs.actions import Change, ChangeKind

_MARKS = {ChangeKind.ADDED: "+", ChangeKind.CHANGED: "~", ChangeKind.REMOVED: "-", ChangeKind.MOVED: ">"}


def _run(call: Invocation) -> Output:
    given = list(call.arguments.operands) or [each.name or "" for each in call.fs.snapshots()][-1:]
    if len(given) > len(("before", "after")):
        raise InvalidRequest(f"extra operand '{given[2]}'")
    if not given:
        return Output(stderr="changes: no snapshot yet: take one with `snapshot`\n", exit_code=1)
    try:
        changes = call.fs.diff(*given)
    except NotFound as error:
        return Output(stderr=f"changes: no snapshot '{error.path}' (see: snapshots)\n", exit_code=1)
    return Output("".join(row(each) for each in changes))


def row(change: Change) -> str:
    """Tell of one change."""
    source = f"  (from {change.source})" if change.source is not None else ""
    return f"{_MARKS[change.kind]} {change.path}{'/' if change.is_dir and change.path != '/' else ''}{source}\n"


CHANGES = Command(
    name="changes",
    usage="[NAME [NAME]]",
    help="List what was added (+), changed (~), removed (-) and moved (>) since a snapshot (the last), or between two.",
    run=_run,
    options=(),
)
