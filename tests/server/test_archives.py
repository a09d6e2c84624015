from __future__ import annotations

import asyncio
import gzip
import io
import os
import tarfile
import zipfile

import pytest
from tornado.httpclient import HTTPClientError

from jupyter_sandfs.server.archives import Leaving
from jupyter_sandfs.vfs.filesystem import VirtualFileSystem

MIB = 1 << 20
TYPES = {
    "tar": "application/x-tar",
    "tar.gz": "application/gzip",
    "tar.zst": "application/zstd",
    "zip": "application/zip",
}


def tar(**files: bytes) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as archive:
        for name, content in files.items():
            info = tarfile.TarInfo(name.replace("__", "/"))
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return made.getvalue()


@pytest.fixture
def post(fetch):
    """Send an archive."""

    async def post(body: bytes, content_type: str | None = "application/x-tar", **params: str):
        headers = {"Content-Type": content_type} if content_type else {}
        return await fetch("fs", "upload-batch", method="POST", body=body, headers=headers, params=params)

    return post


@pytest.mark.parametrize("form", TYPES)
async def test_a_subtree_is_downloaded_as_an_archive(fetch, fs, form):
    fs.write_file('/dir/sub "ü"/a', b"content")

    answer = await fetch("fs", "archive", params={"path": 'dir/sub "ü"', "format": form})

    other = VirtualFileSystem()
    assert other.extract(answer.body) == ["/a"]
    assert (answer.status, answer.headers["Content-Type"]) == (200, TYPES[form])
    assert answer.headers["Content-Disposition"] == f"attachment; filename*=UTF-8''sub%20%22%C3%BC%22.{form}"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"].endswith("; sandbox")


async def test_the_whole_sandbox_is_a_tar_with_its_name(fetch, fs):
    fs.write_file("/a", b"content")

    answer = await fetch("fs", "archive")

    assert answer.headers["Content-Disposition"] == "attachment; filename*=UTF-8''default.tar"
    with tarfile.open(fileobj=io.BytesIO(answer.body)) as archive:
        assert archive.getnames() == [".", "a"]


async def test_a_large_archive_comes_whole_and_goes_back(fetch, fs, post):
    for number in range(3):
        fs.write_file(f"/d/{number}", os.urandom(MIB + number))
    before = {name: fs.read_bytes(f"/d/{name}") for name in fs.listdir("/d")}

    answer = await fetch("fs", "archive", params={"path": "/d"})
    fs.remove("/d", recursive=True)
    back = await post(answer.body, path="/d")

    assert (back.status, back.json) == (200, {"paths": ["/d/0", "/d/1", "/d/2"], "truncated": False})
    assert {name: fs.read_bytes(f"/d/{name}") for name in fs.listdir("/d")} == before


async def test_dynamic_files_are_computed_on_request(fetch, fs):
    fs.mount_file("/p", lambda _: "computed")

    for flag, names in [("false", ["."]), ("true", [".", "p"])]:
        answer = await fetch("fs", "archive", params={"materialize": flag})
        with tarfile.open(fileobj=io.BytesIO(answer.body)) as archive:
            assert archive.getnames() == names


@pytest.mark.parametrize(
    ("params", "status", "code"),
    [
        ({"path": "/none"}, 404, "not_found"),
        ({"format": "rar"}, 400, "invalid_request"),
        ({"materialize": "perhaps"}, 400, "invalid_request"),
        ({"sandbox": "other"}, 404, "sandbox_not_found"),
        ({"view": "other"}, 404, "sandbox_not_found"),
    ],
)
async def test_what_can_not_be_archived_is_a_problem(fetch, fs, params, status, code):
    answer = await fetch("fs", "archive", params=params)

    assert (answer.status, answer.problem) == (status, code)


async def test_a_failure_before_the_first_byte_is_a_problem(fetch, fs):
    fs.mount_file("/p", lambda _: 1 / 0)

    answer = await fetch("fs", "archive", params={"materialize": "true"})

    assert (answer.status, answer.problem) == (502, "provider_error")


