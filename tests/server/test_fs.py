from __future__ import annotations

import json
import os
import re

import pytest

from jupyter_sandfs.server.addressing import Target
from jupyter_sandfs.vfs.filesystem import VirtualFileSystem

MIB = 1 << 20
DOWNLOAD_HEADERS = {"Content-Type", "Content-Length", "Content-Disposition", "X-Content-Type-Options", "ETag"}


async def test_entries_are_a_bare_list_in_order(fetch, fs):
    fs.write_file("/b.txt", "hello")
    fs.mkdir("/a")

    answer = await fetch("fs", "entries")

    assert (answer.status, answer.headers["Content-Type"]) == (200, "application/json")
    assert [(row["name"], row["path"], row["entryType"], row["size"]) for row in answer.json] == [
        ("a", "/a", "directory", 0),
        ("b.txt", "/b.txt", "file", 5),
    ]
    assert answer.json[1]["modified"].endswith("Z")


async def test_entries_of_a_large_directory_come_whole(fetch, fs):
    for number in range(6_001):
        fs.write_file(f"/d/{number:05}", b"")

    names = [row["name"] for row in (await fetch("fs", "entries", params={"path": "d"})).json]

    assert names == [f"{number:05}" for number in range(6_001)]


async def test_a_directory_is_listed_in_pages_whatever_comes_and_goes_between_them(fetch, ask, server, fs):
    for name in ("a", "b & c", "d", "é"):
        fs.write_file(f"/d/{name}", "")
    token = server.identity_provider.token
    first = await fetch("fs", "entries", params={"path": "d", "limit": "2", "token": token})
    (link,) = re.findall(r'<[^>]*/sandfs/v1/(.*)>; rel="next"', first.headers["Link"])
    fs.remove("/d/a")
    fs.write_file("/d/c", "")

    second = await ask("GET", link, Authorization=f"token {token}")
    last = await fetch("fs", "entries", params={"path": "d", "limit": "2", "after": "d"})

    assert link == "fs/entries?path=d&limit=2&after=b+%26+c"
    pages = [[each["name"] for each in json.loads(page.body)] for page in (first, second, last)]
    assert pages == [["a", "b & c"], ["c", "d"], ["é"]]
    assert ["Link" in page.headers for page in (first, second, last)] == [True, True, False]


async def test_a_directory_that_is_too_large_is_listed_in_pages_alone(fetch, fs, monkeypatch):
    monkeypatch.setattr("jupyter_sandfs.server.fs._PAGE", 1)
    monkeypatch.setattr("jupyter_sandfs.server.fs.MAX_LISTED", 2)
    for name in "abc":
        fs.write_file(f"/{name}", "")

    whole = await fetch("fs", "entries")
    page = await fetch("fs", "entries", params={"limit": "3"})

    assert (whole.status, whole.problem, len(page.json)) == (413, "limit_exceeded", 3)


async def test_a_file_is_downloaded_and_nothing_in_it_may_run(fetch, fs):
    fs.write_file('/dir/a "b" ü.html', b"<script>")

    etag = fs.stat('/dir/a "b" ü.html').etag

    answer = await fetch("fs", "file", params={"path": '/dir/a "b" ü.html'})

    assert (answer.status, answer.body) == (200, b"<script>")
    assert {name: answer.headers[name] for name in sorted(DOWNLOAD_HEADERS)} == {
        "Content-Disposition": "attachment; filename*=UTF-8''a%20%22b%22%20%C3%BC.html",
        "Content-Length": "8",
        "Content-Type": "application/octet-stream",
        "ETag": f'"{etag}"',
        "X-Content-Type-Options": "nosniff",
    }
    assert answer.headers["Content-Security-Policy"].endswith("; sandbox")


async def test_a_large_file_comes_back_as_it_was(fetch, fs):
    content = os.urandom(3 * MIB + 17)
    fs.write_file("/a", content)

    answer = await fetch("fs", "file", params={"path": "/a"})

    assert answer.headers["Content-Length"] == str(len(content))
    assert answer.body == content


async def test_an_empty_file_is_an_empty_answer(fetch, fs):
    fs.write_file("/a", b"")

    answer = await fetch("fs", "file", params={"path": "/a"})

    assert (answer.status, answer.headers["Content-Length"], answer.body) == (200, "0", b"")


@pytest.mark.parametrize(
    ("asked", "status", "said", "body"),
    [
        ("bytes=2-4", 206, "bytes 2-4/10", b"234"),
        ("bytes=8-", 206, "bytes 8-9/10", b"89"),
        ("bytes=-3", 206, "bytes 7-9/10", b"789"),
        ("bytes=0-99", 206, "bytes 0-9/10", b"0123456789"),
        ("bytes=0-1,3-4", 200, None, b"0123456789"),
        ("lines=1-2", 200, None, b"0123456789"),
    ],
)
async def test_a_part_of_a_file_is_sent(fetch, fs, asked, status, said, body):
    fs.write_file("/a", b"0123456789")

    answer = await fetch("fs", "file", params={"path": "/a"}, headers={"Range": asked})

    assert (answer.status, answer.headers.get("Content-Range"), answer.body) == (status, said, body)


