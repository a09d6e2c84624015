"""What every file store does, whatever it is made of."""

from __future__ import annotations

import hashlib
import io
import random
from datetime import UTC, datetime, timedelta
from threading import Barrier, Event, Thread

import pytest

from jupyter_sandfs import errors
from jupyter_sandfs.filestore import FileInfo, Page, Usage

MIB = 1 << 20
# Where links are tokens of ours; others have links of the service.
TOKENS = pytest.mark.parametrize("backend", ["local", "memory", "nats", "remote"], indirect=True)
EMPTY = Usage(total_bytes=0, file_count=0, reserved_bytes=0, max_total_bytes=10 << 30)


def keys_of(page: Page) -> list[str]:
    return [item.key for item in page.items]


def body_of(size: int) -> bytes:
    return random.Random(size).randbytes(size)


def test_a_file_is_described_in_full(store):
    body = b"id,name\n"

    info = store.put("files/data.csv", body, metadata={"origin": "tëst"}, ttl=timedelta(minutes=1))

    digest = hashlib.sha256(body).hexdigest()
    now = datetime.fromtimestamp(1_800_000_000, UTC)
    assert info == FileInfo(
        key="files/data.csv",
        size_bytes=8,
        content_type="text/csv",
        checksum=f"sha256:{digest}",
        created_at=now,
        expires_at=now + timedelta(minutes=1),
        metadata={"origin": "tëst"},
        version=1,
        etag=f"sha256-{digest}",
    )
    assert store.head("files/data.csv") == info


@pytest.mark.parametrize("size", [0, 1, 32 * 1024 - 1, 32 * 1024, 32 * 1024 + 1, MIB, 9 * MIB])
@pytest.mark.parametrize("kind", ["bytes", "file", "chunks"])
def test_a_body_comes_back_as_it_went_in(store, size, kind):
    body = body_of(size)
    forms = {
        "bytes": lambda: body,
        "file": lambda: io.BytesIO(body),
        "chunks": lambda: (body[at : at + 65_000] for at in range(0, size, 65_000)),
    }

    info = store.put("files/body", forms[kind]())

    assert (info.size_bytes, info.checksum) == (size, f"sha256:{hashlib.sha256(body).hexdigest()}")
    assert store.get("files/body") == body
    assert store.usage().total_bytes == size
    assert store.usage().reserved_bytes == 0


@pytest.mark.parametrize("size", [10, 100_000])
@pytest.mark.parametrize(("start", "end"), [(0, None), (3, 7), (3, 3), (7, 3), (0, 10**9), (10**9, None), (9, 10)])
def test_a_part_is_what_slicing_gives(store, size, start, end):
    body = body_of(size)
    store.put("files/part", body)

    assert store.get("files/part", start=start, end=end) == body[start:end]


@pytest.mark.parametrize("size", [10, 100_000])
def test_a_reader_reads_seeks_and_tells_within_its_part(store, size):
    body = body_of(size)
    store.put("files/part", body)

    with store.open("files/part", start=2, end=9) as reader:
        first = reader.read(3)
        place = reader.tell()
        reader.seek(-2, 2)
        last = reader.read()
        at_end = reader.read(5)
        reader.seek(0)
        chunks = list(reader)

    assert (first, place, last, at_end, chunks) == (body[2:5], 3, body[7:9], b"", [body[2:9]])


def test_a_reader_refuses_places_before_its_start(store):
    store.put("files/part", b"0123456789")

    with store.open("files/part", start=2) as reader, pytest.raises(errors.InvalidRequest):
        reader.seek(-1)


@pytest.mark.parametrize("size", [10, 100_000])
@pytest.mark.parametrize("change", ["overwrite", "delete"])
def test_an_open_file_stays_whole_while_its_key_changes(store, size, change):
    body = body_of(size)
    store.put("files/a", body)

    with store.open("files/a") as reader:
        start = reader.read(5)
        if change == "overwrite":
            store.put("files/a", b"new")
        else:
            store.delete("files/a")
        rest = reader.read()

    assert start + rest == body


@pytest.mark.parametrize("question", ["head", "open", "get"])
def test_what_is_absent_is_not_found(store, question):
    with pytest.raises(errors.ObjectNotFound, match=r"^file not found: files/none$"):
        getattr(store, question)("files/none")


