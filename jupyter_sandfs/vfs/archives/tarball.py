"""A whole file system as one stream: a tar of its tree, with what a tar can't say in lines of JSON beside it.

`sandfs.json` comes first and says the format; then, again and again, `facts/N.jsonl` with a line for each of the next
nodes, and those nodes' contents below `tree/`. So both ends hold one part at a time, and any tar can look inside.
"""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from math import inf
from typing import Any, NamedTuple, cast

from jupyter_sandfs import paths
from jupyter_sandfs.errors import InvalidArchive, InvalidPath, LimitExceeded
from jupyter_sandfs.vfs.archives import archive
from jupyter_sandfs.vfs.archives.facts import Facts, Provider, facts_of, parse, text_of
from jupyter_sandfs.vfs.archives.source import Stream
from jupyter_sandfs.vfs.batch import Item, checked_link
from jupyter_sandfs.vfs.content import Link, Slice, size_of
from jupyter_sandfs.vfs.events import WriteEvent
from jupyter_sandfs.vfs.inventory import link_from
from jupyter_sandfs.vfs.limits import Limits
from jupyter_sandfs.vfs.nodes import Directory, Extra, FileRecord, Node, bare, describe, settle
from jupyter_sandfs.vfs.operations import Desk, Plan, Put, whole
from jupyter_sandfs.vfs.policy import SEALED, policy_from
from jupyter_sandfs.vfs.providers import DirectoryMount, FileMount, LostProvider
from jupyter_sandfs.vfs.tree import Root, Tree

FORMAT = 1
_HEAD, _FACTS, _TREE = "/sandfs.json", "/facts/", "/tree/"
_RARE = frozenset({"mode", "modified_ns", "policy", "metadata"})  # what few nodes carry
_TWICE = "two of one name"
_PART = 10_000  # nodes whose facts stand together
_FACT_BYTES = 2048  # that a node's facts may take, for the bound on all of them
_PART_BYTES = 64 << 20

Read = Callable[["bytes | Slice"], bytes]


class Loaded(NamedTuple):
    """A file system that was read back.

    Attributes:
        about: what `write` was told to say of it.
        lost: names of providers that the caller did not give; their nodes fail when they are read.
    """

    root: Root
    about: Mapping[str, Any]
    lost: tuple[str, ...]


# ---------------------------------------------------------------- out


def write(root: Root, bytes_of: Read, format_name: str, about: Mapping[str, Any]) -> Iterator[bytes]:
    """Give a frozen tree as an archive, piece by piece.

    Args:
        bytes_of: gives the bytes of a content.
        format_name: tar, tar.gz or tar.zst.
        about: facts about the whole, as plain JSON.
    """
    return archive.pack(_items(root.directory, bytes_of, about), format_name)


def _items(top: Directory, bytes_of: Read, about: Mapping[str, Any]) -> Iterator[Item]:
    yield Item(_HEAD, json.dumps({"format": FORMAT, "about": dict(about)}).encode())
    nodes = _walk(top)
    for number in itertools.count(1):
        part = list(itertools.islice(nodes, _PART))
        if not part:
            return
        lines = "".join(json.dumps(facts_of(path, node)) + "\n" for path, node in part)
        yield Item(f"{_FACTS}{number:06}.jsonl", lines.encode())
        for path, node in part:
            if (item := _item(path, node, bytes_of)) is not None:
                yield item


def _walk(top: Directory) -> Iterator[tuple[str, Node]]:
    """All nodes, a directory before what is in it, the rest by name."""
    yield paths.ROOT, top
    pending = [("", top)]
    while pending:
        at, directory = pending.pop()
        below = sorted(directory.directories.items())
        yield from ((f"{at}/{name}", child) for name, child in below)
        yield from ((f"{at}/{name}", record) for name, record in sorted(directory.files.items()))
        pending += [(f"{at}/{name}", child) for name, child in reversed(below)]


def _item(path: str, node: Node, bytes_of: Read) -> Item | None:
    """The member that stands for a node; none for what a provider computes."""
    stat = describe(node, "")
    if stat.dynamic or path == paths.ROOT:
        return None
    content: bytes | Link | None = None
    if isinstance(node, FileRecord):
        if isinstance(node.content, Link):
            content = link_from(node.content.target, paths.parent(path))
        else:
            content = bytes_of(cast("bytes | Slice", node.content))
    return Item(f"{_TREE}{path[1:]}", content, stat.mode, stat.modified_ns)


