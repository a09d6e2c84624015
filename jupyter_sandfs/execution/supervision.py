"""A process of the host while it runs: what it prints, how long it may take, and that nothing of it stays behind."""

from __future__ import annotations

import contextlib
import json
import os
import select
import selectors
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from jupyter_sandfs.execution.job import Stop

_TICK = 0.02  # seconds between looks at the clock, the cancel mark and the watches
_CHUNK = 1 << 16
_LINGER = 0.5  # seconds that output is read after the command itself has ended
_END = 10.0  # seconds that killed processes have to be gone
_STATUS = 4096
_GO = b"\n"
_BEHIND, _AHEAD = 10, -20  # niceness

Watch = Callable[[], Stop | None]
"""Looks at something that may go over a limit; called often, once the command has begun."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a process ended.

    Attributes:
        exit_code: as a shell tells it: 128 and the signal's number for one that was killed.
        begun: the command itself was started.
        why: set if it was stopped.
    """

    stdout: bytes
    stderr: bytes
    exit_code: int
    truncated: bool = False
    why: Stop | None = None
    begun: bool = False


class Kept:
    """Output up to a limit; the rest is read and dropped.

    Attributes:
        begun: something has come.
    """

    def __init__(self, limit: int, *, skipped: int = 0) -> None:
        self._limit = limit
        self._skipped = skipped  # bytes at the beginning that are none of the output
        self._parts: list[bytes] = []
        self._size = 0
        self.truncated = False
        self.begun = False

    def add(self, chunk: bytes) -> None:
        self.begun = True
        chunk, self._skipped = chunk[self._skipped :], max(self._skipped - len(chunk), 0)
        room = self._limit - self._size
        self._parts.append(chunk[:room])
        self._size += min(len(chunk), room)
        self.truncated |= len(chunk) > room

    @property
    def content(self) -> bytes:
        return b"".join(self._parts)


class Inside:
    """The processes behind a wall, seen from outside through their own /proc.

    Args:
        status: the end of a pipe on which bubblewrap tells, as JSON, the id of the first of them.
    """

    def __init__(self, status: int) -> None:
        self._status = status
        self._told = b""
        self._first: int | None = None
        self._handle: int | None = None

    def look(self) -> None:
        """Find the first process, once bubblewrap has told it."""
        while self._first is None and select.select([self._status], [], [], 0)[0] and len(self._told) < _STATUS:
            chunk = os.read(self._status, _STATUS)
            if not chunk:
                return
            self._told += chunk
            self._note()

    def _note(self) -> None:
        for line in self._told.splitlines():
            with contextlib.suppress(ValueError):
                said = json.loads(line)
                if "child-pid" in said and self._first is None:
                    self._first = int(said["child-pid"])
                    with contextlib.suppress(OSError):  # gone already
                        self._handle = os.pidfd_open(self._first)

    @property
    def ids(self) -> list[int]:
        """The first process, once it is known."""
        self.look()
        return [] if self._first is None else [self._first]

    def running(self) -> list[Path]:
        """A directory of /proc for each process; none without the right to look."""
        self.look()
        if self._first is None:
            return []
        try:
            return [each for each in Path(f"/proc/{self._first}/root/proc").iterdir() if each.name.isdigit()]
        except OSError:
            return []

    def kill(self) -> None:
        """End them all: the kernel takes the others with the first one, once that one gets to run."""
        self.look()
        if self._handle is not None and self._first is not None:
            with contextlib.suppress(OSError):
                os.setpriority(os.PRIO_PROCESS, self._first, _AHEAD)
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._handle, signal.SIGKILL)

    def wait(self, seconds: float) -> bool:
        """Wait until the last of them is gone; False if that takes longer."""
        return self._handle is None or bool(select.select([self._handle], [], [], seconds)[0])

    def close(self) -> None:
        os.close(self._status)
        if self._handle is not None:
            os.close(self._handle)


def resident_pages(process: Path) -> int:
    """Memory that a process, by its directory of /proc, has in use; 0 if it has just ended."""
    try:
        return int((process / "statm").read_text().split()[1])
    except (OSError, IndexError, ValueError):
        return 0


