"""Older versions of files in the index: a line for each, found by key, and one that puts them in order of age.

Each function runs on a draft. Times are seconds since 1970.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

from jupyter_sandfs.filestore.nats.burials import bury
from jupyter_sandfs.filestore.nats.draft import AGE, PAST, Draft
from jupyter_sandfs.filestore.nats.records import Record, decode, encode

# No key holds control characters: so what follows one can't be mistaken for more of the key.
_BEHIND_KEY, _LAST = "\x01", "\x02"


async def of(draft: Draft, key: str) -> list[Record]:
    """The older versions of a key, newest first, also those that have expired."""
    lines = [decode(line) async for _, line in draft.scan(PAST + key + _BEHIND_KEY, PAST + key + _LAST)]
    return lines[::-1]


async def bodies(draft: Draft) -> set[str]:
    """Names of the chunks of all older versions."""
    return {decode(line).nuid async for _, line in draft.scan(PAST, _end(PAST))}


async def size(draft: Draft) -> int:
    """What all older versions take, in bytes, counted anew."""
    return sum([decode(line).size async for _, line in draft.scan(PAST, _end(PAST))])


def add(draft: Draft, key: str, record: Record) -> None:
    """Keep a file that was overwritten, and its body."""
    draft.set(_line(key, record.version), encode(record))
    draft.set(_age(key, record.version), "-")
    draft.sums.kept += record.size


async def trim(draft: Draft, key: str, keep: int, now: float) -> None:
    """Drop all of a key but the newest."""
    for record in (await of(draft, key))[keep:]:
        _drop(draft, key, record, now)


async def drop_all(draft: Draft, key: str, now: float) -> None:
    """Drop all of a key."""
    await trim(draft, key, 0, now)


async def drop_oldest(draft: Draft, now: float) -> bool:
    """Drop what was written first; tell whether there was anything."""
    async for version, key in _by_age(draft):
        line = await draft.get(_line(key, version))
        draft.set(_age(key, version), None)
        if line is not None:
            _drop(draft, key, decode(line), now)
            return True
    return False


async def expire(draft: Draft, now: float) -> None:
    """Drop what has expired."""
    expired = []
    async for line, text in draft.scan(PAST, _end(PAST)):
        record = decode(text)
        if not record.is_live(now):
            expired.append((line.removeprefix(PAST).partition(_BEHIND_KEY)[0], record))
    for key, record in expired:
        _drop(draft, key, record, now)


def _drop(draft: Draft, key: str, record: Record, now: float) -> None:
    draft.set(_line(key, record.version), None)
    draft.set(_age(key, record.version), None)
    draft.sums.kept -= record.size
    bury(draft, record.nuid, record.size, now)


async def _by_age(draft: Draft) -> AsyncIterator[tuple[int, str]]:
    async for line, _ in draft.scan(AGE, _end(AGE)):
        version, _, key = line.removeprefix(AGE).partition("/")
        yield int(version), key


def _line(key: str, version: int) -> str:
    return f"{PAST}{key}{_BEHIND_KEY}{version:020d}"


def _age(key: str, version: int) -> str:
    return f"{AGE}{version:020d}/{key}"


def _end(kind: str) -> str:
    return kind[:-1] + chr(ord(kind[-1]) + 1)
