"""What a tenant's files take, and what is under way: one document, replaced conditionally.

A writer says in the ledger what it is going to do (a claim), does it by replacing the document of one key, and then
settles the claim. Whoever finds a claim that was not settled can tell from the key's document whether it happened: a
writer settles, before it replaces a document, the claim of the write that made it. So usage is exact, whoever dies.
"""

from __future__ import annotations

import json
import random
import secrets
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from copy import deepcopy
from dataclasses import asdict, dataclass, field
from typing import TypeVar

from jupyter_sandfs.errors import LimitExceeded, QuotaExceeded, SandfsError, StoreError
from jupyter_sandfs.filestore.objects.bucket import Bucket, Overtaken, Stamp
from jupyter_sandfs.filestore.protocol import StoreLimits

Answer = TypeVar("Answer")

_PATIENCE_SECONDS = 60
_LONGEST_PAUSE = 0.5


@dataclass(slots=True, kw_only=True)
class Claim:
    """Something that is under way at a key.

    Attributes:
        reserved: bytes that it may need beyond what is there.
        until: seconds since 1970 when it is taken for dead.
        upload: it belongs to an upload, and waits as long as that does.
        size, files, kept: what its commit adds to the ledger; None while there is no commit.
    """

    key: str
    reserved: int
    until: float
    upload: bool = False
    size: int | None = None
    files: int = 0
    kept: int = 0


@dataclass(slots=True, kw_only=True)
class Ledger:
    """The numbers.

    Attributes:
        size, files: of the files that are there, in bytes and number; expired ones count until they are removed.
        kept: what older versions take, in bytes.
        expires: nothing that is known of expires before this time; None when nothing does.
        claims: by name; the body that it is about has the same name.
        nonce: names the write of this document.
    """

    size: int = 0
    files: int = 0
    kept: int = 0
    expires: float | None = None
    claims: dict[str, Claim] = field(default_factory=dict)
    nonce: str = ""

    def reserved(self, without: tuple[str, ...] = ()) -> int:
        """Bytes that are claimed, except by some claims."""
        return sum(claim.reserved for name, claim in self.claims.items() if name not in without)

    def taken(self, without: tuple[str, ...] = ()) -> int:
        """Bytes of files, older versions and claims, except some claims."""
        return self.size + self.kept + self.reserved(without)

    def check_uploads(self, limits: StoreLimits) -> None:
        """Raise LimitExceeded if there are as many uploads as there may be."""
        if sum(claim.upload for claim in self.claims.values()) >= limits.max_uploads:
            raise LimitExceeded(f"{limits.max_uploads} uploads are unfinished; finish or abort some first")

    def check_room(self, limits: StoreLimits, *, size: int, files: int, without: tuple[str, ...]) -> None:
        """Raise QuotaExceeded or LimitExceeded if there is no room for so much more, apart from some claims."""
        # What makes the store smaller always fits, also after its limits were lowered.
        if size > 0 and self.taken(without) + size > limits.max_total_bytes:
            raise QuotaExceeded(limits.max_total_bytes)
        if files > 0 and self.files + files > limits.max_files:
            raise LimitExceeded(f"the store holds {limits.max_files} files and takes no more")

    def settle(self, name: str, *others: str) -> None:
        """Book a commit that happened, and drop other claims; one that was booked before is no error."""
        claim = self.claims.pop(name, None)
        if claim is not None and claim.size is not None:
            self.size += claim.size
            self.files += claim.files
            self.kept += claim.kept
        for other in others:
            self.drop(other)

    def drop(self, name: str) -> None:
        """Forget a claim; an absent one is no error."""
        self.claims.pop(name, None)

    def forget_expiry(self) -> None:
        self.expires = None

    def note_expiry(self, expires: float | None) -> None:
        """Remember when a file expires."""
        if expires is not None:
            self.expires = expires if self.expires is None else min(self.expires, expires)


class Books:
    """The ledger of one tenant, for any number of threads and processes.

    The last state seen is kept, so that an update costs one request while nobody else writes.
    """

    def __init__(self, bucket: Bucket, path: str) -> None:
        self._bucket = bucket
        self._path = path
        self._lock = threading.Lock()
        self._seen: tuple[Ledger, Stamp | None] | None = None

    def look(self) -> Ledger:
        """The ledger as it is now; a copy."""
        with self._lock:
            self._seen = self._load()
            return deepcopy(self._seen[0])

    def update(self, change: Callable[[Ledger], Answer]) -> Answer:
        """Replace the ledger by what `change` makes of it, once, and give its answer.

        `change` may be called several times; when it raises, or changes nothing, the ledger stays as it is.
        """
        deadline = time.monotonic() + _PATIENCE_SECONDS
        pause = 0.01
        with self._lock:
            while time.monotonic() < deadline:
                with suppress(Overtaken):
                    return self._try(change)
                time.sleep(random.uniform(0, pause))  # noqa: S311  jitter, no secret
                pause = min(2 * pause, _LONGEST_PAUSE)
        raise StoreError("too many write to the store at once; try again")

    def _try(self, change: Callable[[Ledger], Answer]) -> Answer:
        # Without conditions nobody would tell that what was seen is an older state.
        seen, self._seen = self._seen if self._bucket.is_conditional else None, None
        ledger, stamp = seen or self._load()
        draft = deepcopy(ledger)
        try:
            answer = change(draft)
        except SandfsError as error:
            if seen:
                raise Overtaken(self._path) from error  # an older state refused: the present one decides
            raise
        if draft == ledger:
            if seen:
                raise Overtaken(self._path)
            return answer
        draft.nonce = secrets.token_hex(8)
        self._seen = draft, self._write(draft, stamp)
        return answer

    def _write(self, draft: Ledger, stamp: Stamp | None) -> Stamp | None:
        try:
            return self._bucket.write(self._path, dump(draft), over=stamp)
        except Overtaken:
            # A request that is sent again after a lost answer finds its own work there.
            present, present_stamp = self._load()
            if present.nonce != draft.nonce:
                raise
            return present_stamp

    def _load(self) -> tuple[Ledger, Stamp | None]:
        found = self._bucket.read(self._path)
        return (load(found[0]), found[1]) if found else (Ledger(), None)


def dump(ledger: Ledger) -> bytes:
    return json.dumps(asdict(ledger), ensure_ascii=False, separators=(",", ":")).encode()


def load(data: bytes) -> Ledger:
    """Read a ledger. Raises StoreError when it is none."""
    try:
        document = json.loads(data)
        claims = {name: Claim(**claim) for name, claim in document.pop("claims").items()}
        return Ledger(**document, claims=claims)
    except (ValueError, TypeError, KeyError) as error:
        raise StoreError("the ledger of the store is damaged; recover() counts anew once it is removed") from error
