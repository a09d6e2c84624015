"""What a command is: data (name, usage, options, help) plus one function."""

from __future__ import annotations

import os
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from jupyter_sandfs import paths
from jupyter_sandfs.errors import LimitExceeded, NotADirectory, NotFound
from jupyter_sandfs.shell.branches import Branches
from jupyter_sandfs.shell.options import Arguments, Option
from jupyter_sandfs.vfs.entries import Stat
from jupyter_sandfs.vfs.interface import FileSystem

PIPE_BYTES = 14_000_000
"""What a command prints at most: the engine's pipes carry 32 MB, and a filter behind needs as much again."""

_DEVICE = re.compile(r"/dev/(null|stdin|fd/\d{1,4})", re.ASCII)
_STDIN_PATHS = frozenset(("/dev/stdin", "/dev/fd/0"))
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
        branches: the file systems that this shell may work on.
        commands: all commands of ours, by name.
        services: what the sandbox adds (its store, …), by name.
        now: the clock; aware datetimes.
        stopped: says whether the run was cancelled or is over its time.
        guard: entered, if there is one, where another thread is started, so that its changes belong to the run.
    """

    branches: Branches
    commands: Mapping[str, Command]
    services: Mapping[str, Any]
    now: Callable[[], datetime]
    stopped: Callable[[], bool]
    guard: Callable[[], AbstractContextManager[Any] | None] = nullcontext

    @property
    def fs(self) -> FileSystem:
        """The file system as this shell sees it now."""
        return self.branches.current


@dataclass(frozen=True, slots=True, kw_only=True)
class Invocation:
    """One call of a command.

    Attributes:
        argv: arguments as the shell split them, without the name.
        arguments: the same, parsed by the command's options.
        stdin: what the pipe or redirection gives.
        piped: there is a pipe or redirection.
        descriptor: reads the engine's own paths; see `read`.
    """

    name: str
    argv: Sequence[str]
    stdin: bytes
    env: Mapping[str, str]
    cwd: str
    around: Surroundings
    piped: bool = False
    descriptor: Callable[[str], bytes] | None = None
    arguments: Arguments = field(default_factory=Arguments)

    @property
    def fs(self) -> FileSystem:
        return self.around.fs

    @property
    def services(self) -> Mapping[str, Any]:
        return self.around.services

    def path(self, operand: str) -> str:
        """The absolute path that an operand means here. Raises NotFound for an empty one (POSIX, path resolution)."""
        if not operand:
            raise NotFound(operand)
        return paths.normalize(operand, self.cwd)

    def stat(self, operand: str, *, follow: bool = True) -> Stat:
        """Describe what an operand names; one that ends in a slash is a directory, or leads to one."""
        slashed = operand.endswith("/")
        stat = self.fs.stat(self.path(operand), follow=follow or slashed)
        if slashed and not stat.is_dir:
            raise NotADirectory(operand)
        return stat

    def is_device(self, operand: str) -> bool:
        """Say whether an operand names what is no file: /dev/null, standard input, or a process substitution."""
        return _DEVICE.fullmatch(self.path(operand)) is not None

    def read(self, operand: str) -> bytes:
        """Give the content of a file or device. Raises what `FileSystem.read_bytes` raises."""
        path = self.path(operand)
        if not self.is_device(operand):
            return self.fs.read_bytes(path)
        if path == "/dev/null":
            return b""
        if path in _STDIN_PATHS:
            return self.stdin
        try:
            return self.descriptor(path) if self.descriptor is not None else b""
        except Exception as problem:
            raise NotFound(path) from problem

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
        foreign: a user's function, which may do anything.
        respell: rewrites arguments that only look like options (`-5`, `-rwx`) before they are parsed.
    """

    name: str
    usage: str
    help: str
    run: Run
    options: tuple[Option, ...] | None = None
    misuse: int = 2
    permute: bool = True
    foreign: bool = False
    respell: Callable[[Sequence[str]], Sequence[str]] = tuple

    @property
    def synopsis(self) -> str:
        return f"{self.name} {self.usage}".strip()

    def describe(self) -> str:
        """The text of `--help`."""
        rows = [f"  {option.spelling:<24} {option.help}\n" for option in self.options or () if option.help]
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
