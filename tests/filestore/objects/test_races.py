"""Many writers of the same few keys: after any interleaving the books are right, and every file is whole."""

from __future__ import annotations

import random
from contextlib import suppress
from threading import Barrier, Thread

import pytest
from obstore.store import MemoryStore

from jupyter_sandfs import errors
from jupyter_sandfs.filestore import StoreLimits
from jupyter_sandfs.filestore.objects.bucket import Bucket, Overtaken
from jupyter_sandfs.filestore.objects.ledger import Books
from jupyter_sandfs.filestore.objects.store import ObjectFileStore

KEYS = ["files/a", "files/b", "files/c"]
WRITERS = 6
LIMITS = StoreLimits(max_total_bytes=250, default_ttl=30)


def care(store: ObjectFileStore) -> None:
    """Clear up, while others are at work."""
    for _ in range(10):
        store.cleanup()
        assert store.recover().missing == 0


def work(store: ObjectFileStore, choose: random.Random) -> None:
    """Thirty random changes; what the store refuses is refused."""
    for _ in range(30):
        key, other = choose.sample(KEYS, 2)
        with suppress(errors.QuotaExceeded, errors.VersionConflict, errors.ObjectNotFound):
            match choose.randrange(6):
                case 0 | 1 | 2:
                    size = choose.randrange(1, 120)
                    store.put(key, bytes([size]) * size, if_version=choose.choice([None, None, 1, 2, 3]))
                case 3:
                    store.delete(key)
                case 4:
                    store.copy(key, other)
                case 5:
                    upload = store.begin_upload(key)
                    upload.append(b"\x05" * 5, 0)
                    with suppress(errors.QuotaExceeded):
                        upload.commit()
                    upload.abort()


@pytest.mark.parametrize("seed", range(4))
def test_writers_of_the_same_keys_leave_right_books(seed, clock):
    memory = MemoryStore()
    barrier = Barrier(WRITERS)
    failures: list[BaseException] = []

    def run(number: int) -> None:
        store = ObjectFileStore(Bucket(memory), limits=LIMITS, clock=clock)
        barrier.wait(10)
        try:
            if number:
                work(store, random.Random(f"{seed} {number}"))
            else:
                care(store)
        except BaseException as error:  # noqa: BLE001  reported below
            failures.append(error)

    threads = [Thread(target=run, args=(number,)) for number in range(WRITERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    store = ObjectFileStore(Bucket(memory), limits=LIMITS, clock=clock)
    bodies = [store.get(info.key) for info in store.list().items]
    usage = store.usage()
    assert failures == []
    assert all(body == bytes([len(body)]) * len(body) for body in bodies)
    assert (usage.total_bytes, usage.file_count, usage.reserved_bytes) == (sum(map(len, bodies)), len(bodies), 0)
    assert usage.total_bytes <= LIMITS.max_total_bytes
    recovered = store.recover()
    assert (recovered.orphans, recovered.missing) == (0, 0)
    clock.advance(31)
    assert (store.usage().total_bytes, store.usage().file_count) == (0, 0)


def test_a_ledger_that_others_change_is_read_again(clock):
    memory = MemoryStore()
    one, other = Books(Bucket(memory), "ledger"), Books(Bucket(memory), "ledger")

    for turn in range(3):
        for books in (one, other):
            books.update(lambda ledger: setattr(ledger, "size", ledger.size + 1))
        assert one.look().size == other.look().size == 2 * (turn + 1)


def test_a_ledger_that_never_holds_still_is_given_up(monkeypatch):
    def overtaken(*_, **__):
        raise Overtaken("ledger")

    bucket = Bucket(MemoryStore())
    monkeypatch.setattr(bucket, "write", overtaken)
    monkeypatch.setattr("jupyter_sandfs.filestore.objects.ledger._PATIENCE_SECONDS", 0.05)

    with pytest.raises(errors.StoreError, match=r"^too many write to the store at once; try again$"):
        Books(bucket, "ledger").update(lambda ledger: setattr(ledger, "size", 1))
