"""What a meta says of a body, and how a small one is read."""

from __future__ import annotations

import hashlib
from base64 import b64encode

import pytest

from jupyter_sandfs.filestore.nats.chunks import Hints, copied


def hinted(body: bytes) -> Hints:
    return Hints(copy=b64encode(body).decode())


@pytest.mark.parametrize(
    ("hints", "body"),
    [(hinted(b"small"), b"small"), (hinted(b"other"), None), (Hints(), None), (Hints(copy="not base 64!"), None)],
)
def test_a_copy_is_believed_when_it_is_what_was_stored(hints, body):
    assert copied(hints, hashlib.sha256(b"small").hexdigest()) == body


@pytest.mark.parametrize(
    ("sizes", "requests"), [((1024,), 1), ((1, 1023), 1), ((1025,), 2), ((1024, 1), 2), ((1024, 1024), 2), ((), 1)]
)
def test_a_small_file_comes_with_its_meta(open_nats, monkeypatch, sizes, requests):
    store = open_nats()
    parts = [bytes([number]) * size for number, size in enumerate(sizes)]
    store.put("files/a", iter(parts))
    wire, asked = store._desk.wire, []
    last = wire.last

    async def counted(subject):
        asked.append(subject)
        return await last(subject)

    monkeypatch.setattr(wire, "last", counted)

    assert (store.get("files/a"), len(asked)) == (b"".join(parts), requests)


def test_a_small_file_that_arrived_as_an_upload_is_read_from_its_chunks(open_nats):
    store = open_nats()
    upload = store.begin_upload("files/a")
    upload.append(b"small", 0)
    upload.commit()

    assert store.get("files/a") == b"small"
