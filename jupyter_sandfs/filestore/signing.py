"""Links without a login: what was granted, and a proof of it (HMAC-SHA256, RFC 2104). Pure: no clock, no files."""

from __future__ import annotations

import hashlib
import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import asdict, dataclass

from jupyter_sandfs.errors import InvalidRequest, InvalidSignature

LONGEST_SECONDS = 7 * 24 * 3600
METHODS = ("GET", "PUT")
# A key has at most 1024 bytes, and JSON writes some as six characters.
_LONGEST_TOKEN = 16 << 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """One request that is allowed.

    Attributes:
        expires: seconds since 1970 from which on it is allowed no more.
        max_size: largest body of a PUT in bytes; None leaves it to the store's own limit.
    """

    method: str
    key: str
    tenant: str
    expires: float
    max_size: int | None = None


def sign(secret: bytes, grant: Grant, *, now: float) -> str:
    """Make a token, in characters that need no escape in a URL.

    Raises:
        InvalidRequest: another method than GET or PUT, or more than 7 days.
    """
    if grant.method not in METHODS:
        raise InvalidRequest(f"links are signed for {' or '.join(METHODS)}: {grant.method!r:.40}")
    if not 0 < grant.expires - now <= LONGEST_SECONDS:
        raise InvalidRequest("a signed link is good for more than 0 seconds and at most 7 days")
    payload = json.dumps(asdict(grant), separators=(",", ":")).encode()
    return f"{_encode(payload)}.{_encode(_proof(secret, payload))}"


def verify(secret: bytes, token: str, *, now: float) -> Grant:
    """Give what a token grants.

    Raises:
        InvalidSignature: forged, spoiled or expired; the proof is looked at first, and in constant time.
    """
    payload, proof = _decode(token)
    if not hmac.compare_digest(proof, _proof(secret, payload)):
        raise InvalidSignature("the link is not valid")
    grant = Grant(**json.loads(payload))
    if not now < grant.expires:
        raise InvalidSignature("the link has expired; ask for a new one")
    return grant


def _proof(secret: bytes, payload: bytes) -> bytes:
    return hmac.digest(secret, payload, hashlib.sha256)


def _encode(data: bytes) -> str:
    return urlsafe_b64encode(data).decode().rstrip("=")


def _decode(token: str) -> tuple[bytes, bytes]:
    payload, dot, proof = token.partition(".")
    if not dot or len(token) > _LONGEST_TOKEN:
        raise InvalidSignature("the link is not valid")
    try:
        return _bytes(payload), _bytes(proof)
    except ValueError:  # not ASCII, or no base64
        raise InvalidSignature("the link is not valid") from None


def _bytes(text: str) -> bytes:
    data = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    # Decoding is lenient: characters outside the alphabet are skipped. One grant has one token.
    if _encode(data) != text:
        raise ValueError(text)
    return data
