"""How many requests that last may be open at a time: of one user, and of all together."""

from __future__ import annotations

from collections import Counter

from jupyter_sandfs.errors import RateLimited


class Seats:
    """Room for requests of one kind.

    Args:
        kind: what they are called, in the plural.
        each: for one user; whoever Jupyter knows by a token alone is a new user with each request.
        most: for all.
    """

    def __init__(self, kind: str, *, each: int, most: int) -> None:
        self._kind = kind
        self._each = each
        self._most = most
        self._taken: Counter[str] = Counter()

    @property
    def taken(self) -> int:
        return self._taken.total()

    def take(self, user: str) -> None:
        """Have one more request of a user. Raises RateLimited."""
        if self._taken[user] >= self._each or self.taken >= self._most:
            raise RateLimited(f"too many {self._kind} are open: close one first")
        self._taken[user] += 1

    def leave(self, user: str) -> None:
        self._taken[user] -= 1
        if not self._taken[user]:
            del self._taken[user]
