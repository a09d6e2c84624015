"""Taking back what was done: undo, redo and transactions."""

from __future__ import annotations

import sys
import threading

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jupyter_sandfs.errors import (
    HookError,
    InvalidRequest,
    LimitExceeded,
    MergeConflict,
    NoSpace,
    ReadOnly,
    SandfsError,
)
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


def give_up():
    raise RuntimeError("given up")


# ---------------------------------------------------------------- one step

DEEDS = {
    "write": lambda fs: fs.write_file("/d/f", "other"),
    "create": lambda fs: fs.write_file("/d/new", "x"),
    "create deep": lambda fs: fs.write_file("/x/y/z", "x"),
    "append": lambda fs: fs.append_file("/d/f", "more"),
    "touch": lambda fs: fs.touch("/d/f"),
    "chmod": lambda fs: fs.chmod("/d", 0o700),
    "mkdir": lambda fs: fs.mkdir("/m/n"),
    "remove file": lambda fs: fs.remove("/d/f"),
    "remove tree": lambda fs: fs.remove("/d", recursive=True),
    "copy file": lambda fs: fs.copy("/d/f", "/d/e/g", overwrite=True),
    "copy tree": lambda fs: fs.copy("/d", "/c"),
    "move file": lambda fs: fs.move("/d/f", "/f"),
    "move tree": lambda fs: fs.move("/d", "/m/d"),
    "move over": lambda fs: fs.move("/d/f", "/d/e/g", overwrite=True),
    "link": lambda fs: fs.symlink("d/f", "/l"),
    "mount": lambda fs: fs.mount_file("/dyn", lambda _: "computed"),
    "policy": lambda fs: fs.set_policy("/d", NodePolicy(writable=False)),
    "restore": lambda fs: fs.restore("empty"),
}


@pytest.fixture
def full(fs):
    fs.snapshot("empty")
    fs.write_file("/d/f", "file")
    fs.write_file("/d/e/g", "deeper")
    fs.write_file("/other", "other")
    return fs


@pytest.mark.parametrize("deed", DEEDS)
def test_undo_takes_back_any_deed_and_redo_does_it_again(full, look, deed):
    before, rules = content(look, full), full.get_policy("/d")
    DEEDS[deed](full)
    after, new_rules = content(look, full), full.get_policy("/d") if full.exists("/d") else None

    full.undo()
    assert (content(look, full), full.get_policy("/d")) == (before, rules)
    look.check(full)
    full.redo()
    assert (content(look, full), full.get_policy("/d") if full.exists("/d") else None) == (after, new_rules)
    look.check(full)
    full.undo()
    assert content(look, full) == before
    look.check(full)


@given(st.lists(st.tuples(st.sampled_from(sorted(DEEDS)), st.booleans()), max_size=10))
@settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_undo_after_any_sequence_gives_the_earlier_trees(look, deeds):
    fs, trees = VirtualFileSystem(), []
    fs.snapshot("empty")
    for deed, grouped in deeds:
        before, length = content(look, fs), len(fs.log())
        try:
            with fs.action("both"):
                DEEDS[deed](fs)
                if grouped:
                    fs.write_file("/d/f", deed)
        except SandfsError:
            pass
        if len(fs.log()) > length:
            trees.append(before)

    for tree in reversed(trees):
        fs.undo()
        assert content(look, fs) == tree
        look.check(fs)
    with pytest.raises(InvalidRequest, match="nothing to undo"):
        fs.undo()
    for tree in trees[1:]:
        fs.redo()
        assert content(look, fs) == tree
        look.check(fs)


def test_undo_says_what_it_changed_and_the_journal_lists_it(full):
    full.write_file("/d/f", "other")

    assert full.undo() == [Change(CHANGED, "/d/f")]
    assert [(each.operation, each.path) for each in full.log(2)] == [("write", "/d/f"), ("undo", "/d/f")]
    assert full.version("/d/f") == 3


def test_an_action_is_undone_as_one(full, look):
    before = content(look, full)
    with full.action("cleaning up"):
        full.remove("/d", recursive=True)
        full.write_file("/d", "now a file")
        full.move("/other", "/else/where")

    full.undo()

    assert content(look, full) == before


def test_there_is_nothing_to_redo_after_another_deed(full):
    full.write_file("/d/f", "1")
    full.undo()
    full.write_file("/other", "2")

    with pytest.raises(InvalidRequest, match="nothing to redo"):
        full.redo()


# ---------------------------------------------------------------- several actors


def test_each_actor_undoes_only_what_was_theirs(full):
    with full.action("a", "ann"):
        full.write_file("/ann", "1")
    with full.action("b", "bob"):
        full.write_file("/bob", "1")

    full.undo(actor="ann")
    with full.action("c", "bob"):
        full.undo()

    assert full.listdir("/") == ["d", "other"]
    with pytest.raises(InvalidRequest, match="ann has nothing to undo"):
        full.undo(actor="ann")


