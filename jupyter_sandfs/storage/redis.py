"""Entries in a Redis database: four keys of a name, and one for each content.

    sandfs:{NAME}:head      hash: number of the format, sequence of the last change, who made it
    sandfs:{NAME}:paths     sorted set: all paths, in the order of their bytes
    sandfs:{NAME}:facts     hash by path: the entry as JSON, without its content
    sandfs:{NAME}:sizes     hash by path: bytes of its content
    sandfs:{NAME}:content:… hash by offset: the pieces of a content; an append adds one

The braces make a cluster keep all of them together. A change is one MULTI/EXEC under WATCH of the head: it is done
whole or not at all, and not if somebody else has changed the name since it was opened.
"""

from __future__ import annotations

import re
import secrets
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlencode, urlsplit

import redis

from jupyter_sandfs.errors import InvalidRequest, SandfsError, StorageError, StorageLocked
from jupyter_sandfs.storage.entry import FileEntry
from jupyter_sandfs.storage.serial import SerializableFileStorage

_NUMBER = b"1"  # of the format
_PIECE_BYTES = 16 << 20  # Redis holds at most 512 MB in a value, and answers nobody while it moves one
_PAGE = 64  # entries read at a time
_SECONDS = 30.0  # for one answer
_DEFAULT_NAME = "default"


class RedisFileStorage(SerializableFileStorage):
    """Keeps entries in Redis under a name; each `apply` is one transaction, kept as Redis is configured to keep it.

    Args:
        url: `redis://host:port/db`, `rediss://…` or `redis+unix:///socket`, each with `?name=NAME`.
        name: under which it is found again, if the URL says none.

    Raises:
        StorageError: Redis can't be reached, or holds something else under the name.
    """

    grows = True

    def __init__(self, url: str, *, name: str = _DEFAULT_NAME) -> None:
        address, found = _split(url)
        self._name = found or name
        if not self._name or set("{}") & set(self._name):
            raise InvalidRequest("the name of a Redis storage is not empty, and holds no braces")
        self._keys = {part: f"sandfs:{{{self._name}}}:{part}".encode() for part in ("head", "paths", "facts", "sizes")}
        self._writer = secrets.token_hex(8).encode()
        self._lock = threading.Lock()
        with self._translated():
            self._client = _connect(address)
            self._sequence = self._check(self._client.hgetall(self._keys["head"]))

    @property
    def where(self) -> str:
        return f"kept in Redis as {self._name!r}"

    def get(self, path: str) -> FileEntry | None:
        with self._translated():
            return self._entries([path.encode()])[0]

    def set(self, entry: FileEntry) -> None:
        self.apply([entry], ())

    def delete(self, path: str) -> bool:
        found = self.exists(path)
        self.apply((), [path])
        return found

    def exists(self, path: str) -> bool:
        with self._translated():
            return bool(self._client.hexists(self._keys["facts"], path.encode()))

    def paths(self) -> Iterator[str]:
        return self.paths_by_prefix("")

    def paths_by_prefix(self, prefix: str) -> Iterator[str]:
        start = b"[" + prefix.encode()
        end = start + b"\xff" if prefix else b"+"  # no UTF-8 holds this byte
        with self._translated():
            found = self._client.zrangebylex(self._keys["paths"], start if prefix else b"-", end)
            return iter([path.decode() for path in found])

    def items(self) -> Iterator[FileEntry]:
        """All entries, as they were at one moment. Raises StorageLocked if another kernel changes them meanwhile."""
        with self._translated():
            start = self._client.hgetall(self._keys["head"])
        paths = [path.encode() for path in self.paths()]
        for at in range(0, len(paths), _PAGE):
            with self._translated():
                found = self._entries(paths[at : at + _PAGE])
                if self._client.hgetall(self._keys["head"]) != start:
                    raise self._overtaken()
            yield from (entry for entry in found if entry is not None)

    def count(self) -> int:
        with self._translated():
            return int(self._client.zcard(self._keys["paths"]))

    def apply(self, sets: Iterable[FileEntry], deletes: Iterable[str]) -> None:
        changed, gone = list(sets), list(deletes)
        with self._lock, self._translated(), self._client.pipeline(transaction=True) as pipe:
            pipe.watch(self._keys["head"])
            sequence = self._check(pipe.hgetall(self._keys["head"]), self._sequence)
            cuts = [self._cut(pipe, entry) if entry.start else _NO_CUT for entry in changed]
            pipe.multi()
            for path in gone:
                self._queue_delete(pipe, path.encode())
            for entry, cut in zip(changed, cuts, strict=True):
                self._queue_set(pipe, entry, cut)
            head = {"number": _NUMBER, "sequence": sequence + 1, "writer": self._writer}
            pipe.hset(self._keys["head"], mapping=head)
            pipe.execute()
            self._sequence = sequence + 1

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    # ------------------------------------------------------------ the head

    def _check(self, head: dict[bytes, bytes], known: int | None = None) -> int:
        """Give the sequence of the last change, if it is one that we know.

        One of ours that we don't know of was carried out although its answer was lost.
        """
        if head and head.get(b"number") != _NUMBER:
            raise StorageError(f"Redis holds {self._name!r} in a format of another release")
        sequence = int(head.get(b"sequence", b"0"))
        if known is not None and sequence != known and head.get(b"writer") != self._writer:
            raise self._overtaken()
        return sequence

    def _overtaken(self) -> StorageLocked:
        return StorageLocked(
            f"Redis: another kernel has changed {self._name!r} since it was opened here; "
            "shut that one down, and open the sandbox again"
        )

    @contextmanager
    def _translated(self) -> Iterator[None]:
        """Turn the client's errors into ours; none of them repeats the URL, which may hold a password."""
        try:
            yield
        except redis.WatchError:
            raise self._overtaken() from None
        except SandfsError:
            raise
        except (redis.RedisError, OSError, ValueError) as error:  # a number or a text that is none
            raise StorageError(f"Redis: {error}") from error

    # ------------------------------------------------------------ entries

    def _content_key(self, path: bytes) -> bytes:
        return f"sandfs:{{{self._name}}}:content:".encode() + path

    def _entries(self, paths: list[bytes]) -> list[FileEntry | None]:
        pipe = self._client.pipeline(transaction=True)  # all of it as it is at one moment
        for path in paths:
            pipe.hget(self._keys["facts"], path)
            pipe.hget(self._keys["sizes"], path)
            pipe.hgetall(self._content_key(path))
        answers = pipe.execute()
        rows = zip(paths, answers[::3], answers[1::3], answers[2::3], strict=True)
        return [_entry(path.decode(), *row) if row[0] is not None else None for path, *row in rows]

    def _cut(self, pipe: Any, entry: FileEntry) -> _Cut:
        """What an entry which extends a content takes the place of."""
        path = entry.path.encode()
        size = int(pipe.hget(self._keys["sizes"], path) or -1)
        if size < entry.start:
            raise InvalidRequest(f"{entry.path}: {entry.start} bytes are not what is kept")
        if size == entry.start:
            return _NO_CUT
        content = self._content_key(path)
        offsets = sorted(int(offset) for offset in pipe.hkeys(content))
        last = max(offset for offset in offsets if offset < entry.start)
        left = pipe.hget(content, str(last))[: entry.start - last]
        return _Cut([offset for offset in offsets if offset >= entry.start], {last: left})

    def _queue_set(self, pipe: Any, entry: FileEntry, cut: _Cut) -> None:
        path = entry.path.encode()
        content = self._content_key(path)
        pipe.zadd(self._keys["paths"], {path: 0})
        pipe.hset(self._keys["facts"], path, entry.facts())
        pipe.hset(self._keys["sizes"], path, entry.size)
        if not entry.start:
            pipe.unlink(content)
        if cut.gone:
            pipe.hdel(content, *cut.gone)
        if cut.left:
            pipe.hset(content, mapping=cut.left)
        for at in range(0, len(entry.content), _PIECE_BYTES):
            pipe.hset(content, str(entry.start + at), entry.content[at : at + _PIECE_BYTES])

    def _queue_delete(self, pipe: Any, path: bytes) -> None:
        pipe.zrem(self._keys["paths"], path)
        pipe.hdel(self._keys["facts"], path)
        pipe.hdel(self._keys["sizes"], path)
        pipe.unlink(self._content_key(path))


