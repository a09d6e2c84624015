"""Watching, snapshots, differences and restoring through views: of what is seen, and of one's own."""

from __future__ import annotations

from threading import Thread

import pytest

from jupyter_sandfs.errors import (
    HookError,
    InvalidRequest,
    MergeConflict,
    NoSpace,
    NotFound,
    PermissionDenied,
    ReadOnly,
)
from jupyter_sandfs.vfs.actions import Change, ChangeKind
from jupyter_sandfs.vfs.entries import Stats
from jupyter_sandfs.vfs.filesystem import VirtualFileSystem
from jupyter_sandfs.vfs.limits import Limits
from jupyter_sandfs.vfs.policy import NodePolicy
from jupyter_sandfs.vfs.views.readonly import ReadOnlyView
from jupyter_sandfs.vfs.views.subtree import SubtreeView
from jupyter_sandfs.vfs.views.view import View, VisibilityView

PRIVATE = NodePolicy(visibility="private")
PUBLIC = VisibilityView({"public"})
ADDED, CHANGED, REMOVED = ChangeKind.ADDED, ChangeKind.CHANGED, ChangeKind.REMOVED


@pytest.fixture
def world(fs):
    fs.write_file("/pub/a.txt", "one")
    fs.write_file("/pub/d/b.txt", "two")
    fs.write_file("/pub/d/secret", "hush")
    fs.set_policy("/pub/d/secret", PRIVATE)
    return fs


MAKES = {
    "view": lambda fs: fs.view(PUBLIC),
    "subtree": lambda fs: SubtreeView(fs.view(PUBLIC), "/pub"),
    "view of a subtree": lambda fs: View(SubtreeView(fs, "/pub"), PUBLIC),
}


@pytest.fixture(params=MAKES)
def view(request, world):
    return MAKES[request.param](world)


@pytest.fixture
def at(view):
    """Give the view's path of one below /pub."""
    return (lambda path: path) if isinstance(view, SubtreeView | View) and not view.exists("/pub") else "/pub{}".format


# ---------------------------------------------------------------- watching


def test_a_view_is_watched_by_iterating(world, view, at):
    with view.watch(interval=60) as watch:
        world.write_file("/pub/d/secret", "still hush")
        world.write_file("/pub/new", "")
        watch.flush()
        world.remove("/pub/a.txt")
        watch.flush()
        batches = iter(watch)
        heard = [next(batches), next(batches)]

    assert heard == [[Change(ADDED, at("/new"))], [Change(REMOVED, at("/a.txt"))]]


def test_closing_a_watch_ends_its_iterator_and_tells_nothing_more(world, view):
    watch = view.watch(interval=60)
    heard = []
    listener = Thread(target=lambda: heard.extend(watch))
    listener.start()
    watch.close()
    listener.join(10)
    world.write_file("/pub/late", "")
    watch.flush()

    assert (listener.is_alive(), heard, world._watches) == (False, [], ())


def test_a_batch_in_which_nothing_is_seen_is_not_told(world, view):
    heard = []
    with view.watch("/", heard.append, interval=60) as watch:
        world.write_file("/pub/d/secret", "x")
        watch.flush()

    assert heard == []


# ---------------------------------------------------------------- snapshots


def test_a_name_given_through_a_view_is_its_own(world, view):
    owned = world.snapshot("mark")
    world.snapshot("start")
    taken = view.snapshot("mark")
    view.snapshot()

    assert [(each.name, each.at_ns) for each in world.snapshots()] == [
        ("mark", owned.at_ns),
        ("start", owned.at_ns + 10**9),
    ]
    assert [each.name for each in view.snapshots()] == ["start", "mark"]
    assert view.snapshots()[-1] is taken


def test_a_snapshot_counts_what_its_view_sees(view):
    before = view.stats()
    taken = view.snapshot()
    view.write_file("/later", "x")

    assert (taken.stats, before) == (before, before)
    assert "hush" not in repr(taken)


def test_a_snapshot_of_the_owner_counts_what_the_view_sees(world, view):
    world.snapshot("start")

    assert [each.stats for each in view.snapshots()] == [view.stats()]


def test_an_unknown_name_says_which_there_are(world, view):
    world.snapshot("start")
    view.snapshot("mine")

    with pytest.raises(NotFound) as caught:
        view.diff("none")

    assert str(caught.value) == ("none: No such file or directory (no snapshot has this name; there are: start, mine)")


