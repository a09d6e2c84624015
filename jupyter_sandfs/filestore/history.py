"""Older versions in a local store: rows that were replaced, with their claim on a content.

They take what room is left, and are given up, the oldest first, when something else needs it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

from jupyter_sandfs.filestore.rows import COLUMNS, SLOTS, Row


class History:
    """The older versions of one tenant's files, inside a transaction.

    Args:
        let_go: drops a reference to a content, by its digest.
    """

    def __init__(self, connection: sqlite3.Connection, tenant: str, let_go: Callable[[str], None]) -> None:
        self._rows = connection
        self._tenant = tenant
        self._let_go = let_go

    def size(self) -> int:
        """What they take, in bytes."""
        found = self._rows.execute("SELECT bytes FROM kept WHERE tenant = ?", (self._tenant,)).fetchone()
        return found[0] if found else 0

    def of(self, key: str, now: float) -> list[Row]:
        """Those of a key that have not expired, newest first."""
        question = f"SELECT {COLUMNS} FROM past WHERE tenant = ? AND key = ? ORDER BY version DESC"  # noqa: S608  constants
        rows = (Row(*found) for found in self._rows.execute(question, (self._tenant, key)))
        return [row for row in rows if row.is_live(now)]

    def add(self, row: Row, now: float) -> None:
        """Keep a row that was replaced at a moment, and its reference."""
        self._rows.execute(f"INSERT INTO past ({COLUMNS}, replaced) VALUES ({SLOTS}, ?)", (*row, now))  # noqa: S608  constants
        self._account(row.tenant, row.size)

    def trim(self, key: str, keep: int) -> None:
        """Drop all of a key but the newest."""
        condition = "tenant = ? AND key = ? ORDER BY version DESC LIMIT -1 OFFSET ?"
        self._drop(condition, (self._tenant, key, keep))

    def drop_all(self, tenant: str, key: str) -> None:
        """Drop all of a key."""
        self._drop("tenant = ? AND key = ?", (tenant, key))

    def drop_oldest(self) -> bool:
        """Drop what was replaced first; tell whether there was anything."""
        return self._drop("tenant = ? ORDER BY replaced LIMIT 1", (self._tenant,))

    def _drop(self, condition: str, values: tuple[str | int, ...]) -> bool:
        question = f"SELECT tenant, key, version, size, sha256 FROM past WHERE {condition}"  # noqa: S608  from above
        found = self._rows.execute(question, values).fetchall()
        for tenant, key, version, size, sha256 in found:
            self._rows.execute("DELETE FROM past WHERE (tenant, key, version) = (?, ?, ?)", (tenant, key, version))
            self._account(tenant, -size)
            self._let_go(sha256)
        return bool(found)

    def _account(self, tenant: str, size: int) -> None:
        question = "INSERT INTO kept VALUES (?, ?) ON CONFLICT DO UPDATE SET bytes = bytes + excluded.bytes"
        self._rows.execute(question, (tenant, size))
