"""Resumable uploads, one request at a time."""

from __future__ import annotations

import asyncio
import hashlib
import os
from base64 import b64encode

import pytest

from jupyter_sandfs.server.staging import Staging

MIB = 1 << 20
TYPE = "application/offset+octet-stream"


def coded(**metadata: str) -> str:
    return ",".join(f"{name} {b64encode(value.encode()).decode()}" for name, value in metadata.items())


@pytest.fixture
def tus(fetch):
    """Ask about uploads, as a client of tus 1.0.0 does."""

    async def ask(method: str, upload_id: str = "", body: bytes | None = None, **headers: str):
        sent = {"Tus-Resumable": "1.0.0"} | {name.replace("_", "-"): value for name, value in headers.items()}
        if body is not None:
            sent.setdefault("Content-Type", TYPE)
        kwargs = {"body": body or b""} if method in {"POST", "PATCH"} else {}
        return await fetch(
            *["uploads", upload_id][: 2 if upload_id else 1],
            method=method,
            headers=sent,
            allow_nonstandard_methods=True,
            **kwargs,
        )

    return ask


@pytest.fixture
def begin(tus):
    """Begin an upload; give its id."""

    async def begin(length: int | None, **headers: str) -> str:
        told = {"Upload_Defer_Length": "1"} if length is None else {"Upload_Length": str(length)}
        answer = await tus("POST", **told, **headers)
        assert answer.status == 201
        return answer.headers["Location"].rpartition("/")[2]

    return begin


async def test_a_file_arrives_in_pieces(tus, begin, fetch):
    content = os.urandom(2 * MIB + 5)
    upload_id = await begin(len(content), Upload_Metadata=coded(key="big.bin", filename="b.csv", author="me"))

    statuses = []
    for start, end in ((0, 7), (7, MIB + 100), (MIB + 100, len(content))):
        answer = await tus("PATCH", upload_id, content[start:end], Upload_Offset=str(start))
        statuses.append((answer.status, answer.headers["Upload-Offset"]))
    head = await tus("HEAD", upload_id)
    (info,) = (await fetch("files")).json["files"]

    assert statuses == [(204, "7"), (204, str(MIB + 100)), (204, str(len(content)))]
    assert (await fetch("files", "big.bin")).body == content
    assert (info["content_type"], info["metadata"]) == ("text/csv", {"author": "me", "original_filename": "b.csv"})
    assert (head.headers["Upload-Offset"], head.headers["Upload-Length"]) == (str(len(content)), str(len(content)))
    assert (head.headers["X-File-Key"], head.headers["X-Checksum"]) == ("files/big.bin", info["checksum"])


async def test_nothing_is_seen_of_an_upload_before_its_end(tus, begin, fetch):
    upload_id = await begin(10)

    await tus("PATCH", upload_id, b"12345", Upload_Offset="0")
    head = await tus("HEAD", upload_id)

    assert (await fetch("files")).json["count"] == 0
    assert (head.headers["Upload-Offset"], head.headers["Cache-Control"]) == ("5", "no-store")
    assert "Upload-Expires" in head.headers
    assert head.headers["Tus-Resumable"] == "1.0.0"


async def test_options_tell_what_the_server_can(tus):
    answer = await tus("OPTIONS")

    assert answer.status == 204
    assert {name: answer.headers[name] for name in answer.headers if name.startswith("Tus")} == {
        "Tus-Resumable": "1.0.0",
        "Tus-Version": "1.0.0",
        "Tus-Max-Size": str(3 * MIB),
        "Tus-Extension": "creation,creation-with-upload,creation-defer-length,"
        "expiration,checksum,termination,concatenation",
        "Tus-Checksum-Algorithm": "md5,sha1,sha256",
    }


async def test_a_stranger_learns_nothing_from_options(ask, server):
    response = await ask("OPTIONS", "uploads")

    assert response.code == 204
    assert "Tus-Max-Size" not in response.headers


