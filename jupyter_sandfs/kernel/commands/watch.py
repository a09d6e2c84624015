"""`watch`: changes as they happen."""

from __future__ import annotations

from jupyter_sandfs.errors import InvalidRequest
from jupyter_sandfs.kernel.commands.command import Call, MagicCommand
from jupyter_sandfs.shell.options import Option


def _watch(call: Call) -> str:
    operands, watches = call.arguments.operands, call.notebook.watches
    if "list" in call.arguments:
        rows = [f"{number}  {path}\n" for number, path in watches.running().items()]
        return "".join(rows) or "nothing is watched: %sandfs watch [PATH]\n"
    if "stop" in call.arguments:
        number = _number(operands[0]) if operands else None
        if number is not None and number not in watches.running():
            raise InvalidRequest(f"no watch has the number {number} (%sandfs watch --list)")
        ended = watches.stop(number)
        return "".join(f"stopped watch {number}\n" for number in ended)
    path = call.path(operands[0] if operands else ".")
    call.fs.stat(path)
    started = watches.start(call.fs, path, call.notebook)
    return "" if call.notebook.has_page else f"watching {path} (%sandfs watch --stop {started.number} ends it)\n"


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise InvalidRequest(f"not the number of a watch: '{text}' (%sandfs watch --list)")
    return int(text)


COMMANDS = {
    "watch": MagicCommand(
        usage="%sandfs watch [PATH] | --list | --stop [NUMBER]",
        help="Show changes at or below a path as they happen, below this cell.",
        run=_watch,
        options=(
            Option("", "list the watches that run", word="list"),
            Option("", "end one, or all", word="stop"),
        ),
        operands=(0, 1),
    ),
}
