"""Every way in, in any order, under tight limits and policies: what is refused changes nothing, no limit is passed."""

from __future__ import annotations

from itertools import count

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from jupyter_sandfs.errors import SandfsError
from jupyter_sandfs.vfs.batch import Item
from jupyter_sandfs.vfs.content import Link
from jupyter_sandfs.vfs.filesystem import VirtualFileSystem
from jupyter_sandfs.vfs.limits import Limits
from jupyter_sandfs.vfs.operations import nodes_below
from jupyter_sandfs.vfs.policy import NodePolicy
from jupyter_sandfs.vfs.providers import ProvidedNode

TIGHT = Limits(total_bytes=40, file_bytes=16, nodes=12, depth=4, name_bytes=9, snapshots=4, provider_seconds=60)
PATH = st.sampled_from(["/a", "/b", "/a/b", "/a/c", "/b/c", "/b/c/d", "/b/c/d/e/f", "/a-long-name", "/l", "/l/x", "/m"])
THERE = st.integers(0, 99)
DATA = st.binary(max_size=20)
PIECES = st.lists(st.binary(max_size=9), max_size=3)
POLICY = st.sampled_from([None, NodePolicy(writable=False), NodePolicy(append_only=True), NodePolicy(readable=False)])


def other_tree():
    """What archives, dumps and batches bring: more than there is room for, where much is there already."""
    fs = VirtualFileSystem()
    fs.write_file("/b/c/d", "x" * 15)
    fs.write_file("/a", "y" * 10)
    fs.symlink("b/c", "/l")
    return fs


ARCHIVES = {name: b"".join(other_tree().archive("/", name)) for name in ("tar", "zip")}
DUMP = other_tree().create_snapshot()


