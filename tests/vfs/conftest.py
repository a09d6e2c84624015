"""File systems of every kind, and ways to look at a whole one."""

from __future__ import annotations

import itertools
from typing import NamedTuple

import pytest

from jupyter_sandfs.errors import SandfsError
from jupyter_sandfs.storage import MemoryFileStorage
from jupyter_sandfs.vfs.entries import DirEntry, Stat
from jupyter_sandfs.vfs.filesystem import VirtualFileSystem
from jupyter_sandfs.vfs.views.forwarding import Wrapper
from jupyter_sandfs.vfs.views.readonly import ReadOnlyView
from jupyter_sandfs.vfs.views.subtree import SubtreeView
from jupyter_sandfs.vfs.views.view import View, VisibilityView


class Facts(NamedTuple):
    """What a Stat says apart from times and identities."""

    kind: str
    size: int
    mode: int
    version: int
    link_target: str | None
    dynamic: bool


def facts(stat):
    return Facts(str(stat.kind), stat.size, stat.mode, stat.version, stat.link_target, stat.dynamic)


def plain(value):
    """A value without times and identities, so that those of two file systems can be compared."""
    if isinstance(value, Stat):
        return facts(value)
    if isinstance(value, DirEntry):
        return value.name, value.path, facts(value.stat)
    return [plain(each) for each in value] if isinstance(value, list) else value


def everything(system):
    """All of a file system by path: facts, and content of files."""
    found = {"/": (facts(system.stat("/")), None)}
    for at, directories, names in system.walk():
        for name in (*directories, *names):
            path = f"{at.rstrip('/')}/{name}"
            stat = system.stat(path, follow=False)
            found[path] = facts(stat), system.read_bytes(path) if stat.is_file else None
    return found


def attempt(call, *args, **options):
    """What a call gives, or the error that it raises, as a value."""
    try:
        return plain(call(*args, **options))
    except SandfsError as error:
        builtins = [each.__name__ for each in type(error).__mro__ if each.__module__ == "builtins"]
        return type(error).__name__, getattr(error, "errno", None), str(error), builtins


def recount(directory):
    """Count a subtree by hand, and check each directory's own sums: (files, directories, bytes)."""
    sizes = [_size(record.content) for record in directory.files.values()]
    assert directory.own_bytes == sum(sizes)
    files, directories, size = len(sizes), 1, sum(sizes)
    for child in directory.directories.values():
        below = recount(child)
        files, directories, size = files + below[0], directories + below[1], size + below[2]
    assert directory.totals is None or directory.totals[:3] == (files, directories, size)
    return files, directories, size


def _size(content):
    if hasattr(content, "target"):
        return len(content.target.encode())
    return len(content) if isinstance(content, bytes) else getattr(content, "size", 0)


def check_invariants(fs):
    """The tree's promises: counters equal a recount, and caches lead only to current plain directories."""
    tree = fs._tree
    assert (tree.files, tree.directories, tree.size) == recount(tree.root)
    for cache in (tree.plain, tree.owned):
        for path, directory in cache.items():
            at, chain = tree.root, [tree.root]
            for name in path.split("/")[1:]:
                at = at.directories[name]
                chain.append(at)
            assert at is directory
            assert not any(each.mount or (each.extra and each.extra.policy) for each in chain)
    assert all(each.owner is tree.token and each.extra is None for each in tree.owned.values())


@pytest.fixture
def look():
    """The helpers above, for test modules that can't import from here."""

    class Look:
        pass

    found = Look()
    found.facts, found.everything, found.attempt, found.check = facts, everything, attempt, check_invariants
    return found


@pytest.fixture
def clock():
    """Nanoseconds that grow by a second a call."""
    return itertools.count(1_700_000_000_000_000_000, 1_000_000_000).__next__


@pytest.fixture
def fs(clock):
    return VirtualFileSystem(clock=clock)


def _subtree(clock, through=lambda base: base):
    base = VirtualFileSystem(clock=clock)
    base.mkdir("/deep/top")
    below = through(base)
    return SubtreeView(below, "/deep/top" if below.exists("/deep") else "/top")


KINDS = {
    "memory": lambda clock: VirtualFileSystem(clock=clock),
    "stored": lambda clock: VirtualFileSystem(MemoryFileStorage(), clock=clock),
    "view": lambda clock: VirtualFileSystem(clock=clock).view(VisibilityView()),
    "view of a view": lambda clock: VirtualFileSystem(clock=clock).view(VisibilityView()).view(VisibilityView()),
    "subtree": _subtree,
    "view of a subtree": lambda clock: View(_subtree(clock), VisibilityView({"public"})),
    "subtree of a view": lambda clock: _subtree(clock, lambda base: base.view(VisibilityView({"public"}))),
    "subtree of a subtree": lambda clock: _subtree(clock, lambda base: SubtreeView(base, "/deep")),
    "subtree of the root": lambda clock: SubtreeView(VirtualFileSystem(clock=clock), "/"),
    "wrapper": lambda clock: Wrapper(VirtualFileSystem(clock=clock)),
}


@pytest.fixture(params=KINDS)
def system(request, clock):
    """Each kind of file system, empty."""
    return KINDS[request.param](clock)


@pytest.fixture
def read_only(fs):
    return ReadOnlyView(fs)


@pytest.fixture
def kinds():
    """How each kind is made, given a clock."""
    return KINDS
