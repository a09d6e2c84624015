"""A tenant's books: what a key holds, what it costs, and who else refers to the same content.

A `Ledger` lives inside one transaction of the index. All accounting is here, so that it is exact: usage is the sum of
the sizes of the tenant's rows, a blob's `refs` is the number of rows that name it.
"""

from __future__ import annotations

import json
import sqlite3
import zlib
from dataclasses import dataclass

from jupyter_sandfs.errors import LimitExceeded, ObjectNotFound, QuotaExceeded, UploadNotFound
from jupyter_sandfs.filestore.history import History
from jupyter_sandfs.filestore.protocol import StoreLimits, Usage
from jupyter_sandfs.filestore.rows import COLUMNS, SLOTS, UPLOAD_COLUMNS, Row, UploadRow, find_with_body
from jupyter_sandfs.filestore.terms import Terms

BATCH = 1000
_BUCKETS = 1 << 16


@dataclass(frozen=True, slots=True)
class Content:
    """A body, whole and hashed. `body` is None when the bytes are in a file."""

    sha256: str
    size: int
    body: bytes | None = None


class Ledger:
    """The books of one tenant at the moment `now`, on a connection that is inside a transaction."""

    def __init__(self, connection: sqlite3.Connection, tenant: str, limits: StoreLimits, now: float) -> None:
        self._rows = connection
        self._tenant = tenant
        self._limits = limits
        self._now = now
        self._history = History(connection, tenant, self._let_go)

    # ------------------------------------------------------------ objects

    def find(self, key: str) -> Row:
        """The live row of a key. Raises ObjectNotFound."""
        row = self._row(key)
        if row is None or not row.is_live(self._now):
            raise ObjectNotFound(key)
        return row

    def store(self, key: str, content: Content, terms: Terms, *, claim: str = "") -> tuple[Row, bool]:
        """Make `key` hold a content, on the terms given.

        Args:
            claim: the reservation made for this body; the body takes its place.

        Returns:
            The new row, and whether the content is new to the store: then its file has to be there at the commit.
        """
        old = self._row(key)
        if old and not old.is_live(self._now):
            self._remove(old)
            old = None
        terms.check_version(key, old.version if old else 0)
        self._make_room(content.size - (old.size if old else 0), 0 if old else 1, claim)
        is_new = self._hold(content)
        row = self._new_row(key, content, terms, (old.version if old else self._floor(key)) + 1)
        self._rows.execute(f"INSERT OR REPLACE INTO object ({COLUMNS}) VALUES ({SLOTS})", row)  # noqa: S608  constants
        self._account(self._tenant, content.size - (old.size if old else 0), 0 if old else 1)
        if old:
            self._history.add(old, self._now)
            self._history.trim(key, self._limits.keep_versions)
        self.release(claim)
        self._give_up_history()
        return row, is_new

    def restore(self, key: str, version: int, terms: Terms) -> Row:
        """Make an older version the current one of its key, as a new version."""
        source = find_with_body(self._rows, self._tenant, key, self._now, version=version)[0]
        content = Content(source.sha256, source.size)
        # Held by itself meanwhile: making room may drop the older version.
        self._hold(content)
        row, _ = self.store(key, content, terms)
        self._let_go(source.sha256)
        return row

    def versions(self, key: str) -> list[Row]:
        """The live row of a key and the older versions, newest first. Raises ObjectNotFound."""
        return [self.find(key), *self._history.of(key, self._now)]

    def delete(self, key: str, terms: Terms) -> bool:
        """Remove a key; tell whether it was there."""
        row = self._row(key)
        is_live = row is not None and row.is_live(self._now)
        terms.check_version(key, row.version if row and is_live else 0)
        if row:
            self._remove(row)
        return is_live

    def expire(self, *, everyone: bool = True) -> int:
        """Remove up to `BATCH` expired rows, of this tenant or of all; give their number."""
        whose = "" if everyone else "AND tenant = :tenant"
        question = f"SELECT {COLUMNS} FROM object WHERE expires <= :now {whose} LIMIT {BATCH}"  # noqa: S608  constants
        expired = self._rows.execute(question, {"now": self._now, "tenant": self._tenant}).fetchall()
        for row in expired:
            self._remove(Row(*row))
        return len(expired)

    def _row(self, key: str) -> Row | None:
        question = f"SELECT {COLUMNS} FROM object WHERE tenant = ? AND key = ?"  # noqa: S608  constants
        found = self._rows.execute(question, (self._tenant, key)).fetchone()
        return Row(*found) if found else None

    def _new_row(self, key: str, content: Content, terms: Terms, version: int) -> Row:
        metadata = json.dumps(terms.metadata, ensure_ascii=False, separators=(",", ":"))
        return Row(
            self._tenant,
            key,
            version,
            content.size,
            content.sha256,
            terms.content_type,
            metadata,
            self._now,
            self._now + terms.ttl if terms.ttl else None,
        )

    def _remove(self, row: Row) -> None:
        self._rows.execute("DELETE FROM object WHERE tenant = ? AND key = ?", (row.tenant, row.key))
        self._rows.execute(
            "INSERT INTO floor VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET version = max(version, excluded.version)",
            (row.tenant, _bucket(row.key), row.version),
        )
        self._account(row.tenant, -row.size, -1)
        self._let_go(row.sha256)
        self._history.drop_all(row.tenant, row.key)

    def _floor(self, key: str) -> int:
        question = "SELECT version FROM floor WHERE tenant = ? AND bucket = ?"
        found = self._rows.execute(question, (self._tenant, _bucket(key))).fetchone()
        return found[0] if found else 0

    # ------------------------------------------------------------ contents

    def _hold(self, content: Content) -> bool:
        more = self._rows.execute("UPDATE blob SET refs = refs + 1 WHERE sha256 = ?", (content.sha256,))
        if more.rowcount:
            return False
        self._rows.execute("INSERT INTO blob VALUES (?, ?, 1, ?)", (content.sha256, content.size, content.body))
        return True

    def _let_go(self, sha256: str) -> None:
        self._rows.execute("UPDATE blob SET refs = refs - 1 WHERE sha256 = ?", (sha256,))
        gone = self._rows.execute(
            "DELETE FROM blob WHERE sha256 = ? AND refs <= 0 RETURNING body IS NULL", (sha256,)
        ).fetchone()
        if gone and gone[0]:
            self._rows.execute("INSERT OR IGNORE INTO dead VALUES (?)", (sha256,))

    # ------------------------------------------------------------ uploads

    def add_upload(self, upload: UploadRow) -> None:
        """Write an upload down, and claim its space if its length is known. Raises LimitExceeded, QuotaExceeded."""
        question = "SELECT count(*) FROM upload WHERE tenant = ?"
        if self._rows.execute(question, (self._tenant,)).fetchone()[0] >= self._limits.max_uploads:
            raise LimitExceeded(f"{self._limits.max_uploads} uploads are unfinished; finish or abort some first")
        self._rows.execute("INSERT INTO upload VALUES (?, ?, ?, ?, ?, ?)", (*upload, self._now))
        if upload.length:
            self.reserve(upload.id, upload.key, upload.length)

    def touch_upload(self, upload_id: str) -> UploadRow:
        """Note that an upload goes on. Raises UploadNotFound."""
        found = self._rows.execute(
            f"UPDATE upload SET touched = ? WHERE id = ? AND tenant = ? RETURNING {UPLOAD_COLUMNS}",  # noqa: S608  constants
            (self._now, upload_id, self._tenant),
        ).fetchone()
        if found is None:
            raise UploadNotFound(upload_id)
        return UploadRow(*found)

    # ------------------------------------------------------------ space

    def usage(self) -> Usage:
        """What live files and bodies under way take; what has expired counts no more."""
        size, files = self._used()
        gone_size, gone_files = self._rows.execute(
            "SELECT coalesce(sum(size), 0), count(*) FROM object WHERE expires <= ? AND tenant = ?",
            (self._now, self._tenant),
        ).fetchone()
        return Usage(
            total_bytes=size - gone_size,
            file_count=files - gone_files,
            reserved_bytes=self._reserved(""),
            max_total_bytes=self._limits.max_total_bytes,
            kept_bytes=self._history.size(),
        )

    def reserve(self, claim: str, key: str, size: int) -> None:
        """Claim space for a body of `size` bytes that is being written for `key`, in place of an earlier claim.

        Raises:
            QuotaExceeded: there is not so much, even without what has expired and what the body will replace.
        """
        old = self._row(key)
        extra = max(0, size - (old.size if old and old.is_live(self._now) else 0))
        self._make_room(extra, 0, claim)
        self._rows.execute("INSERT OR REPLACE INTO reservation VALUES (?, ?, ?)", (claim, self._tenant, extra))

    def release(self, claim: str) -> None:
        """Give up a claim, and the upload that made it; one that was never made is no error."""
        self._rows.execute("DELETE FROM reservation WHERE id = ?", (claim,))
        self._rows.execute("DELETE FROM upload WHERE id = ?", (claim,))

    def _make_room(self, size: int, files: int, claim: str) -> None:
        while not self._has_room(size, files, claim):
            if self.expire(everyone=False):
                continue
            if self._used()[1] + files > self._limits.max_files:
                raise LimitExceeded(f"the store holds {self._limits.max_files} files and takes no more")
            if not self._history.drop_oldest():
                raise QuotaExceeded(self._limits.max_total_bytes)

    def _give_up_history(self) -> None:
        """Drop older versions, the oldest first, until all fits: they never stand in the way of a file."""
        most = self._limits.max_total_bytes
        while self._used()[0] + self._reserved("") + self._history.size() > most and self._history.drop_oldest():
            pass

    def _has_room(self, size: int, files: int, claim: str) -> bool:
        # What makes the store smaller always fits, also after its limits were lowered.
        used, present = self._used()
        taken = used + self._reserved(claim) + self._history.size()
        fits = size <= 0 or taken + size <= self._limits.max_total_bytes
        return fits and (not files or present + files <= self._limits.max_files)

    def _used(self) -> tuple[int, int]:
        found = self._rows.execute("SELECT bytes, files FROM usage WHERE tenant = ?", (self._tenant,)).fetchone()
        return (found[0], found[1]) if found else (0, 0)

    def _reserved(self, claim: str) -> int:
        question = "SELECT coalesce(sum(bytes), 0) FROM reservation WHERE tenant = ? AND id <> ?"
        total: int = self._rows.execute(question, (self._tenant, claim)).fetchone()[0]
        return total

    def _account(self, tenant: str, size: int, files: int) -> None:
        self._rows.execute(
            "INSERT INTO usage VALUES (?, ?, ?) "
            "ON CONFLICT DO UPDATE SET bytes = bytes + excluded.bytes, files = files + excluded.files",
            (tenant, size, files),
        )


def _bucket(key: str) -> int:
    return zlib.crc32(key.encode()) % _BUCKETS
