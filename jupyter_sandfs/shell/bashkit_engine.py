"""The engine: bashkit, a bash interpreter in Rust, with our file system mounted live at `/`."""

from __future__ import annotations

import functools
import inspect
import re
from collections.abc import Callable, Coroutine, Iterable, Iterator, Mapping
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

from jupyter_sandfs.errors import Unsupported
from jupyter_sandfs.shell import caps
from jupyter_sandfs.shell.absent import OF_THE_ENGINE, absences, with_advice
from jupyter_sandfs.shell.capsule import Mount
from jupyter_sandfs.shell.command import Output
from jupyter_sandfs.shell.engine import CallFacts, Handler, RawResult, Setup
from jupyter_sandfs.shell.interpreters import misread
from jupyter_sandfs.shell.language import LANGUAGE
from jupyter_sandfs.shell.restriction import NoPrograms, offered, refusals
from jupyter_sandfs.shell.stand_ins import programs
from jupyter_sandfs.vfs.interface import FileSystem

if TYPE_CHECKING:
    from bashkit import Bash

_USER = "sandbox"

_FAILURES: tuple[tuple[str, str, int], ...] = (
    ("resource limit exceeded: execution timeout", "timed out", 124),
    ("execution cancelled", "interrupted", 130),
    ("parse error", "", 2),
    # A few commands (tee, tar, gzip, split, join …) give up for the whole script when a file cannot be used.
    ("io error: ", "the script ends here: ", 1),
)
"""How the engine's own failures begin, what we say instead (nothing: its words), and the exit code bash would give."""

_REWORDINGS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], str]], ...] = (
    # A command of ours is suggested twice if the engine has one of that name, too.
    (re.compile(r"Did you mean: ([^?\n]+)\?"), lambda found: f"Did you mean: {_once_each(found[1])}?"),
    # Rust's word for an error with a text of its own; no tool prints it.
    (re.compile(r"(?<=: )io error: "), lambda _: ""),
)


_STREAMED = ("cat", "echo", "false", "grep", "printf", "test", "tr", "true")
_TWIN = "@"
"""The engine streams pipes into commands of these names, and a command of ours of the same name would get nothing.
Such a one is registered under a twin's name as well, and an alias leads there wherever a line calls it.
"""


class BashkitEngine:
    """One interpreter. See `engine.Engine` for the contract."""

    def __init__(self, setup: Setup, commands: Mapping[str, Handler]) -> None:
        self._setup = setup
        self._mount = Mount(self._shown(setup.system), setup.guard)
        self._waits = _Waits()
        self._aliased: list[str] = []
        self._bash = self._start(commands)
        if self._aliased:
            self.adopt(_aliasing(_import_bashkit(), setup.cwd, tuple(setup.env.items()), tuple(self._aliased)))

    def run(self, line: str) -> RawResult:
        limit = self._setup.limits.output_bytes
        partial = _Partial(limit)
        self._mount.patterns.begin()
        try:
            result = self._bash.execute_sync(line, partial.add)
        finally:
            self._waits.close()
        stdout, told, status = _outcome(result, partial)
        cwd = self._cwd()
        scripts = self._misread(told, cwd) if told else ()
        notes = (*scripts, *caps.of_braces(line), *self._mount.patterns.notes())
        stderr = told + "".join(f"sh: {note}\n" for note in notes)
        kept_out, kept_error = _cut(stdout, limit), _cut(stderr, limit)
        cut = (kept_out, kept_error) != (stdout, told) or result.stdout_truncated or result.stderr_truncated
        cut = cut or partial.truncated or caps.complained(told)
        return RawResult(kept_out, kept_error, status, cut, cwd)

    def _misread(self, told: str, cwd: str) -> tuple[str, ...]:
        with self._setup.guard() or nullcontext():
            return tuple(misread(told, self._mount.system, cwd))

    def cancel(self) -> None:
        self._bash.cancel()

    def rearm(self) -> None:
        self._bash.clear_cancel()

    def turn_to(self, system: FileSystem) -> None:
        self._mount.system = self._shown(system)

    def register(self, commands: Mapping[str, Handler]) -> None:
        # The interpreter takes commands only when it is made, so a new one goes on with the old one's state.
        old = self._bash
        self._bash = self._start(commands)
        old.execute_sync(_alias(self._aliased))
        self.adopt(_state(old))

    def state(self) -> bytes:
        return _state(self._bash)

    def adopt(self, state: bytes) -> None:
        self._bash.restore_snapshot(state)

    def _start(self, commands: Mapping[str, Handler]) -> Bash:
        bashkit = _import_bashkit()
        setup = self._setup
        own = _known(bashkit) - OF_THE_ENGINE
        if setup.allowed is not None:
            commands = refusals(own - LANGUAGE - setup.allowed) | dict(commands)
        self._mount.programs = programs(own - commands.keys() | offered(commands))
        commands = absences() | dict(commands)
        self._aliased = [name for name in _STREAMED if name in commands]
        bash: Bash = bashkit.Bash(
            username=_USER,
            hostname=_USER,
            cwd=setup.cwd,
            env=dict(setup.env),
            max_commands=setup.limits.commands,
            max_loop_iterations=setup.limits.commands,
            timeout_seconds=setup.limits.seconds,
            # All bounds of a run are the same in each profile, or given here; the others end a session, too, for good:
            # after 1,000 runs, or 100,000 commands in all.
            profile=bashkit.ExecutionProfile.Interactive,
            custom_builtins={
                name: _builtin(handler, bashkit.BuiltinResult, self._waits) for name, handler in _twinned(commands)
            },
        )
        bash.mount("/", bashkit.FileSystem.from_capsule(self._mount.capsule()))
        return bash

    def _shown(self, system: FileSystem) -> FileSystem:
        return system if self._setup.allowed is None else NoPrograms(system)

    def _cwd(self) -> str:
        return str(self._bash.shell_state().cwd)


