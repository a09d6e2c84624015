from __future__ import annotations

import hashlib
import json
import os
from urllib.parse import quote

import pytest

MIB = 1 << 20


def form(*parts: tuple[str, str | None, bytes], boundary: str = "b0undary") -> dict:
    """A form's body and headers; a part is a field's name, a file's name or None, and the content."""
    body = b""
    for name, file_name, content in parts:
        body += f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"'.encode()
        body += f'; filename="{file_name}"\r\nContent-Type: text/csv'.encode() if file_name is not None else b""
        body += b"\r\n\r\n" + content + b"\r\n"
    body += f"--{boundary}--\r\n".encode()
    return {"body": body, "headers": {"Content-Type": f"multipart/form-data; boundary={boundary}"}}


async def put(fetch, key: str, body: bytes, **kwargs):
    return await fetch("files", key, method="PUT", body=body, **kwargs)


@pytest.mark.parametrize("size", [0, 5, MIB, MIB + 1, 2 * MIB + 5])
async def test_a_form_brings_a_file_in(fetch, size):
    content = os.urandom(size)

    answer = await fetch("files", method="POST", **form(("file", "a.csv", content)))

    key = answer.json["file_key"]
    assert (answer.status, answer.json) == (
        201,
        {
            "file_key": key,
            "size_bytes": size,
            "content_type": "text/csv",
            "checksum": f"sha256:{hashlib.sha256(content).hexdigest()}",
        },
    )
    assert key.startswith("files/f_")
    assert answer.headers["Location"].endswith(f"/sandfs/v1/files/{key}")
    assert (await fetch("files", key)).body == content


async def test_a_file_in_a_form_keeps_its_name_and_the_type_that_the_name_tells(fetch):
    request = form(("file", "C:/data/räw.csv", b"a,b\n"))
    request["body"] = request["body"].replace(b"text/csv", b"application/octet-stream")  # what curl says of it

    answer = await fetch("files", method="POST", **request)

    info = (await fetch("files")).json["files"][0]
    assert answer.json["content_type"] == "text/csv"
    assert info["metadata"] == {"original_filename": "räw.csv"}


async def test_a_form_may_name_the_key_and_say_how_long_to_keep_it(fetch):
    answer = await fetch(
        "files", method="POST", **form(("key", None, b"a.csv"), ("ttl", None, b"60"), ("file", "x", b"1"))
    )

    info = (await fetch("files")).json["files"][0]
    assert (answer.status, answer.json["file_key"]) == (201, "files/a.csv")
    assert info["expires_at"] is not None


@pytest.mark.parametrize(
    ("parts", "status", "code"),
    [
        ([("other", None, b"x")], 400, "invalid_request"),
        ([("file", "a", b"x"), ("key", None, b"late")], 400, "invalid_request"),
        ([("file", "a", b"x"), ("file", "b", b"y")], 400, "invalid_request"),
        ([("key", None, b"../etc"), ("file", "a", b"x")], 400, "invalid_key"),
        ([("ttl", None, b"soon"), ("file", "a", b"x")], 400, "invalid_request"),
        ([("ttl", None, b"-1"), ("file", "a", b"x")], 400, "invalid_request"),
        ([("key", None, b"k" * 5000), ("file", "a", b"x")], 413, "limit_exceeded"),
        ([("x", None, b"")] * 20 + [("file", "a", b"x")], 413, "limit_exceeded"),
        ([("file", "a", bytes(3 * MIB + 1))], 413, "object_too_large"),
    ],
)
async def test_a_bad_form_is_a_problem_and_leaves_nothing(fetch, parts, status, code):
    answer = await fetch("files", method="POST", **form(*parts))

    assert (answer.status, answer.problem) == (status, code)
    assert (await fetch("files")).json == {"files": [], "count": 0, "next": None}


async def test_a_form_that_ends_early_leaves_nothing(fetch):
    whole = form(("file", "a", b"x" * 100))

    answer = await fetch("files", method="POST", body=whole["body"][:-20], headers=whole["headers"])

    assert (answer.status, answer.problem) == (400, "invalid_request")
    assert (await fetch("files")).json["count"] == 0


async def test_what_is_no_form_is_refused(fetch):
    answer = await fetch("files", method="POST", body=b"x", headers={"Content-Type": "text/plain"})

    assert (answer.status, answer.problem) == (400, "invalid_request")


