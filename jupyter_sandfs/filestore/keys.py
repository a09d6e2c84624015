"""Names of stored files. Nothing else decides what a key may be.

A key is a string, never a path of a disk: four namespaces, written with slashes.
"""

from __future__ import annotations

import os
import re
import threading
import time
import unicodedata

from jupyter_sandfs.errors import InvalidKey, InvalidRequest

KEY_BYTES = 1024
_LONGEST_TENANT = 255
FILES, RUNS = "files/", "runs/"

_NAMESPACES = (
    re.compile(r"files/.+"),
    re.compile(r"runs/[^/]+/output/[^/]+"),
    re.compile(r"sessions/[^/]+/.+"),
    re.compile(r"snapshots/[^/]+/[^/]+"),
)
_SHAPES = "files/…, runs/{run}/output/{name}, sessions/{session}/{path} or snapshots/{sandbox}/{name}"
_FIRST_SEGMENTS = ("files", "runs", "sessions", "snapshots")
_GENERATED = re.compile(r"files/f_([0-7][0-9A-HJKMNP-TV-Z]{25})(?:/|$)")
_RECENT = 60.0  # seconds
_DOTS = frozenset({".", ".."})
# Line and paragraph separators are no control characters to Unicode, but they break lines wherever a key is shown.
_REFUSED_CATEGORIES = frozenset({"Cc", "Cs", "Zl", "Zp"})


def check(key: str) -> str:
    """Give the key back if it is one.

    Raises:
        InvalidKey: with what is wrong; lone surrogates in the key are shown as escapes.
    """
    if not isinstance(key, str):
        raise InvalidKey(repr(key), "a key is a string")
    if fault := _fault(key):
        raise InvalidKey(_printable(key[:KEY_BYTES]), fault)
    return key


def complete(name: str) -> str:
    """Make a key of what a person typed: a bare name means `files/{name}`, and spelling variants become one (NFC).

    Raises:
        InvalidKey: the result is no key.
    """
    name = unicodedata.normalize("NFC", name) if isinstance(name, str) else name
    return check(FILES + name if isinstance(name, str) and "/" not in name else name)


def complete_prefix(name: str) -> str:
    """Make a prefix that ends in a slash of what a person typed: a bare name means `files/{name}/`."""
    name = unicodedata.normalize("NFC", name).rstrip("/")
    is_bare = "/" not in name and name not in _FIRST_SEGMENTS
    return f"{FILES}{name}/" if is_bare else f"{name}/"


def check_prefix(prefix: str) -> str:
    """Give a listing prefix, a delimiter or an `after` back if it can be compared with keys; it need not be a key.

    Raises:
        InvalidRequest: no string, a lone surrogate, or longer than a key can be.
    """
    if not isinstance(prefix, str):
        raise InvalidRequest("a prefix is a string")
    if len(_printable(prefix).encode()) > KEY_BYTES or _printable(prefix) != prefix:
        raise InvalidRequest(f"a prefix is at most {KEY_BYTES} bytes of UTF-8, without lone surrogates")
    return prefix


def check_tenant(tenant: str) -> str:
    """Give the name of a tenant back. It is never part of a key, nor of a path."""
    if not isinstance(tenant, str) or len(tenant) > _LONGEST_TENANT or not tenant.isprintable():
        raise InvalidRequest(f"a tenant is a printable name of at most {_LONGEST_TENANT} characters: {tenant!r:.100}")
    return tenant


def successor(prefix: str) -> str | None:
    """The least string above all that begin with `prefix`, in order of code points; None when there is no bound."""
    for end in range(len(prefix), 0, -1):
        code = ord(prefix[end - 1])
        if code < 0x10FFFF:
            # Surrogates are no characters: the next one above them follows.
            return prefix[: end - 1] + chr(0xE000 if code == 0xD7FF else code + 1)
    return None


def _fault(key: str) -> str | None:
    if len(key) > KEY_BYTES or len(_printable(key).encode()) > KEY_BYTES:
        return f"longer than {KEY_BYTES} bytes of UTF-8"
    if "\\" in key:
        return "a backslash"
    if any(unicodedata.category(character) in _REFUSED_CATEGORIES for character in key):
        return "a control character, line separator or lone surrogate"
    if not unicodedata.is_normalized("NFC", key):
        return "not in Unicode normal form C"
    return _fault_of_segments(key)


def _fault_of_segments(key: str) -> str | None:
    segments = key.split("/")
    if segments[0] == "":
        return "it begins with a slash" if key else "it is empty"
    if "" in segments:
        return "an empty segment"
    if not _DOTS.isdisjoint(segments):
        return "a segment . or .."
    if not any(shape.fullmatch(key) for shape in _NAMESPACES):
        return f"use {_SHAPES}"
    return None


def _printable(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode()


# ---------------------------------------------------------------- generated keys


class _Ulids:
    """ULIDs that grow strictly within the process: also inside one millisecond, and when the clock is set back."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last = 0

    def next(self) -> int:
        fresh = time.time_ns() // 1_000_000 << 80 | int.from_bytes(os.urandom(10))
        with self._lock:
            self._last = max(fresh, self._last + 1)
            return self._last

    def age(self, ulid: int) -> float:
        """The seconds that have passed since one was made, by the clock that the next one would have."""
        with self._lock:
            now = max(time.time_ns() // 1_000_000, self._last >> 80)
        return (now - (ulid >> 80)) / 1000


_ulids = _Ulids()


def _start_anew() -> None:
    """In a forked child, where counting on would give the keys that the parent gives."""
    global _ulids  # noqa: PLW0603  the lock of the parent may be held for ever: it has to be another object
    _ulids = _Ulids()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_start_anew)


def new_key() -> str:
    """Make a key that nobody has: `files/f_{ulid}`, each above the one before."""
    # Loading python-ulid reads package metadata, and most programs that import this module make no keys.
    from ulid import ULID  # noqa: PLC0415  for the reason above

    return f"{FILES}f_{ULID.from_int(_ulids.next())}"


def is_recent(key: str) -> bool:
    """Say whether a key is a generated one, or below one, of the last minute."""
    found = _GENERATED.match(key)
    if found is None:
        return False
    from ulid import ULID  # noqa: PLC0415  as above

    return abs(_ulids.age(int(ULID.from_str(found[1])))) <= _RECENT


def origin(key: str) -> str:
    """The generated key that a key is, or is below of; empty where there is none."""
    found = _GENERATED.match(key)
    return found[0].rstrip("/") if found else ""
