"""Files into and out of the staging store over HTTP, against the disk: the same bytes with SHA-256 and a sync.

Prints MB/s (median of several rounds), the ratio to the disk, and how much memory the server ever took. It starts a
Jupyter Server of its own on a free port.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import requests

TUS = {"Tus-Resumable": "1.0.0", "Content-Type": "application/offset+octet-stream"}


class Server:
    """A server with a store in a directory."""

    def __init__(self, home: Path, most: int) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}/sandfs/v1/"
        self.session = requests.Session()
        self.session.headers["Authorization"] = "token bench"
        places = {f"JUPYTER_{name.upper()}_DIR": str(home / name) for name in ("config", "data", "runtime")}
        self.process = subprocess.Popen(
            [
                *(sys.executable, "-m", "jupyter_server", "--no-browser", "--ip=127.0.0.1", "--allow-root"),
                *(f"--port={port}", "--ServerApp.port_retries=0", "--IdentityProvider.token=bench"),
                *(
                    "--ServerApp.jpserver_extensions=jupyter_sandfs.server.extension=True",
                    f"--ServerApp.root_dir={home}",
                ),
                *(f"--FileStoreLimits.max_file_size={most}", f"--FileStoreLimits.max_total_bytes={8 * most}"),
            ],
            env={**os.environ, **places, "JUPYTER_SANDFS_STORE_URL": (home / "store").as_uri()},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self.wait()

    def wait(self) -> None:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                if self.session.get(f"{self.url}files").ok:
                    return
            except requests.ConnectionError:
                time.sleep(0.1)
        sys.exit("the server did not start")

    def memory(self) -> float:
        """MiB that the process took at most."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmHWM:\s+(\d+)", status)[1]) / 1024

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait()


def disk(directory: Path, body: bytes) -> None:
    digest = hashlib.sha256()
    with (directory / "plain").open("wb") as file:
        for start in range(0, len(body), 1 << 20):
            chunk = memoryview(body)[start : start + (1 << 20)]
            digest.update(chunk)
            file.write(chunk)
        file.flush()
        os.fsync(file.fileno())


def put(server: Server, body: bytes) -> None:
    server.session.put(f"{server.url}files/put", data=body).raise_for_status()


def tus(server: Server, body: bytes, piece: int) -> None:
    begun = server.session.post(f"{server.url}uploads", headers=TUS | {"Upload-Length": str(len(body))})
    for start in range(0, len(body), piece):
        chunk = body[start : start + piece]
        sent = server.session.patch(begun.headers["Location"], data=chunk, headers=TUS | {"Upload-Offset": str(start)})
        sent.raise_for_status()


def get(server: Server) -> None:
    with server.session.get(f"{server.url}files/put", stream=True) as answer:
        for _ in answer.iter_content(1 << 20):
            pass


def measure(rounds: int, size: int, work: Callable[[], None]) -> float:
    """MB/s, the median."""

    def once() -> float:
        start = time.perf_counter()
        work()
        return size / 1e6 / (time.perf_counter() - start)

    return statistics.median(once() for _ in range(rounds))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mib", type=int, default=128)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    size = options.mib << 20
    body = os.urandom(size)
    with tempfile.TemporaryDirectory() as home:
        server = Server(Path(home), size)
        cases: dict[str, Callable[[], None]] = {
            "disk": lambda: disk(Path(home), body),
            "PUT": lambda: put(server, os.urandom(8) + body[8:]),
            "tus, pieces of 8 MiB": lambda: tus(server, os.urandom(8) + body[8:], 8 << 20),
            "tus, one piece": lambda: tus(server, os.urandom(8) + body[8:], size),
            "GET": lambda: get(server),
        }
        before = server.memory()
        figures = {name: measure(options.rounds, size, work) for name, work in cases.items()}
        for name, figure in figures.items():
            print(f"{name:<22} {figure:8.0f} MB/s  {figure / figures['disk']:5.2f} x")
        print(f"memory of the server   {before:8.0f} MiB before, {server.memory():.0f} MiB at most")
        server.stop()


if __name__ == "__main__":
    main()
