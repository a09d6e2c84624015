"""Calls of commands: parse, perform, and turn every failure into one line on stderr."""

from __future__ import annotations

import inspect
import weakref
from collections.abc import Awaitable, Callable
from dataclasses import replace

from jupyter_sandfs.errors import InvalidRequest, SandfsError
from jupyter_sandfs.shell.command import Command, Invocation, Output, Run, Surroundings, reason
from jupyter_sandfs.shell.engine import CallFacts, Handler
from jupyter_sandfs.shell.options import HELP, parse

UserFunction = Callable[[Invocation], "str | bytes | Output | None"]


def handler(command: Command, around: Surroundings) -> Handler:
    """Give the function that an engine calls for a command: a coroutine function for one that waits.

    It holds its shell's surroundings weakly, since users' commands hold their shell and the engine holds the handler.
    """
    name, shell = command.name, weakref.ref(around)

    def handle(facts: CallFacts) -> Output:
        current, call = _call(name, facts, shell)
        try:
            output = _begin(current, call)
            assert isinstance(output, Output)
        except BaseException as problem:  # noqa: BLE001 - the edge: a failure is told, it never ends the engine
            return _failed(current, call, problem)
        return output

    async def wait(facts: CallFacts) -> Output:
        current, call = _call(name, facts, shell)
        try:
            output = _begin(current, call)
            return output if isinstance(output, Output) else await output
        except Exception as problem:  # noqa: BLE001 - the same edge; the end of the event loop is no failure
            return _failed(current, call, problem)

    return wait if inspect.iscoroutinefunction(command.run) else handle


def _call(name: str, facts: CallFacts, shell: weakref.ReferenceType[Surroundings]) -> tuple[Command, Invocation]:
    around = shell()
    assert around is not None, "a shell outlives its runs"
    call = Invocation(
        name=facts.name,
        argv=facts.argv,
        stdin=facts.stdin or b"",
        piped=facts.stdin is not None,
        env=facts.env,
        cwd=facts.cwd,
        around=around,
        descriptor=facts.descriptor,
    )
    return around.commands[name], call


def _begin(command: Command, call: Invocation) -> Output | Awaitable[Output]:
    """Parse, then run; or give the help that was asked for."""
    if command.options is None:
        return command.run(call)
    arguments = parse(command.respell(call.argv), command.options, permute=command.permute)
    return Output(command.describe()) if HELP.key in arguments else command.run(replace(call, arguments=arguments))


def _failed(command: Command, call: Invocation, problem: BaseException) -> Output:
    words = str(problem) if isinstance(problem, SandfsError) else reason(problem)
    told = f"{call.name}: {' '.join(words.split())}\n"
    if isinstance(problem, InvalidRequest) and command.options is not None:
        return Output(stderr=f"{told}Try '{call.name} --help' for more information.\n", exit_code=command.misuse)
    return Output(stderr=told, exit_code=1)


def from_function(name: str, function: UserFunction, *, help: str = "") -> Command:  # noqa: A002 - the word users look for
    """Make a command of a user's own function; what it returns is printed."""
    return Command(
        name=name, usage="[ARGUMENT...]", help=help or "a command of your own", run=_adapt(function), foreign=True
    )


def _adapt(function: UserFunction) -> Run:
    def run(call: Invocation) -> Output:
        given = function(call)
        if given is None:
            return Output()
        if isinstance(given, str | bytes):
            return Output(given)
        if isinstance(given, Output):
            return given
        raise TypeError(f"a command returns str, bytes, Output or None, not {type(given).__name__}")

    return run
