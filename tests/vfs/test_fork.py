"""Forks, earlier moments, and three-way merges."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jupyter_sandfs.errors import (
    HookError,
    InvalidRequest,
    LimitExceeded,
    MergeConflict,
    NoSpace,
    NotFound,
    PermissionDenied,
    ReadOnly,
    SandfsError,
)
from jupyter_sandfs.vfs.actions import Change, ChangeKind
from jupyter_sandfs.vfs.filesystem import VirtualFileSystem
from jupyter_sandfs.vfs.limits import Limits
from jupyter_sandfs.vfs.policy import NodePolicy
from jupyter_sandfs.vfs.views.readonly import ReadOnlyView
from jupyter_sandfs.vfs.views.subtree import SubtreeView
from jupyter_sandfs.vfs.views.view import VisibilityView

ADDED, CHANGED, REMOVED, MOVED = ChangeKind.ADDED, ChangeKind.CHANGED, ChangeKind.REMOVED, ChangeKind.MOVED
HIDDEN = NodePolicy(visibility="hidden")
PUBLIC = VisibilityView(["public"])


def content(look, fs):
    """All of a file system but the versions, and the sizes of what was or was not computed yet."""
    return {
        path: (facts._replace(version=0, size=0 if facts.dynamic else facts.size), data)
        for path, (facts, data) in look.everything(fs).items()
    }


@pytest.fixture
def full(fs):
    fs.write_file("/d/f", "1\n2\n3\n4\n5\n")
    fs.write_file("/d/e/g", "deep")
    fs.write_file("/other", "other")
    fs.chmod("/other", 0o600)
    fs.symlink("d/f", "/l")
    fs.mount_file("/dyn", lambda context: f"computed at {context.path}")
    return fs


# ---------------------------------------------------------------- forks


def test_a_fork_starts_as_the_original_is_and_goes_its_own_way(full, look):
    before = content(look, full)
    fork = full.fork()

    assert content(look, fork) == before
    fork.write_file("/d/f", "fork")
    fork.remove("/d/e", recursive=True)
    full.write_file("/other", "original")
    assert content(look, fork)["/other"][1] == b"other"
    assert content(look, full) == {**before, "/other": (content(look, full)["/other"][0], b"original")}
    look.check(full)
    look.check(fork)


def test_a_fork_keeps_policies_and_providers_and_leaves_history_and_hooks(full):
    full.set_policy("/d", NodePolicy(writable=False))
    full.register_write_hook("/", lambda _: pytest.fail("a fork runs no hooks"))
    full.snapshot("s")
    fork = full.fork()

    with pytest.raises(ReadOnly):
        fork.write_file("/d/f", "x")
    assert fork.read_text("/dyn") == "computed at /dyn"
    fork.write_file("/new", "x")
    assert (fork.snapshots(), [each.path for each in fork.log()]) == ([], ["/new"])


def test_a_fork_starts_as_the_original_was_at_a_snapshot(full, look):
    before, then = content(look, full), full.snapshot("then")
    full.write_file("/d/f", "later")
    full.remove("/other")
    fork = full.fork("then")

    assert content(look, fork) == content(look, full.fork(then)) == before
    look.check(fork)
    fork.write_file("/d/new", "x")
    assert [change.path for change in full.merge(fork).changes] == ["/d/new"]  # the later changes stay
    assert (full.read_text("/d/f"), full.exists("/other")) == ("later", False)
    with pytest.raises(NotFound, match="another file system"):
        full.fork(VirtualFileSystem().snapshot())


def test_a_fork_is_brought_back_to_a_snapshot_of_the_original(full, look):
    before, then = content(look, full), full.snapshot()
    full.write_file("/d/f", "later")
    fork = full.fork()
    fork.write_file("/d/f", "later still")
    fork.restore(then)

    assert content(look, fork) == before
    assert (fork.version("/d/f"), full.read_text("/d/f")) == (4, "later")
    look.check(fork)


def test_a_subtree_is_not_forked_at_a_moment_when_it_was_not_there(fs):
    fs.snapshot("empty")
    fs.write_file("/d/f", "x")
    fs.snapshot("filled")
    view = SubtreeView(fs, "/d")
    fs.write_file("/d/f", "later")

    assert view.fork("filled").read_text("/f") == "x"
    with pytest.raises(NotFound, match="it was not there then"):
        view.fork("empty")


def test_versions_go_on_in_a_fork_and_etags_are_its_own(full):
    full.remove("/other")
    fork = full.fork()
    fork.write_file("/other", "again")
    full.write_file("/other", "again")

    assert (fork.version("/other"), full.version("/other")) == (2, 2)
    assert fork.stat("/other").etag != full.stat("/other").etag
    full.remove("/d/f")
    fork.remove("/d/e/g")
    full.write_file("/d/e/g", "x")
    assert (fork.write_file("/d/f", "y"), full.write_file("/d/f", "y"), full.version("/d/e/g")) == (2, 2, 2)


@pytest.mark.parametrize(
    ("wrap", "path", "shown"),
    [
        (lambda fs: fs.view(PUBLIC), "/secret", False),
        (ReadOnlyView, "/secret", True),
        (lambda fs: SubtreeView(fs, "/d"), "/f", True),
    ],
)
def test_a_fork_of_a_view_is_the_same_view_of_the_fork(full, wrap, path, shown):
    full.write_file("/secret", "x")
    full.set_policy("/secret", HIDDEN)
    fork = wrap(full).fork()

    assert fork.exists(path) is shown
    full.write_file("/d/f", "changed")
    assert not any(fork.read_bytes(each) == b"changed" for each in fork.glob("/**") if fork.is_file(each))


# ---------------------------------------------------------------- earlier moments


def test_an_earlier_moment_can_be_read_and_not_changed(full, look):
    before = content(look, full)
    full.snapshot("then")
    full.remove("/d", recursive=True)
    past = full.at("then")

    assert content(look, past) == before
    with pytest.raises(ReadOnly):
        past.write_file("/d/f", "x")
    with pytest.raises(NotFound, match="there are: then"):
        full.at("never")


def test_what_is_hidden_now_is_hidden_in_the_past_too(full):
    full.write_file("/secret", "x")
    full.snapshot("open")
    full.set_policy("/secret", HIDDEN)
    full.snapshot("closed")
    full.remove("/secret")
    view = full.view(PUBLIC)

    for name in ("open", "closed"):
        assert not view.at(name).exists("/secret")
        assert "secret" not in str(view.at(name).listdir("/"))
    assert full.at("open").exists("/secret")


def test_a_subtree_shows_its_own_past(full):
    full.snapshot("then")
    full.write_file("/d/f", "x")

    assert SubtreeView(full, "/d").at("then").read_text("/f") == "1\n2\n3\n4\n5\n"
    empty = VirtualFileSystem()
    empty.snapshot("then")
    empty.mkdir("/d")
    with pytest.raises(NotFound):
        SubtreeView(empty, "/d").at("then")


def test_snapshots_are_bounded_and_can_be_dropped():
    fs = VirtualFileSystem(limits=Limits(snapshots=2))
    fs.snapshot("a")
    fs.snapshot("b")
    fs.snapshot("b")
    fs.snapshot()

    with pytest.raises(LimitExceeded, match="drop_snapshot"):
        fs.snapshot("c")
    fs.drop_snapshot("a")
    fs.snapshot("c")
    assert [each.name for each in fs.snapshots()] == ["b", "c"]
    with pytest.raises(NotFound):
        fs.drop_snapshot("a")
    view = fs.view(PUBLIC)
    with pytest.raises(NotFound, match="of yours"):
        view.drop_snapshot("b")
    view.snapshot("mine")
    view.snapshot("mine too")
    with pytest.raises(LimitExceeded):
        view.snapshot("a third")
    view.drop_snapshot("mine")
    assert [each.name for each in view.snapshots()] == ["b", "c", "mine too"]


# ---------------------------------------------------------------- differences


def test_a_diff_tells_what_moved(full):
    then = full.snapshot()
    full.move("/d/e", "/moved/e")
    full.move("/other", "/else")
    full.copy("/l", "/l2")
    full.remove("/l")

    assert full.diff(then) == [
        Change(REMOVED, "/d/e", is_dir=True),
        Change(MOVED, "/else", source="/other"),
        Change(REMOVED, "/l"),
        Change(ADDED, "/l2"),
        Change(ADDED, "/moved", is_dir=True),
    ]


def test_a_directory_that_moved_is_one_change(full):
    full.mkdir("/moved")
    then = full.snapshot()
    full.move("/d", "/moved/d")

    assert full.diff(then) == [Change(MOVED, "/moved/d", is_dir=True, source="/d")]


def test_a_view_sees_what_moved_in_and_out_of_its_sight(full):
    full.mkdir("/hidden")
    full.set_policy("/hidden", HIDDEN)
    full.write_file("/hidden/in", "x")
    then = full.snapshot()
    full.move("/hidden/in", "/in")
    full.move("/other", "/hidden/out")
    full.move("/d/f", "/f")

    assert full.view(PUBLIC).diff(then) == [
        Change(MOVED, "/f", source="/d/f"),
        Change(ADDED, "/in"),
        Change(REMOVED, "/other"),
    ]
    assert SubtreeView(full, "/d").diff(then) == [Change(REMOVED, "/f")]


def test_writing_the_same_again_is_no_difference(full):
    then = full.snapshot()
    full.write_file("/other", "other")

    assert full.diff(then) == []


def test_a_unified_diff_is_what_diff_u_writes(full):
    full.snapshot("a")
    full.write_file("/d/f", "1\n2\nthree\n4\n5\n")
    full.write_file("/new", "no end")
    full.write_file("/bin", b"\0")
    full.remove("/d/e", recursive=True)
    full.move("/other", "/else")
    full.remove("/l")
    full.symlink("d", "/l")

    assert full.unified_diff("a", context=1) == (
        "Files a/bin and b/bin differ\n"
        "--- a/d/e/g\n+++ /dev/null\n@@ -1 +0,0 @@\n-deep\n\\ No newline at end of file\n"
        "--- a/d/f\n+++ b/d/f\n@@ -2,3 +2,3 @@\n 2\n-3\n+three\n 4\n"
        "--- a/l\n+++ b/l\n@@ -1 +1 @@\n-d/f\n\\ No newline at end of file\n+d\n\\ No newline at end of file\n"
        "--- /dev/null\n+++ b/new\n@@ -0,0 +1 @@\n+no end\n\\ No newline at end of file\n"
    )
    assert full.unified_diff("a", path="/d/e").startswith("--- a/d/e/g")
    full.snapshot("b")
    assert full.unified_diff("b", "a", path="/new").startswith("--- a/new\n+++ /dev/null")


def test_a_view_diffs_only_the_text_that_it_sees(full):
    full.write_file("/secret", "s1")
    full.set_policy("/secret", HIDDEN)
    full.snapshot("a")
    full.write_file("/secret", "s2")
    full.write_file("/other", "changed\n")

    assert full.view(PUBLIC).unified_diff("a") == (
        "--- a/other\n+++ b/other\n@@ -1 +1 @@\n-other\n\\ No newline at end of file\n+changed\n"
    )


# ---------------------------------------------------------------- merges

DEEDS = {
    "write f": lambda fs: fs.write_file("/d/f", "rewritten\n"),
    "first line": lambda fs: fs.write_file("/d/f", fs.read_text("/d/f").replace("1\n", "one\n")),
    "last line": lambda fs: fs.write_file("/d/f", fs.read_text("/d/f").replace("5\n", "five\n")),
    "chmod f": lambda fs: fs.chmod("/d/f", 0o600),
    "add": lambda fs: fs.write_file("/d/new", "new"),
    "add deep": lambda fs: fs.write_file("/d/e/x/y", "new"),
    "remove g": lambda fs: fs.remove("/d/e/g"),
    "remove e": lambda fs: fs.remove("/d/e", recursive=True),
    "remove d": lambda fs: fs.remove("/d", recursive=True),
    "file for e": lambda fs: (fs.remove("/d/e", recursive=True), fs.write_file("/d/e", "file")),
    "move d": lambda fs: fs.move("/d", "/moved"),
    "copy d": lambda fs: fs.copy("/d", "/c"),
    "relink": lambda fs: (fs.remove("/l"), fs.symlink("other", "/l")),
    "unmount": lambda fs: fs.remove("/dyn"),
    "chmod d": lambda fs: fs.chmod("/d", 0o700),
}


def do(fs, deeds):
    for deed in deeds:
        with suppress(SandfsError):
            DEEDS[deed](fs)


def base_tree():
    fs = VirtualFileSystem()
    fs.write_file("/d/f", "1\n2\n3\n4\n5\n")
    fs.write_file("/d/e/g", "deep")
    fs.write_file("/other", "other")
    fs.symlink("d/f", "/l")
    fs.mount_file("/dyn", lambda _: "computed")
    return fs


DEED_LISTS = st.lists(st.sampled_from(sorted(DEEDS)), max_size=4)


@given(DEED_LISTS, DEED_LISTS)
@settings(
    max_examples=120,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_merge_laws(look, left, right):
    base = base_tree()
    one, two = base.fork(), base.fork()
    do(one, left)
    do(two, right)
    alone = content(look, one)

    same = one.merge(one.fork())
    assert (same.changes, same.conflicts, content(look, one)) == ([], [], alone)
    assert one.merge(base).changes == []
    fresh = base.fork()
    fresh.merge(one, base=None)
    assert content(look, fresh) == alone
    merged = []
    for ours, theirs in ((one.fork(), two), (two.fork(), one)):
        start = base.snapshot()
        before = content(look, ours)
        try:
            ours.merge(theirs, base=start)
            merged.append(content(look, ours))
        except MergeConflict as conflict:
            assert content(look, ours) == before
            merged.append(conflict.paths)
        look.check(ours)
    assert merged[0] == merged[1]


@given(DEED_LISTS, DEED_LISTS, st.sampled_from(["mark", "ours", "theirs"]))
@settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_a_merge_that_settles_conflicts_always_ends_and_lists_them(look, left, right, how):
    base = base_tree()
    one, two = base.fork(), base.fork()
    do(one, left)
    do(two, right)
    try:
        one.fork().merge(two, base=base.snapshot())
        expected = []
    except MergeConflict as conflict:
        expected = conflict.paths

    merged = one.merge(two, base=base.snapshot(), conflicts=how)

    assert set(expected) >= set(merged.conflicts)
    assert bool(expected) == bool(merged.conflicts)
    look.check(one)


def test_a_merge_brings_over_what_only_they_changed(full):
    fork = full.fork()
    fork.write_file("/d/new", "from the fork")
    fork.remove("/d/e", recursive=True)
    full.write_file("/other", "meanwhile")

    merged = full.merge(fork)

    assert merged.changes == [
        Change(REMOVED, "/d/e", is_dir=True),
        Change(REMOVED, "/d/e/g"),
        Change(ADDED, "/d/new"),
    ]
    assert (merged.conflicts, full.read_text("/other")) == ([], "meanwhile")
    full.undo()
    assert full.listdir("/d") == ["e", "f"]


def test_lines_that_do_not_touch_are_merged_and_others_marked(full):
    fork = full.fork()
    DEEDS["first line"](full)
    DEEDS["last line"](fork)
    full.merge(fork)
    assert full.read_text("/d/f") == "one\n2\n3\n4\nfive\n"

    fork = full.fork()
    full.write_file("/d/f", "ours\n2\n3\n4\nfive\n")
    fork.write_file("/d/f", "theirs\n2\n3\n4\nfive\n")
    with pytest.raises(MergeConflict, match="both sides changed: /d/f"):
        full.merge(fork)
    assert full.merge(fork, conflicts="mark").conflicts == ["/d/f"]
    assert full.read_text("/d/f") == "<<<<<<< ours\nours\n=======\ntheirs\n>>>>>>> theirs\n2\n3\n4\nfive\n"


def test_a_merge_goes_both_ways_and_between_forks(full):
    one, two = full.fork(), full.fork()
    one.write_file("/one", "1")
    two.write_file("/two", "2")
    one.merge(two)
    full.write_file("/zero", "0")

    one.merge(full)

    assert {"one", "two", "zero"} <= set(one.listdir("/"))
    with pytest.raises(InvalidRequest, match="base"):
        full.merge(VirtualFileSystem())
    with pytest.raises(InvalidRequest, match="refuse, mark, ours, theirs"):
        full.merge(one, conflicts="maybe")
    with pytest.raises(InvalidRequest, match="not a view"):
        full.merge(ReadOnlyView(one))
    with pytest.raises(PermissionDenied):
        full.view(PUBLIC).merge(one)


def test_a_merge_holds_quota_and_hooks():
    fs = VirtualFileSystem(limits=Limits(total_bytes=10))
    fork = fs.fork()
    fork.write_file("/f", "12345678")
    fs.write_file("/g", "12345678")
    with pytest.raises(NoSpace):
        fs.merge(fork)
    fs.remove("/g")

    def hook(event):
        raise RuntimeError(f"{event.path} {event.version} refused")

    fs.register_write_hook("/", hook, before=True)
    with pytest.raises(HookError, match="/f 1 refused"):
        fs.merge(fork)
    assert not fs.exists("/f")
