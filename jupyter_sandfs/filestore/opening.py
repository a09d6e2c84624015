"""Stores by URL."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import SplitResult, unquote_to_bytes, urlsplit

from jupyter_sandfs.errors import InvalidRequest, Unsupported
from jupyter_sandfs.filestore.protocol import FileStore, StoreLimits

_LATER = ("memory", "s3", "gs", "az", "http", "https")
_KNOWN = ("file", "nats", "nats-embedded", *_LATER)
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")


def open_file_store(url: str, *, tenant: str = "", limits: StoreLimits | None = None) -> FileStore:
    """Open the store that a URL names; close it when done.

    Args:
        url: file:///directory, which is made if it is missing; nats://[user:password@]host:port/bucket; nats-embedded:
            for a NATS server of this machine's user, which is started if it does not run.
        tenant: whose files these are.

    Raises:
        InvalidRequest: no URL of a store. The text never repeats the URL, which may hold a password.
        Unsupported: a kind of store that this release does not have yet, or whose library is missing.
    """
    found = _SCHEME.match(url) if isinstance(url, str) else None
    scheme = found[1].lower() if found else ""
    if scheme in _LATER:
        raise Unsupported(f"{scheme}: stores come with a later release; use file:///directory")
    if scheme not in _KNOWN:
        raise InvalidRequest(f"not a URL of a store: it begins with one of {', '.join(_KNOWN)}, and a colon")
    return _OPENERS[scheme](urlsplit(url), tenant, limits)


def default_store_url() -> str:
    """The store of a machine that was told nothing: `sandfs/store` in Jupyter's data directory."""
    from jupyter_core.paths import jupyter_data_dir  # noqa: PLC0415  optional to those who name their own store

    return Path(jupyter_data_dir(), "sandfs", "store").absolute().as_uri()


def _open_directory(parts: SplitResult, tenant: str, limits: StoreLimits | None) -> FileStore:
    # SQLite and the rest are only loaded by those who open a store.
    from jupyter_sandfs.filestore.local import LocalFileStore  # noqa: PLC0415  for the reason above

    return LocalFileStore(_directory(parts), tenant=tenant, limits=limits)


def _open_nats(parts: SplitResult, tenant: str, limits: StoreLimits | None) -> FileStore:
    try:
        from jupyter_sandfs.filestore.nats import address, embedded, store  # noqa: PLC0415  nats-py is optional
    except ImportError as error:
        raise Unsupported(f"{parts.scheme}: stores need nats-py: pip install 'jupyter_sandfs[nats]'") from error
    if parts.scheme == "nats":
        return store.NatsFileStore(address.parse(parts.geturl()), tenant=tenant, limits=limits)
    return embedded.open_embedded(parts, tenant=tenant, limits=limits)


_OPENERS: dict[str, Callable[[SplitResult, str, StoreLimits | None], FileStore]] = {
    "file": _open_directory,
    "nats": _open_nats,
    "nats-embedded": _open_nats,
}


def _directory(parts: SplitResult) -> Path:
    path = unquote_to_bytes(parts.path).decode("utf-8", "surrogateescape")
    if parts.netloc not in ("", "localhost") or parts.query or parts.fragment:
        raise InvalidRequest("a file store is file:///directory, without host, query or fragment")
    if not path.startswith("/") or "\0" in path:
        raise InvalidRequest("a file store is file:///directory, with an absolute path")
    return Path(path)
