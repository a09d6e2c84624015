from __future__ import annotations

import pytest

from jupyter_sandfs.errors import PreconditionFailed
from jupyter_sandfs.rpc.fingerprints import fingerprint, remove_unchanged
from jupyter_sandfs.vfs.filesystem import VirtualFileSystem


@pytest.fixture
def fs() -> VirtualFileSystem:
    system = VirtualFileSystem()
    system.write_file("/d/deep/a", "one")
    system.write_file("/beside", "x")
    return system


@pytest.mark.parametrize(
    "change",
    [
        lambda fs: fs.write_file("/d/deep/a", "two"),
        lambda fs: fs.write_file("/d/deep/a", "one"),
        lambda fs: fs.write_file("/d/b", ""),
        lambda fs: fs.remove("/d/deep/a"),
        lambda fs: fs.mkdir("/d/deep/empty"),
        lambda fs: fs.move("/d/deep/a", "/d/deep/b"),
        lambda fs: fs.symlink("a", "/d/link"),
    ],
    ids=["content", "same content again", "new", "gone", "directory", "moved", "link"],
)
def test_a_change_anywhere_below_is_seen_and_nothing_is_removed(fs, change):
    before = fingerprint(fs, b"", "/d")

    change(fs)

    with pytest.raises(PreconditionFailed):
        remove_unchanged(fs, b"", "/d", before)
    assert fs.is_dir("/d")


@pytest.mark.parametrize("path", ["/d", "/d/deep/a"])
def test_what_is_still_the_same_is_removed_whatever_happened_beside_it(fs, path):
    before = fingerprint(fs, b"", path)
    fs.write_file("/beside", "y")

    remove_unchanged(fs, b"", path, before)

    assert (fs.exists(path), fs.exists("/beside")) == (False, True)


def test_nothing_is_computed_for_it(fs):
    asked: list[str] = []
    fs.mount_file("/d/file", lambda context: asked.append(context.path) or "x")
    fs.mount_directory("/d/directory", lambda context: asked.append(context.path) or [])

    assert fingerprint(fs, b"", "/d") == fingerprint(fs, b"", "/d")
    assert fingerprint(fs, b"", "/d/directory") == fingerprint(fs, b"", "/d/directory")
    assert asked == []
