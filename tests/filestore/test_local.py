"""What is particular to the local store: several processes, kills at any moment, what is on the disk."""

from __future__ import annotations

import gc
import hashlib
import os
import signal
import sqlite3
import stat
import subprocess
import sys
import time
import warnings
from pathlib import Path

import pytest

from jupyter_sandfs import errors
from jupyter_sandfs.filestore import LocalFileStore, Recovery, StoreLimits, Usage
from jupyter_sandfs.filestore import local as local_module

KIB = 1024
BIG = 100 * KIB


@pytest.fixture
def root(tmp_path):
    return tmp_path / "store"


@pytest.fixture
def store(root):
    with LocalFileStore(root) as opened:
        yield opened


def start(program: str, *arguments: object) -> subprocess.Popen[str]:
    """Run a program in another process; it says `ready` and then waits for a line."""
    lines = ("import sys", "print('ready', flush=True)", "sys.stdin.readline()", program)
    process = subprocess.Popen(
        [sys.executable, "-c", "\n".join(lines), *map(str, arguments)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        bufsize=1,
    )
    assert process.stdout.readline() == "ready\n"
    return process


def race(program: str, count: int, *arguments: object) -> list[str]:
    """Let `count` processes run a program at once; give what each printed."""
    processes = [start(program, number, *arguments) for number in range(count)]
    for process in processes:
        process.stdin.write("go\n")
    printed = [process.communicate(timeout=60)[0] for process in processes]
    assert [process.returncode for process in processes] == [0] * count
    return printed


def books_of(root: Path) -> tuple[int, int, list[tuple[str, int, int]]]:
    """The index's own sums, older versions included: bytes counted, bytes there, blobs whose references are wrong."""
    connection = sqlite3.connect(root / "index.sqlite3")
    try:
        rows = "(SELECT tenant, size, sha256 FROM object UNION ALL SELECT tenant, size, sha256 FROM past)"
        sums = "(SELECT bytes FROM usage UNION ALL SELECT bytes FROM kept)"
        counted = connection.execute(f"SELECT coalesce(sum(bytes), 0) FROM {sums}").fetchone()[0]
        present = connection.execute(f"SELECT coalesce(sum(size), 0) FROM {rows}").fetchone()[0]
        wrong = connection.execute(
            f"SELECT sha256, refs, (SELECT count(*) FROM {rows} AS one WHERE one.sha256 = blob.sha256) AS rows "
            "FROM blob WHERE refs <> rows"
        ).fetchall()
    finally:
        connection.close()
    return counted, present, wrong


def files_below(root: Path) -> list[Path]:
    return sorted(path for part in ("blobs", "tmp", "uploads") for path in (root / part).rglob("*") if path.is_file())


# ---------------------------------------------------------------- processes

FILL = """
from pathlib import Path
from jupyter_sandfs.errors import QuotaExceeded
from jupyter_sandfs.filestore import LocalFileStore, StoreLimits
number, root, total = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
stored = 0
with LocalFileStore(root, limits=StoreLimits(max_total_bytes=total)) as store:
    for turn in range(20):
        body = (number + str(turn)).encode() * 50_000
        try:
            stored += store.put(f"files/{number}-{turn}", iter([body[:100_000]])).size_bytes
        except QuotaExceeded:
            pass
print(stored)
"""


def test_processes_together_fill_the_quota_exactly(root):
    total = 25 * 100_000 + 99_999

    stored = race(FILL, 3, root, total)

    assert sum(map(int, stored)) == 25 * 100_000
    with LocalFileStore(root, limits=StoreLimits(max_total_bytes=total)) as store:
        assert store.usage() == Usage(total_bytes=25 * 100_000, file_count=25, reserved_bytes=0, max_total_bytes=total)
    assert books_of(root) == (25 * 100_000, 25 * 100_000, [])


CREATE = """
from pathlib import Path
from jupyter_sandfs.errors import VersionConflict
from jupyter_sandfs.filestore import LocalFileStore
number, root = sys.argv[1], Path(sys.argv[2])
won = 0
with LocalFileStore(root) as store:
    for turn in range(20):
        try:
            store.put(f"files/{turn}", number.encode() * 40_000, if_none_match=True)
            won += 1
        except VersionConflict:
            pass
print(won)
"""


def test_of_many_processes_that_create_a_key_one_wins(root):
    won = race(CREATE, 3, root)

    assert sum(map(int, won)) == 20
    assert books_of(root) == (20 * 40_000, 20 * 40_000, [])


WRITE_FOR_EVER = """
import random
from pathlib import Path
from jupyter_sandfs.filestore import LocalFileStore, StoreLimits
number, root = sys.argv[1], Path(sys.argv[2])
source = random.Random(int(number))
with LocalFileStore(root, limits=StoreLimits(keep_versions=int(number) % 2)) as store:
    while True:
        key = f"files/{number}-{source.randrange(4)}"
        body = source.randbytes(source.choice([10, 100_000, 300_000, 9_000_000]))
        print("trying", key, flush=True)
        if source.random() < 0.2:
            store.delete(key)
            print(key, "absent", flush=True)
        else:
            size = source.choice([None, len(body)])
            info = store.put(key, (body[at : at + 50_000] for at in range(0, len(body), 50_000)), size=size)
            print(key, info.checksum, flush=True)
"""


def kill_writers(root: Path, rounds: int) -> None:
    """Kill two writers in each round, then compare what they were told with what is there."""
    lines_before_kill = 12
    said: dict[str, str] = {}
    for turn in range(rounds):
        writers = [start(WRITE_FOR_EVER, 2 * turn + number, root) for number in range(2)]
        for writer in writers:
            writer.stdin.write("go\n")
        for writer in writers:
            lines = [writer.stdout.readline() for _ in range(lines_before_kill + turn % 10)]
            os.kill(writer.pid, signal.SIGKILL)
            lines += writer.stdout.readlines()
            writer.communicate(timeout=30)
            # What was under way when the kill came may be there or not: nobody was told.
            for key, state in (line.split() for line in lines if line.endswith("\n")):
                if key == "trying":
                    said.pop(state, None)
                else:
                    said[key] = state

    with LocalFileStore(root) as store:
        store.recover()
        assert store.recover() == Recovery()
        assert store.usage().reserved_bytes == 0
        there = {info.key: info.checksum for info in store.list(limit=10_000).items}
        assert {key: there.get(key, "absent") for key in said} == said
        for info in [info for key in there for info in store.versions(key)]:
            content = store.get(info.key, version=info.version)
            assert f"sha256:{hashlib.sha256(content).hexdigest()}" == info.checksum
    counted, present, wrong = books_of(root)
    assert (counted, wrong) == (present, [])
    assert not list((root / "tmp").iterdir())


def test_kills_lose_nothing_that_was_acknowledged_and_leave_nothing_behind(root):
    kill_writers(root, 10)


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_hundreds_of_kills_lose_nothing_that_was_acknowledged(root):
    kill_writers(root, 150)


DYING_AFTER_REMOVAL = """
import os, signal
from pathlib import Path
from jupyter_sandfs.filestore import LocalFileStore, StoreLimits
from jupyter_sandfs.filestore.blobs import BlobDirectory
remove = BlobDirectory.remove
def remove_and_die(self, sha256):
    remove(self, sha256)
    os.kill(os.getpid(), signal.SIGKILL)
BlobDirectory.remove = remove_and_die
with LocalFileStore(Path(sys.argv[1]), limits=StoreLimits(keep_versions=0)) as store:
    if sys.argv[2] == "overwrite":
        store.put("files/a", b"2" * 100_000)
    else:
        store.delete("files/a")
"""


@pytest.mark.parametrize(("change", "after"), [("overwrite", b"2" * 100_000), ("delete", None)])
def test_a_kill_right_after_a_content_was_removed_leaves_no_row_of_it(root, change, after):
    """Fails as soon as the content is removed before the transaction that lets go of it has been committed."""
    with LocalFileStore(root) as store:
        store.put("files/a", b"1" * 100_000)
    writer = start(DYING_AFTER_REMOVAL, root, change)
    writer.communicate("go\n", timeout=60)

    with LocalFileStore(root) as store:
        found = store.get("files/a") if store.exists("files/a") else None
        assert (writer.returncode, found, store.recover().missing) == (-signal.SIGKILL, after, 0)
    assert len(files_below(root)) == int(after is not None)


def test_a_kill_in_the_middle_of_a_body_is_cleared_up_by_the_next_who_opens(root):
    program = """
from pathlib import Path
from jupyter_sandfs.filestore import LocalFileStore
def body():
    for _ in range(10):
        yield b"x" * 1_000_000
    print("written", flush=True)
    sys.stdin.readline()
LocalFileStore(Path(sys.argv[1])).put("files/a", body())
"""
    writer = start(program, root)
    writer.stdin.write("go\n")
    assert writer.stdout.readline() == "written\n"

    with LocalFileStore(root) as store:
        alive = (store.usage().reserved_bytes > 0, len(files_below(root)), store.recover())
        os.kill(writer.pid, signal.SIGKILL)
        writer.communicate(timeout=30)
        with LocalFileStore(root):
            pass

        assert alive == (True, 1, Recovery())
        assert (store.usage().reserved_bytes, files_below(root), store.exists("files/a")) == (0, [], False)


def test_a_forked_child_writes_on_its_own(store):
    store.put("files/a", b"parent")
    with warnings.catch_warnings():
        # Newer Pythons warn of forking while there are threads: that is what is tried here.
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child == 0:
        try:
            store.put("files/b", b"child")
            os._exit(0)
        finally:
            os._exit(1)

    status = os.waitpid(child, 0)[1]
    store.put("files/c", b"parent")

    assert status == 0
    assert [info.key for info in store.list().items] == ["files/a", "files/b", "files/c"]


# ---------------------------------------------------------------- recovery


def test_recovery_removes_contents_that_no_key_has(root, store):
    store.put("files/a", b"x" * BIG)
    shelf = root / "blobs" / "ab"
    shelf.mkdir(exist_ok=True)
    (shelf / ("ab" * 32)).write_bytes(b"left by a crash between move and commit")

    assert store.recover() == Recovery(orphans=1)
    assert store.get("files/a") == b"x" * BIG


def test_recovery_reports_contents_that_somebody_deleted(root, store):
    store.put("files/a", b"x" * BIG)
    files_below(root)[0].unlink()

    assert store.recover() == Recovery(missing=1)
    with pytest.raises(errors.StoreError, match=r"^files/a: its content is missing from the store$"):
        store.open("files/a")


def test_recovery_keeps_uploads_that_go_on_and_removes_bytes_of_those_that_are_gone(root, store):
    upload = store.begin_upload("files/a", length=2 * BIG)
    upload.append(b"x" * BIG, 0)
    (root / "uploads" / ("0" * 32)).write_bytes(b"committed, but killed before this was removed")

    assert store.recover() == Recovery(unfinished=1)
    assert (upload.offset, store.usage().reserved_bytes) == (BIG, 2 * BIG)


def test_a_commit_that_fails_after_the_move_leaves_no_content(root, store, monkeypatch):
    adopt = local_module.BlobDirectory.adopt

    def adopt_and_fail(self, source, sha256):
        adopt(self, source, sha256)
        raise OSError("the disk is gone")

    monkeypatch.setattr(local_module.BlobDirectory, "adopt", adopt_and_fail)
    with pytest.raises(OSError, match=r"^the disk is gone$"):
        store.put("files/a", b"x" * BIG)

    assert (files_below(root), store.exists("files/a"), books_of(root)) == ([], False, (0, 0, []))


# ---------------------------------------------------------------- the disk


def test_nobody_else_may_read_whatever_the_umask(root):
    before = os.umask(0)
    try:
        with LocalFileStore(root) as store:
            store.put("files/a", b"x" * BIG)
            store.sign("GET", "files/a", expires=1)
            store.begin_upload("files/b").append(b"x", 0)
            modes = {path: stat.S_IMODE(path.stat().st_mode) for path in (root, *root.rglob("*"))}
    finally:
        os.umask(before)

    expected = {path: 0o700 if path.is_dir() else 0o600 for path in modes}
    assert {path: mode for path, mode in modes.items() if path.exists()} == {
        path: mode for path, mode in expected.items() if path.exists()
    }
    assert len([path for path in modes if path.is_file()]) >= 4


def test_equal_contents_are_kept_once_and_go_with_their_last_key(root):
    store = LocalFileStore(root, limits=StoreLimits(keep_versions=0))
    store.put("files/a", b"x" * BIG)
    store.put("files/b", b"x" * BIG)
    store.copy("files/a", "files/c")
    shared = len(files_below(root))

    store.delete("files/a")
    store.put("files/b", b"other")
    last = len(files_below(root))
    store.delete("files/c")

    assert (shared, last, files_below(root)) == (1, 1, [])
    assert books_of(root) == (5, 5, [])


def test_small_bodies_need_no_files(root, store):
    store.put("files/a", b"x" * 32 * KIB)

    assert files_below(root) == []


def test_a_network_file_system_gets_a_rollback_journal_and_a_warning(root):
    with pytest.warns(RuntimeWarning, match=r"is on a network file system"):
        store = LocalFileStore(root, is_network=lambda path: path == root)
    with store:
        store.put("files/a", b"x" * BIG)
        side_files = {path.name for path in root.iterdir() if path.name.startswith("index")}
        content = store.get("files/a")

    assert (side_files, content) == ({"index.sqlite3"}, b"x" * BIG)


def test_a_store_that_nobody_closes_closes_itself(root):
    store = LocalFileStore(root)
    store.put("files/a", b"1")
    index = store._vault.index

    del store
    gc.collect()

    with pytest.raises(errors.StoreError), index.reading():
        pass


def test_a_file_is_no_place_for_a_store(tmp_path):
    (tmp_path / "file").write_text("")

    for place in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(errors.InvalidRequest, match=r"a file store needs a directory"):
            LocalFileStore(place)


def test_an_index_that_is_no_database_is_a_store_error(root):
    root.mkdir()
    (root / "index.sqlite3").write_bytes(b"no database" * 1000)

    with pytest.raises(errors.StoreError, match=r"^the index of the store failed: "):
        LocalFileStore(root)


@pytest.mark.parametrize("tenant", ["a\nb", "x" * 256, "\ud800", 5])
def test_a_tenant_is_a_printable_name(root, tenant):
    with pytest.raises(errors.InvalidRequest):
        LocalFileStore(root, tenant=tenant)


def test_links_are_signed_with_a_secret_that_stays(root, store):
    token = store.sign("GET", "files/a", expires=60)

    with LocalFileStore(root) as other:
        assert other.verify("GET", token) == ("files/a", None)
    assert len((root / "secret").read_bytes()) == 32


def test_a_large_chunk_is_written_in_small_steps():
    """Linux takes ten times as long for some writes of a megabyte."""
    written = []

    class Disk:
        def write(self, data):
            written.append(len(data))
            return len(data)

    local_module.uploads.write_all(Disk(), bytes(1_000_000))

    assert written == [262_144] * 3 + [213_568]


def test_a_full_disk_is_a_store_error(store):
    with (
        pytest.raises(errors.StoreError, match=r"^the disk of the store does not take more: No space left on device$"),
        open("/dev/full", "r+b", buffering=0) as full,  # noqa: PTH123  a device, opened without a buffer
    ):
        local_module.uploads.write_all(full, b"x")


def test_the_time_is_the_clock_of_the_machine_by_default(store):
    before = time.time()
    created = store.put("files/a", b"").created_at.timestamp()

    assert before - 1 <= created <= time.time() + 1
