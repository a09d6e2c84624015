from __future__ import annotations

import pytest
from obstore.store import MemoryStore

from jupyter_sandfs import errors
from jupyter_sandfs.filestore import Recovery, StoreLimits
from jupyter_sandfs.filestore.objects.bucket import Bucket
from jupyter_sandfs.filestore.objects.entries import STALE_SECONDS
from jupyter_sandfs.filestore.objects.store import ObjectFileStore

BODIES = "t-/bodies"


@pytest.fixture
def memory() -> MemoryStore:
    return MemoryStore()


@pytest.fixture
def bucket(memory) -> Bucket:
    return Bucket(memory)


@pytest.fixture
def store(bucket, clock) -> ObjectFileStore:
    return ObjectFileStore(bucket, clock=clock)


def bodies(bucket: Bucket) -> int:
    return len(list(bucket.list(BODIES)))


def test_replaced_and_deleted_bodies_go_after_an_hour(bucket, clock):
    store = ObjectFileStore(bucket, limits=StoreLimits(keep_versions=0), clock=clock)
    store.put("files/a", b"1")
    store.put("files/a", b"2")
    store.put("files/b", b"3")
    store.delete("files/b")
    store.cleanup()
    before = bodies(bucket)
    clock.advance(STALE_SECONDS + 1)

    store.cleanup()

    assert (before, bodies(bucket)) == (3, 1)


def test_recover_removes_bodies_that_nothing_refers_to(store, bucket):
    store.put("files/a", b"1")
    bucket.put(f"{BODIES}/{'f' * 32}", b"forgotten")

    assert (store.recover(), store.recover()) == (Recovery(orphans=1), Recovery())
    assert store.get("files/a") == b"1"


def test_recover_leaves_alone_what_is_under_way(store, bucket):
    def body():
        yield bytes(9 << 20)
        store.recover()
        yield b"end"

    upload = store.begin_upload("files/u")
    upload.append(b"start", 0)
    info = store.put("files/a", body())
    store.recover()

    assert (info.size_bytes, store.get("files/a", start=9 << 20)) == ((9 << 20) + 3, b"end")
    assert (upload.offset, upload.commit().size_bytes) == (5, 5)


def test_recover_tells_of_contents_that_somebody_else_deleted(store, bucket):
    store.put("files/a", b"1")
    bucket.delete([each.path for each in bucket.list(BODIES)])

    assert store.recover() == Recovery(missing=1)
    with pytest.raises(errors.StoreError):
        store.get("files/a")


def test_recover_counts_anew_when_the_ledger_was_lost(store, bucket, memory, clock):
    store.put("files/a", b"12345")
    bucket.delete(["t-/ledger"])
    again = ObjectFileStore(Bucket(memory), clock=clock)

    again.recover()

    assert (again.usage().total_bytes, again.usage().file_count) == (5, 1)


def test_a_damaged_ledger_is_said_to_be_damaged(bucket, clock):
    bucket.put("t-/ledger", b"no ledger")

    with pytest.raises(errors.StoreError, match=r"^the ledger of the store is damaged"):
        ObjectFileStore(bucket, clock=clock).put("files/a", b"1")


# ---------------------------------------------------------------- arrivals


def test_what_others_put_is_taken_over_when_it_is_asked_for(store, bucket):
    bucket.put("t-/incoming/files/a.csv", b"a,b\n")

    info = store.head("files/a.csv")

    assert (info.size_bytes, info.content_type, info.version) == (4, "text/csv", 1)
    assert (store.get("files/a.csv"), store.usage().total_bytes) == (b"a,b\n", 4)
    assert list(bucket.list("t-/incoming")) == []


def test_cleanup_takes_over_what_has_arrived_and_removes_what_comes_too_late(store, bucket):
    store.put("files/a", b"first")
    bucket.put("t-/incoming/files/a", b"late")
    bucket.put("t-/incoming/files/b", b"new")
    bucket.put("t-/incoming/no/key", b"?")

    store.cleanup()

    assert {info.key: store.get(info.key) for info in store.list().items} == {"files/a": b"first", "files/b": b"new"}
    assert [each.path for each in bucket.list("t-/incoming")] == ["t-/incoming/no/key"]


@pytest.mark.parametrize("limits", [{"max_file_size": 3}, {"max_total_bytes": 3}, {"max_files": 0}])
def test_what_is_over_the_limits_is_not_taken_over(bucket, clock, limits):
    store = ObjectFileStore(bucket, limits=StoreLimits(**limits), clock=clock)
    bucket.put("t-/incoming/files/a", b"1234")

    assert (store.exists("files/a"), store.usage().total_bytes, store.usage().reserved_bytes) == (False, 0, 0)


# ---------------------------------------------------------------- services without conditions


@pytest.fixture
def lax(memory, clock) -> ObjectFileStore:
    with pytest.warns(RuntimeWarning, match="ignores the conditions of writes"):
        return ObjectFileStore(Bucket(memory, is_conditional=False), clock=clock)


def test_a_service_without_conditions_still_keeps_files(lax):
    lax.put("files/a", b"1")
    lax.put("files/a", b"22")
    lax.delete("files/a")
    lax.put("files/b", b"333")

    assert ([each.key for each in lax.list().items], lax.usage().total_bytes) == (["files/b"], 3)


def test_a_service_without_conditions_refuses_conditional_writes(lax):
    for options in ({"if_version": 1}, {"if_none_match": True}):
        with pytest.raises(errors.Unsupported):
            lax.put("files/a", b"1", **options)
    assert lax.exists("files/a") is False
