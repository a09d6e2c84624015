"""Entries in an object store, or in a directory: S3, Google, Azure, and what else obstore knows.

See `packs` for the layout. The index of paths is in memory; contents are not.
"""

from __future__ import annotations

import asyncio
import re
import secrets
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from itertools import islice
from operator import itemgetter
from typing import TypeVar

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError
from obstore.store import ObjectStore

from jupyter_sandfs.errors import InvalidRequest, StorageError, StorageLocked
from jupyter_sandfs.storage.entry import FileEntry
from jupyter_sandfs.storage.packs import (
    PACK_BYTES,
    K,
    Kept,
    Packer,
    Piece,
    Record,
    joined,
    record_name,
    record_number,
    sequence_of,
)
from jupyter_sandfs.storage.protocol import AsyncFileStorage

T = TypeVar("T")

_AT_ONCE = 4  # requests under way
_PAGE_ENTRIES = 512
_MANY_PIECES = 64  # the small ones of a content in more pieces are put together again
_MIN_LOG_BYTES = 1 << 20  # what the records after a whole one may take before the next whole one
_MAX_RECORDS = 1000
_MIN_WASTE = 64 << 20  # bytes of packs that no entry holds any more


class ObjectFileStorage(AsyncFileStorage):
    """Keeps entries in an object store; each `apply` is done whole or not at all, with few large objects.

    Args:
        store: any store of obstore; its prefix is this storage's alone.

    Raises:
        StorageLocked: another kernel has changed the storage since it was opened here.
        StorageError: the store can't be reached, or what it holds is damaged.
    """

    grows = True

    def __init__(self, store: ObjectStore) -> None:
        self._store = store
        self._writer = secrets.token_hex(8)
        self._packer = Packer(self._writer)
        self._index: dict[str, Kept] | None = None
        self._records: dict[int, int] = {}  # bytes by number, from the last whole one on
        self._packed = self._live = 0  # bytes in packs, and those of them that entries hold
        self._lock = asyncio.Lock()

    @property
    def where(self) -> str:
        return "kept in an object store"

    async def get(self, path: str) -> FileEntry | None:
        kept = (await self._opened()).get(path)
        return (await self._read({path: kept}))[0] if kept else None

    async def set(self, entry: FileEntry) -> None:
        await self.apply([entry], ())

    async def delete(self, path: str) -> bool:
        found = await self.exists(path)
        await self.apply((), [path])
        return found

    async def exists(self, path: str) -> bool:
        return path in await self._opened()

    async def paths(self) -> list[str]:
        return sorted(await self._opened())

    async def items(self) -> AsyncIterator[FileEntry]:
        index = await self._opened()
        for page in _pages([(path, index[path]) for path in sorted(index)], lambda each: each[1].size):
            for entry in await self._read(dict(page)):
                yield entry

    async def count(self) -> int:
        return len(await self._opened())

    async def apply(self, sets: Iterable[FileEntry], deletes: Iterable[str]) -> None:
        changed, gone = {entry.path: entry for entry in sets}, list(deletes)
        index = await self._opened()
        async with self._lock:
            if self._is_due():
                await self._make_whole(index)
            begun = {path: _begin(index, entry) for path, entry in changed.items()}
            facts = {path: entry.facts() for path, entry in changed.items()}
            added = await self._pack([(path, entry.content) for path, entry in changed.items()])
            kept = {path: Kept(facts[path], joined([*begun[path], *added.get(path, ())])) for path in changed}
            await self._commit(index, kept, gone)

    # ------------------------------------------------------------ the log

    @property
    def _sequence(self) -> int:
        return max(self._records, default=0)

    async def _opened(self) -> dict[str, Kept]:
        """The index; read when it is first asked for."""
        async with self._lock:
            if self._index is None:
                with _translated():
                    self._index = await self._load()
            return self._index

    async def _load(self) -> dict[str, Kept]:
        numbers = sorted([record_number(name) for name in await self._sizes("log")])
        texts = await _together(self._record(number) for number in numbers)
        records = [Record.decode(text, number) for number, text in zip(numbers, texts, strict=True)]
        # Older ones than the last whole one were about to be deleted: there may be gaps between them.
        first = max((at for at, record in enumerate(records) if record.whole), default=0)
        index: dict[str, Kept] = {}
        self._records = {}
        for record, text in list(zip(records, texts, strict=True))[first:]:
            if not record.whole and record.sequence != self._sequence + 1:
                raise StorageError(f"the storage is damaged: there is no record {self._sequence + 1}")
            self._follow(index, record, len(text))
        self._packed = sum((await self._sizes("data")).values())
        return index

    async def _record(self, number: int) -> bytes:
        try:
            return await self._get(record_name(number))
        except FileNotFoundError:
            raise StorageLocked("another kernel is changing the storage: shut it down, and try again") from None

    def _follow(self, index: dict[str, Kept], record: Record, size: int) -> None:
        """Bring the index to what a record says."""
        if record.whole:
            index.clear()
            self._records, self._live = {}, 0
        for path in record.deletes:
            if (old := index.pop(path, None)) is not None:
                self._live -= old.size
        for path, kept in record.sets.items():
            self._live += kept.size - (index[path].size if path in index else 0)
            index[path] = kept
        self._records[record.sequence] = size

    async def _commit(
        self, index: dict[str, Kept], sets: Mapping[str, Kept], deletes: Sequence[str], *, whole: bool = False
    ) -> None:
        """Write the next record. One of ours that is there already was written although its answer was lost."""
        while True:
            record = Record(self._sequence + 1, self._writer, sets, deletes, whole)
            data = record.encode()
            with _translated():
                try:
                    await obstore.put_async(
                        self._store, record_name(record.sequence), data, mode="create", use_multipart=False
                    )
                except AlreadyExistsError:
                    there = await self._record(record.sequence)
                else:
                    self._follow(index, record, len(data))
                    return
            found = Record.decode(there, record.sequence)
            if found.writer != self._writer:
                raise StorageLocked(
                    "another kernel has changed the storage since it was opened here; "
                    "shut that one down, and open the sandbox again"
                )
            self._follow(index, found, len(there))

    # ------------------------------------------------------------ starting the log again

    def _is_due(self) -> bool:
        whole, *later = [self._records[number] for number in sorted(self._records)] or [0]
        return (
            sum(later) > max(whole, _MIN_LOG_BYTES)
            or len(later) >= _MAX_RECORDS
            or self._packed - self._live > max(self._live, _MIN_WASTE)
        )

    async def _make_whole(self, index: dict[str, Kept]) -> None:
        """Write a record of the whole state, and delete what is not needed any more."""
        with _translated():
            logs, packs = await self._sizes("log"), await self._sizes("data")
        self._packed = sum(packs.values())
        await self._commit(index, await self._repacked(index, packs), (), whole=True)
        needed = {piece.pack for kept in index.values() for piece in kept.pieces}
        # Packs of a later change may belong to a kernel that opened the storage a moment ago.
        gone = [name for name in packs if name not in needed and sequence_of(name) <= self._sequence]
        with _translated():
            await _together(self._delete(name) for name in [*logs, *gone])
        self._packed -= sum(packs[name] for name in gone)

    async def _repacked(self, index: dict[str, Kept], packs: Mapping[str, int]) -> dict[str, Kept]:
        """The index with its contents moved out of packs that are mostly waste, and out of crumbs."""
        live = dict.fromkeys(packs, 0)
        for kept in index.values():
            for piece in kept.pieces:
                live[piece.pack] = live.get(piece.pack, 0) + piece.length
        weak = {name for name, size in packs.items() if live[name] * 2 < size}
        todo = [
            ((path, at), piece)
            for path, kept in index.items()
            for at, piece in enumerate(kept.pieces)
            if piece.pack in weak or (len(kept.pieces) > _MANY_PIECES and piece.length < PACK_BYTES // 2)
        ]
        moved: dict[tuple[str, int], tuple[Piece, ...]] = {}
        for page in _pages(todo, lambda each: each[1].length):
            contents = await self._fetch([piece for _, piece in page])
            moved |= await self._pack([(key, content) for (key, _), content in zip(page, contents, strict=True)])
        return {path: _with_moved(path, kept, moved) for path, kept in index.items()}

    # ------------------------------------------------------------ objects

    async def _read(self, page: Mapping[str, Kept]) -> list[FileEntry]:
        """The entries of a few paths, with their contents."""
        pieces = [piece for kept in page.values() for piece in kept.pieces]
        contents = iter(await self._fetch(pieces))
        return [
            FileEntry.from_facts(kept.facts, b"".join(islice(contents, len(kept.pieces)))) for kept in page.values()
        ]

    async def _fetch(self, pieces: Sequence[Piece]) -> list[bytes]:
        """The bytes of each piece, with one request for each pack."""
        wanted: dict[str, list[int]] = {}
        for at, piece in enumerate(pieces):
            wanted.setdefault(piece.pack, []).append(at)
        with _translated():
            answers = await _together(self._ranges(pack, [pieces[at] for at in ats]) for pack, ats in wanted.items())
        found = dict(
            zip((at for ats in wanted.values() for at in ats), (each for got in answers for each in got), strict=True)
        )
        return [found[at] for at in range(len(pieces))]

    async def _ranges(self, pack: str, pieces: Sequence[Piece]) -> list[bytes]:
        starts, lengths = [piece.offset for piece in pieces], [piece.length for piece in pieces]
        found = [
            bytes(each) for each in await obstore.get_ranges_async(self._store, pack, starts=starts, lengths=lengths)
        ]
        if [len(each) for each in found] != lengths:
            raise StorageError(f"the storage is damaged: {pack} is shorter than it was")
        return found

    async def _pack(self, contents: Iterable[tuple[K, bytes]]) -> dict[K, tuple[Piece, ...]]:
        """Write contents into packs of the next change; says where each came to lie."""
        self._packer.sequence = self._sequence + 1
        places: dict[K, list[Piece]] = {}
        with _translated():
            await _together(self._put(name, pack) for name, pack in self._packer.pack(contents, places))
        return {key: joined(pieces) for key, pieces in places.items()}

    async def _put(self, name: str, pack: bytes) -> None:
        await obstore.put_async(self._store, name, pack)
        self._packed += len(pack)

    async def _get(self, name: str) -> bytes:
        answer = await obstore.get_async(self._store, name)
        return bytes(await answer.bytes_async())

    async def _delete(self, name: str) -> None:
        with suppress(FileNotFoundError):
            await obstore.delete_async(self._store, name)

    async def _sizes(self, folder: str) -> dict[str, int]:
        """The names in a folder, in order, with their bytes."""
        found = await obstore.list(self._store, folder).collect_async()
        return {each["path"]: each["size"] for each in sorted(found, key=itemgetter("path"))}


def _begin(index: Mapping[str, Kept], entry: FileEntry) -> tuple[Piece, ...]:
    """The pieces that stay of what an entry extends."""
    if not entry.start:
        return ()
    if entry.path not in index:
        raise InvalidRequest(f"{entry.path}: {entry.start} bytes are not what is kept")
    return index[entry.path].first(entry.start, entry.path)


def _with_moved(path: str, kept: Kept, moved: Mapping[tuple[str, int], Iterable[Piece]]) -> Kept:
    pieces = [new for at, piece in enumerate(kept.pieces) for new in moved.get((path, at), (piece,))]
    return kept._replace(pieces=joined(pieces))


def _pages(items: Iterable[T], size: Callable[[T], int]) -> Iterator[list[T]]:
    """Lists of items that come to a pack's bytes at most, if no single one is larger."""
    page: list[T] = []
    total = 0
    for item in items:
        if page and (total + size(item) > PACK_BYTES or len(page) == _PAGE_ENTRIES):
            yield page
            page, total = [], 0
        page.append(item)
        total += size(item)
    if page:
        yield page


async def _together(works: Iterable[Coroutine[object, object, T]]) -> list[T]:
    """Wait for all, a few at a time; each is made when its turn comes."""
    turns = iter(works)
    found: list[T] = []
    while some := list(islice(turns, _AT_ONCE)):
        found += await asyncio.gather(*some)
    return found


@contextmanager
def _translated() -> Iterator[None]:
    """Turn obstore's errors into ours."""
    try:
        yield
    except FileNotFoundError as error:
        raise StorageError(f"the storage is damaged, something is missing: {_first_line(error)}") from error
    except (BaseError, OSError) as error:
        raise StorageError(f"the object store: {_first_line(error)}") from error


def _first_line(error: BaseException) -> str:
    """What obstore says, without what is for its developers, and without queries: those may hold signatures."""
    return re.sub(r"(https?://[^\s?]*)\?\S*", r"\1?…", str(error).partition("\n")[0])
