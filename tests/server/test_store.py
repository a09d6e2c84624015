from __future__ import annotations

import json

import pytest

MIB = 1 << 20


@pytest.fixture
def call(fetch):
    async def call(method: str, route: str, body: bytes | None = None, /, **arguments):
        return await fetch("store", *route.split("/"), method=method, body=body, params={"args": json.dumps(arguments)})

    return call


async def test_calls_and_bodies_are_the_store_of_the_files_route(call, fetch):
    info = (await call("PUT", "bodies", b"12345", key="files/a", metadata={"m": "ü"})).json
    body = await call("GET", "bodies", key="files/a", start=1, end=3)
    listed = (await fetch("files")).json["files"]

    assert (info["key"], info["size_bytes"], info["metadata"]) == ("files/a", 5, {"m": "ü"})
    assert (body.status, body.body, json.loads(body.headers["X-Sandfs-Info"])) == (200, b"23", info)
    assert [each["key"] for each in listed] == ["files/a"]


async def test_an_error_carries_the_facts_it_was_made_of(call):
    answer = await call("POST", "calls/delete", b"", key="files/a", if_version=3)

    assert (answer.status, answer.headers["Content-Type"]) == (412, "application/problem+json")
    assert (answer.json["type"], answer.json["facts"]) == (
        "urn:sandfs:error:version_conflict",
        {"path": "files/a", "expected": 3, "current": 0},
    )


@pytest.mark.parametrize(
    ("method", "route", "arguments"),
    [
        ("GET", "calls/head", {}),
        ("GET", "calls/head", {"key": "files/a", "other": 1}),
        ("GET", "calls/list", {"limit": "many"}),
        ("GET", "calls/list", {"prefix": 5}),
        ("POST", "calls/cleanup", {"now": "soon"}),
        ("POST", "calls/begin_upload", {"key": "files/a", "length": "long"}),
        ("POST", "calls/begin_upload", {"key": "files/a", "metadata": [1]}),
        ("POST", "calls/sign", {"method": "GET", "key": "files/a", "expires": "x"}),
        ("PUT", "bodies", {"key": "files/a", "body": "x"}),
        ("PUT", "bodies", {"key": "files/a", "ttl": {}}),
        ("POST", "bodies", {"upload_id": "x"}),
        ("GET", "bodies", {"key": "files/a", "start": -1}),
    ],
)
async def test_arguments_of_the_wrong_kind_are_the_clients_fault(call, method, route, arguments):
    answer = await call(method, route, None if method == "GET" else b"", **arguments)

    assert answer.status in {400, 404}
    assert answer.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("args", ["[1]", "{", "[" * 10_000])
async def test_what_is_no_json_object_is_refused(fetch, args):
    answer = await fetch("store", "calls", "usage", params={"args": args})

    assert (answer.status, answer.json["type"]) == (400, "urn:sandfs:error:invalid_request")


@pytest.mark.parametrize(("method", "name"), [("GET", "delete"), ("POST", "head"), ("GET", "close"), ("GET", "_put")])
async def test_only_the_calls_of_the_table_exist_and_each_under_its_method(call, method, name):
    answer = await call(method, f"calls/{name}", None if method == "GET" else b"", key="files/a")

    assert answer.status == 404


async def test_a_request_carries_no_more_than_a_piece(call, fetch):
    answer = await call("PUT", "bodies", bytes(8 * MIB + 1), key="files/a")

    assert (answer.status, answer.json["type"]) == (413, "urn:sandfs:error:limit_exceeded")
    assert (await fetch("files")).json["count"] == 0
