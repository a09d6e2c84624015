"""A file system kept in a storage is the same when it is opened again."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial

import pytest

from jupyter_sandfs.errors import AlreadyExists, ProviderError, StorageError
from jupyter_sandfs.storage import FileEntry, MemoryFileStorage
from jupyter_sandfs.vfs.filesystem import VirtualFileSystem
from jupyter_sandfs.vfs.policy import NodePolicy
from jupyter_sandfs.vfs.providers import ProvidedNode
from jupyter_sandfs.vfs.views.view import VisibilityView


class Fragile(MemoryFileStorage):
    """Fails on request, before anything is kept."""

    broken = False

    def apply(self, sets, deletes):
        if self.broken:
            raise OSError("disk full")
        super().apply(sets, deletes)


@pytest.fixture
def storage():
    return Fragile()


@pytest.fixture
def stored(storage, clock):
    fs = VirtualFileSystem(storage, clock=clock)
    fs.write_file("/d/f", "1")
    fs.write_file("/d/f", "2")
    fs.append_file("/d/f", "3")
    fs.write_file("/d/sub/g", "g")
    fs.mkdir("/empty")
    fs.symlink("d/f", "/link")
    fs.chmod("/d/f", 0o600)
    fs.chmod("/d", 0o700)
    fs.set_policy("/d/sub", NodePolicy(writable=False, principals=frozenset({"ann", "bob"})))
    return fs


STEPS = [
    lambda _: None,
    lambda fs: fs.remove("/empty"),
    lambda fs: fs.move("/d", "/moved/deep"),
    lambda fs: fs.copy("/d", "/copy"),
    lambda fs: fs.copy("/link", "/empty/link"),
    lambda fs: (fs.snapshot("s"), fs.write_file("/d/f", "later"), fs.restore("s")),
    lambda fs: (fs.snapshot("s"), fs.remove("/empty"), fs.write_file("/empty", "swapped"), fs.restore("s")),
    lambda fs: (fs.remove("/link"), fs.mkdir("/link/now/a/directory")),
    lambda fs: fs.chmod("/", 0o700),
    lambda fs: (fs.remove("/empty"), fs.mount_file("/empty", lambda _: ""), fs.remove("/empty")),
    lambda fs: fs.set_policy("/d/sub", None),
]


@pytest.mark.parametrize("step", STEPS)
def test_what_is_opened_again_is_equal(stored, storage, look, step):
    if step in STEPS[2:3]:
        stored.set_policy("/d/sub", None)
    step(stored)

    again = VirtualFileSystem(storage)

    assert look.everything(again) == look.everything(stored)
    assert again.stats() == stored.stats()
    for path in look.everything(stored):
        one, other = (fs.stat(path, follow=False) for fs in (stored, again))
        assert (one.created_at, one.modified_at) == (other.created_at, other.modified_at)
        assert again.get_policy(path) == stored.get_policy(path)
    look.check(again)


@pytest.mark.parametrize(
    "call",
    [
        lambda fs: fs.write_file("/d/f", "lost"),
        lambda fs: fs.append_file("/d/f", "lost"),
        lambda fs: fs.write_file("/a/b/c", "lost"),
        lambda fs: fs.remove("/empty"),
        lambda fs: fs.move("/empty", "/a/b"),
        lambda fs: fs.move("/empty", "/link2"),
        lambda fs: fs.copy("/d", "/a/b"),
        lambda fs: fs.mkdir("/x/y"),
        lambda fs: fs.chmod("/d", 0),
        lambda fs: fs.set_policy("/d/f", NodePolicy(writable=False)),
        lambda fs: fs.restore("start"),
    ],
)
def test_what_the_storage_refuses_has_not_happened(stored, storage, look, call):
    stored.snapshot("start")
    stored.write_file("/more", "1")
    before, length, then = look.everything(stored), len(stored.log()), stored.snapshot()
    storage.broken = True

    with pytest.raises(OSError, match="disk full"):
        call(stored)

    storage.broken = False
    assert (look.everything(stored), len(stored.log()), stored.diff(then)) == (before, length, [])
    assert look.everything(VirtualFileSystem(storage)) == before
    look.check(stored)


@pytest.mark.parametrize(
    "policy",
    [
        {"readable": "no"},
        {"visibility": 3},
        {"principals": "ann"},
        {"principals": [1]},
        {"from_the_future": True},
        "public",
        ["public"],
        {3: 4},
    ],
)
def test_an_unreadable_policy_hides_the_node_from_all_views(storage, policy):
    storage.set(FileEntry(path="/secret", content=b"x", version=1, policy=policy))
    fs = VirtualFileSystem(storage)

    for rule in (VisibilityView(), VisibilityView({"public"}, principals=["", "ann"])):
        assert (fs.view(rule).exists("/secret"), fs.view(rule).listdir()) == (False, [])
    with pytest.raises(PermissionError):
        fs.read_bytes("/secret")


def test_policies_that_come_from_a_storage_protect_from_the_start(stored, storage):
    again = VirtualFileSystem(storage)

    with pytest.raises(PermissionError):
        again.remove("/d", recursive=True)
    assert again.read_text("/d/sub/g") == "g"


def test_entries_that_come_in_any_order_and_without_parents_make_the_same_tree(look):
    class Unordered(MemoryFileStorage):
        def paths(self):
            return reversed(list(super().paths()))

    storage = Unordered()
    for path in ("/a/b/f", "/z/f"):
        storage.set(FileEntry(path=path, content=b"x", version=3))
    storage.set(FileEntry(path="/z", is_directory=True, mode=0o700))
    fs = VirtualFileSystem(storage)

    assert (fs.glob("/**"), fs.stat("/z").mode, fs.version("/a/b/f")) == (
        ["/a", "/a/b", "/a/b/f", "/z", "/z/f"],
        0o700,
        3,
    )
    look.check(fs)


@pytest.mark.parametrize("path", ["relative", "/a/../b", "/a/", "//a", "/a\\b", "/\0"])
def test_an_entry_under_a_path_that_is_not_normal_is_refused(storage, path):
    storage.set(FileEntry(path=path))

    with pytest.raises(StorageError, match="no normal path"):
        VirtualFileSystem(storage)


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ([FileEntry(path="/f", content=b"x"), FileEntry(path="/f/g")], "/f/g lies in a file"),
        ([FileEntry(path="/l", link_target="x"), FileEntry(path="/l/g/h")], "/l/g/h lies in a file"),
        ([FileEntry(path="/")], "its root is no directory"),
    ],
)
def test_entries_that_are_no_tree_are_refused(storage, entries, message):
    storage.set_many(entries)

    with pytest.raises(StorageError, match=message):
        VirtualFileSystem(storage)


class Growing(MemoryFileStorage):
    """Notes what it is given, and puts ends of contents to what it has; is interrupted after that, on request."""

    grows = True
    interrupt = False

    def __init__(self):
        super().__init__()
        self.given = []

    def apply(self, sets, deletes):
        sets, deletes = list(sets), list(deletes)
        self.given.append(({entry.path: (entry.start, entry.content) for entry in sets}, deletes))
        super().apply([self._whole(entry) for entry in sets], deletes)
        if self.interrupt:
            raise KeyboardInterrupt

    def _whole(self, entry):
        if not entry.start:
            return entry
        before = self.get(entry.path).content
        assert len(before) >= entry.start
        return replace(entry, content=before[: entry.start] + entry.content, start=0)


@pytest.mark.parametrize("grows", [True, False])
@pytest.mark.parametrize(
    "call",
    [
        lambda fs: fs.write_file("/d/f", "lost"),
        lambda fs: fs.append_file("/d/f", "lost"),
        lambda fs: fs.write_file("/a/b/c", "lost"),
        lambda fs: fs.move("/d", "/e"),
        lambda fs: fs.copy("/d", "/e"),
        lambda fs: fs.remove("/d", recursive=True),
        lambda fs: fs.chmod("/d", 0),
    ],
)
@pytest.mark.parametrize(
    "later",
    [
        lambda fs: fs.write_file("/other", "x"),
        lambda fs: fs.write_file("/d/f", "y"),
        lambda fs: fs.append_file("/d/f", "y"),
        lambda fs: fs.remove("/d", recursive=True),
        lambda fs: fs.move("/d", "/a"),
    ],
)
def test_what_was_interrupted_and_kept_all_the_same_is_put_right_by_the_next_change(look, grows, call, later):
    storage = Growing()
    storage.grows = grows
    fs = VirtualFileSystem(storage)
    fs.write_file("/d/f", "1")
    fs.append_file("/d/f", "2")
    fs.write_file("/d/g", "3")
    storage.interrupt = True
    with pytest.raises(KeyboardInterrupt):
        call(fs)
    with pytest.raises(KeyboardInterrupt):
        call(fs)
    storage.interrupt = False

    later(fs)
    assert look.everything(VirtualFileSystem(storage)) == look.everything(fs)


# ---------------------------------------------------------------- what a change writes


BIG = bytes(range(256)) * 2048


@pytest.fixture
def growing():
    return Growing()


@pytest.mark.parametrize(
    ("call", "sets", "deletes"),
    [
        (lambda fs: fs.append_file("/big", b"end"), {"/big": (len(BIG), b"end")}, []),
        (lambda fs: fs.chmod("/big", 0o600), {"/big": (len(BIG), b"")}, []),
        (lambda fs: fs.utime("/d/f"), {"/d/f": (1, b"")}, []),
        (lambda fs: fs.write_file("/big", b"new"), {"/big": (0, b"new")}, []),
        (lambda fs: fs.write_file("/d/new", b"new"), {"/d": (0, b""), "/d/new": (0, b"new")}, []),
        (lambda fs: fs.remove("/d/f"), {"/d": (0, b"")}, ["/d/f"]),
        (lambda fs: fs.chmod("/d", 0o700), {"/d": (0, b"")}, []),
        (lambda fs: fs.set_policy("/", NodePolicy(visibility="team")), {"/": (0, b"")}, []),
        (
            lambda fs: fs.move("/d", "/e/d"),
            {"/": (0, b""), "/e": (0, b""), "/e/d": (0, b""), "/e/d/f": (0, b"f"), "/e/d/g": (0, b"g")},
            ["/d", "/d/f", "/d/g"],
        ),
    ],
)
def test_a_change_writes_no_more_than_what_changed(growing, call, sets, deletes):
    fs = VirtualFileSystem(growing)
    fs.write_file("/big", BIG)
    fs.write_file("/d/f", "f")
    fs.write_file("/d/g", "g")

    call(fs)
    assert growing.given[-1] == (sets, deletes)


def test_ends_are_found_however_a_file_grew(growing, look):
    fs = VirtualFileSystem(growing)
    pieces = [b"a" * 10, BIG, b"b" * 70_000, b"c", BIG[:300_000], b"", b"d" * 5]
    for piece in pieces:
        fs.append_file("/log", piece)
        assert growing.get("/log").content == fs.read_bytes("/log")

    assert [given["/log"][1] for given, _ in growing.given] == pieces
    fs.snapshot("s")
    for change in (lambda: fs.append_file("/log", b"later"), lambda: fs.write_file("/log", b"something else")):
        change()
        fs.restore("s")
        assert growing.get("/log").content == fs.read_bytes("/log") == b"".join(pieces)
    fs.append_file("/log", b"branch")
    assert growing.get("/log").content == fs.read_bytes("/log") == b"".join(pieces) + b"branch"
    assert look.everything(VirtualFileSystem(growing)) == look.everything(fs)


# ---------------------------------------------------------------- what is loaded


def test_loaded_files_are_as_light_as_those_that_were_written(stored, storage):
    stored.write_file("/plain", "x")
    before = stored.stat("/plain")

    fs = VirtualFileSystem(storage)
    record = fs._tree.get("/plain")
    assert (record.extra, fs.stat("/plain").modified_at, fs.stat("/plain").created_at) == (
        None,
        before.modified_at,
        before.created_at,
    )


def test_no_two_loaded_nodes_share_a_stamp_and_later_ones_are_higher(storage):
    then = datetime(2020, 1, 1, tzinfo=UTC)
    storage.set_many(FileEntry(path=f"/{number}", version=1, modified_at=then) for number in range(3000))
    fs = VirtualFileSystem(storage)
    stats = [entry.stat for entry in fs.ls()]

    assert len({stat.stamp for stat in stats}) == 3000
    assert {stat.modified_at for stat in stats} == {then}
    fs.write_file("/0", "x")
    assert fs.stat("/0").stamp > max(stat.stamp for stat in stats)


@pytest.mark.parametrize("year", [1, 1960, 1970, 2400, 9999])
def test_times_of_any_year_come_back(storage, year):
    then = datetime(year, 12, 30, 1, 2, 3, 456789, tzinfo=UTC)
    storage.set_many([FileEntry(path="/f", created_at=then, modified_at=then), FileEntry(path="/", is_directory=True)])
    fs = VirtualFileSystem(storage)
    fs.chmod("/f", 0o600)

    assert (fs.stat("/f").created_at, fs.stat("/f").modified_at) == (then, then)
    assert storage.get("/f").modified_at == then


def test_directories_with_times_of_their_own_are_not_taken_for_plain_ones(storage, look):
    fs = VirtualFileSystem(storage)
    fs.write_file("/d/f", "x")
    fs.write_file("/d/e", "x")
    fs.utime("/d", datetime(3000, 1, 1, tzinfo=UTC))
    again = VirtualFileSystem(storage)

    look.check(again)
    assert again.stat("/d").modified_at == datetime(3000, 1, 1, tzinfo=UTC)
    again.write_file("/d/g", "x")
    assert again.stat("/d").modified_at < datetime(3000, 1, 1, tzinfo=UTC)


class Callable:
    def __call__(self, _):
        return ""


@pytest.mark.parametrize(
    ("provider", "name"),
    [(len, "len"), (Callable(), "Callable"), (partial(len), "partial"), (Callable().__call__, "Callable.__call__")],
)
def test_a_dynamic_node_is_kept_with_the_name_of_its_provider(stored, storage, provider, name):
    stored.mount_file("/now", provider)
    stored.mount_directory("/live", provider)
    again = VirtualFileSystem(storage)
    again.utime("/now")
    again.utime("/live")

    assert [storage.get(path).mount for path in ("/now", "/live")] == [name, name]
    assert [again.stat(path).dynamic for path in ("/now", "/live")] == [True, True]
    with pytest.raises(ProviderError, match=f"'{name}' served it before the storage was opened: mount it"):
        again.listdir("/live")


# ---------------------------------------------------------------- transactions and mounts


class _Counting(MemoryFileStorage):
    """Notes each step that it is given, and fails when it is told to."""

    def __init__(self):
        super().__init__()
        self.steps, self.failing = [], False

    def apply(self, sets, deletes):
        if self.failing:
            raise StorageError("the disk is full")
        sets, deletes = list(sets), list(deletes)
        self.steps.append(sorted({each.path for each in sets} | set(deletes)))
        super().apply(sets, deletes)


def test_a_storage_has_a_transaction_in_one_step_at_its_end(look):
    storage = _Counting()
    fs = VirtualFileSystem(storage)
    fs.write_file("/old/f", "1")
    storage.steps.clear()
    with fs.transaction():
        fs.write_file("/new/a", "1")
        fs.move("/old", "/moved")
        with fs.transaction():
            fs.append_file("/new/a", "2")
        fs.remove("/moved/f")
        fs.write_file("/moved/g", "3")
        assert storage.steps == []

    assert len(storage.steps) == 1
    assert look.everything(VirtualFileSystem(storage)) == look.everything(fs)


def test_a_storage_never_has_a_transaction_that_was_rolled_back(look):
    storage = _Counting()
    fs = VirtualFileSystem(storage)
    fs.write_file("/old/f", "1")
    before, storage.steps[:] = look.everything(fs), []

    with pytest.raises(RuntimeError), fs.transaction():
        fs.remove("/old", recursive=True)
        fs.write_file("/new", "x")
        raise RuntimeError

    after = look.everything(VirtualFileSystem(storage))
    assert len(storage.steps) == 1
    assert {path: each[1] for path, each in after.items()} == {path: each[1] for path, each in before.items()}


def test_a_transaction_that_the_storage_refuses_is_rolled_back(look):
    storage = _Counting()
    fs = VirtualFileSystem(storage)
    fs.write_file("/old", "1")
    storage.failing = True

    with pytest.raises(StorageError), fs.transaction():
        fs.write_file("/old", "2")
        fs.write_file("/new", "x")
    storage.failing = False
    fs.write_file("/later", "x")

    assert sorted(fs.listdir("/")) == ["later", "old"]
    assert look.everything(VirtualFileSystem(storage)) == look.everything(fs)


def test_others_are_kept_at_once_while_a_transaction_runs():
    storage = _Counting()
    fs = VirtualFileSystem(storage)

    def elsewhere():
        fs.write_file("/theirs", "x")

    with fs.transaction():
        fs.write_file("/mine", "x")
        thread = threading.Thread(target=elsewhere)
        thread.start()
        thread.join(10)
        assert storage.steps == [["/", "/theirs"]]


@pytest.mark.parametrize("kind", ["file", "directory"])
def test_a_node_that_lost_its_provider_is_mounted_again_under_its_policy(kind):
    storage = MemoryFileStorage()
    mounts = {
        "file": lambda fs: fs.mount_file("/x", lambda _: "computed"),
        "directory": lambda fs: fs.mount_directory("/x", lambda _: {"f": ProvidedNode.file("computed")}),
    }
    first = VirtualFileSystem(storage)
    mounts[kind](first)
    first.set_policy("/x", NodePolicy(visibility="private"))
    fs = VirtualFileSystem(storage)

    mounts[kind](fs)

    assert fs.read_text("/x" if kind == "file" else "/x/f") == "computed"
    assert fs.get_policy("/x").visibility == "private"
    with pytest.raises(AlreadyExists):
        mounts[kind](fs)
