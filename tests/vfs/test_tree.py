"""The tree itself: the short cut, its counters and caches, versions, and what a snapshot costs."""

from __future__ import annotations

import tracemalloc
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jupyter_sandfs.vfs.filesystem import VirtualFileSystem
from jupyter_sandfs.vfs.limits import Limits

SMALL = Limits(total_bytes=24, file_bytes=12, nodes=9, depth=4, name_bytes=20)
PATH = st.sampled_from(
    ["/a", "/b", "a", "/d/a", "/d/b", "/d/e/f", "/d/e/g/h/i", "/l", "/l/a", "d/a", "/long-" + "x" * 20]
)
EXPECTED = st.sampled_from([None, None, None, 0, 1, 2])
STEP = st.one_of(
    st.tuples(st.just("write"), PATH, st.binary(max_size=14), st.booleans(), EXPECTED),
    st.tuples(st.just("write"), PATH, st.binary(max_size=3), st.booleans(), st.none()),
    st.tuples(st.sampled_from(["read_bytes", "touch", "mkdir", "snapshot"]), PATH),
    st.tuples(st.just("remove"), PATH | st.just("/d")),
    st.tuples(st.sampled_from(["copy", "move"]), PATH | st.just("/d"), PATH | st.just("/e")),
    st.tuples(st.just("symlink"), st.just("d"), st.just("/l")),
    st.tuples(st.just("chmod"), PATH | st.just("/d")),
    st.tuples(st.just("restore"), PATH),
)


class Player:
    """Plays the same steps on two file systems: one takes the short cut, a watch makes the other go the long way."""

    def __init__(self, *, observed):
        self.fs = VirtualFileSystem(limits=SMALL, clock=count(1).__next__)
        if observed:
            self.fs.watch("/", lambda _: None, interval=60)

    def play(self, name, path, *rest):
        fs = self.fs
        if name == "write":
            data, append, expected = rest
            return fs.write_bytes(path, data, append=append, expected_version=expected)
        calls = {
            "remove": lambda: fs.remove(path, recursive=True),
            "snapshot": lambda: fs.snapshot(path) and None,
            "chmod": lambda: fs.chmod(path, 0o600),
            "copy": lambda: fs.copy(path, *rest, overwrite=True),
            "move": lambda: fs.move(path, *rest, overwrite=True),
        }
        return calls.get(name, lambda: getattr(fs, name)(path, *rest))()


def journal(fs):
    return [record._replace(at_ns=0) for record in fs.log()]


