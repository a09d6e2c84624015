"""Many files that are stored together."""

from __future__ import annotations

import pytest

from jupyter_sandfs.errors import LimitExceeded, StoreError
from jupyter_sandfs.filestore import LocalFileStore, Upload, consignment
from jupyter_sandfs.filestore.consignment import Consignment, below


@pytest.fixture
def store(tmp_path):
    with LocalFileStore(tmp_path / "store") as opened:
        for name in ("a", "b"):
            opened.put(f"files/set/{name}", b"old")
        yield opened


def contents(store):
    return {info.key.rpartition("/")[2]: store.get(info.key) for info in store.list().items}


def replace(consigned, name):
    upload = consigned.begin(f"files/set/{name}", 3, {})
    upload.append(b"new", 0)
    return upload


def test_what_waits_replaces_nothing_until_the_end(store):
    with Consignment(store, below(store, "files/set/")) as consigned:
        replace(consigned, "a")
        replace(consigned, "b")
        meanwhile = contents(store)
        stored = consigned.finish()

    assert (meanwhile, contents(store)) == ({"a": b"old", "b": b"old"}, {"a": b"new", "b": b"new"})
    assert {key: info.version for key, info in stored.items()} == {"files/set/a": 2, "files/set/b": 2}


def test_what_is_left_early_is_taken_back(store):
    with Consignment(store, below(store, "files/set/")) as consigned:
        replace(consigned, "a")
        consigned.note(store.put("files/set/c", b"new"))

    assert (contents(store), store.usage().reserved_bytes) == ({"a": b"old", "b": b"old"}, 0)


def test_where_the_last_step_breaks_down_older_versions_come_back(store):
    class Broken(Upload):
        def commit(self):
            raise StoreError("the disk is gone")

        def abort(self):
            pass

        append = offset = None

    with (
        pytest.raises(StoreError, match="the disk is gone"),
        Consignment(store, below(store, "files/set/")) as consigned,
    ):
        consigned._waiting.append(Broken())
        replace(consigned, "a")
        consigned.finish()

    assert (contents(store), store.head("files/set/a").version) == ({"a": b"old", "b": b"old"}, 3)


def test_what_somebody_else_wrote_since_stays(store):
    with Consignment(store, below(store, "files/set/")) as consigned:
        consigned.note(store.put("files/set/c", b"new"))
        store.put("files/set/c", b"theirs")

    assert contents(store) == {"a": b"old", "b": b"old", "c": b"theirs"}


def test_prefixes_with_too_many_files_are_not_listed_to_the_end(store, monkeypatch):
    monkeypatch.setattr(consignment, "MOST_FILES", 1)
    monkeypatch.setattr(consignment, "_PAGE", 1)

    with pytest.raises(LimitExceeded, match="more than 1 files begin with 'files/set/'"):
        list(below(store, "files/set/"))
