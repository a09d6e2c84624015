"""What operations cost in requests, as docs/object-stores.md says."""

from __future__ import annotations

from collections import Counter

import pytest
from obstore.store import MemoryStore

from jupyter_sandfs.filestore.objects.bucket import Bucket
from jupyter_sandfs.filestore.objects.store import ObjectFileStore

REQUESTS = ("read", "write", "put", "put_chunks", "copy", "size", "delete", "list", "stream")


@pytest.fixture
def asked(monkeypatch) -> Counter[str]:
    """The requests since the last look."""
    counter: Counter[str] = Counter()

    def counted(name: str):
        original = getattr(Bucket, name)

        def request(self, *args, **kwargs):
            counter[name] += args != ([],)  # to delete nothing asks for nothing
            return original(self, *args, **kwargs)

        return request

    for name in REQUESTS:
        monkeypatch.setattr(Bucket, name, counted(name))
    return counter


@pytest.fixture
def store(clock) -> ObjectFileStore:
    return ObjectFileStore(Bucket(MemoryStore()), clock=clock)


def test_a_small_put_costs_five_requests_and_a_head_one(store, asked):
    store.put("files/warm", b"1")
    asked.clear()

    store.put("files/a", b"1")
    put = Counter(asked)
    asked.clear()
    store.head("files/a")

    assert (+put, +asked) == ({"read": 1, "write": 3, "put": 1}, {"read": 1})


def test_a_listing_costs_one_request_and_one_for_each_file_that_is_news(store, asked, clock):
    other = ObjectFileStore(store._depot.bucket, clock=clock)
    for number in range(20):
        store.put(f"files/{number:02}", b"1")
    other.list()
    store.put("files/03", b"2")
    store.delete("files/04")
    asked.clear()

    page = other.list()

    assert (len(page.items), +asked) == (19, {"list": 1, "read": 2})
