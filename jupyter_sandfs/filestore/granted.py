"""A store as one principal sees it: what was granted, a session of its own, and what it stored itself.

What is not granted looks absent, as in a view of a file system. Names can't be probed either: the principal chooses
keys in its own session only; elsewhere keys are generated, and used within a minute. It changes and deletes nothing but
what it stored.
"""

from __future__ import annotations

import heapq
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NoReturn, Unpack

from jupyter_sandfs.errors import (
    InvalidKey,
    InvalidRequest,
    ObjectNotFound,
    PermissionDenied,
    UploadNotFound,
    VersionConflict,
)
from jupyter_sandfs.filestore.keys import check, check_prefix, is_recent, origin
from jupyter_sandfs.filestore.listing import check_listing, list_page
from jupyter_sandfs.filestore.protocol import (
    Body,
    FileInfo,
    FileStore,
    Page,
    PutOptions,
    Reader,
    Recovery,
    Upload,
    Usage,
)

_MOST_GRANTS = 10_000
_PAGE = 1_000
_OWNERS = "only the sandbox's owner may do this, not a view of it"
_NEVER = "snapshots/"


@dataclass(frozen=True, slots=True)
class _Listed:
    """A row of a listing, as `listing` takes it."""

    found: FileInfo

    @property
    def key(self) -> str:
        return self.found.key

    def info(self) -> FileInfo:
        return self.found


@dataclass(frozen=True, slots=True, init=False)
class Grant:
    """What a principal may read, beside what it stored itself.

    Args:
        keys: keys, and prefixes that end in a slash for all that is below them.
        session: the principal's own: it reads `sessions/{session}/…`, and stores there under names of its choice.

    Raises:
        InvalidRequest: no key or prefix; too many; or it is in `snapshots/`, which is the owner's alone.
        InvalidKey: `session` can't be part of a key.
    """

    keys: frozenset[str]
    prefixes: tuple[str, ...]
    home: str
    """`sessions/{session}/`, or empty."""

    def __init__(self, keys: Iterable[str] = (), *, session: str | None = None) -> None:
        if isinstance(keys, str):
            raise InvalidRequest("what is granted is a list of keys and prefixes")
        given = frozenset(map(_granted, keys))
        if len(given) > _MOST_GRANTS:
            raise InvalidRequest(f"at most {_MOST_GRANTS} keys and prefixes are granted at once")
        home = "" if session is None else _home(session)
        below = {each for each in given if each.endswith("/")} | ({home} if home else set())
        object.__setattr__(self, "keys", frozenset(given - below))
        object.__setattr__(self, "prefixes", _outermost(below))
        object.__setattr__(self, "home", home)

    def covers(self, key: str) -> bool:
        return key in self.keys or key.startswith(self.prefixes)


def _granted(name: str) -> str:
    """Give a key or prefix back. A prefix has at least a whole namespace in front."""
    if not isinstance(name, str) or name.startswith(_NEVER):
        raise InvalidRequest(f"not to be granted: {name!r:.100}")
    if not name.endswith("/"):
        return check(name)
    if name.split("/", 1)[0] not in {"files", "runs", "sessions"}:
        raise InvalidRequest(f"not the beginning of keys: {name!r:.100}")
    return check_prefix(name)


def _home(session: str) -> str:
    check(f"sessions/{session}/x")
    if "/" in session:
        raise InvalidRequest(f"not the id of a session: {session!r:.100}")
    return f"sessions/{session}/"


def _outermost(prefixes: Iterable[str]) -> tuple[str, ...]:
    """The prefixes that are not below another one, in order."""
    kept: list[str] = []
    for each in sorted(prefixes):
        if not (kept and each.startswith(kept[-1])):
            kept.append(each)
    return tuple(kept)


