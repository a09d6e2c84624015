"""Writing in the background: batches, memory, failures, and the end."""

from __future__ import annotations

import gc
import logging
import os
import subprocess
import sys
import threading
import weakref

import pytest

from jupyter_sandfs.errors import StorageError, StorageLocked
from jupyter_sandfs.storage import FileEntry, MemoryFileStorage, SQLiteFileStorage, WriteBehind

DEADLINE = 20.0


class Gate(MemoryFileStorage):
    """Keeps nothing until it is let to, notes each change, and fails on request."""

    def __init__(self, *, grows=False, is_open=True):
        super().__init__()
        self.grows = grows
        self.failure = None
        self.batches = []
        self.closed = threading.Event()
        self.entered = threading.Semaphore(0)
        self.opened = threading.Event()
        if is_open:
            self.opened.set()

    def apply(self, sets, deletes):
        self.entered.release()
        assert self.opened.wait(DEADLINE)
        if self.failure is not None:
            raise self.failure
        self.batches.append(([(each.path, each.start, each.content) for each in sets], deletes))
        super().apply(sets, deletes)

    def close(self):
        self.closed.set()


def entry(path, content=b"", **facts):
    return FileEntry(path=path, content=content, **facts)


@pytest.fixture
def shut():
    """A storage that is writing its first change, and does not get on with it."""
    gate = Gate(grows=True, is_open=False)
    behind = WriteBehind(gate, max_bytes=10_000)
    behind.set(entry("/first"))
    assert gate.entered.acquire(timeout=DEADLINE)
    yield gate, behind
    gate.failure = None
    gate.opened.set()
    behind.close()


def test_what_comes_while_a_change_is_written_is_one_change(shut):
    gate, behind = shut
    for number in range(10):
        behind.set(entry("/a", b"%d" % number))
    behind.apply([entry("/b"), entry("/c")], ["/gone"])
    behind.apply((), ["/b"])
    gate.opened.set()
    behind.flush()

    assert gate.batches[1:] == [([("/a", 0, b"9"), ("/c", 0, b"")], ["/gone", "/b"])]


def test_ends_of_a_content_that_come_one_by_one_are_written_together(shut):
    gate, behind = shut
    behind.set(entry("/log", b"3", start=3))
    behind.set(entry("/log", b"45", start=4))
    behind.set(entry("/log", b"5!", start=5))
    behind.set(entry("/new", b"whole"))
    behind.set(entry("/new", b", and more", start=5))
    behind.set(entry("/cut", b"later", start=9))
    behind.set(entry("/cut", b"sooner", start=7))
    gate.opened.set()
    behind.flush()

    assert gate.batches[1][0] == [("/log", 3, b"345!"), ("/new", 0, b"whole, and more"), ("/cut", 7, b"sooner")]


def test_the_end_of_what_is_being_deleted_is_refused(shut):
    _, behind = shut
    behind.apply((), ["/a"])

    with pytest.raises(ValueError, match="3 bytes are not what is kept"):
        behind.set(entry("/a", b"x", start=3))


def test_a_change_for_which_there_is_no_room_waits(shut):
    gate, behind = shut
    taken = threading.Event()
    behind.set(entry("/a", bytes(6000)))

    def add():
        behind.set(entry("/b", bytes(6000)))
        taken.set()

    adder = threading.Thread(target=add)
    adder.start()
    assert not taken.wait(0.05)  # as long as nothing can be written, it can't be taken
    gate.opened.set()
    assert taken.wait(DEADLINE)
    adder.join()
    behind.flush()
    assert [each.path for each in gate.items()] == ["/a", "/b", "/first"]


def test_a_state_that_is_replaced_takes_no_room_twice(shut):
    gate, behind = shut
    for _ in range(10):
        behind.set(entry("/a", bytes(8000)))

    gate.opened.set()
    behind.flush()
    assert [len(gate.batches), gate.batches[1][0][0][2]] == [2, bytes(8000)]


def test_a_change_larger_than_all_room_is_taken_when_nothing_waits():
    with WriteBehind(Gate(), max_bytes=10) as behind:
        behind.set(entry("/a", bytes(1000)))
        behind.set(entry("/b", bytes(1000)))

        assert behind.count() == 2


def test_reading_waits_for_what_was_written(shut):
    gate, behind = shut
    behind.set(entry("/a", b"x"))
    gate.opened.set()

    assert (behind.get("/a").content, behind.exists("/a"), behind.delete("/a"), behind.exists("/a")) == (
        b"x",
        True,
        True,
        False,
    )


# ---------------------------------------------------------------- failures


@pytest.fixture
def failing():
    gate = Gate(grows=True)
    behind = WriteBehind(gate)
    gate.failure = OSError("disk full")
    behind.set(entry("/a", b"1"))
    with pytest.raises(StorageError):
        behind.flush()
    yield gate, behind
    gate.failure = None
    behind.close()


