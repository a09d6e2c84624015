"""A kernel behind a gateway: another Jupyter server runs it, and its messages come over a websocket."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator

import pytest
import websocket

MIB = 1 << 20


@pytest.fixture(scope="module")
def gateway(live_server, tmp_path_factory) -> Iterator:
    """A server that runs kernels, which load our extension, and has none of ours itself."""
    names = ("jupyter_sandfs", "jupyter_sandfs.server.extension")  # as it is installed, and as a test enables it
    off = [f"--ServerApp.jpserver_extensions={name}=False" for name in names]
    server = live_server(tmp_path_factory.mktemp("gateway"), *off)
    server.start()
    server.let_kernels_load_the_extension()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def behind(live_server, gateway, tmp_path_factory) -> Iterator:
    """A server whose kernels the gateway runs, and a kernel with a sandbox."""
    options = (f"--GatewayClient.url={gateway.url.rstrip('/')}", f"--GatewayClient.auth_token={gateway.token}")
    server = live_server(tmp_path_factory.mktemp("behind"), *options)
    server.start()
    server.kernel_id = server.start_kernel_with_sandbox()
    wait_until(gateway, server, "idle")  # all that its start told has arrived
    yield server
    server.stop()


@pytest.fixture
def busy(gateway, behind) -> Iterator[None]:
    """The kernel works for ever in a cell."""
    address = f"{gateway.url.replace('http', 'ws', 1)}api/kernels/{behind.kernel_id}/channels"
    channel = websocket.create_connection(address, header=gateway.headers, timeout=60)
    header = {"msg_id": "cell", "username": "", "session": "test", "msg_type": "execute_request", "version": "5.3"}
    content = {"code": "while True: pass", "silent": False, "store_history": False}
    message = {"header": header, "parent_header": {}, "metadata": {}, "content": content, "channel": "shell"}
    channel.send(json.dumps(message))
    wait_until(gateway, behind, "busy")
    yield
    gateway.request("POST", f"api/kernels/{behind.kernel_id}/interrupt").raise_for_status()
    channel.close()
    wait_until(gateway, behind, "idle")


def activity(gateway, behind) -> dict:
    """What the gateway takes the kernel for."""
    told = gateway.request("GET", f"api/kernels/{behind.kernel_id}").json()
    return {name: told[name] for name in ("execution_state", "last_activity")}


def wait_until(gateway, behind, state: str) -> None:
    deadline = time.monotonic() + 60
    while activity(gateway, behind)["execution_state"] != state:
        assert time.monotonic() < deadline
        time.sleep(0.05)  # a gateway tells of a state only who asks


def test_files_go_both_ways_in_base64_and_do_not_count_as_work(behind, gateway):
    content = os.urandom(MIB + 17)
    before = activity(gateway, behind)

    written = behind.request("PUT", "sandfs/v1/fs/file?path=/d/a.bin", data=content)
    read = behind.request("GET", "sandfs/v1/fs/file?path=/d/a.bin")
    listed = behind.request("GET", "sandfs/v1/fs/entries?path=/d")

    assert gateway.request("GET", "sandfs/v1/sandboxes").status_code == 404
    assert (written.status_code, written.json()["bytesWritten"]) == (200, len(content))
    assert read.content == content
    assert [each["name"] for each in listed.json()] == ["a.bin"]
    assert activity(gateway, behind) == before


@pytest.mark.usefixtures("busy")
def test_a_running_cell_does_not_matter_and_stays_running_to_who_looks(behind, gateway):
    content = os.urandom(MIB // 2)

    written = behind.request("PUT", "sandfs/v1/fs/file?path=/busy.bin", data=content)
    read = behind.request("GET", "sandfs/v1/fs/file?path=/busy.bin")

    assert (written.status_code, read.content) == (200, content)
    assert activity(gateway, behind)["execution_state"] == "busy"


def test_the_contents_api_works(behind):
    path = f"sandfs/contents/{behind.kernel_id}"
    model = {"type": "file", "format": "text", "content": "héllo"}

    made = behind.request("PUT", f"{path}/note.txt", data=json.dumps(model))
    read = behind.request("GET", f"{path}/note.txt")

    assert (made.status_code, read.json()["content"]) == (201, "héllo")


def test_agents_work_there_over_mcp(behind):
    headers = {"Accept": "application/json, text/event-stream"}
    hello = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}}

    def ask(method, params, **more):
        message = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        return behind.request("POST", "sandfs/v1/mcp", json=message, headers=headers | more)

    session = {"Mcp-Session-Id": ask("initialize", hello).headers["Mcp-Session-Id"]}
    called = ask(
        "tools/call", {"name": "sandbox_exec", "arguments": {"command": "echo héllo | tee /by-agent"}}, **session
    )
    read = behind.request("GET", "sandfs/v1/fs/file?path=/by-agent")

    assert '"text":"héllo\\n[changed: added /by-agent]"' in called.content.decode()
    assert read.content == "héllo\n".encode()


def test_errors_come_through(behind):
    answer = behind.request("GET", "sandfs/v1/fs/stat?path=/none")

    assert (answer.status_code, answer.json()["type"]) == (404, "urn:sandfs:error:not_found")