@pytest.mark.parametrize(("method", "upload_id"), [("POST", ""), ("PATCH", "x"), ("HEAD", "x"), ("DELETE", "x")])
async def test_another_version_of_the_protocol_is_refused(tus, method, upload_id):
    answer = await tus(method, upload_id, Tus_Resumable="0.2.2", Upload_Length="1")

    assert (answer.status, answer.headers["Tus-Version"]) == (412, "1.0.0")


async def test_the_first_bytes_may_come_with_the_creation(tus, fetch):
    answer = await tus("POST", "", b"hello", Upload_Length="5", Upload_Metadata=coded(key="a"))

    assert (answer.status, answer.headers["Upload-Offset"], answer.headers["X-File-Key"]) == (201, "5", "files/a")
    assert answer.headers["Location"].startswith("http://")
    assert (await fetch("files", "a")).body == b"hello"


async def test_an_empty_file_is_there_at_once(tus, fetch):
    answer = await tus("POST", Upload_Length="0", Upload_Metadata=coded(key="empty"))

    assert (answer.status, (await fetch("files", "empty")).body) == (201, b"")


async def test_the_length_may_be_said_later(tus, begin, fetch):
    upload_id = await begin(None, Upload_Metadata=coded(key="a"))
    deferred = await tus("HEAD", upload_id)
    await tus("PATCH", upload_id, b"123", Upload_Offset="0")
    too_short = await tus("PATCH", upload_id, b"", Upload_Offset="3", Upload_Length="2")
    too_long = await tus("PATCH", upload_id, b"", Upload_Offset="3", Upload_Length=str(3 * MIB + 1))
    declared = await tus("PATCH", upload_id, b"4", Upload_Offset="3", Upload_Length="5")
    other = await tus("PATCH", upload_id, b"", Upload_Offset="4", Upload_Length="6")
    last = await tus("PATCH", upload_id, b"5", Upload_Offset="4")

    assert deferred.headers["Upload-Defer-Length"] == "1"
    assert [each.status for each in (too_short, too_long, declared, other, last)] == [400, 413, 204, 400, 204]
    assert (await fetch("files", "a")).body == b"12345"


async def test_without_a_length_the_limit_counts(tus, begin):
    upload_id = await begin(None)
    await tus("PATCH", upload_id, bytes(2 * MIB), Upload_Offset="0")

    answer = await tus("PATCH", upload_id, bytes(2 * MIB), Upload_Offset=str(2 * MIB))

    assert answer.status == 413


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        ({"Upload_Offset": "3"}, 409, "offset_mismatch"),
        ({"Upload_Offset": "-1"}, 400, "invalid_request"),
        ({}, 400, "invalid_request"),
        ({"Upload_Offset": "0", "Content_Type": "text/plain"}, 415, "content_type_refused"),
        ({"Upload_Offset": "0", "Upload_Checksum": "crc32 AAAA"}, 400, "invalid_request"),
        ({"Upload_Offset": "0", "Upload_Checksum": "sha1 AAAA"}, 460, "chunk_mismatch"),
    ],
)
async def test_bytes_that_cannot_be_taken_change_nothing(tus, begin, headers, status, code):
    upload_id = await begin(10)

    answer = await tus("PATCH", upload_id, b"12345", **headers)

    assert (answer.status, answer.problem) == (status, code)
    assert (await tus("HEAD", upload_id)).headers["Upload-Offset"] == "0"


async def test_more_than_was_announced_is_refused(tus, begin):
    upload_id = await begin(4)

    answer = await tus("PATCH", upload_id, b"12345", Upload_Offset="0")

    assert (answer.status, answer.problem) == (413, "limit_exceeded")
    assert (await tus("HEAD", upload_id)).headers["Upload-Offset"] == "0"