def test_absence_has_answers_that_are_no_errors(store):
    assert store.exists("files/none") is False
    assert store.delete("files/none") is False
    assert store.versions("files/none") == ()
    assert store.list() == Page()
    assert store.usage() == EMPTY


def test_a_version_that_is_not_kept_is_not_found(store):
    info = store.put("files/a", b"1")

    assert store.versions("files/a") == (info,)
    assert store.get("files/a", version=1) == b"1"
    with pytest.raises(errors.ObjectNotFound):
        store.get("files/a", version=2)


def test_versions_go_on_after_a_deletion(store):
    store.put("files/a", b"1")
    store.put("files/a", b"2")
    deleted = store.delete("files/a")

    again = store.put("files/a", b"3")

    assert (deleted, again.version) == (True, 3)


@pytest.mark.parametrize("size", [10, 100_000, 5 * MIB])
def test_what_was_overwritten_is_kept_as_an_older_version(store, size):
    bodies = [body_of(size + number) for number in range(3)]
    infos = [store.put("files/a", body, metadata={"n": str(size)}) for body in bodies]
    store.put("files/ab", b"another key")

    kept = store.versions("files/a")

    assert kept == tuple(reversed(infos))
    assert [store.get("files/a", version=info.version) for info in infos] == bodies
    assert store.get("files/a", version=infos[0].version, start=3, end=7) == bodies[0][3:7]
    assert store.head("files/a", version=infos[1].version) == infos[1]
    assert keys_of(store.list()) == ["files/a", "files/ab"]
    assert store.usage().total_bytes == len(bodies[2]) + 11
    assert store.usage().kept_bytes == len(bodies[0]) + len(bodies[1])


@pytest.mark.parametrize("size", [10, 100_000])
def test_an_older_version_is_restored_as_a_new_one(store, clock, size):
    first = store.put("files/a", body_of(size), content_type="text/plain", metadata={"who": "me"})
    second = store.put("files/a", b"second")
    clock.advance(5)

    info = store.restore("files/a", first.version, if_version=second.version)

    assert (info.checksum, info.content_type, info.metadata) == (first.checksum, "text/plain", {"who": "me"})
    assert info.version > second.version
    assert (info.created_at - first.created_at).total_seconds() == 5
    assert store.get("files/a") == body_of(size)
    assert store.versions("files/a") == (info, second, first)
    store.put("files/a", b"fourth")
    assert store.get("files/a", version=info.version) == store.get("files/a", version=first.version) == body_of(size)
    assert store.usage().kept_bytes == 2 * size + 6
    assert store.recover().missing == 0


def test_restoring_refuses_what_is_not_there_and_what_has_changed(store):
    info = store.put("files/a", b"1")

    with pytest.raises(errors.ObjectNotFound):
        store.restore("files/a", info.version + 7)
    with pytest.raises(errors.ObjectNotFound):
        store.restore("files/none", 1)
    with pytest.raises(errors.VersionConflict):
        store.restore("files/a", info.version, if_version=info.version + 1)
    with pytest.raises(errors.InvalidRequest):
        store.restore("files/a", -1)
    assert store.versions("files/a") == (info,)


def test_of_many_versions_the_newest_are_kept(open_store):
    store = open_store(keep_versions=2)
    infos = [store.put("files/a", bytes([number])) for number in range(5)]

    kept = store.versions("files/a")

    assert kept == (infos[4], infos[3], infos[2])
    assert store.usage().kept_bytes == 2
    with pytest.raises(errors.ObjectNotFound):
        store.get("files/a", version=infos[1].version)


def test_no_versions_are_kept_where_none_are_wanted(open_store):
    store = open_store(keep_versions=0)
    store.put("files/a", b"1")

    info = store.put("files/a", b"2")

    assert store.versions("files/a") == (info,)
    assert store.usage().kept_bytes == 0


@pytest.mark.parametrize("declared", [False, True])
def test_older_versions_make_room_the_oldest_first(open_store, clock, declared):
    store = open_store(max_total_bytes=10 * MIB)
    infos = []
    for number in range(3):
        clock.advance(1)
        infos.append(store.put("files/a", bytes([number]) * 2 * MIB))
    clock.advance(1)

    store.put("files/b", iter([bytes(5 * MIB)]), size=5 * MIB if declared else None)

    assert store.versions("files/a") == (infos[2], infos[1])
    store.put("files/c", bytes(3 * MIB))
    assert store.versions("files/a") == (infos[2],)
    assert (store.usage().total_bytes, store.usage().kept_bytes) == (10 * MIB, 0)
    with pytest.raises(errors.QuotaExceeded):
        store.put("files/d", b"1")


