"""Between a staging store and a file system."""

from __future__ import annotations

import hashlib
import os
from dataclasses import replace
from datetime import timedelta

import pytest

from jupyter_sandfs.errors import (
    ChecksumMismatch,
    FileTooLarge,
    InvalidKey,
    InvalidRequest,
    IsADirectory,
    LimitExceeded,
    NoSpace,
    NotADirectory,
    NotFound,
    ObjectNotFound,
    ObjectTooLarge,
    PermissionDenied,
    QuotaExceeded,
    ReadOnly,
)
from jupyter_sandfs.filestore import LocalFileStore, StoreLimits
from jupyter_sandfs.staging import Staged, publish, publish_tree, stage
from jupyter_sandfs.vfs.filesystem import VirtualFileSystem
from jupyter_sandfs.vfs.limits import Limits
from jupyter_sandfs.vfs.policy import NodePolicy
from jupyter_sandfs.vfs.views.readonly import ReadOnlyView
from jupyter_sandfs.vfs.views.subtree import SubtreeView
from jupyter_sandfs.vfs.views.view import VisibilityView

KEY = "files/weather.csv"
NAMED = {"original_filename": "Weather 2026.csv"}


@pytest.fixture
def fs():
    return VirtualFileSystem()


@pytest.fixture
def store(tmp_path):
    with LocalFileStore(tmp_path / "store") as opened:
        opened.put(KEY, b"a,b\n", metadata=NAMED)
        yield opened


def everything(fs):
    return {path: fs.read_bytes(path) for path in fs.glob("/**/*") if fs.is_file(path)}


# ---------------------------------------------------------------- stage


@pytest.mark.parametrize(
    ("destination", "path"),
    [
        ("/in.csv", "/in.csv"),
        ("in.csv", "/in.csv"),
        ("/new/deep/in.csv", "/new/deep/in.csv"),
        ("/new/", "/new/Weather 2026.csv"),
        ("/there", "/there/Weather 2026.csv"),
        ("/", "/Weather 2026.csv"),
        ("/there/../../up", "/up"),
    ],
)
def test_a_file_lands_where_it_was_sent(fs, store, destination, path):
    fs.mkdir("/there")

    assert stage(store, KEY, fs, destination) == Staged(path, 4)
    assert everything(fs) == {path: b"a,b\n"}


@pytest.mark.parametrize(
    ("told", "name"),
    [
        ("../../x", "x"),
        ("a/b", "b"),
        ("a\\b", "b"),
        ("/etc/passwd", "passwd"),
        ("", "weather.csv"),
        ("..", "weather.csv"),
        (".", "weather.csv"),
        ("///", "weather.csv"),
        ("-rf", "-rf"),
    ],
)
def test_a_hostile_name_stays_in_the_directory(fs, store, told, name):
    store.put(KEY, b"x", metadata={"original_filename": told})

    assert stage(store, KEY, fs, "/in/").path == f"/in/{name}"


def test_without_a_name_the_keys_last_segment_serves(fs, store):
    store.put("runs/7/output/result.json", b"{}")

    assert stage(store, "runs/7/output/result.json", fs, "/").path == "/result.json"


def test_three_megabytes_arrive_byte_by_byte(fs, store):
    content = os.urandom(3_000_001)
    store.put("files/big", content)

    assert stage(store, "files/big", fs, "/big") == Staged("/big", 3_000_001)
    assert fs.read_bytes("/big") == content


def test_staging_over_a_file_is_one_new_version(fs, store):
    fs.write_file("/in.csv", "old")
    stage(store, KEY, fs, "/in.csv")

    assert (fs.read_file("/in.csv"), fs.version("/in.csv")) == ("a,b\n", 2)


def test_an_empty_file_can_be_staged(fs, store):
    store.put("files/empty", b"")

    assert stage(store, "files/empty", fs, "/empty") == Staged("/empty", 0)
    assert fs.read_bytes("/empty") == b""


class _Lying:
    """A store whose bytes are not those that it describes."""

    def __init__(self, store):
        self._store = store

    def open(self, key):
        self._reader = self._store.open("files/other")
        self._reader.info = self._store.head(key)
        return self._reader


