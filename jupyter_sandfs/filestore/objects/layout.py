"""Where things are below the prefix of a bucket, and how the order of paths follows that of keys."""

from __future__ import annotations

import hashlib
import re
import secrets

_PLAIN_TENANT = re.compile(r"[A-Za-z0-9_-]{0,64}")
_ROOT = re.compile(r"t-[A-Za-z0-9_-]{0,64}|t\.[0-9a-f]{64}")
_LAST = "\U0010ffff"
# What no path of object storage has, nor any key: control characters, empty segments, and segments of dots.
_NO_PATH = re.compile(r"[\x00-\x1f\x7f]|(?:^|/)\.{0,2}(?=/)")
_NO_END = re.compile(r"(?:^|/)\.{0,2}\Z")


def new_name() -> str:
    """A name for a commit and its body, which nobody has."""
    return secrets.token_hex(16)


def root_of(tenant: str) -> str:
    """The directory of a tenant."""
    plain = _PLAIN_TENANT.fullmatch(tenant)
    # The two kinds never meet: only the second has a dot.
    return f"t-{tenant}" if plain else f"t.{hashlib.sha256(tenant.encode()).hexdigest()}"


def is_root(directory: str) -> bool:
    """Tell whether a directory is one of a tenant."""
    return _ROOT.fullmatch(directory) is not None


class Layout:
    """Paths of the tenant whose directory is `root`. Nothing that a caller says can leave it."""

    def __init__(self, root: str) -> None:
        self.root = root
        self.names = f"{self.root}/names"
        self.bodies = f"{self.root}/bodies"
        self.incoming = f"{self.root}/incoming"
        self.ledger = f"{self.root}/ledger"
        self.secret = f"{self.root}/secret"

    def entry(self, key: str) -> str:
        """The document that says what a key holds."""
        return f"{self.names}/{key}"

    def body(self, name: str) -> str:
        """A content."""
        return f"{self.bodies}/{name}"

    def arrival(self, key: str) -> str:
        """Where others put a file that is to be taken over."""
        return f"{self.incoming}/{key}"

    def upload(self, name: str) -> str:
        """The document of an upload."""
        return f"{self.root}/uploads/{name}"

    def parts(self, name: str) -> str:
        """The directory of an upload's parts."""
        return f"{self.root}/parts/{name}"


def before(key: str) -> str | None:
    """The greatest path below a key that is easily told; None for the very beginning.

    Listings start behind a path, and we want them to start with one.
    """
    unlike = _NO_PATH.search(key)
    head = key[: unlike.start()] if unlike else key
    if head == key and key:
        code = ord(key[-1]) - 1
        closest = key[:-1] + chr(0xD7FF if code == 0xDFFF else code) + _LAST
        if not _NO_PATH.search(closest):
            return closest
        head = key[:-1]
    return _NO_END.sub("", head) or None


def shared_directory(start: str, below: str | None) -> str:
    """The directory that all keys from `start` up to `below` are in, with its slash; empty for none."""
    common = 0
    for one, other in zip(start, below or "", strict=False):
        if one != other:
            break
        common += 1
    directory = start[: start.rfind("/", 0, common) + 1]
    return "" if _NO_PATH.search(directory) else directory