@pytest.mark.parametrize("algorithm", ["md5", "sha1", "sha256"])
async def test_a_right_checksum_lets_bytes_in(tus, begin, fetch, algorithm):
    content = os.urandom(MIB + 5)
    digest = b64encode(hashlib.new(algorithm, content).digest()).decode()
    upload_id = await begin(len(content), Upload_Metadata=coded(key="a"))

    answer = await tus("PATCH", upload_id, content, Upload_Offset="0", Upload_Checksum=f"{algorithm} {digest}")

    assert answer.status == 204
    assert (await fetch("files", "a")).body == content


async def test_an_upload_can_be_ended(tus, begin):
    upload_id = await begin(10)
    await tus("PATCH", upload_id, b"1", Upload_Offset="0")

    answers = [await tus("DELETE", upload_id), await tus("HEAD", upload_id), await tus("DELETE", upload_id)]

    assert [each.status for each in answers] == [204, 404, 404]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 400),
        ({"Upload_Length": "x"}, 400),
        ({"Upload_Length": "1", "Upload_Defer_Length": "1"}, 400),
        ({"Upload_Length": str(3 * MIB + 1)}, 413),
        ({"Upload_Length": "1", "Upload_Metadata": coded(key="../x")}, 400),
        ({"Upload_Length": "1", "Upload_Metadata": coded(ttl="soon")}, 400),
        ({"Upload_Length": "1", "Upload_Metadata": "key ?"}, 400),
        ({"Upload_Length": "1", "Upload_Metadata": "key " + "A" * 9000}, 413),
        ({"Upload_Length": "1", "Upload_Concat": "odd"}, 400),
        ({"Upload_Concat": "final;/x"}, 404),
    ],
)
async def test_an_upload_that_cannot_begin_does_not(tus, headers, status):
    assert (await tus("POST", **headers)).status == status


async def test_a_creation_with_another_kind_of_body_is_refused(tus):
    answer = await tus("POST", "", b"x=1", Content_Type="text/plain", Upload_Length="3")

    assert (answer.status, answer.problem) == (415, "content_type_refused")


async def test_files_are_joined_from_parts(tus, begin, fetch):
    content = os.urandom(1000)
    parts = []
    for start, end in ((0, 400), (400, 1000)):
        parts.append(await begin(end - start, Upload_Concat="partial"))
        await tus("PATCH", parts[-1], content[start:end], Upload_Offset="0")
    early = (await fetch("files")).json["count"]

    answer = await tus(
        "POST", Upload_Concat="final;" + " ".join(f"/x/{each}" for each in parts), Upload_Metadata=coded(key="whole")
    )

    upload_id = answer.headers["Location"].rpartition("/")[2]
    head = await tus("HEAD", upload_id)
    listed = [each["key"] for each in (await fetch("files")).json["files"]]
    more = await tus("PATCH", upload_id, b"x", Upload_Offset="1000")
    assert (early, answer.status, listed) == (0, 201, ["files/whole"])
    assert (await fetch("files", "whole")).body == content
    assert (head.headers["Upload-Length"], head.headers["Upload-Offset"]) == ("1000", "1000")
    assert head.headers["Upload-Concat"].startswith("final;")
    assert more.status == 403
    assert (await tus("HEAD", parts[0])).status == 404


async def test_parts_that_are_not_complete_are_not_joined(tus, begin):
    whole, part, done = await begin(1), await begin(1, Upload_Concat="partial"), await begin(1, Upload_Concat="partial")
    await tus("PATCH", done, b"1", Upload_Offset="0")

    answers = [await tus("POST", Upload_Concat=f"final;/{done} /{each}") for each in (whole, part)]

    assert [each.status for each in answers] == [400, 400]
    assert (await tus("POST", Upload_Concat=f"final;/{done}")).status == 201


async def test_a_post_may_stand_for_a_patch_and_a_delete(tus, begin):
    upload_id = await begin(10)

    patched = await tus("POST", upload_id, b"123", X_HTTP_Method_Override="PATCH", Upload_Offset="0")
    offset = (await tus("HEAD", upload_id)).headers["Upload-Offset"]
    deleted = await tus("POST", upload_id, X_HTTP_Method_Override="DELETE")

    assert (patched.status, offset, deleted.status) == (204, "3", 204)