def test_what_was_changed_on_the_way_leaves_nothing(fs, store):
    store.put("files/other", b"evil")
    fs.write_file("/in.csv", "old")

    with pytest.raises(ChecksumMismatch) as caught:
        stage(_Lying(store), KEY, fs, "/in.csv")
    with pytest.raises(ChecksumMismatch):
        stage(_Lying(store), KEY, fs, "/new.csv")
    assert (caught.value.key, caught.value.actual) == (KEY, f"sha256:{hashlib.sha256(b'evil').hexdigest()}")
    assert everything(fs) == {"/in.csv": b"old"}


@pytest.mark.parametrize(("key", "error"), [("files/nope", ObjectNotFound), ("../etc/passwd", InvalidKey)])
def test_a_key_that_is_not_there_leaves_nothing(fs, store, key, error):
    with pytest.raises(error):
        stage(store, key, fs, "/new/in.csv")
    assert fs.listdir("/") == []


@pytest.mark.parametrize(("limits", "error"), [(Limits(file_bytes=3), FileTooLarge), (Limits(total_bytes=3), NoSpace)])
def test_what_does_not_fit_leaves_nothing(store, limits, error):
    fs = VirtualFileSystem(limits=limits)

    with pytest.raises(error):
        stage(store, KEY, fs, "/new/in.csv")
    assert fs.listdir("/") == []


def test_a_place_that_may_not_be_written_stays_as_it_is(fs, store):
    fs.write_file("/in.csv", "old")
    fs.set_policy("/in.csv", NodePolicy(writable=False))

    with pytest.raises(ReadOnly):
        stage(store, KEY, fs, "/in.csv")
    with pytest.raises(ReadOnly):
        stage(store, KEY, ReadOnlyView(fs), "/new.csv")
    assert everything(fs) == {"/in.csv": b"old"}


def test_a_file_is_no_directory(fs, store):
    fs.write_file("/file", "old")

    with pytest.raises(NotADirectory):
        stage(store, KEY, fs, "/file/in.csv")
    with pytest.raises(NotADirectory):
        stage(store, KEY, fs, "/file/")
    assert everything(fs) == {"/file": b"old"}


def test_a_view_stages_into_what_it_sees(fs, store):
    fs.mkdir("/home")

    assert stage(store, KEY, SubtreeView(fs, "/home"), "/../../in.csv").path == "/in.csv"
    assert everything(fs) == {"/home/in.csv": b"a,b\n"}


# ---------------------------------------------------------------- publish


def test_a_file_is_published_under_a_new_key_with_its_origin(fs, store):
    fs.write_file("/out/result.csv", "x\n")
    info = publish(fs, "out/../out/result.csv", store)

    assert info.key.startswith("files/f_")
    assert (info.size_bytes, info.content_type, info.expires_at) == (2, "text/csv", None)
    assert info.metadata == {"original_path": "/out/result.csv", "original_filename": "result.csv"}
    assert store.get(info.key) == b"x\n"


def test_a_file_is_published_under_a_key_of_choice(fs, store):
    fs.write_file("/out/result.json", "{}")
    info = publish(fs, "/out/result.json", store, key="runs/7/output/r.json", metadata={"by": "me"})

    assert (info.key, info.metadata["by"]) == ("runs/7/output/r.json", "me")


@pytest.mark.parametrize("ttl", [60, timedelta(minutes=1)])
def test_a_published_file_may_expire(fs, store, ttl):
    fs.write_file("/a", "x")
    info = publish(fs, "/a", store, ttl=ttl)

    assert info.expires_at - info.created_at == timedelta(minutes=1)


def test_what_is_published_and_staged_is_the_same(fs, store):
    content = os.urandom(3_000_000)
    fs.write_bytes("/big.bin", content)
    info = publish(fs, "/big.bin", store)

    assert stage(store, info.key, fs, "/back/") == Staged("/back/big.bin", 3_000_000)
    assert fs.read_bytes("/back/big.bin") == content


def test_a_name_with_a_control_character_can_be_published(fs, store):
    fs.write_file("/line\nbreak", "x")

    assert publish(fs, "/line\nbreak", store).metadata["original_filename"] == "line\N{REPLACEMENT CHARACTER}break"


