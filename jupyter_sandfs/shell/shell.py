"""The command line of a file system: one session with its own directory, variables and functions."""

from __future__ import annotations

import atexit
import re
import shlex
import threading
import time
import weakref
from collections.abc import Iterable, Mapping
from concurrent import futures
from dataclasses import replace
from datetime import UTC, datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from jupyter_sandfs import paths
from jupyter_sandfs.errors import InvalidRequest, LimitExceeded, MergeConflict
from jupyter_sandfs.execution.job import await_done
from jupyter_sandfs.shell.bashkit_engine import BashkitEngine
from jupyter_sandfs.shell.branches import Branches
from jupyter_sandfs.shell.command import Command, Surroundings
from jupyter_sandfs.shell.commands import COMMANDS
from jupyter_sandfs.shell.dispatch import UserFunction, from_function, handler
from jupyter_sandfs.shell.engine import Engine, EngineFactory, Handler, Limits, RawResult, Setup
from jupyter_sandfs.shell.language import LANGUAGE
from jupyter_sandfs.shell.rehearsal import Explanation, Rehearsal, rehearsed
from jupyter_sandfs.shell.restriction import refusals
from jupyter_sandfs.shell.results import ShellResult
from jupyter_sandfs.shell.run import Run, Stage, refuse_inside
from jupyter_sandfs.vfs.interface import FileSystem, require_directory
from jupyter_sandfs.vfs.views.view import View, ViewRule

if TYPE_CHECKING:
    from jupyter_sandfs.vfs.actions import Action, Change

_ENGINE_OUTPUT = 1 << 20  # bytes: the engine keeps no more, and has no option for it
_LABEL_LENGTH = 200
_GRACE = 2.0  # seconds that an interrupted caller waits for the run to stop
_HOME: Mapping[str, str] = {"HOME": "/", "USER": "sandbox", "LANG": "C.UTF-8", "TZ": "UTC"}

_COMMAND_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.+-]{0,63}")
_RESERVED = frozenset(
    (
        *("if", "then", "else", "elif", "fi", "for", "while", "until", "do", "done", "case", "esac", "in", "function"),
        *("select", "time", "break", "cd", "continue", "eval", "exec", "exit", "export", "local", "read", "readonly"),
        *("return", "set", "shift", "source", "trap", "unset"),
    )
)
"""Words that are the language itself: a command of such a name would never be called, or break scripts."""

_open: weakref.WeakSet[SandboxShell] = weakref.WeakSet()


