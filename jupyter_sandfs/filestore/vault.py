"""Index and directory of a local store, kept in step.

The order of things is what makes a kill at any moment harmless. A body is written and synced under a name of its own;
one transaction records it and moves it to its digest; a content that nothing refers to any more is removed by a later
transaction. So the worst that a crash can leave is a file without a row, which `recovery` finds; never a row without
its file.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from jupyter_sandfs.filestore.blobs import BlobDirectory
from jupyter_sandfs.filestore.index import Index
from jupyter_sandfs.filestore.ledger import BATCH, Content, Ledger
from jupyter_sandfs.filestore.protocol import FileInfo, StoreLimits
from jupyter_sandfs.filestore.terms import Terms

# Bodies up to this many bytes are kept in the index: one write instead of five system calls.
INLINE_BYTES = 32 << 10


@dataclass(frozen=True, slots=True)
class Vault:
    """What the parts of a local store share. `clock` gives seconds since 1970."""

    index: Index
    blobs: BlobDirectory
    tenant: str
    limits: StoreLimits
    clock: Callable[[], float]

    def reading(self) -> AbstractContextManager[sqlite3.Connection]:
        """Lend a connection that sees one state."""
        return self.index.reading()

    @contextmanager
    def looking(self) -> Iterator[Ledger]:
        """Open the tenant's books to look at one state of them."""
        with self.index.reading() as rows:
            yield Ledger(rows, self.tenant, self.limits, self.clock())

    @contextmanager
    def books(self, *, now: float | None = None) -> Iterator[Ledger]:
        """Open the tenant's books for one transaction, then drop the contents that lost their last reference."""
        with self.index.writing() as rows:
            yield Ledger(rows, self.tenant, self.limits, self.clock() if now is None else now)
        self.reap()

    def reserve(self, claim: str, key: str, size: int) -> None:
        """Claim space, as `Ledger.reserve`."""
        with self.books() as books:
            books.reserve(claim, key, size)

    def release(self, claim: str) -> None:
        """Give a claim up, as `Ledger.release`."""
        with self.books() as books:
            books.release(claim)

    def commit(self, key: str, content: Content, terms: Terms, *, claim: str, source: Path | None) -> FileInfo:
        """Make a body appear at its key.

        Args:
            claim: name of the reservation, of the unfinished file, or of the upload; empty for none.
            source: the synced file with the body; None when the bytes are in `content`.
        """
        terms.check_sha256(key, content.sha256)
        moved = False
        try:
            with self.books() as books:
                row, is_new = books.store(key, content, terms, claim=claim)
                if is_new and source is not None:
                    moved = True
                    self.blobs.adopt(source, content.sha256)
        except BaseException:
            if moved:
                self._condemn(content.sha256)
            raise
        return row.info()

    def reap(self) -> None:
        """Remove the files of contents that no key refers to."""
        with self.reading() as rows:
            has_dead = rows.execute("SELECT EXISTS (SELECT 1 FROM dead)").fetchone()[0]
        if has_dead:
            self._reap_batch()

    def _reap_batch(self) -> None:
        with self.index.writing() as rows:
            dead = rows.execute(f"SELECT sha256 FROM dead LIMIT {BATCH}").fetchall()  # noqa: S608  a constant
            for (sha256,) in dead:
                # The same content may have been stored again since.
                if not rows.execute("SELECT 1 FROM blob WHERE sha256 = ?", (sha256,)).fetchone():
                    self.blobs.remove(sha256)
                rows.execute("DELETE FROM dead WHERE sha256 = ?", (sha256,))

    def _condemn(self, sha256: str) -> None:
        with self.index.writing() as rows:
            rows.execute("INSERT OR IGNORE INTO dead VALUES (?)", (sha256,))
        self.reap()
