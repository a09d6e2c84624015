"""`journal`: what was done, by whom."""

from __future__ import annotations

from jupyter_sandfs.errors import InvalidRequest
from jupyter_sandfs.shell.command import Command, Invocation, Output
from jupyter_sandfs.shell.options import Option
from jupyter_sandfs.vfs.journal import JournalRecord

_ROWS = 20
_LABEL = 60  # characters of an action's label


def _run(call: Invocation) -> Output:
    if call.arguments.operands:
        raise InvalidRequest(f"extra operand '{call.arguments.operands[0]}'")
    return Output("".join(_row(each) for each in call.fs.log(call.arguments.number("n", _ROWS))))


def _row(record: JournalRecord) -> str:
    path = f"{record.source} -> {record.path}" if record.source not in {None, record.path} else record.path
    origin = ": ".join(part for part in (record.actor, " ".join(record.label.split())[:_LABEL]) if part)
    what = f"{path}  ({origin})" if origin else path
    return f"{record.sequence:>5} {record.at:%H:%M:%S} {record.operation:<8} {what}\n"


JOURNAL = Command(
    name="journal",
    usage="[-n N]",
    help=f"List the last N changes ({_ROWS}), the latest last.",
    run=_run,
    options=(Option("n", "how many", word="lines", value="N"),),
)
