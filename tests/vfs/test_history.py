"""Snapshots, restore and diff; actions and the journal."""

from __future__ import annotations

import threading

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jupyter_sandfs.errors import InvalidRequest, NotFound
from jupyter_sandfs.vfs.actions import Change, ChangeKind
from jupyter_sandfs.vfs.filesystem import VirtualFileSystem
from jupyter_sandfs.vfs.limits import Limits
from jupyter_sandfs.vfs.policy import NodePolicy

ADDED, CHANGED, REMOVED = ChangeKind.ADDED, ChangeKind.CHANGED, ChangeKind.REMOVED


def content(look, fs):
    """All of a file system but the versions, which go on, and the sizes of what was or was not computed yet."""
    return {
        path: (facts._replace(version=0, size=0 if facts.dynamic else facts.size), data)
        for path, (facts, data) in look.everything(fs).items()
    }


SCENES = {
    "file": lambda fs: fs.write_file("/x", "file"),
    "other file": lambda fs: fs.write_file("/x", "other"),
    "directory": lambda fs: fs.write_file("/x/in/f", "deep"),
    "empty directory": lambda fs: fs.mkdir("/x"),
    "link": lambda fs: fs.symlink("y", "/x"),
    "dynamic file": lambda fs: fs.mount_file("/x", lambda _: "computed"),
    "dynamic directory": lambda fs: fs.mount_directory("/x", lambda _: {}),
    "mode": lambda fs: (fs.mkdir("/x"), fs.chmod("/x", 0o700)),
    "nothing": lambda _: None,
}


@pytest.mark.parametrize("later", SCENES)
@pytest.mark.parametrize("first", SCENES)
def test_restore_turns_anything_at_a_path_into_what_was_there(fs, look, first, later):
    SCENES[first](fs)
    then, before = fs.snapshot(), content(look, fs)
    if fs.get_entry("/x"):
        fs.remove("/x", recursive=True)
    SCENES[later](fs)

    fs.restore(then)

    assert content(look, fs) == before
    assert fs.diff(then) == []
    look.check(fs)


@given(st.lists(st.tuples(st.sampled_from(list(SCENES)), st.booleans()), max_size=8))
@settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_every_snapshot_stays_what_it_was(look, steps):
    fs, kept = VirtualFileSystem(), []
    for scene, deeper in steps:
        if fs.get_entry("/x"):
            fs.move("/x", "/old/x" if deeper else "/x2", overwrite=False) if not fs.get_entry(
                "/old/x" if deeper else "/x2"
            ) else fs.remove("/x", recursive=True)
        SCENES[scene](fs)
        kept.append((fs.snapshot(), content(look, fs)))

    for then, expected in reversed(kept):
        fs.restore(then)
        assert content(look, fs) == expected
        look.check(fs)


def test_a_diff_names_what_differs_in_the_order_of_paths(fs):
    for path in ("/a/same", "/a/changed", "/a/gone", "/dir/f", "/swap"):
        fs.write_file(path, "1")
    first = fs.snapshot("first")
    fs.write_file("/a/changed", "2")
    fs.remove("/a/gone")
    fs.write_file("/a/new", "")
    fs.remove("/dir", recursive=True)
    fs.remove("/swap")
    fs.mkdir("/swap")
    fs.snapshot("second")
    fs.remove("/a", recursive=True)

    expected = [
        Change(CHANGED, "/a/changed"),
        Change(REMOVED, "/a/gone"),
        Change(ADDED, "/a/new"),
        Change(REMOVED, "/dir", is_dir=True),
        Change(REMOVED, "/swap"),
        Change(ADDED, "/swap", is_dir=True),
    ]
    assert fs.diff("first", "second") == fs.diff(first, "second") == expected
    assert fs.diff("second") == [Change(REMOVED, "/a", is_dir=True)]


def test_a_snapshot_keeps_its_counts(fs):
    fs.write_file("/f", "123")
    then = fs.snapshot()
    fs.remove("/f")

    assert (then.stats.total_size, then.stats.file_count) == (3, 1)


def test_a_later_snapshot_of_the_same_name_takes_its_place(fs):
    fs.snapshot("a")
    fs.snapshot("b")
    latest = fs.snapshot("a")

    assert fs.snapshots() == [fs.snapshots()[0], latest]
    assert [each.name for each in fs.snapshots()] == ["b", "a"]


def test_an_unknown_snapshot_and_that_of_another_file_system_are_not_found(fs):
    for snapshot in ("nope", VirtualFileSystem().snapshot()):
        with pytest.raises(NotFound):
            fs.restore(snapshot)


def test_restore_brings_policies_and_providers_back(fs):
    fs.mount_file("/m", lambda _: "computed")
    fs.write_file("/d/f", "")
    fs.set_policy("/d", NodePolicy(writable=False))
    then = fs.snapshot()
    fs.set_policy("/d", None)
    fs.remove("/m")

    fs.restore(then)

    assert (fs.get_policy("/d/f").writable, fs.read_text("/m")) == (False, "computed")


def test_an_action_groups_changes_and_nested_ones_join_it(fs):
    with fs.action("outer", "ann") as outer, fs.action("inner", "bob") as inner:
        fs.write_file("/f", "")
        thread = threading.Thread(target=lambda: fs.write_file("/alone", ""))
        thread.start()
        thread.join(10)
        with_it = threading.Thread(target=lambda: _write_under(fs, outer))
        with_it.start()
        with_it.join(10)

    assert inner is outer
    assert [change.path for change in outer.changes] == ["/f", "/with"]
    assert [(each.path, each.label, each.actor) for each in fs.log()] == [
        ("/f", "outer", "ann"),
        ("/alone", "", "owner"),
        ("/with", "outer", "ann"),
    ]


def _write_under(fs, action):
    with action.here():
        fs.write_file("/with", "")


def test_the_journal_forgets_the_oldest_and_goes_on_counting(clock):
    fs = VirtualFileSystem(limits=Limits(journal_records=3), clock=clock)
    for index in range(5):
        fs.write_file(f"/{index}", "")

    assert [(record.sequence, record.path) for record in fs.log()] == [(3, "/2"), (4, "/3"), (5, "/4")]
    assert [record.path for record in fs.log(1)] == ["/4"]
    assert fs.log(0) == []


def test_a_copy_is_journalled_with_its_source(fs):
    fs.write_file("/f", "12")
    fs.copy("/f", "/d/g")

    assert [(each.operation, each.kind, each.path, each.source, each.size) for each in fs.log(2)] == [
        ("copy", ADDED, "/d", None, 0),
        ("copy", ADDED, "/d/g", "/f", 2),
    ]


def test_a_name_of_a_snapshot_is_text(fs):
    with pytest.raises(InvalidRequest, match=r"^the name of a snapshot is text, not int$"):
        fs.snapshot(5)

    assert fs.snapshots() == []