async def test_a_part_behind_the_end_is_a_problem(fetch, fs):
    fs.write_file("/a", b"0123456789")

    answer = await fetch("fs", "file", params={"path": "/a"}, headers={"Range": "bytes=10-"})

    assert (answer.status, answer.headers["Content-Range"]) == (416, "bytes */10")
    assert answer.problem == "requested_range_not_satisfiable"


async def test_what_a_client_has_already_is_not_sent_again(fetch, fs):
    fs.write_file("/a", b"x")
    etag = (await fetch("fs", "file", params={"path": "/a"})).headers["ETag"]

    answer = await fetch("fs", "file", params={"path": "/a"}, headers={"If-None-Match": etag})

    assert (answer.status, answer.body) == (304, b"")


async def test_head_tells_the_size_only(fetch, fs):
    fs.write_file("/a", b"12345")

    answer = await fetch("fs", "file", method="HEAD", params={"path": "/a"})

    assert (answer.status, answer.headers["Content-Length"], answer.body) == (200, "5", b"")


async def test_dynamic_content_is_downloaded_whole(fetch, fs):
    fs.mount_file("/now", lambda _context: "12:00")

    answer = await fetch("fs", "file", params={"path": "/now"})

    assert (answer.status, answer.headers["Content-Length"], answer.body) == (200, "5", b"12:00")


@pytest.mark.parametrize("size", [0, 5, MIB, MIB + 1, 3 * MIB + 5])
async def test_a_file_of_any_size_is_uploaded(fetch, fs, size):
    content = os.urandom(size)

    answer = await fetch("fs", "file", method="PUT", params={"path": "new/a"}, body=content)

    assert (answer.status, answer.json["path"], answer.json["bytesWritten"]) == (200, "/new/a", size)
    assert fs.read_bytes("/new/a") == content


async def test_a_body_of_unknown_length_is_uploaded(fetch, fs):
    async def produce(write):
        for _ in range(3):
            await write(b"x" * 700_000)

    answer = await fetch("fs", "file", method="PUT", params={"path": "/a"}, body_producer=produce)

    assert (answer.status, answer.json["bytesWritten"], fs.stat("/a").size) == (200, 2_100_000, 2_100_000)


async def test_a_length_that_is_too_large_is_refused_before_the_body(fetch, fs):
    sent = []

    async def produce(write):
        sent.append(await write(b"x"))

    answer = await fetch(
        "fs",
        "file",
        method="PUT",
        params={"path": "/a"},
        body_producer=produce,
        headers={"Content-Length": str(4 * MIB + 1), "Expect": "100-continue"},
        expect_100_continue=True,
    )

    assert (answer.status, answer.problem, sent) == (413, "file_too_large", [])
    assert fs.listdir("/") == []


async def test_a_body_that_grows_too_large_is_refused_by_count(fetch, fs):
    async def produce(write):
        for _ in range(5):
            await write(bytes(MIB))

    answer = await fetch("fs", "file", method="PUT", params={"path": "/a"}, body_producer=produce)

    assert (answer.status, answer.problem) == (413, "file_too_large")
    assert fs.listdir("/") == []


async def test_a_full_sandbox_refuses_with_507(fetch, fs):
    for name in "ab":
        fs.write_file(f"/{name}", bytes(4 * MIB))

    assert (await fetch("fs", "file", method="PUT", params={"path": "/c"}, body=b"x")).problem == "no_space"


async def test_an_upload_may_demand_what_it_replaces(fetch, fs):
    fs.write_file("/a", b"one")
    etag = (await fetch("fs", "stat", params={"path": "/a"})).json["etag"]
    statuses = [
        (await fetch("fs", "file", method="PUT", params={"path": "/a"}, body=b"x", headers=headers)).status
        for headers in (
            {"If-None-Match": "*"},
            {"If-Match": '"other"'},
            {"If-Match": f'"{etag}"'},
            {"If-Match": f'"{etag}"'},
        )
    ]

    assert statuses == [412, 412, 200, 412]


async def test_an_entry_is_described(fetch, fs):
    fs.write_file("/a", b"12345")

    answer = await fetch("fs", "stat", params={"path": "a"})

    seed = {name: answer.json[name] for name in ("path", "entryType", "size")}
    assert (answer.status, seed) == (200, {"path": "/a", "entryType": "file", "size": 5})


