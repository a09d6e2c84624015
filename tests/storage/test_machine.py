"""Whatever is done to a file system, its storage holds the same."""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from obstore.store import MemoryStore

from jupyter_sandfs.errors import InvalidRequest, PathError
from jupyter_sandfs.storage import MemoryFileStorage, SQLiteFileStorage, StorageBridge, WriteBehind, objects
from jupyter_sandfs.storage.objects import ObjectFileStorage
from jupyter_sandfs.vfs.filesystem import VirtualFileSystem
from jupyter_sandfs.vfs.policy import NodePolicy

_names = st.sampled_from(["a", "b", "ü"])
_paths = st.lists(_names, min_size=1, max_size=3).map(lambda names: "/" + "/".join(names))
_contents = st.one_of(st.binary(max_size=20), st.integers(60_000, 70_000).map(bytes))


def facts(fs):
    """All that a file system says of each node but of the directories above it, which nobody has made by name."""
    found = {}
    for path in fs.glob("/**"):
        stat = fs.stat(path, follow=False)
        content = fs.read_bytes(path) if stat.is_file and not stat.dynamic else None
        times = stat.created_at, stat.modified_at
        found[path] = stat.kind, stat.mode, stat.version, stat.link_target, times, fs.get_policy(path), content
    return found


class Machine(RuleBasedStateMachine):
    """Changes a file system over a storage, and opens it again now and then."""

    open_storage = None  # set by a test: gives the storage, each time with what was kept before

    def __init__(self):
        super().__init__()
        self.directory = tempfile.TemporaryDirectory()
        self.changes = 0

    @initialize()
    def start(self):
        self.bucket = MemoryStore()
        self.memory = MemoryFileStorage()
        self.open()

    def open(self):
        self.storage = type(self).open_storage(self)
        self.fs = VirtualFileSystem(self.storage)

    def attempt(self, call, *args, **options):
        try:
            call(*args, **options)
            self.changes += 1
        except (PathError, InvalidRequest):  # refused: nothing has changed
            pass

    @rule(path=_paths, content=_contents)
    def write(self, path, content):
        self.attempt(self.fs.write_bytes, path, content)

    @rule(path=_paths, content=_contents)
    def append(self, path, content):
        self.attempt(self.fs.append_file, path, content)

    @rule(path=_paths)
    def mkdir(self, path):
        self.attempt(self.fs.mkdir, path)

    @rule(path=_paths)
    def remove(self, path):
        self.attempt(self.fs.remove, path, recursive=True)

    @rule(source=_paths, destination=_paths)
    def move(self, source, destination):
        self.attempt(self.fs.move, source, destination, overwrite=True)

    @rule(source=_paths, destination=_paths)
    def copy(self, source, destination):
        self.attempt(self.fs.copy, source, destination, overwrite=True)

    @rule(path=_paths, leads_to=_names)
    def link(self, path, leads_to):
        self.attempt(self.fs.symlink, leads_to, path)

    @rule(path=_paths, mode=st.integers(0, 0o7777))
    def chmod(self, path, mode):
        self.attempt(self.fs.chmod, path, mode)

    @rule(path=_paths, year=st.sampled_from([1970, 2020, 3000]))
    def utime(self, path, year):
        self.attempt(self.fs.utime, path, datetime(year, 1, 2, 3, 4, 5, 6, tzinfo=UTC))

    @rule(path=_paths, label=st.sampled_from(["public", "private"]))
    def set_policy(self, path, label):
        self.attempt(self.fs.set_policy, path, NodePolicy(visibility=label))

    @rule()
    def snapshot(self):
        self.fs.snapshot("s")

    @rule()
    def restore(self):
        self.attempt(self.fs.restore, "s")

    @rule()
    def reopen(self):
        before, stats = facts(self.fs), self.fs.stats()
        self.storage.close()
        self.open()
        assert (facts(self.fs), self.fs.stats()) == (before, stats)

    @invariant()
    def what_is_kept_is_what_is_there(self):
        if self.changes % 5 == 4:
            self.changes += 1
            assert facts(VirtualFileSystem(self.storage)) == facts(self.fs)

    def teardown(self):
        if hasattr(self, "storage"):
            self.reopen()
            self.storage.close()
        self.directory.cleanup()


KINDS = {
    "memory": lambda machine: machine.memory,
    "sqlite": lambda machine: SQLiteFileStorage(Path(machine.directory.name, "x"), durable=False),
    "sqlite, behind": lambda machine: WriteBehind(SQLiteFileStorage(Path(machine.directory.name, "x"), durable=False)),
    "objects": lambda machine: StorageBridge(ObjectFileStorage(machine.bucket)),
    "objects, behind": lambda machine: WriteBehind(StorageBridge(ObjectFileStorage(machine.bucket)), max_bytes=100_000),
}


@pytest.fixture
def few_records(monkeypatch):
    """The log of an object storage starts again after a few changes."""
    monkeypatch.setattr(objects, "_MAX_RECORDS", 5)
    monkeypatch.setattr(objects, "_MIN_WASTE", 50_000)


def check(kind, examples, *, derandomize):
    machine = type("Machine", (Machine,), {"open_storage": staticmethod(KINDS[kind])})
    health = [HealthCheck.too_slow, HealthCheck.data_too_large]
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=30,
            deadline=None,
            suppress_health_check=health,
            database=None,
            derandomize=derandomize,
        ),
    )


@pytest.mark.parametrize("kind", KINDS)
def test_a_storage_holds_what_its_file_system_holds(kind, few_records):
    check(kind, 12, derandomize=True)


@pytest.mark.soak
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("kind", KINDS)
def test_a_storage_holds_what_its_file_system_holds_after_thousands_of_changes(kind, few_records):
    check(kind, 300, derandomize=False)
