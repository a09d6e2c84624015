"""Changes as server-sent events."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from typing import NamedTuple

import pytest

from jupyter_sandfs.server import feeds
from jupyter_sandfs.server.seats import Seats

PATIENCE = 60.0


class Event(NamedTuple):
    """One event as a browser would see it."""

    kind: str
    data: dict
    place: str | None


class Stream:
    """A client that reads events off its connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer
        self.comments = 0

    async def head(self) -> dict[str, str]:
        lines = (await self._until(b"\r\n\r\n")).decode().split("\r\n")
        self.status = int(lines[0].split()[1])
        return {name.lower(): value for name, _, value in (line.partition(": ") for line in lines[1:]) if name}

    async def next(self) -> Event | None:
        """The next event; None at the end."""
        while text := await self._chunk():
            fields = dict(line.split(": ", 1) for line in text.decode().strip().split("\n") if line[0] != ":")
            if fields:
                return Event(fields["event"], json.loads(fields["data"]), fields.get("id"))
            self.comments += 1
        return None

    async def _chunk(self) -> bytes:
        """The server sends each event as one chunk (RFC 9112, 7.1)."""
        size = int(await self._until(b"\r\n"), 16)
        async with asyncio.timeout(PATIENCE):
            return (await self.reader.readexactly(size + 2))[:-2]

    async def _until(self, end: bytes) -> bytes:
        async with asyncio.timeout(PATIENCE):
            return await self.reader.readuntil(end)


@pytest.fixture
def listen(server, http_server, jp_base_url, jp_http_port, monkeypatch):
    """Open a stream; when it is closed, the server has noticed."""
    del http_server
    monkeypatch.setattr(feeds, "_LOOK_SECONDS", 0.01)

    @asynccontextmanager
    async def listen(query: str = "", **headers: str):
        reader, writer = await asyncio.open_connection("127.0.0.1", jp_http_port)
        told = {"Host": "localhost", "Authorization": f"token {server.identity_provider.token}", **headers}
        head = "".join(f"{name}: {value}\r\n" for name, value in told.items())
        writer.write(f"GET {jp_base_url}sandfs/v1/fs/events?{query} HTTP/1.1\r\n{head}\r\n".encode())
        try:
            yield Stream(reader, writer)
        finally:
            writer.close()
            async with asyncio.timeout(PATIENCE):
                while server.web_app.settings["sandfs_streams"].taken:  # noqa: ASYNC110  it has no event to wait for
                    await asyncio.sleep(0)

    return listen


async def test_changes_are_told_as_they_are_made(listen, fs):
    async with listen() as stream:
        headers = await stream.head()
        ready = await stream.next()
        fs.write_file("/a", "x")
        added = await stream.next()
        fs.move("/a", "/b")
        moved = await stream.next()

    assert (stream.status, headers["content-type"], headers["cache-control"]) == (200, "text/event-stream", "no-store")
    assert ready.kind == "ready"
    assert (added.kind, added.data) == ("change", {"kind": "added", "path": "/a", "entryType": "file"})
    assert moved.kind == "change"
    assert len({ready.place, added.place, moved.place}) == 3


@pytest.mark.parametrize("way", ["header", "query"])
async def test_a_client_that_comes_back_misses_nothing(listen, fs, way):
    async with listen() as stream:
        await stream.head()
        ready = await stream.next()
    fs.write_file("/a", "x")

    again = (
        {"query": "seconds=60", "Last-Event-ID": ready.place} if way == "header" else {"query": f"after={ready.place}"}
    )
    async with listen(**again) as stream:
        await stream.head()
        events = [await stream.next() for _ in range(2)]

    assert [(each.kind, each.data.get("path")) for each in events] == [("ready", None), ("change", "/a")]
    assert events[0].place == ready.place


async def test_a_client_that_was_away_for_too_long_is_told_to_begin_again(listen, fs):
    async with listen("after=another-7&seconds=0") as stream:
        await stream.head()
        reset = await stream.next()
        end = await stream.next()

    assert (reset.kind, end, fs.listdir("/")) == ("reset", None, [])
    assert reset.place.endswith("-0")


async def test_a_stream_is_about_a_path(listen, fs):
    async with listen("path=/d") as stream:
        await stream.head()
        await stream.next()
        fs.write_file("/other", "x")
        fs.write_file("/d/a", "x")
        events = [await stream.next() for _ in range(2)]

    assert [each.data["path"] for each in events] == ["/d", "/d/a"]


async def test_a_stream_ends_when_its_kernel_does(listen, fs, kernels):
    async with listen() as stream:
        await stream.head()
        await stream.next()
        kernels.endpoints["k1"].stop()
        del kernels.managers["k1"]
        end = await stream.next()
        nothing = await stream.next()

    assert (end.kind, end.data["status"], end.data["type"]) == ("end", 404, "urn:sandfs:error:sandbox_not_found")
    assert (nothing, fs.listdir("/")) == (None, [])


async def test_a_quiet_stream_stays_open(listen, fs, monkeypatch):
    monkeypatch.setattr(feeds, "_QUIET_SECONDS", 0.0)
    async with listen() as stream:
        await stream.head()
        await stream.next()
        before = stream.comments
        while stream.comments < 2:
            fs.write_file("/a", "x")
            await stream.next()

    assert (before, stream.comments >= 2) == (0, True)


async def test_the_number_of_streams_is_bounded(listen, fetch, fs, server):
    server.web_app.settings["sandfs_streams"] = Seats("streams", each=1, most=1)

    async with listen() as stream:
        await stream.head()
        await stream.next()
        refused = await fetch("fs", "events", params={"seconds": "0"})
    allowed = await fetch("fs", "events", params={"seconds": "0"})

    assert (refused.status, refused.problem) == (429, "rate_limited")
    assert (allowed.status, fs.listdir("/")) == (200, [])


@pytest.mark.parametrize(
    ("params", "status"),
    [({"session_id": "nobody"}, 404), ({"seconds": "-1"}, 400), ({"seconds": "nan"}, 400), ({"path": "/\0"}, 400)],
)
async def test_what_can_not_be_watched_is_a_problem(fetch, fs, params, status):
    answer = await fetch("fs", "events", params=params)

    assert (answer.status, answer.headers["Content-Type"]) == (status, "application/problem+json")
    assert fs.listdir("/") == []
