"""What the books say and how they may change. All rules of space, versions and expiry are here; nothing is sent.

Each function runs on a draft, which is published whole or not at all. Times are seconds since 1970.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterable
from dataclasses import asdict, dataclass, replace
from typing import NamedTuple

from jupyter_sandfs.errors import LimitExceeded, QuotaExceeded, StoreError, UploadNotFound
from jupyter_sandfs.filestore.nats import history
from jupyter_sandfs.filestore.nats.burials import bury, hasten, spare_bytes
from jupyter_sandfs.filestore.nats.draft import EXPIRY, FILE, UPLOAD, Claim, Draft
from jupyter_sandfs.filestore.nats.records import Record, decode, encode
from jupyter_sandfs.filestore.protocol import StoreLimits, Usage
from jupyter_sandfs.filestore.terms import Terms

BATCH = 500
_MOST_CLAIMS = 200


class Content(NamedTuple):
    """A body, whole and hashed; its chunks are stored under `nuid`."""

    nuid: str
    size: int
    sha256: str
    chunks: int


class Plan(NamedTuple):
    """A write that may happen now.

    Attributes:
        record: the file to be, or to be deleted.
        over: sequence of the meta that it replaces, as the index knows it; 0 for none.
    """

    record: Record
    over: int


@dataclass(frozen=True, slots=True)
class UploadRow:
    """An upload under way; its name is also that of its chunks. `bytes` is what it has reserved."""

    key: str
    length: int | None
    terms: Terms
    bytes: int
    touched: float


@dataclass(frozen=True, slots=True)
class Rules:
    """What a change needs to know besides the draft. `inbox` is where this process answers."""

    limits: StoreLimits
    inbox: str
    now: float


# ---------------------------------------------------------------- files


async def line_of(draft: Draft, key: str) -> Record | None:
    """What the index says about a key, expired or not."""
    line = await draft.get(FILE + key)
    return decode(line) if line else None


async def live_record(draft: Draft, key: str, now: float) -> Record | None:
    record = await line_of(draft, key)
    return record if record and record.is_live(now) else None


async def remove(draft: Draft, key: str, record: Record, now: float) -> None:
    """Take a file out of the index with its older versions, and let their bodies be purged."""
    strike(draft, key, record)
    bury(draft, record.nuid, record.size, now)
    await history.drop_all(draft, key, now)


def strike(draft: Draft, key: str, record: Record) -> None:
    """Take a file out of the index, but keep its body."""
    draft.set(FILE + key, None)
    if record.expires is not None:
        draft.set(_expiry(record.expires, key), None)
    draft.sums.bytes -= record.size
    draft.sums.files -= 1


def insert(draft: Draft, key: str, record: Record) -> None:
    """Put a file into the index; there is none of that key."""
    draft.set(FILE + key, encode(record))
    if record.expires is not None:
        draft.set(_expiry(record.expires, key), str(record.size))
    draft.sums.bytes += record.size
    draft.sums.files += 1


def _expiry(moment: float, key: str) -> str:
    return f"{EXPIRY}{moment:020.6f}/{key}"


# ---------------------------------------------------------------- writing


async def reserve(draft: Draft, rules: Rules, name: str, key: str, size: int, *, again: bool) -> None:
    """Claim space for a body of `size` bytes that is arriving.

    Args:
        again: there is a claim of that name, whose place this one takes.

    Raises:
        StoreError: that claim is gone.
        QuotaExceeded: there is not so much, even without what has expired and what the body will replace.
        LimitExceeded: too many writes are under way.
    """
    _take_back(draft, name, again=again)
    old = await live_record(draft, key, rules.now)
    extra = max(0, size - (old.size if old else 0))
    await _make_room(draft, rules, extra, 0)
    _add_claim(draft, name, Claim(key, rules.inbox, bytes=extra))


async def prepare(
    draft: Draft, rules: Rules, name: str, key: str, content: Content, terms: Terms, *, upload: str, again: bool
) -> Plan:
    """Claim all that a write needs, so that it has happened as soon as its meta is there.

    Args:
        upload: that the body finishes; empty for none.
        again: as for `reserve`.

    Raises:
        VersionConflict, QuotaExceeded, LimitExceeded
        UploadNotFound: someone else finished the upload.
        StoreError: an earlier claim is gone.
    """
    earlier = _take_back(draft, name, again=again)
    reserved = (await find_upload(draft, upload)).bytes if upload else 0
    line = await line_of(draft, key)
    old = line if line and line.is_live(rules.now) else None
    terms.check_version(key, old.version if old else 0)
    extra, files = content.size - (old.size if old else 0), 0 if old else 1
    await _make_room(draft, rules, extra, files, own=reserved)
    if not (earlier and earlier.record and earlier.record.version == draft.sums.writes):
        draft.sums.writes += 1
    record = Record(
        version=draft.sums.writes,
        nuid=content.nuid,
        size=content.size,
        sha256=content.sha256,
        content_type=terms.content_type,
        metadata=terms.metadata,
        created=rules.now,
        expires=rules.now + terms.ttl if terms.ttl else None,
        chunks=content.chunks,
    )
    claimed = max(0, extra - reserved)
    _add_claim(
        draft, name, Claim(key, rules.inbox, bytes=claimed, files=files, is_ready=True, record=record, upload=upload)
    )
    return Plan(record, line.seq if line else 0)


async def prepare_deletion(draft: Draft, rules: Rules, name: str, key: str, terms: Terms) -> Plan | None:
    """Claim a deletion; None when there is nothing to delete. Raises VersionConflict."""
    _drop_claim(draft, name)
    old = await line_of(draft, key)
    is_live = old is not None and old.is_live(rules.now)
    terms.check_version(key, old.version if old and is_live else 0)
    if old is None:
        return None
    if not is_live:
        await remove(draft, key, old, rules.now)
        return None
    _add_claim(draft, name, Claim(key, rules.inbox, is_ready=True))
    return Plan(old, old.seq)


async def settle(draft: Draft, rules: Rules, name: str, seq: int) -> None:
    """Put a write or deletion into the index whose meta has been stored as `seq`; doing so twice changes nothing."""
    claim = draft.claims.get(name)
    if claim is None:
        return
    _drop_claim(draft, name)
    if claim.upload:
        await drop_upload(draft, claim.upload)
    old = await line_of(draft, claim.key)
    if old and old.seq > seq:
        if claim.record:
            bury(draft, claim.record.nuid, claim.record.size, rules.now)
        return
    if old and claim.record and old.is_live(rules.now) and rules.limits.keep_versions:
        strike(draft, claim.key, old)
        history.add(draft, claim.key, old)
    elif old:
        await remove(draft, claim.key, old, rules.now)
    if claim.record:
        insert(draft, claim.key, claim.record._replace(seq=seq))
        await _bound_history(draft, rules, claim.key)


async def release(draft: Draft, name: str, nuids: Iterable[str], now: float) -> None:
    """Give a claim up, and let bodies be purged; one that was never made is no error."""
    _drop_claim(draft, name)
    for nuid in nuids:
        bury(draft, nuid, 0, now)


async def recount(draft: Draft) -> None:
    """Make the sums anew from what they sum up."""
    files = [decode(line) async for _, line in draft.scan(FILE, _end(FILE))]
    rows = await uploads(draft)
    sums = replace(
        draft.sums,
        bytes=sum(record.size for record in files),
        files=len(files),
        reserved=sum(claim.bytes for claim in draft.claims.values()) + sum(row.bytes for row in rows.values()),
        coming=sum(claim.files for claim in draft.claims.values()),
        uploads=len(rows),
        kept=await history.size(draft),
    )
    if sums != draft.sums:
        draft.sums = sums
        draft.changed = True


async def files(draft: Draft) -> AsyncIterator[tuple[str, Record]]:
    """All files of the index, expired ones too, by key."""
    async for key, line in draft.scan(FILE, _end(FILE)):
        yield key.removeprefix(FILE), decode(line)


def _add_claim(draft: Draft, name: str, claim: Claim) -> None:
    if len(draft.claims) >= _MOST_CLAIMS:
        raise LimitExceeded(f"{_MOST_CLAIMS} writes are under way; try again when some have ended")
    draft.claims[name] = claim
    draft.sums.reserved += claim.bytes
    draft.sums.coming += claim.files
    draft.changed = True


def _take_back(draft: Draft, name: str, *, again: bool) -> Claim | None:
    earlier = _drop_claim(draft, name)
    if again and earlier is None:
        # Others took this process for dead, and dropped the chunks as well.
        raise StoreError("the server was out of reach for so long that the write was given up; write it again")
    return earlier


def _drop_claim(draft: Draft, name: str) -> Claim | None:
    claim = draft.claims.pop(name, None)
    if claim:
        draft.sums.reserved -= claim.bytes
        draft.sums.coming -= claim.files
        draft.changed = True
    return claim


# ---------------------------------------------------------------- uploads


async def add_upload(draft: Draft, rules: Rules, name: str, row: UploadRow) -> None:
    """Write an upload down, and claim its space if its length is known. Raises LimitExceeded, QuotaExceeded."""
    if draft.sums.uploads >= rules.limits.max_uploads:
        raise LimitExceeded(f"{rules.limits.max_uploads} uploads are unfinished; finish or abort some first")
    draft.sums.uploads += 1
    draft.set(UPLOAD + name, _encode_upload(row))
    if row.length:
        await grow_upload(draft, rules, name, row.length)


async def grow_upload(draft: Draft, rules: Rules, name: str, size: int) -> None:
    """Let an upload reserve what `size` bytes need. Raises UploadNotFound, QuotaExceeded."""
    row = await find_upload(draft, name)
    old = await live_record(draft, row.key, rules.now)
    extra = max(0, size - (old.size if old else 0))
    await _make_room(draft, rules, extra, 0, own=row.bytes)
    draft.sums.reserved += extra - row.bytes
    grown = UploadRow(row.key, row.length, row.terms, extra, rules.now)
    draft.set(UPLOAD + name, _encode_upload(grown))


async def find_upload(draft: Draft, name: str) -> UploadRow:
    """An upload by its name, which may be anything. Raises UploadNotFound."""
    line = await draft.get(UPLOAD + name) if name.isalnum() else None
    if line is None:
        raise UploadNotFound(name)
    return _decode_upload(line)


async def drop_upload(draft: Draft, name: str) -> bool:
    """Forget an upload and its reservation; tell whether there was one."""
    line = await draft.get(UPLOAD + name)
    if line is None:
        return False
    draft.set(UPLOAD + name, None)
    draft.sums.reserved -= _decode_upload(line).bytes
    draft.sums.uploads -= 1
    return True


async def abort_upload(draft: Draft, name: str, now: float) -> bool:
    """Forget an upload and let its chunks be purged; tell whether there was one."""
    found = await drop_upload(draft, name)
    if found:
        bury(draft, name, 0, now)
    return found


async def uploads(draft: Draft) -> dict[str, UploadRow]:
    """All uploads by name."""
    return {key.removeprefix(UPLOAD): _decode_upload(line) async for key, line in draft.scan(UPLOAD, _end(UPLOAD))}


def _encode_upload(row: UploadRow) -> str:
    return json.dumps(asdict(row), separators=(",", ":"))


def _decode_upload(line: str) -> UploadRow:
    fields = json.loads(line)
    return UploadRow(**{**fields, "terms": Terms(**fields["terms"])})


# ---------------------------------------------------------------- space


async def usage(draft: Draft, rules: Rules) -> Usage:
    """What live files and bodies under way take; what has expired counts no more."""
    gone = [int(size) async for _, size in draft.scan(EXPIRY, _expired(rules.now))]
    return Usage(
        total_bytes=draft.sums.bytes - sum(gone),
        file_count=draft.sums.files - len(gone),
        reserved_bytes=draft.sums.reserved,
        max_total_bytes=rules.limits.max_total_bytes,
        kept_bytes=draft.sums.kept,
    )


async def expire(draft: Draft, now: float) -> int:
    """Remove up to `BATCH` files that have expired; give their number."""
    expired = []
    async for key, _ in draft.scan(EXPIRY, _expired(now)):
        expired.append(key)
        if len(expired) == BATCH:
            break
    for line in expired:
        key = line.removeprefix(EXPIRY).partition("/")[2]
        record = await line_of(draft, key)
        draft.set(line, None)
        if record and record.expires is not None and _expiry(record.expires, key) == line:
            await remove(draft, key, record, now)
    return len(expired)


async def _make_room(draft: Draft, rules: Rules, size: int, files: int, *, own: int = 0) -> None:
    """See that `size` more bytes fit; `own` of them are reserved already."""
    while not _has_room(draft, rules.limits, size, files, own):
        if await expire(draft, rules.now):
            continue
        if draft.sums.files + draft.sums.coming + files > rules.limits.max_files:
            raise LimitExceeded(f"the store holds {rules.limits.max_files} files and takes no more")
        if not await history.drop_oldest(draft, rules.now):
            raise QuotaExceeded(rules.limits.max_total_bytes)
    # The bucket is a little larger than its files may be: bodies that are only still read have to fit into that.
    spare = sum(dead.size for dead in draft.dead.values() if dead.due > rules.now) - spare_bytes(rules.limits) // 2
    while spare > 0 and (freed := hasten(draft, rules.now)):
        spare -= freed


async def _bound_history(draft: Draft, rules: Rules, key: str) -> None:
    """Drop the versions of a key that are too many, and of all keys, the oldest first, what finds no room."""
    await history.trim(draft, key, rules.limits.keep_versions, rules.now)
    sums, most = draft.sums, rules.limits.max_total_bytes
    while sums.bytes + sums.reserved + sums.kept > most and await history.drop_oldest(draft, rules.now):
        pass


def _has_room(draft: Draft, limits: StoreLimits, size: int, files: int, own: int) -> bool:
    # What makes the store smaller always fits, also after its limits were lowered.
    sums = draft.sums
    fits = size <= 0 or sums.bytes + sums.kept + size + sums.reserved - own <= limits.max_total_bytes
    return fits and (not files or sums.files + sums.coming + files <= limits.max_files)


def _expired(now: float) -> str:
    return f"{EXPIRY}{now:020.6f}0"


def _end(kind: str) -> str:
    return kind[:-1] + chr(ord(kind[-1]) + 1)
