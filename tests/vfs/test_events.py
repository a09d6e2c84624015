"""Write hooks and watches."""

from __future__ import annotations

import threading

import pytest

from jupyter_sandfs.errors import HookError, NoSpace
from jupyter_sandfs.vfs.actions import Change, ChangeKind
from jupyter_sandfs.vfs.batch import Item
from jupyter_sandfs.vfs.events import PathEvent, PathEventKind, WriteEvent
from jupyter_sandfs.vfs.filesystem import VirtualFileSystem
from jupyter_sandfs.vfs.limits import Limits


def fail(event):
    raise ValueError("no")


@pytest.fixture
def world(fs):
    fs.write_file("/d/f", "old")
    fs.write_file("/other/d/g", "g")
    fs.snapshot("start")
    return fs


def test_a_hook_hears_of_writes_at_or_below_its_prefix(world):
    heard = []
    world.register_write_hook("/d", heard.append)

    world.write_file("/d/f", "new")
    world.append_file("/d/f", "+")
    world.write_file("/dd", "not below")
    world.mkdir("/d/sub")
    world.chmod("/d/f", 0o600)

    assert heard == [WriteEvent("/d/f", b"new", 2, append=False), WriteEvent("/d/f", b"+", 3, append=True)]


def test_hooks_hear_of_copies_moves_and_restores_with_the_versions_that_these_give(world):
    heard = []
    world.register_write_hook("/", heard.append)
    world.register_write_hook("/", heard.append, before=True)
    calls = [
        lambda: world.copy("/other/d/g", "/d/copy"),
        lambda: world.copy("/other/d/g", "/d/copy", overwrite=True),
        lambda: world.move("/d/copy", "/d/f", overwrite=True),
        lambda: world.copy("/other", "/third"),
        lambda: world.move("/third", "/fourth"),
        lambda: world.restore("start"),
    ]

    told = []
    for call in calls:
        heard.clear()
        call()
        assert heard[: len(heard) // 2] == heard[len(heard) // 2 :]  # before-hooks are told the same
        told.append([(event.path, event.version, world.version(event.path)) for event in set(heard)])

    assert told == [
        [("/d/copy", 1, 1)],
        [("/d/copy", 2, 2)],
        [("/d/f", 2, 2)],
        [("/third/d/g", 1, 1)],
        [("/fourth/d/g", 1, 1)],
        [("/d/f", 3, 3)],
    ]


@pytest.mark.parametrize(
    "call",
    [
        lambda fs: fs.write_file("/d/f", "new"),
        lambda fs: fs.write_file("/a/b/c", "new"),
        lambda fs: fs.copy("/other", "/copy"),
        lambda fs: fs.move("/d/f", "/a/f"),
        lambda fs: fs.open("/d/f", "w").close(),
    ],
)
def test_a_before_hook_that_raises_changes_nothing(world, look, call):
    world.register_write_hook("/", fail, before=True)
    before = look.everything(world), world.log(), world.stats()

    with pytest.raises(HookError) as caught:
        call(world)

    assert (caught.value.veto, caught.value.http_status, caught.value.reason) == (True, 403, "no")
    assert (look.everything(world), world.log(), world.stats()) == before


@pytest.mark.parametrize(
    "call",
    [
        lambda fs: fs.write_file("/a/b/c", "new"),
        lambda fs: fs.copy("/other", "/copy/deep"),
        lambda fs: fs.copy("/d/f", "/e"),
        lambda fs: fs.move("/other", "/a/b"),
    ],
)
def test_an_after_hook_that_raises_takes_the_change_back_with_the_parents_it_made(world, look, call):
    world.register_write_hook("/", fail)
    before = look.everything(world), world.stats()

    with pytest.raises(HookError) as caught:
        call(world)

    assert (caught.value.veto, caught.value.rolled_back) == (False, True)
    assert (look.everything(world), world.stats()) == before
    look.check(world)


def test_a_version_that_was_taken_back_is_not_given_again(world):
    failing = [True]
    world.register_write_hook("/", lambda event: fail(event) if failing.pop() else None)

    with pytest.raises(HookError):
        world.write_file("/d/f", "bad")

    assert (world.read_text("/d/f"), world.version("/d/f")) == ("old", 3)
    failing.append(False)
    assert world.write_file("/d/f", "good") == 4


def test_a_change_that_others_were_made_on_stands(world):
    def overtaken(event):
        if event.content == b"mine":
            world.write_file("/d/f", "theirs")
            raise ValueError("too late")

    world.register_write_hook("/", overtaken)

    with pytest.raises(HookError) as caught:
        world.write_file("/d/f", "mine")

    assert (caught.value.rolled_back, world.read_text("/d/f")) == (False, "theirs")


def test_taking_back_a_file_leaves_what_others_put_beside_it(world):
    def crowded(event):
        if event.path == "/a/b/mine":
            world.write_file("/a/b/theirs", "kept")
            raise ValueError("no")

    world.register_write_hook("/a", crowded)

    with pytest.raises(HookError) as caught:
        world.write_file("/a/b/mine", "x")

    assert (caught.value.rolled_back, world.glob("/a/**")) == (True, ["/a/b", "/a/b/theirs"])


def test_hooks_that_write_are_stopped_after_eight_levels(fs):
    def next_one(event):
        fs.write_file(f"/{int(event.path[1:]) + 1}", "")

    fs.register_write_hook("/", next_one)

    with pytest.raises(HookError, match="more than 8 levels"):
        fs.write_file("/1", "")
    assert fs.listdir() == []


def test_a_veto_inside_a_before_hook_is_a_veto_of_the_outer_write(fs):
    fs.register_write_hook("/inner", fail)
    fs.register_write_hook("/outer", lambda _: fs.write_file("/inner", ""), before=True)

    with pytest.raises(HookError) as caught:
        fs.write_file("/outer", "")

    assert caught.value.facts == {"path": "/outer", "reason": "no", "veto": True, "rolled_back": True}
    assert fs.listdir() == []


@pytest.mark.parametrize("before", [False, True])
def test_no_lock_is_held_while_a_hook_runs(fs, before):
    done = threading.Event()

    def wait_for_another_thread(event):
        if event.path == "/f":
            thread = threading.Thread(target=lambda: (fs.write_file("/g", ""), done.set()))
            thread.start()
            thread.join(10)

    fs.register_write_hook("/f", wait_for_another_thread, before=before)
    fs.write_file("/f", "")

    assert done.is_set()


def test_what_a_before_hook_changes_is_checked_again(clock):
    fs = VirtualFileSystem(limits=Limits(total_bytes=10), clock=clock)
    fs.register_write_hook("/f", lambda _: fs.write_file("/big", "x" * 8), before=True)

    with pytest.raises(NoSpace):
        fs.write_file("/f", "12345")

    assert fs.listdir() == ["big"]


# ---------------------------------------------------------------- watches


def test_a_watch_gives_the_last_change_of_each_path_at_once(fs):
    batches = []
    watch = fs.watch("/d", batches.append, interval=60)

    fs.write_file("/d/f", "1")
    fs.write_file("/d/f", "2")
    fs.write_file("/elsewhere", "")
    fs.remove("/d/f")
    watch.flush()
    watch.flush()
    watch.close()

    assert batches == [[Change(ChangeKind.ADDED, "/d", is_dir=True), Change(ChangeKind.REMOVED, "/d/f")]]


def test_a_watch_without_a_callback_is_iterated(fs):
    with fs.watch("/", interval=60) as watch:
        fs.write_file("/f", "")
        watch.flush()
        fs.write_file("/f", "again")
        watch.flush()

    assert list(watch) == [[Change(ChangeKind.ADDED, "/f")], [Change(ChangeKind.CHANGED, "/f")]]


def test_a_watch_calls_by_itself_after_its_interval(fs):
    called = threading.Event()
    with fs.watch("/", lambda _: called.set(), interval=0.001):
        fs.write_file("/f", "")

        assert called.wait(10)


def test_a_closed_watch_is_told_nothing_and_lets_the_short_cut_be_taken_again(fs):
    batches = []
    watch = fs.watch("/", batches.append, interval=60)
    watch.close()

    fs.write_file("/f", "")
    watch.flush()

    assert (batches, fs._tree._watched) == ([], ())


def test_a_flushed_watch_leaves_no_timer_behind(fs):
    with fs.watch("/", print, interval=60) as watch:
        watch._callback = lambda _: None
        fs.write_file("/f", "")
        timer = watch._timer
        watch.flush()

    timer.join(10)
    assert not timer.is_alive()


# ---------------------------------------------------------------- path hooks


def heard_of(fs, deed, *, prefix="/", before=False):
    heard = []
    fs.register_path_hook(prefix, heard.append, before=before)
    deed()
    return [(str(event.kind), event.path, event.source) for event in heard]


@pytest.mark.parametrize("before", [False, True])
@pytest.mark.parametrize(
    ("deed", "events"),
    [
        (lambda fs: fs.write_file("/x/y", ""), [("mkdir", "/x", None), ("create", "/x/y", None)]),
        (lambda fs: fs.write_file("/d/f", "2"), [("update", "/d/f", None)]),
        (lambda fs: fs.append_file("/d/f", "2"), [("update", "/d/f", None)]),
        (lambda fs: fs.mkdir("/m/n"), [("mkdir", "/m", None), ("mkdir", "/m/n", None)]),
        (lambda fs: fs.mkdir("/d"), []),
        (lambda fs: fs.remove("/d", recursive=True), [("delete", "/d", None)]),
        (lambda fs: fs.copy("/d", "/c"), [("copy", "/c", "/d")]),
        (lambda fs: fs.move("/d/f", "/m/f"), [("mkdir", "/m", None), ("move", "/m/f", "/d/f")]),
        (lambda fs: fs.move("/d", "/d"), []),
        (lambda fs: fs.symlink("d", "/l"), [("create", "/l", None)]),
        (lambda fs: fs.mount_file("/m", lambda _: ""), [("create", "/m", None)]),
        (lambda fs: fs.chmod("/d/f", 0o600), [("update", "/d/f", None)]),
        (lambda fs: fs.restore("empty"), [("delete", "/d", None)]),
        (lambda fs: fs.undo(), [("delete", "/d/f", None), ("delete", "/d", None)]),
        (lambda fs: fs.merge(_changed(fs.fork())), [("delete", "/d/f", None), ("create", "/d/new", None)]),
    ],
)
def test_a_path_hook_is_told_what_becomes_of_paths(fs, deed, events, before):
    fs.snapshot("empty")
    fs.write_file("/d/f", "1")

    assert heard_of(fs, lambda: deed(fs), before=before) == events


def _changed(fork):
    fork.remove("/d/f")
    fork.write_file("/d/new", "")
    return fork


def test_a_path_hook_hears_of_its_prefix_and_of_what_happens_above_it(fs):
    fs.write_file("/keep/it/f", "1")
    fs.write_file("/other", "1")

    def deeds():
        fs.write_file("/other", "2")
        fs.write_file("/keep/beside", "2")
        fs.move("/keep/beside", "/keep/it/inside")
        fs.move("/keep/it/inside", "/out")
        fs.move("/keep", "/gone")

    assert heard_of(fs, deeds, prefix="/keep/it") == [
        ("move", "/keep/it/inside", "/keep/beside"),
        ("move", "/out", "/keep/it/inside"),
        ("move", "/gone", "/keep"),
    ]


def test_a_path_hook_refuses_and_takes_back(fs, look):
    def refuse(event):
        raise RuntimeError(f"no {event.kind} of {event.path}")

    fs.write_file("/keep/f", "1")
    fs.register_path_hook("/keep/f", refuse, before=True)
    fs.register_path_hook("/checked", refuse)
    before = look.everything(fs)

    for deed, path in [
        (lambda: fs.remove("/keep", recursive=True), "/keep"),
        (lambda: fs.move("/keep", "/x"), "/x"),
        (lambda: fs.write_file("/keep/f", "2"), "/keep/f"),
        (lambda: fs.mkdir("/checked"), "/checked"),
    ]:
        with pytest.raises(HookError, match=f"no [a-z]+ of {path}"):
            deed()
    assert look.everything(fs) == before


def test_path_hooks_run_before_write_hooks(fs):
    heard = []
    fs.register_write_hook("/", lambda event: heard.append(("write", event.path)))
    fs.register_path_hook("/", lambda event: heard.append((str(event.kind), event.path)))
    fs.write_file("/f", "")

    assert heard == [("create", "/f"), ("write", "/f")]


@pytest.mark.parametrize("prefix", ["/d", "/d/f", "/"])
@pytest.mark.parametrize("kind", ["write hook", "path hook", "watch"])
def test_the_short_cut_is_taken_beside_what_is_observed_and_not_in_it(fs, monkeypatch, kind, prefix):
    fs.write_file("/d/f", "")
    fs.write_file("/beside/f", "")
    heard = []
    if kind == "write hook":
        fs.register_write_hook(prefix, heard.append)
    elif kind == "path hook":
        fs.register_path_hook(prefix, heard.append)
    else:
        watch = fs.watch(prefix, heard.extend, interval=60)
    for path in ("/d/f", "/beside/f"):
        fs.write_file(path, "1")
    if prefix != "/":
        monkeypatch.setattr(fs, "_commit", None)  # the long way would fail
        fs.write_file("/beside/f", "2")
        fs.write_file("/beside/g", "2")
        monkeypatch.undo()
    if kind == "watch":
        watch.flush()
        watch.close()

    assert {each.path for each in heard} == ({"/d/f", "/beside/f"} if prefix == "/" else {"/d/f"})


def _imports(fs):
    fs.write_many([Item("/box", None), Item("/box/in/secret/f", b"x")])


def _restores(fs):
    fs.write_file("/box/in/secret/f", "x")
    then = fs.snapshot()
    fs.remove("/box", recursive=True)
    return lambda: fs.restore(then)


def _undoes(fs):
    fs.write_file("/box/in/secret/f", "x")
    fs.remove("/box", recursive=True)
    return fs.undo


def _imports_later(fs):
    return lambda: _imports(fs)


@pytest.mark.parametrize("prepare", [_imports_later, _restores, _undoes])
@pytest.mark.parametrize("prefix", ["/", "/box", "/box/in/secret", "/box/in/secret/f"])
def test_a_directory_that_comes_filled_is_made_and_concerns_what_is_in_it(fs, prepare, prefix):
    call, events = prepare(fs), []
    fs.register_path_hook(prefix, events.append, before=True)

    call()

    assert events == [PathEvent(PathEventKind.MKDIR, "/box", None, filled=True)]


def test_a_directory_that_comes_filled_can_be_refused_for_what_is_in_it(fs):
    fs.register_path_hook("/box/in/secret", fail, before=True)

    with pytest.raises(HookError, match="no"):
        _imports(fs)

    assert not fs.exists("/box")


def test_an_empty_new_directory_concerns_nothing_below_it(fs):
    events = []
    fs.register_path_hook("/box/in", events.append)

    fs.write_many([Item("/box", None)])
    fs.mkdir("/other")

    assert events == []
