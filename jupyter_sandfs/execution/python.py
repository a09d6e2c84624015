"""Python snippets over a file system.

The interpreter (pydantic-monty, a subset of Python) is a process of its own that owns nothing: no file, no network, no
module of ours. What a snippet does to files comes here as a request and is answered by `syscalls`, from the file
system or view that the caller gave. No object of the snippet's own making becomes an object of this process.
"""

from __future__ import annotations

import ast
import contextlib
import os
import signal
import threading
import time
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from jupyter_sandfs import paths
from jupyter_sandfs.errors import InvalidRequest, LimitExceeded, SandfsError
from jupyter_sandfs.execution import job, source, spelling, subset, syscalls, tracebacks
from jupyter_sandfs.execution.job import Stop
from jupyter_sandfs.execution.pool import POOL
from jupyter_sandfs.vfs.interface import FileSystem, require_directory

if TYPE_CHECKING:
    from pydantic_monty import MontyError, MontySession
    from pydantic_monty import SyncSnapshot as Step

    from jupyter_sandfs.vfs.actions import Change

_VALUE = "__sandfs_value__"
_INPUT = "__sandfs_input__"
_SHOWN_VALUE = 10_000  # characters of the last value's repr
_LONGEST_SLEEP = 3600.0
_LABEL_LENGTH = 200