@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
async def test_an_overridden_method_needs_the_same_rights(begin, ask, jp_auth_header, server, tus, method):
    upload_id = await begin(10)
    login = await ask("GET", "sandboxes", **jp_auth_header)
    cookies = "; ".join(each.split(";")[0] for each in login.headers.get_list("Set-Cookie"))
    override = {"X-HTTP-Method-Override": method, "Tus-Resumable": "1.0.0", "Upload-Offset": "0", "Content-Type": TYPE}

    stranger = await ask("POST", f"uploads/{upload_id}", **override)
    page = await ask("POST", f"uploads/{upload_id}", **override, Cookie=cookies)

    assert (stranger.code, page.code) == (403, 403)
    assert b"_xsrf" in page.body
    assert (await tus("HEAD", upload_id)).headers["Upload-Offset"] == "0"


async def test_a_file_that_is_demanded_absent_stays_as_it_is(tus, fetch):
    await fetch("files", "a", method="PUT", body=b"old")

    answer = await tus("POST", "", b"new", Upload_Length="3", Upload_Metadata=coded(key="a"), If_None_Match="*")

    assert (answer.status, answer.problem) == (412, "version_conflict")
    assert (await fetch("files", "a")).body == b"old"


@pytest.fixture
def reserved(server):
    """How much of the store unfinished bodies claim, and how many uploads are remembered."""

    async def reserved() -> tuple[int, int]:
        store = (await server.web_app.settings["sandfs_staging"].store()).sync
        directory = server.web_app.settings["sandfs_uploads"]._notes._directory
        return store.usage().reserved_bytes, len(list(directory.iterdir())) if directory.is_dir() else 0

    return reserved


@pytest.mark.parametrize(
    "headers",
    [
        {"Upload_Length": "4"},
        {"Upload_Length": "9", "Upload_Checksum": "crc32 AAAA"},
        {"Upload_Length": "9", "Upload_Checksum": "sha1 AAAA"},
        {"Upload_Length": "5", "Upload_Metadata": coded(key="a"), "If_None_Match": "*"},
    ],
)
async def test_a_creation_that_fails_claims_nothing(tus, fetch, reserved, headers):
    await fetch("files", "a", method="PUT", body=b"old")

    answer = await tus("POST", "", b"12345", **headers)

    assert answer.status in {400, 412, 413, 460}
    assert await reserved() == (0, 0)


async def test_an_upload_that_is_ended_while_it_is_finished_is_gone(tus, begin, server, monkeypatch):
    uploads = server.web_app.settings["sandfs_uploads"]
    upload_id = await begin(3)
    save = uploads._save

    async def end_then_save(note):
        saved = await save(note)
        monkeypatch.setattr(uploads, "_save", save)
        assert (await tus("DELETE", upload_id)).status == 204
        return saved

    monkeypatch.setattr(uploads, "_save", end_then_save)
    answer = await tus("PATCH", upload_id, b"123", Upload_Offset="0")

    assert (answer.status, answer.problem) == (404, "upload_not_found")
    assert (await tus("HEAD", upload_id)).status == 404


async def test_what_could_not_be_finished_can_be_tried_again(tus, begin, fetch, server):
    await fetch("files", "a", method="PUT", body=b"old")
    upload_id = await begin(3, Upload_Metadata=coded(key="a"), If_None_Match="*")
    refused = await tus("PATCH", upload_id, b"new", Upload_Offset="0")
    assert not server.web_app.settings["sandfs_uploads"]._notes.find(upload_id, "").committing
    await fetch("files", "a", method="DELETE")

    again = await tus("PATCH", upload_id, b"", Upload_Offset="3")

    assert (refused.status, again.status) == (412, 204)
    assert (await fetch("files", "a")).body == b"new"


