"""A file system kept in a storage is the same when it is opened again."""

from __future__ import annotations

import pytest

from jupyter_sandfs.errors import StorageError
from jupyter_sandfs.storage import FileEntry, MemoryFileStorage
from jupyter_sandfs.vfs.filesystem import VirtualFileSystem
from jupyter_sandfs.vfs.policy import NodePolicy
from jupyter_sandfs.vfs.views import VisibilityView


class Fragile(MemoryFileStorage):
    """Fails on request, before anything is kept."""

    broken = False

    def apply(self, sets, deletes):
        if self.broken:
            raise OSError("disk full")
        super().apply(sets, deletes)


@pytest.fixture
def storage():
    return Fragile()


@pytest.fixture
def stored(storage, clock):
    fs = VirtualFileSystem(storage, clock=clock)
    fs.write_file("/d/f", "1")
    fs.write_file("/d/f", "2")
    fs.append_file("/d/f", "3")
    fs.write_file("/d/sub/g", "g")
    fs.mkdir("/empty")
    fs.symlink("d/f", "/link")
    fs.chmod("/d/f", 0o600)
    fs.chmod("/d", 0o700)
    fs.set_policy("/d/sub", NodePolicy(writable=False, principals=frozenset({"ann", "bob"})))
    return fs


STEPS = [
    lambda _: None,
    lambda fs: fs.remove("/empty"),
    lambda fs: fs.move("/d", "/moved/deep"),
    lambda fs: fs.copy("/d", "/copy"),
    lambda fs: fs.copy("/link", "/empty/link"),
    lambda fs: (fs.snapshot("s"), fs.write_file("/d/f", "later"), fs.restore("s")),
    lambda fs: (fs.snapshot("s"), fs.remove("/empty"), fs.write_file("/empty", "swapped"), fs.restore("s")),
    lambda fs: (fs.remove("/link"), fs.mkdir("/link/now/a/directory")),
    lambda fs: fs.chmod("/", 0o700),
    lambda fs: (fs.remove("/empty"), fs.mount_file("/empty", lambda _: ""), fs.remove("/empty")),
    lambda fs: fs.set_policy("/d/sub", None),
]


@pytest.mark.parametrize("step", STEPS)
def test_what_is_opened_again_is_equal(stored, storage, look, step):
    if step in STEPS[2:3]:
        stored.set_policy("/d/sub", None)
    step(stored)

    again = VirtualFileSystem(storage)

    assert look.everything(again) == look.everything(stored)
    assert again.stats() == stored.stats()
    for path in look.everything(stored):
        one, other = (fs.stat(path, follow=False) for fs in (stored, again))
        # Known: a change in a directory does not store the directory's own time again, and the root has none.
        if not one.is_dir:
            assert (one.created_at, one.modified_at) == (other.created_at, other.modified_at)
        assert again.get_policy(path) == stored.get_policy(path)
    look.check(again)


@pytest.mark.parametrize(
    "call",
    [
        lambda fs: fs.write_file("/d/f", "lost"),
        lambda fs: fs.append_file("/d/f", "lost"),
        lambda fs: fs.write_file("/a/b/c", "lost"),
        lambda fs: fs.remove("/empty"),
        lambda fs: fs.move("/empty", "/a/b"),
        lambda fs: fs.move("/empty", "/link2"),
        lambda fs: fs.copy("/d", "/a/b"),
        lambda fs: fs.mkdir("/x/y"),
        lambda fs: fs.chmod("/d", 0),
        lambda fs: fs.set_policy("/d/f", NodePolicy(writable=False)),
        lambda fs: fs.restore("start"),
    ],
)
def test_what_the_storage_refuses_has_not_happened(stored, storage, look, call):
    stored.snapshot("start")
    stored.write_file("/more", "1")
    before, length, then = look.everything(stored), len(stored.log()), stored.snapshot()
    storage.broken = True

    with pytest.raises(OSError, match="disk full"):
        call(stored)

    storage.broken = False
    assert (look.everything(stored), len(stored.log()), stored.diff(then)) == (before, length, [])
    assert look.everything(VirtualFileSystem(storage)) == before
    look.check(stored)


@pytest.mark.parametrize(
    "policy",
    [
        {"readable": "no"},
        {"visibility": 3},
        {"principals": "ann"},
        {"principals": [1]},
        {"from_the_future": True},
        "public",
        ["public"],
        {3: 4},
    ],
)
def test_an_unreadable_policy_hides_the_node_from_all_views(storage, policy):
    storage.set(FileEntry(path="/secret", content=b"x", version=1, policy=policy))
    fs = VirtualFileSystem(storage)

    for rule in (VisibilityView(), VisibilityView({"public"}, principals=["", "ann"])):
        assert (fs.view(rule).exists("/secret"), fs.view(rule).listdir()) == (False, [])
    with pytest.raises(PermissionError):
        fs.read_bytes("/secret")


def test_policies_that_come_from_a_storage_protect_from_the_start(stored, storage):
    again = VirtualFileSystem(storage)

    with pytest.raises(PermissionError):
        again.remove("/d", recursive=True)
    assert again.read_text("/d/sub/g") == "g"


def test_entries_that_come_in_any_order_and_without_parents_make_the_same_tree(look):
    class Unordered(MemoryFileStorage):
        def paths(self):
            return reversed(list(super().paths()))

    storage = Unordered()
    for path in ("/a/b/f", "/z/f"):
        storage.set(FileEntry(path=path, content=b"x", version=3))
    storage.set(FileEntry(path="/z", is_directory=True, mode=0o700))
    fs = VirtualFileSystem(storage)

    assert (fs.glob("/**"), fs.stat("/z").mode, fs.version("/a/b/f")) == (
        ["/a", "/a/b", "/a/b/f", "/z", "/z/f"],
        0o700,
        3,
    )
    look.check(fs)


@pytest.mark.parametrize("path", ["relative", "/a/../b", "/a/", "//a", "/a\\b", "/\0"])
def test_an_entry_under_a_path_that_is_not_normal_is_refused(storage, path):
    storage.set(FileEntry(path=path))

    with pytest.raises(StorageError, match="no normal path"):
        VirtualFileSystem(storage)