class GrantedStore(FileStore):
    """A store in front of another one, for one principal. Closing it leaves the other open.

    Args:
        grant: what may be read.
        base: gives the store behind; asked each time, since a sandbox opens its own when it is first used.
    """

    def __init__(self, base: Callable[[], FileStore], grant: Grant) -> None:
        self._base = base
        self._grant = grant
        self._own: dict[str, int] = {}  # what was stored through here, with the version that it has
        self._trees = set[str]()  # generated keys at or below which something was stored through here
        self._uploads: set[str] = set()
        self._lock = threading.Lock()

    # ------------------------------------------------------------ reading

    def head(self, key: str, *, version: int | None = None) -> FileInfo:
        return self._base().head(self._seen(key, version), version=version)

    def open(self, key: str, *, version: int | None = None, start: int = 0, end: int | None = None) -> Reader:
        return self._base().open(self._seen(key, version), version=version, start=start, end=end)

    def get(self, key: str, *, version: int | None = None, start: int = 0, end: int | None = None) -> bytes:
        return self._base().get(self._seen(key, version), version=version, start=start, end=end)

    def exists(self, key: str) -> bool:
        return self._sees(check(key)) and self._base().exists(key)

    def list(
        self, prefix: str = "", *, delimiter: str | None = None, after: str | None = None, limit: int = 1000
    ) -> Page:
        check_listing(prefix, delimiter=delimiter, after=after, limit=limit)
        return list_page(self._scan, prefix, delimiter=delimiter, after=after, limit=limit)

    def versions(self, key: str) -> tuple[FileInfo, ...]:
        """The current version; of what was stored through here the older ones too.

        What was in a granted file before may never have been meant for this principal.
        """
        found = self._base().versions(key) if self._sees(check(key)) else ()
        is_own = bool(found) and self._own.get(key) == found[0].version
        return found if is_own else found[:1]

    def usage(self) -> Usage:
        """What is seen takes; the room that there is for all."""
        sizes = [row.found.size_bytes for row in self._scan("", None)]
        return Usage(
            total_bytes=sum(sizes),
            file_count=len(sizes),
            reserved_bytes=0,
            max_total_bytes=self._base().usage().max_total_bytes,
        )

    # ------------------------------------------------------------ writing

    def put(self, key: str, body: Body, *, size: int | None = None, **options: Unpack[PutOptions]) -> FileInfo:
        return self._storing(key, options, lambda store, checked: store.put(key, body, size=size, **checked))

    def copy(self, source: str, target: str, **options: Unpack[PutOptions]) -> FileInfo:
        self._seen(source)
        return self._storing(target, options, lambda store, checked: store.copy(source, target, **checked))

    def restore(self, key: str, version: int, *, if_version: int | None = None) -> FileInfo:
        self._seen(key, version)
        options = PutOptions(if_version=if_version)
        return self._storing(
            key, options, lambda store, checked: store.restore(key, version, if_version=checked["if_version"])
        )

    def delete(self, key: str, *, if_version: int | None = None) -> bool:
        """Delete what was stored through here. What else is seen stays, what is not seen is absent."""
        if not self._sees(check(key)):
            return False
        mine = self._own.get(key)
        if mine is None or if_version not in (None, mine):
            return self._leave(key, if_version)
        try:
            deleted = self._base().delete(key, if_version=mine)
        except VersionConflict:
            raise _not_own(key) from None
        self._own.pop(key, None)
        return deleted

    def begin_upload(self, key: str, *, length: int | None = None, **options: Unpack[PutOptions]) -> Upload:
        self.check_put(key)  # here, not when all has arrived
        checked = self._checked(key, options)
        upload = self._base().begin_upload(key, length=length, **checked)
        self._uploads.add(upload.upload_id)
        return _OwnUpload(upload, self._stored)

    def resume_upload(self, upload_id: str) -> Upload:
        if upload_id not in self._uploads:
            raise UploadNotFound(upload_id)
        return _OwnUpload(self._base().resume_upload(upload_id), self._stored)

    # ------------------------------------------------------------ asked beforehand

    def check_put(self, key: str) -> None:
        """Raise as `put` would, as far as that can be known without storing anything."""
        self._checked(key, PutOptions())
        if key not in self._own and self._sees(key) and self._base().exists(key):
            raise _not_own(key)

    def check_delete(self, key: str) -> None:
        """Raise as `delete` would for what others stored."""
        if self._sees(check(key)) and key not in self._own and self._base().exists(key):
            raise _not_own(key)

    # ------------------------------------------------------------ the owner's

    def sign(self, method: str, key: str, *, expires: float | timedelta, max_size: int | None = None) -> str:
        """Refuse: a link would outlive the grant."""
        del method, expires, max_size
        _refuse(key)

    def verify(self, method: str, token: str) -> tuple[str, int | None]:
        del method, token
        _refuse("")

    def cleanup(self, *, now: datetime | None = None) -> int:
        del now
        _refuse("")

    def recover(self) -> Recovery:
        _refuse("")

    def close(self) -> None:
        """Do nothing: the store behind is the owner's."""

    # ------------------------------------------------------------ what is seen

    def _sees(self, key: str) -> bool:
        return not key.startswith(_NEVER) and (self._grant.covers(key) or key in self._own)

    def _seen(self, key: str, version: int | None = None) -> str:
        if not self._sees(check(key)):
            raise ObjectNotFound(key)
        if version is not None and version not in [info.version for info in self.versions(key)]:
            raise ObjectNotFound(key)
        return key

    def _scan(self, start: str, stop: str | None) -> Iterator[_Listed]:
        """What is seen from a key up to another, in order; see `listing.Scan`."""
        with self._lock:
            single = {*self._grant.keys, *self._own, start}
        covered = self._grant.prefixes
        ranges = [self._below(each, start) for each in covered if stop is None or each < stop]
        alone = self._singles(sorted(key for key in single if key >= start), start)
        for row in heapq.merge(alone, *ranges, key=lambda row: row.key):
            if stop is not None and row.key >= stop:
                return
            yield row

    def _singles(self, keys: Iterable[str], start: str) -> Iterator[_Listed]:
        """Keys that are seen and in none of the prefixes; `start`, which those are listed behind, in any case."""
        store, covered = self._base(), self._grant.prefixes
        for key in keys:
            if key != start and covered and key.startswith(covered):
                continue
            with suppress(ObjectNotFound, InvalidKey):
                yield _Listed(store.head(self._seen(key)))

    def _below(self, granted: str, start: str) -> Iterator[_Listed]:
        """The keys of one prefix that was granted, behind `start`; a page at a time."""
        after: str | None = start
        store = self._base()
        while after is not None:
            page = store.list(granted, after=after, limit=_PAGE)
            yield from map(_Listed, page.items)
            after = page.next_after

    # ------------------------------------------------------------ what may be stored

    def _storing(self, key: str, options: PutOptions, store: Callable[[FileStore, PutOptions], FileInfo]) -> FileInfo:
        checked = self._checked(key, options)
        try:
            info = store(self._base(), checked)
        except VersionConflict:
            raise _not_own(key) from None
        self._stored(info)
        return info

    def _checked(self, key: str, options: PutOptions) -> PutOptions:
        """The options of a write that goes over nothing but what was stored through here."""
        check(key)
        mine = self._own.get(key, 0)
        home = self._grant.home
        if not mine and not (home and key.startswith(home)) and not self._is_new(key):
            where = f"under {home}…, or without a key of your own" if home else "without a key of your own"
            raise PermissionDenied(key, f"a view stores {where}")
        asked = 0 if options.get("if_none_match") else options.get("if_version")
        if asked not in (None, mine):
            raise VersionConflict(key, asked or 0, mine)
        checked = PutOptions(**options)
        checked.pop("if_none_match", None)
        checked["if_version"] = mine
        return checked

    def _is_new(self, key: str) -> bool:
        """Whether a key was just generated, or belongs to a tree that is being stored through here.

        An older one may be somebody's: whether it is taken must not be seen by trying. A young one may be, too, and
        seen because it was granted at once.
        """
        tree = origin(key)
        return tree in self._trees or (is_recent(key) and not self.list(tree, limit=1).items)

    def _stored(self, info: FileInfo) -> None:
        with self._lock:
            self._own[info.key] = info.version
            self._trees |= {origin(info.key)} - {""}

    def _leave(self, key: str, if_version: int | None) -> bool:
        """Answer for a deletion that is not made."""
        if not self._base().exists(key):
            return False
        if key in self._own:
            raise VersionConflict(key, if_version or 0, self._own[key])
        raise _not_own(key)


class _OwnUpload(Upload):
    """An upload that tells of the file that it became."""

    def __init__(self, upload: Upload, stored: Callable[[FileInfo], None]) -> None:
        self._upload, self._stored = upload, stored
        self.upload_id, self.key, self.length = upload.upload_id, upload.key, upload.length

    @property
    def offset(self) -> int:
        return self._upload.offset

    def append(self, chunk: bytes | bytearray | memoryview, offset: int) -> int:
        return self._upload.append(chunk, offset)

    def commit(self) -> FileInfo:
        try:
            info = self._upload.commit()
        except VersionConflict:
            raise _not_own(self.key) from None
        self._stored(info)
        return info

    def abort(self) -> None:
        self._upload.abort()


def _not_own(key: str) -> PermissionDenied:
    return PermissionDenied(key, "a view changes only what it stored itself")


def _refuse(what: str) -> NoReturn:
    raise PermissionDenied(what or "store", _OWNERS)
