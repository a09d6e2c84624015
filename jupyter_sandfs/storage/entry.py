"""A node at rest: what a storage keeps for a path, and its one form as JSON."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, NoReturn

from jupyter_sandfs import paths
from jupyter_sandfs.errors import InvalidPath, InvalidRequest, StorageError

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_LARGEST = 2**63 - 1

# What an entry is in JSON beside its content: the fields, and their types. A policy is whatever it is: the file
# system seals a node whose policy it can't read.
_FACTS: Mapping[str, tuple[type, ...]] = {
    "path": (str,),
    "is_directory": (bool,),
    "created_us": (int,),
    "modified_us": (int,),
    "mode": (int,),
    "version": (int,),
    "policy": (object,),
    "metadata": (dict, type(None)),
    "link_target": (str, type(None)),
    "mount": (str, type(None)),
}


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
        mount: name of the provider that computes the content, or names the children; the callable itself is not kept.
        start: bytes that the storage has already and that `content` comes after; other than 0 only in what `apply`
            is given by a file system whose storage `grows`.
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
    mount: str | None = None
    start: int = 0

    @property
    def name(self) -> str:
        return self.path.rpartition("/")[2]

    @property
    def size(self) -> int:
        return self.start + len(self.content)

    def facts(self) -> str:
        """All but the content, as one line of JSON; `from_facts` reads it. Times are microseconds since 1970.

        Raises:
            InvalidRequest: the metadata or the policy is not plain JSON.
        """
        facts = {
            "path": self.path,
            "is_directory": self.is_directory,
            "created_us": (self.created_at - _EPOCH) // _MICROSECOND,
            "modified_us": (self.modified_at - _EPOCH) // _MICROSECOND,
            "mode": self.mode,
            "version": self.version,
            "policy": self.policy,
            "metadata": self.metadata,
            "link_target": self.link_target,
            "mount": self.mount,
        }
        said = {name: value for name, value in facts.items() if value is not None}
        try:
            return json.dumps(said, allow_nan=False, separators=(",", ":"))
        except (TypeError, ValueError, RecursionError) as error:
            raise InvalidRequest(f"{self.path}: what is attached to it is not plain JSON: {error}") from None

    @classmethod
    def from_facts(cls, text: str | bytes, content: bytes = b"") -> FileEntry:
        """The entry that `facts` wrote. Raises StorageError for anything else."""
        return _entry(_object(text), content)

    def to_json(self) -> str:
        """The entry with its content, as one line of JSON: all that a storage of your own has to keep."""
        if self.start:
            raise InvalidRequest(f"{self.path}: the end of a file is not an entry")
        content = base64.b64encode(self.content).decode()
        return f'{{"content":"{content}",{self.facts()[1:]}'

    @classmethod
    def from_json(cls, text: str | bytes) -> FileEntry:
        """The entry that `to_json` wrote. Raises StorageError for anything else."""
        facts = _object(text)
        try:
            content = base64.b64decode(facts.pop("content", None), validate=True)
        except (TypeError, ValueError):
            raise StorageError("the storage is damaged: an entry's content is not base64") from None
        return _entry(facts, content)


def _object(text: str | bytes) -> dict[str, Any]:
    try:
        found = json.loads(text, parse_constant=_refuse)
    except (ValueError, TypeError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise StorageError("the storage is damaged: an entry is not a JSON object")
    return found


def _refuse(constant: str) -> NoReturn:
    raise ValueError(constant)  # NaN and Infinity are no JSON


def _entry(facts: dict[str, Any], content: bytes) -> FileEntry:
    for name, value in facts.items():
        # Exact types: True is no version, and a float no time.
        if name not in _FACTS or not (type(value) in _FACTS[name] or object in _FACTS[name]):
            raise StorageError(f"the storage is damaged: an entry's {name[:40]!r} can't be read")
        if int in _FACTS[name] and abs(value) > _LARGEST:
            raise StorageError(f"the storage is damaged: an entry's {name!r} is too large")
    path, target = _plain_path(facts.pop("path", "")), facts.get("link_target")
    _require(facts.get("version", 0) >= 0 and 0 <= facts.get("mode", 0) <= 0o7777, path)
    _require(target is None or _is_text(target), path)
    kinds = (target is not None, bool(facts.get("is_directory") or facts.get("mount") is not None))
    _require(sum(kinds) + bool(content) <= 1, path)
    created, modified = (_moment(facts.pop(name, 0), path) for name in ("created_us", "modified_us"))
    return FileEntry(path=path, content=content, created_at=created, modified_at=modified, **facts)


def _plain_path(path: str) -> str:
    try:
        plain = paths.normalize(path)
    except InvalidPath:
        plain = None
    if plain != path:
        raise StorageError(f"the storage is damaged: {path[:100]!r} is no normal path")
    return path


def _is_text(target: str) -> bool:
    try:
        paths.normalize(target)
    except InvalidPath:
        return False
    return bool(target)


def _moment(microseconds: int, path: str) -> datetime:
    try:
        return _EPOCH + microseconds * _MICROSECOND
    except OverflowError:
        raise StorageError(f"the storage is damaged: {path}: no such time") from None


def _require(fact: object, path: str) -> None:
    if not fact:
        raise StorageError(f"the storage is damaged: the entry of {path} contradicts itself")
