"""Names of a bucket's messages. Stream, metas and chunks are as ADR-20 of NATS has them; the books are ours."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Subjects:
    """Subjects of one bucket."""

    bucket: str

    @property
    def stream(self) -> str:
        return f"OBJ_{self.bucket}"

    @property
    def metas(self) -> str:
        """All metas, as a filter."""
        return f"$O.{self.bucket}.M.>"

    @property
    def chunks(self) -> str:
        """All chunks, as a filter."""
        return f"$O.{self.bucket}.C.>"

    @property
    def books(self) -> str:
        """All that stock clients do not know, as a filter."""
        return f"$O.{self.bucket}.X.>"

    @property
    def pages(self) -> str:
        """All pages of the index, as a filter."""
        return f"$O.{self.bucket}.X.page.>"

    @property
    def ledger(self) -> str:
        return f"$O.{self.bucket}.X.ledger"

    @property
    def secret(self) -> str:
        """What links are signed with."""
        return f"$O.{self.bucket}.X.secret"

    def page(self, name: str) -> str:
        return f"$O.{self.bucket}.X.page.{name}"

    def chunk(self, nuid: str) -> str:
        """The chunks of one body, which share a subject."""
        return f"$O.{self.bucket}.C.{nuid}"

    def meta(self, key: str) -> str:
        return f"$O.{self.bucket}.M.{urlsafe_b64encode(key.encode()).decode()}"

    def key(self, meta: str) -> str | None:
        """The name that the subject of a meta stands for; None when it is no text."""
        try:
            return urlsafe_b64decode(meta.rpartition(".")[2]).decode()
        except ValueError:
            return None
