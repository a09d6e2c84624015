"""How much a file system may hold."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bounds of one file system, checked before every change.

    Attributes:
        total_bytes: content of all files together, in bytes.
        file_bytes: content of one file, in bytes.
        nodes: files, directories and links, the root included.
        name_bytes: one name, in bytes of UTF-8.
        depth: segments in a path.
        journal_records: changes that `log` remembers.
        journal_bytes: earlier file contents kept for undo, in bytes.
        snapshots: named snapshots.
        provider_seconds: deadline of a dynamic node's callable.
        link_hops: symbolic links followed in one path.
        archive_ratio: bytes that an archive may unpack to for each of its own, beyond its first 64 MiB.
    """

    total_bytes: int = 4 << 30
    file_bytes: int = 2 << 30
    nodes: int = 2_000_000
    name_bytes: int = 255
    depth: int = 256
    journal_records: int = 100_000
    journal_bytes: int = 64 << 20
    snapshots: int = 1_000
    provider_seconds: float = 5.0
    link_hops: int = 40
    archive_ratio: float = 250.0
