"""A process that dies at any request of a change: what was acknowledged stays, usage is exact, and nothing is left."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from obstore.store import MemoryStore

from jupyter_sandfs import errors
from jupyter_sandfs.filestore import FileStore, StoreLimits
from jupyter_sandfs.filestore.objects.bucket import Bucket
from jupyter_sandfs.filestore.objects.depot import CLAIM_SECONDS
from jupyter_sandfs.filestore.objects.entries import STALE_SECONDS
from jupyter_sandfs.filestore.objects.store import ObjectFileStore

MIB = 1 << 20
LIMITS = StoreLimits(upload_ttl=60)
LARGE = bytes(9 * MIB)
REQUESTS = ("read", "write", "put", "put_chunks", "copy", "delete", "size", "list", "stream")


class Killed(BaseException):
    """The process is gone: not even its clearing up runs."""


class DyingBucket(Bucket):
    """A bucket whose user dies before request number `left`; with `late`, when it was carried out."""

    def __init__(self, store: MemoryStore, left: int, *, late: bool) -> None:
        super().__init__(store)
        self.left = left
        self.late = late

    def _answer(self, request: Callable, *args, **kwargs):
        self.left -= 1
        if self.left > 0:
            return request(*args, **kwargs)
        if self.left == 0 and self.late:
            request(*args, **kwargs)
        raise Killed


for name in REQUESTS:
    original = getattr(Bucket, name)
    setattr(DyingBucket, name, lambda self, *args, _original=original, **kw: self._answer(_original, self, *args, **kw))


def put_large(store: FileStore) -> None:
    store.put("files/a", iter([LARGE]), if_version=1)


def upload(store: FileStore) -> None:
    upload = store.begin_upload("files/a")
    upload.append(b"new", 0)
    upload.commit()


CHANGES = {
    "create": lambda store: store.put("files/new", b"12"),
    "overwrite": lambda store: store.put("files/a", b"12"),
    "large": put_large,
    "delete": lambda store: store.delete("files/a"),
    "copy": lambda store: store.copy("files/b", "files/a"),
    "upload": upload,
    "restore": lambda store: store.restore("files/a", 1),
}


@pytest.mark.parametrize("late", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("change", CHANGES.values(), ids=list(CHANGES))
def test_a_death_at_any_request_leaves_a_store_that_is_whole(change, late, clock):
    deaths = 0
    for number in range(1, 60):
        memory = MemoryStore()
        store = ObjectFileStore(Bucket(memory), clock=clock)
        store.put("files/a", b"old")
        store.put("files/b", b"other")
        try:
            change(ObjectFileStore(DyingBucket(memory, number, late=late), limits=LIMITS, clock=clock))
        except Killed:
            deaths += 1
            check_whole(memory, clock)
        else:
            break

    assert deaths > 3


def check_whole(memory: MemoryStore, clock) -> None:
    store = ObjectFileStore(Bucket(memory), limits=LIMITS, clock=clock)
    listed = {info.key: store.get(info.key) for info in store.list().items}
    clock.advance(max(CLAIM_SECONDS, STALE_SECONDS) + 1)
    store.cleanup()
    store.recover()
    again = store.recover()
    taken = store.usage()

    assert listed.get("files/a") in {None, b"old", b"12", b"other", b"new", LARGE}
    assert listed["files/b"] == b"other"
    assert {info.key: store.get(info.key) for info in store.list().items} == listed
    assert (taken.total_bytes, taken.file_count, taken.reserved_bytes) == (
        sum(map(len, listed.values())),
        len(listed),
        0,
    )
    assert (again.orphans, again.missing, again.reservations, again.unfinished) == (0, 0, 0, 0)
    older = [info for key in listed for info in store.versions(key)[1:]]
    assert taken.kept_bytes == sum(info.size_bytes for info in older)
    contents = {(key, info.checksum) for key in listed for info in store.versions(key)}
    left = [each.path.split("/")[1] for each in Bucket(memory).list("t-")]
    assert (left.count("bodies"), left.count("parts"), left.count("uploads")) == (len(contents), 0, 0)


def test_a_commit_whose_writer_died_counts_as_soon_as_the_key_is_written_again(clock):
    memory = MemoryStore()
    dying = DyingBucket(memory, 5, late=True)
    with pytest.raises(Killed):
        ObjectFileStore(dying, clock=clock).put("files/a", b"12345")
    store = ObjectFileStore(Bucket(memory), limits=StoreLimits(max_total_bytes=10), clock=clock)
    visible = store.get("files/a")

    store.put("files/a", b"1234567890")

    assert (visible, store.usage().total_bytes, store.usage().reserved_bytes) == (b"12345", 10, 0)
    with pytest.raises(errors.QuotaExceeded):
        store.put("files/b", b"1")


class DeafBucket(Bucket):
    """A bucket whose answer to the write of a file's document is lost, though the service carried it out."""

    def write(self, path, content, *, over):
        stamp = super().write(path, content, over=over)
        if "/names/" in path:
            raise errors.StoreError("the storage service failed")
        return stamp


def test_a_commit_whose_answer_was_lost_stands_and_is_booked_later(clock):
    memory = MemoryStore()
    with pytest.raises(errors.StoreError, match=r"^the storage service failed$"):
        ObjectFileStore(DeafBucket(memory), clock=clock).put("files/a", b"12345")
    store = ObjectFileStore(Bucket(memory), clock=clock)
    visible, reserved = store.get("files/a"), store.usage().reserved_bytes
    clock.advance(CLAIM_SECONDS)

    store.cleanup()

    assert (visible, reserved) == (b"12345", 5)
    assert (store.usage().total_bytes, store.usage().file_count, store.usage().reserved_bytes) == (5, 1, 0)
