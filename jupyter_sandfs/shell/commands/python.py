"""`python`: snippets and scripts in the subset of Python that runs over this shell's file system."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace

from jupyter_sandfs.errors import InvalidRequest, PathError
from jupyter_sandfs.execution.python import PythonLimits, Snippet
from jupyter_sandfs.shell.background import finished
from jupyter_sandfs.shell.command import Command, Invocation, Output

_FLAGS = frozenset({"-B", "-E", "-I", "-O", "-OO", "-q", "-s", "-S", "-u"})
"""Options of python that change nothing here."""


@dataclass(frozen=True, slots=True)
class _Program:
    """What is to be run, under which name, and what it gets."""

    code: str
    name: str
    argv: tuple[str, ...]
    stdin: bytes


async def _run(call: Invocation) -> Output:
    words = list(call.argv)
    while words and words[0] in _FLAGS:
        del words[0]
    first = words[0] if words else "-"
    if first in {"-h", "--help"}:
        return Output(call.around.commands[call.name].describe())
    if first in {"-V", "--version"}:
        return Output(f"{_version()}\n")
    if wrong := _wrong(first, words[1:]):
        return _misuse(wrong)
    try:
        program = _program(call, first, tuple(words[1:]))
    except PathError as problem:
        number = problem.errno or 0
        return _misuse(f"can't open file '{first}': [Errno {number}] {os.strerror(number)}")
    return await _finished(call, program)


async def _finished(call: Invocation, program: _Program) -> Output:
    limits: PythonLimits = call.services.get("python", PythonLimits)()
    snippet = Snippet(
        call.fs,
        program.code,
        name=program.name,
        cwd=call.cwd,
        argv=program.argv,
        stdin=program.stdin,
        env=call.env,
        limits=limits,
    )
    result = await finished(call, snippet, limits.seconds)
    return Output(result.stdout, result.stderr, result.exit_code)


def _wrong(first: str, rest: Sequence[str]) -> str:
    """Say what is wrong with an option; nothing, if it is none or a good one."""
    if first == "-c":
        return "" if rest else "argument expected for the -c option"
    if first == "-m":
        return "there are no modules to run here; full Python runs as: host python3 -m MODULE"
    return f"unknown option {first}" if first.startswith("-") and first != "-" else ""


def _program(call: Invocation, first: str, rest: tuple[str, ...]) -> _Program:
    """Find the program where the first argument says, as python does: all that follows is the program's own."""
    if first == "-c":
        return _Program(rest[0], "<string>", rest[1:], call.stdin)
    if first == "-":
        return _Program(_text(call.stdin, "the standard input"), "<stdin>", rest, b"")
    path = call.path(first)
    return _Program(_text(call.fs.read_bytes(path), first), path, rest, call.stdin)


def _misuse(words: str) -> Output:
    return Output(stderr=f"python: {words}\n", exit_code=2)


def _text(raw: bytes, origin: str) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        raise InvalidRequest(f"{origin} is not text in UTF-8") from None


def _version() -> str:
    from importlib.metadata import version  # noqa: PLC0415 - only for this answer

    return f"Python, a subset (pydantic-monty {version('pydantic-monty')})"


PYTHON = Command(
    name="python",
    usage="[-c CODE | FILE | -] [ARG...]",
    help="Run Python (a subset; for all of it: host python3) on the files here; ARGs are in the list argv.",
    run=_run,
)
PYTHON3 = replace(PYTHON, name="python3")
