"""Entries in one SQLite file: what a durable sandbox is kept in on this machine.

The storage holds the file alone, in SQLite's exclusive locking mode: a second kernel is refused instead of mixing its
tree with ours. A write-ahead log in that mode needs no shared memory (SQLite, "WAL", 8), so that it works in a home
directory on NFS too, as far as its locks do.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import weakref
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from zlib import crc32

from jupyter_sandfs.errors import InvalidRequest, StorageError, StorageLocked
from jupyter_sandfs.storage.entry import FileEntry
from jupyter_sandfs.storage.serial import SerializableFileStorage

_APPLICATION = 0x53465331  # "SFS1", in the header of each of our files (SQLite, PRAGMA application_id)
_NUMBER = 1  # of the format, in PRAGMA user_version
_ROW_BYTES = 16 << 10  # a content up to this size stands in the row of its entry, which each change writes anew
_PIECE_BYTES = 16 << 20  # SQLite holds at most 1 GB in a value, and copies each value once
_PAGE = 64  # entries read at a time
_LOG_BYTES = 64 << 20  # the log shrinks to this after a large change
_WAIT_SECONDS = 2.0  # for another process that is just closing
_LAST = "\U0010ffff"

# A large content stands in pieces, by where each begins, and so does what was appended to a small one. SQLite itself
# does not notice a changed byte in a content; the sums (CRC-32) do.
_SCHEMA = {
    "entry": "CREATE TABLE entry (path TEXT PRIMARY KEY NOT NULL, facts TEXT NOT NULL, content BLOB NOT NULL, "
    "sum INTEGER NOT NULL)",
    "piece": "CREATE TABLE piece (path TEXT NOT NULL, start INTEGER NOT NULL, content BLOB NOT NULL, "
    "sum INTEGER NOT NULL, PRIMARY KEY (path, start))",
}


class SQLiteFileStorage(SerializableFileStorage):
    """Keeps entries in an SQLite file that only its owner can read; each `apply` is one transaction.

    Args:
        path: made if it is missing; its directory must be there.
        durable: a change that was acknowledged survives a power cut. False leaves that to the operating system, and
            is several times faster; the death of the kernel loses nothing either way.

    Raises:
        StorageLocked: another process, or another sandbox of this one, holds the file.
        StorageError: it is no file of ours, of a later release, damaged, or can't be made.
    """

    grows = True

    def __init__(self, path: str | os.PathLike[str], *, durable: bool = True) -> None:
        self._path = Path(path).absolute()
        self._lock = threading.Lock()
        self._owner = os.getpid()
        _make_private_file(self._path)
        with self._translated():
            self._connection = _connect(self._path, "FULL" if durable else "NORMAL")
        # Also runs at the end of the process, so that a kernel that is shut down leaves one file and no log.
        self._closer = weakref.finalize(self, _close, self._connection, self._owner)
        try:
            with self._translated():
                _prepare(self._connection)
        except BaseException:
            self._closer()
            raise

    @property
    def where(self) -> str:
        return f"kept in {self._path}"

    def get(self, path: str) -> FileEntry | None:
        with self._working() as connection:
            row = connection.execute("SELECT facts, content, sum FROM entry WHERE path = ?", (path,)).fetchone()
            return _entry(connection, path, *row) if row else None

    def set(self, entry: FileEntry) -> None:
        self.apply([entry], ())

    def delete(self, path: str) -> bool:
        with self._writing() as connection:
            return _drop(connection, path)

    def exists(self, path: str) -> bool:
        with self._working() as connection:
            return connection.execute("SELECT 1 FROM entry WHERE path = ?", (path,)).fetchone() is not None

    def paths(self) -> Iterator[str]:
        return self.paths_by_prefix("")

    def paths_by_prefix(self, prefix: str) -> Iterator[str]:
        with self._working() as connection:
            # SQLite compares UTF-8 by bytes, which is the order of code points, as Python's.
            rows = connection.execute(
                "SELECT path FROM entry WHERE path >= ? AND path < ? ORDER BY path", (prefix, prefix + _LAST)
            )
            return iter([path for (path,) in rows])

    def items(self) -> Iterator[FileEntry]:
        last = ""
        while page := self._page(last):
            yield from page
            last = page[-1].path

    def count(self) -> int:
        with self._working() as connection:
            number: int = connection.execute("SELECT count(*) FROM entry").fetchone()[0]
            return number

    def apply(self, sets: Iterable[FileEntry], deletes: Iterable[str]) -> None:
        with self._writing() as connection:
            for path in deletes:
                _drop(connection, path)
            for entry in sets:
                (_extend if entry.start else _put)(connection, entry)

    def close(self) -> None:
        """Let go of the file; whoever opens it next finds all that was acknowledged."""
        with self._lock:
            self._closer()

    def _page(self, after: str) -> list[FileEntry]:
        with self._working() as connection:
            rows = connection.execute(
                "SELECT path, facts, content, sum FROM entry WHERE path > ? ORDER BY path LIMIT ?", (after, _PAGE)
            ).fetchall()
            return [_entry(connection, *row) for row in rows]

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """Lend the connection in a transaction; an exception takes all of it back."""
        with self._working() as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise

    @contextmanager
    def _working(self) -> Iterator[sqlite3.Connection]:
        if self._owner != os.getpid():  # SQLite, "How To Corrupt An SQLite Database File", 2.6
            raise StorageError(f"{self._path}: opened by process {self._owner}, of which this one is a fork")
        with self._lock, self._translated():
            if not self._closer.alive:
                raise StorageError(f"{self._path}: the storage is closed")
            yield self._connection

    @contextmanager
    def _translated(self) -> Iterator[None]:
        """Turn SQLite's errors into ours."""
        try:
            yield
        except sqlite3.Error as error:
            # The low byte is the error, the rest says more about it (SQLite, "Result Codes").
            if getattr(error, "sqlite_errorcode", 0) & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
                raise StorageLocked(
                    f"{self._path}: another kernel, or another sandbox of this one, has it open; "
                    "close that one, shut its kernel down, or choose another file"
                ) from error
            raise StorageError(f"{self._path}: {error}") from error