@pytest.mark.parametrize("size", [0, 5, MIB + 1, 3 * MIB])
async def test_put_creates_and_then_replaces(fetch, size):
    content = os.urandom(size)

    created = await put(fetch, "data.bin", b"old")
    replaced = await put(fetch, "data.bin", content)

    assert (created.status, replaced.status) == (201, 200)
    assert replaced.json["file_key"] == "files/data.bin"
    assert (await fetch("files", "data.bin")).body == content


async def test_put_takes_the_type_that_is_said_but_not_the_one_curl_always_says(fetch):
    said = await put(fetch, "a.csv", b"x", headers={"Content-Type": "text/x-special"})
    guessed = await put(fetch, "b.csv", b"x", headers={"Content-Type": "application/x-www-form-urlencoded"})

    assert (said.json["content_type"], guessed.json["content_type"]) == ("text/x-special", "text/csv")


@pytest.mark.parametrize("key", ["files/a b+c%.txt", "runs/r1/output/ü.csv", "sessions/s/deep/er/x"])
async def test_keys_travel_with_slashes_and_escapes(fetch, ask, jp_auth_header, key):
    await ask("PUT", f"files/{quote(key, safe='/')}", **jp_auth_header)

    whole = await ask("GET", f"files/{quote(key, safe='')}", **jp_auth_header)
    listed = await fetch("files", params={"prefix": key.rpartition("/")[0]})

    assert (whole.code, whole.body) == (200, b"x")
    assert [each["key"] for each in listed.json["files"]] == [key]


@pytest.mark.parametrize("key", ["..%2Fx", "files/../x", "files//x", "other/x", "a%00b", "a%5Cb", "%ff"])
async def test_what_is_no_key_is_refused(fetch, ask, jp_auth_header, key):
    responses = [await ask(method, f"files/{key}", **jp_auth_header) for method in ("PUT", "GET", "DELETE")]

    assert [each.code for each in responses] == [400, 400, 400]
    assert (await fetch("files")).json["count"] == 0


async def test_a_download_carries_what_a_client_needs(fetch):
    content = b"<script>alert(1)</script>"
    await put(fetch, "page.html", content, params={"ttl": "60"})

    answer = await fetch("files", "page.html")

    assert (answer.status, answer.body) == (200, content)
    assert {
        name: answer.headers[name] for name in ("Content-Type", "Content-Disposition", "X-Content-Type-Options")
    } == {
        "Content-Type": "text/html",
        "Content-Disposition": "attachment; filename*=UTF-8''page.html",
        "X-Content-Type-Options": "nosniff",
    }
    assert answer.headers["X-Checksum"] == f"sha256:{hashlib.sha256(content).hexdigest()}"
    assert answer.headers["Accept-Ranges"] == "bytes"
    assert answer.headers["X-Expires-At"].endswith("Z")
    assert answer.headers["Content-Security-Policy"].endswith("; sandbox")


async def test_parts_and_conditions(fetch):
    etag = (await put(fetch, "a", b"0123456789")).headers["ETag"]

    async def ask(**headers: str):
        answer = await fetch("files", "a", headers={name.replace("_", "-"): value for name, value in headers.items()})
        return answer.status, answer.headers.get("Content-Range")

    assert await ask(Range="bytes=2-4") == (206, "bytes 2-4/10")
    assert await ask(Range="bytes=2-4", If_Range=etag) == (206, "bytes 2-4/10")
    assert await ask(Range="bytes=2-4", If_Range='"other"') == (200, None)
    assert await ask(Range="bytes=10-") == (416, "bytes */10")
    assert await ask(If_None_Match=etag) == (304, None)
    assert await ask(If_None_Match='"other"') == (200, None)


async def test_head_describes_without_sending(fetch):
    await put(fetch, "a", b"12345")

    answer = await fetch("files", "a", method="HEAD")

    assert (answer.status, answer.headers["Content-Length"], answer.body) == (200, "5", b"")


async def test_delete_says_what_is_gone_and_an_absent_key_is_404(fetch):
    await put(fetch, "a", b"x")

    first, second = [await fetch("files", "a", method="DELETE") for _ in range(2)]

    assert (first.status, first.json) == (200, {"deleted": "files/a"})
    assert (second.status, second.problem) == (404, "object_not_found")
    assert second.json["detail"] == "file not found: files/a"


async def test_a_write_may_demand_what_it_replaces(fetch):
    etag = (await put(fetch, "a", b"one")).headers["ETag"]
    statuses = [
        (await put(fetch, "a", b"two", headers=headers)).status
        for headers in ({"If-None-Match": "*"}, {"If-Match": '"other"'}, {"If-Match": etag}, {"If-Match": etag})
    ]

    assert statuses == [412, 412, 200, 412]
    assert (await put(fetch, "absent", b"x", headers={"If-Match": "*"})).problem == "precondition_failed"


