"""What a tree holds, as items that a batch can write again elsewhere.

Paths start at the directory asked for, as if it were a root; links are said relative to where they are. Dynamic nodes
are left out, or computed if that is asked for.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from jupyter_sandfs import paths
from jupyter_sandfs.errors import InvalidRequest, LimitExceeded, NotADirectory, NotFound, PermissionDenied
from jupyter_sandfs.vfs.batch import Item
from jupyter_sandfs.vfs.content import Link, Slice
from jupyter_sandfs.vfs.lookup import Place
from jupyter_sandfs.vfs.names import Names
from jupyter_sandfs.vfs.nodes import Directory, FileRecord, describe, policy_of
from jupyter_sandfs.vfs.operations import nodes_below
from jupyter_sandfs.vfs.providers import FileMount

if TYPE_CHECKING:
    from jupyter_sandfs.vfs.entries import DirEntry, Stat
    from jupyter_sandfs.vfs.interface import FileSystem


def link_from(target: str, directory: str) -> Link:
    """The link that says the same from `directory` without naming the root, which is another one elsewhere."""
    said = target.replace("\\", "/")
    inside = posixpath.normpath(posixpath.join(directory[1:], said))
    if not said.startswith("/") and not inside.startswith(".."):
        return Link(said)
    return Link(posixpath.relpath(paths.normalize(said, directory), directory))


def _computed(path: str) -> InvalidRequest:
    return InvalidRequest(f"{path} is computed by a provider: ask for it with materialize=True")


# ---------------------------------------------------------------- a moment of a tree


def check_readable(place: Place) -> None:
    """Refuse a node that may not be read, or a directory that holds one."""
    if not place.policy.readable:
        raise PermissionDenied(place.path)
    if isinstance(place.node, Directory):
        for path, node in nodes_below(place.node, place.path):
            policy = policy_of(node)
            if policy is not None and not policy.readable:
                raise PermissionDenied(path)


def frozen(place: Place, read: Callable[[bytes | Slice], bytes]) -> Iterator[Item]:
    """The items of a place whose nodes don't change any more, in the order of names.

    Args:
        read: gives the bytes of a content.
    """
    node = place.require()
    dynamic = node.mount is not None if isinstance(node, Directory) else isinstance(node.content, FileMount)
    if dynamic:
        raise _computed(place.path)
    if isinstance(node, Directory):
        return _walk(node, place.path.rstrip("/"), read)
    return _record_items("", {paths.name(place.path): node}, paths.parent(place.path), read)


def _walk(top: Directory, base: str, read: Callable[[bytes | Slice], bytes]) -> Iterator[Item]:
    pending = [("", top)]
    while pending:
        at, directory = pending.pop()
        stat = describe(directory, "")
        yield Item(at or paths.ROOT, None, stat.mode, stat.modified_ns)
        yield from _record_items(at, directory.files, base + at or paths.ROOT, read)
        below = sorted(directory.directories.items(), reverse=True)
        pending += [(f"{at}/{name}", child) for name, child in below if child.mount is None]


def _record_items(
    at: str, records: Names[FileRecord], directory: str, read: Callable[[bytes | Slice], bytes]
) -> Iterator[Item]:
    for name in sorted(records):
        content, stamp, _, _, extra = records[name]
        mode, modified = (None, stamp) if extra is None else (extra.mode, extra.modified_ns or stamp)
        if type(content) is bytes:
            yield Item(f"{at}/{name}", content, mode, modified)
        elif isinstance(content, Link):
            yield Item(f"{at}/{name}", link_from(content.target, directory), mode, modified)
        elif isinstance(content, bytes | Slice):
            yield Item(f"{at}/{name}", read(content), mode, modified)


# ---------------------------------------------------------------- any file system


def live(system: FileSystem, top: str, *, materialize: bool) -> Iterator[Item]:
    """The items that a file system shows below `top`, each as it is in its turn; what goes meanwhile is missing.

    Raises:
        LimitExceeded: providers named more nodes than the file system may hold.
    """
    base = system.resolve(top)
    stat = system.stat(base)
    if stat.dynamic and not materialize:
        raise _computed(base)
    if not stat.is_dir:
        return iter([Item(f"/{paths.name(base)}", system.read_bytes(base), stat.mode, stat.modified_ns)])
    return _shown(system, base, stat, system.ls(base), materialize=materialize)


def _shown(system: FileSystem, base: str, stat: Stat, entries: list[DirEntry], *, materialize: bool) -> Iterator[Item]:
    yield Item(paths.ROOT, None, stat.mode, stat.modified_ns)
    pending = _in_turn(entries)
    count = len(entries)
    skip = len(base.rstrip("/"))
    while pending:
        entry = pending.pop()
        if entry.stat.dynamic and not materialize:
            continue
        try:
            content = _content(system, entry)
        except (NotFound, NotADirectory):  # it went after it was listed
            continue
        below = content if isinstance(content, list) else []
        count += len(below)
        if count >= system.limits.nodes or entry.path.count("/") > system.limits.depth:
            raise LimitExceeded(f"{base} shows more than {system.limits.nodes} nodes, or too many levels")
        yield Item(
            entry.path[skip:],
            None if isinstance(content, list) else content,
            entry.stat.mode,
            entry.stat.modified_ns,
        )
        pending += _in_turn(below)


def _in_turn(entries: list[DirEntry]) -> list[DirEntry]:
    """Last in turn first: directories behind files, each by name."""
    return sorted(entries, key=lambda entry: (entry.is_dir, entry.name), reverse=True)


def _content(system: FileSystem, entry: DirEntry) -> bytes | Link | list[DirEntry]:
    """What the node holds now; of a directory, its entries."""
    if entry.is_dir:
        return system.ls(entry.path)
    if entry.stat.link_target is not None:
        return link_from(entry.stat.link_target, paths.parent(entry.path))
    return system.read_bytes(entry.path)
