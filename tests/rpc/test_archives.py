from __future__ import annotations

import io
import tarfile

import pytest

from jupyter_sandfs.rpc.archives import LISTED_PATHS, MAX_LIVE
from jupyter_sandfs.rpc.uploads import IDLE_SECONDS
from jupyter_sandfs.vfs.filesystem import VirtualFileSystem


def begin(kernel, path="/", **arguments):
    return kernel.value("archive_begin", path=path, **arguments)["archiveId"]


def read_all(kernel, archive_id, length):
    chunks, offset, ended = [], 0, False
    while not ended:
        reply = kernel.ask("archive_read", archive_id=archive_id, offset=offset, length=length)
        ended = reply.unwrap()["ended"]
        chunks.append(bytes(reply.body))
        offset += len(reply.body)
    return chunks


def sent(kernel, archive, path="/", **arguments):
    """An upload with the archive in it, ready to be unpacked."""
    upload = kernel.value("extract_begin", path=path, size=len(archive))["uploadId"]
    kernel.value("upload_append", archive, upload_id=upload, offset=0)
    return upload


@pytest.fixture
def archive():
    source = VirtualFileSystem()
    source.write_file("/d/a", "a")
    source.write_file("/b", "b")
    return b"".join(source.archive())


@pytest.mark.parametrize("length", [100, 4096, 1 << 20])
def test_an_archive_leaves_in_chunks_of_the_length_asked_for(kernel, length):
    kernel.fs.write_file("/d/a", bytes(5000))

    chunks = read_all(kernel, begin(kernel), length)

    assert b"".join(chunks) == b"".join(kernel.fs.archive())
    assert {len(chunk) for chunk in chunks[:-1]} <= {length}


def test_the_answer_names_what_is_archived(kernel):
    kernel.fs.mkdir("/d/e")

    assert kernel.value("archive_begin", path="d/e/", format="zip")["name"] == "e"


def test_an_archive_shows_the_moment_it_was_begun(kernel):
    kernel.fs.write_file("/a", "before")
    expected = b"".join(kernel.fs.archive())
    archive_id = begin(kernel)
    kernel.fs.write_file("/a", "after")

    assert b"".join(read_all(kernel, archive_id, 1000)) == expected


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({"path": "/none"}, "not_found"),
        ({"path": "/", "format": "rar"}, "invalid_request"),
        ({"path": "/", "materialize": 1}, "invalid_request"),
    ],
)
def test_a_bad_wish_is_refused_at_once(kernel, arguments, code):
    assert kernel.code("archive_begin", **arguments) == code


def test_a_chunk_at_another_offset_is_refused_and_nothing_is_lost(kernel):
    archive_id = begin(kernel)

    error = kernel.ask("archive_read", archive_id=archive_id, offset=7).error

    assert str(error) == "offset is 7, but 0 bytes were sent"
    assert len(b"".join(read_all(kernel, archive_id, 100))) == 1536


def test_an_archive_that_ended_is_gone(kernel):
    archive_id = begin(kernel)
    read_all(kernel, archive_id, 10_000)

    assert kernel.code("archive_read", archive_id=archive_id, offset=1536) == "invalid_request"


def test_an_aborted_archive_is_gone(kernel):
    archive_id = begin(kernel)

    assert [kernel.value("archive_abort", archive_id=archive_id) for _ in range(2)] == [{}, {}]
    assert kernel.code("archive_read", archive_id=archive_id, offset=0) == "invalid_request"


def test_an_archive_that_nobody_asks_for_is_dropped(kernel):
    archive_id = begin(kernel)
    kernel.clock.now += IDLE_SECONDS + 1

    assert kernel.code("archive_read", archive_id=archive_id, offset=0) == "invalid_request"


def test_the_number_of_archives_under_way_is_bounded(kernel):
    for _ in range(MAX_LIVE):
        begin(kernel)

    assert kernel.code("archive_begin", path="/") == "rate_limited"


def test_a_failure_on_the_way_ends_the_archive(kernel):
    kernel.fs.mount_file("/p", lambda _: 1 / 0)
    archive_id = begin(kernel, materialize=True)

    assert kernel.code("archive_read", archive_id=archive_id, offset=0) == "provider_error"
    assert kernel.code("archive_read", archive_id=archive_id, offset=0) == "invalid_request"


def test_an_uploaded_archive_is_unpacked_in_one_step(kernel, archive):
    upload = sent(kernel, archive, "/to")
    before = kernel.fs.listdir("/")

    answer = kernel.value("extract_commit", upload_id=upload)

    assert (before, answer) == ([], {"paths": ["/to/b", "/to/d", "/to/d/a"], "truncated": False})
    assert kernel.fs.read_text("/to/d/a") == "a"


def test_what_is_there_is_replaced_if_asked(kernel, archive):
    kernel.fs.write_file("/b", "old")

    assert kernel.code("extract_commit", upload_id=sent(kernel, archive)) == "already_exists"
    assert (kernel.fs.listdir("/"), kernel.fs.read_text("/b")) == (["b"], "old")
    assert kernel.code("extract_commit", upload_id=sent(kernel, archive), overwrite=True) is None
    assert kernel.fs.read_text("/b") == "b"


@pytest.mark.parametrize("form", ["zip", "tar.gz"])
def test_an_archive_of_another_format_than_was_said_is_refused(kernel, archive, form):
    assert kernel.code("extract_commit", upload_id=sent(kernel, archive), format=form) == "invalid_archive"
    assert kernel.fs.listdir("/") == []


def test_only_the_first_paths_are_named(kernel):
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as archive:
        for number in range(LISTED_PATHS + 1):
            archive.addfile(tarfile.TarInfo(f"{number:05}"))

    answer = kernel.value("extract_commit", upload_id=sent(kernel, made.getvalue()))

    assert (answer["paths"][-1], len(answer["paths"]), answer["truncated"]) == ("/01023", LISTED_PATHS, True)
    assert kernel.fs.stats().file_count == LISTED_PATHS + 1


def test_an_archive_may_be_longer_than_a_file_but_not_than_the_sandbox(kernel):
    assert kernel.code("extract_begin", path="/", size=9_000_000) is None
    assert kernel.code("extract_begin", path="/", size=10_000_001) == "file_too_large"
    assert kernel.code("extract_begin", path="/", size=9_000_000) == "no_space"
