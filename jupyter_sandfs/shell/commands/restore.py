"""`restore`: make the tree what it was at a snapshot."""

from __future__ import annotations

from jupyter_sandfs.errors import InvalidRequest
from jupyter_sandfs.shell.command import Command, Invocation, Output


def _run(call: Invocation) -> Output:
    names = call.arguments.operands
    if len(names) != 1:
        raise InvalidRequest("give the name of one snapshot (see: snapshots)")
    if names[0] not in {each.name for each in call.fs.snapshots()}:
        return Output(stderr=f"restore: no snapshot '{names[0]}' (see: snapshots)\n", exit_code=1)
    call.fs.restore(names[0])
    return Output()


RESTORE = Command(
    name="restore",
    usage="NAME",
    help="Make the tree what it was at a snapshot.",
    run=_run,
    options=(),
)