def test_what_there_is_no_room_to_keep_is_not_kept(open_store):
    store = open_store(max_total_bytes=10_000)
    store.put("files/a", bytes(8_000))

    info = store.put("files/a", bytes(9_000))

    assert store.versions("files/a") == (info,)
    assert (store.usage().total_bytes, store.usage().kept_bytes) == (9_000, 0)


def test_a_deletion_takes_the_older_versions_along(store, clock):
    store.put("files/a", b"1")
    store.put("files/a", b"22")
    store.delete("files/a")
    store.put("files/b", b"333")
    store.put("files/b", b"4444", ttl=10)
    clock.advance(10)
    store.cleanup()

    again = [store.put("files/a", b"5"), store.put("files/b", b"6")]

    assert [store.versions("files/a"), store.versions("files/b")] == [(again[0],), (again[1],)]
    assert (store.usage().total_bytes, store.usage().kept_bytes) == (2, 0)


def test_an_older_version_that_has_expired_is_absent(store, clock):
    old = store.put("files/a", b"1", ttl=10)
    new = store.put("files/a", b"2")

    clock.advance(10)

    assert store.versions("files/a") == (new,)
    with pytest.raises(errors.ObjectNotFound):
        store.get("files/a", version=old.version)


def test_a_refused_key_is_refused_by_every_method(store):
    bad = "etc/passwd"
    calls = [
        lambda: store.put(bad, b""),
        lambda: store.head(bad),
        lambda: store.open(bad),
        lambda: store.get(bad),
        lambda: store.exists(bad),
        lambda: store.delete(bad),
        lambda: store.versions(bad),
        lambda: store.copy(bad, "files/a"),
        lambda: store.copy("files/a", bad),
        lambda: store.restore(bad, 1),
        lambda: store.sign("GET", bad, expires=1),
        lambda: store.begin_upload(bad),
    ]
    for call in calls:
        with pytest.raises(errors.InvalidKey):
            call()
    assert store.usage() == EMPTY


@pytest.mark.parametrize(
    "options",
    [
        {"ttl": -1},
        {"ttl": float("nan")},
        {"ttl": 1e300},
        {"ttl": "soon"},
        {"metadata": {"a": "x\r\nSet-Cookie: y"}},
        {"metadata": {"": "empty"}},
        {"metadata": {"a": "\ud800"}},
        {"metadata": {"a": 1}},
        {"metadata": {"a": "x" * 8192}},
        {"content_type": "text/html\r\nX: y"},
        {"content_type": "text"},
        {"expect_sha256": "abc"},
        {"if_version": -1},
        {"if_version": True},
        {"if_version": 2, "if_none_match": True},
        {"size": -1},
        {"size": 2},
        {"size": 4},
    ],
)
def test_bad_options_are_refused_and_nothing_is_stored(store, options):
    with pytest.raises(errors.InvalidRequest):
        store.put("files/a", b"abc", **options)

    assert store.usage() == EMPTY


@pytest.mark.parametrize("body", ["text", 5, None, ["text"], io.StringIO("text"), [b"ok", 5]])
def test_a_body_that_is_not_bytes_is_refused(store, body):
    with pytest.raises(errors.InvalidRequest):
        store.put("files/a", body)

    assert store.usage() == EMPTY


def test_a_declared_content_type_is_kept(store):
    assert store.put("files/a.csv", b"", content_type="text/plain; charset=utf-8").content_type == (
        "text/plain; charset=utf-8"
    )


@pytest.mark.parametrize("size", [10, 10 * MIB])
def test_a_body_that_breaks_off_leaves_nothing(store, size):
    def breaking():
        yield body_of(size)
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        store.put("files/a", breaking())

    assert store.usage() == EMPTY
    assert store.exists("files/a") is False


def test_a_body_that_breaks_off_leaves_the_older_file(store):
    store.put("files/a", b"old")

    def breaking():
        yield body_of(100_000)
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        store.put("files/a", breaking())

    assert store.get("files/a") == b"old"