async def test_directories_are_made_moved_and_deleted(fetch, fs):
    made = await fetch("fs", "mkdir", method="POST", params={"path": "a/b"})
    moved = await fetch("fs", "move", method="POST", body=json.dumps({"from": "a", "to": "c", "overwrite": None}))
    refused = await fetch("fs", "entry", method="DELETE", params={"path": "c"})
    deleted = await fetch("fs", "entry", method="DELETE", params={"path": "c", "recursive": "true"})

    assert (made.status, made.json) == (200, {"path": "/a/b"})
    assert (moved.status, moved.json) == (200, {"from": "/a", "to": "/c"})
    assert (refused.status, refused.problem) == (409, "not_empty")
    assert (deleted.status, deleted.json) == (200, {"path": "/c"})
    assert fs.listdir("/") == []


@pytest.mark.parametrize(
    ("method", "route", "params", "body", "status", "code"),
    [
        ("GET", "stat", {"path": "/absent"}, None, 404, "not_found"),
        ("GET", "stat", {}, None, 400, "invalid_request"),
        ("GET", "file", {"path": "/dir"}, None, 400, "is_a_directory"),
        ("GET", "file", {"path": "/absent"}, None, 404, "not_found"),
        ("GET", "entries", {"path": "/file"}, None, 400, "not_a_directory"),
        ("GET", "stat", {"path": "/a\0b"}, None, 400, "invalid_path"),
        ("PUT", "file", {"path": "/dir"}, b"x", 400, "is_a_directory"),
        ("PUT", "file", {}, b"x", 400, "invalid_request"),
        ("DELETE", "entry", {"path": "/absent"}, None, 404, "not_found"),
        ("DELETE", "entry", {"path": "/file", "recursive": "maybe"}, None, 400, "invalid_request"),
        ("POST", "mkdir", {"path": "/file"}, b"", 409, "already_exists"),
        ("POST", "move", {}, b"{", 400, "invalid_request"),
        ("POST", "move", {}, b"[]", 400, "invalid_request"),
        ("POST", "move", {}, b'{"from": "/file"}', 400, "invalid_request"),
        ("POST", "move", {}, b'{"from": "/file", "to": 3}', 400, "invalid_request"),
        ("POST", "move", {}, b'{"from": "/file", "to": "/dir"}', 409, "already_exists"),
        ("POST", "move", {}, b'{"from": "/file", "to": "/x", "force": 1}', 400, "invalid_request"),
        ("POST", "move", {}, b'{"from": "' + b"x" * 70_000 + b'"}', 413, "limit_exceeded"),
        ("GET", "stat", {"path": "/", "sandbox": "other"}, None, 404, "sandbox_not_found"),
        ("GET", "stat", {"path": "/", "view": "other"}, None, 404, "sandbox_not_found"),
        ("GET", "stat", {"path": "/", "session_id": "nobody"}, None, 404, "sandbox_not_found"),
        ("POST", "stat", {"path": "/"}, b"", 405, "method_not_allowed"),
        ("POST", "upload-batch", {}, b"", 415, "content_type_refused"),
        ("GET", "none", {}, None, 404, "not_found"),
    ],
)
async def test_bad_requests_are_problems_and_change_nothing(fetch, fs, method, route, params, body, status, code):
    fs.write_file("/file", b"x")
    fs.mkdir("/dir")
    kwargs = {} if body is None else {"body": body}

    answer = await fetch("fs", route, method=method, params=params, **kwargs)

    assert (answer.status, answer.problem) == (status, code)
    assert (fs.listdir("/"), fs.read_bytes("/file")) == (["dir", "file"], b"x")


async def test_a_tree_is_copied(fetch, fs):
    fs.write_file("/a/b", "x")

    copied = await fetch("fs", "copy", method="POST", body=json.dumps({"from": "a", "to": "c/d"}))
    refused = await fetch("fs", "copy", method="POST", body=json.dumps({"from": "a", "to": "c/d"}))

    assert (copied.status, copied.json) == (200, {"from": "/a", "to": "/c/d"})
    assert (refused.status, refused.problem) == (409, "already_exists")
    assert fs.read_text("/a/b") == fs.read_text("/c/d/b") == "x"


@pytest.mark.parametrize("size", [0, 5, MIB + 1])
async def test_what_is_appended_comes_behind_what_was_there(fetch, fs, size):
    added = os.urandom(size)

    answers = [
        await fetch("fs", "file", method="PATCH", params={"path": "/d/log"}, body=each) for each in (b"first\n", added)
    ]

    assert [(each.status, each.json["bytesWritten"], each.json["version"]) for each in answers] == [
        (200, 6, 1),
        (200, size, 2),
    ]
    assert fs.read_bytes("/d/log") == b"first\n" + added


