"""Reading what keys hold: one document at a time, or many in order."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice

from jupyter_sandfs.errors import InvalidKey
from jupyter_sandfs.filestore.objects import entries
from jupyter_sandfs.filestore.objects.bucket import Bucket, Listed, Stamp
from jupyter_sandfs.filestore.objects.entries import Entry
from jupyter_sandfs.filestore.objects.layout import Layout, before, shared_directory

_READ_AT_ONCE = 32
_MOST_AHEAD = 128
_REMEMBERED = 20_000


class Catalog:
    """The documents of one tenant. What was read is remembered by its state, so that listing again reads only news."""

    def __init__(self, bucket: Bucket, layout: Layout) -> None:
        self._bucket = bucket
        self._layout = layout
        self._known: OrderedDict[str, tuple[Stamp, Entry]] = OrderedDict()
        self._lock = threading.Lock()

    def find(self, key: str) -> tuple[Entry | None, Stamp | None]:
        """The document of a key and its state; None where there is none.

        Raises:
            InvalidKey: longer than the service takes.
        """
        path = self._layout.entry(key)
        if len(path.encode()) > self._bucket.path_bytes:
            most = self._bucket.path_bytes - len(self._layout.entry("").encode())
            raise InvalidKey(key, f"this store takes keys of at most {most} bytes of UTF-8")
        found = self._bucket.read(path)
        if found is None:
            return None, None
        entry = entries.load(key, found[0])
        self._remember(key, found[1], entry)
        return entry, found[1]

    def walk(self, start: str = "", below: str | None = None) -> Iterator[Entry]:
        """The documents that hold a file, expired or not, from a key up to, without, another; read as asked for."""
        return (entry for entry in self.documents(start, below) if entry.content)

    def documents(self, start: str = "", below: str | None = None) -> Iterator[Entry]:
        """As `walk`, with those of deleted keys whose bodies are not all removed."""
        found = self._listed(start, below)
        ahead = 1
        with ThreadPoolExecutor(_READ_AT_ONCE, "sandfs-objects") as pool:
            while batch := list(islice(found, ahead)):
                for entry in pool.map(self._read, batch):
                    if entry:
                        yield entry
                ahead = min(2 * ahead, _MOST_AHEAD)

    def _listed(self, start: str, below: str | None) -> Iterator[tuple[str, Listed]]:
        names = self._layout.entry("")
        first = before(start)
        directory = names + shared_directory(start, below)
        for each in self._bucket.list(directory.rstrip("/"), names + first if first else None):
            key = each.path.removeprefix(names)
            if below is not None and key >= below:
                return
            if key >= start and each.size > entries.TOMBSTONE_BYTES:
                yield key, each

    def _read(self, listed: tuple[str, Listed]) -> Entry | None:
        key, each = listed
        with self._lock:
            known = self._known.get(key)
        return known[1] if known and known[0] == each.stamp else self.find(key)[0]

    def _remember(self, key: str, stamp: Stamp, entry: Entry) -> None:
        with self._lock:
            self._known[key] = stamp, entry
            self._known.move_to_end(key)
            if len(self._known) > _REMEMBERED:
                self._known.popitem(last=False)
