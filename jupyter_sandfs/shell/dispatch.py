"""Calls of commands: parse, perform, and turn every failure into one line on stderr."""

from __future__ import annotations

import inspect
import weakref
from collections.abc import Awaitable, Callable

from jupyter_sandfs.errors import InvalidRequest, SandfsError
from jupyter_sandfs.shell.command import Command, Invocation, Output, Run, Surroundings, reason
from jupyter_sandfs.shell.engine import CallFacts, Handler
from jupyter_sandfs.shell.options import HELP, Arguments, parse

UserFunction = Callable[[Invocation], "str | bytes | Output | None"]


def handler(command: Command, around: Surroundings) -> Handler:
    """Give the function that an engine calls for a command: a coroutine function for one that waits.

    It holds its shell's surroundings weakly, since users' commands hold their shell and the engine holds the handler.
    """
    name, shell = command.name, weakref.ref(around)

    def handle(facts: CallFacts) -> Output:
        current, surroundings = _looked_up(name, shell)
        try:
            output = _begin(current, facts, surroundings)
            assert isinstance(output, Output)
        except BaseException as problem:  # noqa: BLE001 - the edge: a failure is told, it never ends the engine
            return _failed(current, facts.name, problem)
        return output

    async def wait(facts: CallFacts) -> Output:
        current, surroundings = _looked_up(name, shell)
        try:
            output = _begin(current, facts, surroundings)
            return output if isinstance(output, Output) else await output
        except Exception as problem:  # noqa: BLE001 - the same edge; the end of the event loop is no failure
            return _failed(current, facts.name, problem)

    return wait if inspect.iscoroutinefunction(command.run) else handle


def _looked_up(name: str, shell: weakref.ReferenceType[Surroundings]) -> tuple[Command, Surroundings]:
    around = shell()
    assert around is not None, "a shell outlives its runs"
    return around.commands[name], around


def _begin(command: Command, facts: CallFacts, around: Surroundings) -> Output | Awaitable[Output]:
    """Parse, then run; or give the help that was asked for."""
    if command.options is None:
        return command.run(_invocation(facts, around, Arguments()))
    arguments = parse(command.respell(facts.argv), command.options, permute=command.permute)
    if HELP.key in arguments:
        return Output(command.describe())
    return command.run(_invocation(facts, around, arguments))


def _invocation(facts: CallFacts, around: Surroundings, arguments: Arguments) -> Invocation:
    return Invocation(
        name=facts.name,
        argv=facts.argv,
        stdin=facts.stdin or b"",
        piped=facts.stdin is not None,
        env=facts.env,
        cwd=facts.cwd,
        around=around,
        descriptor=facts.descriptor,
        arguments=arguments,
    )


def _failed(command: Command, name: str, problem: BaseException) -> Output:
    words = str(problem) if isinstance(problem, SandfsError) else reason(problem)
    told = f"{name}: {' '.join(words.split())}\n"
    if isinstance(problem, InvalidRequest) and command.options is not None:
        return Output(stderr=f"{told}Try '{name} --help' for more information.\n", exit_code=command.misuse)
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
