"""What a view remembers never changes an answer, and never outlives a change of the rules."""

from __future__ import annotations

import sys
import threading
from collections import Counter
from contextlib import suppress
from itertools import count

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from jupyter_sandfs.errors import PathError, PermissionDenied
from jupyter_sandfs.vfs.filesystem import VirtualFileSystem
from jupyter_sandfs.vfs.policy import NodePolicy
from jupyter_sandfs.vfs.providers import ProvidedNode
from jupyter_sandfs.vfs.views.forwarding import Wrapper
from jupyter_sandfs.vfs.views.readonly import ReadOnlyView
from jupyter_sandfs.vfs.views.subtree import SubtreeView
from jupyter_sandfs.vfs.views.view import View, VisibilityView

PRIVATE, TEAM = NodePolicy(visibility="private"), NodePolicy(visibility="team")
ANN, SHUT = NodePolicy(principals=frozenset({"ann"})), NodePolicy(readable=False, writable=False)
RULES = {
    "label": VisibilityView({"public"}),
    "labels": VisibilityView({"public", "team"}, principals=["ann"]),
    "place": VisibilityView(prefixes=["/a/b", "/d"]),
    "metadata": VisibilityView(metadata={"kind": "open"}),
}


class Forgetful:
    """A rule of which a view may remember nothing."""

    def __init__(self, rule):
        self.allows = rule.allows


STACKS = {
    "view": View,
    "view of a view": lambda fs, rule: View(View(fs, VisibilityView({"public", "private", "team"})), rule),
    "view of a subtree": lambda fs, rule: View(SubtreeView(fs, "/"), rule),
    "subtree of a view": lambda fs, rule: SubtreeView(View(fs, rule), "/"),
    "read-only": lambda fs, rule: ReadOnlyView(View(fs, rule)),
}

PATHS = ["/", "/a", "/a/b", "/a/b/c", "/a/s", "/d", "/d/e", "/d/e/f", "/l", "/l/b", "/m", "/n", "/n/x", "/ä ö"]
PATHS += ["a/b", "/a/../d", "/a/b/", "\\a\\s", "/a//b", "/none/x", "/a/."]
PATH = st.sampled_from(PATHS)


def mount(fs, path):
    fs.mount_file(path, lambda context: " ".join(sorted(context.fs.listdir("/"))), metadata={"kind": "closed"})


def mount_directory(fs, path):
    fs.mount_directory(path, lambda _: {"x": ProvidedNode.file("x", policy=PRIVATE)}, metadata={"kind": "open"})


def restore(fs):
    fs.restore(fs.snapshots()[0])


def publish(fs, path):
    fs.set_policy(path, None)


