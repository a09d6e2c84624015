"""Making the index say what the metas say: what other clients did, and what the books missed."""

from __future__ import annotations

from collections.abc import Iterable

from jupyter_sandfs.errors import InvalidKey
from jupyter_sandfs.filestore import keys
from jupyter_sandfs.filestore.nats import accounts, history
from jupyter_sandfs.filestore.nats.burials import bury
from jupyter_sandfs.filestore.nats.draft import Draft
from jupyter_sandfs.filestore.nats.records import Record, foreign_record, is_ours
from jupyter_sandfs.filestore.nats.subjects import Subjects
from jupyter_sandfs.filestore.nats.wire import Message


async def absorb(draft: Draft, metas: Iterable[Message], subjects: Subjects, now: float) -> None:
    """Put into the index what other clients did, as their metas tell; ours are known already."""
    for meta in metas:
        key = key_of(meta, subjects)
        if key is None or is_ours(meta):
            continue
        old = await accounts.line_of(draft, key)
        if old and old.seq >= meta.seq:
            continue
        record = foreign_record(meta, subjects, version=draft.sums.writes + 1, now=now)
        # A client that only describes an object anew, or gives it another name, keeps the chunks.
        if old and record and old.nuid == record.nuid:
            accounts.strike(draft, key, old)
        elif old and record:
            accounts.strike(draft, key, old)
            bury(draft, old.nuid, old.size, now)
        elif old:
            await accounts.remove(draft, key, old, now)
        if record:
            draft.sums.writes += 1
            accounts.insert(draft, key, record)


def key_of(meta: Message, subjects: Subjects) -> str | None:
    """The key that a meta is about; None for names that are no keys."""
    try:
        name = subjects.key(meta.subject)
        return keys.check(name) if name is not None else None
    except InvalidKey:  # other clients name their objects as they like; what is no key is not ours to show
        return None


async def adopt(draft: Draft, key: str, record: Record, now: float) -> None:
    """Put a file of ours into the index as its meta says, whatever the index says."""
    old = await accounts.line_of(draft, key)
    if old == record:
        return
    if old:
        accounts.strike(draft, key, old)
        if old.nuid != record.nuid:
            bury(draft, old.nuid, old.size, now)
    draft.sums.writes = max(draft.sums.writes, record.version)
    accounts.insert(draft, key, record)


async def forget(draft: Draft, key: str, now: float) -> None:
    """Take a file out of the index whose meta is gone. Its chunks may have another name now: `recover` will see."""
    record = await accounts.line_of(draft, key)
    if record:
        accounts.strike(draft, key, record)
        await history.drop_all(draft, key, now)
