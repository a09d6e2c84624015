"""`snapshots`: list what can be restored."""

from __future__ import annotations

from jupyter_sandfs.errors import InvalidRequest
from jupyter_sandfs.shell.command import Command, Invocation, Output
from jupyter_sandfs.vfs.entries import moment
from jupyter_sandfs.vfs.history import Snapshot


def _run(call: Invocation) -> Output:
    if call.arguments.operands:
        raise InvalidRequest(f"extra operand '{call.arguments.operands[0]}'")
    return Output("".join(_row(each) for each in call.fs.snapshots()))


def _row(snapshot: Snapshot) -> str:
    # No counts: those of a snapshot include what a view hides.
    return f"{moment(snapshot.at_ns):%Y-%m-%d %H:%M:%S}  {snapshot.name}\n"


SNAPSHOTS = Command(
    name="snapshots",
    usage="",
    help="List the named snapshots, oldest first.",
    run=_run,
    options=(),
)
