"""The mount seen from the other side: through the engine's own handle of a file system, without a shell."""

from __future__ import annotations

import ctypes
import errno
import subprocess
import sys

import bashkit
import pytest

from jupyter_sandfs.errors import HookError, NotFound, ReadOnly, VersionConflict
from jupyter_sandfs.shell import capsule_abi as abi
from jupyter_sandfs.shell.capsule import OPERATIONS, Mount, Places, explain


@pytest.fixture(params=[*{abi.IN_REGISTERS, False}], ids=str)
def mount(fs, request):
    return Mount(fs, in_registers=request.param)


@pytest.fixture
def foreign(mount):
    return bashkit.FileSystem.from_capsule(mount.capsule())


def test_every_function_of_the_interface_is_filled():
    assert [*OPERATIONS, "free_bytes", "free_dir_entries"] == list(abi.FUNCTIONS)


def test_content_passes_byte_for_byte_both_ways(fs, foreign):
    data = bytes(range(256)) * 100

    foreign.write_file("/f", data)
    foreign.append_file("/f", b"\0end")

    assert foreign.read_file("/f") == fs.read_bytes("/f") == data + b"\0end"


def test_an_empty_file_is_read_as_nothing(foreign):
    foreign.write_file("/f", b"")

    assert foreign.read_file("/f") == b""


def test_one_object_can_be_lent_twice_and_all_is_given_back(fs, mount, foreign):
    fs.write_file("/f", "x" * 100)
    for name in ("ä", "b", "c"):
        fs.mkdir(f"/d/{name}")

    for _ in range(3):
        foreign.read_file("/f")
        foreign.read_dir("/d")
        with pytest.raises(RuntimeError):
            foreign.read_file("/nope")

    assert len(mount.loans) == 0


def test_loans_count_how_often_an_object_is_out(mount):
    data = b"content"
    first, second = mount.loans.lend(data), mount.loans.lend(data)

    mount.loans.take_back(first)
    left = len(mount.loans)
    mount.loans.take_back(second)
    mount.loans.take_back(second)

    assert (first, left, len(mount.loans), ctypes.string_at(second, 7)) == (second, 1, 0, data)


def test_places_are_kept_and_not_without_bound():
    memory = ctypes.create_string_buffer(1000)
    places = Places(abi.SLICE)

    for at in range(1000 - abi.SLICE.size):
        abi.SLICE.pack_into(places[ctypes.addressof(memory) + at], 0, at, 1)

    assert len(places) <= 256
    assert abi.SLICE.unpack_from(memory, 1000 - abi.SLICE.size - 1) == (1000 - abi.SLICE.size - 1, 1)


def test_facts_are_told_as_on_a_disk(fs, foreign):
    fs.write_file("/d/f", "12345")
    fs.chmod("/d/f", 0o640)
    fs.symlink("f", "/d/l")

    listed = {row["name"]: (row["metadata"]["file_type"], row["metadata"]["size"]) for row in foreign.read_dir("/d")}

    assert listed == {"f": ("file", 5), "l": ("symlink", 1)}
    assert foreign.stat("/d")["file_type"] == "directory"
    assert foreign.stat("/d/f")["mode"] & 0o777 == 0o640
    assert foreign.read_link("/d/l") == "f"
    assert [foreign.exists(path) for path in ("/d", "/d/l", "/nope")] == [True, True, False]


@pytest.mark.parametrize(
    "attempt",
    [
        lambda foreign: foreign.write_file("/no/f", b""),
        lambda foreign: foreign.append_file("/no/f", b""),
        lambda foreign: foreign.mkdir("/no/d"),
        lambda foreign: foreign.copy("/f", "/no/f"),
        lambda foreign: foreign.rename("/f", "/no/f"),
        lambda foreign: foreign.symlink("/f", "/no/l"),
        lambda foreign: foreign.remove("/no"),
        lambda foreign: foreign.copy("/d", "/e"),
        lambda foreign: foreign.mkdir("/d"),
        lambda foreign: foreign.symlink("/f", "/d"),
        lambda foreign: foreign.read_link("/f"),
    ],
)
def test_what_a_kernel_would_refuse_is_refused_and_nothing_changes(fs, foreign, attempt):
    fs.write_file("/f", "x")
    fs.mkdir("/d")

    with pytest.raises(RuntimeError):
        attempt(foreign)

    assert (fs.listdir("/"), fs.read_text("/f")) == (["d", "f"], "x")


@pytest.mark.parametrize(
    ("problem", "expected"),
    [
        (NotFound("/x"), (1, "No such file or directory")),
        (ReadOnly("/x"), (3, "Read-only file system")),
        (OSError(errno.ENOSPC, "x"), (abi.OTHER_KIND, "No space left on device")),
        (VersionConflict("/x", 1, 2), (abi.OTHER_KIND, "/x: version is 2, not 1")),
        (HookError("/x", "no\nway", veto=True), (abi.OTHER_KIND, "/x: refused: no way")),
        (KeyboardInterrupt(), (abi.OTHER_KIND, "KeyboardInterrupt")),
        (ValueError("x" * 1000), (abi.OTHER_KIND, "x" * 500)),
    ],
)
def test_a_failure_is_told_by_kind_and_in_one_line(problem, expected):
    assert explain(problem) == expected


@pytest.mark.parametrize("problem", [KeyboardInterrupt(), SystemExit(1), MemoryError(), RecursionError("deep")])
def test_no_exception_of_whatever_kind_passes_as_success(fs, foreign, problem, monkeypatch):
    def fail(*_, **__):
        raise problem

    monkeypatch.setattr(fs, "read_bytes", fail)

    with pytest.raises(RuntimeError):
        foreign.read_file("/f")


def test_an_error_whose_text_cannot_be_made_is_still_a_failure(fs, foreign, monkeypatch):
    class Unspeakable(Exception):
        def __str__(self):
            raise RuntimeError

    def fail(*_, **__):
        raise Unspeakable

    monkeypatch.setattr(fs, "read_bytes", fail)

    with pytest.raises(RuntimeError):
        foreign.read_file("/f")


def test_what_the_engine_holds_outlives_the_modules_at_the_end_of_the_process():
    # Functions in the engine's class that lead to the program's globals: all of it is then collected at once.
    program = (
        "from jupyter_sandfs.shell import bashkit_engine, shell\n"
        "from jupyter_sandfs.vfs.filesystem import VirtualFileSystem\n"
        "run = bashkit_engine.BashkitEngine.run\n"
        "def wrap():\n"
        "    inner = run\n"
        "    bashkit_engine.BashkitEngine.run = lambda *given: inner(*given)\n"
        "wrap()\n"
        "session = shell.SandboxShell(VirtualFileSystem())\n"
        "print(session.exec('echo used').stdout)\n"
    )

    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=60)

    assert (ran.stdout, ran.stderr, ran.returncode) == ("used\n\n", "", 0)