def test_what_later_changes_stand_on_is_not_undone(full):
    def by(actor, deed):
        with full.action(actor, actor):
            deed()

    by("ann", lambda: full.write_file("/d/f", "ann"))
    by("bob", lambda: full.append_file("/d/f", "bob"))
    by("cat", lambda: full.copy("/d", "/c"))
    by("bob", lambda: full.write_file("/c/f", "bob"))
    by("dan", lambda: full.remove("/d", recursive=True))

    for actor, path in [("ann", "/d/f"), ("cat", "/c")]:
        with pytest.raises(MergeConflict) as caught:
            full.undo(actor=actor)
        assert caught.value.paths == [path]
    full.undo(actor="dan")
    full.undo(actor="bob")
    full.undo(actor="bob")
    full.undo(actor="ann")
    full.undo(actor="cat")
    assert full.read_text("/d/f") == "file"
    assert not full.exists("/c")


def test_a_directory_made_in_passing_stays_for_those_who_came_to_use_it(full):
    with full.action("a", "ann"):
        full.write_file("/made/by/ann", "1")
    with full.action("b", "bob"):
        full.write_file("/made/bob", "1")

    full.undo(actor="ann")

    assert (full.listdir("/made"), full.read_text("/made/bob")) == (["bob"], "1")


# ---------------------------------------------------------------- bounds


def test_what_was_too_large_to_keep_is_not_undone():
    fs = VirtualFileSystem(limits=Limits(journal_bytes=2_000))
    fs.write_file("/f", "x" * 3_000)
    fs.write_file("/f", "y")

    with pytest.raises(LimitExceeded, match="/f"):
        fs.undo()
    assert fs.read_text("/f") == "y"
    assert [each.operation for each in fs.log()] == ["write", "write"]


def test_the_oldest_bodies_go_first():
    fs = VirtualFileSystem(limits=Limits(journal_bytes=250))
    for number in range(6):
        fs.write_file("/f", str(number) * 100)

    assert [each.sequence for each in fs.log()] == [5, 6]
    fs.undo()
    fs.undo()
    assert fs.read_text("/f") == "3" * 100
    with pytest.raises(InvalidRequest, match="nothing to undo"):
        fs.undo()


def test_an_action_of_which_a_part_was_forgotten_is_not_undone():
    fs = VirtualFileSystem(limits=Limits(journal_records=3))
    with fs.action("long"):
        for number in range(5):
            fs.write_file(f"/{number}", "x")

    with pytest.raises(LimitExceeded, match="long is not kept whole"):
        fs.undo()
    assert fs.stats().file_count == 5


def test_undo_holds_quota_and_policies():
    fs = VirtualFileSystem(limits=Limits(total_bytes=10))
    fs.write_file("/f", "12345678")
    fs.remove("/f")
    with fs.action("b", "bob"):
        fs.write_file("/g", "12345678")

    with pytest.raises(NoSpace):
        fs.undo()
    fs.set_policy("/", NodePolicy(writable=False))
    with pytest.raises(ReadOnly):
        fs.undo(actor="bob")
    assert fs.read_text("/g") == "12345678"


def test_an_undo_that_a_hook_refuses_can_be_tried_again(full):
    refusing = [True]

    def hook(event):
        if refusing[0] and event.path == "/d/f":
            give_up()

    full.write_file("/d/f", "other")
    full.register_write_hook("/", hook)
    with pytest.raises(HookError):
        full.undo()
    assert full.read_text("/d/f") == "other"
    refusing[0] = False
    full.undo()
    assert full.read_text("/d/f") == "file"
    refusing[0] = True
    with pytest.raises(HookError):
        full.redo()
    refusing[0] = False
    full.redo()
    assert full.read_text("/d/f") == "other"


# ---------------------------------------------------------------- transactions


@pytest.mark.parametrize("deed", DEEDS)
def test_a_transaction_that_fails_leaves_nothing(full, look, deed):
    before = content(look, full)

    with pytest.raises(RuntimeError, match="given up"), full.transaction("try"):
        DEEDS[deed](full)
        full.write_file("/more", "x")
        give_up()

    assert content(look, full) == before
    look.check(full)


def test_a_transaction_that_succeeds_is_one_action(full, look):
    before = content(look, full)
    with full.transaction("both", "ann") as action:
        full.remove("/d/f")
        full.write_file("/n", "1")

    assert [change.path for change in action.changes] == ["/d/f", "/n"]
    full.undo(actor="ann")
    assert content(look, full) == before


def test_a_rolled_back_transaction_is_not_what_undo_takes_back(full):
    full.write_file("/d/f", "before")
    with pytest.raises(RuntimeError), full.transaction():
        full.write_file("/d/f", "within")
        give_up()

    full.undo()

    assert full.read_text("/d/f") == "file"


