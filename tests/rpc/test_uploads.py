from __future__ import annotations

from jupyter_sandfs.rpc.uploads import IDLE_SECONDS, MAX_LIVE


def begin(kernel, path="/a", **arguments):
    return kernel.value("upload_begin", path=path, **arguments)["uploadId"]


def test_an_upload_becomes_visible_in_one_step(kernel):
    upload = begin(kernel, size=6)
    kernel.value("upload_append", b"abc", upload_id=upload, offset=0)
    kernel.value("upload_append", b"def", upload_id=upload, offset=3)
    before = kernel.fs.listdir("/")

    answer = kernel.value("upload_commit", upload_id=upload)

    assert before == []
    assert answer == {"path": "/a", "bytesWritten": 6, "version": 1, "etag": kernel.fs.stat("/a").etag}
    assert kernel.fs.read_bytes("/a") == b"abcdef"


def test_ids_are_long_and_never_the_same(kernel):
    first, second = begin(kernel), begin(kernel)

    assert first != second
    assert len(first) >= 32


def test_a_chunk_at_the_wrong_offset_is_refused_and_nothing_is_lost(kernel):
    upload = begin(kernel)
    kernel.value("upload_append", b"abc", upload_id=upload, offset=0)

    error = kernel.ask("upload_append", b"xyz", upload_id=upload, offset=0).error

    assert str(error) == "offset is 0, but 3 bytes have arrived"
    assert kernel.value("upload_commit", upload_id=upload)["bytesWritten"] == 3


def test_more_than_announced_is_refused(kernel):
    upload = begin(kernel, size=2)

    assert kernel.code("upload_append", b"abc", upload_id=upload, offset=0) == "invalid_request"


def test_less_than_announced_is_never_written(kernel):
    upload = begin(kernel, size=4)
    kernel.value("upload_append", b"abc", upload_id=upload, offset=0)

    assert kernel.code("upload_commit", upload_id=upload) == "invalid_request"
    assert kernel.fs.listdir("/") == []


def test_a_size_that_does_not_fit_is_refused_at_once(kernel):
    assert kernel.code("upload_begin", path="/a", size=5_000_001) == "file_too_large"
    assert kernel.code("upload_begin", path="/a", size=-1) == "invalid_request"


def test_a_chunk_that_does_not_fit_is_refused_before_it_is_kept(kernel):
    upload = begin(kernel)
    kernel.value("upload_append", bytes(5_000_000), upload_id=upload, offset=0)

    assert kernel.code("upload_append", b"x", upload_id=upload, offset=5_000_000) == "file_too_large"
    assert kernel.value("upload_commit", upload_id=upload)["bytesWritten"] == 5_000_000


def test_uploads_count_each_other(kernel):
    begin(kernel, "/a", size=4_000_000)
    begin(kernel, "/b", size=4_000_000)

    assert kernel.code("upload_begin", path="/c", size=4_000_000) == "no_space"


def test_a_file_that_is_replaced_makes_room_for_its_successor(kernel):
    kernel.fs.write_file("/a", bytes(5_000_000))
    kernel.fs.write_file("/b", bytes(4_000_000))

    assert kernel.code("upload_begin", path="/a", size=5_000_000) is None
    assert kernel.code("upload_begin", path="/c", size=5_000_000) == "no_space"


def test_an_aborted_upload_is_gone(kernel):
    upload = begin(kernel)

    assert kernel.value("upload_abort", upload_id=upload) == {}
    assert kernel.value("upload_abort", upload_id=upload) == {}
    assert kernel.code("upload_commit", upload_id=upload) == "invalid_request"


def test_an_idle_upload_is_dropped(kernel):
    idle, busy = begin(kernel, "/idle"), begin(kernel, "/busy")
    kernel.clock.now += IDLE_SECONDS
    kernel.value("upload_append", b"x", upload_id=busy, offset=0)
    kernel.clock.now += 1

    assert kernel.code("upload_commit", upload_id=idle) == "invalid_request"
    assert kernel.code("upload_commit", upload_id=busy) is None


def test_the_number_of_live_uploads_is_bounded(kernel):
    for number in range(MAX_LIVE):
        begin(kernel, f"/{number}")

    assert kernel.code("upload_begin", path="/one-more") == "rate_limited"


def test_a_commit_onto_another_version_is_refused_and_ends_the_upload(kernel):
    kernel.fs.write_file("/a", "mine")
    upload = begin(kernel, expected_version=0)

    assert kernel.code("upload_commit", upload_id=upload) == "version_conflict"
    assert kernel.code("upload_commit", upload_id=upload) == "invalid_request"
    assert kernel.fs.read_text("/a") == "mine"
