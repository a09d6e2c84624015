"""The SQLite index of a local store: connections, schema, transactions. What the rows mean is `ledger`'s."""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path

from jupyter_sandfs.errors import StoreError

BUSY_SECONDS = 30
_RETRY_SECONDS = 0.01

SCHEMA = """
CREATE TABLE IF NOT EXISTS object (
  tenant TEXT NOT NULL, key TEXT NOT NULL, version INTEGER NOT NULL, size INTEGER NOT NULL, sha256 TEXT NOT NULL,
  content_type TEXT NOT NULL, metadata TEXT NOT NULL, created REAL NOT NULL, expires REAL,
  PRIMARY KEY (tenant, key)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS object_expires ON object (expires, tenant, size) WHERE expires IS NOT NULL;
-- Older versions, and when each was replaced; `kept` is the sum of their sizes.
CREATE TABLE IF NOT EXISTS past (
  tenant TEXT NOT NULL, key TEXT NOT NULL, version INTEGER NOT NULL, size INTEGER NOT NULL, sha256 TEXT NOT NULL,
  content_type TEXT NOT NULL, metadata TEXT NOT NULL, created REAL NOT NULL, expires REAL, replaced REAL NOT NULL,
  PRIMARY KEY (tenant, key, version)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS past_age ON past (tenant, replaced);
CREATE TABLE IF NOT EXISTS kept (tenant TEXT PRIMARY KEY, bytes INTEGER NOT NULL) WITHOUT ROWID;
-- Contents, shared by all keys of all tenants that have them. A small one is in `body`, others are files.
CREATE TABLE IF NOT EXISTS blob (
  sha256 TEXT PRIMARY KEY, size INTEGER NOT NULL, refs INTEGER NOT NULL, body BLOB);
-- Contents whose last reference is gone and whose file may still be there.
CREATE TABLE IF NOT EXISTS dead (sha256 TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS usage (
  tenant TEXT PRIMARY KEY, bytes INTEGER NOT NULL, files INTEGER NOT NULL) WITHOUT ROWID;
-- The highest version that a deletion took away, by hash of the key: bounded, however many keys come and go.
CREATE TABLE IF NOT EXISTS floor (
  tenant TEXT NOT NULL, bucket INTEGER NOT NULL, version INTEGER NOT NULL,
  PRIMARY KEY (tenant, bucket)) WITHOUT ROWID;
-- Space claimed by bodies that are being written; `id` is the name of the unfinished file.
CREATE TABLE IF NOT EXISTS reservation (
  id TEXT PRIMARY KEY, tenant TEXT NOT NULL, bytes INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS upload (
  id TEXT PRIMARY KEY, tenant TEXT NOT NULL, key TEXT NOT NULL, length INTEGER, terms TEXT NOT NULL,
  touched REAL NOT NULL) WITHOUT ROWID;
"""


class Index:
    """A SQLite file used by any number of threads and processes.

    A connection is lent to one thread at a time and kept for the next: threads come and go, connections need not.
    """

    def __init__(self, path: Path, *, write_ahead: bool) -> None:
        self._path = path
        self._journal = "WAL" if write_ahead else "DELETE"
        self._lock = threading.Lock()
        self._idle: list[sqlite3.Connection] = []
        self._owner = os.getpid()
        self._closed = False
        _make_private_file(path)
        with self._lent() as connection:
            connection.executescript(f"BEGIN IMMEDIATE; {SCHEMA} COMMIT;")

    def asking(self) -> AbstractContextManager[sqlite3.Connection]:
        """Lend a connection for a question that is one statement: that sees one state by itself."""
        return self._lent()

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Lend a connection inside a transaction that sees one state, and hinders no writer (in WAL mode)."""
        with self._lent() as connection, _transaction(connection, "BEGIN DEFERRED"):
            yield connection

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Lend a connection inside a transaction: no other writer is at work, and an exception takes all back."""
        with self._lent() as connection, _transaction(connection, "BEGIN IMMEDIATE"):
            yield connection

    def close(self) -> None:
        """Close the idle connections; those that are lent close when they come back."""
        with self._lock:
            self._closed = True
            self._leave_to_parent()
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    @contextmanager
    def _lent(self) -> Iterator[sqlite3.Connection]:
        try:
            connection = self._take()
            try:
                yield connection
            finally:
                self._give_back(connection)
        except sqlite3.Error as error:
            raise StoreError(f"the index of the store failed: {error}") from error

    def _take(self) -> sqlite3.Connection:
        with self._lock:
            if self._closed:
                raise StoreError("the store is closed")
            self._leave_to_parent()
            if self._idle:
                return self._idle.pop()
        return self._connect()

    def _leave_to_parent(self) -> None:
        """After a fork, neither use nor close the parent's connections (SQLite, "How To Corrupt", 2.6)."""
        if self._owner != os.getpid():
            _INHERITED.extend(self._idle)
            self._idle, self._owner = [], os.getpid()

    def _give_back(self, connection: sqlite3.Connection) -> None:
        with self._lock:
            if not self._closed and self._owner == os.getpid():
                self._idle.append(connection)
                return
        connection.close()

    def _connect(self) -> sqlite3.Connection:
        # Autocommit: transactions begin where `writing` says so, and at no other place.
        connection = sqlite3.connect(self._path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
        try:
            self._set_journal(connection)
            # What is acknowledged survives the death of any process; a power cut may take the last writes, whole.
            connection.execute("PRAGMA synchronous=NORMAL")
        except BaseException:
            connection.close()
            raise
        return connection

    def _set_journal(self, connection: sqlite3.Connection) -> None:
        """Choose the journal. SQLite does not wait here for others who open or close the index, so we do."""
        deadline = time.monotonic() + BUSY_SECONDS
        while True:
            try:
                connection.execute(f"PRAGMA journal_mode={self._journal}")
            except sqlite3.OperationalError as error:
                # The low byte is the error, the rest says more about it (SQLite, "Result Codes").
                if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                    raise
                time.sleep(_RETRY_SECONDS)
            else:
                return


_INHERITED: list[sqlite3.Connection] = []


@contextmanager
def _transaction(connection: sqlite3.Connection, begin: str) -> Iterator[None]:
    connection.execute(begin)
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _make_private_file(path: Path) -> None:
    """Make the index 0600 before SQLite would make it as the umask says; its side files get the same mode.

    One that exists is not touched: closing a descriptor of it would end the locks of this process's connections.
    """
    with suppress(FileExistsError):
        file = os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC, 0o600)
        os.fchmod(file, 0o600)
        os.close(file)
