"""A tree as bytes: the form of `create_snapshot`.

    magic, 8 bytes | length of the index, 8 bytes big-endian | index, JSON | contents in a row | SHA-256 of all

The index lists the directories, those above before those below. Facts of files are columns, because most files have
nothing but a content, a version and two times; what else a node carries stands aside. Reading trusts nothing: names,
numbers and sums are checked before a node is made.
"""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Callable, Iterator
from itertools import accumulate, pairwise
from typing import Any

from jupyter_sandfs import paths
from jupyter_sandfs.errors import (
    FileTooLarge,
    InvalidPath,
    InvalidRequest,
    InvalidSnapshot,
    NameTooLong,
    NoSpace,
)
from jupyter_sandfs.vfs.content import Link, Slice, data_of, size_of
from jupyter_sandfs.vfs.limits import Limits
from jupyter_sandfs.vfs.nodes import Directory, Extra, FileRecord, Node, bare, new_record, settle
from jupyter_sandfs.vfs.policy import policy_from, policy_to
from jupyter_sandfs.vfs.tree import Root

_MAGIC = b"sandfs\r\n"  # the line end tells a transfer that mangled bytes as text
_NUMBER = 1
_HEAD = len(_MAGIC) + 8
_SUM = hashlib.sha256().digest_size
_LATEST = 2**62  # times and versions stay below it
_LINK_BYTES = 4096

Mounted = Callable[[str], Node | None]
"""Gives the dynamic node that is mounted at a path, or None."""


# ---------------------------------------------------------------- writing


def dump(root: Directory) -> bytes:
    """Write a frozen tree. Raises InvalidRequest if what is attached to a node is not plain JSON."""
    contents: list[bytes] = []
    directories = [_directory_row(path, each, contents) for path, each in _walk(root)]
    try:
        index = json.dumps({"number": _NUMBER, "directories": directories}, allow_nan=False, separators=(",", ":"))
    except (TypeError, ValueError, RecursionError) as error:
        raise InvalidRequest(f"what is attached to a node is not plain JSON: {error}") from None
    written = index.encode()
    data = b"".join([_MAGIC, len(written).to_bytes(8, "big"), written, *contents])
    return data + hashlib.sha256(data).digest()


def _walk(root: Directory) -> Iterator[tuple[str, Directory]]:
    pending = [("", root)]
    while pending:
        path, directory = pending.pop()
        yield path, directory
        pending += [(f"{path}/{name}", child) for name, child in directory.directories.items()]


def _directory_row(path: str, directory: Directory, contents: list[bytes]) -> list[Any]:
    facts = {"stamp": directory.stamp, "created": directory.created_ns, **_extra_facts(directory.extra)}
    if directory.mount is not None:
        return [path, {**facts, "mounted": True}, []]
    if not directory.files:
        return [path, facts, []]
    bodies, stamps, versions, created, extras = zip(*directory.files.values(), strict=True)
    aside = {
        str(at): {**_content_facts(body), **_extra_facts(extra)}
        for at, (body, extra) in enumerate(zip(bodies, extras, strict=True))
        if extra is not None or type(body) is not bytes
    }
    held = [body if type(body) is bytes else _bytes_of(body) for body in bodies]
    contents += held
    return [path, facts, [list(directory.files), list(map(len, held)), stamps, versions, created, aside]]


def _bytes_of(content: object) -> bytes:
    return data_of(content) if isinstance(content, bytes | Slice) else b""


def _content_facts(content: object) -> dict[str, Any]:
    if isinstance(content, Link):
        return {"link": content.target}
    return {} if isinstance(content, bytes | Slice) else {"mounted": True}


def _extra_facts(extra: Extra | None) -> dict[str, Any]:
    if extra is None:
        return {}
    policy = policy_to(extra.policy) if extra.policy else None
    metadata = dict(extra.metadata) if extra.metadata is not None else None
    facts = {"mode": extra.mode, "modified": extra.modified_ns, "policy": policy, "metadata": metadata}
    return {name: value for name, value in facts.items() if value is not None}


# ---------------------------------------------------------------- reading


