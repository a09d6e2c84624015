"""An asynchronous storage used by plain calls."""

from __future__ import annotations

import asyncio
import threading

import pytest

from jupyter_sandfs.errors import InvalidRequest, StorageError
from jupyter_sandfs.storage import AsyncFileStorage, FileEntry, StorageBridge

DEADLINE = 20.0


class Recorder(AsyncFileStorage):
    """Notes on which thread and loop it is used."""

    def __init__(self):
        self.loops = set()
        self.threads = set()
        self.closed = self.flushed = 0
        self.waiting = threading.Event()
        self.cancelled = threading.Event()

    def note(self):
        self.loops.add(asyncio.get_running_loop())
        self.threads.add(threading.current_thread())

    async def get(self, path):
        self.note()
        if path == "/wait":
            self.waiting.set()
            try:
                await asyncio.sleep(DEADLINE)
            except asyncio.CancelledError:
                self.cancelled.set()
                raise
        if path == "/broken":
            raise LookupError("broken")
        return FileEntry(path=path)

    async def set(self, _):
        self.note()

    async def delete(self, _):
        self.note()
        return True

    async def paths(self):
        return [f"/{number:04}" for number in range(200)]

    async def flush(self):
        self.flushed += 1

    async def close(self):
        self.note()
        self.closed += 1


@pytest.fixture
def recorder():
    return Recorder()


@pytest.fixture
def bridge(recorder):
    with StorageBridge(recorder) as made:
        yield made


def test_all_calls_run_on_one_loop_in_a_thread_of_its_own(bridge, recorder):
    threads = [threading.Thread(target=bridge.get, args=("/a",)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    bridge.set(FileEntry(path="/a"))
    bridge.apply([FileEntry(path="/a")], ["/b"])
    assert len(list(bridge.items())) == 200
    bridge.flush()
    bridge.close()

    assert (len(recorder.loops), len(recorder.threads), recorder.flushed, recorder.closed) == (1, 1, 1, 1)
    assert threading.current_thread() not in recorder.threads


def test_a_listing_that_is_given_up_is_ended_on_the_loop(recorder):
    ended = []

    async def items():
        try:
            for number in range(1000):
                yield FileEntry(path=f"/{number:04}")
        finally:
            ended.append(asyncio.get_running_loop())

    recorder.items = items
    with StorageBridge(recorder) as bridge:
        listing = bridge.items()
        assert next(listing).path == "/0000"
        listing.close()

        assert ended == [bridge._loop]


def test_an_error_comes_through(bridge):
    with pytest.raises(LookupError, match="broken"):
        bridge.get("/broken")


def test_an_interrupt_cancels_the_call(bridge, recorder, monkeypatch):
    class Interrupted:
        def __init__(self, future):
            self._future = future

        def result(self):
            assert recorder.waiting.wait(DEADLINE)
            raise KeyboardInterrupt

        def cancel(self):
            self._future.cancel()

    original = asyncio.run_coroutine_threadsafe
    with monkeypatch.context() as patch:
        patch.setattr(asyncio, "run_coroutine_threadsafe", lambda *args: Interrupted(original(*args)))
        with pytest.raises(KeyboardInterrupt):
            bridge.get("/wait")
    assert recorder.cancelled.wait(DEADLINE)


def test_a_closed_bridge_says_so_and_closes_once(bridge, recorder):
    bridge.close()
    bridge.close()

    assert recorder.closed == 1
    with pytest.raises(StorageError, match="the storage is closed"):
        bridge.get("/a")


def test_a_storage_that_can_not_close_still_ends_the_thread(recorder):
    async def fail():
        raise OSError("no")

    recorder.close = fail
    bridge = StorageBridge(recorder)
    with pytest.raises(OSError, match="no"):
        bridge.close()

    assert not bridge._thread.is_alive()


def test_waiting_on_its_own_loop_is_refused_instead_of_never_ending(bridge, recorder):
    async def ask(path):
        return bridge.exists(path)

    recorder.get = ask
    with pytest.raises(InvalidRequest, match="can't be waited for on its own event loop"):
        bridge.get("/a")


def test_it_grows_and_is_where_the_storage_is(recorder):
    recorder.grows = True
    with StorageBridge(recorder) as bridge:
        assert (bridge.grows, bridge.where) == (True, recorder.where)
