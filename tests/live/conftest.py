"""A Jupyter Server in a process of its own, which can be killed and started again."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

_START_SECONDS = 60


class LiveServer:
    """A server on a port that stays the same when it is started again.

    Args:
        options: of its command line, besides ours.
    """

    token = "live"

    def __init__(self, home: Path, *options: str) -> None:
        self._home = home
        self._options = options
        self._log = home / "server.log"
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self._port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{self._port}/prefix/"
        self.headers = {"Authorization": f"token {self.token}"}
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self._log.open("a") as output:
            self._process = subprocess.Popen(self._command(), env=self._environment(), stdout=output, stderr=output)
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline and self._process.poll() is None:
            try:
                if self.request("GET", "api/status").ok:
                    return
            except requests.ConnectionError:
                time.sleep(0.05)
        pytest.fail(f"the server did not start:\n{self.log[-3000:]}")

    def let_kernels_load_the_extension(self) -> None:
        profile = self._home / "ipython" / "profile_default"
        profile.mkdir(parents=True, exist_ok=True)
        (profile / "ipython_kernel_config.py").write_text('c.InteractiveShellApp.extensions = ["jupyter_sandfs"]\n')

    def start_kernel_with_sandbox(self) -> str:
        """Start a kernel that loads the extension by itself; give its id once it answers."""
        self.let_kernels_load_the_extension()
        kernel_id = self.request("POST", "api/kernels", json={}).json()["id"]
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline:
            if self.request("GET", "sandfs/v1/sandboxes").json()["kernels"]:
                return kernel_id
            time.sleep(0.05)
        pytest.fail(f"the kernel holds no sandbox:\n{self.log[-3000:]}")

    def kill(self) -> None:
        """Kill it as a power cut would: nothing is said, nothing is cleared up."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def stop(self) -> None:
        assert self._process is not None
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self.kill()

    def request(self, method: str, path: str, **options) -> requests.Response:
        """Call a route with the token; `path` is below the base URL."""
        headers = self.headers | options.pop("headers", {})
        return requests.request(method, f"{self.url}{path}", headers=headers, timeout=30, **options)

    @property
    def log(self) -> str:
        return self._log.read_text()

    @property
    def address(self) -> tuple[str, int]:
        return "127.0.0.1", self._port

    @property
    def peak_bytes(self) -> int:
        """The most memory that the process has ever had, as Linux counts it."""
        assert self._process is not None
        status = Path(f"/proc/{self._process.pid}/status").read_text()
        return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) * 1024

    def _command(self) -> list[str]:
        return [
            *(sys.executable, "-m", "jupyter_server", "--no-browser", "--ip=127.0.0.1", "--allow-root"),
            *(f"--port={self._port}", "--ServerApp.port_retries=0", "--ServerApp.base_url=/prefix/"),
            f"--ServerApp.root_dir={self._home}",
            f"--IdentityProvider.token={self.token}",
            "--ServerApp.allow_unauthenticated_access=False",
            "--ServerApp.jpserver_extensions=jupyter_sandfs.server.extension=True",
            *self._options,
        ]

    def _environment(self) -> dict[str, str]:
        places = {f"JUPYTER_{name.upper()}_DIR": str(self._home / name) for name in ("config", "data", "runtime")}
        places["IPYTHONDIR"] = str(self._home / "ipython")
        return {**os.environ, **places, "JUPYTER_SANDFS_STORE_URL": "", "PYTHONWARNINGS": "default"}


@pytest.fixture(scope="session")
def live_server() -> type[LiveServer]:
    """For tests that start servers of their own."""
    return LiveServer


@pytest.fixture(scope="module")
def live(tmp_path_factory) -> Iterator[LiveServer]:
    """A running server, with a store of its own; the tests of a module share it."""
    server = LiveServer(tmp_path_factory.mktemp("live"))
    server.start()
    yield server
    server.stop()


@pytest.fixture
def node_packages() -> Path:
    """Where the packages of package.json are; without them the test skips, and fails where SANDFS_CI is set."""
    place = Path(__file__).parent / "node_modules"
    if place.is_dir() and shutil.which("node"):
        return place
    missing = "needs Node.js and `npm ci --prefix tests/live`"
    if os.environ.get("SANDFS_CI"):
        pytest.fail(missing)
    pytest.skip(missing)
