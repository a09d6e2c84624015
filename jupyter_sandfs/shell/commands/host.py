"""`host`: a command of this machine on a copy of a directory, behind a wall."""

from __future__ import annotations

from jupyter_sandfs.errors import InvalidRequest
from jupyter_sandfs.execution.host import HostCommand, HostOptions
from jupyter_sandfs.shell.background import finished
from jupyter_sandfs.shell.command import Command, Invocation, Output
from jupyter_sandfs.shell.options import Option


async def _run(call: Invocation) -> Output:
    if not call.arguments.operands:
        raise InvalidRequest("a command is needed, such as: host python3 script.py")
    options: HostOptions = call.services.get("host", HostOptions)()
    command = HostCommand(
        call.fs,
        call.arguments.operands,
        call.path(call.arguments.options.get("p", ".")),
        sync="sync" in call.arguments,
        stdin=call.stdin,
        options=options,
    )
    result = await finished(call, command, command.seconds)
    return Output(result.output, result.stderr, result.exit_code)


HOST = Command(
    name="host",
    usage="[-p PATH] [--sync] CMD [ARG...]",
    help="Run CMD of this machine, isolated and without network, on a copy of the directory PATH (default: here).",
    run=_run,
    options=(
        Option("p", "the directory that CMD gets to see", word="path", value="PATH"),
        Option("", "write back what CMD changed; without it everything is discarded", word="sync"),
    ),
    permute=False,
)
