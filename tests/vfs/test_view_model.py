"""Views against a model of dictionaries: any sequence of calls by an owner and by the user of a view.

The model knows labels and nothing else. It says what a view shows, which of its calls succeed, and what they leave.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import count

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from jupyter_sandfs.errors import IsADirectory, NotADirectory, NotFound, PathError, PermissionDenied
from jupyter_sandfs.vfs.entries import Stats
from jupyter_sandfs.vfs.filesystem import VirtualFileSystem
from jupyter_sandfs.vfs.policy import NodePolicy
from jupyter_sandfs.vfs.views.subtree import SubtreeView
from jupyter_sandfs.vfs.views.view import View, VisibilityView

SEEN = {"public", "team"}
LABELS = st.sampled_from([None, "public", "team", "private", "private"])
PATH = st.sampled_from(["/a", "/b", "/a/b", "/a/c", "/a/b/c", "/b/c", "/b/c/d", "/c"])
DATA = st.binary(min_size=1, max_size=3)


@dataclass(frozen=True)
class Node:
    data: bytes | None = None  # None for a directory
    label: str | None = None


def above(path):
    parts = path.split("/")[1:-1]
    return ["/", *("/" + "/".join(parts[: number + 1]) for number in range(len(parts)))] if path != "/" else []


def within(path, top):
    return path == top or path.startswith(top.rstrip("/") + "/")


class Model:
    """Nodes by path, the labels of what is gone, and what a view of some labels makes of them."""

    def __init__(self):
        self.nodes = {"/": Node()}
        self.graves = {}

    def in_force(self, path):
        own = [self.nodes[each].label for each in (*above(path), path) if each in self.nodes]
        inherited = next((label for label in reversed(own) if label), "public")
        return inherited if path in self.nodes else self.graves.get(path, inherited)

    def shows(self, path):
        return all(self.in_force(each) in SEEN for each in (*above(path), path))

    def seen(self, path):
        return path in self.nodes and self.shows(path)

    def below(self, path):
        return [each for each in self.nodes if within(each, path)]

    def whole(self, path):
        return all(self.seen(each) for each in self.below(path))

    def blocked(self, path):
        """Say whether a file that counts stands in the middle of a path."""
        return any(each in self.nodes and self.nodes[each].data is not None for each in above(path))

    def bury(self, path):
        self.graves |= {each: self.nodes[each].label for each in self.below(path) if self.nodes[each].label}

    def put(self, path, node):
        for each in above(path):
            self.nodes.setdefault(each, Node())
        if path in self.nodes:
            self.bury(path)
        self.nodes[path] = node

    def take(self, path):
        self.bury(path)
        return {each: self.nodes.pop(each) for each in self.below(path)}

    def graft(self, taken, source, target):
        for each in above(target):
            self.nodes.setdefault(each, Node())
        self.nodes |= {target + each[len(source) :]: node for each, node in taken.items()}


class ViewMachine(RuleBasedStateMachine):
    def __init__(self):
        super().__init__()
        self.fs = VirtualFileSystem(clock=count(1).__next__)
        self.model = Model()
        self.views = self.make(VisibilityView(SEEN))
        self.turn = 0

    def make(self, rule):
        return [
            View(self.fs, rule),
            View(SubtreeView(self.fs, "/"), rule),
            SubtreeView(View(self.fs, VisibilityView([*SEEN, "x"])), "/"),
            View(View(self.fs, VisibilityView([*SEEN, "x"])), VisibilityView([*SEEN, "y"])),
        ]

    @property
    def view(self):
        """One of the stacks, in turn: all must do the same."""
        self.turn += 1
        return self.views[self.turn % len(self.views)]

    def expect(self, error, call, *args, **options):
        """Make a call that must succeed (None), or raise one of some errors and change nothing."""
        if error is None:
            return call(*args, **options)
        before = self.dump()
        with pytest.raises(error):
            call(*args, **options)
        assert self.dump() == before
        return None

    def dump(self):
        policies = {path: self.fs.get_policy(path) for path in self.model.nodes}
        contents = {path: self.fs.read_bytes(path) for path in self.fs.glob("/**") if self.fs.is_file(path)}
        return policies, contents, self.fs.glob("/**"), len(self.fs.log())

    @initialize(labels=st.lists(st.tuples(PATH, st.sampled_from(["team", "private"])), min_size=1, max_size=3))
    def begin(self, labels):
        """Start from a full tree: from an empty one, most steps would do nothing."""
        for path in ("/a/b/c", "/a/c", "/b/c/d", "/c"):
            self.owner_writes(path, path.encode())
        for path, label in labels:
            self.owner_labels(path, label)

    # ------------------------------------------------------------ the owner

    @rule(path=PATH, data=DATA)
    def owner_writes(self, path, data):
        model = self.model
        node = model.nodes.get(path, Node(b""))
        if model.blocked(path) or node.data is None:
            return
        self.fs.write_bytes(path, data)
        model.put(path, replace(node, data=data))

    @rule(path=PATH, label=LABELS)
    def owner_labels(self, path, label):
        if path in self.model.nodes:
            self.fs.set_policy(path, NodePolicy(visibility=label) if label else None)
            self.model.put(path, replace(self.model.nodes[path], label=label))

    @rule(path=PATH)
    def owner_removes(self, path):
        if path in self.model.nodes:
            self.fs.remove(path, recursive=True)
            self.model.take(path)

    @rule(source=PATH, end=PATH)
    def owner_moves(self, source, end):
        model = self.model
        free = end not in model.nodes and not model.blocked(end)
        if source in model.nodes and free and not within(end, source):
            self.fs.move(source, end)
            model.graft(model.take(source), source, end)

    @rule()
    def owner_takes_a_snapshot(self):
        self.fs.snapshot()

    # ------------------------------------------------------------ through a view

    def missing(self, path):
        """The error for a path at which nothing is seen; None if something is."""
        if self.model.seen(path):
            return None
        through = [each for each in above(path) if self.model.seen(each) and self.model.nodes[each].data is not None]
        return NotADirectory if through else NotFound

    def closed(self, path):
        """The error for a name that is to be made; None if it may be."""
        if self.missing(path) is NotADirectory:
            return NotADirectory
        return None if self.model.shows(path) else PermissionDenied

    @rule(path=PATH)
    def reads(self, path):
        node = self.model.nodes.get(path, Node())
        error = self.missing(path) or (IsADirectory if node.data is None else None)
        assert self.expect(error, self.view.read_bytes, path) == (None if error else node.data)

    @rule(path=PATH, data=DATA, append=st.booleans())
    def writes(self, path, data, append):
        node = self.model.nodes.get(path)
        error = self.closed(path) or (IsADirectory if node and node.data is None else None)
        self.expect(error, self.view.write_bytes, path, data, append=append)
        if error is None:
            old = node or Node(b"")
            self.model.put(path, replace(old, data=old.data + data if append else data))

    @rule(path=PATH)
    def makes_a_directory(self, path):
        node = self.model.nodes.get(path)
        error = self.closed(path) or (FileExistsError if node and node.data is not None else None)
        self.expect(error, self.view.mkdir, path)
        if error is None and node is None:
            self.model.put(path, Node())

    @rule(path=PATH)
    def removes(self, path):
        error = self.missing(path) or (None if self.model.whole(path) else PermissionDenied)
        self.expect(error, self.view.remove, path, recursive=True)
        if error is None:
            self.model.take(path)

    @rule(source=PATH, end=PATH)
    def moves(self, source, end):
        model = self.model
        fine = source == end or self.free(source, end)
        fine = fine and model.seen(source) and model.whole(source)
        self.expect(None if fine else PathError, self.view.move, source, end)
        if fine and source != end:
            model.graft(model.take(source), source, end)

    @rule(source=PATH, end=PATH)
    def copies(self, source, end):
        model = self.model
        fine = model.seen(source) and self.free(source, end)
        self.expect(None if fine else PathError, self.view.copy, source, end)
        if fine:
            taken = {each: model.nodes[each] for each in model.below(source) if model.seen(each)}
            model.graft(taken, source, end)

    def free(self, source, end):
        inside = within(end, source) or within(source, end)
        return end not in self.model.nodes and not inside and self.closed(end) is None

    @precondition(lambda self: any(node.label for node in self.model.nodes.values()))
    @rule(path=PATH, label=LABELS)
    def may_not_administer(self, path, label):
        self.expect(PermissionDenied, self.view.set_policy, path, NodePolicy(visibility=label or "public"))

    # ------------------------------------------------------------ what holds always

    @invariant()
    def each_view_shows_what_the_model_says(self):
        expected = {path: node.data for path, node in self.model.nodes.items() if self.model.seen(path)}
        for view in self.views:
            found = {"/": None} if view.exists("/") else {}
            for at, directories, names in view.walk() if found else ():
                found |= {f"{at.rstrip('/')}/{name}": None for name in directories}
                found |= {f"{at.rstrip('/')}/{name}": view.read_bytes(f"{at.rstrip('/')}/{name}") for name in names}
            assert found == expected
            assert view.stats() == self.counted(expected)

    @invariant()
    def the_tree_is_what_the_model_says(self):
        assert {path: self.fs.get_policy(path).visibility for path in self.model.nodes} == {
            path: self.model.in_force(path) for path in self.model.nodes
        }
        assert ["/", *self.fs.glob("/**")] == sorted(self.model.nodes)
        assert self.fs.stats() == self.counted({path: node.data for path, node in self.model.nodes.items()})

    @staticmethod
    def counted(contents):
        files = [data for data in contents.values() if data is not None]
        return Stats(sum(map(len, files)), len(files), len(contents) - len(files))


HOW = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
TestViews = ViewMachine.TestCase
TestViews.settings = settings(max_examples=25, stateful_step_count=25, derandomize=True, **HOW)


@pytest.mark.soak
class TestViewsForLong(ViewMachine.TestCase):
    settings = settings(max_examples=3000, stateful_step_count=50, **HOW)