async def test_an_append_may_demand_what_it_extends_and_keeps_the_limits(fetch, fs):
    fs.write_file("/a", bytes(3 * MIB))
    etag = fs.stat("/a").etag

    answers = [
        await fetch("fs", "file", method="PATCH", params={"path": "/a"}, body=bytes(size), headers=headers)
        for size, headers in (
            (1, {"If-Match": '"other"'}),
            (1, {"If-None-Match": "*"}),
            (2 * MIB, {}),
            (1, {"If-Match": f'"{etag}"'}),
        )
    ]

    assert [each.status for each in answers] == [412, 412, 413, 200]
    assert fs.stat("/a").size == 3 * MIB + 1


async def test_files_are_found_page_by_page(fetch, fs):
    for name in ("a.py", "b.txt", "d/c.py"):
        fs.write_file(f"/{name}", "one\nTwo\n")

    first = await fetch("fs", "search", params={"name": "*.py", "text": "two", "ignore_case": "true", "limit": "1"})
    second = await fetch("fs", "search", params={"name": "*.py", "after": first.json["next"]})

    assert [(each["path"], each["lines"]) for each in first.json["matches"]] == [
        ("/a.py", [{"number": 2, "text": "Two"}])
    ]
    assert ([each["path"] for each in second.json["matches"]], second.json["next"]) == (["/d/c.py"], None)


@pytest.mark.parametrize("params", [{}, {"text": "(", "regex": "true"}, {"name": "x", "limit": "0"}])
async def test_a_search_that_makes_no_sense_is_a_problem(fetch, fs, params):
    assert fs.listdir("/") == []
    assert (await fetch("fs", "search", params=params)).problem == "invalid_request"


async def test_a_path_is_taken_as_it_was_sent(fetch, fs):
    await fetch("fs", "file", method="PUT", params={"path": "/ a\tb "}, body=b"x")

    assert fs.listdir("/") == [" a\tb "]


async def test_the_one_kernel_with_a_sandbox_needs_no_name(fetch, kernels):
    kernels.add("empty")
    kernels.add("full", default=VirtualFileSystem())

    assert (await fetch("fs", "stat", params={"path": "/"})).status == 200


async def test_among_several_kernels_one_must_be_named(fetch, kernels):
    for name in ("k1", "k2"):
        system = VirtualFileSystem()
        system.write_file(f"/{name}", "")
        kernels.add(name, default=system)

    unnamed = await fetch("fs", "entries")
    named = [
        (await fetch("fs", "entries", params={each: "k2"})).json[0]["name"] for each in ("session_id", "sessionId")
    ]

    assert (unnamed.status, unnamed.problem) == (400, "invalid_request")
    assert "/sandfs/v1/sandboxes" in unnamed.json["detail"]
    assert named == ["k2", "k2"]


async def test_without_any_kernel_the_answer_says_what_to_do(fetch, kernels):
    answer = await fetch("fs", "entries")

    assert (answer.status, answer.problem) == (404, "sandbox_not_found")
    assert "%load_ext jupyter_sandfs" in answer.json["detail"]


async def test_another_sandbox_of_the_kernel_is_found_by_name(fetch, kernels):
    kernels.add("k1", default=VirtualFileSystem(), work=VirtualFileSystem())

    answer = await fetch("fs", "mkdir", method="POST", params={"path": "/a", "sandbox": "work"})

    assert answer.status == 200


async def test_sandboxes_are_listed_by_kernel(fetch, fs, kernels):
    fs.write_file("/a", b"12345")
    kernels.add("k2")

    modified = (await fetch("fs", "stat", params={"path": "/", "session_id": "k1"})).json["modified"]

    answer = await fetch("sandboxes")

    summary = {"name": "default", "fileCount": 1, "totalSize": 5, "modified": modified}
    assert answer.json == {
        "kernels": [
            {"kernelId": "k1", "sandboxes": [summary], "folders": {"default": "k1"}},
            {"kernelId": "k2", "sandboxes": [], "folders": {}},
        ]
    }


async def test_a_file_replaced_during_a_download_ends_it(server, fs, jp_fetch, monkeypatch):
    """The client sees a body shorter than was said, never two files mixed."""
    del server
    fs.write_file("/a", bytes(3 * MIB))
    pieces = []
    ask = Target.ask

    async def ask_when_replaced(self, op, arguments, *rest, **options):
        if arguments.get("offset") == MIB:
            fs.write_file("/a", b"\1" * 3 * MIB)
        return await ask(self, op, arguments, *rest, **options)

    monkeypatch.setattr(Target, "ask", ask_when_replaced)
    with pytest.raises(Exception, match=r".") as caught:
        await jp_fetch("sandfs", "v1", "fs", "file", params={"path": "/a"}, streaming_callback=pieces.append)

    assert caught.value.code == 599
    assert (b"\1" in b"".join(pieces), fs.read_bytes("/a")[:1]) == (False, b"\1")
