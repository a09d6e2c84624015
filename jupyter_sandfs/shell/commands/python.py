"""`python`: snippets and scripts in the subset of Python that runs over this shell's file system."""

from __future__ import annotations

from jupyter_sandfs.errors import InvalidRequest, NotFound
from jupyter_sandfs.execution.python import PythonLimits, Snippet
from jupyter_sandfs.shell.background import finished
from jupyter_sandfs.shell.command import Command, Invocation, Output
from jupyter_sandfs.shell.options import Option


async def _run(call: Invocation) -> Output:
    if "V" in call.arguments:
        return Output(f"{_version()}\n")
    if "m" in call.arguments:
        raise InvalidRequest("there are no modules to run here; full Python runs as: host python3 -m MODULE")
    limits: PythonLimits = call.services.get("python", PythonLimits)()
    snippet = _snippet(call, limits)
    result = await finished(call, snippet, limits.seconds)
    return Output(result.stdout, result.stderr, result.exit_code)


def _snippet(call: Invocation, limits: PythonLimits) -> Snippet:
    """Read the program from where the arguments say, as python does: -c, a file, or the standard input."""
    operands = call.arguments.operands
    if "c" in call.arguments:
        code, name, argv, stdin = call.arguments.options["c"], "<string>", operands, call.stdin
    elif operands and operands[0] != "-":
        code, name, argv, stdin = _script(call, operands[0]), call.path(operands[0]), operands[1:], call.stdin
    else:
        code, name, argv, stdin = _text(call.stdin, "the standard input"), "<stdin>", operands[1:], b""
    return Snippet(call.fs, code, name=name, cwd=call.cwd, argv=argv, stdin=stdin, env=call.env, limits=limits)


def _script(call: Invocation, operand: str) -> str:
    path = call.path(operand)
    try:
        return _text(call.fs.read_bytes(path), operand)
    except NotFound:
        raise NotFound(operand, "no such script") from None


def _text(raw: bytes, origin: str) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        raise InvalidRequest(f"{origin} is not text in UTF-8") from None


def _version() -> str:
    from importlib.metadata import version  # noqa: PLC0415 - only for this answer

    return f"Python, a subset (pydantic-monty {version('pydantic-monty')})"


_OPTIONS = (
    Option("c", "run CODE", value="CODE"),
    Option("m", "not offered; says what to do instead", value="MODULE"),
    Option("V", "print the version", word="version"),
)


def _command(name: str) -> Command:
    return Command(
        name=name,
        usage="[-c CODE | FILE | -] [ARG...]",
        help="Run a snippet of Python on the files here (a subset; full Python: host python3); ARGs are in argv.",
        run=_run,
        options=_OPTIONS,
        permute=False,
    )


PYTHON = _command("python")
PYTHON3 = _command("python3")
