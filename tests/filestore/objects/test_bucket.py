from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from obstore.exceptions import GenericError
from obstore.store import MemoryStore

from jupyter_sandfs import errors
from jupyter_sandfs.filestore.objects import bucket as module
from jupyter_sandfs.filestore.objects.bucket import Bucket, Overtaken, probe
from jupyter_sandfs.filestore.objects.services import open_bucket


class LaxBucket(Bucket):
    """A service that takes the condition of a write for a remark."""

    def write(self, path, content, *, over):
        self.is_conditional = False
        try:
            return super().write(path, content, over=over)
        finally:
            self.is_conditional = True


def test_the_probe_tells_whether_conditions_are_enforced():
    memory = MemoryStore()

    assert (probe(Bucket(memory), "probe"), probe(LaxBucket(memory), "probe")) == (True, False)
    assert list(Bucket(memory).list("")) == []


def test_a_document_is_replaced_only_in_the_state_that_was_seen():
    bucket = Bucket(MemoryStore())
    first = bucket.write("a", b"1", over=None)
    bucket.write("a", b"2", over=first)

    for over in (None, first):
        with pytest.raises(Overtaken):
            bucket.write("a", b"3", over=over)
    assert bucket.read("a")[0] == b"2"


def test_a_body_that_breaks_off_leaves_no_parts_in_the_service(s3, s3_url):
    def body():
        yield memoryview(bytes(12 << 20))
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        open_bucket(urlsplit(s3_url)).put_chunks("a", body(), {}, most=100 << 20)

    assert "Uploads" not in s3.client.list_multipart_uploads(Bucket="staging")


def test_messages_of_the_service_are_short_and_hold_no_query(monkeypatch):
    def fail(*_):
        raise GenericError("failed: GET https://h/x?sig=secret&a=b\n\nDebug source: secret")

    monkeypatch.setattr(module.obstore, "get", fail)

    with pytest.raises(errors.StoreError, match=r"^the storage service failed: failed: GET https://h/x$"):
        Bucket(MemoryStore()).read("a")