# ---------------------------------------------------------------- in


def read(
    stream: Stream, limits: Limits, providers: Mapping[str, Provider] | None = None, *, now_ns: int | None = None
) -> Loaded:
    """Read a tree back, of any format of `write`.

    Args:
        providers: callables by the names that `write` gave them; nothing is ever imported because an archive says so.
        now_ns: no change that is read lies after it; the time if not given.

    Raises:
        InvalidArchive: damaged, or nothing that `write` made, in a format that is known here.
        LimitExceeded: more than `limits` allows.
    """
    loading = _Loading(limits, providers or {}, time.time_ns() if now_ns is None else now_ns)
    for item in archive.unpack(stream, _wide(limits)):
        loading.take(item)
    return loading.finish()


def _wide(limits: Limits) -> Limits:
    """Bounds of the archive itself; the tree in it is held to the limits proper.

    The ratio does not matter: whoever saved zeros gets them back, and the bytes are bounded.
    """
    return replace(
        limits,
        total_bytes=limits.total_bytes + _FACT_BYTES * limits.nodes,
        file_bytes=max(limits.file_bytes, _PART_BYTES),
        nodes=limits.nodes + limits.nodes // _PART + 8,
        depth=limits.depth + 1,
        archive_ratio=inf,
    )


class _Loading:
    """A tree on its way in: directories are there with their facts, files with their contents."""

    def __init__(self, limits: Limits, providers: Mapping[str, Provider], now_ns: int) -> None:
        self._limits, self._providers, self._now = limits, providers, now_ns
        self._about: Mapping[str, Any] | None = None
        self._made: dict[str, Directory] = {}
        self._waiting: dict[str, Facts] = {}  # files whose content comes next
        self._nodes = self._size = 0
        self._lost: set[str] = set()

    def take(self, item: Item) -> None:
        path, content = item.path, item.content
        if self._about is None:
            self._about = _about(item)
        elif path.startswith(_FACTS) and isinstance(content, bytes):
            self._check_complete()
            for line in content.splitlines():
                self._note(parse(line))
        elif path.startswith(_TREE):
            if isinstance(content, bytes):
                self._fill(path[len(_TREE) - 1 :], content)
        elif content is not None:
            raise InvalidArchive(path, "it belongs to no workspace")

    def finish(self) -> Loaded:
        self._check_complete()
        if self._about is None or "" not in self._made:
            raise InvalidArchive("", "it has no root")
        totals = settle(self._made[""])
        root = Root(self._made[""], totals.files, totals.directories, totals.size)
        return Loaded(root, self._about, tuple(sorted(self._lost)))

    def _check_complete(self) -> None:
        if self._waiting:
            raise InvalidArchive(next(iter(self._waiting)), "its content is missing")

    def _note(self, facts: Facts) -> None:
        """Take in what is said of a node; all but files are complete with that."""
        path = self._checked_path(facts)
        self._nodes += 1
        if self._nodes > self._limits.nodes:
            raise LimitExceeded(f"it holds more than {self._limits.nodes} nodes")
        if facts["kind"] == "directory":
            self._make_directory("" if path == paths.ROOT else path, facts)
        elif facts["kind"] == "symlink":
            link = Link(text_of(facts, "target"))
            self._size += checked_link(path, link)
            self._put(path, self._record(facts, link))
        elif "provider" in facts:
            mount = FileMount(self._provider(facts), facts.get("ttl"), facts.get("metadata"))
            self._put(path, self._record(facts, mount))
        elif path in self._waiting:
            raise InvalidArchive(path, _TWICE)
        else:
            self._waiting[path] = facts

    def _fill(self, path: str, content: bytes) -> None:
        facts = self._waiting.pop(path, None)
        if facts is None:
            raise InvalidArchive(path, "nothing is said of it")
        self._size += len(content)
        if len(content) > self._limits.file_bytes or self._size > self._limits.total_bytes:
            raise LimitExceeded(f"{path} with its {len(content)} bytes is more than this file system may hold")
        self._put(path, self._record(facts, content))

    def _make_directory(self, path: str, facts: Facts) -> None:
        directory = Directory(None, min(facts["stamp"], self._now))
        directory.created_ns, directory.extra = facts["created_ns"], _extra(facts)
        if "provider" in facts:
            directory.mount = DirectoryMount(self._provider(facts), facts.get("ttl"), facts.get("metadata"))
        if path:
            self._put(path, directory)
        elif self._made or directory.mount is not None:
            raise InvalidArchive(paths.ROOT, "the root does not come first, or is no plain directory")
        self._made[path] = directory

    def _put(self, path: str, node: Node) -> None:
        head, _, name = path.rpartition("/")
        above = self._made.get(head)
        if above is None or above.mount is not None or not name:
            raise InvalidArchive(path, "the directory that it is in is missing")
        if name in above.files or name in above.directories:
            raise InvalidArchive(path, _TWICE)
        if isinstance(node, Directory):
            above.directories[name] = node
        else:
            above.files[name] = node
            above.own_bytes += size_of(node.content)

    def _record(self, facts: Facts, content: bytes | Link | FileMount) -> FileRecord:
        stamp = min(facts["stamp"], self._now)
        return FileRecord(content, stamp, facts["version"], facts["created_ns"], _extra(facts))

    def _provider(self, facts: Facts) -> Provider:
        name = text_of(facts, "provider")
        if name not in self._providers:
            self._lost.add(name)
            return LostProvider(name)
        return self._providers[name]

    def _checked_path(self, facts: Facts) -> str:
        path = text_of(facts, "path")
        try:
            normal = paths.normalize(path) == path
        except InvalidPath:
            normal = False
        name_bytes = len(path.rpartition("/")[2].encode(errors="replace"))
        if not normal or name_bytes > self._limits.name_bytes or path.count("/") > self._limits.depth:
            raise InvalidArchive(path, "a path that this file system does not hold")
        return path


