from __future__ import annotations

import asyncio
import json
import os
from functools import partial
from types import SimpleNamespace

import pytest

from jupyter_sandfs.filestore.objects.services import memory_bucket
from jupyter_sandfs.filestore.objects.store import ObjectFileStore
from jupyter_sandfs.server.caretaker import Caretaker, SessionFiles, Turn
from jupyter_sandfs.server.extension import _cleaning


def caretaker(directory, *duties, interval=3600.0) -> Caretaker:
    return Caretaker(directory / "deep" / "lock", interval, duties)


@pytest.fixture
def done():
    return []


def duty(done: list, name: str, *, fails: bool = False):
    async def carry_out() -> None:
        done.append(name)
        if fails:
            raise RuntimeError

    return carry_out


async def test_a_duty_that_fails_does_not_keep_others_from_theirs(tmp_path, done):
    one = caretaker(tmp_path, duty(done, "a", fails=True), duty(done, "b"))

    assert await one.tend_store()
    one.stop()

    assert done == ["a", "b"]


async def test_of_several_servers_one_tends_the_store(tmp_path, done):
    one, two = caretaker(tmp_path, duty(done, 1)), caretaker(tmp_path, duty(done, 2))

    tended = [await one.tend_store(), await two.tend_store(), await one.tend_store()]
    one.stop()
    tended.append(await two.tend_store())
    two.stop()

    assert (tended, done) == ([True, False, True, True], [1, 1, 2])


async def test_it_goes_on_until_it_is_stopped(tmp_path):
    several, count = asyncio.Event(), 0

    async def work() -> None:
        nonlocal count
        count += 1
        if count == 4:
            several.set()

    one = caretaker(tmp_path, work, interval=0.001)
    one.start()
    await asyncio.wait_for(several.wait(), 30)
    one.stop()
    one.stop()

    assert one._rounds.is_running() is False


async def test_what_is_under_way_when_it_is_stopped_takes_no_lock(tmp_path):
    done = []

    async def work() -> None:
        done.append(1)

    one = caretaker(tmp_path, work)
    one.stop()

    assert (await one.tend_store(), done) == (False, [])


@pytest.fixture
def turns(done):
    """Two servers on two machines, with one store."""
    bucket = memory_bucket()
    clock = SimpleNamespace(now=1_800_000_000.0)

    def open_store(tenant, limits):
        return ObjectFileStore(bucket, tenant=tenant, limits=limits, clock=lambda: clock.now)

    async def work(name):
        done.append(name)

    return clock, *(Turn(open_store, 60, partial(work, name)) for name in ("one", "other"))


async def test_of_servers_on_several_machines_one_cleans_the_store_in_each_interval(turns, done):
    clock, one, other = turns

    mine = [await one.carry_out(), await other.carry_out(), await one.carry_out()]
    clock.now += 60
    mine += [await other.carry_out(), await one.carry_out()]

    assert (mine, done) == ([True, False, False, True, False], ["one", "other"])


async def test_where_conditions_are_ignored_each_server_cleans(done):
    async def work() -> None:
        done.append(1)

    bucket = memory_bucket()
    bucket.is_conditional = False
    with pytest.warns(RuntimeWarning, match="ignores the conditions of writes"):
        mine = await Turn(lambda tenant, limits: ObjectFileStore(bucket, tenant=tenant), 60, work).carry_out()

    assert (mine, done) == (True, [1])


@pytest.mark.parametrize(
    ("url", "is_shared"),
    [("file:///srv", False), ("memory:", False), ("nats-embedded:", False), ("nats://h/b", True), ("S3://b/p", True)],
)
def test_servers_take_turns_where_other_machines_may_have_some_too(url, is_shared):
    staging = SimpleNamespace(clean=object())

    assert (_cleaning(url, staging, 60) is staging.clean) == (not is_shared)


class Sessions:
    """Sessions that are deleted, and a clock."""

    def __init__(self, notes) -> None:
        self.now = 1_800_000_000.0
        self.removed: list[str] = []
        self.files = SessionFiles(notes, self.remove, 60, lambda: self.now)

    async def remove(self, prefix: str) -> None:
        self.removed.append(prefix)


