"""Resumable uploads by the clients that people use, and through the death of the server."""

from __future__ import annotations

import asyncio
import hashlib
import io
import json
import os
import socket
import subprocess
from pathlib import Path
from urllib.parse import urlsplit

import aiotus
import pytest
from tusclient.client import TusClient

MIB = 1 << 20


@pytest.fixture
def client(live) -> TusClient:
    return TusClient(f"{live.url}sandfs/v1/uploads", headers=live.headers)


def checksum(live, key: str) -> str:
    return live.request("HEAD", f"sandfs/v1/files/{key}").headers["X-Checksum"].removeprefix("sha256:")


def test_tuspy_uploads_stops_and_goes_on(live, client):
    content = os.urandom(5 * MIB + 3)
    first = client.uploader(
        file_stream=io.BytesIO(content), chunk_size=MIB, metadata={"key": "tuspy.bin"}, upload_checksum=True
    )
    first.upload(stop_at=2 * MIB)

    second = client.uploader(file_stream=io.BytesIO(content), chunk_size=MIB, url=first.url)
    offset = second.get_offset()
    second.upload()

    assert offset == 2 * MIB
    assert checksum(live, "tuspy.bin") == hashlib.sha256(content).hexdigest()


async def upload_with_aiotus(live, contents: dict[str, bytes]) -> None:
    endpoint = f"{live.url}sandfs/v1/uploads"
    one, *several = contents.items()
    await asyncio.gather(
        aiotus.upload(endpoint, io.BytesIO(one[1]), {"key": one[0].encode()}, headers=live.headers, chunksize=MIB),
        *(
            aiotus.upload_multiple(
                endpoint,
                [io.BytesIO(content[:MIB]), io.BytesIO(content[MIB:])],
                {"key": key.encode()},
                headers=live.headers,
                chunksize=MIB,
            )
            for key, content in several
        ),
    )


def test_aiotus_uploads_at_once_and_in_parts(live):
    contents = {f"aiotus-{number}.bin": os.urandom(2 * MIB + number) for number in range(4)}

    asyncio.run(upload_with_aiotus(live, contents))

    assert {key: checksum(live, key) for key in contents} == {
        key: hashlib.sha256(content).hexdigest() for key, content in contents.items()
    }


def test_tus_js_client_aborts_goes_on_and_uploads_in_parallel(live, node_packages):
    script = Path(__file__).with_name("tus_client.mjs")

    done = subprocess.run(
        ["node", script, f"{live.url}sandfs/v1/uploads", live.token, str(4 * MIB)],
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
        cwd=node_packages.parent,
    )

    assert done.stderr == ""
    told = json.loads(done.stdout)
    assert 0 < told["stoppedAt"] < 4 * MIB
    assert (checksum(live, "resumed.bin"), checksum(live, "parallel.bin")) == (told["resumed"], told["parallel"])


def test_an_upload_goes_on_after_the_server_was_killed(live, client):
    content = os.urandom(20 * MIB)
    uploader = client.uploader(file_stream=io.BytesIO(content), chunk_size=4 * MIB, metadata={"key": "killed.bin"})
    uploader.upload(stop_at=4 * MIB)
    with send_half(live, uploader.url, content[4 * MIB :], offset=4 * MIB, sent=6 * MIB):
        wait_for_offset(live, uploader.url, 9 * MIB)
        live.kill()
    live.start()

    offset = wait_for_offset(live, uploader.url, 9 * MIB)
    client.uploader(file_stream=io.BytesIO(content), chunk_size=4 * MIB, url=uploader.url).upload()

    assert 9 * MIB <= offset <= 10 * MIB
    assert checksum(live, "killed.bin") == hashlib.sha256(content).hexdigest()


def send_half(live, url: str, rest: bytes, *, offset: int, sent: int) -> socket.socket:
    """Begin a request that announces all of `rest`, and send only some of it."""
    lines = [
        f"PATCH {urlsplit(url).path} HTTP/1.1",
        f"Host: {urlsplit(url).netloc}",
        f"Authorization: token {live.token}",
        "Tus-Resumable: 1.0.0",
        "Content-Type: application/offset+octet-stream",
        f"Upload-Offset: {offset}",
        f"Content-Length: {len(rest)}",
    ]
    connection = socket.create_connection(live.address, timeout=30)
    connection.sendall("\r\n".join([*lines, "", ""]).encode() + rest[:sent])
    return connection


def wait_for_offset(live, url: str, least: int) -> int:
    """Ask how far an upload is until it is far enough; the server may still be reading what was sent."""
    path = url.removeprefix(live.url)
    for _ in range(500):
        offset = int(live.request("HEAD", path, headers={"Tus-Resumable": "1.0.0"}).headers["Upload-Offset"])
        if offset >= least:
            return offset
    pytest.fail(f"the upload stays at {offset}")


def test_memory_stays_flat_whatever_the_length(live, client):
    client.uploader(file_stream=io.BytesIO(bytes(MIB)), chunk_size=MIB, metadata={"key": "warm.bin"}).upload()
    before = live.peak_bytes

    client.uploader(file_stream=io.BytesIO(bytes(96 * MIB)), chunk_size=96 * MIB, metadata={"key": "a.bin"}).upload()

    assert live.peak_bytes - before < 24 * MIB
