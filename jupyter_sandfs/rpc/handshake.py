"""How both ends of the kernel link's socket prove, before the first request, that they hold the connection file's key.

1. The kernel sends a challenge: its nonce.
2. The server answers with its own nonce and a proof.
3. The kernel checks that, and only then sends a proof of its own.

A proof is HMAC-SHA256 over a label that names the side, and both nonces: neither can be replayed, mirrored, or mistaken
for the signature of a Jupyter message, which is made with the same key.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Mapping
from typing import Any

from jupyter_sandfs.errors import InvalidRequest
from jupyter_sandfs.rpc.messages import PROTOCOL

_NONCE_BYTES = 32
_KERNEL, _SERVER = b"jupyter_sandfs kernel\0", b"jupyter_sandfs server\0"
_REFUSED = "the other end of the kernel link does not hold the connection file's key"


def new_nonce() -> str:
    return secrets.token_hex(_NONCE_BYTES)


def challenge(kernel_nonce: str) -> dict[str, Any]:
    """Step 1, by the kernel."""
    return {"protocol": PROTOCOL, "nonce": kernel_nonce}


def answer(key: bytes, message: Mapping[str, Any], server_nonce: str) -> dict[str, Any]:
    """Step 2, by the server. Raises InvalidRequest for a message that is no challenge."""
    kernel_nonce = _nonce_in(message)
    return {"nonce": server_nonce, "proof": _proof(key, _SERVER, kernel_nonce, server_nonce)}


def confirm(key: bytes, message: Mapping[str, Any], kernel_nonce: str) -> dict[str, Any]:
    """Step 3, by the kernel. Raises InvalidRequest unless the server's proof is right."""
    server_nonce = _nonce_in(message)
    _check(message, _proof(key, _SERVER, kernel_nonce, server_nonce))
    return {"proof": _proof(key, _KERNEL, kernel_nonce, server_nonce)}


def verify(key: bytes, message: Mapping[str, Any], kernel_nonce: str, server_nonce: str) -> None:
    """The end, by the server. Raises InvalidRequest unless the kernel's proof is right."""
    _check(message, _proof(key, _KERNEL, kernel_nonce, server_nonce))


def _proof(key: bytes, label: bytes, kernel_nonce: str, server_nonce: str) -> str:
    return hmac.digest(key, label + f"{kernel_nonce}\0{server_nonce}".encode(), "sha256").hex()


def _nonce_in(message: Mapping[str, Any]) -> str:
    nonce = message.get("nonce")
    if not isinstance(nonce, str) or len(nonce) != 2 * _NONCE_BYTES:
        raise InvalidRequest("a handshake message has a nonce")
    return nonce


def _check(message: Mapping[str, Any], expected: str) -> None:
    given = message.get("proof")
    if not isinstance(given, str) or not hmac.compare_digest(given.encode(errors="replace"), expected.encode()):
        raise InvalidRequest(_REFUSED)
