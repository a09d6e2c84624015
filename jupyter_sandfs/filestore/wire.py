"""Values of the store's interface as JSON, for servers that offer it and clients that use it from afar."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from jupyter_sandfs.filestore.protocol import FileInfo, Page, PutOptions, Recovery, Usage

# The largest body of one request; larger ones go as an upload, in pieces of at most this size.
PIECE_BYTES = 8 << 20
INFO_HEADER = "X-Sandfs-Info"


def dump_info(info: FileInfo) -> dict[str, Any]:
    return asdict(info) | {
        "created_at": info.created_at.isoformat(),
        "expires_at": info.expires_at.isoformat() if info.expires_at else None,
        "metadata": dict(info.metadata),
    }


def load_info(document: Mapping[str, Any]) -> FileInfo:
    expires = document["expires_at"]
    times = {
        "created_at": datetime.fromisoformat(document["created_at"]),
        "expires_at": None if expires is None else datetime.fromisoformat(expires),
    }
    return FileInfo(**{**document, **times})


def dump_page(page: Page) -> dict[str, Any]:
    return {
        "items": [dump_info(info) for info in page.items],
        "common_prefixes": page.common_prefixes,
        "next_after": page.next_after,
    }


def load_page(document: Mapping[str, Any]) -> Page:
    return Page(
        items=tuple(load_info(each) for each in document["items"]),
        common_prefixes=tuple(document["common_prefixes"]),
        next_after=document["next_after"],
    )


def dump_usage(usage: Usage) -> dict[str, Any]:
    return asdict(usage)


def load_usage(document: Mapping[str, Any]) -> Usage:
    return Usage(**document)


def dump_recovery(recovery: Recovery) -> dict[str, Any]:
    return asdict(recovery)


def load_recovery(document: Mapping[str, Any]) -> Recovery:
    return Recovery(**document)


def dump_options(options: PutOptions) -> dict[str, Any]:
    """The options of a write; a duration becomes seconds, metadata a plain object."""
    document: dict[str, Any] = dict(options)
    ttl, metadata = document.get("ttl"), document.get("metadata")
    if isinstance(ttl, timedelta):
        document["ttl"] = ttl.total_seconds()
    if isinstance(metadata, Mapping):
        document["metadata"] = dict(metadata)
    return document
