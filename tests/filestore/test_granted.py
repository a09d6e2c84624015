"""A store as one principal sees it: what is not granted looks absent, and nothing but its own can be changed."""

from __future__ import annotations

import inspect

import pytest

from jupyter_sandfs.errors import (
    InvalidKey,
    InvalidRequest,
    ObjectNotFound,
    PermissionDenied,
    UploadNotFound,
    VersionConflict,
)
from jupyter_sandfs.filestore import FileStore, LocalFileStore
from jupyter_sandfs.filestore import keys as keys_module
from jupyter_sandfs.filestore.granted import Grant, GrantedStore
from jupyter_sandfs.filestore.keys import new_key

GIVEN = ("files/given", "runs/7/output/a", "runs/7/output/b", "sessions/mine/in/data.csv", "sessions/mine/z")
OTHERS = (
    "files/other",
    "files/given2",
    "runs/70/output/a",
    "sessions/mine2/x",
    "sessions/theirs/x",
    "snapshots/default/s1",
)


@pytest.fixture
def owner(tmp_path):
    with LocalFileStore(tmp_path / "store") as opened:
        for key in (*GIVEN, *OTHERS):
            opened.put(key, key.encode())
        yield opened


@pytest.fixture
def store(owner):
    return GrantedStore(lambda: owner, Grant(["files/given", "runs/7/"], session="mine"))


def keys(page):
    return [info.key for info in page.items]


# ---------------------------------------------------------------- reading


@pytest.mark.parametrize("key", GIVEN)
def test_what_is_granted_is_read(store, owner, key):
    assert (store.get(key), store.head(key), store.exists(key)) == (key.encode(), owner.head(key), True)
    assert store.versions(key) == owner.versions(key)
    with store.open(key) as reader:
        assert reader.read() == key.encode()


QUESTIONS = {
    "head": lambda store, key: store.head(key),
    "open": lambda store, key: store.open(key),
    "get": lambda store, key: store.get(key),
    "exists": lambda store, key: store.exists(key),
    "versions": lambda store, key: store.versions(key),
    "delete": lambda store, key: store.delete(key),
    "delete a version": lambda store, key: store.delete(key, if_version=1),
    "copy": lambda store, key: store.copy(key, new_key()).size_bytes,
    "put": lambda store, key: store.put(key, b"x"),
    "put a version": lambda store, key: store.put(key, b"x", if_version=1),
    "put if absent": lambda store, key: store.put(key, b"x", if_none_match=True),
    "copy to": lambda store, key: store.copy("files/given", key),
    "upload": lambda store, key: store.begin_upload(key).upload_id,
    "restore": lambda store, key: store.restore(key, 1),
    "sign": lambda store, key: store.sign("GET", key, expires=60),
    "list": lambda store, key: (keys(store.list(key)), store.list(key[:-1], delimiter="/").common_prefixes),
}


def answer(question, store, key):
    try:
        return question(store, key)
    except Exception as problem:  # noqa: BLE001 - whatever it is, it must be the same
        return type(problem), str(problem).replace(key, "KEY")


@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize("key", OTHERS)
def test_what_is_not_granted_answers_as_what_is_absent(store, owner, key, question):
    absent = key.replace("x", "q").replace("s1", "q1").replace("other", "nothere").replace("given2", "given9")
    absent = absent.replace("output/a", "output/q")

    assert answer(QUESTIONS[question], store, key) == answer(QUESTIONS[question], store, absent)
    assert {each: owner.get(each) for each in OTHERS} == {each: each.encode() for each in OTHERS}


def test_a_listing_names_what_is_granted(store):
    assert keys(store.list()) == list(GIVEN)
    assert keys(store.list("sessions/mine")) == list(GIVEN[3:])
    assert keys(store.list("runs/7/output/b")) == ["runs/7/output/b"]
    assert keys(store.list("runs/70")) == keys(store.list("snapshots/")) == keys(store.list("files/other")) == []


