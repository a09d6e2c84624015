"""`versions`: what the journal knows of a file."""

from __future__ import annotations

from jupyter_sandfs.errors import InvalidRequest
from jupyter_sandfs.shell.command import Command, Invocation, Output
from jupyter_sandfs.vfs.journal import JournalRecord

_LABEL = 60  # characters of an action's label


def _run(call: Invocation) -> Output:
    if len(call.arguments.operands) != 1:
        raise InvalidRequest("one file is needed")
    path = call.path(call.arguments.operands[0])
    rows = [_row(each) for each in call.fs.log() if each.path == path and each.version]
    if not rows and not call.fs.is_file(path):
        return Output(stderr=f"versions: {call.arguments.operands[0]}: No such file or directory\n", exit_code=1)
    return Output("".join(rows))


def _row(record: JournalRecord) -> str:
    origin = ": ".join(part for part in (record.actor, " ".join(record.label.split())[:_LABEL]) if part)
    shown = f"  ({origin})" if origin else ""
    return f"{record.version:>5}  {record.at:%Y-%m-%d %H:%M:%S}  {record.size:>9} bytes  {record.operation}{shown}\n"


VERSIONS = Command(
    name="versions",
    usage="FILE",
    help="List the versions of FILE that the journal remembers, the latest last.",
    run=_run,
    options=(),
)
