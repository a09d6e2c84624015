"""Buckets by URL. Credentials come from the environment, as the services' own tools find them; never from the URL."""

from __future__ import annotations

from datetime import UTC, timedelta
from typing import Any
from urllib.parse import SplitResult, parse_qsl, unquote

from obstore.exceptions import BaseError
from obstore.store import AzureStore, GCSStore, MemoryStore, S3Store

from jupyter_sandfs.errors import InvalidRequest, Unsupported
from jupyter_sandfs.filestore.objects.bucket import Bucket, detail_of, probe
from jupyter_sandfs.filestore.objects.layout import new_name

_SERVICES: dict[str, Any] = {"s3": S3Store, "gs": GCSStore, "az": AzureStore}
_PATH_BYTES = 1024
# Options of a URL, and what they are called in the configuration of the service.
_OPTIONS = {
    "s3": {"endpoint": "endpoint", "region": "region"},
    "gs": {},
    "az": {"account": "account_name", "endpoint": "endpoint"},
}
_ROLE = {"role_arn": "RoleArn", "role_session_name": "RoleSessionName", "external_id": "ExternalId"}
# A request may take long, for bodies are large; a stall may not.
_CLIENT = {"connect_timeout": "10s", "read_timeout": "60s", "timeout": "6h"}
_RETRY: dict[str, Any] = {"max_retries": 5, "retry_timeout": timedelta(seconds=90)}


def memory_bucket() -> Bucket:
    """A bucket in this process's memory, gone with it."""
    return Bucket(MemoryStore())


def open_bucket(parts: SplitResult) -> Bucket:
    """Open the bucket of s3://bucket/prefix, gs://bucket/prefix or az://container/prefix, and try its conditions out.

    Raises:
        InvalidRequest: a URL without bucket, with a user or password, or with an option that the service does not have.
        Unsupported: assuming a role needs boto3.
        StoreError: the service cannot be reached, or refuses.
    """
    scheme = parts.scheme
    name, prefix = parts.netloc, unquote(parts.path).strip("/")
    if not name or "@" in name or parts.fragment:
        text = f"{scheme}://bucket/prefix, without user, password and fragment; credentials come from the environment"
        raise InvalidRequest(text)
    config, role = _options(scheme, parts.query)
    if role:
        config["credential_provider"] = _assumed(role)
    if config.get("endpoint", "").startswith("http://"):
        config["client_options"] = _CLIENT | {"allow_http": True}
    try:
        store = _SERVICES[scheme](
            name, prefix=prefix or None, retry_config=_RETRY, **({"client_options": _CLIENT} | config)
        )
    except (BaseError, ValueError) as error:
        raise InvalidRequest(f"the {scheme}: store cannot be opened as configured: {detail_of(error)}") from error
    room = _PATH_BYTES - len(f"{prefix}/".encode() if prefix else b"")
    return _tried(store, room)


def _tried(store: Any, room: int) -> Bucket:
    bucket = Bucket(store, path_bytes=room)
    bucket.is_conditional = probe(bucket, f"probe/{new_name()}")
    return bucket


def _options(scheme: str, query: str) -> tuple[dict[str, Any], dict[str, str]]:
    """Give what configures the service, and what names a role."""
    known, config, role = _OPTIONS[scheme], {}, {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        if name in known:
            config[known[name]] = value
        elif scheme == "s3" and name in _ROLE:
            role[_ROLE[name]] = value
        else:
            allowed = ", ".join([*known, *(_ROLE if scheme == "s3" else ())])
            raise InvalidRequest(f"an option that {scheme}: URLs do not have; they have {allowed or 'none'}")
    return config, role


def _assumed(role: dict[str, str]) -> Any:
    """Credentials of a role, renewed before they expire, by obstore's own provider over boto3 (AWS STS AssumeRole)."""
    if "RoleArn" not in role:
        raise InvalidRequest("role_session_name and external_id need a role_arn")
    try:
        from obstore.auth.boto3 import StsCredentialProvider  # noqa: PLC0415  only those who assume roles need boto3
    except ImportError as error:
        raise Unsupported("role_arn needs boto3: pip install 'jupyter_sandfs[cloud]'") from error
    arguments: dict[str, Any] = {"RoleSessionName": "jupyter-sandfs"} | role
    provider = StsCredentialProvider(**arguments)

    def credentials() -> dict[str, Any]:
        found = provider()
        # obstore takes no other kind of UTC than the standard library's, and boto3 gives dateutil's.
        expires = found["expires_at"]
        return {**found, "expires_at": expires.astimezone(UTC) if expires else None}

    return credentials
