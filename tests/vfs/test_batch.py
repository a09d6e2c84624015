"""Many nodes in one step: all or nothing, on every file system, by all rules of a single write."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jupyter_sandfs.errors import (
    AlreadyExists,
    AppendOnly,
    FileTooLarge,
    HookError,
    InvalidPath,
    InvalidRequest,
    IsADirectory,
    NameTooLong,
    NoSpace,
    NotADirectory,
    PermissionDenied,
    ReadOnly,
    SandfsError,
)
from jupyter_sandfs.storage import MemoryFileStorage
from jupyter_sandfs.vfs.batch import Item
from jupyter_sandfs.vfs.content import Link
from jupyter_sandfs.vfs.filesystem import VirtualFileSystem
from jupyter_sandfs.vfs.limits import Limits
from jupyter_sandfs.vfs.policy import NodePolicy
from jupyter_sandfs.vfs.views.readonly import ReadOnlyView
from jupyter_sandfs.vfs.views.subtree import SubtreeView
from jupyter_sandfs.vfs.views.view import VisibilityView

SECOND = 1_000_000_000
SOME = [
    Item("/new/deep", None, 0o700, 5 * SECOND),
    Item("/new/deep/a.txt", b"aa", 0o600, 7 * SECOND),
    Item("/new/l", Link("deep/a.txt")),
    Item("/old/b", b"bb"),
]


def texts(system):
    return {path: system.read_bytes(path) for path in system.glob("/**/*") if system.is_file(path)}


def test_items_come_in_with_their_modes_and_times(system):
    system.mkdir("/old")

    system.write_many(SOME)

    assert texts(system) == {"/new/deep/a.txt": b"aa", "/new/l": b"aa", "/old/b": b"bb"}
    assert system.readlink("/new/l") == "deep/a.txt"
    found = [(stat.mode, stat.modified_ns) for stat in map(system.stat, ("/new/deep", "/new/deep/a.txt"))]
    assert found == [(0o700, 5 * SECOND), (0o600, 7 * SECOND)]


def test_items_may_come_from_an_iterator(system):
    system.write_many(iter(SOME))

    assert texts(system) == {"/new/deep/a.txt": b"aa", "/new/l": b"aa", "/old/b": b"bb"}


def test_they_are_what_single_writes_would_make(system, clock, look):
    single = VirtualFileSystem(clock=clock)
    for each in (single, system):
        each.mkdir("/old")
    single.mkdir("/new/deep")
    single.write_bytes("/new/deep/a.txt", b"aa")
    single.symlink("deep/a.txt", "/new/l")
    single.write_bytes("/old/b", b"bb")

    system.write_many([Item(item.path, item.content) for item in SOME])

    assert look.everything(system) == look.everything(single)
    assert system.stats() == single.stats()


def test_a_directory_that_is_there_stays_as_it_is(system):
    system.mkdir("/d")
    system.chmod("/d", 0o700)
    system.write_file("/d/mine", "mine")

    system.write_many([Item("/d", None, 0o755, SECOND), Item("/d/x", b"")])

    assert (sorted(system.listdir("/d")), system.stat("/d").mode) == (["mine", "x"], 0o700)


def test_a_directory_may_come_after_what_is_in_it(fs):
    fs.write_many([Item("/d/x", b"x"), Item("/d", None, 0o700)])

    assert (fs.read_text("/d/x"), fs.stat("/d").mode) == ("x", 0o700)


def test_what_is_there_is_replaced_only_if_asked(system):
    system.write_file("/f", "old")
    system.symlink("f", "/l")
    items = [Item("/f", b"new"), Item("/l", b"no link any more")]

    with pytest.raises(AlreadyExists):
        system.write_many(items)
    assert texts(system) == {"/f": b"old", "/l": b"old"}

    system.write_many(items, overwrite=True)
    assert texts(system) == {"/f": b"new", "/l": b"no link any more"}
    assert system.version("/f") == 2


def test_the_last_of_a_batch_that_is_refused_leaves_nothing_of_the_first(system, look):
    system.write_file("/f", "old")
    before = look.everything(system)

    with pytest.raises(NotADirectory):
        system.write_many([*SOME, Item("/f/below", b"")], overwrite=True)

    assert look.everything(system) == before


BAD = {
    "two of one name": ([Item("/n/x", b"1"), Item("/n/x", b"2")], AlreadyExists),
    "two of one name in a directory that is there": ([Item("/x", b"1"), Item("/x", b"2")], AlreadyExists),
    "a file over a directory": ([Item("/d", b"")], IsADirectory),
    "a file over a directory of the batch": ([Item("/n/x/y", b""), Item("/n/x", b"")], IsADirectory),
    "a file over the root": ([Item("/", b"")], IsADirectory),
    "a directory over a file": ([Item("/f")], NotADirectory),
    "a directory over a file of the batch": ([Item("/n/x", b""), Item("/n/x")], NotADirectory),
    "a directory over a file that comes": ([Item("/x", b""), Item("/x")], NotADirectory),
    "below a file": ([Item("/f/x", b"")], NotADirectory),
    "below a file of the batch": ([Item("/n/x", b""), Item("/n/x/y", b"")], NotADirectory),
    "through a link": ([Item("/l/x", b"")], InvalidPath),
    "through a link of the batch": ([Item("/n/l", Link("/d")), Item("/n/l/x", b"")], InvalidPath),
    "a link as a directory": ([Item("/l")], InvalidPath),
    "dots": ([Item("/d/../x", b"")], InvalidPath),
    "dots at the end": ([Item("/n/..", b"")], (InvalidPath, IsADirectory)),
    "a relative path": ([Item("x", b"")], InvalidPath),
    "no path": ([Item("", b"")], InvalidPath),
    "a slash at the end": ([Item("/n/", b"")], (InvalidPath, IsADirectory)),
    "two slashes": ([Item("//x", b"")], InvalidPath),
    "a backslash": ([Item("/n\\x", b"")], InvalidPath),
    "NUL": ([Item("/n\0x", b"")], InvalidPath),
    "a surrogate": ([Item("/n\ud800", b"")], InvalidPath),
    "a long name": ([Item("/n/" + "ü" * 128, b"")], NameTooLong),
    "a long directory": ([Item("/" + "x" * 256 + "/n", b"")], NameTooLong),
    "a deep path": ([Item("/x" * 257, b"")], NameTooLong),
    "a very deep path": ([Item("/x" * 200_000)], NameTooLong),
    "content of another type": ([Item("/n/x", "text")], InvalidPath),
    "a link that says nothing": ([Item("/n/x", Link(""))], InvalidPath),
    "a link that says too much": ([Item("/n/x", Link("x" * 4097))], InvalidPath),
    "a link to NUL": ([Item("/n/x", Link("\0"))], InvalidPath),
    "a time that is none": ([Item("/n/x", b"", None, 1 << 80)], InvalidRequest),
}


@pytest.mark.parametrize("name", BAD)
def test_what_can_not_be_is_refused_before_anything_changes(system, look, name):
    system.write_file("/f", "old")
    system.mkdir("/d")
    system.symlink("d", "/l")
    before = look.everything(system)
    items, error = BAD[name]

    with pytest.raises(error):
        system.write_many([Item("/first", b""), *items], overwrite=True)

    assert look.everything(system) == before


def test_quotas_hold_for_all_items_together(look):
    fs = VirtualFileSystem(limits=Limits(total_bytes=10, file_bytes=6, nodes=5))
    fs.write_file("/f", "12345")

    for items, error in [
        ([Item("/a", b"123"), Item("/n/b", b"123")], NoSpace),
        ([Item("/n/b", b"1234567")], FileTooLarge),
        ([Item("/n/1"), Item("/n/2"), Item("/n/3")], NoSpace),
    ]:
        with pytest.raises(error):
            fs.write_many(items)
        assert fs.listdir("/") == ["f"]

    fs.write_many([Item("/f", b""), Item("/a", b"123456"), Item("/b", b"1234")], overwrite=True)
    assert (fs.stats().total_size, fs.stats().node_count) == (10, 4)
    look.check(fs)


@pytest.mark.parametrize(
    ("policy", "at", "error"),
    [
        (NodePolicy(writable=False), "/d", ReadOnly),
        (NodePolicy(writable=False), "/d/f", ReadOnly),
        (NodePolicy(append_only=True), "/d/f", AppendOnly),
    ],
)
def test_policies_hold_for_each_item(fs, look, policy, at, error):
    fs.write_file("/d/f", "old")
    fs.set_policy(at, policy)
    before = look.everything(fs)

    with pytest.raises(error):
        fs.write_many([Item("/first", b""), Item("/d/f", b"new")], overwrite=True)

    assert look.everything(fs) == before


def test_a_new_directory_below_a_read_only_one_is_refused(fs):
    fs.mkdir("/d")
    fs.set_policy("/d", NodePolicy(writable=False))

    with pytest.raises(ReadOnly):
        fs.write_many([Item("/d/new/x", b"")])
    assert fs.listdir("/d") == []


def test_a_replaced_file_keeps_what_rules_it(fs):
    hidden = NodePolicy(visibility="secret")
    fs.write_file("/f", "old")
    fs.chmod("/f", 0o600)
    fs.set_policy("/f", hidden)

    fs.write_many([Item("/f", b"new")], overwrite=True)
    assert (fs.get_policy("/f"), fs.stat("/f").mode) == (hidden, 0o600)

    fs.write_many([Item("/f", Link("elsewhere"))], overwrite=True)
    assert fs.get_policy("/f") == hidden


def test_nothing_is_written_over_or_into_what_is_computed(fs):
    fs.mount_file("/p", lambda _: "computed")
    fs.mount_directory("/q", lambda _: {})

    for path in ("/p", "/q/x"):
        with pytest.raises(ReadOnly):
            fs.write_many([Item(path, b"")], overwrite=True)


def test_hooks_hear_of_each_file_before_and_after(fs):
    heard = []
    fs.write_file("/old/b", "0")
    fs.register_write_hook("/", lambda event: heard.append(("before", event)), before=True)
    fs.register_write_hook("/", lambda event: heard.append(("after", event)))

    fs.write_many(SOME, overwrite=True)

    events = [("/new/deep/a.txt", b"aa", 1, False), ("/old/b", b"bb", 2, False)]
    assert heard == [*(("before", each) for each in events), *(("after", each) for each in events)]
    assert [fs.version(path) for path, *_ in events] == [1, 2]


@pytest.mark.parametrize("before", [True, False])
def test_a_hook_that_refuses_one_item_refuses_all(fs, look, before):
    fs.write_file("/old/b", "0")

    def refuse(event):
        if event.path == "/old/b":
            raise ValueError("no")

    fs.register_write_hook("/", refuse, before=before)

    with pytest.raises(HookError) as caught:
        fs.write_many(SOME, overwrite=True)

    assert (caught.value.veto, caught.value.rolled_back) == (before, True)
    assert (texts(fs), sorted(fs.listdir("/"))) == ({"/old/b": b"0"}, ["old"])
    look.check(fs)


def test_a_storage_that_fails_undoes_all():
    class Failing(MemoryFileStorage):
        full = False

        def apply(self, sets, deletes):
            if self.full:
                raise OSError(28, "No space left on device")
            super().apply(sets, deletes)

    storage = Failing()
    fs = VirtualFileSystem(storage)
    fs.write_file("/old/b", "0")
    storage.full = True

    with pytest.raises(OSError, match="No space left"):
        fs.write_many(SOME, overwrite=True)
    assert texts(fs) == {"/old/b": b"0"}


def test_what_was_written_is_in_the_storage(look):
    storage = MemoryFileStorage()
    fs = VirtualFileSystem(storage)

    fs.write_many(SOME)

    assert look.everything(VirtualFileSystem(storage)) == look.everything(fs)


def test_versions_go_on_where_a_path_was_before(fs):
    fs.write_file("/d/f", "1")
    fs.write_file("/d/f", "2")
    fs.write_file("/g", "1")
    fs.remove("/d", recursive=True)
    fs.remove("/g")

    fs.write_many([Item("/d/f", b""), Item("/g", b"")])

    assert (fs.version("/d/f"), fs.version("/g")) == (3, 2)


def test_the_journal_has_a_record_for_each_file_and_new_directory(fs):
    fs.mkdir("/old")
    fs.write_many(SOME)

    assert [(record.operation, record.path, record.kind) for record in fs.log()[1:]] == [
        ("write_many", "/new", "added"),
        ("write_many", "/old/b", "added"),
    ]


def test_a_batch_is_undone_as_one(fs, look):
    fs.write_file("/old/b", "0")
    before = look.everything(fs)
    with fs.action("many", "me"):
        fs.write_many(SOME, overwrite=True)

    fs.undo(actor="me")

    assert {path: content for path, (_, content) in look.everything(fs).items()} == {
        path: content for path, (_, content) in before.items()
    }
    look.check(fs)


def test_a_snapshot_does_not_see_what_is_written_later(fs, look):
    fs.mkdir("/old")
    snapshot = fs.snapshot()

    fs.write_many(SOME)

    assert sorted(change.path for change in fs.diff(snapshot)) == ["/new", "/old/b"]
    fs.restore(snapshot)
    assert fs.listdir("/") == ["old"]
    look.check(fs)


# ---------------------------------------------------------------- views


def test_a_read_only_view_takes_nothing(fs):
    with pytest.raises(ReadOnly):
        ReadOnlyView(fs).write_many(SOME)
    assert ReadOnlyView(fs).write_many([]) is None


@pytest.mark.parametrize("path", ["/secret", "/secret/x", "/d/hidden", "/d/hidden/x"])
def test_a_view_writes_nothing_where_something_hidden_is(fs, look, path):
    fs.write_file("/d/hidden", "hidden")
    fs.mkdir("/secret")
    for each in ("/d/hidden", "/secret"):
        fs.set_policy(each, NodePolicy(visibility="secret"))
    before = look.everything(fs)

    with pytest.raises(PermissionDenied):
        fs.view(VisibilityView({"public"})).write_many([Item("/first", b""), Item(path, b"")], overwrite=True)

    assert look.everything(fs) == before


def test_nothing_comes_out_of_a_subtree(fs):
    fs.mkdir("/top")
    fs.mkdir("/outside")
    fs.symlink("/outside", "/top/l")
    top = SubtreeView(fs, "/top")

    for path in ("/l/x", "/../outside/x", "/..", "\\..\\outside\\x"):
        with pytest.raises(SandfsError):
            top.write_many([Item(path, b"")], overwrite=True)
    assert fs.listdir("/outside") == []


def test_a_link_in_a_subtree_says_what_it_said(fs):
    fs.mkdir("/top")
    top = SubtreeView(fs, "/top")

    top.write_many([Item("/f", b"x"), Item("/l", Link("/f"))])

    assert (top.readlink("/l"), fs.readlink("/top/l"), top.read_text("/l")) == ("/f", "/top/f", "x")


# ---------------------------------------------------------------- against single writes

NAME = st.sampled_from(["a", "b", "c.txt"])
PATHS = st.lists(NAME, min_size=1, max_size=4).map(lambda names: "/" + "/".join(names))
CONTENT = st.one_of(st.none(), st.binary(max_size=3))


@given(st.lists(PATHS, max_size=5), st.lists(st.tuples(PATHS, CONTENT), max_size=8))
@settings(
    max_examples=150,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_a_batch_gives_the_tree_that_single_writes_give_or_nothing(look, there, batch):
    plain, batched = VirtualFileSystem(), VirtualFileSystem()
    for path in there:
        for each in (plain, batched):
            look.attempt(each.write_bytes, path, b"old")
    before = look.everything(batched)

    done = look.attempt(batched.write_many, [Item(path, content) for path, content in batch], overwrite=True)
    singles = [_single(look, plain, path, content) for path, content in batch]

    twice = len({path for path, content in batch if content is not None}) < sum(c is not None for _, c in batch)
    if done is None:
        assert {path: content for path, (_, content) in look.everything(batched).items()} == {
            path: content for path, (_, content) in look.everything(plain).items()
        }
    else:
        assert look.everything(batched) == before
        assert twice or any(singles)
    look.check(batched)


def _single(look, plain, path, content):
    """Whether the write was refused."""
    call = plain.mkdir if content is None else plain.write_bytes
    return isinstance(look.attempt(call, path, *([] if content is None else [content])), tuple)
