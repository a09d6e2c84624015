"""Every backend is a parameter of `store`: the contract in test_contract.py then says what it has to do."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import urlsplit

import boto3
import pytest
from azure.storage.blob import BlobServiceClient
from obstore.store import GCSStore

from jupyter_sandfs.filestore import FileStore, LocalFileStore, StoreLimits
from jupyter_sandfs.filestore.nats.address import parse
from jupyter_sandfs.filestore.nats.embedded import server_program
from jupyter_sandfs.filestore.nats.store import NatsFileStore
from jupyter_sandfs.filestore.objects.bucket import Bucket
from jupyter_sandfs.filestore.objects.services import memory_bucket, open_bucket
from jupyter_sandfs.filestore.objects.store import ObjectFileStore
from jupyter_sandfs.filestore.remote import RemoteFileStore

# The account that Azurite has, with the key that its documentation gives to everyone.
AZURITE_ACCOUNT = "devstoreaccount1"
AZURITE_KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
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
        command = [server_program(), "-a", "127.0.0.1", "-p", str(self.port), "-c", config]
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


class Backend:
    """A place for stores: calls of `open` in one test open the same one.

    Attributes:
        has_tokens: links are tokens of our own, not URLs of a service.
    """

    has_tokens = True

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.opened: list[FileStore] = []

    def make(self, tenant: str, limits: StoreLimits) -> FileStore:
        raise NotImplementedError

    def open(self, *, tenant: str = "", **limits) -> FileStore:
        self.opened.append(self.make(tenant, StoreLimits(**limits)))
        return self.opened[-1]

    def close(self) -> None:
        for each in self.opened:
            each.close()


class Local(Backend):
    def __init__(self, clock: Clock, root: Path) -> None:
        super().__init__(clock)
        self.root = root

    def make(self, tenant: str, limits: StoreLimits) -> FileStore:
        return LocalFileStore(self.root, tenant=tenant, limits=limits, clock=self.clock)


class Objects(Backend):
    """Object storage: `bucket` is one that no other test uses."""

    def __init__(self, clock: Clock, bucket: Bucket) -> None:
        super().__init__(clock)
        self.bucket = bucket
        self.has_tokens = not bucket.signs

    def make(self, tenant: str, limits: StoreLimits) -> FileStore:
        return ObjectFileStore(self.bucket, tenant=tenant, limits=limits, clock=self.clock)


@pytest.fixture(scope="session")
def free_port() -> Callable[[], int]:
    def find() -> int:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            return probe.getsockname()[1]

    return find


@pytest.fixture(scope="session")
def s3(free_port):
    """moto's S3 server as a process of its own, and the environment that leads to it; one bucket named `staging`."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-W", "ignore", "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    keys = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_REGION": "us-east-1"}
    client = boto3.client(
        "s3",
        endpoint_url=url,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    await_server(process, port)
    client.create_bucket(Bucket="staging")
    yield SimpleNamespace(url=url, client=client, environment=keys)
    client.close()
    process.kill()
    process.wait()


@pytest.fixture(scope="session")
def azure(free_port, part, tmp_path_factory):
    """Azurite as a process of its own, and the environment that leads to it; one container named `staging`."""
    port, place = free_port(), tmp_path_factory.mktemp("azurite")
    command = [
        part("azurite-blob"),
        "--blobPort",
        str(port),
        "--location",
        str(place),
        "--silent",
        "--skipApiVersionCheck",
    ]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    await_server(process, port)
    url = f"http://127.0.0.1:{port}/{AZURITE_ACCOUNT}"
    with BlobServiceClient(url, {"account_name": AZURITE_ACCOUNT, "account_key": AZURITE_KEY}) as client:
        client.create_container("staging")
        keys = {"AZURE_STORAGE_ACCOUNT_NAME": AZURITE_ACCOUNT, "AZURE_STORAGE_ACCOUNT_KEY": AZURITE_KEY}
        yield SimpleNamespace(url=url, client=client, environment=keys)
    process.kill()
    process.wait()


@pytest.fixture
def azure_url(azure, monkeypatch) -> str:
    """A place in the container of the Azure server that no other test uses, with credentials in the environment."""
    for name, value in azure.environment.items():
        monkeypatch.setenv(name, value)
    return f"az://staging/{uuid.uuid4().hex}?endpoint={azure.url}"


@pytest.fixture(scope="session")
def gcs(free_port):
    """Our stand-in for Google Cloud Storage as a process of its own: what its service account is told."""
    port = free_port()
    process = subprocess.Popen([sys.executable, str(Path(__file__).parent / "peers" / "gcs.py"), str(port)])
    await_server(process, port)
    account = {"gcs_base_url": f"http://127.0.0.1:{port}", "disable_oauth": True}
    yield json.dumps(account | dict.fromkeys(("client_email", "private_key", "private_key_id"), ""))
    process.kill()
    process.wait()


def await_server(process: subprocess.Popen, port: int) -> None:
    """Wait until a server accepts connections."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and process.poll() is None:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.02)
    pytest.fail("the server does not come up")


@pytest.fixture
def s3_url(s3, monkeypatch) -> str:
    """A place in the bucket of the S3 server that no other test uses, with credentials in the environment."""
    for name, value in s3.environment.items():
        monkeypatch.setenv(name, value)
    return f"s3://staging/{uuid.uuid4().hex}?endpoint={s3.url}"


class Remote(Local):
    """A local store behind a server."""

    def __init__(self, clock: Clock, root: Path, server) -> None:
        super().__init__(clock, root)
        self.server = server

    def make(self, tenant: str, limits: StoreLimits) -> FileStore:
        local = super().make(tenant, limits)
        self.opened.append(local)
        return RemoteFileStore(self.server.mount(local), token=self.server.token)


def _remote(request, clock) -> Backend:
    return Remote(clock, request.getfixturevalue("tmp_path") / "store", request.getfixturevalue("jupyter"))


def _memory(request, clock) -> Backend:
    return Objects(clock, memory_bucket())


def _local(request, clock) -> Backend:
    return Local(clock, request.getfixturevalue("tmp_path") / "store")


def _s3(request, clock) -> Backend:
    return Objects(clock, open_bucket(urlsplit(request.getfixturevalue("s3_url"))))


def _azure(request, clock) -> Backend:
    return Objects(clock, open_bucket(urlsplit(request.getfixturevalue("azure_url"))))


# Backends behind a wire take about 100 ms a test. In each run they are asked what every test asks with its last
# parameters, which are its largest; with all parameters they are asked by the soak run.
BEHIND_A_WIRE = ("azure", "gcs", "nats", "remote", "s3")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    seen: set[tuple[str, str]] = set()
    for item in reversed(items):
        backend = item.callspec.params.get("backend") if hasattr(item, "callspec") else None
        if backend not in BEHIND_A_WIRE:
            continue
        question = item.nodeid.partition("[")[0], backend
        if question in seen:
            item.add_marker(pytest.mark.soak)
        seen.add(question)


def _gcs(request, clock) -> Backend:
    account = request.getfixturevalue("gcs")
    store = GCSStore(
        "staging",
        prefix=uuid.uuid4().hex,
        service_account_key=account,
        client_options={"allow_http": True},
    )
    return Objects(clock, Bucket(store, path_bytes=900))


class Nats(Backend):
    def __init__(self, clock: Clock, url: str) -> None:
        super().__init__(clock)
        self.url = url

    def make(self, tenant: str, limits: StoreLimits) -> FileStore:
        return NatsFileStore(parse(self.url), tenant=tenant, limits=limits, clock=self.clock)


def _nats(request, clock) -> Backend:
    return Nats(clock, request.getfixturevalue("nats_url"))


BACKENDS = {
    "nats": _nats,
    "local": _local,
    "memory": _memory,
    "s3": _s3,
    "azure": _azure,
    "gcs": _gcs,
    "remote": _remote,
}


@pytest.fixture(params=list(BACKENDS))
def backend(request, clock) -> Backend:
    """The backend under test."""
    made = BACKENDS[request.param](request, clock)
    yield made
    made.close()


@pytest.fixture
def open_store(backend) -> Callable[..., FileStore]:
    """Open the backend under test; calls in one test open the same place."""
    return backend.open


@pytest.fixture
def store(open_store) -> FileStore:
    return open_store()
