"""An object store as a storage: one change, one record; and what is done about old ones."""

from __future__ import annotations

import asyncio
import functools

import obstore
import pytest
from obstore.store import LocalStore, MemoryStore

from jupyter_sandfs.errors import StorageError, StorageLocked
from jupyter_sandfs.storage import FileEntry, StorageBridge, objects, packs
from jupyter_sandfs.storage.objects import ObjectFileStorage


@pytest.fixture(params=["memory", "directory"])
def bucket(request, tmp_path):
    return MemoryStore() if request.param == "memory" else LocalStore(prefix=tmp_path)


@pytest.fixture
def open_bucket(bucket):
    """Opens a storage over the bucket, as another kernel would."""
    opened = []

    def make():
        opened.append(StorageBridge(ObjectFileStorage(bucket)))
        return opened[-1]

    yield make
    for each in opened:
        each.close()


def names(bucket, folder):
    return sorted(each["path"] for each in obstore.list(bucket, folder).collect())


def contents(storage):
    return {each.path: each.content for each in storage.items()}


def entry(path, content=b"", **facts):
    return FileEntry(path=path, content=content, **facts)


def test_a_change_is_one_pack_and_one_record(bucket, open_bucket):
    open_bucket().apply([entry("/a", b"1"), entry("/b", b"2"), entry("/d", is_directory=True)], ["/c"])

    assert (len(names(bucket, "data")), names(bucket, "log")) == (1, ["log/0000000000000001"])
    assert contents(open_bucket()) == {"/a": b"1", "/b": b"2", "/d": b""}


def test_whoever_writes_second_is_refused(open_bucket):
    first, second = open_bucket(), open_bucket()
    second.count()
    first.set(entry("/a", b"first"))

    for _ in range(2):
        with pytest.raises(StorageLocked, match="another kernel has changed the storage since it was opened here"):
            second.set(entry("/a", b"second"))
    first.set(entry("/b", b"goes on"))
    assert contents(open_bucket()) == {"/a": b"first", "/b": b"goes on"}


def test_a_change_whose_answer_was_lost_can_be_repeated(bucket, open_bucket, monkeypatch):
    storage = open_bucket()
    storage.set(entry("/log", b"one"))

    async def lost(store, path, *args, **options):
        answer = await original(store, path, *args, **options)
        if path.startswith("log"):
            raise OSError("connection reset")
        return answer

    original = obstore.put_async
    with monkeypatch.context() as patch:
        patch.setattr(obstore, "put_async", lost)
        with pytest.raises(StorageError, match="the object store: connection reset"):
            storage.apply([entry("/log", b"two", start=3)], ())
    storage.apply([entry("/log", b"two", start=3), entry("/more", b"x")], ())

    assert contents(storage) == contents(open_bucket()) == {"/log": b"onetwo", "/more": b"x"}
    assert len(names(bucket, "log")) == 3


def test_a_change_that_stopped_before_its_record_has_not_happened(bucket, open_bucket, monkeypatch):
    storage = open_bucket()
    storage.set(entry("/a", b"one"))

    async def fail(store, path, *args, **options):
        if path.startswith("log"):
            raise OSError("no more")
        return await original(store, path, *args, **options)

    original = obstore.put_async
    with monkeypatch.context() as patch:
        patch.setattr(obstore, "put_async", fail)
        with pytest.raises(StorageError):
            storage.apply([entry("/b", b"x")], ["/a"])

    assert contents(open_bucket()) == {"/a": b"one"}
    assert len(names(bucket, "data")) == 2


# ---------------------------------------------------------------- the log starts again


@pytest.fixture
def eager(monkeypatch):
    """The log starts again after a few changes."""
    monkeypatch.setattr(objects, "_MAX_RECORDS", 4)


def test_the_log_starts_again_with_the_whole_state(bucket, open_bucket, eager):
    storage = open_bucket()
    for number in range(23):
        storage.apply([entry(f"/{number % 7}", b"%d" % number)], [f"/{number % 5}"] if number % 2 else [])
        assert len(names(bucket, "log")) <= 5

    assert contents(open_bucket()) == contents(storage)
    again = open_bucket()
    assert again.count() == storage.count()
    for each in (storage._storage, again._storage):
        assert each._live == sum(len(content) for content in contents(storage).values())
    assert storage._storage._packed == sum(each["size"] for each in obstore.list(bucket, "data").collect())
    open_bucket().set(entry("/more"))


def test_a_log_that_grew_larger_than_the_state_starts_again(bucket, open_bucket, monkeypatch):
    monkeypatch.setattr(objects, "_MIN_LOG_BYTES", 1000)
    storage = open_bucket()
    for number in range(50):
        storage.set(entry("/a", b"%d" % number))

    assert len(names(bucket, "log")) < 12
    assert contents(open_bucket()) == {"/a": b"49"}


def test_packs_that_nobody_needs_go_and_those_of_other_changes_stay(bucket, open_bucket, eager, monkeypatch):
    storage = open_bucket()
    storage.set(entry("/stays", b"x" * 100))
    other = f"data/{10**15:016d}-{'0' * 16}-0"  # of a kernel that is just about to write
    obstore.put(bucket, other, b"theirs")
    for number in range(20):
        storage.set(entry("/a", b"%d" % number))

    assert other in names(bucket, "data")
    assert len(names(bucket, "data")) < 9
    assert contents(open_bucket()) == {"/stays": b"x" * 100, "/a": b"19"}


