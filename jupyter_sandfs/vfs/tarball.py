"""A whole file system as one stream: a tar of its tree, with what a tar can't say in lines of JSON beside it.

`sandfs.json` comes first and says the format; then, again and again, `facts/N.jsonl` with a line for each of the next
nodes, and those nodes' contents below `tree/`. So both ends hold one part at a time, and any tar can look inside.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from math import inf
from typing import Any, NamedTuple, cast

from jupyter_sandfs import paths
from jupyter_sandfs.errors import InvalidArchive, InvalidPath, LimitExceeded, NotADirectory
from jupyter_sandfs.vfs import archive
from jupyter_sandfs.vfs.batch import Item, checked_link
from jupyter_sandfs.vfs.content import Link, Slice
from jupyter_sandfs.vfs.events import WriteEvent
from jupyter_sandfs.vfs.facts import Facts, Provider, facts_of, lost_provider, parse, text_of
from jupyter_sandfs.vfs.inventory import link_from
from jupyter_sandfs.vfs.limits import Limits
from jupyter_sandfs.vfs.nodes import Directory, Extra, FileRecord, Node, bare, describe
from jupyter_sandfs.vfs.operations import Desk, Plan, Put, whole
from jupyter_sandfs.vfs.policy import SEALED, policy_from
from jupyter_sandfs.vfs.providers import DirectoryMount, FileMount
from jupyter_sandfs.vfs.source import Stream
from jupyter_sandfs.vfs.tree import Root, Tree

FORMAT = 1
_HEAD, _FACTS, _TREE = "/sandfs.json", "/facts/", "/tree"
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
    return Item(f"{_TREE}{path}", content, stat.mode, stat.modified_ns)


# ---------------------------------------------------------------- in


def read(stream: Stream, limits: Limits, providers: Mapping[str, Provider] | None = None) -> Loaded:
    """Read a tree back, of any format of `write`.

    Args:
        providers: callables by the names that `write` gave them; nothing is ever imported because an archive says so.

    Raises:
        InvalidArchive: damaged, or nothing that `write` made, in a format that is known here.
        LimitExceeded: more than `limits` allows.
    """
    loading = _Loading(limits, providers or {})
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


@dataclass(slots=True)
class _Loading:
    """A tree on its way in."""

    limits: Limits
    providers: Mapping[str, Provider]
    tree: Tree = field(default_factory=Tree)
    about: Facts | None = None
    waiting: dict[str, Facts] = field(default_factory=dict)  # files whose content comes next
    extras: list[tuple[Directory, Extra | None, int]] = field(default_factory=list)
    lost: set[str] = field(default_factory=set)

    def take(self, item: Item) -> None:
        if self.about is None:
            self.about = _about(item)
        elif item.path.startswith(_FACTS) and isinstance(item.content, bytes):
            self._check_complete()
            for line in item.content.splitlines():
                self._note(parse(line))
        elif item.path.startswith(f"{_TREE}/"):
            if isinstance(item.content, bytes):
                self._fill(item.path[len(_TREE) :], item.content)
        elif item.content is not None:
            raise InvalidArchive(item.path, "it belongs to no workspace")

    def finish(self) -> Loaded:
        self._check_complete()
        if self.about is None:
            raise InvalidArchive("", "it is empty")
        for directory, extra, created_ns in self.extras:  # what came into a directory has changed its time
            directory.extra, directory.created_ns = extra, created_ns
        self.tree.forget()
        limits, tree = self.limits, self.tree
        if tree.size > limits.total_bytes or tree.files + tree.directories > limits.nodes:
            raise LimitExceeded(f"it is more than this file system may hold: {limits.nodes} nodes")
        return Loaded(tree.freeze(), self.about, tuple(sorted(self.lost)))

    def _check_complete(self) -> None:
        if self.waiting:
            raise InvalidArchive(next(iter(self.waiting)), "its content is missing")

    def _note(self, facts: Facts) -> None:
        """Take in what is said of a node; all but files are complete with that."""
        path = self._checked_path(facts)
        if path in self.waiting or (path != paths.ROOT and self.tree.get(path) is not None):
            raise InvalidArchive(path, "two of one name")
        if facts["kind"] == "file" and "provider" not in facts:
            self.waiting[path] = facts
        elif facts["kind"] == "directory":
            self._make_directory(path, facts)
        elif facts["kind"] == "symlink":
            link = Link(text_of(facts, "target"))
            checked_link(path, link)
            self._put(path, self._record(facts, link))
        else:
            self._put(
                path, self._record(facts, FileMount(self._provider(facts), facts.get("ttl"), facts.get("metadata")))
            )

    def _fill(self, path: str, content: bytes) -> None:
        facts = self.waiting.pop(path, None)
        if facts is None:
            raise InvalidArchive(path, "nothing is said of it")
        if len(content) > self.limits.file_bytes or self.tree.size + len(content) > self.limits.total_bytes:
            raise LimitExceeded(f"{path} with its {len(content)} bytes is more than this file system may hold")
        self._put(path, self._record(facts, content))

    def _make_directory(self, path: str, facts: Facts) -> None:
        if path == paths.ROOT:
            directory = self.tree.root
        else:
            directory = Directory(self.tree.token, self.tree.stamp())
            self._put(path, directory)
        if "provider" in facts and path != paths.ROOT:
            directory.mount = DirectoryMount(self._provider(facts), facts.get("ttl"), facts.get("metadata"))
        self.extras.append((directory, self._extra(facts), facts["created_ns"]))

    def _put(self, path: str, node: Node) -> None:
        if path != paths.ROOT and self.tree.get_directory(paths.parent(path).rstrip("/")) is None:
            raise InvalidArchive(path, "the directory that it is in is missing")
        try:
            self.tree.put(path, node)
        except NotADirectory as error:
            raise InvalidArchive(path, "it lies in a file") from error

    def _record(self, facts: Facts, content: bytes | Link | FileMount) -> FileRecord:
        return FileRecord(content, self.tree.stamp(), facts["version"], facts["created_ns"], self._extra(facts))

    def _extra(self, facts: Facts) -> Extra | None:
        policy = policy_from(facts["policy"]) or SEALED if "policy" in facts else None
        return bare(Extra(facts.get("mode"), facts["modified_ns"], policy, facts.get("metadata")))

    def _provider(self, facts: Facts) -> Provider:
        name = text_of(facts, "provider")
        if name not in self.providers:
            self.lost.add(name)
            return lost_provider(name)
        return self.providers[name]

    def _checked_path(self, facts: Facts) -> str:
        path = text_of(facts, "path")
        try:
            normal = paths.normalize(path) == path
        except InvalidPath:
            normal = False
        name_bytes = len(path.rpartition("/")[2].encode(errors="replace"))
        if not normal or name_bytes > self.limits.name_bytes or path.count("/") > self.limits.depth:
            raise InvalidArchive(path, "a path that this file system does not hold")
        return path


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
        plan.puts.append(Put(f"/{name}", partial(_arrived, tree, f"/{name}", new)))
    plan.puts.append(Put(paths.ROOT, lambda: _ruled(tree, new)))
    plan.writes = lambda: _events(tree, new)
    return plan


def _arrived(tree: Tree, path: str, above: Directory) -> Node | None:
    node = above.get(path[1:])
    if isinstance(node, FileRecord):
        return node._replace(version=max(node.version, tree.next_version(path, None)), stamp=tree.stamp())
    return None if node is None else tree.renumbered(path, node)


def _ruled(tree: Tree, new: Directory) -> Directory:
    """The root with what came into it, and the rules and times of the new one."""
    twin = tree.root.copy(tree.token)
    twin.extra, twin.created_ns = new.extra, new.created_ns
    return twin


def _events(tree: Tree, top: Directory) -> Iterable[WriteEvent]:
    for path, node in whole(paths.ROOT, top):
        if isinstance(node, FileRecord) and isinstance(node.content, bytes):
            before = tree.get(path)
            seen = tree.next_version(path, before if isinstance(before, FileRecord) else None)
            yield WriteEvent(path, node.content, max(node.version, seen), append=False)