def load(data: bytes, limits: Limits, mounted: Mounted, *, now_ns: int) -> Root:
    """Read what `dump` wrote, as a frozen tree.

    Args:
        now_ns: no time that is read lies after it.

    Raises:
        InvalidSnapshot: the bytes are damaged, hostile, or of a later release.
        NoSpace, FileTooLarge, NameTooLong: it goes over the limits.
    """
    index, start = _index(data)
    reader = _Reader(data, range(start, len(data) - _SUM), limits, mounted, now_ns)
    try:
        root = reader.tree(index)
    except (TypeError, ValueError, LookupError, AttributeError, OverflowError) as error:
        raise InvalidSnapshot(f"its index can't be read: {error}") from None
    totals = settle(root)
    return Root(root, totals.files, totals.directories, totals.size)


def _index(data: bytes) -> tuple[list[Any], int]:
    """The rows of directories, and where the contents begin."""
    if not isinstance(data, bytes) or not data.startswith(_MAGIC):
        raise InvalidSnapshot("these bytes are no snapshot")
    start = _HEAD + int.from_bytes(data[len(_MAGIC) : _HEAD], "big")
    if start + _SUM > len(data) or hashlib.sha256(memoryview(data)[:-_SUM]).digest() != data[-_SUM:]:
        raise InvalidSnapshot("the bytes are damaged: their sum is another")
    try:
        index = json.loads(data[_HEAD:start])
        number, rows = index["number"], index["directories"]
    except (ValueError, TypeError, KeyError, RecursionError):
        raise InvalidSnapshot("its index is no JSON of ours") from None
    if type(number) is int and number > _NUMBER:
        raise InvalidSnapshot(f"a later release wrote it (format {number}, here {_NUMBER}): upgrade jupyter_sandfs")
    if number != _NUMBER or type(number) is not int or not isinstance(rows, list):
        raise InvalidSnapshot("its index is not of a known form")
    return rows, start