def test_a_view_compares_with_a_moment_that_its_owner_named(world, view, at):
    world.snapshot("start")
    view.write_file(at("/new"), "")

    assert view.diff("start") == [Change(ADDED, at("/new"))]


def test_a_difference_leaves_out_what_was_hidden_then(world, view, at):
    before = world.snapshot()
    world.write_file("/pub/d/secret", "changed while hidden")
    middle = world.snapshot()
    world.set_policy("/pub/d/secret", None)

    assert (view.diff(before, middle), view.diff(before)) == ([], [])
    world.write_file("/pub/d/secret", "open now")
    assert view.diff(world.snapshot(), None) == []


def test_a_difference_of_a_subtree_that_came_whole_names_what_is_in_it(fs):
    before = fs.snapshot()
    fs.write_file("/home/ann/f", "")
    fs.mkdir("/home/ann/d")

    assert SubtreeView(fs, "/home/ann").diff(before) == [Change(ADDED, "/d", is_dir=True), Change(ADDED, "/f")]


def test_the_log_is_numbered_by_what_is_seen(world, view, at):
    world.write_file("/pub/d/secret", "x")
    view.write_file(at("/new"), "")

    log = view.log()

    assert [record.sequence for record in log] == list(range(1, len(log) + 1))
    assert view.log(1) == log[-1:]
    assert view.log(0) == []


# ---------------------------------------------------------------- restoring


def test_restoring_takes_back_ones_own_changes_in_one_step(world, view, at, look):
    before, start = look.everything(view), view.snapshot("start")
    with view.action("work", "ann"):
        view.write_file(at("/a.txt"), "changed")
        view.write_file(at("/new/deep"), "x")
        view.remove(at("/d/b.txt"))
        view.symlink("a.txt", at("/l"))
    steps = len(world.log())

    with view.action("back", "ann"):
        view.restore("start")

    assert contents(look.everything(view)) == contents(before)
    assert {record.operation for record in world.log()[steps:]} == {"restore"}
    assert view.diff(start) == []
    assert world.read_text("/pub/d/secret") == "hush"


def contents(everything):
    return {path: (facts.kind, content) for path, (facts, content) in everything.items()}


def test_a_directory_comes_back_with_what_was_seen_of_it(world, view, at):
    view.write_file(at("/e/f/one"), "1")
    start = view.snapshot()
    view.remove(at("/e"), recursive=True)

    view.restore(start)

    assert (view.read_text(at("/e/f/one")), world.version("/pub/e/f/one") > 1) == ("1", True)


def test_versions_go_on_when_a_file_is_restored(view, at):
    start = view.snapshot()
    changed = view.write_file(at("/a.txt"), "changed")

    view.restore(start)

    assert view.version(at("/a.txt")) == changed + 1


def test_what_others_changed_stays(view, at):
    start = view.snapshot()
    with view.action("", "bob"):
        view.write_file(at("/bob"), "his")
    with view.action("", "ann"):
        view.write_file(at("/ann"), "hers")
        view.restore(start)

    assert (view.read_text(at("/bob")), view.exists(at("/ann"))) == ("his", False)


def test_what_both_changed_is_refused_whole(view, at, look):
    start = view.snapshot()
    with view.action("", "bob"):
        view.write_file(at("/a.txt"), "his")
    with view.action("", "ann"):
        view.write_file(at("/ann"), "hers")
        view.write_file(at("/a.txt"), "hers")
        before = look.everything(view)
        with pytest.raises(MergeConflict) as caught:
            view.restore(start)

    assert (caught.value.paths, look.everything(view)) == ([at("/a.txt")], before)


def test_a_link_is_taken_back_as_a_link_and_not_written_through(world, view, at):
    start = view.snapshot()
    with world.action("", "somebody else"):
        world.write_file("/pub/target", "kept")
    view.remove(at("/a.txt"))
    view.symlink("target", at("/a.txt"))

    view.restore(start)

    assert (view.read_text(at("/a.txt")), view.is_symlink(at("/a.txt"))) == ("one", False)
    assert world.read_text("/pub/target") == "kept"


@pytest.mark.parametrize("policy", [NodePolicy(writable=False), NodePolicy(append_only=True)])
def test_restoring_obeys_policies_and_changes_none(world, view, at, look, policy):
    start = view.snapshot()
    view.write_file(at("/first"), "")
    view.write_file(at("/a.txt"), "changed")
    world.set_policy("/pub/a.txt", policy)
    before = look.everything(world)

    with pytest.raises(PermissionDenied):
        view.restore(start)

    assert (look.everything(world), world.get_policy("/pub/a.txt")) == (before, policy)


