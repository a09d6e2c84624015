"""Quotas, exact at their boundary on every way in; what is refused changes nothing."""

from __future__ import annotations

import pytest

from jupyter_sandfs.errors import FileTooLarge, NameTooLong, NoSpace
from jupyter_sandfs.storage import MemoryFileStorage
from jupyter_sandfs.vfs.batch import Item
from jupyter_sandfs.vfs.entries import Stats
from jupyter_sandfs.vfs.filesystem import VirtualFileSystem
from jupyter_sandfs.vfs.limits import Limits

TIGHT = Limits(total_bytes=100, file_bytes=60, nodes=6, depth=4, name_bytes=8)
# The world holds 40 bytes in 4 nodes: 60 bytes and 2 nodes are left.


@pytest.fixture(params=["short cut", "long way"])
def world(request, clock):
    fs = VirtualFileSystem(limits=TIGHT, clock=clock)
    if request.param == "long way":
        fs.register_write_hook("/", lambda _: None)
    fs.write_bytes("/d/f", b"x" * 40)
    fs.mkdir("/e")
    return fs


def by_stream(fs, path, size):
    with fs.open(path, "wb") as stream:
        for _ in range(size):
            stream.write(b"x")


@pytest.mark.parametrize(
    ("fits", "too_much", "error"),
    [
        (lambda fs: fs.write_bytes("/d/g", b"x" * 60), lambda fs: fs.write_bytes("/d/g", b"x" * 61), FileTooLarge),
        (lambda fs: fs.write_bytes("/d/f", b"x" * 60), lambda fs: fs.write_bytes("/d/f", b"x" * 61), FileTooLarge),
        (
            lambda fs: fs.append_file("/d/f", b"x" * 20),
            lambda fs: fs.append_file("/d/f", b"x" * 21),
            FileTooLarge,
        ),
        (lambda fs: by_stream(fs, "/d/g", 60), lambda fs: by_stream(fs, "/d/g", 61), FileTooLarge),
        (lambda fs: fs.copy("/d/f", "/g"), lambda fs: [fs.copy("/d/f", f"/{n}") for n in (1, 2)], NoSpace),
        (
            lambda fs: (fs.append_file("/d/f", b"x" * 10), fs.copy("/d", "/k")),
            lambda fs: (fs.append_file("/d/f", b"x" * 11), fs.copy("/d", "/k")),
            NoSpace,
        ),
        (lambda fs: fs.mkdir("/a/b"), lambda fs: fs.mkdir("/a/b/c"), NoSpace),
        (lambda fs: fs.write_file("/a/b", ""), lambda fs: fs.write_file("/a/b/c", ""), NoSpace),
        (lambda fs: [fs.touch(n) for n in "12"], lambda fs: [fs.touch(n) for n in "123"], NoSpace),
        (lambda fs: fs.touch("/" + "n" * 8), lambda fs: fs.touch("/" + "n" * 9), NameTooLong),
        (lambda fs: fs.touch("/éééé"), lambda fs: fs.touch("/ééééé"), NameTooLong),
        (lambda fs: fs.touch("/d/1/2"), lambda fs: fs.touch("/d/1/2/3/4"), NameTooLong),
        (lambda fs: fs.move("/d", "/e/1"), lambda fs: fs.move("/d", "/e/1/2/3"), NameTooLong),
        (lambda fs: fs.symlink("t" * 60, "/l"), lambda fs: fs.symlink("t" * 61, "/l"), NoSpace),
        (lambda fs: fs.symlink("t", "/l"), lambda fs: fs.symlink("t" * 5000, "/l"), ValueError),
    ],
)
def test_the_last_byte_node_or_level_fits_and_the_next_does_not(world, look, fits, too_much, error):
    start = world.snapshot()

    fits(world)
    look.check(world)
    world.restore(start)
    look.check(world)

    with pytest.raises(error):
        too_much(world)
    look.check(world)


