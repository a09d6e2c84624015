"""Files that others put into the bucket without us: by a pre-signed link, or with a client of the service.

They lie at `incoming/{key}` until somebody asks for the key, or until a cleanup; then they are taken over, if nobody
else has the key by that time: an arrival never replaces a file.
"""

from __future__ import annotations

import hashlib
from contextlib import suppress

from jupyter_sandfs.errors import (
    ContentTypeRefused,
    InvalidKey,
    LimitExceeded,
    ObjectTooLarge,
    QuotaExceeded,
    StoreError,
    VersionConflict,
)
from jupyter_sandfs.filestore import keys
from jupyter_sandfs.filestore.objects.depot import Depot
from jupyter_sandfs.filestore.objects.entries import Entry, described
from jupyter_sandfs.filestore.objects.layout import new_name
from jupyter_sandfs.filestore.terms import terms_of


def take_over(depot: Depot, key: str) -> Entry | None:
    """Make a file of what lies at `incoming/{key}`; None if nothing does, or nothing that the limits allow."""
    arrival = depot.layout.arrival(key)
    size = depot.bucket.size(arrival)
    if size is None or size > depot.limits.max_file_size:
        return None
    try:
        entry = _adopt(depot, key, arrival, size)
    except (QuotaExceeded, LimitExceeded, VersionConflict):
        return None
    except ContentTypeRefused:
        depot.bucket.delete([arrival])
        return None
    depot.bucket.delete([arrival])
    return entry


def sweep(depot: Depot) -> None:
    """Take over what has arrived, and remove what never can be a file."""
    incoming = depot.layout.arrival("")
    for each in depot.bucket.list(incoming.rstrip("/")):
        key = each.path.removeprefix(incoming)
        with suppress(InvalidKey, StoreError):
            keys.check(key)
            entry, _ = depot.catalog.find(key)
            if each.size > depot.limits.max_file_size or (entry and entry.is_live(depot.clock())):
                depot.bucket.delete([each.path])
            else:
                take_over(depot, key)


def _adopt(depot: Depot, key: str, arrival: str, size: int) -> Entry:
    """Commit a copy: the arrival itself may still be replaced by whoever has the link."""
    terms = terms_of(key, depot.limits, if_none_match=True)
    name = new_name()
    body = depot.layout.body(name)
    depot.reserve(name, key, size)
    try:
        depot.bucket.copy(arrival, body)
        digest, found = _digest(depot, body)
    except BaseException:
        depot.give_up(name)
        raise
    return depot.commit(name, key, described(found, digest, terms), terms)


def _digest(depot: Depot, body: str) -> tuple[str, int]:
    size = depot.bucket.size(body) or 0
    if size > depot.limits.max_file_size:
        raise ObjectTooLarge(depot.limits.max_file_size)
    digest = hashlib.sha256()
    if size:
        for chunk in depot.bucket.stream(body, 0, size):
            digest.update(chunk)
    return digest.hexdigest(), size
