from __future__ import annotations

import logging
import os

import pytest

from jupyter_sandfs.errors import InvalidRequest, NotFound, SandboxNotFound, SandfsError
from jupyter_sandfs.rpc.dispatcher import Dispatcher
from jupyter_sandfs.rpc.messages import Request
from jupyter_sandfs.rpc.operations import MAX_CHUNK
from jupyter_sandfs.vfs.filesystem import VirtualFileSystem
from jupyter_sandfs.vfs.policy import NodePolicy


def test_hello_says_what_is_here(kernel):
    assert kernel.value("hello") == {"protocol": 1, "sandboxes": ["default"], "maxChunk": MAX_CHUNK, "pid": os.getpid()}


def test_sandboxes_are_summed_up(kernel):
    kernel.fs.write_file("/a/b.txt", "12345")

    modified = kernel.value("stat", path="/")["modified"]
    assert kernel.value("sandboxes") == [{"name": "default", "fileCount": 1, "totalSize": 5, "modified": modified}]


def test_a_sandbox_that_can_not_be_asked_is_left_out():
    def resolve(sandbox: str, view: str | None) -> VirtualFileSystem:
        del view
        if sandbox == "closing":
            raise SandboxNotFound(sandbox)
        return VirtualFileSystem()

    dispatcher = Dispatcher(resolve, lambda: ["closing", "here"])

    assert [each["name"] for each in dispatcher.handle(Request("sandboxes")).unwrap()] == ["here"]


def test_stats_tell_sizes_counts_and_the_limit(kernel):
    kernel.fs.write_file("/a/b.txt", "12345")

    assert kernel.value("stats") == {
        "totalSize": 5,
        "fileCount": 1,
        "directoryCount": 2,
        "nodeCount": 3,
        "limit": 10_000_000,
    }


def test_an_entry_says_what_the_http_interface_shows(kernel):
    kernel.fs.write_file("/notes.txt", "hello")
    found = kernel.fs.stat("/notes.txt")

    assert kernel.value("stat", path="notes.txt") == {
        "name": "notes.txt",
        "path": "/notes.txt",
        "entryType": "file",
        "size": 5,
        "modified": found.modified_at.strftime("%Y-%m-%dT%H:%M:%S.%f") + "Z",
        "created": found.created_at.strftime("%Y-%m-%dT%H:%M:%S.%f") + "Z",
        "version": 1,
        "etag": found.etag,
        "mode": 0o644,
    }


def test_a_link_is_described_as_what_it_leads_to(kernel):
    kernel.fs.mkdir("/data")
    kernel.fs.symlink("/data", "/to-directory")
    kernel.fs.symlink("/nowhere", "/dangling")

    rows = kernel.value("entries", path="/")["entries"]

    assert [(row["name"], row["entryType"], row.get("symlinkTarget")) for row in rows] == [
        ("dangling", "file", "/nowhere"),
        ("data", "directory", None),
        ("to-directory", "directory", "/data"),
    ]


def test_rules_and_providers_are_marked(kernel):
    kernel.fs.write_file("/fixed", "x")
    kernel.fs.write_file("/log", "x")
    kernel.fs.mount_file("/now", lambda _context: "12:00")
    kernel.fs.set_policy("/fixed", NodePolicy(writable=False))
    kernel.fs.set_policy("/log", NodePolicy(append_only=True))

    rows = kernel.value("entries", path="/")["entries"]

    marks = {"dynamic", "readOnly", "appendOnly"}
    assert [(row["name"], sorted(row.keys() & marks)) for row in rows] == [
        ("fixed", ["readOnly"]),
        ("log", ["appendOnly"]),
        ("now", ["dynamic"]),
    ]


def test_a_listing_comes_in_pages(kernel):
    for number in range(5):
        kernel.fs.write_file(f"/{number}", "")

    page = kernel.value("entries", path="/", offset=3, limit=10)

    assert ([row["name"] for row in page["entries"]], page["total"]) == (["3", "4"], 5)


def test_a_page_of_long_names_ends_before_it_gets_too_large(kernel):
    deep = "/" + "/".join(["d" * 255] * 20)
    for number in range(250):
        kernel.fs.write_file(f"{deep}/{number:03}", "")

    page = kernel.value("entries", path=deep)

    assert 0 < len(page["entries"]) < 250
    assert page["total"] == 250


def test_a_part_of_a_file_is_read(kernel):
    kernel.fs.write_file("/a", b"0123456789")

    reply = kernel.ask("read", path="/a", offset=2, length=3)

    assert (reply.value, bytes(reply.body)) == ({"size": 10, "etag": kernel.fs.stat("/a").etag, "offset": 2}, b"234")