def _twinned(commands: Mapping[str, Handler]) -> Iterator[tuple[str, Handler]]:
    for name, handler in commands.items():
        yield name, handler
        if name in _STREAMED:
            yield name + _TWIN, handler


def _state(bash: Bash) -> bytes:
    return bytes(bash.snapshot(exclude_filesystem=True))


def _alias(names: Iterable[str]) -> str:
    """The line that leads names which the engine streams into to their twins."""
    return f"shopt -s expand_aliases; alias {' '.join(f'{name}={name}{_TWIN}' for name in names)}"


@functools.lru_cache(maxsize=64)
def _aliasing(bashkit: Any, cwd: str, env: tuple[tuple[str, str], ...], names: tuple[str, ...]) -> bytes:
    """The state of a new interpreter with these aliases; a line of its own would be the first in `history`."""
    bash = bashkit.Bash(username=_USER, hostname=_USER, cwd=cwd, env=dict(env))
    bash.execute_sync(_alias(names))
    return _state(bash)


@functools.cache
def _known(bashkit: Any) -> frozenset[str]:
    """The names of all commands of the engine's own."""
    return frozenset(bashkit.Bash().execute_sync("compgen -c").stdout.split())


def _import_bashkit() -> Any:
    try:
        import bashkit  # noqa: PLC0415 - 40 MB that only a shell in use needs
    except ImportError as problem:
        raise Unsupported("the shell needs the package bashkit, which has no wheel for this platform") from problem
    return bashkit


class _Partial:
    """Output as it comes, kept for runs that end early: the engine then reports none of it."""

    def __init__(self, limit: int) -> None:
        self._room = limit
        self._parts: tuple[list[str], list[str]] = ([], [])
        self.truncated = False

    def add(self, stdout: str, stderr: str) -> None:
        for kept, text in zip(self._parts, (stdout, stderr), strict=True):
            kept.append(text[: self._room])
            self.truncated |= len(text) > self._room
            self._room -= min(len(text), self._room)

    @property
    def texts(self) -> tuple[str, str]:
        stdout, stderr = self._parts
        return "".join(stdout), "".join(stderr)


def _outcome(result: Any, partial: _Partial) -> tuple[str, str, int]:
    """Give stdout, stderr and exit code, with the engine's failures worded as a shell would."""
    if result.error is None:
        return result.stdout, _reworded(result.stderr), result.exit_code
    stdout, stderr = partial.texts
    words, status = _failure(result.error)
    return stdout, _reworded(f"{stderr}sh: {words}\n"), status


def _reworded(stderr: str) -> str:
    for pattern, words in _REWORDINGS:
        stderr = pattern.sub(words, stderr)
    return with_advice(stderr)


def _once_each(names: str) -> str:
    return ", ".join(dict.fromkeys(name.removesuffix(_TWIN) for name in names.split(", ")))


def _failure(error: str) -> tuple[str, int]:
    for beginning, words, status in _FAILURES:
        if error.startswith(beginning):
            return error.replace(beginning, words) if words else error, status
    return error, 1


def _cut(text: str, limit: int) -> str:
    raw = text.encode("utf-8", "replace")
    return text if len(raw) <= limit else raw[:limit].decode("utf-8", "ignore")


class _Waits:
    """Coroutines made for the engine. A cancel lets it drop one before its first step, of which Python would warn."""

    def __init__(self) -> None:
        self._made: list[Coroutine[Any, Any, Any]] = []

    def keep(self, made: Coroutine[Any, Any, Any]) -> Coroutine[Any, Any, Any]:
        self._made = [each for each in self._made if inspect.getcoroutinestate(each) != inspect.CORO_CLOSED]
        self._made.append(made)
        return made

    def close(self) -> None:
        """Close those that nobody began."""
        for each in self._made:
            if inspect.getcoroutinestate(each) == inspect.CORO_CREATED:
                each.close()
        self._made = []


class _Waiting(functools.partial[Any]):
    """A coroutine function, as `inspect` tells the engine, that keeps what it makes."""

    def __call__(self, context: Any) -> Any:
        waits, handler, reply = self.args
        return waits.keep(self.func(handler, reply, context))


async def _wait(handler: Any, reply: Callable[[Output], Any], context: Any) -> Any:
    return reply(await handler(_facts(context)))


def _builtin(handler: Handler, result_type: Callable[[str, str, int], Any], waits: _Waits) -> Callable[[Any], Any]:
    """Adapt a handler to the engine, which tells a function that waits by its being declared `async`."""

    def reply(output: Any) -> Any:
        return result_type(_text(output.stdout), output.stderr, output.exit_code)

    def call(context: Any) -> Any:
        return reply(handler(_facts(context)))

    return _Waiting(_wait, waits, handler, reply) if inspect.iscoroutinefunction(handler) else call


def _facts(context: Any) -> CallFacts:
    stdin = None if context.stdin is None else context.stdin.encode()
    return CallFacts(
        context.name.removesuffix(_TWIN), tuple(context.argv), stdin, context.env, context.cwd, context.fs.read_file
    )


def _text(printed: str | bytes) -> str:
    return printed if isinstance(printed, str) else printed.decode("utf-8", "replace")
