"""Commands of the host on what a view sees of a directory.

The directory becomes a private one of the host, the command runs there behind a wall (see `bubblewrap`), and
everything is discarded; with `sync`, what was changed is written back first, through the file system.
"""

from __future__ import annotations

import os
import shlex
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from jupyter_sandfs import paths
from jupyter_sandfs.errors import InvalidRequest, Unsupported
from jupyter_sandfs.execution import bubblewrap, environment, job, watches, worktree, writeback
from jupyter_sandfs.execution.bubblewrap import Wall
from jupyter_sandfs.execution.job import Stop
from jupyter_sandfs.execution.scratch import scratch
from jupyter_sandfs.execution.supervision import Ended, Inside, Watch, supervise
from jupyter_sandfs.execution.worktree import Passed, Report
from jupyter_sandfs.vfs.interface import FileSystem, require_directory

if TYPE_CHECKING:
    from jupyter_sandfs.vfs.actions import Change

_LABEL_LENGTH = 200
_OVERHEAD = 30.0  # seconds that copying out and back may take beside the command itself
_TOLD = 20  # refused paths that are listed
_BLOCK = 512  # bytes in a unit of the shell's `ulimit -f`
_LAUNCH = (
    "echo; read -r go || exit 1; "
    "for each in '-c 0' '-f {blocks}' '-v {kilobytes}' '-t {cpu}'; do ulimit $each 2>/dev/null; done; {processes}"
    '"$@"; exit $?'
)
"""Answers, waits for the word to go (see `supervise`), sets limits and runs the command. The shell stays, as the first
process, so that the command is an ordinary one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HostLimits:
    """Bounds of one command.

    Attributes:
        seconds: wall clock, and computing time of each process.
        memory_bytes: address space of each process, and memory of all of them together.
        processes: at once.
        file_bytes: size of one file that it writes.
        disk_bytes: by which the disk may fill up meanwhile.
        output_bytes: of stdout and of stderr, each; what is over it is dropped.
        tree_bytes: content of all files that are copied out, and of all that may come back.
        tree_entries: files and directories, the same.
    """

    seconds: float = 60.0
    memory_bytes: int = 4 << 30
    processes: int = 256
    file_bytes: int = 1 << 30
    disk_bytes: int = 4 << 30
    output_bytes: int = 1 << 20
    tree_bytes: int = 2 << 30
    tree_entries: int = 100_000

    def __post_init__(self) -> None:
        if min(getattr(self, name) for name in self.__slots__) <= 0:
            raise InvalidRequest("limits of host commands are greater than 0")


@dataclass(frozen=True, slots=True, kw_only=True)
class HostOptions:
    """What the owner of the process allows.

    Attributes:
        allow_unisolated: run without a wall where none can be had, with a warning for each call.
        prefixes: installations of Python to show beside /usr; None shows no more than /usr.
        find: gives the wall, or why there is none.
    """

    allow_unisolated: bool = False
    prefixes: tuple[str, ...] | None = field(default_factory=bubblewrap.interpreter_prefixes)
    limits: HostLimits = field(default_factory=HostLimits)
    find: Callable[[], Wall | str] = bubblewrap.find


@dataclass(frozen=True, slots=True)
class HostResult:
    """Outcome of one command.

    Attributes:
        output: what it printed on stdout.
        stderr: what it printed there, and what is to be said about the run.
        exit_code: its own; 124 after a timeout, 130 after a cancel, 127 if there is no such command. One that ended
            well but whose changes were refused has 1.
        duration: seconds, copying included.
        truncated: it printed more than was kept.
        changes: paths that were written back, in order.
        refused: paths that could not be, with the reasons; nothing was written back then.
        left_out: files that it did not get to see, and what never comes back: links, special files.
        isolation: "bubblewrap" or "none".
        missing: what that does not protect from.
    """

    output: bytes
    stderr: str
    exit_code: int
    duration: float
    truncated: bool
    changes: tuple[Change, ...]
    refused: tuple[Passed, ...]
    left_out: tuple[Passed, ...]
    isolation: str
    missing: tuple[str, ...]

    @property
    def stdout(self) -> str:
        """The output as text; bytes that are not UTF-8 are shown as U+FFFD."""
        return self.output.decode("utf-8", "replace")

    @property
    def ok(self) -> bool:
        return self.exit_code == 0


def run_host(
    fs: FileSystem,
    argv: Sequence[str],
    path: str = paths.ROOT,
    *,
    sync: bool = False,
    stdin: bytes = b"",
    options: HostOptions | None = None,
    actor: str = "",
) -> HostResult:
    """Run a command of the host and wait for it. Ctrl-C stops it.

    Args:
        path: the directory that it gets, as its working directory; nothing else of the file system is there.
        sync: write back what it changed.

    Raises:
        Unsupported: no isolation can be had here, and running without it is not allowed; or it fails.
        NotFound, NotADirectory: `path`.
        LimitExceeded: too much to copy out, or to write back.
    """
    command = HostCommand(fs, argv, path, sync=sync, stdin=stdin, options=options, actor=actor)
    return job.run(command, command.seconds)


class HostCommand:
    """A command to be run once. See `run_host` for the arguments, and `job.Job` for the methods."""

    def __init__(
        self,
        fs: FileSystem,
        argv: Sequence[str],
        path: str,
        *,
        sync: bool = False,
        stdin: bytes = b"",
        options: HostOptions | None = None,
        actor: str = "",
    ) -> None:
        self._fs = fs
        self._argv = _checked(argv)
        self._path = paths.normalize(path)
        require_directory(fs, self._path)
        self._sync = sync
        self._stdin = stdin
        self._options = options or HostOptions()
        self._limits = self._options.limits
        self._actor = actor
        self._wall = self._found_wall()
        self._why: Stop | None = None
        self._lock = threading.Lock()  # guards `_why`: the first reason counts

    @property
    def seconds(self) -> float:
        """How long it may take with everything."""
        return self._limits.seconds + _OVERHEAD

    def perform(self) -> HostResult:
        started = time.monotonic()
        label = f"host: {shlex.join(self._argv)[:_LABEL_LENGTH]}"
        with self._fs.action(label, self._actor) as action:
            before = len(action.changes)  # the command may be part of a greater action
            try:
                ended, report = self._in_scratch()
            except _Stopped as stopped:
                ended, report = Ended(b"", b"", 0, why=stopped.why), Report()
            changes = () if report.refused else tuple(action.changes[before:])
        return self._result(ended, report, changes, time.monotonic() - started)

    def stop(self, why: Stop) -> None:
        with self._lock:
            self._why = self._why or why

    # ------------------------------------------------------------ the wall

    def _found_wall(self) -> Wall | str:
        """Give the wall, or why there is none. Raises Unsupported where that is no matter for a warning."""
        if os.name != "posix":
            raise Unsupported("host commands need Linux; on this system there are none")
        found = self._options.find()
        if isinstance(found, str) and not self._options.allow_unisolated:
            raise Unsupported(
                f"host commands are not run without isolation, and there is none here: {found}. "
                "Install bubblewrap, or allow it with c.SandFS.host_allow_unisolated = True"
            )
        return found

    @property
    def _prefixes(self) -> tuple[str, ...]:
        return bubblewrap.seen(self._options.prefixes or (), environment.homes())

    # ------------------------------------------------------------ the run

    def _in_scratch(self) -> tuple[Ended, Report]:
        bounds = worktree.Bounds(self._limits.tree_bytes, self._limits.tree_entries)
        selection = worktree.select(self._fs, self._path, bounds, self._check)
        with scratch(selection.size) as top:
            tree = top / "tree"
            tree.mkdir(mode=0o700)
            manifest = worktree.materialise(self._fs, self._path, selection, tree, bounds, self._check)
            self._hand_over(top, manifest)
            ended = self._run(top, tree)
            if not ended.begun and ended.why is None:
                words = ended.stderr.decode("utf-8", "replace").strip() or f"exit code {ended.exit_code}"
                raise Unsupported(f"the command could not be started: {words}")
            report = Report(left_out=manifest.left_out)
            if self._sync and ended.why is None:
                writeback.bring_back(self._fs, self._path, tree, manifest, bounds, self._check, report)
            return ended, report

    def _hand_over(self, top: Path, manifest: worktree.Manifest) -> None:
        """Make the tree that of the command's user, where it can be another than this process' own."""
        if isinstance(self._wall, str):
            return
        top.chmod(0o711)  # now it may be passed through, if its parents may
        self._wall = self._wall.that_reaches([top, *map(Path, self._prefixes)])
        if self._wall.user is None:
            top.chmod(0o700)
            return
        for relative in ("", *manifest.originals):
            os.chown(top / "tree" / relative, self._wall.user, self._wall.user, follow_symlinks=False)

    def _check(self) -> None:
        if self._why is not None:
            raise _Stopped(self._why)

    def _run(self, top: Path, tree: Path) -> Ended:
        if isinstance(self._wall, str):
            home = top / "home"
            home.mkdir()
            return self._supervised(
                self._limited(isolated=False), top, env=environment.variables(self._prefixes, str(home))
            )
        empty = top / "empty"
        empty.touch()
        empty.chmod(0o644)
        reads, writes = os.pipe()
        inside = Inside(reads)
        line = self._wall.around(
            self._limited(isolated=True),
            tree=tree,
            empty=empty,
            prefixes=self._prefixes,
            env=environment.variables(self._prefixes, "/tmp"),  # noqa: S108 - a file system of its own, inside
            status=writes,
        )
        try:
            return self._supervised(line, top, env={}, inside=inside, passed=(writes,))
        finally:
            inside.close()

    def _supervised(
        self,
        line: Sequence[str],
        top: Path,
        *,
        env: dict[str, str],
        inside: Inside | None = None,
        passed: Iterable[int] = (),
    ) -> Ended:
        return supervise(
            line,
            cwd=top / "tree",
            env=env,
            stdin=self._stdin,
            output_bytes=self._limits.output_bytes,
            seconds=self._limits.seconds,
            stopped=lambda: self._why,
            watches=self._watches(top, inside),
            inside=inside,
            passed=passed,
            identity={} if isinstance(self._wall, str) else self._wall.identity,
        )

    def _watches(self, top: Path, inside: Inside | None) -> list[Watch]:
        limits = self._limits
        disk = watches.disk(top, limits.disk_bytes)
        if inside is None:
            return [disk]
        return [disk, watches.crowd(inside, processes=limits.processes, memory_bytes=limits.memory_bytes)]

    def _limited(self, *, isolated: bool) -> list[str]:
        """The command behind a shell that sets its limits: set here, they would be this process', too."""
        limits = self._limits
        # Only behind a wall are the processes counted those of the command; outside they are all of the user's.
        count = f"ulimit -u {limits.processes} 2>/dev/null || ulimit -p {limits.processes} 2>/dev/null; "
        script = _LAUNCH.format(
            blocks=limits.file_bytes // _BLOCK,
            kilobytes=limits.memory_bytes // 1024,
            cpu=int(limits.seconds) + 1,
            processes=count if isolated else "",
        )
        return ["/bin/sh", "-c", script, "host", *self._argv]

    # ------------------------------------------------------------ the result

    def _result(self, ended: Ended, report: Report, changes: tuple[Change, ...], duration: float) -> HostResult:
        unisolated = isinstance(self._wall, str)
        exit_code = ended.why.exit_code if ended.why else ended.exit_code
        return HostResult(
            output=ended.stdout,
            stderr=self._warning() + ended.stderr.decode("utf-8", "replace") + self._remarks(ended, report),
            exit_code=exit_code or int(bool(report.refused)),
            duration=duration,
            truncated=ended.truncated,
            changes=changes,
            refused=tuple(report.refused),
            left_out=tuple(report.left_out),
            isolation="none" if unisolated else bubblewrap.NAME,
            missing=("everything",) if isinstance(self._wall, str) else self._wall.missing,
        )

    def _warning(self) -> str:
        if not isinstance(self._wall, str):
            return ""
        return f"host: warning: not isolated ({self._wall}): the command can reach this machine's files and network\n"

    def _remarks(self, ended: Ended, report: Report) -> str:
        limits = self._limits
        words = {
            Stop.TIMEOUT: f"stopped after {limits.seconds:g} s",
            Stop.PROCESSES: f"stopped: more than {limits.processes} processes",
            Stop.MEMORY: f"stopped: more than {limits.memory_bytes >> 20} MiB of memory",
            Stop.DISK: f"stopped: it wrote more than {limits.disk_bytes >> 20} MiB",
        }
        told = [words.get(ended.why, "interrupted")] if ended.why else []
        if report.refused:
            stays = f"what was written stays ({report.kept})" if report.kept else "nothing was written back"
            told.append(f"{stays}: some of it was refused")
        passed = [f"{each.path}: {each.reason}" for each in (*report.refused, *report.left_out)]
        told += passed[:_TOLD] + ([f"… and {len(passed) - _TOLD} more"] if len(passed) > _TOLD else [])
        return "".join(f"host: {line}\n" for line in told)


class _Stopped(Exception):
    def __init__(self, why: Stop) -> None:
        self.why = why
        super().__init__(why)


def _checked(argv: Sequence[str]) -> list[str]:
    if isinstance(argv, str) or not argv or not all(isinstance(word, str) for word in argv):
        raise InvalidRequest("a host command is a list of words, such as ['python3', 'script.py']")
    if any("\0" in word for word in argv):
        raise InvalidRequest("a word of a command holds no NUL")
    try:
        "".join(argv).encode()
    except UnicodeEncodeError:
        raise InvalidRequest("a word of a command is text in valid Unicode") from None
    return list(argv)
