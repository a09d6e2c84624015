"""Small faults put into the tree on purpose: what plays here must notice each of them, or it proves nothing."""

from __future__ import annotations

import random

import pytest

from jupyter_sandfs import paths
from jupyter_sandfs.errors import NoSpace, NotFound, ReadOnly, SandfsError
from jupyter_sandfs.vfs import batch, content, history, names, nodes, operations, reverting, shortcut, tree
from jupyter_sandfs.vfs.filesystem import VirtualFileSystem
from jupyter_sandfs.vfs.limits import Limits
from jupyter_sandfs.vfs.names import Layered
from jupyter_sandfs.vfs.nodes import Directory
from jupyter_sandfs.vfs.policy import NodePolicy
from jupyter_sandfs.vfs.tree import Tree

PATHS = ["/a", "/b", "/d/a", "/d/b", "/d/e/a", "/d/e/f/a"]
DIRECTORIES = ["/d", "/d/e", "/c", "/c/x"]
STEPS, GAMES = 120, 5


class Model:
    """What a file system should be: contents by path, None for a directory."""

    def __init__(self):
        self.nodes = {"/": None}

    def write(self, path, data):
        self._make_above(path)
        self.nodes[path] = data

    def remove(self, path):
        for each in self.below(path):
            del self.nodes[each]

    def copy(self, source, target):
        self._make_above(target)
        self.nodes.update({target + each[len(source) :]: self.nodes[each] for each in self.below(source)})

    def below(self, path):
        return [each for each in self.nodes if paths.is_within(each, path)]

    def _make_above(self, path):
        for each in paths.ancestors(path):
            self.nodes.setdefault(each, None)


class Game:
    """Plays one random game on a file system and on its model, and compares them after each step."""

    def __init__(self, seed, check):
        self.random, self.check = random.Random(seed), check
        self.fs, self.model = VirtualFileSystem(), Model()
        self.kept, self.versions = [], {}

    def play(self):
        for _ in range(STEPS):
            step = self.random.choice([self.write, self.write, self.append, self.remove, self.copy, self.move])
            step = self.random.choice([step, step, step, self.snapshot, self.restore, self.undo])
            step()
            self.compare()

    def write(self):
        path, data = self.random.choice(PATHS), self.random.randbytes(self.random.randrange(4))
        if self.writable(path):
            self.fs.write_bytes(path, data)
            self.model.write(path, data)

    def append(self):
        path = self.random.choice(PATHS)
        if self.writable(path):
            self.fs.append_file(path, b"+")
            self.model.write(path, (self.model.nodes.get(path) or b"") + b"+")

    def remove(self):
        path = self.random.choice(PATHS + DIRECTORIES)
        if path in self.model.nodes:
            self.fs.remove(path, recursive=True)
            self.model.remove(path)

    def copy(self):
        self._carry(self.fs.copy, keep=True)

    def move(self):
        self._carry(self.fs.move, keep=False)

    def snapshot(self):
        self.kept.append((self.fs.snapshot(), dict(self.model.nodes)))

    def restore(self):
        if self.kept:
            moment, self.model.nodes = self.random.choice(self.kept)
            self.model.nodes = dict(self.model.nodes)
            self.fs.restore(moment)

    def undo(self):
        before, length = dict(self.model.nodes), self.fs.log(1)
        self.random.choice([self.write, self.append, self.remove, self.copy, self.move])()
        if self.fs.log(1) != length:
            self.fs.undo()
            self.model.nodes = before

    def writable(self, path):
        return self.model.nodes.get(path, b"") is not None and all(
            self.model.nodes.get(each) is None for each in paths.ancestors(path)
        )

    def _carry(self, call, *, keep):
        sources = [each for each in self.model.nodes if each != "/"]
        targets = [each for each in [*PATHS, *DIRECTORIES, "/n/o"] if each not in self.model.nodes]
        if not sources or not targets:
            return
        source, target = self.random.choice(sources), self.random.choice(targets)
        if self.writable(target) and not paths.is_within(target, source):
            call(source, target)
            self.model.copy(source, target)
            if not keep:
                self.model.remove(source)

    def compare(self):
        assert contents(self.fs) == self.model.nodes
        self.check(self.fs)
        if self.random.random() < 0.1:  # it freezes the tree: not always
            self.check(self.fs.fork())
        for moment, nodes_then in self.kept:
            assert contents(self.fs.at(moment)) == nodes_then
        for path, data in self.model.nodes.items():
            if data is not None:
                version, known = self.fs.version(path), self.versions.setdefault(path, {})
                assert known.setdefault(version, data) == data


