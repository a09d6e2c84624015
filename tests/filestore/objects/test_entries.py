from __future__ import annotations

import pytest

from jupyter_sandfs.errors import StoreError
from jupyter_sandfs.filestore.objects import entries
from jupyter_sandfs.filestore.objects.entries import STALE_SECONDS, TOMBSTONE_BYTES, Content, Entry, Past
from jupyter_sandfs.filestore.objects.layout import new_name

NOW = 1_800_000_000.0
CONTENT = Content(size=3, sha256="0" * 64, content_type="a/b", metadata={"ü": "x"})

PAST = Past(version=4, body="older", content=CONTENT, created=NOW - 9, expires=NOW + 9)


def entry(**changes) -> Entry:
    commit = changes.pop("commit", new_name())
    body = commit if changes.get("content", CONTENT) else ""
    return Entry(**{"key": "files/a", "version": 1, "commit": commit, "body": body, "content": CONTENT} | changes)


@pytest.mark.parametrize(
    "written",
    [
        entry(created=NOW, expires=NOW + 1),
        entry(created=NOW, stale=(("b", NOW), ("c", NOW + 1))),
        entry(content=None, version=9),
        entry(body="other"),
        entry(past=(PAST, PAST)),
    ],
)
def test_an_entry_is_read_as_it_was_written(written):
    assert entries.load("files/a", entries.dump(written)) == written


@pytest.mark.parametrize(
    "data", [b"", b"[]", b"{}", b"\xff", b'{"version":1}', b'{"version":1,"commit":"x","sha256":1}']
)
def test_what_is_no_entry_is_said_to_be_damaged(data):
    with pytest.raises(StoreError, match=r"^files/a: its document in the store is damaged$"):
        entries.load("files/a", data)


def test_the_size_of_a_document_tells_a_deleted_key_from_a_file():
    smallest = entry(content=Content(size=0, sha256="0" * 64, content_type="a/b"))

    assert len(entries.dump(entry(content=None, version=1 << 62))) <= TOMBSTONE_BYTES < len(entries.dump(smallest))


def test_replaced_bodies_are_known_for_an_hour():
    old = entry(commit="first")
    new = entries.filled("files/a", old, "second", CONTENT, ttl=0, now=NOW, keep=0)
    last = entries.filled("files/a", new, "third", CONTENT, ttl=0, now=NOW + STALE_SECONDS, keep=0)

    assert (new.stale, new.version, entries.dropped(old, new)) == ((("first", NOW),), 2, [])
    assert (last.stale, entries.dropped(new, last)) == ((("second", NOW + STALE_SECONDS),), ["first"])


def test_so_many_replaced_bodies_are_known_and_no_more():
    current = entry()
    gone = []
    for _ in range(40):
        new = entries.filled("files/a", current, new_name(), CONTENT, ttl=0, now=NOW, keep=0)
        gone += entries.dropped(current, new)
        current = new

    assert (len(current.stale), len(gone)) == (32, 8)


def test_what_is_overwritten_becomes_the_newest_older_version():
    old = entry(commit="new", version=5, created=NOW - 1, past=(PAST,))

    both = entries.filled("files/a", old, "last", CONTENT, ttl=0, now=NOW, keep=2)
    one = entries.filled("files/a", old, "last", CONTENT, ttl=0, now=NOW, keep=1)

    last = Past(version=5, body="new", content=CONTENT, created=NOW - 1)
    assert (both.past, both.stale, both.kept) == ((last, PAST), (), 6)
    assert (one.past, one.stale, one.kept) == ((last,), (("older", NOW),), 3)


def test_a_body_that_two_versions_share_goes_with_the_last_of_them():
    old = entry(commit="new", version=5, past=(PAST,))
    shared = entries.filled("files/a", old, "last", CONTENT, ttl=0, now=NOW, keep=2, body="older")

    thinned = entries.thinned(shared, "again", now=NOW)

    assert (thinned.body, thinned.past, thinned.stale) == ("older", (), (("new", NOW),))
    assert entries.dropped(shared, thinned) == []


def test_a_file_that_has_expired_leaves_no_older_versions():
    old = entry(commit="new", version=5, expires=NOW, past=(PAST,))

    new = entries.filled("files/a", old, "last", CONTENT, ttl=0, now=NOW, keep=2)

    assert (new.past, new.stale) == ((), (("new", NOW), ("older", NOW)))