class SandboxShell:
    """A bash session over a file system.

    Directory, variables and functions stay from one run to the next. Runs of one shell take turns; shells over the same
    file system run at once. Nothing of the host can be reached: no path, no process, no network.

    Args:
        view: a rule; the shell sees what `fs.view(view)` sees.
        timeout: seconds for one run.
        max_commands: commands executed in one run.
        max_output: bytes of stdout, and of stderr, kept of one run; at most 1 MiB.
        commands: commands beside those that every shell has; one of the same name replaces it.
        allowed_commands: the only ones that there are, beside bash itself (`cd`, `echo`, `test` and so on) and what is
            registered later; files can't be run as programs then, but by `bash FILE`.
        services: what these commands need of their sandbox, by name.
        actor: who acts, in the journal.
    """

    def __init__(
        self,
        fs: FileSystem,
        view: ViewRule | None = None,
        *,
        cwd: str = paths.ROOT,
        env: Mapping[str, str] | None = None,
        timeout: float = 30.0,
        max_commands: int = 100_000,
        max_output: int = _ENGINE_OUTPUT,
        commands: Iterable[Command] = (),
        allowed_commands: Iterable[str] | None = None,
        services: Mapping[str, Any] | None = None,
        actor: str = "",
        engine: EngineFactory = BashkitEngine,
    ) -> None:
        self._stage = Stage()
        main = fs if view is None else View(fs, view)
        self._branches = Branches(main, self._turn_to, self._stage.all_or_nothing)
        self._limits = _checked(Limits(timeout, max_commands, max_output))
        self._cwd = paths.normalize(cwd)
        require_directory(self.fs, self._cwd)
        self._env = dict(_HOME) | {"PWD": self._cwd} | dict(env or {})
        self._actor = actor
        self._allowed = None if allowed_commands is None else frozenset(_checked_names(allowed_commands))
        known = dict(COMMANDS) | {each.name: each for each in commands}
        self._commands = {name: each for name, each in known.items() if self._allows(name)}
        self._around = Surroundings(
            branches=self._branches,
            commands=MappingProxyType(self._commands),
            services=services or {},
            now=_now,
            stopped=self._stage.stopped,
            guard=self._stage.guard,
        )
        self._branch = self._branches.name  # after the last run
        self._new_engine = engine
        self._engine: Engine | None = None
        self._turn = threading.Lock()  # held for a whole run
        self._state = threading.Lock()  # guards who is on `_stage`; held for moments
        _open.add(self)

    @property
    def fs(self) -> FileSystem:
        """The file system as this shell sees it: that of the branch which it works on."""
        return self._branches.current

    @property
    def branch(self) -> str:
        """The name of that branch; `main` is what the shell was made for."""
        return self._branches.name

    @property
    def branches(self) -> list[str]:
        """The names of all of them, oldest first."""
        return self._branches.names

    @property
    def cwd(self) -> str:
        """The directory that the next run starts in."""
        return self._cwd

    @property
    def commands(self) -> Mapping[str, Command]:
        """The commands of ours and of the user's, by name; the engine's own are not among them."""
        return self._around.commands

    def exec(self, line: str, *, transaction: bool = False) -> ShellResult:
        """Run a line or a script and wait for it.

        Ctrl-C stops the run and passes on KeyboardInterrupt.

        Args:
            transaction: take back all that the run changed if it fails or is stopped.

        Raises:
            Unsupported: called from a command, hook or provider that a shell waits for; or the engine is missing.
            InvalidRequest: `line` is not valid text.
        """
        refuse_inside()
        run = self._new_run(line, transaction=transaction)
        try:
            run.start(self._work)
            await_done(run.future)
            return run.future.result()
        except KeyboardInterrupt:
            self._stop(run)
            futures.wait([run.future], timeout=_GRACE)
            raise

    async def exec_async(self, line: str, *, transaction: bool = False) -> ShellResult:
        """Run a line without blocking the event loop; cancelling the task stops the run."""
        import asyncio  # noqa: PLC0415 - only callers that have it loaded come here

        refuse_inside()
        run = self._new_run(line, transaction=transaction)
        run.start(self._work)
        try:
            return await asyncio.wrap_future(run.future)
        except asyncio.CancelledError:
            self._stop(run)
            raise

    def explain(self, line: str) -> Explanation:
        """Tell what a line would do, by running it on forks of the file system; nothing is changed or published.

        It starts from the session as it is now, with its branches, and leaves it so. Users' functions are not called.

        Raises:
            Unsupported, InvalidRequest: as `exec`.
        """
        refuse_inside()
        rehearsal = Rehearsal(self._around)
        return rehearsal.explained(self._twin(rehearsal).exec(line))

    def _twin(self, rehearsal: Rehearsal) -> SandboxShell:
        """Give a shell like this one for a dry run, in the same state."""
        with self._turn:
            twin = SandboxShell(
                rehearsal.branches.current,
                cwd=self._cwd,
                env=self._env,
                timeout=self._limits.seconds,
                max_commands=self._limits.commands,
                max_output=self._limits.output_bytes,
                commands=rehearsed(self._commands),
                allowed_commands=None if self._allowed is None else self._commands,
                services=rehearsal.services,
                actor=self._actor,
                engine=self._new_engine,
            )
            twin._branches.follow(rehearsal.branches)
            twin._branch = self._branch
            if self._engine is not None:
                twin._engine = self._new_engine(twin._setup(), twin._handlers())
                twin._engine.adopt(self._engine.state())
        return twin

    def cancel(self) -> None:
        """Stop what runs now, if anything; from any thread. Its result has exit code 130."""
        with self._state:
            if self._stage.run is not None:
                self._interrupt(self._stage.run)

    def register_command(self, name: str, function: UserFunction, help: str = "") -> None:  # noqa: A002 - the plain word
        """Add a command, or replace one.

        Args:
            name: letters, digits and `_.+-`; no word of the language.
            function: gets an `Invocation`; the str, bytes or `Output` that it returns is printed. An exception becomes
                one line on stderr and exit code 1.
            help: one line for `help`.

        Raises:
            InvalidRequest: not a name for a command.
        """
        if not _COMMAND_NAME.fullmatch(name) or name in _RESERVED:
            raise InvalidRequest(f"not a name for a command: {name!r}")
        refuse_inside()
        with self._turn:
            self._commands[name] = from_function(name, function, help=help)
            if self._engine is not None:
                self._engine.register(self._handlers())

    # ------------------------------------------------------------ a run, on its own thread

    def _new_run(self, line: str, *, transaction: bool = False) -> Run:
        return Run(_checked_line(line), self._limits.seconds, transaction=transaction)

    def _work(self, run: Run) -> None:
        with self._turn:
            if not run.begin():
                return
            try:
                run.future.set_result(self._perform(run))
            except BaseException as problem:  # noqa: BLE001 - it is the waiting caller's
                run.future.set_exception(problem)

    def _perform(self, run: Run) -> ShellResult:
        started, label = time.monotonic(), f"sh: {run.line[:_LABEL_LENGTH]}"
        if run.transaction:
            raw, changes = self._perform_whole(run, label)
        else:
            with self.fs.action(label, self._actor) as action:
                raw, changes = self._perform_under(run, action)
        self._cwd = self._nearest(raw.cwd)
        return ShellResult(
            stdout=raw.stdout,
            stderr=raw.stderr,
            exit_code=raw.exit_code,
            duration=time.monotonic() - started,
            truncated=raw.truncated,
            changes=changes,
        )

    def _perform_under(self, run: Run, action: Action) -> tuple[RawResult, tuple[Change, ...]]:
        run.action = action
        before = len(action.changes)  # the run may be part of a greater action
        raw = self._run_engine(run)
        return raw, tuple(action.changes[before:])

    def _perform_whole(self, run: Run, label: str) -> tuple[RawResult, tuple[Change, ...]]:
        """Run all or nothing: a failure leaves the transaction by an exception of our own, which rolls it back."""
        changes: tuple[Change, ...] = ()
        try:
            with self.fs.transaction(label, self._actor) as action:
                raw, changes = self._perform_under(run, action)
                _require_success(run, raw)
        except _Failed:
            told, changes = "the run failed: its changes were taken back", ()
        except (MergeConflict, LimitExceeded) as problem:
            told = f"the run failed, and its changes could not be taken back: {problem}"
        else:
            return raw, changes
        return replace(raw, stderr=f"{raw.stderr}sh: {told}\n", cwd=self._way_back(raw.cwd)), changes

    def _way_back(self, cwd: str) -> str:
        """Where to go on after a rollback, which may have taken the directory away."""
        if self.fs.is_dir(cwd) or self._engine is None:
            return cwd
        return self._engine.run(f"cd {shlex.quote(self._cwd)}").cwd

    def _nearest(self, cwd: str) -> str:
        """The directory to go on in: another branch may not have this one."""
        if self._branches.name == self._branch or self._engine is None:
            return cwd
        self._branch = self._branches.name
        there = next(each for each in (cwd, *reversed(paths.ancestors(cwd))) if self.fs.is_dir(each))
        return cwd if there == cwd else self._engine.run(f"cd {shlex.quote(there)}").cwd

    def _turn_to(self, system: FileSystem) -> None:
        if self._engine is not None:
            self._engine.turn_to(system)

    def _run_engine(self, run: Run) -> RawResult:
        with self._state:
            if self._engine is None:
                self._engine = self._new_engine(self._setup(), self._handlers())
            self._stage.run = run
            if run.cancelled:  # it came before there was an engine to tell
                self._engine.cancel()
        try:
            run.start_clock()
            return self._engine.run(run.line)
        finally:
            with self._state:
                self._stage.run = None
                self._engine.rearm()

    def _setup(self) -> Setup:
        return Setup(
            system=self.fs,
            cwd=self._cwd,
            env=self._env,
            limits=self._limits,
            guard=self._stage.guard,
            allowed=self._allowed,
        )

    def _allows(self, name: str) -> bool:
        return self._allowed is None or name in self._allowed or name in LANGUAGE

    def _handlers(self) -> dict[str, Handler]:
        ours = {command.name: handler(command, self._around) for command in self._commands.values()}
        return refusals(COMMANDS.keys() - ours.keys()) | ours

    # ------------------------------------------------------------ stopping

    def _stop(self, run: Run) -> None:
        with self._state:
            self._interrupt(run)

    def _interrupt(self, run: Run) -> None:
        run.cancel()
        if run is self._stage.run and self._engine is not None:
            self._engine.cancel()