@pytest.mark.parametrize(("source", "error"), [("/nope", NotFound), ("/d", IsADirectory)])
def test_what_is_no_file_is_not_published(fs, store, source, error):
    fs.mkdir("/d")

    with pytest.raises(error):
        publish(fs, source, store)
    assert store.usage().file_count == 1


def test_what_the_store_refuses_is_not_published(fs, store, tmp_path):
    fs.write_file("/a", "12345")

    with pytest.raises(InvalidKey):
        publish(fs, "/a", store, key="etc/passwd")
    with LocalFileStore(tmp_path / "small", limits=StoreLimits(max_file_size=4)) as small:
        with pytest.raises(ObjectTooLarge):
            publish(fs, "/a", small)
        assert small.usage().file_count == 0


# ---------------------------------------------------------------- whole directories


@pytest.fixture
def tree(fs):
    files = {"/data/a.csv": b"1", "/data/deep/er/b.txt": b"22", "/data/deep/c": b""}
    for path, content in files.items():
        fs.write_bytes(path, content)
    fs.mkdir("/data/empty")
    fs.symlink("/secret", "/data/link")
    fs.write_file("/secret", "not this")
    return files


def keys_of(store):
    return [info.key for info in store.list().items]


def test_a_directory_is_published_and_staged_as_a_whole(fs, store, tree):
    published = publish_tree(fs, "/data/", store, key="files/set/", sandbox="s", actor="bot")
    staged = stage(store, "files/set/", fs, "/copy", actor="bot")

    assert (published.key, published.size_bytes) == ("files/set/", 3)
    assert [info.key for info in published.files] == ["files/set/a.csv", "files/set/deep/c", "files/set/deep/er/b.txt"]
    assert published.files[0].content_type == "text/csv"
    assert published.files[2].metadata == {
        "original_path": "/data/deep/er/b.txt",
        "original_filename": "b.txt",
        "sandbox": "s",
        "actor": "bot",
    }
    assert staged == Staged("/copy", 3, 3)
    copied = {path.replace("/data/", "/copy/"): content for path, content in tree.items()}
    assert everything(SubtreeView(fs, "/copy")) == {path.removeprefix("/copy"): copied[path] for path in copied}
    assert {record.actor for record in fs.log() if record.path.startswith("/copy")} == {"bot"}


def test_a_directory_without_a_key_gets_a_new_prefix(fs, store, tree):
    published = publish_tree(fs, "/data", store)

    assert published.key.startswith("files/f_")
    assert published.key.endswith("/")
    assert keys_of(store)[:-1] == [info.key for info in published.files]


def test_a_view_publishes_what_it_sees_of_a_directory(fs, store, tree):
    fs.set_policy("/data/deep", NodePolicy(visibility="hidden"))
    view = fs.view(VisibilityView({"public"}))

    published = publish_tree(view, "/data", store, key="files/set/")

    assert [info.key for info in published.files] == ["files/set/a.csv"]
    assert keys_of(store) == ["files/set/a.csv", KEY]


def test_a_directory_that_may_not_be_read_is_not_published_in_part(fs, store, tree):
    fs.set_policy("/data/deep", NodePolicy(readable=False))

    with pytest.raises(PermissionDenied):
        publish_tree(fs, "/data", store)
    assert keys_of(store) == [KEY]


def test_where_one_file_of_a_directory_is_refused_none_is_left(fs, store, tree, tmp_path):
    with LocalFileStore(tmp_path / "small", limits=StoreLimits(max_total_bytes=5)) as small:
        small.put("files/set/a.csv", b"old")
        fs.write_bytes("/data/z", b"too much")

        with pytest.raises(QuotaExceeded):
            publish_tree(fs, "/data", small, key="files/set/")
        assert keys_of(small) == ["files/set/a.csv"]


def refuse(*paths):
    def before(path, _content):
        if path in paths:
            raise PermissionDenied(path, "not this one")

    return before


def test_where_one_file_is_refused_no_other_has_been_replaced(fs, store, tree):
    publish_tree(fs, "/data", store, key="files/set/")
    earlier = store.list().items
    fs.write_file("/data/a.csv", "new")
    fs.write_file("/data/more", "new")

    with pytest.raises(PermissionDenied):
        publish_tree(fs, "/data", store, key="files/set/", before=refuse("/data/deep/er/b.txt"))
    assert (store.list().items, store.usage().reserved_bytes) == (earlier, 0)