class _Reader:
    """Makes nodes of rows; refuses whatever `dump` would not have written."""

    def __init__(self, data: bytes, contents: range, limits: Limits, mounted: Mounted, now_ns: int) -> None:
        self._data = data
        self._at, self._end = contents.start, contents.stop
        self._limits = limits
        self._mounted = mounted
        self._now = now_ns
        self._nodes = 0

    def tree(self, rows: list[Any]) -> Directory:
        made: dict[str, Directory] = {}
        for path, facts, files in rows:
            self._count(1)
            directory = self._directory(path, facts)
            if directory is None:
                _require(not files, "a dynamic directory holds files")
                continue
            self._place(made, path, directory)
            if files:
                self._files(directory, path, *files)
        _require("" in made, "there is no root")
        _require(self._at == self._end, "the contents are longer than the index says")
        return made[""]

    def _directory(self, path: str, facts: dict[str, Any]) -> Directory | None:
        if facts.get("mounted"):
            node = self._mounted(path)
            return node.copy(None) if isinstance(node, Directory) else None
        directory = Directory(None, self._time(facts["stamp"]))
        directory.created_ns = self._time(facts["created"])
        directory.extra = self._extra(facts)
        return directory

    def _place(self, made: dict[str, Directory], path: str, directory: Directory) -> None:
        head, _, name = path.rpartition("/")
        if path:
            _require(path.startswith("/"), "a path is not absolute")
            self._check_names(head, [name])
            parent = made[head]  # KeyError: it should have come before
            _require(parent.mount is None and name not in parent.directories, f"{path!r:.100} comes twice")
            _require(name not in parent.files, f"{path!r:.100} comes twice")
            parent.directories[name] = directory
        else:
            _require(not made, "the root comes twice")
        made[path] = directory

    def _files(
        self,
        directory: Directory,
        path: str,
        names: list[str],
        sizes: list[int],
        stamps: list[int],
        versions: list[int],
        created: list[int],
        aside: dict[str, Any],
    ) -> None:
        self._count(len(names))
        self._check_names(path, names)
        self._check_sizes(path, sizes)
        _check_numbers(versions, 1)
        _require(len(names) == len(sizes) == len(stamps) == len(versions) == len(created), "columns differ in length")
        times = self._times(stamps), self._times(created)
        fields = zip(self._bodies(sizes), times[0], versions, times[1], itertools.repeat(None))  # endless
        directory.files = dict(zip(names, map(new_record, fields), strict=True))
        _require(len(directory.files) == len(names), f"a name comes twice in {path!r:.100}")
        directory.own_bytes = sum(sizes)
        for at, facts in aside.items():
            self._amend(directory, path, names[int(at)], facts)
        if aside:
            directory.own_bytes = sum(size_of(record.content) for record in directory.files.values())

    def _amend(self, directory: Directory, path: str, name: str, facts: dict[str, Any]) -> None:
        """Give a file what stands aside of it."""
        record = directory.files[name]
        if facts.get("mounted"):
            node = self._mounted(f"{path}/{name}")
            del directory.files[name]
            if isinstance(node, FileRecord):
                directory.files[name] = node
            return
        if "link" in facts:
            _require(not record.content, "a link has a content")
            record = record._replace(content=Link(_checked_target(facts["link"])))
        directory.files[name] = record._replace(extra=self._extra(facts))

    def _extra(self, facts: dict[str, Any]) -> Extra | None:
        mode, modified, metadata = facts.get("mode"), facts.get("modified"), facts.get("metadata")
        _require(mode is None or (type(mode) is int and 0 <= mode <= 0o7777), "a mode is out of range")
        _require(metadata is None or isinstance(metadata, dict), "metadata is no object")
        if modified is not None:
            _require(type(modified) is int and abs(modified) < _LATEST, "a time is out of range")
        policy = policy_from(facts.get("policy"))
        return bare(Extra(mode, modified, policy, metadata))

    def _bodies(self, sizes: list[int]) -> list[bytes]:
        ends = list(accumulate(sizes, initial=self._at))
        _require(ends[-1] <= self._end, "the contents are shorter than the index says")
        self._at = ends[-1]
        data = self._data
        return [data[start:end] for start, end in pairwise(ends)]

    # ------------------------------------------------------------ checks

    def _count(self, more: int) -> None:
        self._nodes += more
        if self._nodes > self._limits.nodes:
            raise NoSpace(paths.ROOT, f"the limit is {self._limits.nodes} files and directories")

    def _check_names(self, path: str, names: list[str]) -> None:
        """Refuse names that are not in normal form; one call for a whole directory."""
        joined = "/".join(names)
        try:
            normal = paths.normalize(f"/{joined}") == f"/{joined}" and joined.count("/") == len(names) - 1
        except InvalidPath:
            normal = False
        _require(normal and "" not in names, f"a name in {path!r:.100} is not in normal form")
        for name in names if max(map(len, names)) * 4 > self._limits.name_bytes else ():
            if len(name) * 4 > self._limits.name_bytes and len(name.encode()) > self._limits.name_bytes:
                raise NameTooLong(f"{path}/{name}", f"a name has at most {self._limits.name_bytes} bytes")
        if path.count("/") + 1 > self._limits.depth:
            raise NameTooLong(path, f"deeper than {self._limits.depth} levels")

    def _check_sizes(self, path: str, sizes: list[int]) -> None:
        _check_numbers(sizes, 0)
        if sizes and max(sizes) > self._limits.file_bytes:
            raise FileTooLarge(path, f"{max(sizes)} bytes, over the limit of {self._limits.file_bytes}")

    def _times(self, column: list[int]) -> list[int]:
        _check_numbers(column, 0)
        now = self._now
        return column if max(column, default=0) <= now else [min(each, now) for each in column]

    def _time(self, value: int) -> int:
        return min(_check_numbers([value], 0)[0], self._now)


def _check_numbers(numbers: list[int], least: int) -> list[int]:
    """Refuse what is no whole number in the range; True is none either."""
    _require(set(map(type, numbers)) <= {int}, "a number is none")
    _require(not numbers or (min(numbers) >= least and max(numbers) < _LATEST), "a number is out of range")
    return numbers


def _checked_target(target: Any) -> str:
    _require(isinstance(target, str) and 0 < len(target.encode()) <= _LINK_BYTES, "a link says too much or nothing")
    try:
        paths.normalize(target)
    except InvalidPath as error:
        raise InvalidSnapshot(f"a link says what no path can be: {error}") from None
    return str(target)


def _require(fact: object, otherwise: str) -> None:
    if not fact:
        raise InvalidSnapshot(f"it is damaged: {otherwise}")
