"""Clearing up after crashed writers, and finding what no crash of ours explains, while others are at work."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime

from jupyter_sandfs.filestore.nats import accounts, history, reconciling, uploads
from jupyter_sandfs.filestore.nats.desk import Desk
from jupyter_sandfs.filestore.nats.draft import Claim, Draft
from jupyter_sandfs.filestore.nats.records import named_body
from jupyter_sandfs.filestore.protocol import Recovery

# Chunks that the books do not know may be those of another client, which makes no claims: they are left alone until
# nothing was added to them for so many seconds.
_STRANGERS_SECONDS = 3600.0
_METAS_AT_ONCE = 500


async def cleanup(desk: Desk, now: float) -> int:
    """Remove what has expired, and all that crashed writers claimed; give the number of expired files."""
    await release_dead(desk)
    await uploads.drop_stale(desk, now)
    total = 0
    while expired := await desk.change(lambda draft: accounts.expire(draft, now), fresh=True):
        total += expired
    await desk.change(lambda draft: history.expire(draft, now), fresh=True)
    await desk.bury_due(now)
    return total


async def release_dead(desk: Desk) -> Recovery:
    """Give up the claims of writers that are gone: quick, whatever the store holds."""
    draft = await desk.look()
    dead = [(name, claim) for name, claim in draft.claims.items() if await _is_dead(desk, name, claim)]
    for name, claim in dead:
        if claim.is_ready:
            await desk.fence(name, claim.key)
        await desk.give_up(name, () if claim.upload else (name,))
    return Recovery(unfinished=len(dead), reservations=sum(claim.bytes > 0 for _, claim in dead))


async def recover(desk: Desk) -> Recovery:
    """Do all that `release_dead` does, and compare books, metas and chunks."""
    first = await release_dead(desk)
    await desk.bury_due(desk.clock())
    named = await _compare_metas(desk)
    await desk.change(accounts.recount, fresh=True)
    orphans = await _drop_strangers(desk, named) + await _drop_pages(desk)
    return replace(first, orphans=orphans, missing=await _missing(desk))


async def _is_dead(desk: Desk, name: str, claim: Claim) -> bool:
    if claim.inbox == desk.wire.inbox:
        return not desk.is_working_on(name)
    return not await desk.wire.is_alive(claim.inbox)


async def _compare_metas(desk: Desk) -> set[str]:
    """See that each key's meta and line agree; give the bodies that any meta names, also one that is not ours."""
    subjects, seq, with_meta, named = desk.wire.subjects, 1, set(), set()
    while metas := await desk.wire.following(subjects.metas, seq, count=_METAS_AT_ONCE):
        for meta in metas:
            named.add(named_body(meta))
            key = reconciling.key_of(meta, subjects)
            if key is not None:
                with_meta.add(key)
                await desk.agree(key, meta)
        seq = metas[-1].seq + 1
    draft = await desk.look()
    lines = [key async for key, record in accounts.files(draft) if record.is_live(desk.clock())]
    for key in lines:
        if key not in with_meta:
            await desk.reconcile(key)
    return named


async def _known(draft: Draft) -> set[str]:
    records = {record.nuid async for _, record in accounts.files(draft)}
    records |= await history.bodies(draft)
    return records | draft.claims.keys() | draft.dead.keys() | (await accounts.uploads(draft)).keys()


async def _drop_strangers(desk: Desk, named: set[str]) -> int:
    """Purge the chunks that belong to nothing."""
    names = {subject.rpartition(".")[2]: subject for subject in await desk.wire.counts(desk.wire.subjects.chunks)}
    strangers = names.keys() - named - await _known(await desk.look())
    return await _purge_old(desk, [names[name] for name in strangers])


async def _drop_pages(desk: Desk) -> int:
    """Purge the pages that the index does not need."""
    names = {subject.rpartition(".")[2]: subject for subject in await desk.wire.counts(desk.wire.subjects.pages)}
    draft = await desk.look()
    needed = {leaf.name for leaf in await draft.pages.root(draft.root)} | {draft.root}
    return await _purge_old(desk, [names[name] for name in names.keys() - needed])


async def _purge_old(desk: Desk, subjects: list[str]) -> int:
    purged = 0
    for subject in subjects:
        last = await desk.wire.last(subject)
        if last and _moment(last.headers["Nats-Time-Stamp"]) <= desk.clock() - _STRANGERS_SECONDS:
            await desk.wire.purge(subject)
            purged += 1
    return purged


async def _missing(desk: Desk) -> int:
    """The number of files some of whose chunks are gone."""
    counts = await desk.wire.counts(desk.wire.subjects.chunks)
    draft = await desk.look()
    subjects = desk.wire.subjects
    suspects = [
        key
        async for key, record in accounts.files(draft)
        if record.is_live(desk.clock()) and counts.get(subjects.chunk(record.nuid), 0) < record.chunks
    ]
    lines = await asyncio.gather(*(_is_incomplete(desk, key) for key in suspects[: accounts.BATCH]))
    return sum(lines) + len(suspects[accounts.BATCH :])


async def _is_incomplete(desk: Desk, key: str) -> bool:
    """Look again at a file: most suspects were deleted or written meanwhile."""
    record = await desk.change(lambda draft: accounts.live_record(draft, key, desk.clock()), fresh=True)
    if record is None:
        return False
    subject = desk.wire.subjects.chunk(record.nuid)
    return (await desk.wire.counts(subject)).get(subject, 0) < record.chunks


def _moment(stamp: str) -> float:
    # Nanoseconds are more than datetime takes; the server's times are in UTC.
    return datetime.fromisoformat(f"{stamp[:19]}+00:00").timestamp()
