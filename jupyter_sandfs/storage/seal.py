"""Lines under a header that finds damage: how entries are written where no database watches over them.

The header is one line of JSON: the format and its number, how many lines follow, their SHA-256, and what else the
writer notes. The sum finds damage; it does not prove who wrote the bytes.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from typing import Any, NamedTuple

from jupyter_sandfs.errors import StorageError


class Sealed(NamedTuple):
    """What was found under a seal: the writer's notes, and the lines."""

    notes: dict[str, Any]
    lines: list[bytes]


def sealed(form: str, number: int, lines: Iterable[str], **notes: Any) -> bytes:
    """Write lines, none of which holds a line break, under a header for them."""
    body = "".join(f"{line}\n" for line in lines).encode()
    return f"{json.dumps(notes | _header(form, number, body))}\n".encode() + body


def unsealed(form: str, number: int, data: bytes) -> Sealed:
    """Read what `sealed` wrote.

    Raises:
        StorageError: it is something else, damaged, or of a later release.
    """
    head, _, body = bytes(data).partition(b"\n")
    header = _parsed(head)
    if header.get("format") != form:
        raise StorageError(f"these bytes are no {form}")
    found = header.get("number")
    if type(found) is int and found > number:
        raise StorageError(f"a later release wrote this (format {found}, here {number}): upgrade jupyter_sandfs")
    expected = _header(form, number, body)
    if {name: header.get(name) for name in expected} != expected:
        raise StorageError(f"the {form} is damaged: its sum is not that of its content")
    return Sealed({name: value for name, value in header.items() if name not in expected}, body.splitlines())


def _header(form: str, number: int, body: bytes) -> dict[str, Any]:
    sha256 = hashlib.sha256(body).hexdigest()
    return {"format": form, "number": number, "lines": body.count(b"\n"), "sha256": sha256}


def _parsed(head: bytes) -> dict[str, Any]:
    try:
        found = json.loads(head)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
