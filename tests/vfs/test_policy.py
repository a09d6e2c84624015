"""Rules that nodes carry, and what they refuse."""

from __future__ import annotations

import pytest

from jupyter_sandfs.errors import AppendOnly, InvalidRequest, PermissionDenied, ReadOnly
from jupyter_sandfs.storage import MemoryFileStorage
from jupyter_sandfs.vfs.batch import Item
from jupyter_sandfs.vfs.filesystem import VirtualFileSystem
from jupyter_sandfs.vfs.policy import NodePolicy

READ_ONLY = NodePolicy(writable=False)
APPEND_ONLY = NodePolicy(append_only=True)
UNREADABLE = NodePolicy(readable=False)


@pytest.fixture
def world(fs):
    fs.write_file("/d/f", "text")
    fs.write_file("/d/sub/g", "text")
    fs.write_file("/free", "text")
    return fs


def refused(fs, look, error, call):
    """Whether a call raises exactly this error and changes nothing at all."""
    before = look.everything_unguarded(fs)
    with pytest.raises(error) as caught:
        call(fs)
    return type(caught.value) is error and look.everything_unguarded(fs) == before


@pytest.fixture
def look(look):
    look.everything_unguarded = lambda fs: (fs.diff("start"), len(fs.log()), fs.stats())
    return look


@pytest.mark.parametrize(
    "call",
    [
        lambda fs: fs.write_file("/d/f", "x"),
        lambda fs: fs.append_file("/d/f", "x"),
        lambda fs: fs.write_file("/d/new", "x"),
        lambda fs: fs.write_file("/d/sub/deeper/new", "x"),
        lambda fs: fs.mkdir("/d/new"),
        lambda fs: fs.symlink("f", "/d/new"),
        lambda fs: fs.mount_file("/d/new", lambda _: ""),
        lambda fs: fs.remove("/d/f"),
        lambda fs: fs.remove("/d", recursive=True),
        lambda fs: fs.move("/d/f", "/f"),
        lambda fs: fs.move("/d", "/e"),
        lambda fs: fs.move("/free", "/d/f", overwrite=True),
        lambda fs: fs.move("/free", "/d/new"),
        lambda fs: fs.copy("/free", "/d/new"),
        lambda fs: fs.copy("/free", "/d/f", overwrite=True),
        lambda fs: fs.chmod("/d/f", 0),
        lambda fs: fs.utime("/d/f"),
    ],
)
def test_a_read_only_directory_rules_all_below_it(world, look, call):
    world.set_policy("/d", READ_ONLY)
    world.snapshot("start")

    assert refused(world, look, ReadOnly, call)


def test_a_child_with_a_policy_of_its_own_follows_that(world):
    world.set_policy("/d", READ_ONLY)
    world.set_policy("/d/f", NodePolicy())

    world.write_file("/d/f", "new")

    assert (world.read_text("/d/f"), world.get_policy("/d/sub/g")) == ("new", READ_ONLY)
    with pytest.raises(ReadOnly):
        world.remove("/d/f")


@pytest.mark.parametrize(
    ("error", "call"),
    [
        (AppendOnly, lambda fs: fs.write_file("/d/f", "x")),
        (AppendOnly, lambda fs: fs.remove("/d/f")),
        (AppendOnly, lambda fs: fs.remove("/d", recursive=True)),
        (AppendOnly, lambda fs: fs.move("/d/f", "/x")),
        (AppendOnly, lambda fs: fs.move("/free", "/d/f", overwrite=True)),
        (AppendOnly, lambda fs: fs.copy("/free", "/d/f", overwrite=True)),
    ],
)
def test_what_is_append_only_does_not_shrink_or_go(world, look, error, call):
    world.set_policy("/d/f", APPEND_ONLY)
    world.snapshot("start")

    assert refused(world, look, error, call)


def test_what_is_append_only_grows(world):
    world.set_policy("/d", APPEND_ONLY)

    world.append_file("/d/f", "+")
    world.write_file("/d/new", "first")

    assert (world.read_text("/d/f"), world.read_text("/d/new")) == ("text+", "first")
    with pytest.raises(AppendOnly):
        world.write_file("/d/new", "second")


@pytest.mark.parametrize(
    "call",
    [
        lambda fs: fs.read_bytes("/d/f"),
        lambda fs: fs.open("/d/f"),
        lambda fs: fs.open("/d/f", "r+"),
        lambda fs: fs.copy("/d/f", "/g"),
        lambda fs: fs.copy("/d", "/e"),
        lambda fs: fs.ls("/d"),
    ],
)
def test_what_is_unreadable_is_neither_read_nor_listed_nor_copied(world, look, call):
    world.set_policy("/d", UNREADABLE)
    world.snapshot("start")

    assert refused(world, look, PermissionDenied, call)


