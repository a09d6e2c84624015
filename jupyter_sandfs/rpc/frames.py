"""Frames of the kernel link's socket: two lengths, a JSON header, raw bytes. Pure: bytes in, values out."""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from typing import Any

from jupyter_sandfs.errors import InvalidRequest

PREFIX = struct.Struct("<IQ")
REQUEST_HEADER_BYTES = 64 << 10
REPLY_HEADER_BYTES = 16 << 20  # a page of a listing travels in the header
BODY_BYTES = (1 << 20) + (64 << 10)  # one chunk and some slack


def encode(header: Mapping[str, Any], body: bytes | memoryview = b"") -> list[bytes | memoryview]:
    """Give the pieces to send, in order; the body is not copied."""
    head = json.dumps(header, separators=(",", ":")).encode()
    return [PREFIX.pack(len(head), len(body)) + head, *([body] if len(body) else [])]


def decode_prefix(prefix: bytes | bytearray, *, header_bytes: int) -> tuple[int, int]:
    """Give the lengths of header and body.

    Raises:
        InvalidRequest: more than `header_bytes` or `BODY_BYTES` are announced; nothing should be read then.
    """
    header, body = PREFIX.unpack(prefix)
    if header > header_bytes or body > BODY_BYTES:
        raise InvalidRequest(f"a frame of {header} and {body} bytes is too large")
    return header, body


def decode_header(raw: bytes | bytearray) -> dict[str, Any]:
    """Read a JSON object; raises InvalidRequest for anything else."""
    try:
        header = json.loads(raw)
    except (ValueError, RecursionError):
        raise InvalidRequest("a frame's header is a JSON object in UTF-8") from None
    if not isinstance(header, dict):
        raise InvalidRequest("a frame's header is a JSON object in UTF-8")
    return header