@given(st.lists(STEP, max_size=25))
@settings(
    max_examples=120,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_the_short_cut_does_what_the_long_way_does(look, steps):
    short, long = Player(observed=False), Player(observed=True)

    for step in steps:
        assert look.attempt(short.play, *step) == look.attempt(long.play, *step)
        look.check(short.fs)
        look.check(long.fs)

    assert look.everything(short.fs) == look.everything(long.fs)
    assert short.fs.stats() == long.fs.stats()
    assert journal(short.fs) == journal(long.fs)
    for watch in long.fs._watches:
        watch.close()


def test_the_short_cut_is_taken_at_all(fs, monkeypatch):
    fs.write_file("/d/f", "a")
    monkeypatch.setattr(fs, "_commit", None)  # the long way would fail

    assert [fs.write_file("/d/f", "b"), fs.write_file("/d/g", "c"), fs.append_file("/d/g", "d")] == [2, 1, 2]


def test_a_read_takes_no_lock(fs, monkeypatch):
    fs.write_file("/d/f", "a")
    monkeypatch.setattr(fs, "_lock", None)

    assert fs.read_bytes("/d/f") == b"a"


def test_content_is_kept_and_given_without_a_copy(fs):
    data = b"x" * 100_000

    fs.write_bytes("/f", data)

    assert fs.read_bytes("/f") is data


def test_an_append_after_a_snapshot_leaves_the_snapshot_alone(fs):
    fs.write_file("/f", "a")
    fs.append_file("/f", "b")
    then = fs.snapshot()
    fs.append_file("/f", "c")
    fs.restore(then)
    fs.append_file("/f", "d")

    assert fs.read_text("/f") == "abd"


def test_the_first_write_after_a_snapshot_copies_only_the_directories_on_its_path(fs):
    for name in "abc":
        fs.write_file(f"/{name}/deep/f", "")
    before = fs.snapshot().root.directory

    fs.write_file("/a/deep/g", "")

    now = fs._tree.root
    same = {name: now.directories[name] is before.directories[name] for name in "abc"}
    assert same == {"a": False, "b": True, "c": True}


def test_further_writes_copy_nothing(fs):
    fs.write_file("/a/f", "")
    fs.snapshot()
    fs.write_file("/a/f", "1")
    directory = fs._tree.root.directories["a"]

    fs.write_file("/a/f", "2")

    assert fs._tree.root.directories["a"] is directory


@pytest.mark.parametrize("act", ["snapshot", "copy"])
def test_a_snapshot_and_a_copy_make_no_directories_of_their_own(fs, monkeypatch, act):
    for index in range(50):
        fs.write_file(f"/d/{index}/f", "")
    made = []
    monkeypatch.setattr(type(fs._tree.root), "copy", _counting(type(fs._tree.root).copy, made))

    fs.snapshot() if act == "snapshot" else fs.copy("/d", "/e")

    assert len(made) <= 1  # the root, into which a copy goes


def _counting(call, made):
    def counted(self, owner):
        made.append(self)
        return call(self, owner)

    return counted


def test_a_copy_is_independent_of_its_source(fs, look):
    fs.write_file("/d/f", "old")
    fs.copy("/d", "/e")
    fs.write_file("/d/f", "new")
    fs.remove("/e/f")

    assert (fs.read_text("/d/f"), fs.listdir("/e")) == ("new", [])
    look.check(fs)


def test_a_removed_file_comes_back_with_a_higher_version(fs):
    for text in "abc":
        fs.write_file("/f", text)
    fs.remove("/f")

    assert [fs.write_file("/f", "d", expected_version=0), fs.write_file("/f", "e")] == [4, 5]


@pytest.mark.parametrize("observed", [False, True])
def test_files_of_a_removed_directory_come_back_with_higher_versions(fs, observed):
    if observed:
        fs.watch(callback=lambda _: None, interval=60)
    for text in "abcde":
        fs.write_file("/d/f", text)
    fs.remove("/d", recursive=True)

    assert fs.write_file("/d/f", "again") == 6


def test_a_new_name_elsewhere_starts_at_one_after_a_removal(fs):
    fs.write_file("/d/f", "")
    fs.remove("/d", recursive=True)

    assert fs.write_file("/e/f", "") == 1


def test_a_copied_file_starts_at_one_and_goes_on_over_another(fs):
    for text in "abc":
        fs.write_file("/f", text)
    fs.write_file("/g", "")
    fs.copy("/f", "/new")
    fs.copy("/f", "/g", overwrite=True)

    assert (fs.version("/new"), fs.version("/g")) == (1, 2)


def test_files_in_a_copied_directory_keep_their_versions(fs):
    # Known: the copy shares the tree, so there is nothing to count anew in.
    fs.write_file("/d/f", "a")
    fs.write_file("/d/f", "b")
    fs.copy("/d", "/e")

    assert fs.version("/e/f") == 2


def test_a_moved_file_keeps_its_version_or_goes_on_over_a_higher_one(fs):
    for text in "abc":
        fs.write_file("/high", text)
    fs.write_file("/low", "")
    fs.move("/high", "/h")
    fs.move("/low", "/h", overwrite=True)

    assert (fs.version("/h"), fs.write_file("/high", "")) == (4, 4)


def test_a_version_stands_for_one_content_even_after_a_restore(fs):
    fs.write_file("/d/f", "one")
    then = fs.snapshot()
    fs.write_file("/d/f", "two")
    fs.remove("/d", recursive=True)
    fs.restore(then)

    assert (fs.read_text("/d/f"), fs.version("/d/f")) == ("one", 3)


def test_only_new_and_gone_names_change_the_time_of_a_directory(fs):
    fs.write_file("/d/f", "")
    made = fs.stat("/d").modified_ns
    fs.write_file("/d/f", "other")
    fs.chmod("/d/f", 0o600)
    same = fs.stat("/d").modified_ns
    fs.write_file("/d/g", "")

    assert (same == made, fs.stat("/d").modified_ns > made) == (True, True)


@pytest.mark.parametrize("path", ["/d", "/d/f"])
def test_chmod_leaves_the_time_and_touch_sets_it(fs, path):
    fs.write_file("/d/f", "")
    before = fs.stat(path)
    fs.chmod(path, 0o700)
    changed = fs.stat(path)
    fs.touch(path)

    assert changed == before._replace(mode=0o700)
    assert fs.stat(path).modified_ns > before.modified_ns


def test_a_time_set_by_hand_goes_with_the_next_change(fs):
    then = fs.stat("/").created_at
    fs.write_file("/d/f", "")
    fs.utime("/d/f", then)
    fs.utime("/d", then)
    set_by_hand = [fs.stat(path).modified_at for path in ("/d", "/d/f")]
    fs.write_file("/d/f", "1")
    fs.write_file("/d/g", "1")

    assert set_by_hand == [then, then]
    assert all(fs.stat(path).modified_at > then for path in ("/d", "/d/f"))


def test_no_two_changes_share_an_etag_even_when_the_clock_stands_still():
    fs = VirtualFileSystem(clock=lambda: 1)

    tags = [(fs.write_file("/f", "x"), fs.stat("/f").etag) for _ in range(5)]

    assert len(set(tags)) == 5


def test_a_path_of_a_hundred_thousand_names_costs_no_memory(fs):
    path = "/a" * 100_000

    assert (fs.exists(path), fs.get_entry(path)) == (False, None)
    with pytest.raises(OSError, match="deeper than 256 levels"):
        fs.write_file(path, "")


@pytest.mark.parametrize(("limits", "most"), [(Limits(journal_records=0), 280), (Limits(), 480)])
def test_a_file_takes_little_beyond_its_content(limits, most):
    # It is 256 and 448 bytes; the rest is for what other threads may allocate meanwhile.
    files, content = 5_000, b"x" * 200
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        fs = VirtualFileSystem(limits=limits)
        for number in range(files):
            fs.write_bytes(f"/t/d{number // 100:05}/f{number:07}.txt", bytes(content[:-1]) + b"y")
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert (after - before) / files - len(content) < most


def test_a_write_into_directories_that_are_not_there_takes_the_short_cut(fs, monkeypatch, look):
    monkeypatch.setattr(fs, "_commit", None)  # the long way would fail

    assert fs.write_file("/new/and/deep/f", "x") == 1
    assert [(record.operation, record.path) for record in fs.log()] == [
        ("write", "/new"),
        ("write", "/new/and"),
        ("write", "/new/and/deep"),
        ("write", "/new/and/deep/f"),
    ]
    look.check(fs)


@pytest.mark.parametrize("path", ["/new/../f", "/new//f", "/new/./f", "new/f", "/n\\w/f", "/f/below", "/é/f"])
def test_a_path_that_is_not_plain_goes_the_long_way_into_new_directories(look, path):
    short, long = Player(observed=False), Player(observed=True)

    for player in (short, long):
        player.fs.write_file("/f", "")
    assert look.attempt(short.fs.write_bytes, path, b"x") == look.attempt(long.fs.write_bytes, path, b"x")
    assert look.everything(short.fs) == look.everything(long.fs)
    look.check(short.fs)
    for watch in long.fs._watches:
        watch.close()


def test_a_watch_inside_of_new_directories_is_told_of_them(fs):
    told = []
    with fs.watch("/new/deep", told.extend, interval=60) as watch:
        fs.write_file("/new/deep/er/f", "x")
        fs.write_file("/new/other/f", "x")
        watch.flush()

    assert [change.path for change in told] == ["/new/deep", "/new/deep/er", "/new/deep/er/f"]