def contents(fs):
    found = {"/": None}
    for at, directories, files in fs.walk():
        found |= {paths.join(at, name): None for name in directories}
        found |= {paths.join(at, name): fs.read_bytes(paths.join(at, name)) for name in files}
    return found


def rules_hold():
    """What a policy and a limit forbid stays undone, on the short cut too."""
    fs = VirtualFileSystem(limits=Limits(total_bytes=10, nodes=6))
    fs.write_file("/d/f", "12345")
    fs.set_policy("/d", NodePolicy(writable=False))
    for refused in (lambda: fs.write_file("/d/f", "x"), lambda: fs.write_file("/d/n", "x"), lambda: fs.remove("/d/f")):
        with pytest.raises(ReadOnly):
            refused()
    for refused in (
        lambda: fs.write_file("/g", "123456"),
        lambda: fs.copy("/d/f", "/h") or fs.copy("/d/f", "/i"),
        lambda: [fs.write_file(f"/{number}", "") for number in range(9)],
    ):
        with pytest.raises(NoSpace):
            refused()
    deep = VirtualFileSystem()
    deep.write_file("/d/e/f", "")
    deep.set_policy("/d/e/f", NodePolicy(writable=False))
    with pytest.raises(ReadOnly):
        deep.remove("/d", recursive=True)
    fs.set_policy("/d", NodePolicy(readable=False))
    with pytest.raises(SandfsError):
        fs.read_bytes("/d/f")
    plain = VirtualFileSystem(limits=Limits(total_bytes=10))
    plain.write_file("/g", "12345")
    for refused in (lambda: plain.write_file("/h", "123456"), lambda: plain.append_file("/g", "123456")):
        with pytest.raises(NoSpace):
            refused()
    with pytest.raises(NotFound):
        fs.read_bytes("/absent")


def copies_are_apart():
    """A tree that was copied to a new place, and so is shared, is not changed by what happens to the other."""
    fs = VirtualFileSystem()
    fs.write_file("/d/e/f", "1")
    fs.copy("/d", "/new")
    fs.write_file("/d/e/f", "2")
    fs.write_file("/new/e/g", "3")
    assert contents(fs) == {
        "/": None,
        "/d": None,
        "/d/e": None,
        "/d/e/f": b"2",
        "/new": None,
        "/new/e": None,
        "/new/e/f": b"1",
        "/new/e/g": b"3",
    }


def examine(check):
    """Raise if anything is wrong with the file system."""
    copies_are_apart()
    for seed in range(GAMES):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(names, "_MANY", 64 if seed % 2 else 2)  # two names in a directory are many, or few
            Game(seed, check).play()
    rules_hold()


def test_a_sound_file_system_passes(look):
    examine(look.check)


# ---------------------------------------------------------------- the faults


def replaced(target, name, make):
    """A fault: a method of `target` is what `make` makes of it."""
    return lambda monkeypatch: monkeypatch.setattr(target, name, make(getattr(target, name)))


def _keeps_token(freeze):
    def fault(self):
        token, owned = self.token, dict(self.owned)
        root = freeze(self)
        self.token, self.owned = token, owned
        return root

    return fault


def _keeps_owned(freeze):
    def fault(self):
        owned = dict(self.owned)
        root = freeze(self)
        self.owned = owned
        return root

    return fault


def _shares_names(copy):
    def fault(self, owner):
        twin = copy(self, owner)
        twin.files = self.files
        return twin

    return fault


def _shares_directories(copy):
    def fault(self, owner):
        twin = copy(self, owner)
        twin.directories = self.directories
        return twin

    return fault