def test_a_failure_is_told_by_flush_and_by_every_change_after_it(failing):
    gate, behind = failing

    for call in (behind.flush, lambda: behind.set(entry("/b")), behind.flush, lambda: behind.get("/a")):
        with pytest.raises(StorageError, match="changes are not kept, of this and earlier calls: disk full") as caught:
            call()
        assert caught.value.__cause__ is gate.failure
    assert behind.where == "kept in a storage in memory: lost when the kernel restarts: NOT since disk full"


def test_what_failed_is_written_as_soon_as_it_can_be(failing):
    gate, behind = failing
    gate.failure = None
    behind.flush()

    assert [each.path for each in gate.items()] == ["/a"]
    behind.set(entry("/b"))
    behind.flush()
    assert gate.count() == 2


def test_a_refused_change_is_not_written_later(failing):
    gate, behind = failing
    with pytest.raises(StorageError):
        behind.set(entry("/refused"))
    gate.failure = None
    behind.flush()

    assert [each.path for each in gate.items()] == ["/a"]


def test_what_was_taken_while_a_change_failed_is_written_after_it(shut):
    gate, behind = shut
    gate.failure = OSError("once")
    behind.set(entry("/log", b"one"))
    behind.set(entry("/first", b"again"))
    gate.opened.set()
    with pytest.raises(StorageError, match="once"):
        behind.flush()
    gate.failure = None
    behind.flush()

    assert gate.batches == [([("/first", 0, b"again"), ("/log", 0, b"one")], [])]


def test_the_kind_of_a_failure_is_kept():
    gate = Gate()
    behind = WriteBehind(gate)
    gate.failure = StorageLocked("another kernel")
    behind.set(entry("/a"))

    with pytest.raises(StorageLocked, match="another kernel"):
        behind.close()
    assert gate.closed.is_set()


# ---------------------------------------------------------------- the end


def test_closing_writes_all_and_closes_the_storage_behind():
    gate = Gate()
    behind = WriteBehind(gate)
    behind.set(entry("/a"))
    behind.close()

    assert (gate.count(), gate.closed.is_set()) == (1, True)
    for call in (behind.flush, lambda: behind.set(entry("/b")), behind.count):
        with pytest.raises(StorageError, match="the storage is closed"):
            call()


def test_one_that_nobody_holds_any_more_writes_all_and_ends():
    gate = Gate()
    behind = WriteBehind(gate)
    behind.set(entry("/a"))
    gone = weakref.ref(behind)
    del behind
    gc.collect()

    assert gone() is None
    assert gate.closed.wait(DEADLINE)
    assert gate.count() == 1


def test_what_can_not_be_kept_at_the_end_is_logged(caplog):
    gate = Gate()
    gate.failure = OSError("disk full")
    behind = WriteBehind(gate)
    behind.set(entry("/a"))
    with caplog.at_level(logging.ERROR), pytest.raises(StorageError):
        behind.close()

    assert caplog.messages == ["the storage was closed before it had kept all changes: disk full"]


def test_a_process_that_ends_has_written_all(tmp_path):
    code = """if True:
        import sys
        from jupyter_sandfs.storage import *
        behind = WriteBehind(SQLiteFileStorage(sys.argv[1], durable=False))
        for number in range(500):
            behind.set(FileEntry(path=f"/{number}"))
    """
    subprocess.run([sys.executable, "-c", code, str(tmp_path / "x")], check=True)

    with SQLiteFileStorage(tmp_path / "x") as storage:
        assert storage.count() == 500


def test_a_fork_is_refused_instead_of_waiting_for_a_thread_that_is_not_there(monkeypatch):
    with WriteBehind(Gate()) as behind, monkeypatch.context() as patch:
        patch.setattr(os, "getpid", lambda: 1)
        for call in (behind.flush, lambda: behind.set(entry("/a"))):
            with pytest.raises(StorageError, match="of which this one is a fork"):
                call()


def test_many_threads_lose_nothing():
    gate = Gate(grows=True)
    with WriteBehind(gate, max_bytes=5000) as behind:

        def work(name):
            for number in range(50):
                behind.set(entry(f"/{name}/{number}", b"x" * 100))
                behind.set(entry(f"/{name}/log", b"y" * 100, start=number * 100))

        threads = [threading.Thread(target=work, args=(name,)) for name in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        behind.flush()

    sizes = {}
    for sets, _ in gate.batches:
        for path, start, content in sets:
            assert sizes.get(path, 0) == start or start == 0
            sizes[path] = start + len(content)
    assert (len(sizes), {sizes[f"/{name}/log"] for name in range(4)}) == (204, {5000})
