"""The places that object storages are kept in, by URL.

Credentials come from the environment, as for each cloud's own tools.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from obstore.exceptions import BaseError
from obstore.store import LocalStore, ObjectStore, from_url

from jupyter_sandfs.errors import InvalidRequest, StorageError

if TYPE_CHECKING:
    from obstore.store import ClientConfig

# For one request. Only an endpoint that the environment names as http:// is spoken to without TLS.
_CLIENT: ClientConfig = {"timeout": "60s", "allow_http": True}
_RETRIES = timedelta(seconds=60)  # for one request and what repeats it


def open_bucket(url: str) -> ObjectStore:
    """Open `s3://bucket/prefix`, `gs://…`, `az://…`, or make and open `file:///directory`.

    Raises:
        InvalidRequest: no such URL, or a setting that the store does not know.
        StorageError: the directory can't be made.
    """
    parts = urlsplit(url)
    if parts.query or parts.fragment:
        raise InvalidRequest("the URL of an object storage has no query or fragment")
    if parts.scheme == "file":
        return _directory(parts.netloc, unquote(parts.path))
    if not parts.netloc or not parts.path.strip("/"):
        # Without a prefix, everything in the bucket would be ours.
        raise InvalidRequest(f"an object storage is {parts.scheme}://BUCKET/PREFIX")
    try:
        return from_url(url, client_options=_CLIENT, retry_config={"retry_timeout": _RETRIES})
    except (BaseError, ValueError) as error:
        raise InvalidRequest(f"the object storage can't be opened: {str(error).partition(chr(10))[0]}") from error


def _directory(host: str, path: str) -> ObjectStore:
    if host not in ("", "localhost") or not path.startswith("/") or "\0" in path:
        raise InvalidRequest("an object storage in a directory is file:///absolute/directory")
    try:
        Path(path).mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(f"{path}: {error.strerror}") from error
    return LocalStore(prefix=path)
