"""Writers and servers that are killed: what was acknowledged is there, whole; the rest is as if it had never begun."""

from __future__ import annotations

import hashlib
import random
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from jupyter_sandfs import errors
from jupyter_sandfs.filestore import Recovery
from jupyter_sandfs.filestore.nats.address import parse
from jupyter_sandfs.filestore.nats.chunks import CHUNK_BYTES
from jupyter_sandfs.filestore.nats.store import NatsFileStore

MIB = 1 << 20
# Writes a small body over an older one, then a large one, and dies around the request that it is told.
DYING = """
import os, signal, sys
from jupyter_sandfs.filestore.nats.address import parse
from jupyter_sandfs.filestore.nats.chunks import CHUNK_BYTES
from jupyter_sandfs.filestore.nats.store import NatsFileStore
from jupyter_sandfs.filestore.nats.wire import Wire

store, number, when = NatsFileStore(parse(sys.argv[1])), int(sys.argv[2]), sys.argv[3]
publish, published = Wire.publish, 0

async def counted(self, *args, **kwargs):
    global published
    published += 1
    if published == number and when == "before":
        os.kill(os.getpid(), signal.SIGKILL)
    answer = await publish(self, *args, **kwargs)
    if published >= number:
        os.kill(os.getpid(), signal.SIGKILL)
    return answer

Wire.publish = counted
store.put("files/small", b"new")
print("small", flush=True)
store.put("files/large", (bytes(1 << 20) for _ in range(9)))
print("large", flush=True)
store.delete("files/small")
print("deleted", flush=True)
store.close()
"""
# Writes, overwrites and deletes without end, and says what was acknowledged.
BUSY = """
import hashlib, random, sys
from jupyter_sandfs.filestore import StoreLimits
from jupyter_sandfs.filestore.nats.address import parse
from jupyter_sandfs.filestore.nats.chunks import CHUNK_BYTES
from jupyter_sandfs.filestore.nats.store import NatsFileStore

store, chance = NatsFileStore(parse(sys.argv[1])), random.Random(sys.argv[2])
while True:
    key = f"files/{sys.argv[2]}-{chance.randrange(20)}"
    if chance.random() < 0.2:
        print("start", key, "-", flush=True)
        store.delete(key)
        print("done", key, "-", flush=True)
        continue
    body = chance.randbytes(chance.choice([10, 1000, 300_000, 3 << 20, 5 << 20]))
    digest = hashlib.sha256(body).hexdigest()
    print("start", key, digest, flush=True)
    store.put(key, iter([body[:1000], body[1000:]]))
    print("done", key, digest, flush=True)
"""


def later() -> float:
    """When what nobody claims is nobody's any more."""
    return time.time() + 7200


@pytest.fixture
def open_later(nats_url) -> Callable[[], NatsFileStore]:
    opened = []

    def open_one(clock: Callable[[], float] = later) -> NatsFileStore:
        opened.append(NatsFileStore(parse(nats_url), clock=clock))
        return opened[-1]

    yield open_one
    for each in opened:
        each.close()


def booked(store: NatsFileStore, stock) -> dict[str, int]:
    """What the books say, and how many chunks there are."""
    usage = store.usage()
    return {
        "bytes": usage.total_bytes,
        "files": usage.file_count,
        "reserved": usage.reserved_bytes,
        "kept": usage.kept_bytes,
        "chunks": sum(stock.counts("C").values()),
    }