async def test_an_upload_finished_just_before_a_kill_is_remembered_as_finished(tus, begin, server, monkeypatch):
    """The store committed, and nobody wrote that down."""
    uploads = server.web_app.settings["sandfs_uploads"]
    upload_id = await begin(3, Upload_Metadata=coded(key="a"))
    save = uploads._save

    async def die_after_commit(note):
        if note.checksum is not None:
            raise RuntimeError
        return await save(note)

    monkeypatch.setattr(uploads, "_save", die_after_commit)
    killed = await tus("PATCH", upload_id, b"123", Upload_Offset="0")
    monkeypatch.setattr(uploads, "_save", save)
    head = await tus("HEAD", upload_id)

    assert (killed.status, head.status) == (500, 200)
    assert (head.headers["Upload-Offset"], head.headers["X-File-Key"]) == ("3", "files/a")


async def test_a_new_request_overtakes_one_that_hangs(tus, begin, fetch, server):
    upload_id = await begin(10, Upload_Metadata=coded(key="a"))
    arrived, resume = asyncio.Event(), asyncio.Event()

    async def dribble(write):
        await write(b"123")
        arrived.set()
        await resume.wait()
        await write(b"456")

    headers = {"Tus-Resumable": "1.0.0", "Content-Type": TYPE, "Upload-Offset": "0"}
    hanging = asyncio.ensure_future(
        fetch("uploads", upload_id, method="PATCH", headers=headers, body_producer=dribble, request_timeout=60)
    )
    await arrived.wait()
    async with asyncio.timeout(30):
        while (offset := (await tus("HEAD", upload_id)).headers["Upload-Offset"]) != "3":
            pass
    last = await tus("PATCH", upload_id, b"4567890", Upload_Offset=offset)
    resume.set()
    late = await hanging

    assert (last.status, late.status, late.problem) == (204, 409, "upload_overtaken")
    assert (await fetch("files", "a")).body == b"1234567890"
    assert server.web_app.settings["sandfs_uploads"]._arriving == {}


async def test_an_upload_of_another_tenant_is_not_there(tus, begin, monkeypatch):
    upload_id = await begin(10)
    monkeypatch.setattr("jupyter_sandfs.server.store_route.StoreRoute.tenant", "other")

    answers = [
        await tus("HEAD", upload_id),
        await tus("DELETE", upload_id),
        await tus("PATCH", upload_id, b"", Upload_Offset="0"),
    ]

    assert [each.status for each in answers] == [404, 404, 404]


async def test_uploads_survive_the_server(tus, begin, server, jp_asyncio_loop):
    """All that the process knew is dropped; a kill is for test_live."""
    upload_id = await begin(6, Upload_Metadata=coded(key="a"))
    await tus("PATCH", upload_id, b"123", Upload_Offset="0")
    staging: Staging = server.web_app.settings["sandfs_staging"]
    await staging.close()

    head = await tus("HEAD", upload_id)
    last = await tus("PATCH", upload_id, b"456", Upload_Offset=head.headers["Upload-Offset"])

    assert (head.headers["Upload-Offset"], head.headers["Upload-Metadata"]) == ("3", coded(key="a"))
    assert (last.status, last.headers["X-File-Key"]) == (204, "files/a")


class TestInNats:
    """The same over a store of another kind: what is resumed is the store's, and the notes are the server's."""

    @pytest.fixture
    def jp_server_config(self, jp_server_config):
        jp_server_config["SandFS"]["store_url"] = "nats-embedded:"
        return jp_server_config

    async def test_an_upload_goes_on_after_the_store_was_closed(self, tus, begin, fetch, server):
        upload_id = await begin(6, Upload_Metadata=coded(key="a"))
        await tus("PATCH", upload_id, b"123", Upload_Offset="0")
        await server.web_app.settings["sandfs_staging"].close()

        offset = (await tus("HEAD", upload_id)).headers["Upload-Offset"]
        last = await tus("PATCH", upload_id, b"456", Upload_Offset=offset)

        assert (offset, last.status) == ("3", 204)
        assert (await fetch("files", "a")).body == b"123456"
        assert (await tus("HEAD", upload_id)).headers["X-File-Key"] == "files/a"
