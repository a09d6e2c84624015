"""The document of a key: what it holds, or that it holds nothing any more. Values and their JSON, nothing else."""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime

from jupyter_sandfs.errors import StoreError
from jupyter_sandfs.filestore.protocol import FileInfo
from jupyter_sandfs.filestore.terms import CHECKSUM_PREFIX, Terms

# A document that is not larger belongs to a deleted key: a listing, which tells sizes, need not read it.
TOMBSTONE_BYTES = 100
# Bodies that were replaced stay for those who read them, this long and at most so many.
STALE_SECONDS = 3600.0
_MOST_STALE = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """A body, as it is described."""

    size: int
    sha256: str
    content_type: str
    metadata: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """An older version. Times are seconds since 1970."""

    version: int
    body: str
    content: Content
    created: float
    expires: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What a key holds. Times are seconds since 1970.

    Attributes:
        commit: name of the write that made this entry.
        body: name of the content; that of the write which put it.
        content: None when the file was deleted: what is left keeps its version from coming back.
        past: older versions, newest first.
        stale: names of replaced bodies, and since when they are.
    """

    key: str
    version: int
    commit: str
    body: str = ""
    content: Content | None = None
    created: float = 0
    expires: float | None = None
    past: tuple[Past, ...] = ()
    stale: tuple[tuple[str, float], ...] = ()

    @property
    def size(self) -> int:
        """What the key counts for in the ledger, in bytes; an expired file counts until it is removed."""
        return self.content.size if self.content else 0

    @property
    def kept(self) -> int:
        """What the older versions take, in bytes."""
        return sum(each.content.size for each in self.past)

    def versions(self, now: float) -> list[Entry]:
        """This file and its older versions, newest first, as far as they have not expired."""
        older = (
            Entry(
                key=self.key,
                version=each.version,
                commit=self.commit,
                body=each.body,
                content=each.content,
                created=each.created,
                expires=each.expires,
            )
            for each in self.past
        )
        return [each for each in (self, *older) if each.is_live(now)]

    def is_live(self, now: float) -> bool:
        return self.content is not None and (self.expires is None or self.expires > now)

    def info(self) -> FileInfo:
        assert self.content is not None, "a deleted key has no description"
        return FileInfo(
            key=self.key,
            size_bytes=self.content.size,
            content_type=self.content.content_type,
            checksum=CHECKSUM_PREFIX + self.content.sha256,
            created_at=datetime.fromtimestamp(self.created, UTC),
            expires_at=None if self.expires is None else datetime.fromtimestamp(self.expires, UTC),
            metadata=self.content.metadata,
            version=self.version,
            etag=f"sha256-{self.content.sha256}",
        )


def described(size: int, sha256: str, terms: Terms) -> Content:
    """A content on the terms of its writer."""
    return Content(size=size, sha256=sha256, content_type=terms.content_type, metadata=terms.metadata)


def filled(
    key: str, old: Entry | None, commit: str, content: Content, *, ttl: float, now: float, keep: int, body: str = ""
) -> Entry:
    """The entry that takes the place of `old` when a body is committed.

    Args:
        keep: how many older versions go along.
        body: name of a content that is there already; empty for that of the commit.
    """
    entry = Entry(
        key=key,
        version=(old.version if old else 0) + 1,
        commit=commit,
        body=body or commit,
        content=content,
        created=now,
        expires=now + ttl if ttl else None,
        past=_past(old, now)[:keep],
    )
    return _with_stale(entry, old, now)


def thinned(old: Entry, commit: str, *, now: float, until: float = math.inf) -> Entry:
    """The entry that takes the place of `old` when it gives up the versions that were made up to a moment."""
    past = tuple(each for each in old.past if each.created > until)
    return _with_stale(replace(old, commit=commit, past=past), old, now)


def emptied(old: Entry, commit: str, *, now: float) -> Entry:
    """The entry that takes the place of `old` when the file is deleted."""
    return _with_stale(Entry(key=old.key, version=old.version, commit=commit), old, now)


def settled(old: Entry, *, now: float) -> Entry:
    """The same entry without the bodies that nobody reads any more."""
    return replace(old, stale=_kept(old.stale, now))


def dropped(old: Entry | None, new: Entry) -> list[str]:
    """Names of the bodies that `old` knew and `new` knows no more."""
    known = set(bodies(new))
    return [name for name in bodies(old) if name not in known]


def bodies(entry: Entry | None) -> list[str]:
    """Names of the bodies that an entry knows."""
    if entry is None:
        return []
    return _held(entry) + [name for name, _ in entry.stale]


def dump(entry: Entry) -> bytes:
    """Write an entry as JSON; its key is the path it stands at."""
    document: dict[str, object] = {"version": entry.version, "commit": entry.commit}
    if entry.content:
        content = entry.content
        document |= {
            "size": content.size,
            "sha256": content.sha256,
            "type": content.content_type,
            "metadata": content.metadata,
            "created": entry.created,
            "expires": entry.expires,
        }
        if entry.body != entry.commit:
            document["body"] = entry.body
    if entry.past:
        document["past"] = [asdict(each) for each in entry.past]
    if entry.stale:
        document["stale"] = entry.stale
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def load(key: str, data: bytes) -> Entry:
    """Read an entry. Raises StoreError when it is none."""
    try:
        document = json.loads(data)
        content = None
        if "sha256" in document:
            content = Content(
                size=document["size"],
                sha256=document["sha256"],
                content_type=document["type"],
                metadata=document["metadata"],
            )
        return Entry(
            key=key,
            version=document["version"],
            commit=document["commit"],
            body=document.get("body", document["commit"]) if content else "",
            content=content,
            created=document.get("created", 0),
            expires=document.get("expires"),
            past=tuple(Past(**{**each, "content": Content(**each["content"])}) for each in document.get("past", ())),
            stale=tuple((name, since) for name, since in document.get("stale", ())),
        )
    except (ValueError, TypeError, KeyError) as error:
        raise StoreError(f"{key}: its document in the store is damaged") from error


def _with_stale(entry: Entry, old: Entry | None, now: float) -> Entry:
    """The entry with all bodies among its stale ones that `old` held and it does not."""
    if old is None:
        return entry
    held = _held(entry)
    replaced = tuple((name, now) for name in _held(old) if name not in held)
    return replace(entry, stale=_kept(old.stale + replaced, now))


def _held(entry: Entry) -> list[str]:
    """Names of the bodies of a file and its older versions; two of those may share one."""
    own = [entry.body] if entry.content else []
    return list(dict.fromkeys(own + [each.body for each in entry.past]))


def _past(old: Entry | None, now: float) -> tuple[Past, ...]:
    """What an entry that is overwritten leaves as older versions; one that has expired leaves none."""
    if old is None or old.content is None or not old.is_live(now):
        return ()
    last = Past(version=old.version, body=old.body, content=old.content, created=old.created, expires=old.expires)
    return (last, *(each for each in old.past if each.expires is None or each.expires > now))


def _kept(stale: tuple[tuple[str, float], ...], now: float) -> tuple[tuple[str, float], ...]:
    return tuple((name, since) for name, since in stale if since > now - STALE_SECONDS)[-_MOST_STALE:]