@pytest.mark.parametrize(
    "call",
    [
        lambda fs: fs.write_bytes("/new/g", b"x" * 61),
        lambda fs: fs.append_file("/d/f", b"x" * 21),
        lambda fs: fs.copy("/d/f", "/a/b/c"),
        lambda fs: fs.mkdir("/a/b/c"),
        lambda fs: fs.symlink("t" * 61, "/new/l"),
        lambda fs: fs.move("/d", "/e/1/2/3"),
        lambda fs: by_stream(fs, "/d/f", 61),
    ],
)
def test_what_is_refused_changes_nothing_at_all(world, look, call):
    before, start, length = look.everything(world), world.snapshot(), len(world.log())

    with pytest.raises((NoSpace, FileTooLarge, NameTooLong)):
        call(world)

    assert (look.everything(world), world.diff(start), len(world.log())) == (before, [], length)
    look.check(world)


def test_shrinking_always_has_room(clock):
    fs = VirtualFileSystem(limits=TIGHT, clock=clock)
    fs.write_bytes("/a", b"x" * 60)
    fs.write_bytes("/b", b"x" * 40)

    fs.write_bytes("/a", b"x" * 59)
    fs.move("/b", "/c")
    fs.copy("/c", "/a", overwrite=True)

    assert fs.stats().total_size == 80


def test_a_restore_that_has_no_room_is_refused(clock):
    fs = VirtualFileSystem(limits=TIGHT, clock=clock)
    fs.write_bytes("/a", b"x" * 60)
    full = fs.snapshot()
    fs.remove("/a")
    fs._limits = Limits(total_bytes=50)

    with pytest.raises(NoSpace):
        fs.restore(full)
    assert fs.listdir() == []


@pytest.fixture(params=["kept", "forked"])
def loaded(request, clock):
    """A file system whose storage holds more bytes, nodes, levels and longer names than its limits."""
    storage = MemoryFileStorage()
    earlier = VirtualFileSystem(storage, clock=clock)
    earlier.write_bytes("/large", b"x" * 100)
    for number in range(8):
        earlier.write_bytes(f"/d/e/f/g/h/{'name' * 8}{number}", b"x" * 10)
    small = Limits(total_bytes=150, file_bytes=60, nodes=9, name_bytes=20, depth=4)
    fs = VirtualFileSystem(storage, limits=small, clock=clock)
    return fs if request.param == "kept" else fs.fork()  # the fork has no storage: it takes the short cut


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (lambda fs: fs.write_bytes("/new", b""), NoSpace),
        (lambda fs: fs.write_bytes("/new", b"x"), NoSpace),
        (lambda fs: fs.mkdir("/new"), NoSpace),
        (lambda fs: fs.symlink("large", "/new"), NoSpace),
        (lambda fs: fs.append_file("/large", b"x"), FileTooLarge),
        (lambda fs: fs.write_bytes("/large", b"x" * 101), FileTooLarge),
        (lambda fs: fs.append_file("/d/e/f/g/h/" + "name" * 8 + "1", b"x"), NoSpace),
        (lambda fs: fs.copy("/large", "/new"), NoSpace),
        (lambda fs: fs.write_many([Item("/new", b"")]), NoSpace),
    ],
)
def test_a_storage_larger_than_the_limits_is_kept_but_does_not_grow(loaded, look, call, error):
    before = look.everything(loaded)

    with pytest.raises(error):
        call(loaded)

    assert look.everything(loaded) == before
    assert loaded.stats() == Stats(total_size=180, file_count=9, directory_count=6)
    look.check(loaded)


def test_what_is_in_a_storage_larger_than_the_limits_can_be_made_smaller_until_there_is_room(loaded, look):
    loaded.write_bytes("/large", b"y" * 80)
    loaded.write_bytes("/large", b"z" * 80)
    loaded.move("/large", "/moved")
    loaded.remove("/d/e/f/g", recursive=True)
    loaded.write_bytes("/moved", b"x" * 10)

    assert loaded.write_bytes("/new", b"x" * 60) == 1
    assert loaded.stats() == Stats(total_size=70, file_count=2, directory_count=4)
    look.check(loaded)