def test_a_policy_set_since_stays(world, view, at):
    start = view.snapshot()
    labelled = NodePolicy(visibility="public", principals=frozenset())
    view.write_file(at("/a.txt"), "changed")
    world.set_policy("/pub/a.txt", labelled)

    view.restore(start)

    assert (view.read_text(at("/a.txt")), world.get_policy("/pub/a.txt")) == ("one", labelled)


def test_what_had_rules_of_its_own_does_not_come_back_without_its_owner(world, view, at):
    world.set_policy("/pub/a.txt", NodePolicy())
    start = view.snapshot()
    world.write_file("/pub/b", "")
    view.remove(at("/a.txt"))
    view.remove(at("/b"))

    with pytest.raises(PermissionDenied, match="its owner brings it back"):
        view.restore(start)

    assert (view.exists(at("/a.txt")), view.exists(at("/b"))) == (False, False)


def test_what_holds_something_hidden_now_is_not_taken_away(world, view, at):
    start = view.snapshot()
    view.mkdir(at("/box"))
    world.write_file("/pub/box/hidden", "x")
    world.set_policy("/pub/box/hidden", PRIVATE)

    with pytest.raises(PermissionDenied) as caught:
        view.restore(start)

    assert (world.read_text("/pub/box/hidden"), "hidden" in str(caught.value)) == ("x", False)


def test_what_was_hidden_then_does_not_come_back(world, view, at):
    """The owner published the name with another content; the old one stays secret."""
    start = view.snapshot()
    world.write_file("/pub/d/secret", "open", expected_version=1)
    world.set_policy("/pub/d/secret", None)
    view.write_file(at("/d/secret"), "mine")

    view.restore(start)

    assert world.read_text("/pub/d/secret") == "mine"


def test_a_hook_refuses_a_restore_whole(world, view, at, look):
    start = view.snapshot()
    view.write_file(at("/a.txt"), "changed")
    view.write_file(at("/new"), "changed")

    def veto(event):
        if event.content == b"one":
            raise ValueError(event.path)

    world.register_write_hook("/pub", veto, before=True)
    before = look.everything(world)

    with pytest.raises(HookError):
        view.restore(start)
    assert look.everything(world) == before


def test_the_quota_holds_for_a_restore(clock):
    fs = VirtualFileSystem(limits=Limits(total_bytes=10), clock=clock)
    view = fs.view(PUBLIC)
    view.write_file("/f", "12345678")
    start = view.snapshot()
    view.write_file("/f", "")
    with fs.action("", "other"):
        fs.write_file("/g", "12345678")

    with pytest.raises(NoSpace):
        view.restore(start)

    assert (fs.read_text("/f"), fs.stats()) == ("", Stats(8, 2, 1))


def test_through_a_read_only_view_nothing_is_restored(world):
    start = world.snapshot("start")
    world.write_file("/pub/a.txt", "changed")

    for snapshot in (start, "start"):
        with pytest.raises(ReadOnly):
            ReadOnlyView(world).restore(snapshot)
    assert world.read_text("/pub/a.txt") == "changed"


# ---------------------------------------------------------------- copying what is seen


def test_a_copy_of_what_is_seen_is_one_step_of_one_moment(world, view, at):
    steps = len(world.log())

    view.copy(at("/d"), at("/copy"))

    assert [record.operation for record in world.log()[steps:]] == ["copy"]
    assert (view.listdir(at("/copy")), world.listdir("/pub/copy")) == (["b.txt"], ["b.txt"])


def test_a_copy_of_what_is_seen_replaces_a_directory_on_request(world, view, at):
    world.write_file("/pub/old/x", "x")

    view.copy(at("/d"), at("/old"), overwrite=True)

    assert world.listdir("/pub/old") == ["b.txt"]


def test_a_copy_of_what_is_seen_is_counted_exactly(world, view, at, look):
    view.copy(at("/d"), at("/copy"))
    world.write_file("/pub/copy/more", "x")
    world.remove("/pub/d", recursive=True)

    look.check(world)


# ---------------------------------------------------------------- rules that change meanwhile


class Meddling:
    """A rule that lets the owner act once, while a view decides."""

    def __init__(self, act):
        self.act = act

    def allows(self, path, policy, metadata):
        del metadata
        if path == "/box/plain" and self.act is not None:
            act, self.act = self.act, None
            act()
        return policy.visibility == "public"


