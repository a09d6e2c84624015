"""A wrapper forwards every primitive, as it was called."""

from __future__ import annotations

import inspect
from contextlib import suppress

import pytest

from jupyter_sandfs.errors import PathError
from jupyter_sandfs.vfs.filesystem import VirtualFileSystem
from jupyter_sandfs.vfs.interface import FileSystem
from jupyter_sandfs.vfs.views.forwarding import Wrapper
from jupyter_sandfs.vfs.views.subtree import SubtreeView
from jupyter_sandfs.vfs.views.view import View, VisibilityView

PRIMITIVES = sorted(FileSystem.__abstractmethods__)


class Recorder:
    """Stands for any file system and notes how it is called."""

    def __init__(self):
        self.calls = []
        self.epoch = None

    def __getattr__(self, name):
        def called(*args, **options):
            self.calls.append((name, args, options))
            return name

        return called


def arguments(name):
    parameters = list(inspect.signature(getattr(FileSystem, name)).parameters.values())[1:]
    args = tuple(f"<{each.name}>" for each in parameters if each.kind is not each.KEYWORD_ONLY)
    return args, {each.name: f"<{each.name}>" for each in parameters if each.kind is each.KEYWORD_ONLY}


REWRAPPED = {"at", "fork"}  # give another file system, which is wrapped as this one


@pytest.mark.parametrize("name", [name for name in PRIMITIVES if name not in {"limits", *REWRAPPED}])
def test_a_wrapper_forwards_each_primitive_with_all_its_arguments(name):
    base = Recorder()
    args, options = arguments(name)

    given = getattr(Wrapper(base), name)(*args, **options)

    gives = inspect.signature(getattr(FileSystem, name)).return_annotation
    assert (given, base.calls) == (None if gives == "None" else name, [(name, args, options)])


@pytest.mark.parametrize("name", sorted(REWRAPPED))
def test_another_moment_and_a_fork_are_wrapped_the_same_way(name):
    base = Recorder()
    base.at = base.fork = lambda *args, **options: base.calls.append((name, args, options)) or other
    other = Recorder()
    args, options = arguments(name)

    given = getattr(Wrapper(base), name)(*args, **options)

    assert (type(given), given.base, base.calls) == (Wrapper, other, [(name, args, options)])


def test_a_wrapper_has_the_limits_of_its_base(fs):
    assert Wrapper(fs).limits is fs.limits


@pytest.mark.parametrize("name", PRIMITIVES)
def test_a_wrapper_takes_the_same_arguments_as_the_interface(name):
    ours, theirs = inspect.getattr_static(Wrapper, name), inspect.getattr_static(FileSystem, name)
    if isinstance(ours, property):
        ours, theirs = ours.fget, theirs.fget

    assert inspect.signature(ours) == inspect.signature(theirs)


RACES = {
    "read_bytes": lambda view: view.read_bytes("/d/secret"),
    "write_bytes": lambda view: view.write_bytes("/d/secret", b"mine"),
    "ls": lambda view: view.ls("/d"),
    "listdir": lambda view: view.listdir("/d"),
    "mkdir": lambda view: view.mkdir("/d/new"),
    "remove": lambda view: view.remove("/d/secret"),
    "copy": lambda view: view.copy("/d/secret", "/copy"),
    "move": lambda view: view.move("/d/secret", "/moved"),
    "symlink": lambda view: view.symlink("x", "/d/link"),
    "chmod": lambda view: view.chmod("/d/secret", 0o600),
    "utime": lambda view: view.utime("/d/secret"),
    "metadata": lambda view: view.metadata("/d/secret"),
}


@pytest.mark.parametrize("stacked", [False, True])
@pytest.mark.parametrize("call", RACES)
def test_a_link_that_comes_in_the_way_of_a_call_leads_out_of_no_subtree(call, stacked):
    """Somebody puts a link in the place of a directory just before the file system below is called."""
    fs = VirtualFileSystem()
    fs.write_file("/outside/secret", "s3cret")
    fs.write_file("/top/d/secret", "public")

    class Swapping(Wrapper):
        pass

    def swapped(self, *arguments, **options):
        fs.remove("/top/d", recursive=True)
        fs.symlink("/outside", "/top/d")
        return getattr(Wrapper, call)(self, *arguments, **options)

    setattr(Swapping, call, swapped)
    base = Swapping(fs)
    view = SubtreeView(View(base, VisibilityView()) if stacked else base, "/top")
    before = fs.snapshot()

    with suppress(PathError):
        assert RACES[call](view) != b"s3cret"
    assert fs.read_file("/outside/secret") == "s3cret"
    assert [change for change in fs.diff(before) if change.path.startswith("/outside")] == []
    assert [name for name in ("/top/copy", "/top/moved") if fs.exists(name)] == []
    if call in ("ls", "listdir"):
        with pytest.raises(PathError):
            RACES[call](view)


def test_a_hook_follows_links_also_under_a_call_that_follows_none():
    fs = VirtualFileSystem()
    fs.write_file("/rules/limit", "9")
    fs.symlink("/rules", "/link")
    fs.mkdir("/top")
    seen = []
    fs.register_write_hook("/top", lambda _event: seen.append(fs.read_file("/link/limit")))

    SubtreeView(fs, "/top").write_file("/a", "x")

    assert seen == ["9"]
