from __future__ import annotations

import gc
import threading
import time
import weakref

import pytest

from jupyter_sandfs.rpc import feeds
from jupyter_sandfs.rpc.feeds import IDLE_SECONDS, Feeds
from jupyter_sandfs.vfs.filesystem import VirtualFileSystem

PATIENCE = 60.0


@pytest.fixture
def changes(kernel):
    """Read on behind a place, once at least so many changes were noted."""

    def changes(count: int = 0, after: str | None = None, path: str = "/"):
        until = time.monotonic() + PATIENCE
        while True:
            for watch in kernel.fs._watches:
                watch.flush()
            found = kernel.value("changes", path=path, **({"after": after} if after else {}))
            if len(found["changes"]) >= count or time.monotonic() > until:  # a timer may hold some in its hands
                assert len(found["changes"]) == count
                return found

    return changes


def test_changes_are_told_from_the_first_question_on(kernel, changes):
    kernel.fs.write_file("/before", "x")
    start = changes(0)
    kernel.fs.write_file("/d/a", "x")

    found = changes(2, start["at"])

    assert [{name: each[name] for name in each if name != "id"} for each in found["changes"]] == [
        {"kind": "added", "path": "/d", "entryType": "directory"},
        {"kind": "added", "path": "/d/a", "entryType": "file"},
    ]
    assert (found["lost"], found["at"]) == (False, found["changes"][-1]["id"])


def test_who_was_away_goes_on_where_it_was(kernel, changes):
    start = changes(0)
    kernel.fs.write_file("/a", "x")
    first = changes(1, start["at"])["changes"][0]
    kernel.fs.write_file("/b", "x")

    found = changes(1, first["id"])

    assert [each["path"] for each in found["changes"]] == ["/b"]
    assert changes(0, found["at"])["lost"] is False


def test_only_what_concerns_a_path_is_told(kernel, changes):
    kernel.fs.write_file("/d/a", "x")
    start = changes(0)
    kernel.fs.write_file("/other", "x")
    kernel.fs.write_file("/d/a", "y")
    kernel.fs.remove("/d", recursive=True)

    found = changes(2, start["at"], "/d/a")

    assert [each["path"] for each in found["changes"]] == ["/d/a", "/d"]


@pytest.mark.parametrize(
    "after", ["", "x-1", "nonsense", "-", "{feed}-99", "{feed}-x", "{feed}--1", "{feed}-" + "9" * 30]
)
def test_a_place_that_is_none_is_told_as_lost(kernel, changes, after):
    feed = changes(0)["at"].partition("-")[0]

    found = kernel.value("changes", after=after.format(feed=feed))

    assert (found["lost"], found["changes"]) == (True, [])


def test_what_is_too_long_ago_is_told_as_lost(kernel, changes, monkeypatch):
    monkeypatch.setattr(feeds, "KEPT", 3)
    start = changes(0)
    for number in range(4):
        at = changes(0)["at"]
        kernel.fs.write_file(f"/{number}", "x")
        changes(1, at)

    assert (changes(0, start["at"])["lost"], changes(0)["lost"]) == (True, False)


@pytest.mark.parametrize(("bound", "least"), [("MOST_AT_ONCE", 2), ("_AT_ONCE", 5)])
def test_an_answer_is_bounded_and_the_next_goes_on(kernel, changes, monkeypatch, bound, least):
    monkeypatch.setattr(feeds, bound, least)
    start = changes(0)
    for number in range(3):
        kernel.fs.write_file(f"/{number}", "x")

    first = changes(2, start["at"])
    rest = changes(1, first["at"])

    assert [each["path"] for each in (*first["changes"], *rest["changes"])] == ["/0", "/1", "/2"]


def test_a_feed_that_nobody_reads_ends():
    fs, other = VirtualFileSystem(), VirtualFileSystem()
    now = [0.0]
    all_feeds = Feeds(lambda: now[0])
    first = all_feeds.of(fs)
    now[0] = IDLE_SECONDS + 1

    all_feeds.of(other)

    assert fs._watches == ()
    assert all_feeds.of(fs) is not first


def test_a_feed_does_not_keep_its_file_system():
    fs = VirtualFileSystem()
    all_feeds = Feeds(lambda: 0.0)
    all_feeds.of(fs)
    gone = weakref.ref(fs)

    del fs
    gc.collect()

    assert gone() is None


def test_readers_at_once_share_one_feed(kernel):
    places = []
    threads = [threading.Thread(target=lambda: places.append(kernel.value("changes")["at"])) for _ in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(PATIENCE)

    assert len(places) == 8
    assert len(set(places)) == 1
