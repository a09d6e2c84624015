"""A wrapper forwards every primitive, as it was called."""

from __future__ import annotations

import inspect

import pytest

from jupyter_sandfs.vfs.interface import FileSystem
from jupyter_sandfs.vfs.views.wrappers import Wrapper

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
