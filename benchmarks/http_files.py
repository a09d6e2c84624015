"""Files of a sandbox over HTTP, against a plain tornado server that writes to and reads from memory (tmpfs).

Prints ratios of interleaved rounds, the processor time of each process, and how long `stat` takes while the kernel is
idle and under three kinds of busy cell. It starts a Jupyter Server and a kernel of its own on free ports.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests
import websocket

MIB = 1 << 20
PLAIN = """
import sys, tornado.ioloop, tornado.web
FILE = sys.argv[2]
@tornado.web.stream_request_body
class File(tornado.web.RequestHandler):
    def prepare(self):
        self.request.connection.set_max_body_size(1 << 40)
        if self.request.method == "PUT":
            self.file = open(FILE, "wb")
    def data_received(self, chunk):
        self.file.write(chunk)
    def put(self):
        self.file.close()
    async def get(self):
        with open(FILE, "rb") as file:
            while chunk := file.read(1 << 20):
                self.write(chunk)
                await self.flush()
tornado.web.Application([("/f", File)]).listen(int(sys.argv[1]), "127.0.0.1")
tornado.ioloop.IOLoop.current().start()
"""
CELLS = {
    "idle": None,
    "time.sleep": "import time; time.sleep(3600)",
    "numpy": "import numpy as np; a = np.ones((1500, 1500))\nwhile True: a @ a",
    "pure Python": "while True: pass",
}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Place:
    """Somewhere a file is put to and got from."""

    def __init__(self, port: int, path: str, headers: dict[str, str]) -> None:
        self.port, self.path, self.headers = port, path, headers

    def put(self, size: int, block: bytes) -> float:
        """Seconds for `size` blocks."""
        began = time.perf_counter()
        connection = http.client.HTTPConnection("127.0.0.1", self.port)
        connection.putrequest("PUT", self.path)
        for name, value in {**self.headers, "Content-Length": str(size * len(block))}.items():
            connection.putheader(name, value)
        connection.endheaders()
        for _ in range(size):
            connection.send(block)
        response = connection.getresponse()
        response.read()
        assert response.status == 200, response.status
        return time.perf_counter() - began

    def get(self, size: int, block: bytes) -> float:
        began = time.perf_counter()
        connection = http.client.HTTPConnection("127.0.0.1", self.port)
        connection.request("GET", self.path, headers=self.headers)
        response, buffer, arrived = connection.getresponse(), bytearray(MIB), 0
        while count := response.readinto(buffer):
            arrived += count
        assert arrived == size * len(block)
        return time.perf_counter() - began


def processor_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident_mib(pid: int, what: str) -> int:
    line = next(each for each in Path(f"/proc/{pid}/status").read_text().splitlines() if each.startswith(what))
    return int(line.split()[1]) // 1024


@contextmanager
def running(command: list[str], **options: Any) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(command, **options)
    try:
        yield process
    finally:
        process.terminate()
        process.wait()


@contextmanager
def jupyter(home: Path, port: int) -> Iterator[subprocess.Popen[bytes]]:
    profile = home / "ipython" / "profile_default"
    profile.mkdir(parents=True)
    (profile / "ipython_kernel_config.py").write_text('c.InteractiveShellApp.extensions = ["jupyter_sandfs"]\n')
    places = {f"JUPYTER_{name.upper()}_DIR": str(home / name) for name in ("config", "data", "runtime")}
    command = [
        *(sys.executable, "-m", "jupyter_server", "--no-browser", "--ip=127.0.0.1", "--allow-root"),
        *(f"--port={port}", "--IdentityProvider.token=bench", f"--ServerApp.root_dir={home}"),
        "--ServerApp.jpserver_extensions=jupyter_sandfs.server.extension=True",
    ]
    environment = {**os.environ, **places, "IPYTHONDIR": str(home / "ipython")}
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with running(command, env=environment, **quiet) as process:
        yield process


def until(found: Callable[[], Any], seconds: float = 120.0) -> Any:
    """Ask again and again until there is an answer."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            if answer := found():
                return answer
        except requests.ConnectionError:
            pass
        time.sleep(0.05)
    sys.exit("the server did not answer")