class _Failed(Exception):
    """A run in a transaction did not end well: not told to anyone, only to the transaction."""


def _require_success(run: Run, raw: RawResult) -> None:
    if raw.exit_code or run.cancelled:
        raise _Failed


@atexit.register
def _stop_all() -> None:
    """Stop runs before the interpreter goes: a thread inside the engine would then crash the process."""
    for shell in list(_open):
        shell.cancel()
        if shell._turn.acquire(timeout=_GRACE):  # noqa: SLF001 - of this module's own class
            shell._turn.release()  # noqa: SLF001 - the same


def _now() -> datetime:
    return datetime.now(UTC)


def _checked(limits: Limits) -> Limits:
    if not limits.seconds > 0 or limits.commands < 1:
        raise InvalidRequest("timeout and max_commands are greater than 0")
    if not 0 < limits.output_bytes <= _ENGINE_OUTPUT:
        raise InvalidRequest(f"max_output is from 1 to {_ENGINE_OUTPUT} bytes")
    return limits


def _checked_names(names: Iterable[str]) -> list[str]:
    checked = list(names)
    wrong = [name for name in checked if not isinstance(name, str) or not _COMMAND_NAME.fullmatch(name)]
    if wrong or isinstance(names, str):
        raise InvalidRequest(f"allowed_commands are names of commands, not {wrong[0] if wrong else names!r}")
    return checked


def _checked_line(line: str) -> str:
    try:
        line.encode()
    except (AttributeError, UnicodeEncodeError):
        raise InvalidRequest("a command line is text in valid Unicode") from None
    return line
