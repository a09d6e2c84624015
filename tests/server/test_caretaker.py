from __future__ import annotations

import asyncio
import json
import os

import pytest

from jupyter_sandfs.server.caretaker import Caretaker, SessionFiles


def caretaker(directory, *duties, interval=3600.0) -> Caretaker:
    return Caretaker(directory / "deep" / "lock", interval, for_store=duties, for_server=duties)


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
    await one.tend_server()
    one.stop()

    assert done == ["a", "b", "a", "b"]


async def test_of_several_servers_one_tends_the_store_and_each_itself(tmp_path, done):
    one, two = caretaker(tmp_path, duty(done, 1)), caretaker(tmp_path, duty(done, 2))

    tended = [await one.tend_store(), await two.tend_store(), await one.tend_store()]
    await two.tend_server()
    one.stop()
    tended.append(await two.tend_store())
    two.stop()

    assert (tended, done) == ([True, False, True, True], [1, 1, 2, 2])


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

    assert [each.is_running() for each in one._rounds] == [False, False]


async def test_what_is_under_way_when_it_is_stopped_takes_no_lock(tmp_path):
    done = []

    async def work() -> None:
        done.append(1)

    one = caretaker(tmp_path, work)
    one.stop()

    assert (await one.tend_store(), done) == (False, [])


class Sessions:
    """Sessions that come and go, and a clock."""

    def __init__(self) -> None:
        self.alive: set[str] = set()
        self.now = 0.0
        self.removed: list[str] = []
        self.files = SessionFiles(self.list, self.remove, 60, lambda: self.now)

    async def list(self) -> set[str]:
        return set(self.alive)

    async def remove(self, prefix: str) -> None:
        self.removed.append(prefix)


async def test_files_of_a_session_go_after_the_grace():
    sessions = Sessions()
    sessions.alive = {"a", "b"}
    await sessions.files.look()
    sessions.alive = {"b"}
    await sessions.files.look()
    sessions.now = 59
    await sessions.files.look()
    early = list(sessions.removed)
    sessions.now = 60
    await sessions.files.look()
    await sessions.files.look()

    assert (early, sessions.removed) == ([], ["sessions/a/"])


async def test_a_session_that_comes_back_keeps_its_files():
    sessions = Sessions()
    for moment, alive in ((0, {"a"}), (10, set()), (50, {"a"}), (100, set()), (159, set())):
        sessions.now, sessions.alive = moment, alive
        await sessions.files.look()

    assert sessions.removed == []


async def test_a_removal_that_fails_is_tried_again():
    sessions = Sessions()
    sessions.alive = {"a"}
    await sessions.files.look()
    sessions.alive, sessions.now = set(), 0
    await sessions.files.look()
    sessions.now = 60
    works, sessions.files._remove = sessions.files._remove, None
    with pytest.raises(TypeError):
        await sessions.files.look()
    sessions.files._remove = works
    await sessions.files.look()

    assert sessions.removed == ["sessions/a/"]


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
        await caretaker.tend_server()
        before = (await fetch("files")).json["count"]

        await jp_fetch("api", "sessions", session_id, method="DELETE")
        await caretaker.tend_server()

        assert before == 2
        assert [each["key"] for each in (await fetch("files")).json["files"]] == ["sessions/other/a"]
