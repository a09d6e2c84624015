from __future__ import annotations

import json
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from unittest import mock

import pytest
from pytest_jupyter.jupyter_server import *  # noqa: F403 (its fixtures: a conftest below the root may not load plugins)
from tornado.httpclient import HTTPClientError, HTTPResponse

from jupyter_sandfs.errors import SandboxNotFound
from jupyter_sandfs.kernel.agents import serve_agents
from jupyter_sandfs.kernel.endpoint import Endpoint
from jupyter_sandfs.rpc.dispatcher import Dispatcher
from jupyter_sandfs.sandbox import Sandbox
from jupyter_sandfs.vfs.filesystem import VirtualFileSystem
from jupyter_sandfs.vfs.limits import Limits


@pytest.fixture(autouse=True)
def _environment():
    """What a server tells its kernels is gone with it."""
    with mock.patch.dict(os.environ):
        yield


KEY = b"the connection file's key"
MIB = 1 << 20


class FakeKernels:
    """A kernel manager whose kernels are endpoints in this process: real sockets, real dispatchers, no processes."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.managers: dict[str, SimpleNamespace] = {}
        self.endpoints: dict[str, Endpoint] = {}

    def add(self, kernel_id: str, **sandboxes: VirtualFileSystem) -> None:
        def resolve(sandbox: str, view: str | None) -> VirtualFileSystem:
            if sandbox not in sandboxes or view is not None:
                raise SandboxNotFound(sandbox)
            return sandboxes[sandbox]

        self._listen(kernel_id, Dispatcher(resolve, lambda: list(sandboxes)))

    def share(self, kernel_id: str, sandbox: Sandbox) -> None:
        """Add a kernel whose default sandbox is reached as a real kernel lets it be."""
        dispatcher = Dispatcher(lambda _name, view: sandbox.shared(view), lambda: ["default"])
        serve_agents(dispatcher, lambda _name, view: sandbox.shared_part(view))
        self._listen(kernel_id, dispatcher)

    def _listen(self, kernel_id: str, dispatcher: Dispatcher) -> None:
        connection_file = self.directory / f"kernel-{kernel_id}.json"
        endpoint = Endpoint(dispatcher, connection_file, KEY)
        endpoint.start()
        self.endpoints[kernel_id] = endpoint
        self.managers[kernel_id] = SimpleNamespace(
            connection_file=str(connection_file), session=SimpleNamespace(key=KEY), provisioner=None
        )

    def __contains__(self, kernel_id: str) -> bool:
        return kernel_id in self.managers

    def get_kernel(self, kernel_id: str) -> SimpleNamespace:
        return self.managers[kernel_id]

    def list_kernel_ids(self) -> list[str]:
        return list(self.managers)

    def stop(self) -> None:
        for endpoint in self.endpoints.values():
            endpoint.stop()


@dataclass
class Answer:
    """What came back, errors too."""

    response: HTTPResponse

    @property
    def status(self) -> int:
        return self.response.code

    @property
    def body(self) -> bytes:
        return self.response.body

    @property
    def headers(self):
        return self.response.headers

    @property
    def json(self):
        return json.loads(self.response.body)

    @property
    def problem(self) -> str:
        """The code of a problem, once its form was checked."""
        assert self.headers["Content-Type"] == "application/problem+json"
        assert self.json["status"] == self.status
        assert self.json.keys() - {"facts"} == {"type", "title", "status", "detail", "instance"}
        return self.json["type"].removeprefix("urn:sandfs:error:")


@pytest.fixture
def jp_server_config(tmp_path):
    return {
        "ServerApp": {
            "jpserver_extensions": {"jupyter_sandfs.server.extension": True, "jupyter_server_terminals": False},
            "allow_unauthenticated_access": False,
        },
        "SandFS": {
            "store_url": (tmp_path / "store").as_uri(),
            "request_timeout": 20.0,
        },
        "FileStoreLimits": {"max_file_size": 3 * MIB, "max_total_bytes": 8 * MIB},
    }


@pytest.fixture
def short_directory():
    """A directory whose path leaves room for the name of a unix socket; pytest's own are too deep."""
    with tempfile.TemporaryDirectory(prefix="sandfs-test-") as directory:
        yield directory


@pytest.fixture
def server(jp_environ, monkeypatch, jp_asyncio_loop, short_directory, request):
    """The running server, with everything of ours closed in the end."""
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", short_directory)
    monkeypatch.setenv("JUPYTER_SANDFS_TENANT", "")
    monkeypatch.setenv("JUPYTER_SANDFS_STORE_URL", "")  # what loading the extension sets is taken back
    app = request.getfixturevalue("jp_serverapp")
    yield app
    links, staging, caretaker = (app.web_app.settings[f"sandfs_{each}"] for each in ("links", "staging", "caretaker"))

    async def close() -> None:
        links.close()
        caretaker.stop()
        await staging.close()
        if "sandfs_mcp" in app.web_app.settings:
            await app.web_app.settings["sandfs_mcp"].close()

    jp_asyncio_loop.run_until_complete(close())


@pytest.fixture
def fetch(server, jp_fetch):
    """Ask the server; an error is an answer too."""

    async def fetch(*parts: str, method: str = "GET", **kwargs) -> Answer:
        if method in {"PATCH", "POST", "PUT"} and "body_producer" not in kwargs:
            kwargs.setdefault("body", b"")
        try:
            return Answer(await jp_fetch("sandfs", "v1", *parts, method=method, raise_error=True, **kwargs))
        except HTTPClientError as error:
            return Answer(error.response)

    return fetch


@pytest.fixture
def ask(server, jp_base_url, http_server_client):
    """Send a request with nothing but what a test gives it: no login, nothing escaped; an error is an answer too.

    Routes are below `sandfs/v1/`, those that begin with a slash below `sandfs`.
    """

    async def ask(method: str, route: str, **headers: str) -> HTTPResponse:
        kwargs = {"body": b"x"} if method in {"PATCH", "POST", "PUT"} else {}
        below = "sandfs" if route.startswith("/") else "sandfs/v1/"
        try:
            return await http_server_client.fetch(
                f"{jp_base_url}{below}{route}", method=method, headers=headers, follow_redirects=False, **kwargs
            )
        except HTTPClientError as error:
            return error.response

    return ask


@pytest.fixture
def kernels(server, tmp_path):
    """No kernels yet; the server looks here for them."""
    directory = tmp_path / "rt"
    directory.mkdir()
    made = FakeKernels(directory)
    server.web_app.settings["sandfs_links"]._kernel_manager = made
    server.web_app.settings["kernel_manager"] = made
    yield made
    made.stop()


@pytest.fixture
def fs(kernels):
    """The default sandbox of the only kernel, `k1`."""
    system = VirtualFileSystem(limits=Limits(file_bytes=4 * MIB, total_bytes=8 * MIB))
    kernels.add("k1", default=system)
    return system