def _forgets_a_record(copy):
    def fault(self, owner):
        twin = copy(self, owner)
        if len(twin.files) > 1:
            twin.files.popitem()
        return twin

    return fault


def _forgets_what_is_gone(delete):
    def fault(self, name):
        delete(self, name)
        self.gone = set()

    return fault


def _drops_sizes(count):
    def fault(self, node, sign):
        size = self.size
        count(self, node, sign)
        self.size = size

    return fault


def _without_removals(pairs):
    return lambda *args: [each for each in pairs(*args) if each.after is not None]


def _does_not_freeze(settle):
    def fault(self, node):
        owner = getattr(node, "owner", None)
        totals = settle(self, node)
        if isinstance(node, Directory):
            node.owner, node.totals = owner, None
        return totals

    return fault


def _off_by_one(node_size):
    return lambda content: node_size(content) + (1 if content == b"+" else 0)


FAULTS = {
    "a snapshot does not take a new token": replaced(Tree, "freeze", _keeps_token),
    "a snapshot leaves directories to change in place": replaced(Tree, "freeze", _keeps_owned),
    "a copied directory shares its files": replaced(Directory, "copy", _shares_names),
    "a copied directory shares its directories": replaced(Directory, "copy", _shares_directories),
    "copies of many names are one": replaced(Layered, "copy", lambda _: lambda self: self),
    "a shared name that went shows again": replaced(Layered, "__delitem__", _forgets_what_is_gone),
    "a copied directory misses a file": replaced(Directory, "copy", _forgets_a_record),
    "the caches outlive a directory": replaced(Tree, "forget", lambda _: lambda self: None),
    "a copied directory stays stale in the cache": replaced(
        Tree, "_remember", lambda _: staticmethod(lambda cache, path, directory: cache.setdefault(path, directory))
    ),
    "bytes are not counted": replaced(Tree, "_count", _drops_sizes),
    "the size of one content is wrong": lambda monkeypatch: [
        monkeypatch.setattr(each, "size_of", _off_by_one(content.size_of)) for each in (tree, operations)
    ],
    "versions start again": replaced(Tree, "next_version", lambda _: lambda self, path, current: 1),
    "what went away is not remembered": replaced(Tree, "_note_versions", lambda _: lambda self, *args: None),
    "a copied tree stays ours to change": replaced(Tree, "settle", _does_not_freeze),
    "an append goes into every version": lambda monkeypatch: [
        monkeypatch.setattr(each, "append_to", lambda old, piece: content.data_of(old) + piece + b"!")
        for each in (shortcut, operations)
    ],
    "restore leaves what came since": lambda monkeypatch: monkeypatch.setattr(
        operations, "pairs", _without_removals(history.pairs)
    ),
    "the quota is not asked": replaced(operations, "check_room", lambda _: lambda desk, plan: None),
    "the short cut does not ask the quota": replaced(
        shortcut.ShortCut, "_fits", lambda _: lambda self, size, grown: True
    ),
    "policies are not seen": lambda monkeypatch: (
        [monkeypatch.setattr(each, "policy_of", lambda node: None) for each in (nodes, tree, operations, batch)]
        + [monkeypatch.setattr("jupyter_sandfs.vfs.lookup.policy_of", lambda node: None)]
    ),
    "a directory does not know that a file in it has rules": replaced(
        Tree,
        "_attach",
        lambda attach: (
            lambda self, parent, name, node: (attach(self, parent, name, node), setattr(parent, "plain_files", True))
        ),
    ),
    "undo puts back the wrong node": lambda monkeypatch: monkeypatch.setattr(
        reverting, "_kept", lambda entry: entry.after
    ),
    "a frozen moment loses count": replaced(
        Tree, "freeze", lambda freeze: lambda self: (root := freeze(self))._replace(size=root.size + 1)
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_is_noticed(look, monkeypatch, fault):
    FAULTS[fault](monkeypatch)

    noticed = False
    try:
        examine(look.check)
    except (Exception, pytest.fail.Exception):  # noqa: BLE001  # in whatever way
        noticed = True
    assert noticed, fault
