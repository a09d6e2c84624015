"""What the shell asks of the interpreter behind it: small enough that a second one could take its place."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from jupyter_sandfs.shell.capsule import Guard
from jupyter_sandfs.shell.command import Output
from jupyter_sandfs.vfs.interface import FileSystem


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one run.

    Attributes:
        seconds: wall clock; checked between commands, and by long-running commands of ours.
        commands: commands executed.
        output_bytes: of stdout and of stderr, each.
    """

    seconds: float = 30.0
    commands: int = 100_000
    output_bytes: int = 1 << 20


@dataclass(frozen=True, slots=True)
class RawResult:
    """What the engine said about one run, before the shell adds what only it knows."""

    stdout: str
    stderr: str
    exit_code: int
    truncated: bool
    cwd: str


@dataclass(frozen=True, slots=True)
class CallFacts:
    """One call of a command, as the engine tells it.

    Attributes:
        stdin: None without a pipe or redirection.
        descriptor: gives what is behind a path such as /dev/fd/63, which is the engine's and not in the file system.
    """

    name: str
    argv: tuple[str, ...]
    stdin: bytes | None
    env: Mapping[str, str]
    cwd: str
    descriptor: Callable[[str], bytes] | None = None


Handler = Callable[[CallFacts], Output] | Callable[[CallFacts], Coroutine[Any, Any, Output]]
"""Performs a call. It must not raise; a coroutine function is awaited, and may be dropped at the engine's deadline."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """All that an engine starts from.

    Attributes:
        system: becomes `/`.
        guard: entered around each call of the file system.
        allowed: the only commands beside the language itself; None is all.
    """

    system: FileSystem
    cwd: str
    env: Mapping[str, str]
    limits: Limits
    guard: Guard
    allowed: frozenset[str] | None = None


class Engine(Protocol):
    """An interpreter with a state of its own: directory, variables, functions."""

    def run(self, line: str) -> RawResult:
        """Run a line or script to its end; called from one thread at a time."""

    def cancel(self) -> None:
        """Make the current run stop as soon as it can; from any thread."""

    def rearm(self) -> None:
        """Forget a cancel, so that the next run starts; called when nothing runs."""

    def turn_to(self, system: FileSystem) -> None:
        """Make another file system `/`; also called by a command, while a line runs."""

    def register(self, commands: Mapping[str, Handler]) -> None:
        """Make these the commands beyond the engine's own; the state stays. Called when nothing runs."""

    def state(self) -> bytes:
        """Directory, variables and functions, for `adopt` of another one; called when nothing runs."""

    def adopt(self, state: bytes) -> None:
        """Go on with what another one's `state` gave."""


EngineFactory = Callable[[Setup, Mapping[str, Handler]], Engine]