def counted(store: NatsFileStore, stock) -> dict[str, int]:
    """What they have to say, by the files that there are."""
    found = store.list(limit=10_000).items
    older = [info for current in found for info in store.versions(current.key)[1:]]
    chunks = sum(stock.get_info(info.key).chunks for info in found)
    return {
        "bytes": sum(info.size_bytes for info in found),
        "files": len(found),
        "reserved": 0,
        "kept": sum(info.size_bytes for info in older),
        "chunks": chunks + sum(-(-info.size_bytes // CHUNK_BYTES) for info in older),
    }


def check_death(nats_url: str, stock, open_later, number: int, when: str) -> None:
    with NatsFileStore(parse(nats_url)) as store:
        store.put("files/small", b"old")
    died = subprocess.run(
        [sys.executable, "-c", DYING, nats_url, str(number), when], capture_output=True, text=True, check=False
    )
    said = died.stdout.split()

    # A small body travels beside its claim: alone it is found later. Everything else is cleared away at once.
    store = open_later(later if number <= 2 else time.time)
    small = store.get("files/small") if store.exists("files/small") else None
    store.recover()

    assert (died.returncode, died.stderr) in [(-9, ""), (0, "")]
    expected = {"": [b"old", b"new"], "small": [b"new"], "large": [b"new", None], "deleted": [None]}
    assert small in expected[said[-1] if said else ""]
    assert store.exists("files/large") is True or "large" not in said
    if store.exists("files/large"):
        assert store.get("files/large") == bytes(9 * MIB)
    assert booked(store, stock) == counted(store, stock)
    assert store.recover() == Recovery()


SOME_DEATHS = [(1, "before"), (2, "after"), (3, "before"), (3, "after"), (14, "after"), (25, "before"), (26, "after")]


@pytest.mark.parametrize(("number", "when"), SOME_DEATHS)
def test_a_writer_that_dies_at_a_request_leaves_whole_files(nats_url, stock, open_later, number, when):
    check_death(nats_url, stock, open_later, number, when)


@pytest.mark.soak
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("number", range(1, 31))
def test_a_writer_that_dies_at_any_request_leaves_whole_files(nats_url, stock, open_later, number, when):
    check_death(nats_url, stock, open_later, number, when)


def kill_after(url: str, name: str, acknowledged: int) -> tuple[dict[str, str], tuple[str, str] | None]:
    """Kill a busy writer; give what it was told about each key, and what it was at."""
    process = subprocess.Popen([sys.executable, "-c", BUSY, url, name], stdout=subprocess.PIPE, text=True)
    known, doing = {}, None
    for line in process.stdout:
        what, key, digest = line.split()
        if what == "start":
            doing = (key, digest)
        else:
            known[key], doing = digest, None
            acknowledged -= 1
        if acknowledged <= 0 and what == "start":
            process.kill()
            break
    # What it wrote between our reading and its death counts too.
    for line in process.stdout:
        what, key, digest = line.split()
        doing = (key, digest) if what == "start" else None
        if what == "done":
            known[key] = digest
    process.wait()
    process.stdout.close()
    return known, doing


def check_kills(url: str, stock, open_later, count: int) -> None:
    chance = random.Random(1)
    for number in range(count):
        known, doing = kill_after(url, str(number), chance.randrange(5, 30))
        store = open_later()
        now = {}
        for key in {*known, *([doing[0]] if doing else [])}:
            now[key] = hashlib.sha256(store.get(key)).hexdigest() if store.exists(key) else "-"
        differing = {key for key in now if now[key] != known.get(key, "-")}

        assert differing <= ({doing[0]} if doing else set())
        assert all((key, now[key]) == doing for key in differing)
        store.recover()
        # Large bodies that were overwritten are kept for an hour, for those who read them.
        store.cleanup(now=datetime.fromtimestamp(later() + 7200, UTC))
        assert booked(store, stock) == counted(store, stock)
        assert store.recover() == Recovery()


def test_killed_writers_lose_nothing_that_was_acknowledged(nats_url, stock, open_later):
    check_kills(nats_url, stock, open_later, 2)


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_hundreds_of_killed_writers_lose_nothing_that_was_acknowledged(nats_url, stock, open_later):
    check_kills(nats_url, stock, open_later, 200)


def is_back(store: NatsFileStore) -> bool:
    """Whether a store works again, within a while."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            return store.put("files/after", b"1").size_bytes == 1
        except errors.StoreError:
            continue
    return False


def check_server_kills(server, count: int) -> None:
    """Kill and restart the server in the middle of bodies; the store goes on by itself."""
    chance, known = random.Random(2), {}
    address = parse(f"{server.url}/kills")
    with NatsFileStore(address, patience=1) as store:

        def body(parts: list[bytes], at: int):
            for number, part in enumerate(parts):
                if number == at:
                    server.kill()
                    server.start()
                yield part

        for number in range(count):
            parts = [chance.randbytes(chance.randrange(1, MIB)) for _ in range(10)]
            for key in (f"files/{number}", f"files/{number % 3}"):
                try:
                    info = store.put(key, body(parts, chance.randrange(12)))
                except errors.StoreError:
                    continue
                known[key] = info.checksum
        assert is_back(store)
    with NatsFileStore(address, clock=later) as store:
        store.recover()
        usage, found = store.usage(), store.list(limit=10_000).items

        assert {info.key: info.checksum for info in found if info.key in known} == known
        assert all(f"sha256:{hashlib.sha256(store.get(info.key)).hexdigest()}" == info.checksum for info in found)
        assert (usage.total_bytes, usage.reserved_bytes) == (sum(info.size_bytes for info in found), 0)
        assert store.recover() == Recovery()


def test_a_killed_server_loses_nothing_that_was_acknowledged(own_nats_server):
    check_server_kills(own_nats_server, 3)


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_hundreds_of_killed_servers_lose_nothing_that_was_acknowledged(own_nats_server):
    check_server_kills(own_nats_server, 200)


@pytest.mark.parametrize("size", [10, 9 * MIB])
def test_a_writer_that_was_taken_for_dead_cannot_finish_with_what_was_cleared_away(store, open_later, stock, size):
    """Its connection was gone when others cleared up, and comes back just before it stores its meta."""
    store.put("files/a", b"old")
    store._desk.wire.inbox = "_INBOX.nobody.listens"
    publish = store._desk.wire.publish
    recoveries = []

    async def late(subject: str, payload: bytes, **options) -> int | None:
        if ".M." in subject and not recoveries:
            recoveries.append(open_later().recover())
        return await publish(subject, payload, **options)

    store._desk.wire.publish = late

    with pytest.raises(errors.StoreError, match=r"the write was given up; write it again$"):
        store.put("files/a", bytes(size))

    assert [(each.unfinished, each.missing) for each in recoveries] == [(1, 0)]
    assert store.get("files/a") == b"old"
    assert booked(store, stock) == counted(store, stock)
    assert store.put("files/a", b"new").size_bytes == 3
