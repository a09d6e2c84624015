"""What a `nats://` URL says: servers, credentials, bucket, options."""

from __future__ import annotations

import hashlib
import re
from base64 import b32encode
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, unquote, urlsplit

from jupyter_sandfs.errors import InvalidRequest

_BUCKET = re.compile(r"[A-Za-z0-9_-]{1,64}")
_PLAIN_TENANT = re.compile(r"[a-z0-9_]{1,64}")
_HOST = re.compile(r"(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?")
# Between bucket and tenant; a bucket of a URL cannot contain it.
TENANT_MARK = "--"
_MOST_REPLICAS = 5
_SHAPE = "nats://[user:password@]host[:port][,host…]/bucket[?replicas=1…5&tls=true]"


@dataclass(frozen=True, slots=True)
class Address:
    """Where a bucket is. Credentials never show in a representation or message.

    Attributes:
        servers: URLs without credentials, of one cluster.
        replicas: copies that the cluster keeps, used when the bucket is made.
    """

    servers: tuple[str, ...]
    bucket: str
    user: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)
    token: str | None = field(default=None, repr=False)
    replicas: int = 1


def parse(url: str) -> Address:
    """Read a URL. Raises InvalidRequest, without repeating it."""
    parts = urlsplit(url)
    userinfo, _, hosts = parts.netloc.rpartition("@")
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    scheme = _scheme(options.pop("tls", "false"))
    replicas = _replicas(options.pop("replicas", "1"))
    if options or parts.fragment:
        raise InvalidRequest(f"a NATS store is {_SHAPE}; no other options are known")
    if not all(_HOST.fullmatch(host) for host in hosts.split(",")):
        raise InvalidRequest(f"a NATS store is {_SHAPE}; a host is missing or malformed")
    user, colon, password = userinfo.partition(":")
    return Address(
        servers=tuple(f"{scheme}://{host}" for host in hosts.split(",")),
        bucket=_bucket(parts.path.removeprefix("/")),
        user=unquote(user) if colon else None,
        password=unquote(password) if colon else None,
        token=unquote(user) if user and not colon else None,
        replicas=replicas,
    )


def tenant_bucket(bucket: str, tenant: str) -> str:
    """The bucket of a tenant: nothing that a key says leads out of it."""
    if not tenant:
        return bucket
    if _PLAIN_TENANT.fullmatch(tenant):
        return bucket + TENANT_MARK + tenant
    digest = b32encode(hashlib.sha256(tenant.encode()).digest()).decode().rstrip("=").lower()
    return f"{bucket}{TENANT_MARK}x-{digest}"


def _bucket(name: str) -> str:
    if not _BUCKET.fullmatch(name) or TENANT_MARK in name:
        raise InvalidRequest("a NATS bucket is 1 to 64 letters, digits, _ or single -")
    return name


def _scheme(tls: str) -> str:
    if tls not in ("true", "false"):
        raise InvalidRequest("the option tls of a NATS store is true or false")
    return "tls" if tls == "true" else "nats"


def _replicas(text: str) -> int:
    if text not in map(str, range(1, _MOST_REPLICAS + 1)):
        raise InvalidRequest(f"the option replicas of a NATS store is 1 to {_MOST_REPLICAS}")
    return int(text)