async def test_files_are_listed_by_prefix_in_pages(fetch):
    for name in ("files/a", "files/b/1", "files/b/2", "runs/r/output/x"):
        await put(fetch, name, b"x")

    async def keys(**params: str):
        answer = (await fetch("files", params=params)).json
        return [each["key"] for each in answer["files"]], answer["count"], answer["next"]

    assert await keys() == (["files/a", "files/b/1", "files/b/2", "runs/r/output/x"], 4, None)
    assert await keys(prefix="runs/") == (["runs/r/output/x"], 1, None)
    first = await keys(limit="2")
    assert first[:2] == (["files/a", "files/b/1"], 2)
    assert await keys(limit="2", after=first[2]) == (["files/b/2", "runs/r/output/x"], 2, None)
    folded = (await fetch("files", params={"prefix": "files/", "delimiter": "/"})).json
    assert ([each["key"] for each in folded["files"]], folded["prefixes"]) == (["files/a"], ["files/b/"])


async def test_a_listing_describes_each_file(fetch):
    await put(fetch, "a.txt", b"hello")

    (info,) = (await fetch("files")).json["files"]

    assert info.keys() == {
        "key", "size_bytes", "content_type", "checksum", "created_at", "expires_at", "metadata", "version", "etag",
    }  # fmt: skip
    assert (info["key"], info["size_bytes"], info["content_type"], info["expires_at"]) == (
        "files/a.txt",
        5,
        "text/plain",
        None,
    )


async def test_a_body_above_the_limit_is_refused_by_length_and_by_count(fetch):
    async def produce(write):
        for _ in range(4):
            await write(bytes(MIB))

    declared = await put(fetch, "a", bytes(3 * MIB + 1))
    counted = await fetch("files", "a", method="PUT", body_producer=produce)

    assert (declared.status, declared.problem) == (413, "object_too_large")
    assert (counted.status, counted.problem) == (413, "object_too_large")
    assert (await fetch("files")).json["count"] == 0


async def test_a_full_store_refuses_with_507(fetch):
    for name in "ab":
        await put(fetch, name, bytes(3 * MIB))

    answer = await put(fetch, "c", bytes(3 * MIB))

    assert (answer.status, answer.problem) == (507, "quota_exceeded")


async def test_limit_is_a_number(fetch):
    assert (await fetch("files", params={"limit": "many"})).problem == "invalid_request"


# ---------------------------------------------------------------- older versions


async def test_older_versions_are_listed_read_and_restored(fetch):
    for body in (b"first", b"second"):
        await fetch("files", "a", method="PUT", body=body)

    listed = (await fetch("files", params={"versions_of": "a"})).json
    old = await fetch("files", "a", params={"version": "1"})
    part = await fetch("files", "a", params={"version": "1"}, headers={"Range": "bytes=1-2"})
    restored = await fetch("files", "a/restore", method="POST", body=json.dumps({"version": 1}))

    assert [(each["version"], each["size_bytes"]) for each in listed["files"]] == [(2, 6), (1, 5)]
    assert (listed["count"], listed["next"]) == (2, None)
    assert (old.body, part.status, part.body) == (b"first", 206, b"ir")
    assert (restored.status, restored.json["file_key"], restored.json["size_bytes"]) == (200, "files/a", 5)
    assert (await fetch("files", "a")).body == b"first"


@pytest.mark.parametrize(
    ("address", "request_", "status"),
    [
        ("", {"params": {"versions_of": "none"}}, 404),
        ("a", {"params": {"version": "9"}}, 404),
        ("a", {"params": {"version": "x"}}, 400),
        ("a/restore", {"method": "POST", "body": '{"version": 9}'}, 404),
        ("a/restore", {"method": "POST", "body": "{}"}, 400),
        ("a/restore", {"method": "POST", "body": '{"version": 1}', "headers": {"If-Match": '"other"'}}, 412),
    ],
)
async def test_versions_that_are_not_there_or_not_meant_change_nothing(fetch, address, request_, status):
    await fetch("files", "a", method="PUT", body=b"1")

    answer = await (fetch("files", address, **request_) if address else fetch("files", **request_))

    assert answer.status == status
    assert (await fetch("files", params={"versions_of": "a"})).json["count"] == 1