_PRELUDE = f"""{spelling.PRELUDE}
{_INPUT} = {{"next": 0}}
def input(prompt=""):
    print(prompt, end="")
    if "lines" not in {_INPUT}:
        with open({syscalls.STDIN!r}) as file:
            {_INPUT}["lines"] = file.read().splitlines()
    place = {_INPUT}["next"]
    if place >= len({_INPUT}["lines"]):
        raise RuntimeError("input: there are no more lines")
    {_INPUT}["next"] = place + 1
    return {_INPUT}["lines"][place]
exit = quit = {spelling.EXIT}
"""
"""What the interpreter lacks and snippets use, in its own language."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PythonLimits:
    """Bounds of one snippet.

    Attributes:
        seconds: wall clock, and computing time.
        memory_bytes: of its objects.
        output_bytes: of stdout and of stderr, each; a snippet that prints more is stopped.
        operations: requests to the file system.
    """

    seconds: float = 20.0
    memory_bytes: int = 256 << 20
    output_bytes: int = 1 << 20
    operations: int = 100_000

    def __post_init__(self) -> None:
        if min(self.seconds, self.memory_bytes, self.output_bytes, self.operations) <= 0:
            raise InvalidRequest("limits of Python are greater than 0")


@dataclass(frozen=True, slots=True)
class PythonResult:
    """Outcome of one snippet.

    Attributes:
        stdout, stderr: what was printed; an error is on stderr, as Python prints it.
        shown: repr of the last statement, if it is an expression whose value is not None; cut at 10,000 characters.
        exit_code: 0; 1 after an error; what the snippet gave to `exit`; 124 after a timeout, 130 after a cancel.
        duration: seconds.
        truncated: it printed more than was kept, and was stopped for it.
        changes: paths that it changed, in order.
    """

    stdout: str
    stderr: str
    shown: str | None
    exit_code: int
    duration: float
    truncated: bool
    changes: tuple[Change, ...]

    @property
    def ok(self) -> bool:
        return self.exit_code == 0

    @property
    def value(self) -> Any:
        """The last value: numbers, texts, None, and lists, tuples, sets and dicts of them; of all else its repr."""
        if self.shown is None:
            return None
        try:
            with warnings.catch_warnings(action="ignore"):  # of the parser, about text that is no Python at all
                return ast.literal_eval(self.shown)
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            return self.shown


def run_python(
    fs: FileSystem,
    code: str,
    *,
    name: str = "<python>",
    cwd: str = paths.ROOT,
    argv: Sequence[str] = (),
    stdin: bytes = b"",
    env: Mapping[str, str] | None = None,
    limits: PythonLimits | None = None,
    actor: str = "",
) -> PythonResult:
    """Run a snippet and wait for it. Ctrl-C stops it.

    Args:
        name: what tracebacks call it; a path is also `__file__`.
        argv: found in the global `argv`.

    Raises:
        InvalidRequest: the code is no text, or too much of it.
        NotFound, NotADirectory: `cwd`.
        LimitExceeded: too many run at once.
        Unsupported: the interpreter is not installed.
    """
    snippet = Snippet(
        fs, code, name=name, cwd=cwd, argv=argv, stdin=stdin, env=env, limits=limits, actor=actor, show_value=True
    )
    return job.run(snippet, snippet.limits.seconds)


class Snippet:
    """A snippet to be run once. See `run_python` for the arguments, and `job.Job` for the methods."""

    def __init__(
        self,
        fs: FileSystem,
        code: str,
        *,
        name: str,
        cwd: str = paths.ROOT,
        argv: Sequence[str] = (),
        stdin: bytes = b"",
        env: Mapping[str, str] | None = None,
        limits: PythonLimits | None = None,
        actor: str = "",
        show_value: bool = False,
    ) -> None:
        self.limits = limits or PythonLimits()
        self._fs = fs
        self._code = source.checked(code)
        self._name = name
        self._cwd = paths.normalize(cwd)
        require_directory(fs, self._cwd)
        self._argv = [name, *argv]
        self._actor = actor
        self._spelled = spelling.respelled(self._code)
        self._parts = source.split(self._spelled) if show_value else None
        self._stopping = threading.Event()
        self._desk = syscalls.Desk(
            fs=fs, env=dict(env or {}), stdin=stdin, sleep=self._sleep, largest=self.limits.memory_bytes
        )
        self._printed = _Printed(self.limits.output_bytes)
        self._shown: str | None = None
        self._why: Stop | None = None
        self._worker: int | None = None
        self._lock = threading.Lock()  # guards the two above; held for moments
        self._origins: dict[str, tracebacks.Origin] = {}
        self._feeds = 0

    # ------------------------------------------------------------ as a job

    def perform(self) -> PythonResult:
        started = time.monotonic()
        label = f"python: {self._code.strip()[:_LABEL_LENGTH]}"
        with self._fs.action(label, self._actor) as action:
            before = len(action.changes)  # the snippet may be part of a greater action
            exit_code, words = self._outcome()
            changes = tuple(action.changes[before:])
        return PythonResult(
            stdout=self._printed.text("stdout"),
            stderr=self._printed.text("stderr") + words,
            shown=self._shown,
            exit_code=exit_code,
            duration=time.monotonic() - started,
            truncated=self._why is Stop.OUTPUT,
            changes=changes,
        )

    def stop(self, why: Stop) -> None:
        with self._lock:
            self._why = self._why or why
            if self._worker is not None:
                _kill(self._worker)
        self._stopping.set()

    # ------------------------------------------------------------ one session of the interpreter

    def _outcome(self) -> tuple[int, str]:
        """Run, and give the exit code with what is to be said about it."""
        from pydantic_monty import MontyCrashedError, MontyError  # noqa: PLC0415 - see `pool`

        try:
            with POOL.workers().checkout(script_name=self._name, **self._terms()) as session:
                self._work(session)
        except MontyError as problem:
            if self._why is not None:
                return self._why.exit_code, self._stopped(self._why)
            if isinstance(problem, MontyCrashedError):
                return 1, f"python: the interpreter ended unexpectedly: {problem}\n"
            return self._failed(problem)
        except TimeoutError:
            raise LimitExceeded("too many snippets run at once") from None
        return 0, ""

    def _terms(self) -> dict[str, Any]:
        limits = {
            "max_feed_duration_secs": self.limits.seconds,
            "max_memory": self.limits.memory_bytes,
            "max_suspensions": self.limits.operations,
        }
        return {"limits": limits, "os_policy": {"sleep": "call_host"}}

    def _work(self, session: MontySession) -> None:
        with self._lock:
            self._worker = session.worker_pid
            if self._why is not None and self._worker is not None:  # the stop came before there was a worker
                _kill(self._worker)
        try:
            self._feed_all(session)
        finally:
            with self._lock:
                self._worker = None  # from here on it may work for somebody else

    def _feed_all(self, session: MontySession) -> None:
        text = self._desk.stdin.decode("utf-8", "replace") if spelling.reads_stdin(self._spelled) else ""
        self._feed(session, _PRELUDE, inputs={"argv": self._argv, spelling.TEXT: text})
        written = self._code.splitlines()
        parts = self._parts
        if parts is None or not self._parses(session, f"{parts.body}\n{_valued(parts)}"):
            self._feed(session, f"{self._spelled}\nNone", tracebacks.Origin(self._name, written))
            return
        self._feed(session, f"{parts.body}\nNone", tracebacks.Origin(self._name, written))
        self._feed(session, _valued(parts), tracebacks.Origin(self._name, written, parts.line - 2))
        self._show(session)

    def _parses(self, session: MontySession, code: str) -> bool:
        """Let the interpreter read code without running any of it."""
        from pydantic_monty import MontyRuntimeError, MontySyntaxError  # noqa: PLC0415 - see `pool`

        try:
            self._feed(session, f"raise SystemExit\n{code}\nNone")
        except MontySyntaxError:
            return False
        except MontyRuntimeError as problem:
            return isinstance(problem.exception(), SystemExit)
        return False

    def _show(self, session: MontySession) -> None:
        """Fetch the repr of the last value, made and cut over there; `!r` can't be redefined as `repr` can."""
        done = self._feed(session, f"f'{{{_VALUE}!r:.{_SHOWN_VALUE}}}'")
        shown = str(done.output)
        self._shown = None if shown == "None" else shown

    def _feed(
        self,
        session: MontySession,
        code: str,
        origin: tracebacks.Origin | None = None,
        inputs: dict[str, Any] | None = None,
    ) -> Any:
        """Run code in the session and answer what it asks for; gives the interpreter's last word."""
        from pydantic_monty import MontyComplete  # noqa: PLC0415 - see `pool`

        if origin is not None:
            self._origins[f"<python-input-{self._feeds}>"] = origin
        self._feeds += 1
        step: Step = session.feed_start(code, inputs=inputs, print_callback=self._print, cwd=self._cwd)
        while not isinstance(step, MontyComplete):
            step = self._answer(step)
        return step

    def _answer(self, step: Any) -> Step:
        """Answer one request. Its arguments are only looked at where the table says who takes them."""
        call = syscalls.SYSCALLS.get(getattr(step, "function_name", "")) if _is_system_call(step) else None
        if call is None:
            refused: Step = step.resume_auto()
            return refused
        try:
            answer = {"return_value": call(self._desk, *step.args, **step.kwargs)}
        except (OSError, ValueError, SandfsError) as problem:
            answer = {"exception": syscalls.translate(problem)}
        resumed: Step = step.resume(answer)
        return resumed

    def _print(self, stream: str, text: str) -> None:
        if not self._printed.add(stream, text):
            self.stop(Stop.OUTPUT)

    def _sleep(self, seconds: float) -> None:
        self._stopping.wait(min(seconds, _LONGEST_SLEEP))

    # ------------------------------------------------------------ what is said when it fails

    def _failed(self, problem: MontyError) -> tuple[int, str]:
        from pydantic_monty import MontyRuntimeError, MontySyntaxError  # noqa: PLC0415 - see `pool`

        inner = problem.exception()
        if isinstance(inner, SystemExit):
            return _exit(str(inner))
        if not isinstance(problem, MontyRuntimeError | MontySyntaxError):
            return 1, f"{problem}\n"
        if isinstance(inner, TimeoutError) and "time limit exceeded" in str(inner):
            return Stop.TIMEOUT.exit_code, self._stopped(Stop.TIMEOUT)
        advice = subset.hint(type(inner).__name__, str(inner)) or self._advice(inner)
        return 1, tracebacks.render(problem, self._origins) + (f"python: {advice}\n" if advice else "")

    def _advice(self, inner: BaseException) -> str:
        """What is known here and nowhere else: the source, and the limits."""
        if isinstance(inner, RuntimeError) and str(inner).startswith("suspension limit"):
            return f"the limit is {self.limits.operations} operations on files"
        return ""

    def _stopped(self, why: Stop) -> str:
        words = {
            Stop.TIMEOUT: f"stopped after {self.limits.seconds:g} s",
            Stop.OUTPUT: f"stopped: it printed more than {self.limits.output_bytes} bytes",
        }
        return f"python: {words.get(why, 'interrupted')}\n"


