"""A kernel behind a gateway: another Jupyter server runs it, and its messages come over a websocket."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator

import pytest

MIB = 1 << 20


@pytest.fixture(scope="module")
def behind(live, tmp_path_factory) -> Iterator:
    """A server whose kernels `live` runs, and a kernel with a sandbox."""
    live.let_kernels_load_the_extension()
    gateway = (f"--GatewayClient.url={live.url.rstrip('/')}", f"--GatewayClient.auth_token={live.token}")
    server = type(live)(tmp_path_factory.mktemp("behind"), *gateway)
    server.start()
    server.kernel_id = server.start_kernel_with_sandbox()
    yield server
    server.stop()


def test_files_go_both_ways_in_base64(behind, live):
    content = os.urandom(MIB + 17)

    written = behind.request("PUT", "sandfs/v1/fs/file?path=/d/a.bin", data=content)
    read = behind.request("GET", "sandfs/v1/fs/file?path=/d/a.bin")
    listed = behind.request("GET", "sandfs/v1/fs/entries?path=/d")
    there = live.request("GET", f"sandfs/v1/fs/file?path=/d/a.bin&session_id={behind.kernel_id}")

    assert (written.status_code, written.json()["bytesWritten"]) == (200, len(content))
    assert read.content == there.content == content
    assert [each["name"] for each in listed.json()] == ["a.bin"]


def test_the_contents_api_works(behind):
    path = f"sandfs/contents/{behind.kernel_id}"
    model = {"type": "file", "format": "text", "content": "héllo"}

    made = behind.request("PUT", f"{path}/note.txt", data=json.dumps(model))
    read = behind.request("GET", f"{path}/note.txt")

    assert (made.status_code, read.json()["content"]) == (201, "héllo")


def test_errors_come_through(behind):
    answer = behind.request("GET", "sandfs/v1/fs/stat?path=/none")

    assert (answer.status_code, answer.json()["type"]) == (404, "urn:sandfs:error:not_found")
