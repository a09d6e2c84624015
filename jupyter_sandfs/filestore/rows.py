"""Rows of the index of a local store: what they hold, and how they are found."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from jupyter_sandfs.errors import ObjectNotFound
from jupyter_sandfs.filestore.protocol import FileInfo
from jupyter_sandfs.filestore.terms import CHECKSUM_PREFIX


class Row(NamedTuple):
    """A row of the table `object`; times are seconds since 1970."""

    tenant: str
    key: str
    version: int
    size: int
    sha256: str
    content_type: str
    metadata: str
    created: float
    expires: float | None

    def is_live(self, now: float) -> bool:
        return self.expires is None or self.expires > now

    def info(self) -> FileInfo:
        return FileInfo(
            key=self.key,
            size_bytes=self.size,
            content_type=self.content_type,
            checksum=CHECKSUM_PREFIX + self.sha256,
            created_at=datetime.fromtimestamp(self.created, UTC),
            expires_at=None if self.expires is None else datetime.fromtimestamp(self.expires, UTC),
            metadata=json.loads(self.metadata) if self.metadata != "{}" else {},
            version=self.version,
            etag=f"sha256-{self.sha256}",
        )


COLUMNS = ", ".join(Row._fields)
SLOTS = ", ".join("?" * len(Row._fields))
_WITH_BODY = (
    f"SELECT {COLUMNS}, body FROM {{table}} JOIN (SELECT sha256, body FROM blob) USING (sha256) "  # noqa: S608  constants
    "WHERE tenant = ? AND key = ? AND (expires IS NULL OR expires > ?)"
)
_CURRENT = _WITH_BODY.format(table="object")
_OLDER = _WITH_BODY.format(table="past") + " AND version = ?"


class UploadRow(NamedTuple):
    """A row of the table `upload`, without its time; `terms` is JSON."""

    id: str
    tenant: str
    key: str
    length: int | None
    terms: str


UPLOAD_COLUMNS = ", ".join(UploadRow._fields)


def find_with_body(
    connection: sqlite3.Connection, tenant: str, key: str, now: float, *, version: int | None = None
) -> tuple[Row, bytes | None]:
    """The live row of a key, or of an older version, with the bytes if they are in the index. Raises ObjectNotFound."""
    found = connection.execute(_CURRENT, (tenant, key, now)).fetchone()
    if found is not None and version not in (None, found[2]):
        # It may have gone from one table to the other meanwhile, where it is still itself.
        found = connection.execute(_OLDER, (tenant, key, now, version)).fetchone()
    if found is None:
        raise ObjectNotFound(key)
    return Row._make(found[:-1]), found[-1]


def live_rows(
    connection: sqlite3.Connection, tenant: str, *, start: str, below: str | None, now: float, limit: int = -1
) -> Iterator[Any]:
    """The fields of live rows from `start` up to, without, `below`, in order of keys; read as they are asked for."""
    bound = "" if below is None else "AND key < :below"
    question = (
        f"SELECT {COLUMNS} FROM object "  # noqa: S608  constants
        f"WHERE tenant = :tenant AND key >= :start {bound} AND (expires IS NULL OR expires > :now) "
        "ORDER BY key LIMIT :limit"
    )
    values = {"tenant": tenant, "start": start, "below": below, "now": now, "limit": limit}
    return connection.execute(question, values)


def key_of(fields: Sequence[Any]) -> str:
    """The key of a row, as fields."""
    return str(fields[1])


def describe(fields: Sequence[Any]) -> FileInfo:
    """What a row tells, as fields."""
    return Row._make(fields).info()