class _Cut(NamedTuple):
    """The offsets of pieces that go, and the piece that is shortened, by its offset."""

    gone: list[int]
    left: dict[int, bytes]


_NO_CUT = _Cut([], {})


def _entry(path: str, facts: bytes, size: bytes | None, pieces: dict[bytes, bytes]) -> FileEntry:
    parts, at = [], 0
    for offset, piece in sorted((int(offset), piece) for offset, piece in pieces.items()):
        if offset != at:
            at = -1
            break
        parts.append(piece)
        at += len(piece)
    if at != int(size or -1):
        raise StorageError(f"the storage is damaged: the content of {path[:100]!r} is not whole")
    entry = FileEntry.from_facts(facts, b"".join(parts))
    if entry.path != path:
        raise StorageError(f"the storage is damaged: what stands under {path[:100]!r} is another entry")
    return entry


def _split(url: str) -> tuple[str, str]:
    """The URL as the client takes it, and the name that it says."""
    parts = urlsplit(url)
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    name = options.pop("name", "")
    scheme = "unix" if parts.scheme == "redis+unix" else parts.scheme
    plain = scheme == "unix" or re.fullmatch(r"/?\d*", parts.path)
    if not plain or parts.fragment or not set(options) <= {"db"}:
        raise InvalidRequest("a Redis storage is redis://host:port/db?name=NAME, with no other options")
    return f"{scheme}://{parts.netloc}{parts.path}?{urlencode(options)}", name


def _connect(address: str) -> Any:
    """A client, as Any: its types leave open what is bytes and what is text."""
    try:
        client = redis.Redis.from_url(address, socket_timeout=_SECONDS, socket_connect_timeout=_SECONDS)
    except ValueError as error:
        raise InvalidRequest(f"not the URL of a Redis server: {error}") from None
    client.ping()
    return client