def test_what_is_left_in_a_pack_of_waste_moves_out(bucket, open_bucket, monkeypatch):
    monkeypatch.setattr(objects, "_MIN_WASTE", 5000)
    storage = open_bucket()
    storage.apply([entry("/small", b"small"), entry("/large", b"x" * 10_000)], ())
    (first,) = names(bucket, "data")
    storage.delete("/large")
    storage.set(entry("/b", b"b"))

    assert first not in names(bucket, "data")
    assert sum(each["size"] for each in obstore.list(bucket, "data").collect()) < 100
    assert contents(open_bucket()) == {"/small": b"small", "/b": b"b"}


def test_a_content_in_crumbs_is_put_together(bucket, open_bucket, monkeypatch):
    monkeypatch.setattr(objects, "_MAX_RECORDS", 100)
    storage = open_bucket()
    for number in range(120):
        storage.apply([entry("/log", b"%03d\n" % number, start=number * 4)], ())

    assert storage._storage._index["/log"].size == 480
    assert len(storage._storage._index["/log"].pieces) < 30
    assert contents(open_bucket()) == {"/log": b"".join(b"%03d\n" % number for number in range(120))}


@pytest.mark.parametrize("left", [[], [0], [1, 2], [3]])
def test_old_records_that_are_left_over_do_no_harm(bucket, open_bucket, eager, left):
    """A kernel may be killed while it deletes them, in any order."""
    storage, kept = open_bucket(), {}
    for number in range(4):
        storage.set(entry(f"/{number}", b"x"))
        kept = {name: bytes(obstore.get(bucket, name).bytes()) for name in names(bucket, "log")}
    storage.set(entry("/4"))
    storage.delete("/0")
    for at in left:
        name = sorted(kept)[at]
        obstore.put(bucket, name, kept[name])

    assert sorted(contents(open_bucket())) == ["/1", "/2", "/3", "/4"]


def test_a_log_that_starts_again_under_a_reader_is_given_up(bucket, open_bucket, monkeypatch):
    open_bucket().set(entry("/a"))

    async def gone(store, path, *args, **options):
        raise FileNotFoundError(path)

    monkeypatch.setattr(obstore, "get_async", gone)
    with pytest.raises(StorageLocked, match="another kernel is changing the storage"):
        open_bucket().count()


# ---------------------------------------------------------------- damage


def _put(name, data, bucket):
    obstore.put(bucket, name, data)


def _cut(name, bucket):
    obstore.put(bucket, name, bytes(obstore.get(bucket, name).bytes())[:-1])


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda bucket: _cut("log/0000000000000002", bucket), "damaged: its sum"),
        (lambda bucket: obstore.delete(bucket, "log/0000000000000002"), "there is no record 2"),
        (lambda bucket: obstore.delete(bucket, names(bucket, "data")[0]), "damaged, something is missing"),
        (lambda bucket: _cut(names(bucket, "data")[0], bucket), "is shorter than it was"),
        (functools.partial(_put, "log/readme.txt", b"x"), "holds something that is no storage: 'log/readme.txt'"),
        (functools.partial(_put, "log/0000000000000004", b"x"), "these bytes are no record"),
    ],
)
def test_what_somebody_damaged_is_refused(bucket, open_bucket, damage, message):
    storage = open_bucket()
    for number in range(3):
        storage.set(entry(f"/{number}", b"content"))
    damage(bucket)

    with pytest.raises(StorageError, match=message):
        contents(open_bucket())


def test_a_record_under_the_number_of_another_is_refused(bucket, open_bucket):
    open_bucket().set(entry("/a"))
    obstore.copy(bucket, "log/0000000000000001", "log/0000000000000002")

    with pytest.raises(StorageError, match="record 2 is another one"):
        open_bucket().count()


def line(pack="data/0000000000000001-0123456789abcdef-0", offset=0, length=1):
    return f'[{{"path":"/a"}},[["{pack}",{offset},{length}]]]'


@pytest.mark.parametrize(
    "text",
    [
        line(pack="../secret"), line(pack="log/0000000000000001"), line(offset=-1), line(length=0), line(length="true"),
        line(offset="1.5"), "{}", "[1]", "3", "null", "[", '[{"path":"/a"},[[1,2]]]', '[{"path":"/a"},7]', "[7,[]]",
        '[{"path":"relative"},[]]',
    ],
)  # fmt: skip
def test_a_record_that_is_not_as_we_write_it_is_refused(text):
    notes = {"sequence": 1, "writer": "x", "whole": False}
    data = packs.sealed(packs._FORM, packs._NUMBER, [text], **notes)

    with pytest.raises(StorageError, match="the storage is damaged"):
        packs.Record.decode(data, 1)


def test_what_a_store_says_is_told_without_signatures():
    error = OSError("Error performing GET https://host/place/x?sv=1&sig=secret in 3 ms - 403\n\nDebug source: secret")

    with pytest.raises(StorageError) as caught, objects._translated():
        raise error
    assert str(caught.value) == "the object store: Error performing GET https://host/place/x?… in 3 ms - 403"


def test_a_store_that_fails_is_told_in_one_line(tmp_path):
    async def main():
        (tmp_path / "log").write_text("a file where a directory should be")
        await ObjectFileStorage(LocalStore(prefix=tmp_path)).set(entry("/a"))

    with pytest.raises(StorageError) as caught:
        asyncio.run(main())
    assert "\n" not in str(caught.value)