# ---------------------------------------------------------------- the file


def _make_private_file(path: Path) -> None:
    """Make the file 0600 before SQLite would make it as the umask says; its log gets the same mode.

    One that exists is not touched: closing a descriptor of it would end the locks that this process has on it.
    """
    with suppress(FileExistsError):
        try:
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        except (FileNotFoundError, NotADirectoryError):
            raise StorageError(f"{path}: there is no directory {path.parent}; make it first") from None
        except FileExistsError:
            raise
        except OSError as error:
            raise StorageError(f"{path}: {error.strerror}") from error


def _connect(path: Path, synchronous: str) -> sqlite3.Connection:
    # Autocommit: transactions begin where `_writing` says so, and at no other place.
    connection = sqlite3.connect(path, timeout=_WAIT_SECONDS, isolation_level=None, check_same_thread=False)
    # The file may come from others: nothing in its schema may call what has effects.
    for setting in ("locking_mode=EXCLUSIVE", "trusted_schema=OFF", "cell_size_check=ON", f"synchronous={synchronous}"):
        connection.execute(f"PRAGMA {setting}")
    connection.create_function("crc32", 1, crc32, deterministic=True)
    return connection


def _prepare(connection: sqlite3.Connection) -> None:
    """Take hold of the file: check that it is ours, or is empty and becomes ours."""
    _check_ours(connection)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute(f"PRAGMA journal_size_limit={_LOG_BYTES}")
    connection.execute("BEGIN EXCLUSIVE")  # in exclusive locking mode, the lock stays when this is over
    if not _tables(connection):
        for statement in (*_SCHEMA.values(), f"PRAGMA application_id={_APPLICATION}", f"PRAGMA user_version={_NUMBER}"):
            connection.execute(statement)
    connection.execute("COMMIT")


def _check_ours(connection: sqlite3.Connection) -> None:
    tables = _tables(connection)
    application, number = (
        connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("application_id", "user_version")
    )
    if not tables and (application, number) == (0, 0):
        return
    if application != _APPLICATION:
        raise StorageError("it is a database of something else; choose another file")
    if number > _NUMBER:
        raise StorageError(f"a later release wrote it (format {number}, here {_NUMBER}): upgrade jupyter_sandfs")
    if tables != _SCHEMA:  # a trigger or a view would be somebody's
        raise StorageError("its tables are not those of a storage; restore it from a copy")
    if (found := connection.execute("PRAGMA quick_check(1)").fetchone()[0]) != "ok":
        raise StorageError(f"it is damaged; restore it from a copy ({found})")


