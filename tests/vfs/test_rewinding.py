"""The short cut of restoring: it does what the long way does, and is taken where nobody is asked or told."""

from __future__ import annotations

from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jupyter_sandfs.errors import NoSpace
from jupyter_sandfs.vfs import rewinding
from jupyter_sandfs.vfs.filesystem import VirtualFileSystem
from jupyter_sandfs.vfs.limits import Limits
from jupyter_sandfs.vfs.policy import NodePolicy

PATH = st.sampled_from(["/a", "/d/a", "/d/b", "/d/e/a", "/n/a"])
STEP = st.one_of(
    st.tuples(st.just("write"), PATH, st.sampled_from([b"", b"1", b"22", b"x" * 5])),
    st.tuples(st.just("write"), PATH, st.sampled_from([b"y", b"z"])),
    st.tuples(st.just("append"), PATH, st.just(b"+")),
    st.tuples(st.sampled_from(["remove", "chmod", "snapshot", "undo", "recreate"]), PATH, st.none()),
)


class Player:
    """Plays the same steps on two file systems: one takes the short cut, a watch makes the other go the long way."""

    def __init__(self, *, observed):
        self.fs = VirtualFileSystem(clock=count(1).__next__)
        if observed:
            self.fs.watch("/", lambda _: None, interval=60)
        for path in ("/a", "/d/a", "/d/b"):
            self.fs.write_bytes(path, b"1")

    def play(self, name, path, data):
        fs = self.fs
        calls = {
            "write": lambda: fs.write_bytes(path, data),
            "append": lambda: fs.append_file(path, data),
            "remove": lambda: fs.remove(path),
            "chmod": lambda: fs.chmod(path, 0o600),
            "snapshot": lambda: fs.snapshot("other") and None,
            "undo": lambda: fs.undo() and None,
            "recreate": lambda: fs.remove(path) or fs.write_bytes(path, b"again"),
        }
        return calls[name]()


def journal(fs):
    return [record._replace(at_ns=0, action=0) for record in fs.log()]  # both number actions from one counter


@given(st.lists(STEP, max_size=8), st.lists(STEP, max_size=8))
@settings(
    max_examples=80,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_restoring_the_short_way_does_what_the_long_way_does(look, before, since):
    players = [Player(observed=False), Player(observed=True)]

    for player in players:
        for step in before:
            look.attempt(player.play, *step)
        then = player.fs.snapshot("then")
        kept = look.everything(player.fs.at(then))
        for step in since:
            look.attempt(player.play, *step)
        player.diff = player.fs.diff("then")
        player.fs.restore("then")
        assert player.fs.diff("then") == []
        assert {path: (facts.size, data) for path, (facts, data) in look.everything(player.fs).items()} == {
            path: (facts.size, data) for path, (facts, data) in kept.items()
        }
        look.check(player.fs)

    short, long = (player.fs for player in players)
    assert (look.everything(short), short.stats(), journal(short)) == (
        look.everything(long),
        long.stats(),
        journal(long),
    )
    assert players[0].diff == players[1].diff
    for watch in long._watches:
        watch.close()


@pytest.fixture
def changed(fs):
    for name in "abc":
        fs.write_file(f"/d/{name}", "old")
    then = fs.snapshot()
    fs.write_file("/d/a", "new")
    fs.remove("/d/b")
    fs.write_file("/d/new", "")
    return fs, then


def test_the_short_cut_of_restoring_is_taken_and_can_be_undone(changed, monkeypatch, look):
    fs, then = changed
    now = look.everything(fs)
    with monkeypatch.context() as patch:
        patch.setattr(fs, "_commit", None)  # the long way would fail
        fs.restore(then)

    assert fs.diff(then) == []
    fs.undo()
    contents = {path: data for path, (_, data) in look.everything(fs).items()}
    assert contents == {path: data for path, (_, data) in now.items()}


@pytest.mark.parametrize(
    "somebody",
    [
        lambda fs, told: fs.register_write_hook("/d", told.append),
        lambda fs, told: fs.register_path_hook("/", told.append),
        lambda fs, told: fs.watch("/d/a", told.extend, interval=60),
        lambda fs, told: fs.set_policy("/d/a", NodePolicy(visibility="mine")),
    ],
)
def test_where_somebody_is_to_be_asked_or_told_the_long_way_is_taken(changed, monkeypatch, somebody):
    fs, then = changed
    told = []
    watch = somebody(fs, told)
    long = fs._commit
    taken = []
    monkeypatch.setattr(fs, "_commit", lambda *args: taken.append(args[0]) or long(*args))

    fs.restore(then)
    if watch is not None:
        watch.close()

    assert (taken, fs.diff(then)) == (["restore"], [])


def test_a_restore_that_breaks_in_the_middle_changes_nothing(changed, monkeypatch, look):
    fs, then = changed
    before, log = look.everything(fs), fs.log()
    put = fs._tree.put

    def broken(path, node):
        if path == "/d/b" and node is not None:
            raise KeyboardInterrupt
        return put(path, node)

    monkeypatch.setattr(fs._tree, "put", broken)
    with pytest.raises(KeyboardInterrupt):
        fs.restore(then)

    contents = {path: data for path, (_, data) in look.everything(fs).items()}
    assert contents == {path: data for path, (_, data) in before.items()}
    assert fs.log() == log
    look.check(fs)


def test_a_restore_lists_its_changes_in_the_action_that_it_is_part_of(changed):
    fs, then = changed
    with fs.action("lesson") as lesson:
        fs.restore(then)

    assert sorted((str(change.kind), change.path) for change in lesson.changes) == [
        ("added", "/d/b"),
        ("changed", "/d/a"),
        ("removed", "/d/new"),
    ]


def test_a_moment_that_the_journal_does_not_reach_is_restored_by_comparing():
    fs = VirtualFileSystem(limits=Limits(journal_records=2))
    for name in "abc":
        fs.write_file(f"/{name}", "old")
    then = fs.snapshot()
    for name in "abc":
        fs.write_file(f"/{name}", "new")

    assert [change.path for change in fs.diff(then)] == ["/a", "/b", "/c"]
    fs.restore(then)
    assert ([fs.read_text(f"/{name}") for name in "abc"], fs.diff(then)) == (["old"] * 3, [])


def test_a_restore_that_would_grow_over_the_quota_is_refused(fs):
    small = VirtualFileSystem(limits=Limits(total_bytes=10))
    small.write_file("/a", "12345")
    then = small.snapshot()
    small.write_file("/a", "")
    small._limits = Limits(total_bytes=4)

    assert not rewinding.rewind(small._tree, small._journal, small._limits, then)
    with pytest.raises(NoSpace):
        small.restore(then)
