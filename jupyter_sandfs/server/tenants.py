"""Whose staged files a request is about."""

from __future__ import annotations

import hashlib
import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jupyter_sandfs.errors import InvalidSignature

_MARK = "~"


class KnownTenants:
    """The tenants for which servers on this machine have opened a store.

    Args:
        notes: a directory for a file for each of them.
        base: the tenant of the server and its kernels.
    """

    def __init__(self, notes: Path, base: str = "") -> None:
        self.base = base
        self._notes = notes

    def note(self, tenant: str) -> None:
        """Remember a tenant."""
        self._notes.mkdir(mode=0o700, parents=True, exist_ok=True)
        note = self._notes / _digest(tenant)  # a tenant may be longer than a name of a file
        note.touch(mode=0o600)
        note.write_text(tenant, encoding="utf-8")

    def all(self) -> list[str]:
        """Those that were noted, and the base. A note that another server is just writing is left out."""
        notes = ((note.name, note.read_text(encoding="utf-8", errors="replace")) for note in self._notes.glob("*"))
        return sorted({self.base, *(tenant for name, tenant in notes if name == _digest(tenant))})


def _digest(tenant: str) -> str:
    return hashlib.sha256(tenant.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Tenants:
    """The tenants of one server.

    Attributes:
        base: the tenant of the server and its kernels.
        per_user: each user has files, and the limits of the store, of their own.
        secret: seals the tenant in a signed link.
    """

    base: str
    per_user: bool
    secret: bytes

    def of(self, user: Any) -> str:
        """The tenant of a user of Jupyter's identity provider."""
        return f"{self.base}/{user.username}" if self.per_user else self.base

    def seal(self, tenant: str, token: str) -> str:
        """Say in a signed link whose store it leads to: only that one can tell whether the token is good."""
        if tenant == self.base:
            return token
        named = urlsafe_b64encode(tenant.encode()).decode().rstrip("=")
        return _MARK.join((named, self._proof(named, token), token))

    def unseal(self, sealed: str) -> tuple[str, str]:
        """Give tenant and token. No store is opened for a tenant that we did not write ourselves.

        Raises:
            InvalidSignature: the tenant was not put there by `seal`.
        """
        if _MARK not in sealed:
            return self.base, sealed
        named, _, rest = sealed.partition(_MARK)
        proof, _, token = rest.partition(_MARK)
        if not hmac.compare_digest(proof.encode(), self._proof(named, token).encode()):
            raise InvalidSignature("the link is not valid")
        return urlsafe_b64decode(named + "=" * (-len(named) % 4)).decode(), token

    def _proof(self, named: str, token: str) -> str:
        return hmac.digest(self.secret, f"sandfs {named}{_MARK}{token}".encode(), hashlib.sha256).hex()