def _extra(facts: Facts) -> Extra | None:
    if _RARE.isdisjoint(facts):
        return None
    policy = policy_from(facts["policy"]) or SEALED if "policy" in facts else None
    return bare(Extra(facts.get("mode"), facts.get("modified_ns"), policy, facts.get("metadata")))


def _about(item: Item) -> Mapping[str, Any]:
    """Read the first member."""
    if item.path != _HEAD or not isinstance(item.content, bytes):
        raise InvalidArchive("", "it is no workspace: sandfs.json does not come first")
    head = parse(item.content)
    if head.get("format") != FORMAT or not isinstance(head.get("about"), dict):
        raise InvalidArchive("", f"it is a workspace of format {head.get('format')!r:.20}, and {FORMAT} is read here")
    about: Mapping[str, Any] = head["about"]
    return about


# ---------------------------------------------------------------- in place of what is there


def replacing(desk: Desk, root: Root) -> Plan:
    """Put another tree in place of all that is there, in one step; versions go on above the last ones seen."""
    tree = desk.tree
    new, old = root.directory, tree.root
    plan = Plan(paths.ROOT, size=root.size - tree.size)
    plan.nodes = root.files + root.directories - tree.files - tree.directories
    plan.puts = [Put(f"/{name}", lambda: None) for name in (*old.directories, *old.files)]
    for name in (*new.directories, *new.files):
        coming = new.directories.get(name)
        plan.puts.append(Put(f"/{name}", partial(_arrived, tree, f"/{name}", new), directory=coming))
    plan.puts.append(Put(paths.ROOT, lambda: _ruled(tree, new)))
    plan.writes = lambda: _events(tree, new)
    return plan


def _arrived(tree: Tree, path: str, above: Directory) -> Node | None:
    node = above.get(path[1:])
    if isinstance(node, FileRecord):
        return node._replace(version=max(node.version, tree.next_version(path, None)))
    return None if node is None else tree.renumbered(path, node)


def _ruled(tree: Tree, new: Directory) -> Directory:
    """The root with what came into it, and the rules and times of the new one."""
    twin = tree.root.copy(tree.token)
    twin.extra, twin.created_ns, twin.stamp = new.extra, new.created_ns, new.stamp
    return twin


def _events(tree: Tree, top: Directory) -> Iterable[WriteEvent]:
    for path, node in whole(paths.ROOT, top):
        if isinstance(node, FileRecord) and isinstance(node.content, bytes):
            before = tree.get(path)
            seen = tree.next_version(path, before if isinstance(before, FileRecord) else None)
            yield WriteEvent(path, node.content, max(node.version, seen), append=False)