def run_cell(session: requests.Session, url: str, kernel_id: str, code: str) -> None:
    """Start a cell through the kernel's websocket."""
    address = f"{url.replace('http', 'ws', 1)}api/kernels/{kernel_id}/channels"
    channel = websocket.create_connection(address, header={"Authorization": session.headers["Authorization"]})
    content = {"code": code, "silent": False, "store_history": False, "user_expressions": {}, "allow_stdin": False}
    header = {"msg_id": "cell", "username": "", "session": "bench", "msg_type": "execute_request", "version": "5.3"}
    message = {"header": header, "parent_header": {}, "metadata": {}, "content": content, "channel": "shell"}
    channel.send(json.dumps(message))
    while json.loads(channel.recv()).get("content", {}).get("execution_state") != "busy":
        pass
    channel.close()


def compare(ours: Place, plain: Place, pids: dict[str, int], mib: int, rounds: int) -> None:
    block = os.urandom(MIB)
    for call in ("put", "get"):
        taken = {"ours": [], "plain": []}
        before = {name: processor_seconds(pid) for name, pid in pids.items()}
        for _ in range(rounds):
            taken["ours"].append(getattr(ours, call)(mib, block))
            taken["plain"].append(getattr(plain, call)(mib, block))
        spent = {name: (processor_seconds(pid) - before[name]) / rounds for name, pid in pids.items()}
        speed = {name: mib / statistics.median(each) for name, each in taken.items()}
        best = min(taken["plain"]) / min(taken["ours"])
        shown = ", ".join(f"{name} {seconds:.2f} s" for name, seconds in spent.items())
        print(
            f"{call.upper()} {mib} MiB: {speed['ours']:.0f} MiB/s, {speed['ours'] / speed['plain']:.2f} x of plain"
            f" (best rounds {best:.2f} x); processor: {shown}"
        )


def latencies(session: requests.Session, url: str, kernel_id: str, asked: int) -> None:
    for name, code in CELLS.items():
        if code is not None:
            run_cell(session, url, kernel_id, code)
        times = []
        for _ in range(asked):
            began = time.perf_counter()
            assert session.get(f"{url}sandfs/v1/fs/stat?path=/").ok
            times.append((time.perf_counter() - began) * 1e3)
            time.sleep(0.01)
        times.sort()
        print(f"stat, {name}: median {times[len(times) // 2]:.1f} ms, 99 % {times[int(len(times) * 0.99)]:.1f} ms")
        if code is not None:
            session.post(f"{url}api/kernels/{kernel_id}/interrupt")
            time.sleep(0.5)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mib", type=int, default=256)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--asked", type=int, default=200, help="questions for each kind of cell")
    options = parser.parse_args()
    port, plain_port = free_port(), free_port()
    memory = Path("/dev/shm" if os.path.isdir("/dev/shm") else tempfile.gettempdir(), f"sandfs-bench-{os.getpid()}")
    session = requests.Session()
    session.headers["Authorization"] = "token bench"
    url = f"http://127.0.0.1:{port}/"
    with (
        tempfile.TemporaryDirectory() as home,
        jupyter(Path(home), port) as server,
        running([sys.executable, "-c", PLAIN, str(plain_port), str(memory)]) as plain,
    ):
        until(lambda: session.get(f"{url}api/status").ok)
        kernel_id = session.post(f"{url}api/kernels", json={}).json()["id"]
        until(lambda: session.get(f"{url}sandfs/v1/sandboxes").json()["kernels"])
        kernel = int(subprocess.check_output(["pgrep", "-P", str(server.pid)]).split()[0])
        before = resident_mib(kernel, "VmRSS")
        ours = Place(port, "/sandfs/v1/fs/file?path=/bench", dict(session.headers))
        pids = {"server": server.pid, "kernel": kernel, "plain": plain.pid}
        compare(ours, Place(plain_port, "/f", {}), pids, options.mib, options.rounds)
        print(
            f"memory: server at most {resident_mib(server.pid, 'VmHWM')} MiB; kernel {before} MiB before, "
            f"{resident_mib(kernel, 'VmRSS')} MiB with the file, at most {resident_mib(kernel, 'VmHWM')} MiB"
        )
        latencies(session, url, kernel_id, options.asked)
        session.delete(f"{url}api/kernels/{kernel_id}")
    memory.unlink(missing_ok=True)


if __name__ == "__main__":
    main()