@pytest.mark.parametrize("limit", [1, 2, 3, 10])
@pytest.mark.parametrize("delimiter", [None, "/"])
@pytest.mark.parametrize("prefix", ["", "runs/", "sessions/mine/", "sessions/m", "files/given"])
def test_a_listing_in_pages_is_that_of_a_store_with_nothing_else(store, tmp_path, prefix, delimiter, limit):
    def pages(of):
        after, found = None, []
        while True:
            page = of.list(prefix, delimiter=delimiter, after=after, limit=limit)
            found.append((keys(page), page.common_prefixes, page.next_after))
            after = page.next_after
            if after is None:
                return found

    with LocalFileStore(tmp_path / "alone") as alone:
        for key in GIVEN:
            alone.put(key, b"")

        assert pages(store) == pages(alone)


def test_what_a_listing_can_not_act_on_is_refused(store):
    for options in ({"limit": 0}, {"limit": 10_001}, {"delimiter": ""}, {"prefix": "\ud800"}):
        with pytest.raises(InvalidRequest):
            store.list(**options)


def test_usage_counts_what_is_seen(store, owner):
    usage = store.usage()

    assert (usage.file_count, usage.total_bytes) == (len(GIVEN), sum(map(len, GIVEN)))
    assert usage.max_total_bytes == owner.usage().max_total_bytes


# ---------------------------------------------------------------- storing


def test_what_was_stored_can_be_read_changed_and_deleted(store, owner):
    for key in (new_key(), "sessions/mine/out.txt"):
        first = store.put(key, b"1")

        assert (store.get(key), key in keys(store.list())) == (b"1", True)
        assert store.put(key, b"22").version == first.version + 1
        assert store.get(store.restore(key, first.version).key) == b"1"
        assert (store.delete(key), owner.exists(key), store.delete(key)) == (True, False, False)


@pytest.mark.parametrize("key", GIVEN)
def test_what_was_only_granted_is_not_changed(store, owner, key):
    for change in (
        lambda: store.put(key, b"x"),
        lambda: store.copy("files/given", key),
        lambda: store.delete(key),
        lambda: store.restore(key, 1),
        lambda: store.begin_upload(key).commit(),
    ):
        with pytest.raises(PermissionDenied):
            change()
    assert owner.get(key) == key.encode()


def test_what_others_wrote_over_it_is_theirs(store, owner):
    key = store.put(new_key(), b"mine").key
    owner.put(key, b"theirs")

    for change in (lambda: store.put(key, b"x"), lambda: store.delete(key)):
        with pytest.raises(PermissionDenied, match="only what it stored itself"):
            change()
    assert owner.get(key) == b"theirs"


def test_versions_that_are_expected_are_compared(store):
    info = store.put("sessions/mine/f", b"1", if_version=0)

    with pytest.raises(VersionConflict):
        store.put("sessions/mine/f", b"2", if_version=info.version + 1)
    with pytest.raises(VersionConflict):
        store.put("sessions/mine/f", b"2", if_none_match=True)
    with pytest.raises(VersionConflict):
        store.delete("sessions/mine/f", if_version=info.version + 1)
    assert store.put("sessions/mine/f", b"2", if_version=info.version).version == info.version + 1


def test_a_copy_needs_a_source_that_is_seen(store):
    with pytest.raises(ObjectNotFound):
        store.copy("files/other", "sessions/mine/x")

    assert store.copy("files/given", "sessions/mine/x").size_bytes == len("files/given")


def test_an_upload_is_for_who_began_it(store, owner):
    upload = store.begin_upload("sessions/mine/big", length=4)
    upload.append(b"ab", 0)
    again = store.resume_upload(upload.upload_id)
    again.append(b"cd", again.offset)

    assert again.commit().key == "sessions/mine/big"
    assert store.delete("sessions/mine/big")
    with pytest.raises(UploadNotFound):
        store.resume_upload(owner.begin_upload("files/x").upload_id)


@pytest.mark.parametrize(
    "call",
    [
        lambda store: store.sign("GET", "files/given", expires=60),
        lambda store: store.verify("GET", "token"),
        lambda store: store.cleanup(),
        lambda store: store.recover(),
    ],
)
def test_what_is_the_owners_is_refused(store, call):
    with pytest.raises(PermissionDenied, match="only the sandbox's owner"):
        call(store)


def test_closing_leaves_the_store_of_the_owner_open(store, owner):
    store.close()

    assert owner.get("files/given") == b"files/given"


