"""One SQLite file: whose it is, who may open it, and what happens to a damaged one."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys

import pytest

from jupyter_sandfs.errors import StorageError, StorageLocked
from jupyter_sandfs.storage import FileEntry, SQLiteFileStorage, sqlite

HOLDER = """
import sys
from jupyter_sandfs import Sandbox
sandbox = Sandbox(storage=f"sqlite:///{sys.argv[1]}")
sandbox.fs.write_file("/f", "theirs")
print("open", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def file(tmp_path):
    return tmp_path / "entries.sqlite"


@pytest.fixture
def impatient(monkeypatch):
    monkeypatch.setattr(sqlite, "_WAIT_SECONDS", 0.0)


def fill(file):
    with SQLiteFileStorage(file) as storage:
        storage.set_many(FileEntry(path=f"/{number:03}", content=bytes([number]) * 3000) for number in range(100))


def change(file, *statements):
    """Do to the file what somebody else would."""
    connection = sqlite3.connect(file)
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()


def read_all(file):
    with SQLiteFileStorage(file) as storage:
        return list(storage.items())


# ---------------------------------------------------------------- who has it


def test_a_second_sandbox_of_the_same_process_is_refused(file, impatient):
    with SQLiteFileStorage(file) as first:
        with pytest.raises(
            StorageLocked, match=r"entries\.sqlite: another kernel, or another sandbox of this one, has it"
        ):
            SQLiteFileStorage(file)
        first.set(FileEntry(path="/a"))

    assert [each.path for each in read_all(file)] == ["/a"]


def test_a_second_process_is_refused_until_the_first_has_ended(file, impatient):
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(file)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout.readline() == "open\n"
        with pytest.raises(StorageLocked, match="close that one, shut its kernel down, or choose another file"):
            SQLiteFileStorage(file)

    assert [each.content for each in read_all(file) if each.path == "/f"] == [b"theirs"]


def test_a_process_that_ends_leaves_one_file(file):
    code = HOLDER.replace("sys.stdin.read()", "")
    subprocess.run([sys.executable, "-c", code, str(file)], check=True, stdout=subprocess.DEVNULL)

    assert list(file.parent.iterdir()) == [file]


def test_a_fork_neither_uses_nor_closes_what_its_parent_has_open(file, monkeypatch):
    with SQLiteFileStorage(file) as storage:
        with monkeypatch.context() as patch:
            patch.setattr(os, "getpid", lambda: 1)
            with pytest.raises(StorageError, match="of which this one is a fork"):
                storage.get("/a")
        storage.set(FileEntry(path="/a"))


def test_only_the_owner_reads_the_file_and_its_log(file):
    with SQLiteFileStorage(file) as storage:
        storage.set(FileEntry(path="/a"))
        assert {each.name: oct(each.stat().st_mode)[-3:] for each in file.parent.iterdir()} == {
            "entries.sqlite": "600",
            "entries.sqlite-wal": "600",
        }


def test_a_closed_storage_says_so(file):
    storage = SQLiteFileStorage(file)
    storage.close()

    for call in (storage.count, lambda: storage.set(FileEntry(path="/a")), lambda: storage.get("/a")):
        with pytest.raises(StorageError, match="the storage is closed"):
            call()


@pytest.mark.parametrize(("durable", "synchronous"), [(True, 2), (False, 1)])
def test_an_acknowledged_change_is_on_the_disk_unless_that_is_not_wanted(file, durable, synchronous):
    with SQLiteFileStorage(file, durable=durable) as storage:
        assert storage._connection.execute("PRAGMA synchronous").fetchone() == (synchronous,)
        assert storage._connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


# ---------------------------------------------------------------- what it holds


def test_an_append_to_a_large_file_writes_the_end_alone(file):
    with SQLiteFileStorage(file) as storage:
        storage.set(FileEntry(path="/big", content=bytes(20 << 20)))
        storage._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        log = file.with_name("entries.sqlite-wal")

        for number in range(10):
            size = (20 << 20) + number * 100
            storage.set(FileEntry(path="/big", content=b"x" * 100, start=size, version=10**number))
        assert log.stat().st_size < 500_000
        assert storage.get("/big").content == bytes(20 << 20) + b"x" * 1000


def test_what_is_deleted_or_replaced_leaves_nothing_behind(file):
    with SQLiteFileStorage(file) as storage:
        storage.set_many([FileEntry(path="/a", content=bytes(100_000)), FileEntry(path="/b", content=bytes(100_000))])
        storage.set(FileEntry(path="/a", content=b"x", start=100_000))
        storage.apply([FileEntry(path="/a", content=b"small")], ["/b"])

        assert storage._connection.execute("SELECT count(*) FROM piece").fetchone() == (0,)


def test_an_empty_file_becomes_a_storage(file):
    file.touch()
    fill(file)

    assert len(read_all(file)) == 100


def test_a_text_file_is_refused_and_left_alone(file):
    file.write_text("precious notes\n" * 100)

    with pytest.raises(StorageError, match="not a database"):
        SQLiteFileStorage(file)
    assert file.read_text() == "precious notes\n" * 100


@pytest.mark.parametrize("statement", ["CREATE TABLE theirs (x)", "PRAGMA application_id=7", "PRAGMA user_version=3"])
def test_a_database_of_something_else_is_refused_and_left_alone(file, statement):
    change(file, statement)
    before = file.read_bytes()

    with pytest.raises(StorageError, match="a database of something else; choose another file"):
        SQLiteFileStorage(file)
    assert file.read_bytes() == before


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ("PRAGMA user_version=2", r"a later release wrote it \(format 2, here 1\): upgrade"),
        ("CREATE TRIGGER t AFTER INSERT ON entry BEGIN DELETE FROM entry; END", "tables are not those of a storage"),
        ("CREATE VIEW v AS SELECT 1", "tables are not those of a storage"),
        ("DROP TABLE piece", "tables are not those of a storage"),
        ("UPDATE entry SET content = x'00' WHERE path = '/042'", "the content of '/042' is not what was written"),
        ("UPDATE entry SET content = 'text' WHERE path = '/042'", "the content of '/042' is not what was written"),
        ("INSERT INTO piece VALUES ('/042', 3001, x'00', 0)", "the content of '/042' is not what was written"),
        ("UPDATE entry SET facts = '{}' WHERE path = '/042'", "damaged"),
        ("UPDATE entry SET facts = x'ff' WHERE path = '/042'", "damaged"),
        ("UPDATE entry SET path = '/other' WHERE path = '/042'", "what stands under '/other' is another entry"),
    ],
)
def test_a_file_that_was_tampered_with_is_refused(file, statement, message):
    fill(file)
    change(file, statement)

    with pytest.raises(StorageError, match=message):
        read_all(file)


@pytest.mark.parametrize("share", [0.2, 0.5, 0.9])
def test_a_file_that_is_cut_short_is_refused(file, share):
    fill(file)
    content = file.read_bytes()
    file.write_bytes(content[: int(len(content) * share)])

    with pytest.raises(StorageError, match=r"malformed|damaged|not a database"):
        read_all(file)


@pytest.mark.parametrize("page", range(1, 60, 7))
def test_a_page_of_noise_is_found(file, page):
    fill(file)
    content = bytearray(file.read_bytes())
    content[page * 4096 : (page + 1) * 4096] = os.urandom(4096)
    file.write_bytes(content)

    with pytest.raises(StorageError):
        read_all(file)


def test_a_place_where_no_file_can_be_is_named(tmp_path):
    with pytest.raises(StorageError, match=rf"there is no directory {tmp_path}/none; make it first"):
        SQLiteFileStorage(tmp_path / "none" / "x.sqlite")
    with pytest.raises(StorageError, match=str(tmp_path)):
        SQLiteFileStorage(tmp_path)
