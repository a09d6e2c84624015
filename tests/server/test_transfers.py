from __future__ import annotations

import hashlib
import json
import os

import pytest

from jupyter_sandfs.server.store_route import StoreRoute
from jupyter_sandfs.vfs.policy import NodePolicy

MIB = 1 << 20


@pytest.fixture
def post(fetch):
    async def post(action: str, **fields):
        return await fetch("fs", action, method="POST", body=json.dumps(fields))

    return post


@pytest.mark.parametrize("size", [0, 5, 2 * MIB + 5])
async def test_a_stored_file_comes_into_the_sandbox(fetch, fs, post, size):
    content = os.urandom(size)
    await fetch("files", "a.csv", method="PUT", body=content)

    answer = await post("stage", key="a.csv", path="/data/b.csv")

    assert (answer.status, answer.json["path"], answer.json["bytesWritten"]) == (200, "/data/b.csv", size)
    assert fs.read_bytes("/data/b.csv") == content


async def test_it_goes_into_a_directory_under_its_own_name(fetch, fs, post):
    fs.mkdir("/data")
    await fetch("files", "a.csv", method="PUT", body=b"x")

    there = [
        (await post("stage", key="a.csv", **where)).json["path"] for where in ({"path": "/data"}, {"path": "/new/"}, {})
    ]

    assert there == ["/data/a.csv", "/new/a.csv", "/a.csv"]


async def test_what_cannot_be_staged_changes_nothing(fetch, fs, post):
    fs.write_file("/kept", b"kept")
    fs.set_policy("/kept", NodePolicy(writable=False))
    await fetch("files", "a", method="PUT", body=b"x")

    absent, refused, bad = (
        await post("stage", key="b", path="/n"),
        await post("stage", key="a", path="/kept"),
        await post("stage"),
    )

    assert [(each.status, each.problem) for each in (absent, refused, bad)] == [
        (404, "object_not_found"),
        (403, "read_only"),
        (400, "invalid_request"),
    ]
    assert fs.listdir("/") == ["kept"]


async def test_a_stored_file_that_was_spoiled_does_not_come_in(fetch, fs, post, tmp_path):
    await fetch("files", "a", method="PUT", body=bytes(MIB))
    (blob,) = [each for each in (tmp_path / "store" / "blobs").rglob("*") if each.is_file()]
    blob.write_bytes(b"1" * MIB)

    answer = await post("stage", key="a", path="/a")

    assert (answer.status, answer.problem) == (422, "checksum_mismatch")
    assert fs.listdir("/") == []


@pytest.mark.parametrize("size", [0, 5, 2 * MIB + 5])
async def test_a_file_of_the_sandbox_goes_into_the_store(fetch, fs, post, size):
    content = os.urandom(size)
    fs.write_file("/out/r.csv", content)

    answer = await post("publish", path="/out/r.csv", key="runs/1/output/r.csv", ttl=60, metadata={"by": "me"})

    (info,) = (await fetch("files")).json["files"]
    checksum = f"sha256:{hashlib.sha256(content).hexdigest()}"
    assert (answer.status, answer.json) == (
        201,
        {"file_key": "runs/1/output/r.csv", "size_bytes": size, "content_type": "text/csv", "checksum": checksum},
    )
    user = info["metadata"].pop("actor")
    origin = {"original_path": "/out/r.csv", "original_filename": "r.csv", "sandbox": "default"}
    assert (info["metadata"], bool(user)) == (origin | {"by": "me"}, True)
    assert info["expires_at"] is not None
    assert (await fetch("files", "runs/1/output/r.csv")).body == content


async def test_what_cannot_be_published_leaves_nothing(fetch, fs, post):
    fs.write_file("/big", bytes(3 * MIB + 1))

    answers = [
        await post("publish", path="/absent"),
        await post("publish", path="/big"),
        await post("publish", path="/big", key="../x"),
        await post("publish", path="/big", ttl=-1),
        await post("publish", path="/big", other=1),
    ]

    assert [each.status for each in answers] == [404, 413, 400, 400, 400]
    assert (await fetch("files")).json["count"] == 0


async def test_a_file_that_changes_while_it_is_published_leaves_nothing(fetch, fs, post, server, monkeypatch):
    fs.write_file("/a", bytes(2 * MIB + 5))
    opened = StoreRoute.open_sink

    async def change_then_open(*args):
        fs.write_file("/a", b"other")
        return await opened(*args)

    monkeypatch.setattr(StoreRoute, "open_sink", change_then_open)
    answer = await post("publish", path="/a", key="a")

    store = (await server.web_app.settings["sandfs_staging"].store()).sync
    assert (answer.status, answer.problem) == (412, "precondition_failed")
    assert (store.usage().reserved_bytes, store.list().items) == (0, ())