@pytest.fixture
def sessions(tmp_path):
    return Sessions(tmp_path / "deep" / "notes")


async def test_files_of_a_deleted_session_go_after_the_grace(sessions):
    await sessions.files.look()
    sessions.files.note("a", "b/..")
    sessions.now += 59
    await sessions.files.look()
    early = list(sessions.removed)
    sessions.now += 1
    await sessions.files.look()
    await sessions.files.look()

    assert (early, sessions.removed) == ([], ["sessions/a/", "sessions/b/../"])


async def test_a_server_that_starts_again_removes_what_an_earlier_one_noted(sessions, tmp_path):
    sessions.files.note("a")
    again = Sessions(tmp_path / "deep" / "notes")
    again.now += 60

    await again.files.look()

    assert again.removed == ["sessions/a/"]


async def test_a_removal_that_fails_is_tried_again(sessions):
    sessions.files.note("a")
    sessions.now += 60
    works, sessions.files._remove = sessions.files._remove, None
    with pytest.raises(TypeError):
        await sessions.files.look()
    sessions.files._remove = works
    await sessions.files.look()

    assert sessions.removed == ["sessions/a/"]


class Manager:
    """A manager of sessions as Jupyter's."""

    def __init__(self) -> None:
        self.deleted: list[str] = []

    async def get_session(self, session_id):
        if session_id == "unknown":
            raise KeyError(session_id)
        return {"id": session_id, "kernel": {"id": f"kernel of {session_id}"}}

    async def delete_session(self, session_id):
        await self.get_session(session_id)
        self.deleted.append(session_id)


async def test_a_session_that_was_deleted_is_noted_with_its_kernel_and_one_that_was_not_is_not(sessions):
    manager = Manager()
    sessions.files.follow(manager)
    await manager.delete_session("a")
    with pytest.raises(KeyError):
        await manager.delete_session("unknown")
    sessions.now += 60
    await sessions.files.look()

    assert (manager.deleted, sessions.removed) == (["a"], ["sessions/a/", "sessions/kernel of a/"])


class TestOnAServer:
    @pytest.fixture
    def jp_server_config(self, jp_server_config):
        jp_server_config["SandFS"] |= {"cleanup_interval": 1.0, "session_ttl": 0.0}
        return jp_server_config

    async def test_it_runs_with_the_server(self, fetch, server):
        """No call of ours tends anything here: the server does, every second."""
        await fetch("files", "a", method="PUT", body=os.urandom(100_000), params={"ttl": "0.001"})
        blobs = (await server.web_app.settings["sandfs_staging"].store()).sync._vault.blobs

        async with asyncio.timeout(60):
            while any(blobs.shelves()):
                await fetch("files")

    async def test_files_of_a_deleted_session_go(self, fetch, server, jp_fetch):
        answer = await jp_fetch(
            "api", "sessions", method="POST", body='{"name": "n", "path": "n.ipynb", "type": "notebook"}'
        )
        session_id = json.loads(answer.body)["id"]
        caretaker = server.web_app.settings["sandfs_caretaker"]
        await fetch("files", f"sessions/{session_id}/a/b", method="PUT", body=b"x")
        await fetch("files", "sessions/other/a", method="PUT", body=b"x")
        await caretaker.tend_store()
        before = (await fetch("files")).json["count"]

        await jp_fetch("api", "sessions", session_id, method="DELETE")
        await caretaker.tend_store()

        assert before == 2
        assert [each["key"] for each in (await fetch("files")).json["files"]] == ["sessions/other/a"]

    async def test_files_of_a_culled_kernel_stay(self, fetch, server, jp_fetch):
        answer = await jp_fetch(
            "api", "sessions", method="POST", body='{"name": "n", "path": "n.ipynb", "type": "notebook"}'
        )
        session = json.loads(answer.body)
        key = f"sessions/{session['id']}/a"
        await fetch("files", key, method="PUT", body=b"x")

        await server.kernel_manager.shutdown_kernel(session["kernel"]["id"])  # what culling does
        left = json.loads((await jp_fetch("api", "sessions")).body)
        await server.web_app.settings["sandfs_caretaker"].tend_store()

        assert left == []
        assert [each["key"] for each in (await fetch("files")).json["files"]] == [key]