def test_no_reply_carries_more_than_a_chunk(kernel):
    kernel.fs.write_file("/a", bytes(MAX_CHUNK + 1))

    assert len(kernel.ask("read", path="/a", length=MAX_CHUNK * 4).body) == MAX_CHUNK


def test_reading_behind_the_end_gives_nothing(kernel):
    kernel.fs.write_file("/a", b"12")

    assert bytes(kernel.ask("read", path="/a", offset=9).body) == b""


def test_a_file_replaced_between_two_reads_is_noticed(kernel):
    kernel.fs.write_file("/a", b"old")
    etag = kernel.value("read", path="/a")["etag"]
    kernel.fs.write_file("/a", b"new")

    assert kernel.code("read", path="/a", etag=etag) == "precondition_failed"


def test_dynamic_content_that_differs_is_noticed(kernel):
    contents = iter([b"one", b"one", b"two"])
    kernel.fs.mount_file("/now", lambda _context: next(contents))
    etag = kernel.value("read", path="/now")["etag"]

    assert kernel.code("read", path="/now", etag=etag) is None
    assert kernel.code("read", path="/now", etag=etag) == "precondition_failed"


def test_a_write_tells_version_and_etag(kernel):
    kernel.value("write", b"one", path="/a/b")

    answer = kernel.value("write", b"two", path="/a/b", append=True, expected_version=1)

    assert answer == {"path": "/a/b", "bytesWritten": 3, "version": 2, "etag": kernel.fs.stat("/a/b").etag}
    assert kernel.fs.read_bytes("/a/b") == b"onetwo"


def test_a_body_may_be_a_view_of_a_buffer_that_is_used_again(kernel):
    buffer = bytearray(b"abc")
    kernel.dispatcher.handle(Request("write", {"path": "/a"}, memoryview(buffer)))
    buffer[:] = b"xyz"

    assert kernel.fs.read_bytes("/a") == b"abc"


def test_directories_are_made_moved_and_removed(kernel):
    assert kernel.value("mkdir", path="/a/b") == {"path": "/a/b"}
    assert kernel.value("move", from_="/a", to="/c") == {"from": "/a", "to": "/c"}
    assert kernel.code("remove", path="/c") == "not_empty"
    assert kernel.value("remove", path="/c", recursive=True) == {"path": "/c"}
    assert kernel.fs.listdir("/") == []


@pytest.mark.parametrize(
    ("op", "arguments", "text"),
    [
        ("fly", {}, "unknown operation: fly"),
        ("stat", {}, "stat: missing argument: path"),
        ("stat", {"path": "/", "depth": 1}, "stat: unknown argument: depth"),
        ("stat", {"path": 3}, "stat: path is of the wrong type: int"),
        ("stat", {"path": None}, "stat: path is of the wrong type: null"),
        ("read", {"path": "/", "offset": True}, "read: offset is of the wrong type: bool"),
        ("read", {"path": "/", "offset": 1.5}, "read: offset is of the wrong type: float"),
        ("read", {"path": "/", "offset": -1}, "offset is negative: -1"),
        ("entries", {"path": "/", "limit": -1}, "limit is negative: -1"),
        ("move", {"from_": "/a", "to": "/b"}, "move: unknown argument: from_"),
        ("remove", {"path": "/a", "recursive": 1}, "remove: recursive is of the wrong type: int"),
    ],
)
def test_a_bad_request_is_told_what_is_wrong_with_it(kernel, op, arguments, text):
    error = kernel.dispatcher.handle(Request(op, arguments)).error

    assert (type(error), str(error)) == (InvalidRequest, text)


def test_errors_become_replies(kernel):
    assert isinstance(kernel.ask("stat", path="/absent").error, NotFound)
    assert isinstance(kernel.dispatcher.handle(Request("stats", sandbox="other")).error, SandboxNotFound)


def test_what_a_handler_breaks_is_reported_and_hides_its_inside(kernel, caplog):
    def broken(_fs, _body):
        secret = "secret"
        raise RuntimeError(secret)

    kernel.dispatcher.register("broken", broken)
    with caplog.at_level(logging.ERROR):
        error = kernel.ask("broken").error

    assert (type(error), str(error)) == (SandfsError, "broken failed in the kernel: RuntimeError")
    assert [record.levelname for record in caplog.records] == ["ERROR"]


def test_a_registered_operation_gets_its_arguments_and_gives_a_body(kernel):
    def double(fs, body: bytes, times: int = 2, scale: float = 1):
        return {"files": fs.stats().file_count, "scale": scale}, bytes(body) * times

    kernel.dispatcher.register("double", double)
    reply = kernel.ask("double", b"ab", times=3, scale=2)

    assert (reply.value, reply.body) == ({"files": 0, "scale": 2}, b"ababab")