def test_the_expected_checksum_is_compared(store):
    digest = hashlib.sha256(b"abc").hexdigest()

    store.put("files/a", b"abc", expect_sha256=digest.upper())
    store.put("files/a", b"abc", expect_sha256=f"sha256:{digest}")
    with pytest.raises(errors.ChecksumMismatch) as caught:
        store.put("files/a", b"abd", expect_sha256=digest)

    actual = hashlib.sha256(b"abd").hexdigest()
    assert caught.value.facts == {"key": "files/a", "expected": f"sha256:{digest}", "actual": f"sha256:{actual}"}
    assert store.get("files/a") == b"abc"


def test_a_version_conflict_changes_nothing(store):
    store.put("files/a", b"1")

    with pytest.raises(errors.VersionConflict) as caught:
        store.put("files/a", b"2", if_version=5)

    assert caught.value.facts == {"path": "files/a", "expected": 5, "current": 1}
    assert store.get("files/a") == b"1"


def test_if_version_and_if_none_match_let_the_right_write_through(store):
    store.put("files/a", b"1", if_none_match=True)
    store.put("files/a", b"2", if_version=1)
    with pytest.raises(errors.VersionConflict):
        store.put("files/a", b"3", if_none_match=True)
    with pytest.raises(errors.VersionConflict):
        store.put("files/b", b"3", if_version=1)
    with pytest.raises(errors.VersionConflict):
        store.delete("files/a", if_version=1)

    assert store.get("files/a") == b"2"
    assert store.delete("files/a", if_version=2) is True


@pytest.mark.parametrize("size", [10, 100_000])
def test_copies_are_files_of_their_own(store, size):
    body = body_of(size)
    store.put("files/a.csv", body, metadata={"m": "1"}, ttl=60)

    copied = store.copy("files/a.csv", "files/copies/b")
    store.delete("files/a.csv")

    assert (copied.content_type, copied.metadata, copied.expires_at) == ("text/csv", {"m": "1"}, None)
    assert store.get("files/copies/b") == body
    assert store.usage().total_bytes == size


def test_a_copy_onto_itself_keeps_the_content(store):
    store.put("files/a", body_of(100_000))

    assert store.copy("files/a", "files/a").version == 2
    assert store.get("files/a") == body_of(100_000)
    assert store.usage().total_bytes == 100_000


def test_a_copy_obeys_preconditions_and_needs_its_source(store):
    store.put("files/a", b"a")
    store.put("files/b", b"b")

    with pytest.raises(errors.VersionConflict):
        store.copy("files/a", "files/b", if_none_match=True)
    with pytest.raises(errors.ObjectNotFound):
        store.copy("files/none", "files/b")
    assert store.get("files/b") == b"b"


# ---------------------------------------------------------------- expiry


def test_what_has_expired_is_absent_at_once(store, clock):
    store.put("files/a", b"12345", ttl=10)
    clock.advance(10)

    assert store.exists("files/a") is False
    assert store.list() == Page()
    assert store.versions("files/a") == ()
    assert store.usage() == EMPTY
    assert store.delete("files/a") is False
    with pytest.raises(errors.ObjectNotFound):
        store.open("files/a")
    with pytest.raises(errors.ObjectNotFound):
        store.copy("files/a", "files/b")


def test_expired_files_do_not_stand_in_the_way(store, clock):
    store.put("files/a", b"old", ttl=10)
    clock.advance(10)

    info = store.put("files/a", b"new", if_none_match=True)

    assert (info.version, info.expires_at, store.usage().file_count) == (2, None, 1)


def test_cleanup_removes_what_has_expired_and_only_that(store, clock):
    store.put("files/a", b"1", ttl=10)
    store.put("files/b", body_of(100_000), ttl=10)
    store.put("files/c", b"3", ttl=11)
    clock.advance(10)

    assert (store.cleanup(), store.cleanup(), keys_of(store.list())) == (2, 0, ["files/c"])


def test_cleanup_is_for_all_tenants(open_store, clock):
    stores = [open_store(tenant=tenant) for tenant in ("", "one", "two/three")]
    for store in stores:
        store.put("files/a", b"1", ttl=10)
        store.put("files/b", b"2", ttl=11)
    clock.advance(10)

    removed = [store.cleanup() for store in (stores[1], *stores)]

    assert (removed, [keys_of(store.list()) for store in stores]) == ([3, 0, 0, 0], [["files/b"]] * 3)


def test_the_default_ttl_holds_unless_a_writer_gives_another(open_store, clock):
    store = open_store(default_ttl=10)
    store.put("files/default", b"")
    store.put("files/forever", b"", ttl=0)
    store.put("files/longer", b"", ttl=20)
    clock.advance(15)

    assert keys_of(store.list()) == ["files/forever", "files/longer"]