def supervise(
    line: Sequence[str],
    *,
    cwd: Path,
    env: dict[str, str],
    stdin: bytes,
    output_bytes: int,
    seconds: float,
    stopped: Callable[[], Stop | None],
    watches: Iterable[Watch] = (),
    inside: Inside | None = None,
    passed: Iterable[int] = (),
    identity: Mapping[str, Any] | None = None,
) -> Ended:
    """Run a command to its end, or until it has to be stopped; afterwards none of its processes is left.

    The command prints an empty line first and then waits for one on its input. Only then is everything set up that ends
    it together with this process: were this process killed before, the command would see its input end.

    Args:
        output_bytes: of stdout, and of stderr.
        inside: the processes behind a wall; without one, the command's process group is what can be ended.
        passed: file descriptors for the command; closed here.
        identity: arguments of `subprocess` that say as whom it runs.

    Raises:
        OSError: it can't be started.
    """
    deadline = time.monotonic() + seconds
    passed = tuple(passed)
    try:
        process = subprocess.Popen(  # noqa: S603 - running what the user asked for is the point
            line,
            cwd=cwd,
            env=env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
            pass_fds=passed,
            **(identity or {}),
        )
    finally:
        for descriptor in passed:
            os.close(descriptor)

    def reason() -> Stop | None:
        if why := stopped():
            return why
        if time.monotonic() > deadline:
            return Stop.TIMEOUT
        # Before the command answers, what stands for its /proc may still be that of the host.
        return next((why for watch in watches if (why := watch())), None) if traffic.stdout.begun else None

    def settle() -> None:
        _give_way([process.pid, *(inside.ids if inside else ())])

    with process:
        traffic = _Traffic(process, _GO + stdin, output_bytes, settle)
        try:
            why = traffic.pump(reason)
        finally:
            _end(process, inside)
    code = process.returncode if process.returncode >= 0 else 128 - process.returncode
    truncated = traffic.stdout.truncated or traffic.stderr.truncated
    return Ended(
        traffic.stdout.content, traffic.stderr.content, code, truncated=truncated, why=why, begun=traffic.stdout.begun
    )


class _Traffic:
    """The bytes between a process and its caller."""

    def __init__(self, process: subprocess.Popen[bytes], stdin: bytes, limit: int, settle: Callable[[], None]) -> None:
        self.stdout = Kept(limit, skipped=len(_GO))
        self.stderr = Kept(limit)
        self._process = process
        self._left = memoryview(stdin)
        self._settle = settle  # called once, before the command begins
        self._fed = False
        self._open = 2  # streams that may still bring something

    def pump(self, reason: Callable[[], Stop | None]) -> Stop | None:
        """Move bytes until the process has ended and said all, or there is a reason to stop it."""
        lingering: float | None = None
        with selectors.DefaultSelector() as selector:
            selector.register(self._stream("stdout"), selectors.EVENT_READ, self.stdout)
            selector.register(self._stream("stderr"), selectors.EVENT_READ, self.stderr)
            while self._process.poll() is None or self._open:
                if why := reason():
                    return why
                if self._process.returncode is not None:  # what it left behind may hold the streams for ever
                    lingering = lingering or time.monotonic() + _LINGER
                    if time.monotonic() > lingering:
                        break
                self._step(selector)
        return None

    def _step(self, selector: selectors.BaseSelector) -> None:
        if not selector.get_map():
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(_TICK)
            return
        for key, _ in selector.select(_TICK):
            if key.data is None:
                self._write(selector)
            else:
                self._read(selector, key.fileobj, key.data)
        if self.stdout.begun and not self._fed:
            self._fed = True
            self._settle()
            target = self._stream("stdin")
            os.set_blocking(target.fileno(), False)
            selector.register(target, selectors.EVENT_WRITE, None)

    def _read(self, selector: selectors.BaseSelector, source: Any, where: Kept) -> None:
        chunk = os.read(source.fileno(), _CHUNK)
        if chunk:
            where.add(chunk)
        else:
            selector.unregister(source)
            self._open -= 1

    def _write(self, selector: selectors.BaseSelector) -> None:
        target = self._stream("stdin")
        try:
            self._left = self._left[os.write(target.fileno(), self._left[:_CHUNK]) :]
        except BrokenPipeError:
            self._left = self._left[:0]  # it does not read its input
        if not self._left:
            selector.unregister(target)
            target.close()

    def _stream(self, name: str) -> IO[bytes]:
        stream: IO[bytes] = getattr(self._process, name)
        return stream


def _give_way(processes: Iterable[int]) -> None:
    """Let a command run after all else, and this thread, where it may, before: a flood must not keep it from looking.

    Where this process is root the kernel exempts its processes from their limit, so that looking is all there is.
    """
    for each in processes:
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, each, _BEHIND)
    with contextlib.suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _AHEAD)


def _kill_group(group: int, *, seconds: float = 0.0) -> None:
    """Kill a process group; with `seconds`, wait for so long at most until it is gone."""
    deadline = time.monotonic() + seconds
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGKILL)
        while time.monotonic() < deadline:
            time.sleep(_TICK / 10)
            os.killpg(group, signal.SIGKILL)


def _end(process: subprocess.Popen[bytes], inside: Inside | None) -> None:
    """Leave nothing running."""
    if inside is not None:
        inside.kill()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_LINGER)  # bubblewrap sees the end of the first one and ends, too
    _kill_group(process.pid)
    process.wait(_END)
    if inside is not None:
        inside.wait(_END)
    else:
        _kill_group(process.pid, seconds=_LINGER)
