"""Stores by URL."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import SplitResult, unquote, unquote_to_bytes, urlsplit

from jupyter_sandfs.errors import InvalidRequest, Unsupported
from jupyter_sandfs.filestore.protocol import FileStore, StoreLimits

_BUCKETS = ("s3", "gs", "az")
_SERVERS = ("http", "https")
_KNOWN = ("file", "memory", "nats", "nats-embedded", *_BUCKETS, *_SERVERS)
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")


def open_file_store(url: str, *, tenant: str = "", limits: StoreLimits | None = None) -> FileStore:
    """Open the store that a URL names; close it when done.

    Args:
        url: file:///directory, which is made if it is missing; s3://bucket/prefix, gs://bucket/prefix or
            az://container/prefix; https://host/base/sandfs, another Jupyter server, with its token as password
            (https://:token@host/…); nats://[user:password@]host:port/bucket; nats-embedded: for a NATS server of this
            machine's user, which is started if it does not run; memory:, which is gone with the store.
        tenant: whose files these are; another server knows that by itself.

    Raises:
        InvalidRequest: no URL of a store. The text never repeats the URL, which may hold a password.
        Unsupported: the library that this kind of store needs is missing; the text names the extra.
    """
    found = _SCHEME.match(url) if isinstance(url, str) else None
    scheme = found[1].lower() if found else ""
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


def _open_bucket(parts: SplitResult, tenant: str, limits: StoreLimits | None) -> FileStore:
    try:
        from jupyter_sandfs.filestore.objects import services, store  # noqa: PLC0415  obstore is optional
    except ImportError as error:
        raise Unsupported(f"{parts.scheme}: stores need obstore: pip install 'jupyter_sandfs[cloud]'") from error
    bucket = services.open_bucket(parts) if parts.scheme in _BUCKETS else services.memory_bucket()
    return store.ObjectFileStore(bucket, tenant=tenant, limits=limits)


def _open_server(parts: SplitResult, tenant: str, limits: StoreLimits | None) -> FileStore:
    from jupyter_sandfs.filestore.remote import RemoteFileStore  # noqa: PLC0415  loads a client of HTTP

    del limits  # the server has its own
    try:
        host, port, token = parts.hostname, parts.port, unquote(parts.password or "")
    except ValueError as error:
        raise InvalidRequest("the port of the server is no number") from error
    if not host or parts.query or parts.fragment or parts.username or tenant:
        raise InvalidRequest("another server is https://:token@host/base/sandfs, without user, tenant and query")
    shown = f"[{host}]" if ":" in host else host
    url = f"{parts.scheme}://{shown}{f':{port}' if port else ''}{parts.path}"
    return RemoteFileStore(url, token=token or None)


_OPENERS: dict[str, Callable[[SplitResult, str, StoreLimits | None], FileStore]] = {
    "file": _open_directory,
    "nats": _open_nats,
    "nats-embedded": _open_nats,
    "memory": _open_bucket,
    **dict.fromkeys(_BUCKETS, _open_bucket),
    **dict.fromkeys(_SERVERS, _open_server),
}


def _directory(parts: SplitResult) -> Path:
    path = unquote_to_bytes(parts.path).decode("utf-8", "surrogateescape")
    if parts.netloc not in ("", "localhost") or parts.query or parts.fragment:
        raise InvalidRequest("a file store is file:///directory, without host, query or fragment")
    if not path.startswith("/") or "\0" in path:
        raise InvalidRequest("a file store is file:///directory, with an absolute path")
    return Path(path)
