"""How much one of those who work on a file system may add to it, beside what it may hold in all."""

from __future__ import annotations

import threading
from dataclasses import dataclass

from jupyter_sandfs.errors import InvalidRequest, QuotaReached


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    """What may be added on balance: what is removed, whoever made it, makes room again.

    Attributes:
        bytes: of content.
        files: files, directories and links.

    Raises:
        InvalidRequest: a bound below 0.
    """

    bytes: int | None = None
    files: int | None = None

    def __post_init__(self) -> None:
        for bound in (self.bytes, self.files):
            if bound is not None and (type(bound) is not int or bound < 0):
                raise InvalidRequest(f"a quota is a number of bytes or files, not {bound!r:.50}")


class Allowance:
    """A quota, and what is used of it; less than 0 where more was removed than added."""

    def __init__(self, quota: Quota, *, bytes_used: int = 0, files_used: int = 0) -> None:
        self.quota = quota
        self.bytes_used, self.files_used = bytes_used, files_used
        self._lock = threading.Lock()

    def check(self, path: str, size: int, nodes: int) -> None:
        """Refuse what there is no room for; what shrinks always has. Raises QuotaReached."""
        asked = (
            ("bytes", size, self.bytes_used, self.quota.bytes),
            ("files", nodes, self.files_used, self.quota.files),
        )
        for unit, more, used, bound in asked:
            if bound is not None and more > 0 and used + more > bound:
                raise QuotaReached(path, f"{more} more {unit}, with {used} of a quota of {bound} used")

    def book(self, size: int, nodes: int) -> None:
        """Count what was added, or taken away if less than 0."""
        with self._lock:
            self.bytes_used += size
            self.files_used += nodes

    def copy(self) -> Allowance:
        """The same for a fork, which counts on its own from here."""
        return Allowance(self.quota, bytes_used=self.bytes_used, files_used=self.files_used)