# ---------------------------------------------------------------- limits


def test_what_runs_put_out_expires_by_itself_unless_its_writer_says_otherwise(open_store):
    store = open_store(run_ttl=100, default_ttl=7)

    infos = [
        store.put("runs/r/output/a", b""),
        store.put("runs/r/output/b", b"", ttl=0),
        store.put("runs/r/output/c", b"", ttl=3),
        store.put("files/a", b""),
    ]

    lives = [info.expires_at and (info.expires_at - info.created_at).total_seconds() for info in infos]
    assert lives == [100, None, 3, 7]


def test_only_accepted_content_types_are_stored(open_store):
    store = open_store(content_types=("text/csv", "image/*"))
    store.put("files/a.csv", b"1")
    store.put("files/b", b"1", content_type="IMAGE/png")
    store.put("files/c", b"1", content_type="text/csv; charset=utf-8")
    calls = [
        lambda: store.put("files/a.csv", b"2", content_type="text/html"),
        lambda: store.put("files/page.html", b"2"),
        lambda: store.copy("files/a.csv", "files/d", content_type="text/plain"),
        lambda: store.begin_upload("files/e"),
    ]

    for call in calls:
        with pytest.raises(errors.ContentTypeRefused):
            call()

    assert keys_of(store.list()) == ["files/a.csv", "files/b", "files/c"]
    assert store.get("files/a.csv") == b"1"
    assert store.delete("files/c") is True


@pytest.mark.parametrize("declared", [True, False])
def test_a_file_over_the_limit_is_refused(open_store, declared):
    store = open_store(max_file_size=100_000)
    store.put("files/fits", body_of(100_000))

    with pytest.raises(errors.ObjectTooLarge, match=r"^file exceeds maximum size of 100000 bytes$"):
        store.put("files/over", iter([body_of(100_000), b"1"]), size=100_001 if declared else None)

    assert keys_of(store.list()) == ["files/fits"]


@pytest.mark.parametrize("unit", [10, 50_000, 10 * MIB])
@pytest.mark.parametrize("declared", [True, False])
def test_the_quota_is_exact(open_store, unit, declared):
    store = open_store(max_total_bytes=2 * unit)
    store.put("files/a", body_of(unit))
    size = unit if declared else None
    store.put("files/b", iter([body_of(unit - 1), b"1"]), size=size)

    with pytest.raises(errors.QuotaExceeded):
        store.put("files/c", b"1")
    with pytest.raises(errors.QuotaExceeded):
        store.put("files/b", iter([body_of(unit), b"1"]))
    store.put("files/b", iter([body_of(unit - 1), b"2"]), size=size)

    assert store.usage() == Usage(total_bytes=2 * unit, file_count=2, reserved_bytes=0, max_total_bytes=2 * unit)


def test_expired_files_make_room(open_store, clock):
    store = open_store(max_total_bytes=10)
    store.put("files/a", b"1234567890", ttl=10)
    clock.advance(10)

    store.put("files/b", b"abcdefghij")

    assert keys_of(store.list()) == ["files/b"]


def test_the_number_of_files_is_limited(open_store):
    store = open_store(max_files=1)
    store.put("files/a", b"1")

    with pytest.raises(errors.LimitExceeded):
        store.put("files/b", b"")
    store.put("files/a", b"2")

    assert keys_of(store.list()) == ["files/a"]


# ---------------------------------------------------------------- tenants


def test_tenants_see_nothing_of_each_other(open_store):
    one, two = open_store(tenant="one", max_total_bytes=10), open_store(tenant="two", max_total_bytes=10)
    one.put("files/a", b"1234567890")
    upload = one.begin_upload("files/u")

    assert (two.exists("files/a"), two.list(), two.usage().total_bytes) == (False, Page(), 0)
    assert two.put("files/a", b"1234567890").version == 1
    assert two.delete("files/a") is True
    assert one.get("files/a") == b"1234567890"
    with pytest.raises(errors.UploadNotFound):
        two.resume_upload(upload.upload_id)


@TOKENS
def test_a_link_of_one_tenant_is_nothing_to_another(open_store):
    one, two = open_store(tenant="one"), open_store(tenant="two")

    with pytest.raises(errors.InvalidSignature):
        two.verify("GET", one.sign("GET", "files/a", expires=60))


# ---------------------------------------------------------------- listing