def test_an_inner_transaction_rolls_back_alone(full):
    with full.transaction():
        full.write_file("/outer", "1")
        with pytest.raises(RuntimeError), full.transaction():
            full.write_file("/inner", "1")
            give_up()
        full.write_file("/outer", "2")

    assert (full.exists("/inner"), full.read_text("/outer")) == (False, "2")


def test_the_other_changes_of_a_time_stay(full):
    def elsewhere():
        with full.action("b", "bob"):
            full.write_file("/bob", "1")

    with pytest.raises(RuntimeError), full.transaction():
        full.write_file("/mine", "1")
        thread = threading.Thread(target=elsewhere)
        thread.start()
        thread.join(10)
        give_up()

    assert (full.exists("/mine"), full.read_text("/bob")) == (False, "1")


def test_a_rollback_does_not_take_away_what_others_built_on_it(full):
    def elsewhere():
        with full.action("b", "bob"):
            full.append_file("/mine", "2")

    def together():
        with full.transaction():
            full.write_file("/mine", "1")
            thread = threading.Thread(target=elsewhere)
            thread.start()
            thread.join(10)
            give_up()

    with pytest.raises(MergeConflict, match="not rolled back") as caught:
        together()
    assert isinstance(caught.value.__cause__, RuntimeError)
    assert full.read_text("/mine") == "12"


def test_a_transaction_rolls_back_more_than_the_journal_keeps(look):
    fs = VirtualFileSystem(limits=Limits(journal_records=2, journal_bytes=10))
    fs.write_file("/big", "x" * 1_000)
    before = content(look, fs)

    with pytest.raises(RuntimeError), fs.transaction():
        for number in range(20):
            fs.write_file(f"/{number}", "x")
        fs.remove("/big")
        give_up()

    assert content(look, fs) == before
    assert len(fs.log()) <= 2


def test_a_transaction_that_could_not_be_rolled_back_is_stopped(look):
    fs = VirtualFileSystem(limits=Limits(journal_records=1, nodes=4))
    before = content(look, fs)

    def rewrite():
        with fs.transaction():
            for number in range(100):
                fs.write_file("/f", str(number))

    with pytest.raises(LimitExceeded, match="too large to be rolled back"):
        rewrite()
    assert content(look, fs) == before
    fs.write_file("/f", "the journal is free again")


def test_an_interrupt_in_the_middle_of_a_change_leaves_nothing_half_done(full, look, monkeypatch):
    before, put, calls = content(look, full), full._tree.put, []

    def interrupted(path, node):
        calls.append(path)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return put(path, node)

    monkeypatch.setattr(full._tree, "put", interrupted)
    with pytest.raises(KeyboardInterrupt):
        full.move("/d", "/moved/away")
    monkeypatch.undo()

    assert content(look, full) == before
    look.check(full)


# ---------------------------------------------------------------- others under an action of the owner's


def test_what_somebody_else_does_under_an_action_of_the_owners_stays_theirs(fs):
    with fs.action("[1] a cell") as cell:
        fs.write_file("/owner", "")
        with fs.action("a tool", "agent") as tool:
            fs.write_file("/agent", "")
        fs.write_file("/owner2", "")

    assert [(each.actor, each.label) for each in fs.log()] == [
        ("owner", "[1] a cell"),
        ("agent", "a tool"),
        ("owner", "[1] a cell"),
    ]
    assert [change.path for change in tool.changes] == ["/agent"]
    assert [change.path for change in cell.changes] == ["/owner", "/agent", "/owner2"]
    fs.undo(actor="agent")
    assert fs.listdir("/") == ["owner", "owner2"]
    fs.undo()
    assert fs.listdir("/") == []


def test_the_owner_joins_the_action_of_somebody_else(fs):
    with fs.action("a tool", "agent"), fs.action("a shell", "owner"):
        fs.write_file("/a", "")

    assert [each.actor for each in fs.log()] == ["agent"]


def test_a_transaction_of_the_owners_takes_back_what_others_did_in_it(fs):
    with pytest.raises(ZeroDivisionError), fs.transaction("whole"):
        with fs.action("a tool", "agent"):
            fs.write_file("/agent", "")
        raise ZeroDivisionError

    assert fs.listdir("/") == []


@pytest.mark.parametrize("append", [False, True])
def test_a_body_that_is_too_large_for_the_journal_is_let_go_of(append):
    fs = VirtualFileSystem(limits=Limits(journal_bytes=1_000))
    bodies = [bytes([number]) * 5_000 for number in range(3)]
    held = [sys.getrefcount(body) for body in bodies]

    for body in bodies:
        fs.write_bytes("/a", body)
        fs.write_bytes("/a", b"more", append=append)
    fs.write_bytes("/a", b"small")
    del body

    assert [sys.getrefcount(body) for body in bodies] == held
    assert [record.size for record in fs.log()][:2] == [5_000, 5_004 if append else 4]