def _tables(connection: sqlite3.Connection) -> dict[str, str]:
    rows = connection.execute("SELECT name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_autoindex_%'")
    return dict(rows.fetchall())


def _close(connection: sqlite3.Connection, owner: int) -> None:
    if owner == os.getpid():
        connection.close()
    else:
        _INHERITED.append(connection)  # a fork neither uses nor closes its parent's


_INHERITED: list[sqlite3.Connection] = []


# ---------------------------------------------------------------- rows


def _entry(connection: sqlite3.Connection, path: str, facts: object, content: object, sum_: object) -> FileEntry:
    pieces = connection.execute("SELECT start, content, sum FROM piece WHERE path = ? ORDER BY start", (path,))
    entry = FileEntry.from_facts(facts if isinstance(facts, str) else "", _joined(path, [(0, content, sum_), *pieces]))
    if entry.path != path:
        raise StorageError(f"the storage is damaged: what stands under {path[:100]!r} is another entry")
    return entry


def _joined(path: str, pieces: list[tuple[object, object, object]]) -> bytes:
    parts: list[bytes] = []
    size = 0
    for start, part, sum_ in pieces:
        if start != size or not isinstance(part, bytes) or crc32(part) != sum_:
            raise StorageError(f"the storage is damaged: the content of {path[:100]!r} is not what was written")
        parts.append(part)
        size += len(part)
    return parts[0] if len(parts) == 1 else b"".join(parts)


def _put(connection: sqlite3.Connection, entry: FileEntry) -> None:
    first = entry.content if entry.size <= _ROW_BYTES else b""
    connection.execute("DELETE FROM piece WHERE path = ?", (entry.path,))
    connection.execute(
        "INSERT INTO entry VALUES (?, ?, ?, ?) "
        "ON CONFLICT (path) DO UPDATE SET facts = excluded.facts, content = excluded.content, sum = excluded.sum",
        (entry.path, entry.facts(), first, crc32(first)),
    )
    _add_pieces(connection, entry, len(first))


def _extend(connection: sqlite3.Connection, entry: FileEntry) -> None:
    size = _size(connection, entry.path)
    if size < entry.start:
        raise InvalidRequest(f"{entry.path}: {entry.start} bytes are not what is kept")
    if size > entry.start:
        _cut(connection, entry.path, entry.start)
    connection.execute("UPDATE entry SET facts = ? WHERE path = ?", (entry.facts(), entry.path))
    _add_pieces(connection, entry, 0)


def _size(connection: sqlite3.Connection, path: str) -> int:
    """Bytes of a content: where its last piece ends; -1 if there is no entry."""
    last = "SELECT start + length(content) FROM piece WHERE path = ?1 ORDER BY start DESC LIMIT 1"
    row = connection.execute(f"SELECT coalesce(({last}), length(content)) FROM entry WHERE path = ?1", (path,))  # noqa: S608  # of the words above
    return int((row.fetchone() or (-1,))[0])


def _cut(connection: sqlite3.Connection, path: str, size: int) -> None:
    """Drop what is kept of a content beyond its first bytes."""
    connection.execute("DELETE FROM piece WHERE path = ? AND start >= ?", (path, size))
    for table, start in (("piece", "start"), ("entry", "0")):
        left = f"substr(content, 1, ?2 - {start})"
        connection.execute(
            f"UPDATE {table} SET content = {left}, sum = crc32({left}) "  # noqa: S608  # of the names above
            f"WHERE path = ?1 AND {start} + length(content) > ?2",
            (path, size),
        )


def _add_pieces(connection: sqlite3.Connection, entry: FileEntry, done: int) -> None:
    for at in range(done, len(entry.content), _PIECE_BYTES):
        piece = memoryview(entry.content)[at : at + _PIECE_BYTES]
        connection.execute("INSERT INTO piece VALUES (?, ?, ?, ?)", (entry.path, entry.start + at, piece, crc32(piece)))


def _drop(connection: sqlite3.Connection, path: str) -> bool:
    connection.execute("DELETE FROM piece WHERE path = ?", (path,))
    return connection.execute("DELETE FROM entry WHERE path = ?", (path,)).rowcount > 0
