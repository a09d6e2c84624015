"""Whole directories between the staging store and a sandbox, over HTTP."""

from __future__ import annotations

import json
import os

import pytest

from jupyter_sandfs.filestore import LocalFileStore
from jupyter_sandfs.server import trees
from jupyter_sandfs.vfs.policy import NodePolicy

MIB = 1 << 20
TREE = {"a.csv": b"1", "deep/er/b.txt": b"22", "deep/empty": b"", "umlaut ä": b"4444"}


@pytest.fixture
def post(fetch):
    async def post(action: str, **fields):
        return await fetch("fs", action, method="POST", body=json.dumps(fields))

    return post


@pytest.fixture
def store(server, tmp_path):
    """The store of the server, opened once more."""
    with LocalFileStore(tmp_path / "store") as opened:
        yield opened


def fill(store, tree=TREE, prefix="files/set/"):
    for name, content in tree.items():
        store.put(prefix + name, content)


def stored(store):
    return {info.key: store.get(info.key) for info in store.list().items}


def everything(fs, top):
    return {path.removeprefix(top): fs.read_bytes(path) for path in fs.glob(f"{top}**/*") if fs.is_file(path)}


async def test_all_files_of_a_prefix_come_into_the_sandbox(fs, post, store):
    big = {"big": os.urandom(2 * MIB + 5)}
    fill(store, TREE | big)
    fs.write_file("/data/kept", "kept")
    fs.write_file("/data/a.csv", "old")

    answer = await post("stage", key="set/", path="/data")

    size = sum(map(len, (TREE | big).values()))
    assert (answer.status, answer.json) == (200, {"path": "/data", "bytesWritten": size, "files": 5})
    assert everything(fs, "/data/") == {**TREE, **big, "kept": b"kept"}


async def test_a_prefix_that_does_not_fit_changes_nothing(fs, post, store):
    fill(store)
    fs.write_file("/data/deep", "a file where a directory should be")
    fs.write_file("/kept/a.csv", "kept")
    fs.set_policy("/kept/a.csv", NodePolicy(writable=False))

    answers = [
        await post("stage", key="set/", path="/data"),
        await post("stage", key="set/", path="/kept"),
        await post("stage", key="none/", path="/data"),
        await post("stage", key="../", path="/data"),
    ]

    assert [(each.status, each.problem) for each in answers] == [
        (400, "not_a_directory"),
        (403, "read_only"),
        (404, "object_not_found"),
        (404, "object_not_found"),
    ]
    assert everything(fs, "/") == {"data/deep": b"a file where a directory should be", "kept/a.csv": b"kept"}


async def test_where_one_file_was_spoiled_none_comes_in(fs, post, store, tmp_path):
    fill(store, {"a": b"1", "b": bytes(MIB)})
    (blob,) = [each for each in (tmp_path / "store" / "blobs").rglob("*") if each.is_file()]
    blob.write_bytes(b"1" * MIB)

    answer = await post("stage", key="set/", path="/data")

    assert (answer.status, answer.problem, fs.listdir("/")) == (422, "checksum_mismatch", [])


async def test_a_directory_of_the_sandbox_goes_into_the_store(fs, post, store):
    for name, content in TREE.items():
        fs.write_bytes(f"/out/{name}", content)
    fs.mkdir("/out/nothing")
    fs.symlink("/out/a.csv", "/out/link")
    fs.symlink("/out/deep", "/out/linked")

    answer = await post("publish", path="/out", key="set", ttl=60, metadata={"by": "me"})

    assert (answer.status, answer.json) == (201, {"file_key": "files/set/", "size_bytes": 7, "files": 4})
    assert stored(store) == {f"files/set/{name}": content for name, content in TREE.items()}
    info = store.head("files/set/deep/er/b.txt")
    about = dict(info.metadata)
    assert about.pop("actor")
    assert about == {
        "by": "me",
        "original_filename": "b.txt",
        "original_path": "/out/deep/er/b.txt",
        "sandbox": "default",
    }
    assert (info.content_type, info.expires_at is not None) == ("text/plain", True)


async def test_a_directory_without_a_key_gets_a_new_prefix(fs, post, store):
    fs.write_bytes("/out/a", b"1")

    answer = await post("publish", path="/out/")

    prefix = answer.json["file_key"]
    assert (prefix[:8], prefix[-1], stored(store)) == ("files/f_", "/", {f"{prefix}a": b"1"})


async def test_a_directory_over_an_earlier_one_replaces_it_as_a_whole(fs, post, store):
    fill(store, {"a": b"old", "b": b"old", "other": b"kept"})
    content = os.urandom(MIB + 5)
    for name in ("a", "b", "c"):
        fs.write_bytes(f"/out/{name}", content)

    answer = await post("publish", path="/out", key="set")

    new = {f"files/set/{name}": content for name in ("a", "b", "c")}
    assert (answer.status, stored(store)) == (201, new | {"files/set/other": b"kept"})


async def test_a_directory_that_can_not_be_published_leaves_the_store_as_it_was(fs, post, store):
    fill(store, {"a": b"old"})
    fs.write_bytes("/out/a", b"new")
    fs.write_bytes("/out/b", b"new")
    fs.write_bytes("/out/z", bytes(3 * MIB + 1))
    fs.write_bytes("/odd/a\nb", b"1")
    fs.mkdir("/empty")

    answers = [
        await post("publish", path="/out", key="set"),
        await post("publish", path="/odd", key="set"),
        await post("publish", path="/empty", key="set"),
        await post("publish", path="/out", key="../"),
    ]

    assert [(each.status, each.problem) for each in answers] == [
        (413, "object_too_large"),
        (400, "invalid_key"),
        (400, "invalid_request"),
        (400, "invalid_key"),
    ]
    assert (stored(store), store.usage().reserved_bytes) == ({"files/set/a": b"old"}, 0)


async def test_more_files_than_one_request_may_publish_are_refused(fs, post, store, monkeypatch):
    monkeypatch.setattr(trees, "MOST_FILES", 2)
    for name in TREE:
        fs.write_bytes(f"/out/{name}", b"1")

    answer = await post("publish", path="/out")

    assert (answer.status, answer.problem, stored(store)) == (413, "limit_exceeded", {})
