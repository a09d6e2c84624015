"""The ledger and its index: against a dictionary, and with many who change them."""

from __future__ import annotations

import random
import subprocess
import sys
from threading import Thread

import pytest

from jupyter_sandfs import errors
from jupyter_sandfs.filestore import Recovery, Usage
from jupyter_sandfs.filestore.nats.draft import Draft

RACE = """
import sys
from jupyter_sandfs import errors
from jupyter_sandfs.filestore import StoreLimits
from jupyter_sandfs.filestore.nats.address import parse
from jupyter_sandfs.filestore.nats.store import NatsFileStore

url, name, unit, one_key = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4] == "one"
with NatsFileStore(parse(url), limits=StoreLimits(max_total_bytes=10 * unit)) as store:
    print("ready", flush=True)
    sys.stdin.readline()
    stored = 0
    for number in range(6):
        key = f"files/{number}" if one_key else f"files/{name}-{number}"
        try:
            store.put(key, iter([bytes(unit - 1), b"1"]), if_none_match=one_key)
            stored += 1
        except (errors.QuotaExceeded, errors.VersionConflict):
            pass
    print(stored, flush=True)
"""


@pytest.fixture
def race(nats_url):
    """Let processes put at the same time; give how many files each could store."""
    processes = []

    def start(unit: int, keys: str) -> list[int]:
        for name in "abc":
            command = [sys.executable, "-c", RACE, nats_url, name, str(unit), keys]
            processes.append(subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True))
        assert [each.stdout.readline() for each in processes] == ["ready\n"] * 3
        for each in processes:
            each.stdin.write("\n")
            each.stdin.flush()
        return [int(each.communicate()[0]) for each in processes]

    yield start
    for each in processes:
        each.kill()
        each.wait()


@pytest.mark.parametrize("unit", [1000, 3 << 20])
def test_processes_together_never_exceed_the_quota_and_leave_the_rest_usable(race, open_nats, unit):
    """Large files book room as they come: the last ones may refuse each other, and then give back what they booked."""
    stored = sum(race(unit, "many"))
    store = open_nats(max_total_bytes=10 * unit)
    for number in range(stored, 10):
        store.put(f"files/later-{number}", iter([bytes(unit)]))

    assert (stored == 10) if unit == 1000 else (stored > 0)
    with pytest.raises(errors.QuotaExceeded):
        store.put("files/more", b"1")
    assert store.usage() == Usage(total_bytes=10 * unit, file_count=10, reserved_bytes=0, max_total_bytes=10 * unit)
    assert store.recover() == Recovery()


def test_of_processes_that_create_a_key_one_wins(race, store):
    stored = race(1000, "one")

    assert sum(stored) == 6
    assert [info.key for info in store.list().items] == [f"files/{number}" for number in range(6)]


def test_an_index_of_many_pages_is_that_of_a_dictionary(store):
    """Random lines are set and removed; each time some are published the index has to agree with a dictionary."""
    chance, expected = random.Random(3), {}
    books = store._desk._books

    async def check() -> None:
        for turn in range(60):
            lines = {
                f"f/{chance.choice('ab')}{chance.randrange(700):04}": chance.choice(["1", "22" * 40, None])
                for _ in range(chance.choice([1, 5, 80, 400]))
            }
            if turn in (20, 40):
                lines = dict.fromkeys(list(expected)[: len(expected) * 9 // 10])

            async def change(draft: Draft, lines=lines) -> None:
                for key, line in lines.items():
                    draft.set(key, line)

            await books.change(change)
            for key, line in lines.items():
                expected.pop(key, None)
                if line is not None:
                    expected[key] = line
            await compare()
        await books.rest()

    async def compare() -> None:
        start, below = sorted(f"f/{chance.choice('ab')}{chance.randrange(700):04}" for _ in range(2))
        probe = f"f/a{chance.randrange(700):04}"

        async def look(draft: Draft) -> tuple:
            assert len(await draft.pages.root(draft.root)) < 40
            return [line async for line in draft.scan(start, below)], await draft.get(probe)

        found = await books.change(look, fresh=True)
        assert found == (sorted((k, v) for k, v in expected.items() if start <= k < below), expected.get(probe))

    store._session.run(check())


def test_pages_that_no_index_needs_are_purged(store, stock):
    for number in range(150):
        store.put(f"files/{number}", b"")
    store.close()

    draft_pages = [subject for subject in stock.counts("X") if ".page." in subject]
    assert len(draft_pages) <= 4
    assert max(stock.counts("X").values()) == 1


def test_the_books_are_made_anew_when_they_are_lost(open_nats, stock, clock):
    store = open_nats()
    store.put("files/a", b"1", ttl=60)
    store.put("files/b", bytes(3 << 20))
    stock.put("files/c", b"333")
    before = store.list().items
    store.close()
    stock.run(stock.js.purge_stream(f"OBJ_{stock.bucket}", subject=f"$O.{stock.bucket}.X.>"))

    store = open_nats()
    assert store.recover() == Recovery()

    assert [info.key for info in store.list().items] == [info.key for info in before]
    assert (store.usage().total_bytes, store.usage().file_count) == (4 + (3 << 20), 3)
    assert store.put("files/a", b"2").version > before[0].version
    clock.advance(61)
    assert store.get("files/c") == b"333"


def test_threads_that_write_the_same_key_leave_one_whole_file(store, stock):
    bodies = [bytes([number]) * 300_000 for number in range(8)]

    threads = [Thread(target=store.put, args=("files/a", body)) for body in bodies]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert store.get("files/a") in bodies
    assert store.usage().total_bytes == 300_000
    store.cleanup()
    assert list(stock.counts("C").values()) == [1] * len(store.versions("files/a"))


def test_a_ledger_of_a_newer_release_is_not_touched(open_nats, stock):
    stock.run(stock.js.create_object_store(stock.bucket))
    store = open_nats()
    stock.publish("X.ledger", b'{"format":2}')

    with pytest.raises(errors.StoreError, match=r"^the store was written by a newer release; update jupyter_sandfs$"):
        store.put("files/a", b"")
    assert stock.counts("X") == {f"$O.{stock.bucket}.X.ledger": 1}


@pytest.mark.parametrize("ledger", [b"", b"[]", b"{}", b"\xff\n", b'{"format":1,"root":"x"}'])
def test_a_damaged_ledger_is_said_to_be(open_nats, stock, ledger):
    store = open_nats()
    stock.publish("X.ledger", ledger)

    with pytest.raises(errors.StoreError, match=r"^the ledger of the store is damaged$"):
        store.usage()


def test_the_largest_metadata_and_key_fit(store, stock):
    metadata = {"k": "ж" * 4000}
    key = "files/" + "ж" * 500

    info = store.put(key, b"1", metadata=metadata)

    assert (store.head(key), store.list().items) == (info, (info,))
    assert bytes(stock.get(key).data) == b"1"
