"""What we write stock nats-py reads, and the reverse, down to the messages."""

from __future__ import annotations

import hashlib
import json
import random
from base64 import urlsafe_b64encode

import pytest
from nats.js import api
from nats.js.errors import ObjectNotFoundError

from jupyter_sandfs import errors
from jupyter_sandfs.filestore import Recovery
from jupyter_sandfs.filestore.nats.store import NatsFileStore

MIB = 1 << 20


def body_of(size: int) -> bytes:
    return random.Random(size).randbytes(size)


def keys_of(store: NatsFileStore) -> list[str]:
    return [item.key for item in store.list().items]


@pytest.mark.parametrize("size", [0, 1, MIB, 3 * MIB + 7, 9 * MIB])
def test_stock_reads_what_we_put(store, stock, size):
    body = body_of(size)

    store.put("files/ä.csv", iter([body[:1000], body[1000:]]), metadata={"a": "ö"})
    result = stock.get("files/ä.csv")

    digest = urlsafe_b64encode(hashlib.sha256(body).digest()).decode()
    assert bytes(result.data) == body
    assert (result.info.name, result.info.size, result.info.digest) == ("files/ä.csv", size, f"SHA-256={digest}")
    assert (result.info.headers, result.info.bucket) == ({"Content-Type": ["text/csv"]}, stock.bucket)
    assert stock.counts("C").get(f"$O.{stock.bucket}.C.{result.info.nuid}", 0) == result.info.chunks


@pytest.mark.parametrize("size", [0, 1, MIB, 9 * MIB])
def test_we_read_what_stock_puts(store, stock, size):
    body = body_of(size)

    stock.put("files/a.bin", body, api.ObjectMeta(headers={"content-type": ["text/x-special"]}))
    info = store.head("files/a.bin")

    assert (info.key, info.size_bytes, info.content_type) == ("files/a.bin", size, "text/x-special")
    assert (info.checksum, info.version, info.metadata) == (f"sha256:{hashlib.sha256(body).hexdigest()}", 1, {})
    assert store.get("files/a.bin") == body
    assert store.get("files/a.bin", start=size // 2, end=size // 2 + 9) == body[size // 2 : size // 2 + 9]
    assert (keys_of(store), store.usage().total_bytes, store.usage().file_count) == (["files/a.bin"], size, 1)


def test_a_bucket_that_stock_made_is_taken_over_with_all_that_is_in_it(stock, open_nats):
    stock.run(stock.js.create_object_store(stock.bucket))
    stock.put("files/old", b"1")
    store = open_nats()

    store.put("files/new", b"2", ttl=60)

    assert keys_of(store) == ["files/new", "files/old"]
    assert sorted(each.name for each in stock.list()) == ["files/new", "files/old"]


def test_each_side_overwrites_the_other(store, stock):
    store.put("files/a", b"1")
    stock.put("files/a", b"22")
    theirs = store.head("files/a")
    ours = store.put("files/a", b"333", if_version=theirs.version)

    assert (theirs.version, theirs.size_bytes, ours.version) == (2, 2, 3)
    assert bytes(stock.get("files/a").data) == b"333"
    assert store.usage().total_bytes == 3


def test_a_write_of_stock_is_a_version_of_its_own(store, stock):
    first = store.put("files/a", b"1")
    stock.put("files/a", b"2")

    with pytest.raises(errors.VersionConflict) as caught:
        store.put("files/a", b"3", if_version=first.version)
    with pytest.raises(errors.VersionConflict):
        store.delete("files/a", if_version=first.version)

    assert caught.value.current == store.head("files/a").version > first.version
    assert bytes(stock.get("files/a").data) == b"2"


def test_what_stock_deletes_is_gone_for_us(store, stock):
    store.put("files/a", b"1")
    stock.delete("files/a")

    assert (store.exists("files/a"), keys_of(store), store.usage().total_bytes) == (False, [], 0)
    assert store.put("files/a", b"2", if_none_match=True).version == 2


def test_what_we_delete_is_gone_for_stock(store, stock):
    stock.put("files/a", b"1")
    store.put("files/b", b"2")

    assert [store.delete(key) for key in ("files/a", "files/b", "files/a")] == [True, True, False]

    for key in ("files/a", "files/b"):
        with pytest.raises(ObjectNotFoundError):
            stock.get(key)
    store.cleanup()
    assert stock.counts("C") == {}


def test_names_that_are_no_keys_are_left_to_stock(store, stock):
    for name in ("report.pdf", "../x", "files//x", "etc/passwd"):
        stock.put(name, b"1")

    assert (keys_of(store), store.usage().file_count) == ([], 0)
    assert store.recover() == Recovery()
    assert bytes(stock.get("report.pdf").data) == b"1"


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"[]",
        b"\xff",
        b"{}",
        json.dumps({"name": "files/a", "bucket": "BUCKET", "nuid": ">", "digest": "SHA-256=AAAA"}).encode(),
        json.dumps({"name": "files/a", "bucket": "BUCKET", "nuid": "*.x", "digest": "SHA-256=AAAA"}).encode(),
        json.dumps({"name": "files/a", "bucket": "BUCKET", "nuid": "n", "size": "x"}).encode(),
        json.dumps({"name": "files/a", "bucket": "BUCKET", "nuid": "n", "size": -5, "digest": "MD5=x"}).encode(),
        json.dumps({"name": "files/a", "bucket": "BUCKET", "nuid": "n", "headers": 5, "options": []}).encode(),
        json.dumps({"name": "files/a", "bucket": "other", "nuid": "n", "options": {"link": {"bucket": "o"}}}).encode(),
    ],
)
def test_a_meta_that_is_nonsense_hides_its_key_and_nothing_else(store, stock, said):
    store.put("files/b", b"1")
    name = urlsafe_b64encode(b"files/a").decode()
    stock.publish(f"M.{name}", said.replace(b"BUCKET", stock.bucket.encode()))
    stock.publish("M.not-base64!", b"{}")

    assert (store.exists("files/a"), keys_of(store)) == (False, ["files/b"])
    assert store.put("files/a", b"2").size_bytes == 1
    assert store.get("files/b") == b"1"