@pytest.mark.parametrize(
    "call", [lambda view: view.remove("/box", recursive=True), lambda view: view.move("/box", "/b")]
)
def test_what_is_hidden_while_a_view_decides_is_not_taken_away(fs, call):
    fs.write_file("/box/plain", "")

    def hide():
        fs.write_file("/box/another", "x")
        fs.set_policy("/box/another", PRIVATE)

    with pytest.raises(PermissionDenied):
        call(fs.view(Meddling(hide)))

    assert fs.read_text("/box/another") == "x"


def test_a_change_that_is_decided_about_for_ever_is_given_up(fs):
    class Restless:
        def allows(self, path, policy, metadata):
            del path, policy, metadata
            fs.mkdir("/again")
            fs.remove("/again")
            return True

    with pytest.raises(PermissionDenied, match="its rules keep changing; try again"):
        fs.view(Restless()).write_file("/f", "")

    assert not fs.exists("/f")


@pytest.mark.parametrize("append", [False, True])
@pytest.mark.parametrize("path", ["/box/plain", "/box/new"])
def test_a_plain_write_is_decided_anew_if_the_rules_change_before_the_lock(fs, monkeypatch, path, append):
    fs.write_file("/box/plain", "before")
    view, room = fs.view(PUBLIC), View._plain_room

    def hide_after_looking(self, wanted):
        found = room(self, wanted)
        fs.set_policy("/box", PRIVATE)
        return found

    monkeypatch.setattr(View, "_plain_room", hide_after_looking)
    with pytest.raises(PermissionDenied if path == "/box/new" else (PermissionDenied, NotFound)):
        view.write_bytes(path, b"after", append=append)

    assert (fs.read_text("/box/plain"), fs.exists("/box/new")) == ("before", False)


def test_a_hook_may_change_rules_while_a_view_writes(fs):
    fs.register_write_hook("/f", lambda _: fs.set_policy("/g", PRIVATE), before=True)
    fs.write_file("/g", "")

    fs.view(PUBLIC).write_file("/f", "x")

    assert fs.read_text("/f") == "x"


def test_what_nobody_is_named_for_is_the_owners_and_no_view_undoes_it(fs):
    view = fs.view(PUBLIC)
    view.write_file("/f", "x")

    with pytest.raises(PermissionDenied):
        view.undo(actor="owner")
    with pytest.raises(InvalidRequest, match="view has nothing to undo"), view.action():
        view.undo()
    with view.action("", "ann"):
        view.write_file("/g", "x")
    view.undo(actor="ann")
    assert (fs.log()[0].actor, fs.listdir("/")) == ("owner", ["f"])


class Asking:
    """A rule that does something of its own when it is asked about /d/f, the first time."""

    def __init__(self, act):
        self.act = act

    def allows(self, path, policy, metadata):
        del metadata
        if path == "/d/f" and self.act is not None:
            act, self.act = self.act, None
            act()
        return policy.visibility == "public"


@pytest.fixture
def written(fs):
    """A file that a student wrote twice."""
    with fs.action("lesson", "student"):
        fs.write_file("/d/f", "first")
    with fs.action("lesson", "student"):
        fs.write_file("/d/f", "second")
    return fs


def test_a_rule_is_asked_without_the_lock_when_a_view_takes_back(written):
    def write_in_another_thread():
        writer = Thread(target=written.write_file, args=("/elsewhere", "x"))
        writer.start()
        writer.join(60)
        assert not writer.is_alive()

    for call in (lambda view: view.undo(actor="student"), lambda view: view.redo(actor="student")):
        view = written.view(Asking(write_in_another_thread))
        assert [change.path for change in call(view)] == ["/d/f"]

    assert written.read_text("/d/f") == "second"


def test_an_undo_is_decided_anew_if_the_rules_change_meanwhile(written):
    def hide():
        written.set_policy("/d", PRIVATE)

    with pytest.raises(PermissionDenied):
        written.view(Asking(hide)).undo(actor="student")

    assert written.read_text("/d/f") == "second"


def test_what_became_the_last_action_meanwhile_needs_leave_of_its_own(written):
    written.write_file("/secret", "x")
    written.set_policy("/secret", PRIVATE)

    def write_something_hidden():
        with written.action("more", "student"):
            written.write_file("/secret", "y")

    with pytest.raises(PermissionDenied):
        written.view(Asking(write_something_hidden)).undo(actor="student")

    assert (written.read_text("/d/f"), written.read_text("/secret")) == ("second", "y")