def test_without_a_session_keys_are_generated(owner):
    store = GrantedStore(lambda: owner, Grant())

    assert keys(store.list()) == []
    with pytest.raises(PermissionDenied, match="without a key of your own"):
        store.put("sessions/mine/new", b"")
    key = store.put(new_key(), b"x").key
    assert keys(store.list()) == [key]


def test_a_key_that_was_generated_long_ago_is_refused_whether_it_is_taken_or_not(store, owner):
    taken, free = "files/f_01ARZ3NDEKTSV4RRFFQ69G5FAV", "files/f_01ARZ3NDEKTSV4RRFFQ69G5FAX"
    owner.put(taken, b"theirs")

    for key in (taken, free, f"{taken}/a", f"{free}/a"):
        for call in (store.check_put, lambda key: store.put(key, b"x"), store.begin_upload):
            with pytest.raises(PermissionDenied, match="or without a key of your own"):
                call(key)


@pytest.mark.parametrize("granted", ["{}", "{}/", "files/"])
def test_nothing_is_put_into_a_young_tree_of_somebody_elses(owner, granted):
    key = new_key()
    owner.put(f"{key}/a" if granted.endswith("/") else key, b"theirs")
    store = GrantedStore(lambda: owner, Grant([granted.format(key)]))

    for call in (store.check_put, lambda key: store.put(key, b"x"), store.begin_upload):
        with pytest.raises(PermissionDenied, match="without a key of your own"):
            call(f"{key}/b")
    assert keys(owner.list(f"{key}/b")) == []
    assert store.put(new_key(), b"mine").version == 1


def test_a_tree_under_a_generated_key_is_stored_however_long_it_takes(store, owner, monkeypatch):
    key = new_key()
    store.put(f"{key}/a", b"1")

    monkeypatch.setattr(keys_module.time, "time_ns", lambda: 4_000_000_000_000_000_000)
    store.put(f"{key}/b", b"2")
    store.put(f"{key}/a", b"3")

    assert (owner.get(f"{key}/a"), owner.get(f"{key}/b")) == (b"3", b"2")


# ---------------------------------------------------------------- grants


@pytest.mark.parametrize(
    "granted", ["snapshots/default/s1", "snapshots/", "", "/", "nothing/", "files", "a\\b/", "x/../y", 1]
)
def test_what_can_not_be_granted_is_refused(granted):
    with pytest.raises((InvalidRequest, InvalidKey)):
        Grant([granted])


@pytest.mark.parametrize("session", ["", "a/b", "..", "a\n", "\ud800"])
def test_what_is_no_session_is_refused(session):
    with pytest.raises((InvalidRequest, InvalidKey)):
        Grant(session=session)


def test_one_string_is_no_list_of_keys():
    with pytest.raises(InvalidRequest):
        Grant("files/a")


def test_every_method_of_a_store_is_thought_of():
    methods = [name for name, _ in inspect.getmembers(FileStore, inspect.isfunction) if not name.startswith("_")]

    assert [name for name in methods if name not in vars(GrantedStore)] == []


# ---------------------------------------------------------------- older versions


def test_of_a_granted_file_only_the_current_version_is_seen(store, owner):
    first = owner.head("files/given")
    current = owner.put("files/given", b"for everybody")

    assert store.versions("files/given") == (current,)
    assert store.get("files/given", version=current.version) == b"for everybody"
    for question in (store.get, store.head, store.open):
        with pytest.raises(ObjectNotFound):
            question("files/given", version=first.version)
    with pytest.raises(ObjectNotFound):
        store.restore("files/given", first.version)
    with pytest.raises(PermissionDenied):
        store.restore("files/given", current.version)
    assert owner.get("files/given") == b"for everybody"


def test_older_versions_of_what_was_stored_through_here_are_read_and_restored(store, owner):
    first, second = (store.put("sessions/mine/new", body) for body in (b"1", b"2"))

    seen = store.versions("sessions/mine/new")
    restored = store.restore("sessions/mine/new", first.version)

    assert seen == (second, first)
    assert owner.get("sessions/mine/new") == store.get("sessions/mine/new", version=first.version) == b"1"
    assert store.put("sessions/mine/new", b"3", if_version=restored.version).version > restored.version
    owner.put("sessions/mine/new", b"theirs")
    assert len(store.versions("sessions/mine/new")) == 1