def test_a_file_that_stock_describes_anew_keeps_its_body(store, stock):
    first = store.put("files/a", b"1", content_type="text/plain")
    stock.update_meta("files/a", api.ObjectMeta(name="files/a", headers={"Content-Type": ["text/csv"]}))

    info = store.head("files/a")
    store.cleanup()

    assert (info.content_type, info.version > first.version) == ("text/csv", True)
    assert (store.get("files/a"), bytes(stock.get("files/a").data)) == (b"1", b"1")
    assert (store.usage().file_count, store.recover()) == (1, Recovery())


def test_a_file_that_another_client_renames_keeps_its_body(store, stock):
    """As the Go client does it: a meta under the new name, and the old one is dropped without a tombstone."""
    store.put("files/old", b"1")
    said = json.loads(stock.run(stock.js.get_last_msg(f"OBJ_{stock.bucket}", stock.meta("files/old"))).data)
    stock.run(stock.js.publish(stock.meta("files/new"), json.dumps(said | {"name": "files/new"}).encode()))
    stock.run(stock.js.purge_stream(f"OBJ_{stock.bucket}", subject=stock.meta("files/old")))

    assert store.delete("files/old") is False
    store.cleanup()

    assert keys_of(store) == ["files/new"]
    assert (store.get("files/new"), store.usage().total_bytes, store.recover()) == (b"1", 1, Recovery())


def test_a_body_that_stock_cut_short_is_an_error_not_a_short_read(store, stock):
    info = stock.put("files/a", body_of(MIB))
    stock.run(stock.js.purge_stream(f"OBJ_{stock.bucket}", subject=f"$O.{stock.bucket}.C.{info.nuid}", keep=3))

    with pytest.raises(errors.StoreError, match=r"^files/a: its content is missing from the store$"):
        store.get("files/a")
    assert store.recover().missing == 1


def test_a_body_that_stock_spoiled_is_an_error(store, stock):
    nuid = stock.put("files/a", b"right").nuid
    stock.run(stock.js.purge_stream(f"OBJ_{stock.bucket}", subject=f"$O.{stock.bucket}.C.{nuid}"))
    stock.publish(f"C.{nuid}", b"wrong")

    with pytest.raises(errors.StoreError, match=r"^files/a: its content does not match its checksum$"):
        store.get("files/a")
