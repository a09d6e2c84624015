from __future__ import annotations

import asyncio
import json

import pytest
from jupyter_server.services.contents.manager import ContentsManager

from jupyter_sandfs.server.events import SCHEMA, SCHEMA_ID


@pytest.fixture
def told(server):
    """The events that were emitted, checked against their schema by the logger."""
    heard: list[dict] = []

    async def hear(logger, schema_id, data):
        heard.append(data)

    server.event_logger.add_listener(schema_id=SCHEMA_ID, listener=hear)
    yield heard
    server.event_logger.remove_listener(listener=hear)


async def test_each_change_over_http_is_told_once(fetch, fs, told):
    async def post(*parts: str, **fields):
        return await fetch(*parts, method="POST", body=json.dumps(fields))

    tus = {"Tus-Resumable": "1.0.0", "Upload-Length": "3", "Content-Type": "application/offset+octet-stream"}
    await fetch("files", "a", method="PUT", body=b"12345")
    await post("files", "a", "copy", to="b")
    await post("files", "a", "sign")
    await fetch("files", "b", method="DELETE")
    upload = await fetch("uploads", method="POST", headers=tus, body=b"123")
    await post("fs", "stage", key="a", path="/d/")
    await fetch("fs", "file", method="PUT", params={"path": "/w"}, body=b"x")
    await fetch("fs", "mkdir", method="POST", params={"path": "/m"})
    await post("fs", "move", **{"from": "/w", "to": "/v"})
    await post("fs", "publish", path="/v", key="v")
    await fetch("fs", "entry", method="DELETE", params={"path": "/v"})
    archive = (await fetch("fs", "archive", params={"path": "/d"})).body
    tar = {"Content-Type": "application/x-tar"}
    await fetch("fs", "upload-batch", method="POST", params={"path": "/u"}, headers=tar, body=archive)
    await asyncio.sleep(0)  # listeners run as tasks of their own

    here = {"kernel_id": "k1"}
    changes = [{name: value for name, value in each.items() if name != "user"} for each in told]
    assert changes == [
        {"action": "write", "place": "store", "path": "files/a", "bytes": 5},
        {"action": "copy", "place": "store", "path": "files/b", "source": "files/a", "bytes": 5},
        {"action": "sign", "place": "store", "path": "files/a"},
        {"action": "delete", "place": "store", "path": "files/b"},
        {"action": "write", "place": "store", "path": upload.headers["X-File-Key"], "bytes": 3},
        {"action": "stage", "place": "sandbox", "path": "/d/a", "source": "files/a", "bytes": 5, **here},
        {"action": "write", "place": "sandbox", "path": "/w", "bytes": 1, **here},
        {"action": "mkdir", "place": "sandbox", "path": "/m", **here},
        {"action": "move", "place": "sandbox", "path": "/v", "source": "/w", **here},
        {"action": "publish", "place": "store", "path": "files/v", "source": "/v", "bytes": 1, **here},
        {"action": "delete", "place": "sandbox", "path": "/v", **here},
        {"action": "unpack", "place": "sandbox", "path": "/u", **here},
    ]
    of_agents = {"call"}  # test_mcp.py
    assert {each["action"] for each in changes} == set(SCHEMA["properties"]["action"]["enum"]) - of_agents
    assert all(each["user"] for each in told)


async def test_calls_of_the_whole_store_are_told_too(fetch, server, told):
    async def call(name: str, **arguments):
        return (await fetch("store", "calls", name, method="POST", params={"args": json.dumps(arguments)})).json

    await fetch("store", "bodies", method="PUT", params={"args": '{"key": "files/a"}'}, body=b"123")
    upload = {"upload_id": (await call("begin_upload", key="files/u"))["upload_id"]}
    await fetch("store", "bodies", method="POST", params={"args": json.dumps(upload | {"offset": 0})}, body=b"12")
    await call("commit_upload", **upload)
    await call("copy", source="files/a", target="files/b")
    await call("sign", method="GET", key="files/a", expires=60)
    await call("delete", key="files/a")
    await call("delete", key="files/a")
    await asyncio.sleep(0)

    assert [(each["action"], each["path"], each.get("bytes")) for each in told] == [
        ("write", "files/a", 3),
        ("write", "files/u", 2),
        ("copy", "files/b", 3),
        ("sign", "files/a", None),
        ("delete", "files/a", None),
    ]


async def test_what_was_refused_or_only_read_is_not_told(fetch, fs, told):
    await fetch("files", "absent", method="DELETE")
    await fetch("files", "a", method="PUT", body=bytes(4 << 20))
    await fetch("fs", "stat", params={"path": "/"})
    await fetch("files")
    await asyncio.sleep(0)

    assert told == []


async def test_each_change_through_the_contents_api_is_told_once_and_by_no_path_of_the_disk(jp_fetch, fs, told, server):
    """Who listens to Jupyter's own events, such as an index of files, takes their paths for such of the disk."""
    jupyters: list[dict] = []

    async def hear(logger, schema_id, data):
        jupyters.append(data)

    server.event_logger.add_listener(schema_id=ContentsManager.event_schema_id, listener=hear)

    async def ask(method: str, where: str, **model: str) -> None:
        body = {"body": json.dumps(model)} if model else {}
        await jp_fetch("sandfs", "contents", *where.split("/"), method=method, **body)

    await ask("PUT", "k1/a", type="file", format="text", content="12345")
    await ask("GET", "k1/a")
    await ask("PUT", "k1/d", type="directory")
    await ask("PATCH", "k1/a", path="k1/d/b")
    await ask("POST", "k1", copy_from="k1/d/b")
    await ask("POST", "k1/d/b/checkpoints", none="")
    await ask("POST", "k1/d/b/checkpoints/checkpoint", none="")
    await ask("DELETE", "k1/d")
    await asyncio.sleep(0)  # listeners run as tasks of their own

    here = {"place": "sandbox", "kernel_id": "k1"}
    changes = [{name: value for name, value in each.items() if name != "user"} for each in told]
    assert changes == [
        {"action": "write", "path": "/a", "bytes": 5, **here},
        {"action": "mkdir", "path": "/d", **here},
        {"action": "move", "path": "/d/b", "source": "/a", **here},
        {"action": "copy", "path": "/b", "source": "/d/b", **here},
        {"action": "write", "path": "/d/b", **here},
        {"action": "delete", "path": "/d", **here},
    ]
    assert all(each["user"] for each in told)
    assert jupyters == []
