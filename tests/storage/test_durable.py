"""A file system over each durable storage is the same when it is opened again."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from jupyter_sandfs.errors import ProviderError
from jupyter_sandfs.storage import open_storage
from jupyter_sandfs.vfs.filesystem import VirtualFileSystem
from jupyter_sandfs.vfs.policy import NodePolicy
from jupyter_sandfs.vfs.views.view import VisibilityView

HIDDEN = NodePolicy(writable=False, visibility="private", principals=frozenset({"ann", "bob"}))


def fill(fs):
    fs.write_file("/d/f", "1")
    fs.write_file("/d/f", "2")
    fs.append_file("/d/f", "3")
    fs.write_file("/d/sub/g", b"\0\xff")
    fs.mkdir("/empty")
    fs.symlink("d/f", "/link")
    fs.chmod("/d/f", 0o600)
    fs.chmod("/d", 0o700)
    fs.utime("/d/f", datetime(1999, 12, 31, tzinfo=UTC))
    fs.utime("/empty", datetime(2999, 12, 31, tzinfo=UTC))
    fs.write_file("/secret", "s")
    fs.set_policy("/secret", HIDDEN)
    fs.mount_file("/now", lambda _: "computed", metadata={"unit": "s"})
    fs.set_policy("/now", HIDDEN)
    fs.mount_directory("/live", lambda _: {})


STEPS = {
    "nothing more": lambda _: None,
    "a removal": lambda fs: fs.remove("/d", recursive=True),
    "a move of a directory": lambda fs: fs.move("/d", "/moved/deep"),
    "a copy of a directory": lambda fs: fs.copy("/d", "/copy"),
    "a restore": lambda fs: (fs.snapshot("s"), fs.remove("/d", recursive=True), fs.restore("s")),
    "a file for a directory": lambda fs: (fs.remove("/d/sub", recursive=True), fs.write_file("/d/sub", "now a file")),
    "a directory for a file": lambda fs: (fs.remove("/d/f"), fs.write_file("/d/f/g", "now below")),
    "a directory for a file by a restore": lambda fs: (
        fs.snapshot("s"), fs.remove("/d/f"), fs.mkdir("/d/f/x"), fs.restore("s"),
    ),
    "other rules for a directory": lambda fs: (fs.chmod("/d", 0o500), fs.set_policy("/d", HIDDEN)),
    "rules for the root": lambda fs: fs.set_policy("/", NodePolicy(visibility="team")),
}  # fmt: skip


def facts(fs):
    """All that a file system says of each node; dynamic nodes are not run."""
    found = {}
    for path in ["/", *_below(fs, "/")]:
        stat = fs.stat(path, follow=False)
        content = fs.read_bytes(path) if stat.is_file and not stat.dynamic else None
        times = stat.created_at, stat.modified_at
        rules = fs.get_policy(path), {} if stat.is_symlink else dict(fs.metadata(path))
        found[path] = (
            stat.kind,
            stat.size,
            stat.mode,
            stat.version,
            stat.link_target,
            stat.dynamic,
            times,
            rules,
            content,
        )
    return found


def _below(fs, directory):
    for entry in fs.ls(directory):
        yield entry.path
        if entry.is_dir and not entry.stat.dynamic:
            yield from _below(fs, entry.path)


@pytest.mark.parametrize("step", STEPS.values(), ids=STEPS)
def test_what_is_opened_again_is_equal(url, step):
    with open_storage(url) as storage:
        fs = VirtualFileSystem(storage)
        fill(fs)
        step(fs)
        before, stats = facts(fs), fs.stats()

    with open_storage(url) as storage:
        again = VirtualFileSystem(storage)
        assert facts(again) == before
        assert again.stats() == stats


def test_changes_go_on_where_they_stopped(url):
    for number in range(1, 4):
        with open_storage(url) as storage:
            fs = VirtualFileSystem(storage)
            assert fs.write_file("/f", str(number)) == number
            assert fs.append_file("/log", f"{number}\n") == number
            number_of_lines = len(fs.read_lines("/log"))
            assert number_of_lines == number


def test_what_was_hidden_is_hidden_from_the_start(url):
    with open_storage(url) as storage:
        fill(VirtualFileSystem(storage))

    with open_storage(url) as storage:
        seen = VirtualFileSystem(storage).view(VisibilityView({"public"}))
        assert sorted(seen.listdir("/")) == ["d", "empty", "link", "live"]
        assert [seen.exists(path) for path in ("/secret", "/now")] == [False, False]


def test_a_dynamic_node_says_who_served_it_until_it_is_mounted_again(url):
    def load_prices(context):
        return "prices"

    with open_storage(url) as storage:
        fs = VirtualFileSystem(storage)
        fs.mount_file("/prices", load_prices, metadata={"currency": "EUR"})
        fs.copy("/prices", "/copy")

    for _ in range(2):  # the second time from what the first one kept
        with open_storage(url) as storage:
            fs = VirtualFileSystem(storage)
            fs.chmod("/copy", 0o600)
            with pytest.raises(ProviderError, match=r"load_prices' served it before .*: mount it again"):
                fs.read_text("/copy")
            assert fs.metadata("/prices") == {"currency": "EUR"}


# ---------------------------------------------------------------- what is not kept: see docs/storage.md


def test_journal_and_snapshots_are_not_kept(url):
    with open_storage(url) as storage:
        fs = VirtualFileSystem(storage)
        fs.write_file("/a", "x")
        fs.snapshot("s")

    with open_storage(url) as storage:
        again = VirtualFileSystem(storage)
        assert (again.log(), again.snapshots()) == ([], [])


def test_a_path_that_was_removed_before_starts_again_at_version_1(url):
    with open_storage(url) as storage:
        fs = VirtualFileSystem(storage)
        fs.write_file("/a", "1")
        fs.write_file("/a", "2")
        fs.remove("/a")

    with open_storage(url) as storage:
        assert VirtualFileSystem(storage).write_file("/a", "3") == 1
