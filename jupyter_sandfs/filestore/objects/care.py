"""Clearing up while others are at work: what has expired, and what crashed writers left."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress

from jupyter_sandfs.filestore.objects import arrivals, entries, uploads
from jupyter_sandfs.filestore.objects.bucket import Overtaken
from jupyter_sandfs.filestore.objects.depot import Depot
from jupyter_sandfs.filestore.objects.entries import Entry
from jupyter_sandfs.filestore.objects.ledger import Ledger
from jupyter_sandfs.filestore.protocol import Recovery

_DELETED_AT_ONCE = 500


def cleanup(depot: Depot, now: float) -> int:
    """Remove what has expired and who is dead; give the number of expired files."""
    settle_dead(depot, now)
    arrivals.sweep(depot)
    expired = depot.expire(now)
    for entry in depot.catalog.documents():
        if entries.settled(entry, now=now) != entry:
            _drop_stale(depot, entry.key, now)
    return expired


def settle_dead(depot: Depot, now: float) -> int:
    """Settle or drop the claims whose time is over, and forget uploads that have none; give the number of claims."""
    claims = depot.books.look().claims
    dead = {name: claim for name, claim in claims.items() if claim.until <= now}
    for name, claim in dead.items():
        if claim.upload:
            uploads.abort_stale(depot, name, now)
        else:
            depot.resolve(name, claim)
    for each in depot.bucket.list(depot.layout.upload("").rstrip("/")):
        name = each.path.rpartition("/")[2]
        if name not in claims:  # its commit was the last thing that its process did
            uploads.abort_stale(depot, name, now)
    return len(dead)


def recover(depot: Depot, now: float) -> Recovery:
    """Do what `cleanup` does for dead writers, compare bodies with documents, and count anew."""
    reservations = settle_dead(depot, now)
    unfinished = _drop_lost_pieces(depot)
    # The order matters: a body is claimed before it is put, and its claim goes after its document is there.
    bodies = {each.path.rpartition("/")[2] for each in depot.bucket.list(depot.layout.bodies)}
    ledger = depot.books.look()
    kept, missing, size, files, older = set(ledger.claims), 0, 0, 0, 0
    for entry in depot.catalog.documents():
        kept.update(entries.bodies(entry))
        if entry.content:
            size, files, older = size + entry.size, files + 1, older + entry.kept
            missing += entry.body not in bodies and _is_missing(depot, entry)
    orphans = bodies - kept
    _delete(depot, map(depot.layout.body, orphans))
    depot.books.update(lambda current: _count_anew(current, ledger, size, files, older))
    return Recovery(unfinished=unfinished, reservations=reservations, orphans=len(orphans), missing=missing)


def _count_anew(current: Ledger, before: Ledger, size: int, files: int, kept: int) -> None:
    """Book what was counted, unless somebody wrote since: then what was counted is no longer so."""
    if current == before and not current.claims:
        current.size, current.files, current.kept = size, files, kept


def _is_missing(depot: Depot, entry: Entry) -> bool:
    # Most of those were committed after the bodies were listed, or are gone by now.
    present, _ = depot.catalog.find(entry.key)
    return present == entry and depot.bucket.size(depot.layout.body(entry.body)) is None


def _drop_stale(depot: Depot, key: str, now: float) -> None:
    entry, stamp = depot.catalog.find(key)
    if entry is None:
        return
    settled = entries.settled(entry, now=now)
    with suppress(Overtaken):
        depot.bucket.write(depot.layout.entry(key), entries.dump(settled), over=stamp)
        _delete(depot, map(depot.layout.body, entries.dropped(entry, settled)))


def _drop_lost_pieces(depot: Depot) -> int:
    """Remove the pieces of uploads that have no document; give the number of those uploads."""
    lost: dict[str, bool] = {}
    paths = []
    for each in depot.bucket.list(depot.layout.parts("").rstrip("/")):
        name = each.path.split("/")[-2]
        if name not in lost:
            lost[name] = depot.bucket.read(depot.layout.upload(name)) is None
        if lost[name]:
            paths.append(each.path)
    _delete(depot, paths)
    return sum(lost.values())


def _delete(depot: Depot, paths: Iterable[str]) -> None:
    every = list(paths)
    for at in range(0, len(every), _DELETED_AT_ONCE):
        depot.bucket.delete(every[at : at + _DELETED_AT_ONCE])