class Machine(RuleBasedStateMachine):
    def __init__(self, look, observed):
        super().__init__()
        self.look = look
        self.fs = VirtualFileSystem(limits=TIGHT, clock=count(1).__next__)
        if observed:  # then no write takes the short cut
            self.fs.register_path_hook("/", lambda _: None)

    def attempt(self, call, *args, **options):
        """Make a call; where it is refused, nothing at all is different."""
        before = self.whole()
        try:
            call(*args, **options)
        except SandfsError:
            assert self.whole() == before

    def whole(self):
        """All that can be seen of the file system; of what may not be read, the error."""
        fs, look = self.fs, self.look
        found = {path: look.attempt(fs.stat, path, follow=False) for path in self.there()}
        contents = {path: look.attempt(fs.read_bytes, path) for path in found}
        return found, contents, {path: fs.get_policy(path) for path in found}, fs.stats(), len(fs.log())

    def there(self):
        """All paths that hold something, also those in directories that may not be listed."""
        return ["/", *sorted(path for path, _ in nodes_below(self.fs._tree.root, "/"))]

    def pick(self, number):
        found = self.there()
        return found[number % len(found)]

    @initialize()
    def fill(self):
        self.fs.write_bytes("/a/b", b"12345")
        self.fs.write_bytes("/b/c/d", b"1234567890")

    @rule(path=PATH, data=DATA, append=st.booleans(), expected=st.sampled_from([None, None, 0, 1, 2]))
    def writes(self, path, data, append, expected):
        self.attempt(self.fs.write_bytes, path, data, append=append, expected_version=expected)

    @rule(
        path=PATH, pieces=st.lists(st.binary(max_size=9), max_size=3), mode=st.sampled_from(["wb", "ab", "xb", "r+b"])
    )
    def streams(self, path, pieces, mode):
        def play():
            with self.fs.open(path, mode) as stream:
                stream.writelines(pieces)

        self.attempt(play)

    @rule(path=THERE, end=PATH, name=st.sampled_from(["copy", "move"]), overwrite=st.booleans())
    def carries(self, path, end, name, overwrite):
        self.attempt(getattr(self.fs, name), self.pick(path), end, overwrite=overwrite)

    @rule(path=PATH, name=st.sampled_from(["mkdir", "touch", "invalidate"]))
    def makes(self, path, name):
        self.attempt(getattr(self.fs, name), path)

    @rule(path=PATH, says=st.sampled_from(["a", "b/c", "x" * 30]))
    def links(self, path, says):
        self.attempt(self.fs.symlink, says, path)

    @rule(path=THERE)
    def removes(self, path):
        self.attempt(self.fs.remove, self.pick(path), recursive=True)

    @rule(path=THERE, policy=POLICY)
    def sets_a_policy(self, path, policy):
        self.attempt(self.fs.set_policy, self.pick(path), policy)

    @rule(path=PATH, text=st.sampled_from(["", "short", "a text that is far longer than a file may be"]))
    def mounts(self, path, text):
        self.attempt(self.fs.mount_file, path, lambda _: text)
        self.attempt(self.fs.read_bytes, path)

    @rule(path=PATH)
    def mounts_a_directory(self, path):
        self.attempt(self.fs.mount_directory, path, lambda _: {"n": ProvidedNode.file("n" * 9)})
        self.attempt(self.fs.copy, f"{path}/n", "/n")

    @rule(path=PATH, data=DATA, overwrite=st.booleans())
    def writes_many(self, path, data, overwrite):
        items = [Item("/a/new", data), Item(path, data), Item("/b/link", Link("c"))]
        self.attempt(self.fs.write_many, items, overwrite=overwrite)

    @rule(archive=st.sampled_from(sorted(ARCHIVES)), path=st.sampled_from(["/", "/b", "/in"]), overwrite=st.booleans())
    def extracts(self, archive, path, overwrite):
        self.attempt(self.fs.extract, ARCHIVES[archive], path, overwrite=overwrite)

    @rule()
    def loads(self):
        self.attempt(self.fs.restore_snapshot, DUMP)

    @rule()
    def takes_a_snapshot(self):
        self.attempt(self.fs.snapshot, f"s{len(self.fs.snapshots())}")

    @rule(number=st.integers(0, 3))
    def restores(self, number):
        self.attempt(self.fs.restore, f"s{number}")

    @rule(data=DATA, path=PATH, how=st.sampled_from(["refuse", "ours", "theirs", "mark"]))
    def merges(self, data, path, how):
        fork = self.fs.fork()
        self.attempt(fork.write_bytes, path, data)
        self.attempt(self.fs.write_bytes, path, data[::-1])
        self.attempt(self.fs.merge, fork, conflicts=how)

    @rule(name=st.sampled_from(["undo", "redo"]))
    def goes_back(self, name):
        self.attempt(getattr(self.fs, name))

    @invariant()
    def no_limit_is_passed_and_the_counters_are_a_recount(self):
        self.look.check(self.fs)
        (found, *_), sums = self.whole(), self.fs.stats()
        assert (sums.total_size <= TIGHT.total_bytes, sums.node_count <= TIGHT.nodes) == (True, True)
        assert len(self.fs.snapshots()) <= TIGHT.snapshots
        for path, facts in found.items():
            assert facts.size <= TIGHT.file_bytes or facts.link_target
            assert path.count("/") <= TIGHT.depth
            assert len(path.rpartition("/")[2]) <= TIGHT.name_bytes


HOW = {
    "deadline": None,
    "phases": [Phase.explicit, Phase.reuse, Phase.generate],  # shrinking takes minutes
    "suppress_health_check": [HealthCheck.too_slow],
}
BOTH = pytest.mark.parametrize("observed", [False, True], ids=["short cut", "long way"])


@BOTH
def test_no_limit_is_ever_passed_and_what_is_refused_changes_nothing(look, observed):
    run_state_machine_as_test(
        lambda: Machine(look, observed),
        settings=settings(max_examples=30, stateful_step_count=25, derandomize=True, **HOW),
    )


@BOTH
@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_no_limit_is_ever_passed_and_what_is_refused_changes_nothing_for_long(look, observed):
    run_state_machine_as_test(
        lambda: Machine(look, observed), settings=settings(max_examples=1000, stateful_step_count=50, **HOW)
    )
