"""Every backend is a parameter of `store`: the contract in test_contract.py then says what it has to do."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
import uuid
from collections.abc import Callable
from pathlib import Path

import pytest

from jupyter_sandfs.filestore import FileStore, LocalFileStore, StoreLimits
from jupyter_sandfs.filestore.nats.address import parse
from jupyter_sandfs.filestore.nats.store import NatsFileStore

START = 1_800_000_000.0


class Clock:
    """Time that goes on when a test says so."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def clock():
    return Clock()


class NatsServer:
    """A nats-server on loopback, which can be killed and started again over the same files."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.port = -1
        self.process: subprocess.Popen | None = None

    @property
    def url(self) -> str:
        return f"nats://127.0.0.1:{self.port}"

    def start(self) -> None:
        for old in self.root.glob("*.ports"):
            old.unlink()
        config = self.root / "config"
        # Each bucket reserves what its limits allow, and there are many.
        config.write_text(f'jetstream {{ store_dir: "{self.root}", max_file_store: 100TB }}')
        command = [shutil.which("nats-server"), "-a", "127.0.0.1", "-p", str(self.port), "-c", config]
        with (self.root / "log").open("ab") as log:
            self.process = subprocess.Popen([*command, "--ports_file_dir", self.root], stdout=log, stderr=log)
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline and self.process.poll() is None:
            for ports in self.root.glob("*.ports"):
                if (text := ports.read_text()).endswith("}"):
                    self.port = int(json.loads(text)["nats"][0].rpartition(":")[2])
                    return
            time.sleep(0.005)
        pytest.fail((self.root / "log").read_text())

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


@pytest.fixture(scope="session")
def nats_server(tmp_path_factory):
    server = NatsServer(tmp_path_factory.mktemp("nats"))
    server.start()
    yield server
    server.kill()


@pytest.fixture
def own_nats_server(tmp_path):
    """A server that a test may kill."""
    server = NatsServer(tmp_path)
    server.start()
    yield server
    server.kill()


@pytest.fixture
def nats_url(nats_server) -> str:
    """A bucket that no other test uses."""
    return f"{nats_server.url}/t{uuid.uuid4().hex}"


@pytest.fixture(params=["local", "nats"])
def open_store(request, tmp_path, clock) -> Callable[..., FileStore]:
    """Open the backend under test; calls in one test open the same place."""
    opened: list[FileStore] = []

    def open_local(*, tenant: str = "", **limits) -> FileStore:
        opened.append(LocalFileStore(tmp_path / "store", tenant=tenant, limits=StoreLimits(**limits), clock=clock))
        return opened[-1]

    def open_nats(*, tenant: str = "", **limits) -> FileStore:
        address = parse(request.getfixturevalue("nats_url"))
        opened.append(NatsFileStore(address, tenant=tenant, limits=StoreLimits(**limits), clock=clock))
        return opened[-1]

    if request.param == "nats":
        request.getfixturevalue("nats_url")
    yield {"local": open_local, "nats": open_nats}[request.param]
    for each in opened:
        each.close()


@pytest.fixture
def store(open_store) -> FileStore:
    return open_store()