OWNER = [
    st.tuples(st.just(VirtualFileSystem.set_policy), PATH, st.sampled_from([PRIVATE, TEAM, ANN, SHUT, None])),
    st.tuples(st.sampled_from([publish, mount, mount_directory, VirtualFileSystem.mkdir]), PATH),
    st.tuples(st.just(VirtualFileSystem.write_file), PATH, st.sampled_from(["", "one", "two"])),
    st.tuples(st.sampled_from([VirtualFileSystem.move, VirtualFileSystem.copy]), PATH, PATH),
    st.tuples(st.just(VirtualFileSystem.symlink), st.sampled_from(["/a", "s", "/m", "../d/e"]), PATH),
    st.tuples(st.just(lambda fs, path: fs.remove(path, recursive=True)), PATH),
    st.tuples(st.just(lambda fs: fs.snapshot("s"))),
    st.tuples(st.just(restore)),
]
QUICK = {
    "deadline": None,
    "phases": [Phase.explicit, Phase.reuse, Phase.generate],  # shrinking takes minutes
    "suppress_health_check": [HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
}
READER = st.tuples(
    st.sampled_from(["write_bytes", "append_file", "mkdir", "remove", "touch", "utime"]), PATH
) | st.tuples(st.sampled_from(["copy", "move", "symlink"]), PATH, PATH)
STEPS = st.lists(st.tuples(st.just("owner"), st.one_of(OWNER)) | st.tuples(st.just("reader"), READER), max_size=14)


def world():
    fs = VirtualFileSystem(clock=count(1).__next__)
    for path in ("/a/b/c", "/a/s", "/d/e/f", "/ä ö"):
        fs.write_file(path, path)
    fs.set_policy("/a/s", PRIVATE)
    fs.symlink("/a", "/l")
    fs.snapshot("s")
    return fs


def observe(system, look):
    """All answers about all paths, without times."""
    asks = ("read_bytes", "stat", "exists", "ls", "get_policy", "resolve", "metadata")
    answers = {(ask, path): look.attempt(getattr(system, ask), path) for ask in asks for path in PATHS}
    answers |= {("listdir", path): look.attempt(lambda path=path: sorted(system.listdir(path))) for path in PATHS}
    return answers | {("stats", ""): look.attempt(system.stats)}


def carry_out(fs, system, step, look):
    who, (call, *args) = step
    if who == "owner":
        look.attempt(call, fs, *args)
        return None
    data = [b"new"] if call in {"write_bytes", "append_file"} else []
    return look.attempt(getattr(system, call), *args, *data)


@given(rule=st.sampled_from(sorted(RULES)), stack=st.sampled_from(sorted(STACKS)), steps=STEPS)
@settings(max_examples=30, derandomize=True, **QUICK)
def test_a_view_that_remembers_answers_as_one_that_does_not(look, rule, stack, steps):
    compare(look, rule, stack, steps)


@pytest.mark.soak
@given(rule=st.sampled_from(sorted(RULES)), stack=st.sampled_from(sorted(STACKS)), steps=STEPS)
@settings(max_examples=4000, **QUICK)
def test_a_view_that_remembers_answers_as_one_that_does_not_for_long(look, rule, stack, steps):
    compare(look, rule, stack, steps)


def compare(look, rule, stack, steps):
    fs, other = world(), world()
    make = STACKS[stack]
    view, fresh = make(fs, RULES[rule]), make(other, Forgetful(RULES[rule]))

    for step in steps:
        assert carry_out(fs, view, step, look) == carry_out(other, fresh, step, look)
        seen, expected = observe(view, look), observe(fresh, look)
        assert {ask: seen[ask] for ask in seen if seen[ask] != expected[ask]} == {}
    look.check(fs)


CHANGES = {
    "a policy": lambda fs: fs.set_policy("/pub/f", PRIVATE),
    "a policy of the directory": lambda fs: fs.set_policy("/pub", PRIVATE),
    "a policy of the root": lambda fs: fs.set_policy("/", PRIVATE),
    "a mount": lambda fs: fs.mount_file("/m", lambda _: ""),
    "a link": lambda fs: fs.symlink("/pub", "/l"),
    "a hook": lambda fs: fs.register_write_hook("/pub", print),
    "a move": lambda fs: fs.move("/pub", "/moved"),
    "a removal": lambda fs: fs.remove("/pub", recursive=True),
    "a restore": lambda fs: fs.restore("before"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_each_change_of_the_rules_is_a_new_epoch(fs, change):
    fs.snapshot("before")
    fs.write_file("/pub/f", "x")
    view = SubtreeView(fs.view(RULES["label"]), "/")
    before = view.epoch.number

    CHANGES[change](fs)

    assert (view.epoch.number > before, view.epoch is fs.epoch) == (True, True)


def roll_back_a_policy(fs):
    with suppress(ZeroDivisionError), fs.transaction():
        fs.set_policy("/a/b", SHUT)
        raise ZeroDivisionError


def undo_a_policy(fs):
    fs.set_policy("/d", TEAM)
    fs.undo()


def load_a_dump(fs):
    data = fs.create_snapshot()
    fs.set_policy("/d", TEAM)
    fs.restore_snapshot(data)


def merge_a_policy(fs):
    fork = fs.fork()
    fork.set_policy("/d/e/f", PRIVATE if fs.get_policy("/d/e/f").visibility == "public" else None)
    fs.merge(fork)


PLACE = st.sampled_from(["/", "/a", "/a/b", "/a/b/c", "/a/s", "/d", "/d/e", "/d/e/f"])
RULING = st.one_of(
    st.tuples(st.just(VirtualFileSystem.set_policy), PLACE, st.sampled_from([PRIVATE, TEAM, ANN, None])),
    st.tuples(st.sampled_from([mount, mount_directory]), st.sampled_from(["/a/mounted", "/d/e/m", "/m"])),
    st.tuples(
        st.sampled_from([VirtualFileSystem.register_write_hook, VirtualFileSystem.register_path_hook]),
        PLACE,
        st.just(lambda _: None),
    ),
    st.tuples(st.sampled_from([roll_back_a_policy, undo_a_policy, load_a_dump, merge_a_policy])),
)


@given(st.lists(RULING, min_size=2, max_size=4))
@settings(max_examples=8, derandomize=True, **QUICK)
def test_any_change_of_policy_mount_or_hook_drops_what_every_view_remembers(look, changes):
    fs = world()
    views = {(stack, rule): STACKS[stack](fs, RULES[rule]) for stack in STACKS for rule in RULES}
    forgetful = {(stack, rule): STACKS[stack](fs, Forgetful(RULES[rule])) for stack, rule in views}
    remembering = [layer for view in views.values() for layer in layers(view) if isinstance(layer, View)]
    for call, *args in changes:
        for view in views.values():
            glance(view, look)
        kept = [view._decisions for view in remembering]
        before = fs.epoch.number

        told = look.attempt(call, fs, *args)

        if isinstance(told, tuple):  # refused, so nothing was changed: a name is taken, or no policy differs
            continue
        assert fs.epoch.number > before
        for view, earlier in zip(remembering, kept, strict=True):
            fresh = view._known()
            assert (fresh is not earlier, fresh.covered, fresh.ruled, fresh.listed) == (True, {}, {}, {})
        for name, view in views.items():
            assert glance(view, look) == glance(forgetful[name], look)


def glance(view, look):
    """Enough questions to make a view remember something of each place."""
    places = ["/", "/a", "/a/b", "/a/s", "/d/e"]
    return [look.attempt(getattr(view, ask), path) for ask in ("exists", "ls", "stat") for path in places]


def layers(view):
    """A view and those below it."""
    while view is not None:
        yield view
        view = getattr(view, "base", None)


def test_plain_writes_are_no_new_epoch(fs):
    fs.write_file("/pub/f", "x")
    before = fs.epoch.number
    fs.write_file("/pub/f", "y")
    fs.write_file("/pub/g", "y")
    fs.snapshot()
    fs.append_file("/pub/g", "z")

    assert fs.epoch.number == before


def test_a_rule_that_covers_more_than_it_shows_hides_all_the_same(fs):
    class Careless(Forgetful):
        def covers(self, directory, policy):
            del directory, policy
            return True

    class NoVault:
        def allows(self, path, policy, metadata):
            del policy, metadata
            return path != "/vault"

    fs.write_file("/vault/d/f", "x")
    view = fs.view(Careless(NoVault()))

    assert [view.exists(path) for path in ("/vault", "/vault/d", "/vault/d/f")] == [False, False, False]
    with pytest.raises(PermissionDenied):
        view.write_file("/vault/d/g", "x")


def test_a_view_keeps_a_bounded_number_of_decisions(fs, monkeypatch):
    monkeypatch.setattr("jupyter_sandfs.vfs.views.decisions._KEPT", 3)
    view = fs.view(RULES["label"])
    for number in range(8):
        fs.mkdir(f"/d{number}")
    for number in range(8):
        view.listdir(f"/d{number}")

    assert (len(view._decisions.covered) <= 3, len(view._decisions.ruled) <= 3) == (True, True)


def test_a_question_whose_rules_change_meanwhile_is_asked_again(fs):
    """A rule that is changed by being asked stands for an owner who changes it just then."""
    fs.write_file("/f", "public")

    class Busy:
        asked = 0

        def allows(self, path, policy, metadata):
            del metadata
            self.asked += 1
            if path == "/f" and policy.visibility == "public" and self.asked < 5:
                fs.set_policy("/f", PRIVATE)
                fs.write_file("/f", "secret")
            return policy.visibility == "public"

    with pytest.raises(FileNotFoundError):
        fs.view(Busy()).read_text("/f")


# ---------------------------------------------------------------- rules that change while others read


@pytest.fixture
def hurry():
    """Threads take turns as often as they can."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(usual)


def hide_the_file(fs):
    fs.set_policy("/d/f", PRIVATE)
    fs.write_file("/d/f", "secret")
    fs.write_file("/d/f", "public")
    fs.set_policy("/d/f", None)


def hide_the_directory(fs):
    fs.set_policy("/d", PRIVATE)
    fs.write_file("/d/f", "secret")
    fs.append_file("/d/f", " secret")
    fs.write_file("/d/f", "public")
    fs.set_policy("/d", None)


def move_it_away(fs):
    fs.move("/d", "/vault/d")
    fs.write_file("/vault/d/f", "secret")
    fs.write_file("/vault/d/f", "public")
    fs.move("/vault/d", "/d")


@pytest.mark.parametrize("hide", [hide_the_file, hide_the_directory, move_it_away])
@pytest.mark.parametrize("make", [View, lambda fs, rule: SubtreeView(View(fs, rule), "/")])
def test_nobody_reads_what_is_there_only_while_it_is_hidden(hurry, hide, make):
    fs = VirtualFileSystem()
    fs.write_file("/d/f", "public")
    fs.write_file("/vault/x", "")
    fs.set_policy("/vault", PRIVATE)
    view, read, done = make(fs, RULES["label"]), Counter(), threading.Event()

    def keep_reading():
        last = False
        while not last:
            last = done.is_set()  # and once more: by then it is public for good
            try:
                read[view.read_text("/d/f")] += 1
                read[view.stat("/d/f").size] += 1
            except PathError as error:
                read[type(error).__name__] += 1

    readers = [threading.Thread(target=keep_reading) for _ in range(3)]
    for reader in readers:
        reader.start()
    for _ in range(150):
        hide(fs)
    done.set()
    for reader in readers:
        reader.join(60)

    assert set(read) <= {"public", 6, "NotFound", "PermissionDenied"}
    assert (read["public"] > 0, fs.read_text("/d/f")) == (True, "public")


class Interloper(Wrapper):
    """Lets its owner act once, at the worst moment: after a directory was looked up, before it is looked into."""

    def __init__(self, base, act):
        super().__init__(base)
        self.act = act

    def plain_directory(self, path):
        found = super().plain_directory(path)
        self.interfere()
        return found

    def listdir(self, path="/"):
        self.interfere()
        return super().listdir(path)

    def interfere(self):
        act, self.act = self.act, None
        if act is not None:
            act()


ASKED = [("/d/f", ask) for ask in ("read_bytes", "stat", "exists", "version", "write_bytes", "append_file")]
ASKED += [("/d", ask) for ask in ("stat", "exists", "listdir", "ls")]


@pytest.mark.parametrize(("place", "ask"), ASKED)
def test_a_directory_that_is_hidden_while_it_is_looked_into_counts_as_hidden(place, ask):
    fs = VirtualFileSystem()
    fs.write_file("/d/f", "public")
    fs.write_file("/vault/x", "")
    fs.set_policy("/vault", PRIVATE)
    between = Interloper(fs, None)
    view = View(between, RULES["label"])
    arguments = [b"mine"] if ask in {"write_bytes", "append_file"} else []
    view.read_text("/d/f")
    view.listdir("/d")

    def move_it_away_for_good():
        fs.move("/d", "/vault/d")
        fs.write_file("/vault/d/f", "a secret")
        fs.write_file("/vault/d/g", "")

    between.act = move_it_away_for_good
    told = attempt(getattr(view, ask), place, *arguments)

    assert fs.read_text("/vault/d/f") == "a secret"
    if not arguments:
        assert told == attempt(getattr(view, ask), place)


def attempt(call, *arguments):
    try:
        return call(*arguments)
    except PathError as error:
        return type(error), str(error)
