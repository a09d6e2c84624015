"""The stream behind a bucket: what it has to allow, and how large it is."""

from __future__ import annotations

import logging
from typing import Any

from jupyter_sandfs.errors import QuotaExceeded, StoreError, Unsupported
from jupyter_sandfs.filestore.nats.address import TENANT_MARK
from jupyter_sandfs.filestore.nats.burials import spare_bytes
from jupyter_sandfs.filestore.nats.wire import Wire
from jupyter_sandfs.filestore.protocol import StoreLimits

_MADE_BY = "jupyter_sandfs"
_OBJECTS = "OBJ_"  # before a bucket in the name of its stream
_log = logging.getLogger(__name__)

# Direct reads of many messages and expiry of single ones came with this release.
_LEAST_RELEASE = (2, 11)


async def prepare(wire: Wire, limits: StoreLimits, *, replicas: int) -> None:
    """Make the bucket, or see that an existing one, whoever made it, allows what we do.

    Raises:
        Unsupported: the server is too old.
        StoreError: it has no JetStream, or does not let us make or change the bucket.
    """
    if wire.release < _LEAST_RELEASE:
        least, found = (".".join(map(str, release)) for release in (_LEAST_RELEASE, wire.release))
        raise Unsupported(f"a NATS store needs nats-server {least} or later, not {found}")
    config = await wire.config()
    if config is None:
        config = await _create(wire, limits, replicas)
    changes = _needed(wire, limits, config)
    if changes:
        config = (await wire.api(f"STREAM.UPDATE.{wire.subjects.stream}", config | changes))["config"]
    wire.capacity = max(0, config.get("max_bytes", 0))


async def all_buckets(wire: Wire, base: str) -> list[str]:
    """The bucket `base` and those of its tenants."""
    found: list[str] = []
    seen = 0
    while True:
        page = await wire.api("STREAM.NAMES", {"offset": seen})
        names = page.get("streams") or []
        seen += len(names)
        buckets = [name.removeprefix(_OBJECTS) for name in names if name.startswith(_OBJECTS)]
        found += [name for name in buckets if name == base or name.startswith(base + TENANT_MARK)]
        if not names or seen >= page["total"]:
            return found


async def _create(wire: Wire, limits: StoreLimits, replicas: int) -> dict[str, Any]:
    wanted = {
        "name": wire.subjects.stream,
        "description": "staged files of jupyter_sandfs",
        "retention": "limits",
        "storage": "file",
        "discard": "new",
        "num_replicas": replicas,
        "subjects": _subjects(wire),
        "max_bytes": _capacity(limits),
        "allow_rollup_hdrs": True,
        "allow_direct": True,
        "allow_msg_ttl": True,
        "metadata": {"made-by": _MADE_BY},
    }
    call = f"STREAM.CREATE.{wire.subjects.stream}"
    try:
        try:
            created = await wire.api(call, wanted)
        except QuotaExceeded:
            # It reserves what the limits allow, and has less left. Our books keep to the limits anyway.
            _log.warning("the NATS server cannot reserve %d bytes: the bucket is made without", wanted["max_bytes"])
            created = await wire.api(call, wanted | {"max_bytes": -1})
    except StoreError:
        # Another process may have been faster.
        found = await wire.config()
        if found is None:
            raise
        return found
    return dict(created["config"])


def _needed(wire: Wire, limits: StoreLimits, config: dict[str, Any]) -> dict[str, Any]:
    """What an existing stream lacks."""
    needed: dict[str, Any] = {
        name: True for name in ("allow_rollup_hdrs", "allow_direct", "allow_msg_ttl") if not config.get(name)
    }
    if missing := [subject for subject in _subjects(wire) if subject not in config["subjects"]]:
        needed["subjects"] = [*config["subjects"], *missing]
    if config.get("discard") != "new":
        needed["discard"] = "new"
    is_ours = (config.get("metadata") or {}).get("made-by") == _MADE_BY
    if is_ours and 0 <= config.get("max_bytes", -1) < _capacity(limits):
        needed["max_bytes"] = _capacity(limits)
    return needed


def _subjects(wire: Wire) -> list[str]:
    return [wire.subjects.chunks, wire.subjects.metas, wire.subjects.books]


def _capacity(limits: StoreLimits) -> int:
    return limits.max_total_bytes + spare_bytes(limits)
