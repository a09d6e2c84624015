"""Values that describe nodes: what a file system answers about a path."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, NamedTuple

from jupyter_sandfs.vfs.policy import NodePolicy

_BILLION = 1_000_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Kind(StrEnum):
    """What a node is; the values are those of the HTTP interface's entryType."""

    FILE = "file"
    DIRECTORY = "directory"
    SYMLINK = "symlink"


class Stat(NamedTuple):
    """Facts about one node. Times are nanoseconds since 1970 UTC, kept as integers: the properties make datetimes.

    Attributes:
        size: bytes of content; 0 for directories and for dynamic files that were not computed yet.
        version: 1 for a new file, one more for each change of content.
        stamp: when the content, or the names in a directory, last changed; no two changes of one tree share a stamp.
        tree_id: identity of the tree, so that etags of two trees never meet.
        dynamic: the content is computed by a provider.
    """

    kind: Kind
    size: int
    mode: int
    version: int
    modified_ns: int
    created_ns: int
    stamp: int
    tree_id: str
    link_target: str | None = None
    dynamic: bool = False

    @property
    def modified_at(self) -> datetime:
        return moment(self.modified_ns)

    @property
    def created_at(self) -> datetime:
        return moment(self.created_ns)

    @property
    def etag(self) -> str:
        """Strong validator of the content (RFC 9110, 8.8.3), without quotes."""
        return f"{self.tree_id}-{self.stamp:x}"

    @property
    def is_dir(self) -> bool:
        return self.kind is Kind.DIRECTORY

    @property
    def is_file(self) -> bool:
        return self.kind is Kind.FILE

    @property
    def is_symlink(self) -> bool:
        return self.kind is Kind.SYMLINK


class DirEntry(NamedTuple):
    """One row of a listing; `stat` is about the node itself, links are not followed."""

    name: str
    path: str
    stat: Stat

    @property
    def is_dir(self) -> bool:
        return self.stat.is_dir


class Epoch:
    """Counts the changes of a tree after which views decide anew: a policy, metadata, a mount, a link, a directory."""

    __slots__ = ("number",)

    def __init__(self) -> None:
        self.number = 0


class Inspected(NamedTuple):
    """What is at a path, and the rules in force there.

    Attributes:
        stat: None if nothing is there; the rules are then those of what was there last, or would come to be there.
        ruled: the node has a policy or metadata of its own.
        plain_stamp: of a directory, when a name that is not ruled last came or went.
    """

    stat: Stat | None
    policy: NodePolicy
    metadata: Mapping[str, Any]
    ruled: bool = False
    plain_stamp: int = 0


@dataclass(frozen=True, slots=True)
class Stats:
    """Size of a file system. `node_count` counts files, links and directories, the root included."""

    total_size: int
    file_count: int
    directory_count: int

    @property
    def node_count(self) -> int:
        return self.file_count + self.directory_count


def moment(nanoseconds: int) -> datetime:
    """An aware UTC datetime; what does not fit in microseconds is cut."""
    seconds, rest = divmod(nanoseconds, _BILLION)
    return datetime.fromtimestamp(seconds, UTC).replace(microsecond=rest // 1000)


def nanoseconds(when: datetime) -> int:
    """Nanoseconds since 1970; a datetime without a zone is local time."""
    # In whole numbers: a float has no microseconds in the year 2400.
    return (when.astimezone(UTC) - _EPOCH) // _MICROSECOND * 1000