def test_an_unreadable_file_below_stops_the_copy_of_its_directory(world, look):
    world.set_policy("/d/sub/g", UNREADABLE)
    world.snapshot("start")

    assert refused(world, look, PermissionDenied, lambda fs: fs.copy("/d", "/e"))


def test_a_pattern_passes_over_unreadable_directories(world):
    world.set_policy("/d", UNREADABLE)

    assert world.glob("/**") == ["/d", "/free"]


@pytest.mark.parametrize("policy", [READ_ONLY, UNREADABLE, APPEND_ONLY])
@pytest.mark.parametrize("path", ["/", "/d", "/d/f"])
def test_a_policy_counts_at_once_where_the_short_cut_was_taken_before(world, path, policy):
    world.write_file("/d/f", "warm")
    world.read_text("/d/f")
    world.set_policy(path, policy)

    with pytest.raises(PermissionDenied):
        world.read_text("/d/f") if policy == UNREADABLE else world.write_file("/d/f", "x")
    world.set_policy(path, None)
    assert (world.write_file("/d/f", "x"), world.read_text("/d/f")) == (3, "x")


def test_a_moved_or_copied_file_takes_its_own_policy_along(world):
    world.set_policy("/d/f", UNREADABLE)
    world.move("/d/f", "/moved")

    assert world.get_policy("/moved") == UNREADABLE


def test_a_policy_is_not_content(world):
    before = world.stat("/d/f")

    world.set_policy("/d/f", READ_ONLY)

    assert world.stat("/d/f") == before


LOCKED = NodePolicy(writable=False)


def _loaded(fs):
    other = VirtualFileSystem()
    other.restore_snapshot(fs.create_snapshot())
    return other


def _stored(fs):
    storage = MemoryFileStorage()
    kept = VirtualFileSystem(storage)
    kept.write_file("/d/e/f", "")
    kept.set_policy("/d/e/f", LOCKED)
    return VirtualFileSystem(storage)


def _came_back(fs):
    then = fs.snapshot()
    fs.set_policy("/d/e/f", None)
    fs.remove("/d", recursive=True)
    fs.restore(then)
    return fs


def _written_in_one_step(fs):
    fs.write_many([Item("/new/e/f", b"")])
    fs.set_policy("/new/e/f", LOCKED)
    return fs


@pytest.mark.parametrize(
    ("path", "way"),
    [
        ("/d", lambda fs: fs),
        ("/d", lambda fs: fs.snapshot() and fs),
        ("/d", lambda fs: fs.write_file("/d/e/other", "") and fs),
        ("/d", lambda fs: fs.copy("/d", "/c") or (fs.write_file("/d/e/other", "") and fs)),
        ("/c", lambda fs: fs.copy("/d", "/c") or (fs.write_file("/c/e/other", "") and fs)),
        ("/d", lambda fs: fs.chmod("/d/e", 0o700) or fs),
        ("/d", lambda fs: fs.fork()),
        ("/d", _loaded),
        ("/d", _stored),
        ("/d", _came_back),
        ("/new", _written_in_one_step),
    ],
)
def test_a_rule_deep_in_a_directory_is_found_however_it_came_there(fs, path, way):
    fs.write_file("/d/e/f", "")
    fs.set_policy("/d/e/f", LOCKED)
    fs = way(fs)
    for _ in range(2):  # the second time it is remembered
        with pytest.raises(ReadOnly, match="/e/f"):
            fs.remove(path, recursive=True)
    with pytest.raises(ReadOnly, match="/e/f"):
        fs.move(path, "/elsewhere")


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"writable": "no"}, "writable is True or False, not 'no'"),
        ({"append_only": 1}, "append_only is True or False, not 1"),
        ({"visibility": ["staff"]}, "visibility is one label, not ['staff']"),
        ({"principals": "ada"}, "principals is a frozenset of names, not 'ada'"),
    ],
)
def test_a_policy_of_wrong_types_is_refused(fields, told):
    with pytest.raises(InvalidRequest) as caught:
        NodePolicy(**fields)

    assert str(caught.value) == told


def test_what_is_no_policy_is_refused_and_changes_nothing(world, look):
    before = look.everything(world)

    with pytest.raises(InvalidRequest, match=r"^a policy is a NodePolicy\(...\) or None, not dict$"):
        world.set_policy("/free", {"writable": False})

    assert look.everything(world) == before
