"""Keys, bodies and ledger of one tenant, kept in step: every change of what a key holds is made here.

A change goes: read the document of the key; say in the ledger what will happen (`Claim`); put the body, if there is a
new one; replace the document, on the condition that it is still the one that was read; settle the claim. A kill leaves
at worst a claim, which `resolve` settles or drops by looking at the document.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from typing import Self

from jupyter_sandfs.errors import LimitExceeded, ObjectNotFound, QuotaExceeded, StoreError
from jupyter_sandfs.filestore.objects import entries
from jupyter_sandfs.filestore.objects.bucket import Bucket, Overtaken, Stamp
from jupyter_sandfs.filestore.objects.catalog import Catalog
from jupyter_sandfs.filestore.objects.entries import Content, Entry
from jupyter_sandfs.filestore.objects.layout import Layout, is_root, new_name
from jupyter_sandfs.filestore.objects.ledger import Books, Claim, Ledger
from jupyter_sandfs.filestore.protocol import StoreLimits
from jupyter_sandfs.filestore.terms import Terms

# A writer that has said nothing for so long is taken for dead.
CLAIM_SECONDS = 3600.0
_PATIENCE_SECONDS = 60

# Makes the entry that takes the place of another (None: of no entry); None when nothing is to change.
Renew = Callable[[Entry | None], Entry | None]


class Depot:
    """What the parts of an object store share. `clock` gives seconds since 1970."""

    def __init__(self, bucket: Bucket, root: str, limits: StoreLimits, clock: Callable[[], float]) -> None:
        self.bucket = bucket
        self.layout = Layout(root)
        self.limits = limits
        self.clock = clock
        self.books = Books(bucket, self.layout.ledger)
        self.catalog = Catalog(bucket, self.layout)

    def of_all_tenants(self) -> list[Self]:
        """The depots of the bucket."""
        roots = [each for each in self.bucket.directories() if is_root(each)]
        return [type(self)(self.bucket, root, self.limits, self.clock) for root in roots]

    # ------------------------------------------------------------ files

    def commit(
        self,
        name: str,
        key: str,
        content: Content,
        terms: Terms,
        *,
        claim: str = "",
        deliver: Callable[[], None] = lambda: None,
    ) -> Entry:
        """Make a key hold the body `name`. A refusal leaves neither claim nor body of that name.

        Args:
            claim: another claim whose space the body takes, such as that of an upload.
            deliver: puts the body; it is called once the ledger has room for it.

        Raises:
            VersionConflict, QuotaExceeded, LimitExceeded, ChecksumMismatch
        """
        is_delivered = may_stand = False

        def renew(old: Entry | None) -> Entry:
            nonlocal may_stand
            may_stand = False
            now = self.clock()
            terms.check_version(key, old.version if old and old.is_live(now) else 0)
            return entries.filled(key, old, name, content, ttl=terms.ttl, now=now, keep=self.limits.keep_versions)

        def prepare() -> None:
            nonlocal is_delivered, may_stand
            if not is_delivered:
                deliver()
            is_delivered = may_stand = True

        try:
            terms.check_sha256(key, content.sha256)
            new = self._replace(key, renew, claim, prepare)
        except BaseException:
            # Once the document was sent, nobody knows whether it arrived: the claim stays, and `resolve` will look.
            if not may_stand:
                self.give_up(name)
            raise
        assert new is not None, "what renews always makes an entry"
        return new

    def restore(self, key: str, version: int, terms: Terms) -> Entry:
        """Make an older version current again; its body stays where it is. Raises ObjectNotFound, VersionConflict."""
        name = new_name()

        def renew(old: Entry | None) -> Entry:
            now = self.clock()
            wanted = [each for each in (old.versions(now) if old else []) if each.version == version]
            if old is None or not old.is_live(now) or not wanted:
                raise ObjectNotFound(key)
            terms.check_version(key, old.version)
            content, keep = wanted[0].content, self.limits.keep_versions
            assert content is not None, "versions are files"
            return entries.filled(key, old, name, content, ttl=terms.ttl, now=now, keep=keep, body=wanted[0].body)

        new = self._replace(key, renew)
        assert new is not None, "what renews always makes an entry"
        return new

    def empty(self, key: str, terms: Terms) -> bool:
        """Delete what a key holds; tell whether it was live. Raises VersionConflict."""
        was_live = False
        name = new_name()

        def renew(old: Entry | None) -> Entry | None:
            nonlocal was_live
            now = self.clock()
            was_live = old is not None and old.is_live(now)
            terms.check_version(key, old.version if old and was_live else 0)
            return entries.emptied(old, name, now=now) if old and old.content else None

        self._replace(key, renew)
        return was_live

    def expire(self, now: float) -> int:
        """Remove the files that have expired; give their number. Any number of processes may do so at once."""
        # What is committed from here on notes its own expiry.
        self.books.update(Ledger.forget_expiry)
        total, first = 0, None
        for entry in self.catalog.walk():
            if not entry.is_live(now):
                total += self._remove_expired(entry.key, now)
            elif entry.expires is not None:
                first = entry.expires if first is None else min(first, entry.expires)
        self.books.update(lambda ledger: ledger.note_expiry(first))
        return total

    def _remove_expired(self, key: str, now: float) -> bool:
        name = new_name()

        def renew(old: Entry | None) -> Entry | None:
            expired = old is not None and old.content is not None and not old.is_live(now)
            return entries.emptied(old, name, now=now) if old and expired else None

        return self._replace(key, renew) is not None

    # ------------------------------------------------------------ space

    def reserve(self, name: str, key: str, size: int, *, upload: bool = False) -> None:
        """Claim space for a body of `size` bytes that is being written for a key, in place of an earlier claim.

        Raises:
            QuotaExceeded: there is not so much, even without what has expired and what the body will replace.
            LimitExceeded: too many uploads.
        """
        entry, _ = self.catalog.find(key)
        extra = max(0, size - (entry.size if entry else 0))
        patience = self.limits.upload_ttl if upload else CLAIM_SECONDS
        claim = Claim(key=key, reserved=extra, until=self.clock() + patience, upload=upload)

        def change(ledger: Ledger) -> None:
            if upload and name not in ledger.claims:
                ledger.check_uploads(self.limits)
            ledger.check_room(self.limits, size=extra, files=0, without=(name,))
            ledger.claims[name] = claim

        self._with_room(change, extra)

    def release(self, name: str) -> None:
        """Give a claim up, and the body that it was about."""
        self.books.update(lambda ledger: ledger.drop(name))
        self.bucket.delete([self.layout.body(name)])

    def give_up(self, name: str) -> None:
        """Release a claim after an error, as far as the service still answers; the rest is left to `resolve`."""
        with suppress(StoreError):
            self.release(name)

    def resolve(self, name: str, claim: Claim) -> None:
        """Settle a claim whose writer is gone, or drop it and its body."""
        entry, _ = self.catalog.find(claim.key)
        if entry and entry.commit == name:
            self.books.update(lambda ledger: ledger.settle(name))
        else:
            self.release(name)

    def _with_room(self, change: Callable[[Ledger], None], size: int) -> None:
        """Change the ledger; should there be no room for `size` more bytes, make some."""
        for make in (self._expire_due, lambda: self._thin_out(size)):
            try:
                return self.books.update(change)
            except (QuotaExceeded, LimitExceeded):
                make()
        return self.books.update(change)

    def _thin_out(self, size: int) -> None:
        """Give up older versions, the oldest first, until there is room for `size` more bytes."""
        ledger = self.books.look()
        missing = ledger.taken() + size - self.limits.max_total_bytes
        if not ledger.kept or missing <= 0:
            return
        found = sorted(
            (past.created, entry.key, past.content.size) for entry in self.catalog.walk() for past in entry.past
        )
        given_up: dict[str, float] = {}
        for created, key, freed in found:
            if missing > 0:
                given_up[key] = created
                missing -= freed
        for key, until in given_up.items():
            self._forget(key, until)

    def _forget(self, key: str, until: float) -> None:
        """Give up the older versions of a key that were made up to a moment."""
        name = new_name()

        def renew(old: Entry | None) -> Entry | None:
            return entries.thinned(old, name, now=self.clock(), until=until) if old and old.past else None

        self._replace(key, renew)

    def _expire_due(self) -> int:
        """Remove what has expired, if anything has."""
        now = self.clock()
        expires = self.books.look().expires
        return self.expire(now) if expires is not None and expires <= now else 0

    def counted(self) -> Ledger:
        """The ledger, without what has expired."""
        self._expire_due()
        return self.books.look()

    # ------------------------------------------------------------ the one way to change a key

    def _replace(
        self, key: str, renew: Renew, claim: str = "", prepare: Callable[[], None] = lambda: None
    ) -> Entry | None:
        """Replace the document of a key by what `renew` makes of the one that is there."""
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while time.monotonic() < deadline:
            with suppress(Overtaken):
                return self._try(key, renew, claim, prepare)
        raise StoreError(f"{key}: too many write to it at once; try again")

    def _try(self, key: str, renew: Renew, claim: str, prepare: Callable[[], None]) -> Entry | None:
        old, stamp = self.catalog.find(key)
        new = renew(old)
        if new is None:
            return None
        new = self._intend(old, new, claim)
        prepare()
        self._write(new, stamp)
        self.books.update(lambda ledger: ledger.settle(new.commit, claim))
        self.bucket.delete([self.layout.body(name) for name in entries.dropped(old, new)])
        return new

    def _intend(self, old: Entry | None, new: Entry, claim: str) -> Entry:
        """Say in the ledger what is going to happen, once it is certain that there is room; give the entry to be.

        Where there is no room for the older versions, that is one without them.
        """
        try:
            self._claim(old, new, claim)
        except QuotaExceeded:
            if not new.past:
                raise
            new = entries.thinned(new, new.commit, now=self.clock())
            self._claim(old, new, claim)
        return new

    def _claim(self, old: Entry | None, new: Entry, claim: str) -> None:
        size, kept = new.size - (old.size if old else 0), new.kept - (old.kept if old else 0)
        files = int(new.content is not None) - int(old is not None and old.content is not None)
        until = self.clock() + CLAIM_SECONDS

        def change(ledger: Ledger) -> None:
            if old:
                ledger.settle(old.commit)
            ledger.check_room(self.limits, size=size + kept, files=files, without=(new.commit, claim))
            held = ledger.claims[claim].reserved if claim in ledger.claims else 0
            ledger.claims[new.commit] = Claim(
                key=new.key, reserved=max(0, size + kept - held), until=until, size=size, files=files, kept=kept
            )
            ledger.note_expiry(new.expires)

        self._with_room(change, size + kept)

    def _write(self, new: Entry, over: Stamp | None) -> None:
        try:
            self.bucket.write(self.layout.entry(new.key), entries.dump(new), over=over)
        except Overtaken:
            # A request that is sent again after a lost answer finds its own work there.
            present, _ = self.catalog.find(new.key)
            if present is None or present.commit != new.commit:
                raise
