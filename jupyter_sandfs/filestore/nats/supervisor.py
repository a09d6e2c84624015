"""Runs an embedded nats-server: starts it again when it crashes, and stops it when nobody uses it any more.

A program of its own, so that it outlives the notebook that happened to need the server first:
`python -m jupyter_sandfs.filestore.nats.supervisor DIRECTORY NATS-SERVER`.
"""

from __future__ import annotations

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from types import FrameType

from jupyter_sandfs.filestore.nats.household import Household, Residence

_START_SECONDS = 10.0
_STOP_SECONDS = 10.0
_PAUSE_SECONDS = 0.01
# So many crashes, each soon after a start, are given up: the next who opens the store tries again.
_MOST_CRASHES = 5
_SOON_SECONDS = 5.0
_ANY_PORT = -1
_ANSWER_SECONDS = 1.0
_NAME = "sandfs-embedded"


class Supervisor:
    """One server over one directory, until `stop`."""

    def __init__(self, household: Household, program: Path) -> None:
        self._household = household
        self._program = program
        self._stopping = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None

    def run(self) -> None:
        """Keep the server running until `stop` is called or it crashes too often."""
        _end_stray(self._household)
        crashes = 0
        while crashes < _MOST_CRASHES and not self._stopping.is_set():
            started = time.monotonic()
            if not self._start():
                crashes += 1
                continue
            self._wait()
            crashes = crashes + 1 if time.monotonic() - started < _SOON_SECONDS else 0
        self._end()

    def stop(self) -> None:
        """End the server, and `run`."""
        self._stopping.set()
        if self._process:
            self._process.terminate()

    def _start(self) -> bool:
        """Start the server at its last port, or another one when that is taken; tell whether it came up."""
        known = self._household.residence() or Residence(
            socket.gethostname(), _ANY_PORT, "sandfs", secrets.token_hex(24)
        )
        for port in dict.fromkeys((known.port, _ANY_PORT)):
            found = self._start_at(port, known)
            if found:
                self._household.write_residence(Residence(socket.gethostname(), found, known.user, known.password))
                return True
        return False

    def _start_at(self, port: int, known: Residence) -> int | None:
        for old in self._household.root.glob("*.ports"):
            old.unlink(missing_ok=True)
        self._household.write(self._household.config, _config(self._household, port, known))
        with self._household.log.open("ab") as log:
            command = [str(self._program), "-c", str(self._household.config)]
            self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)  # noqa: S603  no shell, and a path of ours
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline and self._process.poll() is None and not self._stopping.is_set():
            if (found := _port(self._household)) and _answers(found):
                return found
            time.sleep(_PAUSE_SECONDS)
        self._end()
        return None

    def _wait(self) -> None:
        if self._process:
            self._process.wait()

    def _end(self) -> None:
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def _config(household: Household, port: int, known: Residence) -> str:
    """The server's configuration, which may be JSON."""
    return json.dumps(
        {
            "listen": f"127.0.0.1:{port}",
            "server_name": _NAME,
            "authorization": {"user": known.user, "password": known.password},
            "jetstream": {"store_dir": str(household.data), "max_file_store": 1 << 60, "sync_interval": "always"},
            "pid_file": str(household.pid_file),
            "ports_file_dir": str(household.root),
            "logfile_size_limit": 1 << 20,
        }
    )


def _port(household: Household) -> int | None:
    """The port that the server wrote down, once it has."""
    for path in household.root.glob("*.ports"):
        with suppress(ValueError, KeyError, IndexError, OSError):
            return int(json.loads(path.read_text())["nats"][0].rpartition(":")[2])
    return None


def _answers(port: int) -> bool:
    """Tell whether the server at a port is ours: it may have written the port down, and then found it taken."""
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=_ANSWER_SECONDS) as probe:
        return f'"{_NAME}"'.encode() in probe.recv(4096)  # a NATS server speaks first (NATS protocol, INFO)
    return False


def _end_stray(household: Household) -> None:
    """Kill a server whose supervisor was killed: two over the same files would spoil them."""
    with suppress(FileNotFoundError, ValueError, ProcessLookupError):
        stray = int(household.pid_file.read_text())
        if str(household.config) in _command_line(stray):
            os.kill(stray, signal.SIGKILL)
            deadline = time.monotonic() + _STOP_SECONDS
            while _command_line(stray) and time.monotonic() < deadline:
                time.sleep(_PAUSE_SECONDS)


def _command_line(pid: int) -> str:
    """What a process was started with; empty when there is none."""
    proc = Path("/proc")
    if proc.is_dir():
        try:
            return (proc / str(pid) / "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
        except OSError:
            return ""
    command = ["/bin/ps", "-p", str(pid), "-o", "command="]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout  # noqa: S603  constants and a number


def main(root: str, program: str) -> None:
    """Run the server of a directory in the background, unless another process does so already."""
    household = Household(Path(root))
    lock = household.lock("supervisor")
    # The lock goes along to the child, and this process ends: nobody has to wait for the server's end.
    if not lock.try_take() or os.fork():
        return
    supervisor = Supervisor(household, Path(program))

    def stop(_signal: int, _frame: FrameType | None) -> None:
        supervisor.stop()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, signal.SIG_IGN)

    # Held to the end: whoever wants to be an owner from then on waits, and starts the server anew.
    owners = household.lock("owners")

    def wait_for_owners() -> None:
        owners.wait()
        supervisor.stop()

    threading.Thread(target=wait_for_owners, daemon=True).start()
    supervisor.run()


if __name__ == "__main__":
    main(*sys.argv[1:])