class _Printed:
    """What a snippet printed, up to a limit."""

    def __init__(self, limit: int) -> None:
        self._parts: Mapping[str, list[bytes]] = {"stdout": [], "stderr": []}
        self._room = {"stdout": limit, "stderr": limit}

    def add(self, stream: str, text: str) -> bool:
        """Keep what there is room for; False when that is not all of it."""
        raw = text.encode("utf-8", "replace")
        self._parts[stream].append(raw[: self._room[stream]])
        self._room[stream] -= len(raw)
        if self._room[stream] >= 0:
            return True
        self._room[stream] = 0
        return False

    def text(self, stream: str) -> str:
        return b"".join(self._parts[stream]).decode("utf-8", "ignore")


def _valued(parts: source.Parts) -> str:
    """Keep the value of an expression; its first line is the second one of this."""
    return f"{_VALUE} = (\n{parts.last}\n)\nNone"


def _is_system_call(step: Any) -> bool:
    return bool(getattr(step, "is_os_function", False))


def _exit(said: str) -> tuple[int, str]:
    """What `SystemExit` means: a number is the exit code, nothing or None is 0, any other text is printed."""
    if said in {"", "None"}:
        return 0, ""
    try:
        return int(said) & 0xFF, ""
    except ValueError:
        return 1, f"{tracebacks.shortened(said, _SHOWN_VALUE)}\n"


def _kill(worker: int) -> None:
    with contextlib.suppress(ProcessLookupError):  # it has ended by itself
        os.kill(worker, getattr(signal, "SIGKILL", signal.SIGTERM))
