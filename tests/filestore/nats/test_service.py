"""What the server does for us, or fails to do: expiry, limits, stalls."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from types import SimpleNamespace

import pytest
from nats.js.errors import ObjectNotFoundError

from jupyter_sandfs import errors
from jupyter_sandfs.filestore import StoreLimits
from jupyter_sandfs.filestore.nats import bucket
from jupyter_sandfs.filestore.nats.address import parse
from jupyter_sandfs.filestore.nats.store import NatsFileStore

MIB = 1 << 20


def test_the_server_drops_the_meta_of_an_expired_file_so_that_stock_clients_see_it_gone(store, stock):
    store.put("files/a", b"1", ttl=1)
    there = bytes(stock.get("files/a").data)
    deadline = time.monotonic() + 15

    gone = False
    while not gone and time.monotonic() < deadline:
        try:
            stock.get_info("files/a")
        except ObjectNotFoundError:
            gone = True

    assert (there, gone) == (b"1", True)
    assert store.exists("files/a") is False
    assert store.put("files/a", b"2", if_none_match=True).size_bytes == 1


def test_a_bucket_is_made_with_room_for_what_the_limits_allow(open_nats, stock):
    open_nats(max_total_bytes=1 << 30)
    small = stock.run(stock.js.stream_info(f"OBJ_{stock.bucket}")).config
    open_nats(max_total_bytes=2 << 30)
    large = stock.run(stock.js.stream_info(f"OBJ_{stock.bucket}")).config

    assert (small.max_bytes, large.max_bytes) == ((1 << 30) + (1 << 28), (2 << 30) + (1 << 29))
    assert (large.allow_direct, large.allow_msg_ttl, large.allow_rollup_hdrs, large.discard) == (
        True,
        True,
        True,
        "new",
    )


def test_a_server_that_cannot_reserve_the_room_gets_a_bucket_without_a_limit(open_nats, stock):
    store = open_nats(max_total_bytes=1 << 50)

    store.put("files/a", b"1")

    assert stock.run(stock.js.stream_info(f"OBJ_{stock.bucket}")).config.max_bytes == -1


def test_a_bucket_that_is_full_says_so_and_keeps_what_it_has(open_nats, stock):
    stock.run(stock.js.add_stream(name=f"OBJ_{stock.bucket}", subjects=[f"$O.{stock.bucket}.C.>"], max_bytes=4 * MIB))
    store = open_nats()
    store.put("files/a", bytes(2 * MIB))

    with pytest.raises(errors.QuotaExceeded, match=f"the limit is {4 * MIB} bytes$"):
        store.put("files/b", bytes(9 * MIB))

    assert (store.exists("files/b"), store.get("files/a") == bytes(2 * MIB)) == (False, True)
    assert (store.usage().total_bytes, store.usage().reserved_bytes) == (2 * MIB, 0)
    store.put("files/c", bytes(MIB))


def test_a_server_that_is_too_old_is_named():
    old = SimpleNamespace(release=(2, 10))

    with pytest.raises(errors.Unsupported, match=r"^a NATS store needs nats-server 2\.11 or later, not 2\.10$"):
        asyncio.run(bucket.prepare(old, StoreLimits(), replicas=1))


def test_no_server_is_an_error_within_the_deadline(own_nats_server):
    address = parse(f"{own_nats_server.url}/b")
    own_nats_server.kill()
    started = time.monotonic()

    with pytest.raises(errors.StoreError, match=r"^cannot connect to the NATS server: "):
        NatsFileStore(address, patience=0.3)

    assert time.monotonic() - started < 5


def test_a_server_that_hangs_is_an_error_within_the_deadline_and_works_again_when_it_does(own_nats_server):
    with NatsFileStore(parse(f"{own_nats_server.url}/b")) as store:
        wire = store._desk.wire
        store.put("files/a", bytes(9 * MIB))
        calls = [
            lambda: store.head("files/a"),
            store.list,
            store.usage,
            lambda: store.put("files/b", b"1"),
            lambda: store.put("files/b", bytes(9 * MIB)),
            lambda: store.delete("files/a"),
        ]
        with store.open("files/a") as reader:
            reader.read(10)
            wire._patience = 0.2
            os.kill(own_nats_server.process.pid, signal.SIGSTOP)
            started = time.monotonic()
            for call in [*calls, reader.read]:
                with pytest.raises(errors.StoreError, match=r"does not answer within 0\.2 s"):
                    call()
            took = time.monotonic() - started
            os.kill(own_nats_server.process.pid, signal.SIGCONT)
            wire._patience = 20
        store.put("files/c", b"3")
        store.recover()

        assert took < 20
        assert store.get("files/c") == b"3"
        assert store.usage().total_bytes == sum(info.size_bytes for info in store.list().items)


def test_a_large_file_is_read_on_after_it_was_overwritten_until_its_time_is_over(open_nats, clock):
    store = open_nats(keep_versions=0)
    body = os.urandom(30 * MIB)
    store.put("files/a", body)

    with store.open("files/a") as first, store.open("files/a") as second:
        store.put("files/a", b"new")
        store.cleanup()
        whole = first.read() == body
        clock.advance(3601)
        store.cleanup()

        with pytest.raises(errors.StoreError, match=r"^files/a: overwritten or deleted long ago"):
            second.read()

    assert (whole, store.get("files/a")) == (True, b"new")


@pytest.mark.parametrize("place", [0, 1, 512 * 1024, 20 * MIB - 1, 20 * MIB])
def test_a_part_of_a_large_file_is_read_from_near_its_place(store, place):
    body = os.urandom(20 * MIB)
    store.put("files/a", body)

    assert store.get("files/a", start=place, end=place + 1000) == body[place : place + 1000]


def test_an_open_reader_outlives_its_store(open_nats):
    store = open_nats()
    body = os.urandom(9 * MIB)
    store.put("files/a", body)

    with store.open("files/a") as reader:
        store.close()
        rest = reader.read()

    assert rest == body


def test_a_forked_child_is_told_to_open_the_store_anew(store):
    store.put("files/a", b"1")
    pid = os.fork()
    if pid == 0:
        try:
            store.get("files/a")
        except errors.StoreError as error:
            os._exit(0 if "fork" in str(error) else 1)
        os._exit(2)

    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    assert store.get("files/a") == b"1"


def test_links_are_good_for_all_who_open_the_bucket_and_for_no_one_else(nats_url, open_nats, clock):
    token = open_nats().sign("GET", "files/a", expires=60)

    assert open_nats().verify("GET", token) == ("files/a", None)
    other = NatsFileStore(parse(nats_url + "x"), clock=clock)
    with other, pytest.raises(errors.InvalidSignature):
        other.verify("GET", token)
