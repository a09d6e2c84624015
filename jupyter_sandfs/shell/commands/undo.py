"""`undo` and `redo`: take back what was done last, and do it again."""

from __future__ import annotations

from collections.abc import Callable

from jupyter_sandfs.errors import InvalidRequest, LimitExceeded, MergeConflict
from jupyter_sandfs.shell.command import Command, Invocation, Output, Run
from jupyter_sandfs.shell.commands.changes import row
from jupyter_sandfs.vfs.actions import Change
from jupyter_sandfs.vfs.interface import FileSystem

Step = Callable[[FileSystem], list[Change]]


def _stepping(step: Step) -> Run:
    def run(call: Invocation) -> Output:
        if call.arguments.operands:
            raise InvalidRequest(f"extra operand '{call.arguments.operands[0]}'")
        try:
            done = step(call.fs)
        except (InvalidRequest, MergeConflict, LimitExceeded) as problem:
            return Output(stderr=f"{call.name}: {problem}\n", exit_code=1)
        return Output("".join(row(each) for each in done))

    return run


UNDO = Command(
    name="undo",
    usage="",
    help="Take back the last line, cell or call that changed something; each time, the one before.",
    run=_stepping(lambda fs: fs.undo()),
    options=(),
)
REDO = Command(
    name="redo",
    usage="",
    help="Do again what was taken back last.",
    run=_stepping(lambda fs: fs.redo()),
    options=(),
)
