"""Clearing up after crashed writers, while others are at work."""

from __future__ import annotations

import sqlite3

from jupyter_sandfs.filestore.protocol import Recovery
from jupyter_sandfs.filestore.vault import Vault


def clear_unfinished(vault: Vault) -> Recovery:
    """Remove bodies and claims of dead writers: quick, whatever the store holds."""
    unfinished = len(vault.blobs.abandoned())
    with vault.index.writing() as rows:
        # A writer moves its file and ends its claim in one transaction: under this lock both are there, or neither.
        claims = [claim for (claim,) in rows.execute("SELECT id FROM reservation") if _is_void(vault, rows, claim)]
        rows.executemany("DELETE FROM reservation WHERE id = ?", [(claim,) for claim in claims])
        unfinished += sum(_drop_upload(vault, rows, name) for name in vault.blobs.uploads())
    return Recovery(unfinished=unfinished, reservations=len(claims))


def recover(vault: Vault) -> Recovery:
    """Do all that `clear_unfinished` does, and compare every content with the index."""
    first = clear_unfinished(vault)
    vault.reap()
    return Recovery(
        unfinished=first.unfinished,
        reservations=first.reservations,
        orphans=sum(_drop_orphans(vault, shelf) for shelf in vault.blobs.shelves()),
        missing=_missing(vault),
    )


def _is_void(vault: Vault, rows: sqlite3.Connection, claim: str) -> bool:
    return not vault.blobs.is_unfinished(claim) and not _is_upload(rows, claim)


def _is_upload(rows: sqlite3.Connection, name: str) -> bool:
    return rows.execute("SELECT 1 FROM upload WHERE id = ?", (name,)).fetchone() is not None


def _drop_upload(vault: Vault, rows: sqlite3.Connection, name: str) -> bool:
    if _is_upload(rows, name):
        return False
    vault.blobs.discard_upload(name)
    return True


def _drop_orphans(vault: Vault, shelf: list[str]) -> int:
    if not shelf:
        return 0
    with vault.index.writing() as rows:
        orphans = [name for name in shelf if not _is_recorded(rows, name)]
        for name in orphans:
            vault.blobs.remove(name)
    return len(orphans)


def _missing(vault: Vault) -> int:
    with vault.reading() as rows:
        digests = rows.execute("SELECT sha256 FROM blob WHERE body IS NULL")
        suspects = [sha256 for (sha256,) in digests if not vault.blobs.has(sha256)]
    # Most of those were deleted since; the rest is looked at again while nobody writes.
    with vault.index.writing() as rows:
        return sum(_is_recorded(rows, sha256) and not vault.blobs.has(sha256) for sha256 in suspects)


def _is_recorded(rows: sqlite3.Connection, sha256: str) -> bool:
    return rows.execute("SELECT 1 FROM blob WHERE sha256 = ?", (sha256,)).fetchone() is not None
