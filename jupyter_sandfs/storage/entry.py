"""A node at rest: what a storage keeps for a path."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class FileEntry:
    """One file, directory or link, with its content; the fields of the C# seed's FileEntry and what rules need.

    Attributes:
        path: normal absolute path.
        content: bytes of a file; empty for anything else.
        mode: permission bits.
        version: version of the content; 0 for directories.
        policy: the node's own rule as plain JSON; None if it has none.
        link_target: what a symbolic link says.
    """

    path: str
    is_directory: bool = False
    content: bytes = b""
    created_at: datetime = _EPOCH
    modified_at: datetime = _EPOCH
    mode: int = 0o644
    version: int = 0
    policy: Mapping[str, Any] | None = None
    metadata: Mapping[str, Any] | None = None
    link_target: str | None = None

    @property
    def name(self) -> str:
        return self.path.rpartition("/")[2]

    @property
    def size(self) -> int:
        return len(self.content)
