"""A process of the host while it runs: what it prints, how long it may take, and that nothing of it stays behind."""

from __future__ import annotations

import contextlib
import json
import os
import select
import selectors
import signal
import subprocess
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from jupyter_sandfs.execution.job import Stop

_TICK = 0.02  # seconds between looks at the clock, the cancel mark and the watches
_CHUNK = 1 << 16
_LINGER = 0.5  # seconds that output is read after the command itself has ended
_END = 10.0  # seconds that killed processes have to be gone
_STATUS = 4096

Watch = Callable[[], Stop | None]
"""Looks at something that may go over a limit; called often."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a process ended.

    Attributes:
        exit_code: as a shell tells it: 128 and the signal's number for one that was killed.
        why: set if it was stopped.
    """

    stdout: bytes
    stderr: bytes
    exit_code: int
    truncated: bool
    why: Stop | None


class Kept:
    """Output up to a limit; the rest is read and dropped."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._parts: list[bytes] = []
        self._size = 0
        self.truncated = False

    def add(self, chunk: bytes) -> None:
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

    def pages(self) -> list[int] | None:
        """Memory of each process in pages, as far as it can be told; None before there is any, or without a right."""
        if self._first is None:
            return None
        proc = Path(f"/proc/{self._first}/root/proc")
        try:
            found = [each for each in proc.iterdir() if each.name.isdigit()]
        except OSError:
            return None
        return [_pages(each / "statm") for each in found]

    def kill(self) -> None:
        """End them all: the kernel takes the others with the first one."""
        self.look()
        if self._handle is not None:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._handle, signal.SIGKILL)

    def wait(self, seconds: float) -> bool:
        """Wait until the last of them is gone; False if that takes longer."""
        return self._handle is None or bool(select.select([self._handle], [], [], seconds)[0])

    def close(self) -> None:
        os.close(self._status)
        if self._handle is not None:
            os.close(self._handle)


def _pages(statm: Path) -> int:
    try:
        return int(statm.read_text().split()[1])
    except (OSError, IndexError, ValueError):
        return 0  # it has just ended


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
) -> Ended:
    """Run a command to its end, or until it has to be stopped; afterwards none of its processes is left.

    Args:
        output_bytes: of stdout, and of stderr.
        inside: the processes behind a wall; without one, the command's process group is what can be ended.
        passed: file descriptors for the command; closed here.

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
        )
    finally:
        for descriptor in passed:
            os.close(descriptor)

    def reason() -> Stop | None:
        if why := stopped():
            return why
        if time.monotonic() > deadline:
            return Stop.TIMEOUT
        return next((why for watch in watches if (why := watch())), None)

    kept = {"stdout": Kept(output_bytes), "stderr": Kept(output_bytes)}
    with process:
        try:
            why = _pump(process, stdin, kept, reason)
        finally:
            _end(process, inside)
    code = process.returncode if process.returncode >= 0 else 128 - process.returncode
    truncated = any(each.truncated for each in kept.values())
    return Ended(kept["stdout"].content, kept["stderr"].content, code, truncated, why)


def _pump(
    process: subprocess.Popen[bytes], stdin: bytes, kept: dict[str, Kept], reason: Callable[[], Stop | None]
) -> Stop | None:
    """Move bytes until the process has ended and said all, or a reason comes up to stop it."""
    left = memoryview(stdin)
    ended_at: float | None = None
    with selectors.DefaultSelector() as selector:
        _register(selector, process, kept, feed=bool(stdin))
        while process.poll() is None or _reads(selector):
            if why := reason():
                return why
            if process.returncode is not None:  # a process that it left behind may hold the pipes for ever
                ended_at = ended_at or time.monotonic()
                if time.monotonic() > ended_at + _LINGER:
                    return None
            if not selector.get_map():
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(_TICK)
                continue
            for key, _ in selector.select(_TICK):
                if key.data is None:
                    left = _write(selector, process.stdin, left)
                else:
                    _read(selector, key.fileobj, key.data)
    return None


def _register(
    selector: selectors.BaseSelector, process: subprocess.Popen[bytes], kept: dict[str, Kept], *, feed: bool
) -> None:
    assert process.stdin is not None
    for name, where in kept.items():
        selector.register(getattr(process, name), selectors.EVENT_READ, where)
    if feed:
        os.set_blocking(process.stdin.fileno(), False)
        selector.register(process.stdin, selectors.EVENT_WRITE, None)
    else:
        process.stdin.close()


def _reads(selector: selectors.BaseSelector) -> bool:
    return any(key.data is not None for key in selector.get_map().values())


def _read(selector: selectors.BaseSelector, source: Any, where: Kept) -> None:
    chunk = os.read(source.fileno(), _CHUNK)
    if chunk:
        where.add(chunk)
    else:
        selector.unregister(source)


def _write(selector: selectors.BaseSelector, target: IO[bytes] | None, left: memoryview) -> memoryview:
    assert target is not None
    try:
        left = left[os.write(target.fileno(), left[:_CHUNK]) :]
    except BrokenPipeError:
        left = left[:0]  # it does not read its input
    if not left:
        selector.unregister(target)
        target.close()
    return left


def _end(process: subprocess.Popen[bytes], inside: Inside | None) -> None:
    """Leave nothing running."""
    if inside is not None:
        inside.kill()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_LINGER)  # bubblewrap sees the end of the first one and ends, too
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(_END)
    if inside is not None:
        inside.wait(_END)