TREE = ["files/a", "files/a/b", "files/a/c", "files/ab", "files/b/x", "files/é", "files/🙂", "runs/r/output/o"]


@pytest.fixture
def tree(store):
    for key in TREE:
        store.put(key, b"")
    return store


@pytest.mark.parametrize("prefix", ["", "files/", "files/a", "files/a/", "f", "files/é", "zzz", "/", "files/\0"])
def test_a_listing_has_the_keys_with_the_prefix_in_order(tree, prefix):
    assert keys_of(tree.list(prefix)) == [key for key in sorted(TREE) if key.startswith(prefix)]


def test_a_page_is_a_sequence_of_descriptions(tree):
    items = tree.list("files/").items

    assert (len(items), items[0], items[-1:]) == (len(list(items)), tree.head(items[0].key), (items[-1],))
    assert items == tuple(items)
    assert tree.list("files/") == tree.list("files/")
    assert repr(items) == repr(tuple(items))


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 8, 9])
def test_pages_together_are_the_whole_listing(tree, limit):
    found, after = [], None
    for _ in TREE:
        page = tree.list(after=after, limit=limit)
        found += keys_of(page)
        after = page.next_after
        if after is None:
            break

    assert found == sorted(TREE)
    assert after is None


@pytest.mark.parametrize("limit", [1, 2, 3, 10])
def test_a_delimiter_folds_what_lies_behind_it(tree, limit):
    found, folded, after = [], [], None
    for _ in TREE:
        page = tree.list("files/", delimiter="/", after=after, limit=limit)
        found += keys_of(page)
        folded += page.common_prefixes
        after = page.next_after
        if after is None:
            break

    assert (found, folded) == (["files/a", "files/ab", "files/é", "files/🙂"], ["files/a/", "files/b/"])


@pytest.mark.parametrize("character", ["\U0010ffff", "\ud7ff"])
def test_a_prefix_ending_in_the_last_character_of_a_range_still_bounds(store, character):
    key = f"files/{character}{character}"
    store.put(key, b"")

    assert keys_of(store.list(f"files/{character}")) == [key]


@pytest.mark.parametrize(
    "arguments",
    [{"limit": 0}, {"limit": 10_001}, {"limit": True}, {"delimiter": ""}, {"prefix": "\ud800"}, {"after": "x" * 1025}],
)
def test_a_listing_refuses_bad_arguments(store, arguments):
    with pytest.raises(errors.InvalidRequest):
        store.list(**arguments)


# ---------------------------------------------------------------- uploads


@pytest.mark.parametrize("piece", [4, 40_000])
@pytest.mark.parametrize("declared", [True, False])
def test_an_upload_arrives_in_pieces_and_by_several_hands(open_store, piece, declared):
    first, second = open_store(), open_store()
    body = body_of(3 * piece)
    upload = first.begin_upload("files/u.csv", length=len(body) if declared else None, metadata={"m": "1"})
    upload.append(body[:piece], 0)
    first.close()

    resumed = second.resume_upload(upload.upload_id)
    offset = resumed.offset
    end = resumed.append(body[piece:], offset)
    hidden = second.exists("files/u.csv")
    info = resumed.commit()

    assert (resumed.key, offset, end, hidden) == ("files/u.csv", piece, len(body), False)
    assert (info.size_bytes, info.content_type, info.metadata) == (len(body), "text/csv", {"m": "1"})
    assert second.get("files/u.csv") == body
    assert second.usage().reserved_bytes == 0


def test_an_upload_refuses_bytes_for_another_place(store):
    upload = store.begin_upload("files/u")
    upload.append(b"abc", 0)

    with pytest.raises(errors.OffsetMismatch) as caught:
        upload.append(b"abc", 0)

    assert caught.value.facts == {"upload_id": upload.upload_id, "expected": 0, "current": 3}
    assert upload.offset == 3


def test_an_upload_keeps_to_its_length(store):
    upload = store.begin_upload("files/u", length=4)
    upload.append(b"abc", 0)

    with pytest.raises(errors.InvalidRequest):
        upload.commit()
    with pytest.raises(errors.InvalidRequest):
        upload.append(b"de", 3)
    upload.append(b"d", 3)

    assert upload.commit().size_bytes == 4


