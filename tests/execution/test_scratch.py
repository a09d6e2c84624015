"""Private directories: nothing that is put into them keeps them from going away."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from typing import NamedTuple

import pytest

from jupyter_sandfs.execution.scratch import discard, scratch, sweep


class Facts(NamedTuple):
    """What `os.statvfs` says, as far as it matters."""

    f_bavail: int
    f_frsize: int
    f_flag: int


def names(directory):
    return sorted(each.name for each in directory.iterdir())


def test_a_private_directory_is_there_for_a_while(temporary):
    with scratch() as top:
        assert (top.parent, top.stat().st_mode & 0o777, names(top)) == (temporary, 0o700, ["lock"])

    assert names(temporary) == []


def test_it_is_gone_after_an_error(temporary):
    def fail():
        with scratch() as top:
            (top / "tree").mkdir()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert names(temporary) == []


@pytest.mark.parametrize(
    ("size", "flags", "expected"), [(0, 0, "memory"), (0, os.ST_NOEXEC, "disk"), (1 << 60, 0, "disk")]
)
def test_it_is_in_memory_where_there_is_room_and_programs_may_run(tmp_path, monkeypatch, size, flags, expected):
    for name in ("memory", "disk"):
        (tmp_path / name).mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "disk"))
    monkeypatch.setattr("jupyter_sandfs.execution.scratch.MEMORY", tmp_path / "memory")
    fields = dict.fromkeys(("f_bavail", "f_frsize"), 1 << 20) | {"f_flag": flags}
    monkeypatch.setattr(os, "statvfs", lambda _path: Facts(**fields))

    with scratch(size) as top:
        assert top.parent.name == expected


def test_neither_depth_nor_permissions_nor_links_stop_its_end(tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "kept").write_text("x")
    top = tmp_path / "top"
    top.mkdir()
    (top / "link").symlink_to(outside)
    (top / "file-link").symlink_to(outside / "kept")
    os.mkfifo(top / "fifo")
    closed = top / "closed"
    closed.mkdir()
    (closed / "file").write_text("x")
    (closed / "sub").mkdir()
    closed.chmod(0)
    script = "import os\nfor _ in range(1050):\n    os.mkdir('deep')\n    os.chdir('deep')"
    subprocess.run([sys.executable, "-c", script], cwd=top, check=True)

    discard(top)
    assert (names(tmp_path), names(outside)) == (["outside"], ["kept"])


def test_what_a_killed_process_left_behind_is_swept_and_what_is_in_use_stays(temporary):
    left = temporary / "sandfs-host-left"
    (left / "tree").mkdir(parents=True)
    (left / "lock").touch()
    fresh = temporary / "sandfs-host-fresh"
    fresh.mkdir()
    (temporary / "other").mkdir()
    (temporary / "sandfs-host-link").symlink_to(temporary / "other")

    with scratch() as used:
        sweep(temporary)
        assert names(temporary) == sorted(["other", "sandfs-host-fresh", "sandfs-host-link", used.name])
