"""What a command is: data (name, usage, options, help) plus one function."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from jupyter_sandfs import paths
from jupyter_sandfs.errors import LimitExceeded
from jupyter_sandfs.shell.options import Arguments, Option
from jupyter_sandfs.vfs.entries import Stat
from jupyter_sandfs.vfs.interface import FileSystem

_LONGEST_REASON = 500
_DIRECTORY_SIZE = 4096


@dataclass(frozen=True, slots=True)
class Output:
    """What a command answers. Bytes that are no UTF-8 are replaced: pipes of the engine's commands carry text."""

    stdout: str | bytes = ""
    stderr: str = ""
    exit_code: int = 0


@dataclass(frozen=True, slots=True, kw_only=True, weakref_slot=True)
class Surroundings:
    """What commands of one shell work with, beside their arguments.

    Attributes:
        fs: the file system as this shell sees it.
        commands: all commands of ours, by name.
        services: what the sandbox adds (its store, …), by name.
        now: the clock; aware datetimes.
        stopped: says whether the run was cancelled or is over its time.
        guard: entered where another thread is started, so that its changes belong to the run.
    """

    fs: FileSystem
    commands: Mapping[str, Command]
    services: Mapping[str, Any]
    now: Callable[[], datetime]
    stopped: Callable[[], bool]
    guard: Callable[[], AbstractContextManager[Any]] = nullcontext


@dataclass(frozen=True, slots=True, kw_only=True)
class Invocation:
    """One call of a command.

    Attributes:
        argv: arguments as the shell split them, without the name.
        arguments: the same, parsed by the command's options.
        stdin: what the pipe or redirection gives.
    """

    name: str
    argv: Sequence[str]
    stdin: bytes
    env: Mapping[str, str]
    cwd: str
    around: Surroundings
    arguments: Arguments = field(default_factory=Arguments)

    @property
    def fs(self) -> FileSystem:
        return self.around.fs

    @property
    def services(self) -> Mapping[str, Any]:
        return self.around.services

    def path(self, operand: str) -> str:
        """The absolute path that an operand means here."""
        return paths.normalize(operand, self.cwd)

    def check_time(self) -> None:
        """Raise LimitExceeded when the run is over; called once per step by commands that may take long."""
        if self.around.stopped():
            raise LimitExceeded("stopped")


Run = Callable[[Invocation], Output | Awaitable[Output]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A command of the shell.

    Attributes:
        usage: arguments as help shows them, without the name.
        help: one line.
        options: what it accepts; None leaves the arguments to the function.
        misuse: exit code for a wrong option, as the real tool has it.
        permute: options may stand behind operands; a command that runs another one must not take that one's.
    """

    name: str
    usage: str
    help: str
    run: Run
    options: tuple[Option, ...] | None = None
    misuse: int = 2
    permute: bool = True

    @property
    def synopsis(self) -> str:
        return f"{self.name} {self.usage}".strip()

    def describe(self) -> str:
        """The text of `--help`."""
        rows = [f"  {option.spelling:<24} {option.help}\n" for option in self.options or ()]
        listing = "\nOptions:\n" + "".join(rows) if rows else ""
        return f"Usage: {self.synopsis}\n{self.help}\n{listing}"


def reason(problem: BaseException) -> str:
    """Say in one line why something failed: the errno's own words where there is one, as the tools do."""
    number = getattr(problem, "errno", None)
    if isinstance(problem, OSError) and number:
        return os.strerror(number)
    text = " ".join(str(problem).split()) or type(problem).__name__
    return text[:_LONGEST_REASON]


def shown_size(stat: Stat) -> int:
    """The size in bytes that tools show: a directory takes a block, a link is as long as its target."""
    if stat.is_symlink:
        return len((stat.link_target or "").encode())
    return _DIRECTORY_SIZE if stat.is_dir else stat.size