def test_files_that_are_there_are_replaced_and_others_added(fs, store, tree):
    publish_tree(fs, "/data", store, key="files/set/")
    fs.write_file("/data/a.csv", "new")
    fs.write_file("/data/more", "more")

    published = publish_tree(fs, "/data", store, key="files/set/", metadata={"run": "2"}, actor="bot")

    names = ["a.csv", "more", "deep/c", "deep/er/b.txt"]
    assert [info.key for info in published.files] == [f"files/set/{name}" for name in names]
    assert [store.get(info.key) for info in published.files] == [b"new", b"more", b"", b"22"]
    assert [(info.version, info.metadata["run"]) for info in published.files] == [
        (2, "2"),
        (1, "2"),
        (2, "2"),
        (2, "2"),
    ]


def test_more_files_than_can_wait_replace_nothing(fs, tree, tmp_path):
    with LocalFileStore(tmp_path / "few", limits=StoreLimits(max_uploads=2)) as few:
        publish_tree(fs, "/data", few, key="files/set/")
        earlier = few.list().items

        with pytest.raises(LimitExceeded, match="2 files can be replaced together"):
            publish_tree(fs, "/data", few, key="files/set/")
        assert (few.list().items, few.usage().reserved_bytes) == (earlier, 0)


@pytest.mark.parametrize(
    ("source", "key", "error"),
    [
        ("/data", "files/set", InvalidRequest),
        ("/data", "", InvalidRequest),
        ("/data", "etc/", InvalidKey),
        ("/data/empty", None, InvalidRequest),
        ("/nope", None, NotFound),
    ],
)
def test_what_is_no_directory_or_prefix_is_not_published(fs, store, tree, source, key, error):
    with pytest.raises(error):
        publish_tree(fs, source, store, key=key)
    assert keys_of(store) == [KEY]


def test_a_name_that_no_key_may_have_stops_before_anything_is_stored(fs, store, tree):
    fs.write_file("/data/z\nz", "x")

    with pytest.raises(InvalidKey):
        publish_tree(fs, "/data", store)
    assert keys_of(store) == [KEY]


def test_a_prefix_that_does_not_fit_leaves_the_file_system_as_it_was(store):
    for number in range(3):
        store.put(f"files/set/{number}", b"12345")
    small = VirtualFileSystem(limits=Limits(total_bytes=12))
    small.write_file("/d/0", "x")

    with pytest.raises(NoSpace):
        stage(store, "files/set/", small, "/d")
    assert everything(small) == {"/d/0": b"x"}


def test_nothing_below_a_prefix_is_not_found(fs, store):
    with pytest.raises(ObjectNotFound):
        stage(store, "files/none/", fs, "/d")
    assert fs.listdir("/") == []


def test_progress_is_told_for_all_files_together(fs, store, tree):
    published, staged = [], []
    publish_tree(fs, "/data", store, key="files/set/", progress=lambda *said: published.append(said))
    stage(store, "files/set/", fs, "/d", progress=lambda *said: staged.append(said))

    assert published == staged == [(1, 3), (3, 3)]


def test_a_publisher_cannot_gainsay_where_a_file_comes_from(fs, store):
    fs.write_file("/a", "x")
    said = {"actor": "owner", "sandbox": "other", "original_path": "/b", "original_filename": "nicer.txt"}

    info = publish(fs, "/a", store, metadata=said, sandbox="mine", actor="agent")

    assert info.metadata == {
        "actor": "agent",
        "sandbox": "mine",
        "original_path": "/a",
        "original_filename": "nicer.txt",
    }


def test_what_a_store_kept_wrongly_is_not_left_there(fs, store):
    fs.write_file("/a", "x")

    class Forgetful(LocalFileStore):
        def put(self, key, body, **options):
            return replace(super().put(key, body, **options), checksum="sha256:" + "0" * 64)

    store.__class__ = Forgetful

    with pytest.raises(ChecksumMismatch):
        publish(fs, "/a", store, key="files/wrong")
    assert keys_of(store) == [KEY]
