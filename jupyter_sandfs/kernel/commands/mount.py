"""`mount`: values of Python as live files."""

from __future__ import annotations

from jupyter_sandfs.errors import AlreadyExists, InvalidRequest
from jupyter_sandfs.kernel.commands.command import Call, MagicCommand
from jupyter_sandfs.kernel.live import Live
from jupyter_sandfs.shell.options import Option


def _mount(call: Call) -> str:
    if not call.rest:
        raise InvalidRequest("say what to mount: %sandfs mount PATH EXPRESSION")
    path = call.path(call.arguments.operands[0])
    if call.fs.exists(path):
        raise AlreadyExists(path, "%sandfs rm removes it, or what was mounted there")
    live = Live(call.notebook, call.rest)
    ttl = _seconds(call.arguments.options["ttl"]) if "ttl" in call.arguments else None
    if live.is_directory:
        call.fs.mount_directory(path, live.children, ttl=ttl)
        return f"{path}/: {live.told}\n"
    live.content_as(path)
    call.fs.mount_file(path, live.content, ttl=ttl)
    return f"{path}: {live.told}\n"


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds < 1e9:
        raise InvalidRequest(f"invalid number of seconds: '{text}'")
    return seconds


COMMANDS = {
    "mount": MagicCommand(
        usage="%sandfs mount [--ttl SECONDS] PATH EXPRESSION",
        help="Show a value of Python as a live file or directory: a callable, a table, a dict, a module, any value.",
        run=_mount,
        options=(Option("", "compute it anew only after so long", word="ttl", value="SECONDS"),),
        operands=(1, 1),
        takes_rest=True,
    ),
}