async def test_a_failure_on_the_way_cuts_the_connection(fs, jp_fetch):
    fs.write_file("/a", bytes(3 * MIB))
    fs.mount_file("/b", lambda _: 1 / 0)

    with pytest.raises(HTTPClientError) as caught:
        await jp_fetch("sandfs", "v1", "fs", "archive", params={"materialize": "true"})

    assert caught.value.code == 599


async def test_a_client_that_goes_away_leaves_no_archive_under_way(
    server, http_server, fs, jp_base_url, jp_http_port, monkeypatch
):
    fs.write_file("/a", os.urandom(4 * MIB))
    fs.write_file("/b", os.urandom(3 * MIB))
    aborted = asyncio.Event()
    abort = Leaving.abort

    async def observed(self):
        await abort(self)
        aborted.set()

    monkeypatch.setattr(Leaving, "abort", observed)
    reader, writer = await asyncio.open_connection("127.0.0.1", jp_http_port, limit=1 << 12)
    writer.write(
        f"GET {jp_base_url}sandfs/v1/fs/archive HTTP/1.1\r\nHost: localhost\r\n"
        f"Authorization: token {server.identity_provider.token}\r\n\r\n".encode()
    )
    await reader.read(1)
    writer.transport.abort()

    async with asyncio.timeout(60):
        await aborted.wait()


@pytest.mark.parametrize("form", TYPES)
async def test_archives_of_each_format_are_unpacked(post, fs, form):
    source = VirtualFileSystem()
    source.write_file("/d/a", b"content")

    answer = await post(b"".join(source.archive("/", form)), TYPES[form], path="to")

    assert (answer.status, answer.json) == (200, {"paths": ["/to/d", "/to/d/a"], "truncated": False})
    assert fs.read_bytes("/to/d/a") == b"content"


async def test_a_tar_may_come_compressed_under_its_own_name(post, fs):
    answer = await post(gzip.compress(tar(a=b"content")), "application/x-tar; charset=binary")

    assert (answer.status, fs.read_bytes("/a")) == (200, b"content")


async def test_what_is_there_is_replaced_unless_that_is_refused(post, fs):
    fs.write_file("/a", b"old")

    refused = await post(tar(b=b"", a=b"new"), overwrite="false")
    assert (refused.status, refused.problem, fs.listdir("/"), fs.read_bytes("/a")) == (
        409,
        "already_exists",
        ["a"],
        b"old",
    )

    await post(tar(b=b"", a=b"new"))
    assert fs.read_bytes("/a") == b"new"


@pytest.mark.parametrize(
    ("body", "content_type", "status", "code"),
    [
        (tar(ok=b"", a=b"")[:600], "application/x-tar", 400, "invalid_archive"),
        (tar(ok=b"", **{"..__out": b""}), "application/x-tar", 400, "invalid_archive"),
        (tar(ok=b"", a=bytes(4 * MIB + 1)), "application/x-tar", 413, "file_too_large"),
        (gzip.compress(bytes(9 * MIB)), "application/gzip", 413, "limit_exceeded"),
        (tar(ok=b"", file__below=b""), "application/x-tar", 400, "not_a_directory"),
        (tar(ok=b""), "application/zip", 400, "invalid_archive"),
        (tar(ok=b""), "text/plain", 415, "content_type_refused"),
        (tar(ok=b""), "multipart/form-data", 415, "content_type_refused"),
        (b"", "application/x-tar", 400, "invalid_archive"),
        (bytes(9 * MIB), "application/x-tar", 413, "file_too_large"),
    ],
)
async def test_what_can_not_be_unpacked_is_a_problem_and_changes_nothing(post, fs, body, content_type, status, code):
    fs.write_file("/file", b"mine")

    answer = await post(body, content_type)

    assert (answer.status, answer.problem) == (status, code)
    assert (fs.listdir("/"), fs.read_bytes("/file")) == (["file"], b"mine")


async def test_a_zip_is_read_by_the_library(fetch, fs):
    fs.write_file("/d/a", b"content")

    answer = await fetch("fs", "archive", params={"format": "zip"})

    with zipfile.ZipFile(io.BytesIO(answer.body)) as archive:
        assert (archive.namelist(), archive.read("d/a"), archive.testzip()) == (["d/", "d/a"], b"content", None)
