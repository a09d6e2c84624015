"""The index at rest: lines in order of keys, on pages that never change once they are written.

A root page names the others. Changing a line writes its page anew, and then the root: whoever knows a root sees one
state of the index, whatever happens meanwhile, until the pages that it alone needed are purged.
"""

from __future__ import annotations

import asyncio
import zlib
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from typing import NamedTuple, TypeVar

from nats.nuid import NUID

from jupyter_sandfs.errors import LimitExceeded, StoreError
from jupyter_sandfs.filestore.nats.wire import Wire

# Lines of a full page, and of one that is joined with the one before it.
FULL, SPARSE = 128, 24
_PAGE_BYTES = 128 << 10
# A page that does not shrink to this is refused: it would let one message fill the reader's memory.
_LARGEST_PAGE = 64 << 20
_CACHED_PAGES = 256


class PageGone(Exception):
    """The page was purged: the index has moved on."""


class Leaf(NamedTuple):
    """An entry of the root: a page, the least key that belongs on it, and the number of its lines (`size`)."""

    first: str
    name: str
    size: int


Lines = dict[str, str]
Kept = TypeVar("Kept")


class Pages:
    """Reads and writes pages, and keeps some in memory."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._names = NUID()
        self._cache: OrderedDict[str, Lines] = OrderedDict()
        self._roots: OrderedDict[str, tuple[Leaf, ...]] = OrderedDict()

    async def root(self, name: str) -> tuple[Leaf, ...]:
        """The leaves of an index; an empty name stands for an empty index. Raises PageGone."""
        if not name:
            return ()
        if name not in self._roots:
            rows = [line.split("\t") for line in (await self._read(name)).split("\n")]
            _keep(self._roots, name, tuple(Leaf(first, leaf, int(size)) for first, leaf, size in rows), 2)
        return self._roots[name]

    async def lines(self, leaf: Leaf) -> Mapping[str, str]:
        """The lines of a page, in order. Raises PageGone."""
        if leaf.name not in self._cache:
            text = await self._read(leaf.name)
            lines = dict(line.split("\t", 1) for line in text.split("\n"))
            _keep(self._cache, leaf.name, lines, _CACHED_PAGES)
        self._cache.move_to_end(leaf.name)
        return self._cache[leaf.name]

    async def rewrite(self, root: str, changes: Mapping[str, str | None]) -> tuple[str, list[str]]:
        """Write an index with lines set, or removed where the value is None.

        Returns:
            The new root, and the names of the pages that it needs no more, the old root included.
        """
        old = await self.root(root)
        pieces, kept = await self._changed(old or (Leaf("", "", 0),), changes)
        leaves = await asyncio.gather(*(self._write_leaf(piece) for piece in pieces))
        new = sorted([*kept, *leaves])
        if new:
            new[0] = new[0]._replace(first="")
        gone = [leaf.name for leaf in set(old) - set(kept)]
        return await self._write_root(new), [*gone, *([root] if root else [])]

    async def _changed(
        self, old: tuple[Leaf, ...], changes: Mapping[str, str | None]
    ) -> tuple[list[Lines], list[Leaf]]:
        """The new pages' lines, and the leaves that stay as they are."""
        pieces: list[Lines] = []
        kept: list[Leaf] = []
        for number, (leaf, changed) in enumerate(zip(old, _by_leaf(old, changes), strict=True)):
            if not changed:
                kept.append(leaf)
                continue
            before = await self.lines(leaf) if leaf.name else {}
            lines = _applied(before, changed)
            if lines == before and leaf.name:
                kept.append(leaf)
                continue
            if not lines:
                continue
            if len(lines) < SPARSE and kept and kept[-1] == old[number - 1] and kept[-1].size <= FULL // 2:
                lines = {**await self.lines(kept.pop()), **lines}
            pieces += _cut(lines, is_last=number == len(old) - 1)
        return pieces, kept

    async def discard(self, names: Iterable[str]) -> None:
        """Purge pages that no root needs."""
        for name in names:
            await self._wire.purge(self._wire.subjects.page(name))

    async def _write_leaf(self, lines: Lines) -> Leaf:
        name = await self._write("\n".join(f"{key}\t{value}" for key, value in lines.items()))
        _keep(self._cache, name, lines, _CACHED_PAGES)
        return Leaf(next(iter(lines)), name, len(lines))

    async def _write_root(self, leaves: list[Leaf]) -> str:
        if not leaves:
            return ""
        name = await self._write("\n".join(f"{leaf.first}\t{leaf.name}\t{leaf.size}" for leaf in leaves))
        _keep(self._roots, name, tuple(leaves), 2)
        return name

    async def _write(self, text: str) -> str:
        packed = zlib.compress(text.encode(), 1)
        if len(packed) > self._wire.largest:
            raise LimitExceeded("the index of the store is full: delete files first")
        name = self._names.next().decode()
        await self._wire.publish(self._wire.subjects.page(name), packed)
        return name

    async def _read(self, name: str) -> str:
        page = await self._wire.last(self._wire.subjects.page(name))
        if page is None:
            raise PageGone
        unpacking = zlib.decompressobj()
        text = unpacking.decompress(page.data, _LARGEST_PAGE)
        if not unpacking.eof:
            raise StoreError("the index of the store is damaged; recover() builds it anew")
        return text.decode()


def leaf_of(leaves: tuple[Leaf, ...], key: str) -> int:
    """Number of the leaf on which a key is, or would be."""
    return max(0, bisect_right(leaves, key, key=lambda leaf: leaf.first) - 1)


def _by_leaf(leaves: tuple[Leaf, ...], changes: Mapping[str, str | None]) -> list[dict[str, str | None]]:
    parts: list[dict[str, str | None]] = [{} for _ in leaves]
    for key, value in changes.items():
        parts[leaf_of(leaves, key)][key] = value
    return parts


def _applied(before: Mapping[str, str], changes: Mapping[str, str | None]) -> Lines:
    after = {**before, **changes}
    return {key: value for key in sorted(after) if (value := after[key]) is not None}


def _cut(lines: Lines, *, is_last: bool) -> list[Lines]:
    """Pages of lines: even ones, but full ones at the end of the index, where keys that grow are added."""
    count = -(-len(lines) // FULL)
    most = FULL if is_last or not count else -(-len(lines) // count)
    pieces: list[Lines] = []
    size = _PAGE_BYTES
    for key, value in lines.items():
        if size + len(key) + len(value) > _PAGE_BYTES or len(pieces[-1]) == most:
            pieces.append({})
            size = 0
        pieces[-1][key] = value
        size += len(key) + len(value)
    return pieces


def _keep(cache: OrderedDict[str, Kept], name: str, page: Kept, most: int) -> None:
    cache[name] = page
    while len(cache) > most:
        cache.popitem(last=False)
