"""The whole file system: beside a real directory, and under many threads at once."""

# The oracle is the os module itself; the tables name functions that are defined below them.
# ruff: noqa: PLW0108, PTH106, PTH107, PTH112, PTH114, PTH120, PTH123, PTH208, PTH211

from __future__ import annotations

import os
import shutil
import threading
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jupyter_sandfs.errors import SandfsError, VersionConflict
from jupyter_sandfs.vfs.filesystem import VirtualFileSystem

NAME = st.sampled_from(["/a", "/a/b", "/a/b/c", "/d", "/d/e", "/l", "/l/b"])
STEP = st.one_of(
    st.tuples(st.just("write"), NAME, st.binary(max_size=3)),
    st.tuples(st.just("append"), NAME, st.binary(max_size=3)),
    st.tuples(st.sampled_from(["mkdir", "remove", "read", "list", "readlink", "exists"]), NAME),
    st.tuples(st.just("symlink"), NAME, st.sampled_from(["a", "d", "b", "l", "a/b", "none"])),
)


def real_append(path, data):
    with open(path, "ab") as stream:
        stream.write(data)


REAL = {
    "append": real_append,
    "write": lambda path, data: real_write(path, data),
    "mkdir": os.mkdir,
    "remove": lambda path: os.rmdir(path) if os.path.isdir(path) and not os.path.islink(path) else os.remove(path),
    "read": lambda path: real_read(path),
    "list": lambda path: sorted(os.listdir(path)),
    "readlink": os.readlink,
    "exists": os.path.exists,
    "symlink": lambda path, target: os.symlink(target, path),
}
OURS = {
    "append": lambda fs, path, data: void(fs.append_file(path, data)),
    "write": lambda fs, path, data: void(fs.write_bytes(path, data)),
    "mkdir": lambda fs, path: fs.mkdir(path, parents=False, exist_ok=False),
    "remove": lambda fs, path: fs.remove(path),
    "read": lambda fs, path: fs.read_bytes(path),
    "list": lambda fs, path: sorted(fs.listdir(path)),
    "readlink": lambda fs, path: fs.readlink(path),
    "exists": lambda fs, path: fs.exists(path),
    "symlink": lambda fs, path, target: fs.symlink(target, path),
}


def real_write(path, data):
    with open(path, "wb") as stream:
        stream.write(data)


def real_read(path):
    with open(path, "rb") as stream:
        return stream.read()


def void(_):
    return None


def tried(call, *args):
    try:
        return call(*args)
    except OSError as error:
        return error.errno


@given(st.lists(STEP, max_size=12))
@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_results_and_errors_are_those_of_a_real_directory(tmp_path, steps):
    fs, top = VirtualFileSystem(), tmp_path / "top"
    shutil.rmtree(top, ignore_errors=True)
    top.mkdir()

    for name, path, *rest in steps:
        parent = os.path.dirname(f"{top}{path}")
        if name in {"write", "append", "symlink"} and not os.path.isdir(parent):
            continue  # ours makes the parents
        if name == "exists" and tried(os.stat, f"{top}{path}") == 40:
            continue  # ours tells of a loop, os.path.exists does not
        real = tried(REAL[name], f"{top}{path}", *rest)
        assert tried(OURS[name], fs, path, *rest) == real, (name, path, rest)


def work(fs, number, errors):
    try:
        for index in range(60):
            path = f"/{number % 3}/{index % 7}"
            tried_quietly(fs.write_file, path, f"{number}-{index}")
            tried_quietly(fs.append_file, "/log", "x")
            tried_quietly(fs.read_bytes, path)
            tried_quietly(fs.move, path, f"/{(number + 1) % 3}/moved", overwrite=True)
            tried_quietly(fs.copy, f"/{number % 3}", f"/copies/{number}", overwrite=True)
            tried_quietly(fs.remove, f"/copies/{number}", recursive=True)
            tried_quietly(fs.ls, "/0")
    except BaseException as error:  # noqa: BLE001  # told to the test, whatever it is
        errors.append(error)


def tried_quietly(call, *args, **options):
    with suppress(SandfsError):
        call(*args, **options)


def test_eight_threads_leave_a_sound_tree_and_sound_snapshots(fs, look):
    errors, snapshots = [], []
    threads = [threading.Thread(target=work, args=(fs, number, errors)) for number in range(8)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads) and len(snapshots) < 200:
        snapshots.append(fs.snapshot())
        threads[len(snapshots) % 8].join(0.001)
    for thread in threads:
        thread.join(60)

    assert (errors, len(fs.read_bytes("/log"))) == ([], 8 * 60)
    look.check(fs)
    for then in snapshots[::20]:
        fs.restore(then)
        look.check(fs)
        assert fs.stats() == then.stats


def test_of_threads_that_expect_the_same_version_one_wins_each_time(fs):
    fs.write_file("/n", "0")

    def add():
        done = 0
        while done < 25:
            version = fs.version("/n")
            number = int(fs.read_text("/n"))
            try:
                fs.write_file("/n", str(number + 1), expected_version=version)
                done += 1
            except VersionConflict:
                continue

    threads = [threading.Thread(target=add) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert fs.version("/n") == 101
