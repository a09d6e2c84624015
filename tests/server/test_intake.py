"""Bodies that never end: of clients that go away, say nothing more, or are too many."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import pytest

from jupyter_sandfs.server import intake
from jupyter_sandfs.server.fs import LargeFile
from jupyter_sandfs.server.seats import Seats
from jupyter_sandfs.server.staging import LargeObject

MIB = 1 << 20
ROUTES = pytest.mark.parametrize("route", ["fs/file?path=/a", "files/a"])


@pytest.fixture
def aborted(monkeypatch) -> asyncio.Event:
    """Set when the sink of a large body was told to give up, and has."""
    aborted = asyncio.Event()
    for sink in (LargeFile, LargeObject):
        abort = sink.abort

        async def observed(self, abort=abort):
            await abort(self)
            aborted.set()

        monkeypatch.setattr(sink, "abort", observed)
    return aborted


@pytest.fixture
def half(server, http_server, jp_base_url, jp_http_port):
    """Send half of a body to a route; gives both ends of the connection."""

    async def half(route: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        reader, writer = await asyncio.open_connection("127.0.0.1", jp_http_port)
        head = (
            f"PUT {jp_base_url}sandfs/v1/{route} HTTP/1.1\r\nHost: localhost\r\n"
            f"Authorization: token {server.identity_provider.token}\r\nContent-Length: {2 * MIB + 1}\r\n\r\n"
        )
        writer.write(head.encode() + bytes(MIB + 1))
        await writer.drain()
        return reader, writer

    return half


class OneSeat(Seats):
    """Room for one request; `came` is set when it has come."""

    def __init__(self) -> None:
        super().__init__("uploads", each=1, most=1)
        self.came = asyncio.Event()

    def take(self, user: str) -> None:
        super().take(user)
        self.came.set()


async def nothing_is_left(server, fs, aborted: asyncio.Event) -> bool:
    async with asyncio.timeout(60):
        await aborted.wait()
    staging = server.web_app.settings["sandfs_staging"]
    usage = await (await staging.store()).usage()
    return fs.listdir("/") == [] and usage.reserved_bytes == 0


@ROUTES
async def test_a_client_that_goes_away_leaves_nothing(server, fs, half, aborted, route):
    _, writer = await half(route)

    writer.close()

    assert await nothing_is_left(server, fs, aborted)


@ROUTES
async def test_a_client_that_says_nothing_more_is_hung_up_on(server, fs, half, aborted, route, monkeypatch):
    reader, writer = await half(route)
    monkeypatch.setattr(intake, "IDLE_SECONDS", 0.0)

    writer.write(b"x")

    with suppress(ConnectionResetError):  # where the server had not read all of it
        async with asyncio.timeout(60):
            assert await reader.read() == b""
    assert await nothing_is_left(server, fs, aborted)
    writer.close()


async def test_the_number_of_bodies_is_bounded(server, fs, half, aborted, fetch):
    seats = server.web_app.settings["sandfs_bodies"] = OneSeat()
    _, writer = await half("files/a")
    async with asyncio.timeout(60):
        await seats.came.wait()
    refused = await fetch("files", "b", method="PUT", body=b"x")

    writer.close()

    assert await nothing_is_left(server, fs, aborted)
    allowed = await fetch("files", "b", method="PUT", body=b"x")
    assert (refused.problem, allowed.status) == ("rate_limited", 201)