def test_an_upload_keeps_to_the_limits(open_store):
    store = open_store(max_file_size=100, max_total_bytes=150, max_uploads=2)
    with pytest.raises(errors.ObjectTooLarge):
        store.begin_upload("files/a", length=101)
    store.begin_upload("files/a", length=100)
    open_end = store.begin_upload("files/b")
    with pytest.raises(errors.LimitExceeded):
        store.begin_upload("files/c")
    open_end.append(body_of(50), 0)

    with pytest.raises(errors.QuotaExceeded):
        open_end.append(b"1", 50)

    assert (open_end.offset, store.usage().reserved_bytes) == (50, 150)


def test_a_finished_upload_is_gone(store):
    committed, aborted = store.begin_upload("files/a"), store.begin_upload("files/b", length=10)
    committed.commit()
    aborted.abort()
    aborted.abort()

    for upload in (committed, aborted):
        for call in (lambda u=upload: u.append(b"x", 0), upload.commit, lambda u=upload: u.offset):
            with pytest.raises(errors.UploadNotFound):
                call()
        with pytest.raises(errors.UploadNotFound):
            store.resume_upload(upload.upload_id)
    assert store.usage() == Usage(total_bytes=0, file_count=1, reserved_bytes=0, max_total_bytes=10 << 30)


@pytest.mark.parametrize("upload_id", ["", "../index.sqlite3", "\ud800", "x" * 10_000])
def test_an_upload_id_from_outside_finds_nothing(store, upload_id):
    with pytest.raises(errors.UploadNotFound):
        store.resume_upload(upload_id)


def test_an_upload_that_fails_its_terms_stays_as_it_is(store):
    store.put("files/a", b"1")
    upload = store.begin_upload("files/a", if_none_match=True)
    upload.append(body_of(40_000), 0)

    with pytest.raises(errors.VersionConflict):
        upload.commit()
    store.delete("files/a")

    assert upload.commit().size_bytes == 40_000


def test_cleanup_gives_up_uploads_that_nobody_goes_on_with(open_store, clock):
    store = open_store(upload_ttl=100)
    stale = store.begin_upload("files/a", length=10)
    clock.advance(60)
    fresh = store.begin_upload("files/b", length=10)
    fresh.append(b"x", 0)
    clock.advance(60)

    store.cleanup()

    with pytest.raises(errors.UploadNotFound):
        store.resume_upload(stale.upload_id)
    assert (fresh.offset, store.usage().reserved_bytes) == (1, 10)


# ---------------------------------------------------------------- links and care


@TOKENS
def test_a_signed_link_grants_one_request_for_its_time(store, clock):
    token = store.sign("PUT", "files/a", expires=timedelta(minutes=1), max_size=5)

    assert store.verify("PUT", token) == ("files/a", 5)
    with pytest.raises(errors.InvalidSignature):
        store.verify("GET", token)
    clock.advance(60)
    with pytest.raises(errors.InvalidSignature):
        store.verify("PUT", token)


def test_threads_share_a_store(store):
    count = 8
    barrier = Barrier(count)

    def write(number: int) -> None:
        barrier.wait(10)
        for turn in range(5):
            store.put(f"files/{number}-{turn}", body_of(40_000 + number))

    threads = [Thread(target=write, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert (store.usage().file_count, len(store.list().items)) == (40, 40)
    assert store.usage().total_bytes == sum(5 * (40_000 + number) for number in range(count))


@pytest.mark.parametrize("size", [1_000, 300_000])
def test_whoever_reads_while_others_overwrite_sees_one_body_whole(open_store, size):
    """Each body says of itself what it should be: its first byte is all of its bytes, and its length."""
    reading, writing = open_store(), open_store()
    bodies = {bytes([number]) * (size + number) for number in range(12)}
    reading.put("files/a", bytes(size))
    is_over, seen = Event(), []

    def read() -> None:
        is_last = False
        while not is_last:
            is_last = is_over.is_set()  # once more after the last, however late this thread gets its turn
            with reading.open("files/a") as reader:
                seen.append((reader.info.size_bytes, b"".join(reader)))

    reader = Thread(target=read)
    reader.start()
    for body in sorted(bodies):
        writing.put("files/a", body)
    is_over.set()
    reader.join(60)

    assert not reader.is_alive()
    assert seen
    assert {body for _, body in seen} <= bodies
    assert all(told == len(body) for told, body in seen)


def test_a_closed_store_says_so(store):
    store.close()
    store.close()

    with pytest.raises(errors.StoreError, match=r"^the store is closed$"):
        store.head("files/a")
