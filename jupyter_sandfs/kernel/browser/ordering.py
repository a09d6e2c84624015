"""The names of a folder in the order of a column: the first page is known long before all of them are sorted."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from heapq import nlargest, nsmallest
from typing import Any

from jupyter_sandfs.vfs.entries import DirEntry

COLUMNS: dict[str, Callable[[DirEntry], int]] = {
    "size": lambda entry: entry.stat.size,
    "modified": lambda entry: entry.stat.modified_ns,
    "version": lambda entry: entry.stat.version,
}
"""What the columns beside the name order by."""

ORDERS = frozenset({"name", *COLUMNS})
_SELECTED = 8  # picking out the first of a list pays off while it is so many times as long
_NUMBERS = re.compile(r"([0-9]+)")


def natural(name: str) -> list[str | int]:
    """Give a sort key under which case does not matter and `a9` comes before `a10`.

    Texts and numbers alternate and a text is the first, so that two keys can always be compared.
    """
    parts: list[str | int] = list(_NUMBERS.split(name.casefold()))
    parts[1::2] = map(int, parts[1::2])
    return parts


class Ordering:
    """The nodes of one folder: directories first, then by a column, equal ones by name.

    Args:
        directories: names of the directories.
        others: names of all other nodes.
        values: what the column says of each name; none orders by name.
        descending: whether the column is; names of equal nodes never are.
    """

    def __init__(
        self,
        directories: Sequence[str],
        others: Sequence[str],
        values: Mapping[str, int] | None = None,
        *,
        descending: bool = False,
    ) -> None:
        self._facts = (directories, others, values, descending)
        self._directories = _Lazy(directories, values, descending=descending)
        self._others = _Lazy(others, values, descending=descending)

    def __len__(self) -> int:
        return len(self._directories) + len(self._others)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Ordering) and self._facts == other._facts

    __hash__ = None  # type: ignore[assignment]  # what it holds is large, and compared only

    def part(self, start: int, end: int) -> list[str]:
        """Give the names from one place up to another."""
        first = len(self._directories)
        return self._directories.part(start, min(end, first)) + self._others.part(max(0, start - first), end - first)


class _Lazy:
    """A list in its order; sorted as a whole only when something behind its start is asked for."""

    def __init__(self, names: Sequence[str], values: Mapping[str, int] | None, *, descending: bool) -> None:
        self._names = names
        self._key = _key(values, descending=descending)
        self._reverse = descending and values is None
        self._sorted: list[str] | None = None

    def __len__(self) -> int:
        return len(self._names)

    def part(self, start: int, end: int) -> list[str]:
        if end <= start:
            return []
        if self._sorted is None and start == 0 and end * _SELECTED < len(self._names):
            pick = nlargest if self._reverse else nsmallest
            return pick(end, self._names, key=self._key)
        if self._sorted is None:
            self._sorted = sorted(self._names, key=self._key, reverse=self._reverse)
        return self._sorted[start:end]


def _key(values: Mapping[str, int] | None, *, descending: bool) -> Callable[[str], Any]:
    if values is None:
        return lambda name: (natural(name), name)
    sign = -1 if descending else 1
    return lambda name: (sign * values[name], natural(name), name)
