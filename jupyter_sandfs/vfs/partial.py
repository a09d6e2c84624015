"""Changes that views ask for as one step: copying what is seen of a tree, and restoring what is seen of a moment."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import partial

from jupyter_sandfs.vfs import operations
from jupyter_sandfs.vfs.actions import Change, ChangeKind
from jupyter_sandfs.vfs.content import Slice, data_of, size_of
from jupyter_sandfs.vfs.events import WriteEvent
from jupyter_sandfs.vfs.lookup import Lookup, Place
from jupyter_sandfs.vfs.nodes import Directory, Extra, FileRecord, Node, bare
from jupyter_sandfs.vfs.operations import Desk, Plan, Put
from jupyter_sandfs.vfs.tree import Root, Tree


class _Earlier(Lookup):
    """The tree as it is, but with one node as it was, less what is not to be seen of it."""

    def __init__(self, live: Lookup, path: str, node: Node | None) -> None:
        self._live, self._path, self._node = live, path, node

    def locate(self, path: str, *, follow: bool = True) -> Place:
        place = self._live.locate(path, follow=follow)
        return place._replace(node=self._node) if place.path == self._path else place


def copy(desk: Desk, moment: Root, source: str, destination: str, kept: frozenset[str], *, overwrite: bool) -> Plan:
    """Copy what is kept of a tree as it was at a moment; all checks are those of any copy."""
    node = Tree.of(moment).get(source)
    trimmed = _trimmed(node, source, kept) if isinstance(node, Directory) else node
    desk = replace(desk, lookup=_Earlier(desk.lookup, source, trimmed))
    return operations.copy(desk, source, destination, overwrite=overwrite)


def restore(desk: Desk, moment: Root, changes: Iterable[Change], kept: frozenset[str]) -> Plan:
    """Take back changes that were made since a moment, as ordinary writes and removals in one step.

    Args:
        changes: from then to now, none within another.
        kept: all paths that come back in directories that are gone.
    """
    then, whole = Tree.of(moment), Plan("/")
    ordered = sorted(changes, key=lambda change: change.kind is not ChangeKind.ADDED)
    freed = {change.path for change in ordered if change.kind is ChangeKind.ADDED}
    events: list[WriteEvent] = []
    for change in ordered:
        node = then.get(change.path)
        if change.kind is ChangeKind.ADDED:
            plan = operations.remove(desk, change.path, recursive=True, expected_version=None)
        elif change.kind is ChangeKind.REMOVED and node is not None:
            plan = _return(desk, change.path, node, kept, freed=change.path in freed)
        elif isinstance(node, FileRecord):
            plan = _revert(desk, change.path, node)
        else:  # a directory of which only rules or times changed
            continue
        whole.puts += plan.puts
        whole.size, whole.nodes = whole.size + plan.size, whole.nodes + plan.nodes
        events += plan.writes()
    whole.writes = lambda: events
    return whole


def _revert(desk: Desk, path: str, node: FileRecord) -> Plan:
    """Give a file the content that it had; the rules it has now stay."""
    current = desk.lookup.locate(path, follow=False).require()
    written = isinstance(current, FileRecord) and isinstance(current.content, bytes | Slice)
    if written:
        plan = operations.write(desk, path, b"", append=False, expected_version=None)
    else:  # a link, which a write would follow, or a dynamic file
        plan = operations.remove(desk, path, recursive=False, expected_version=None)
        plan.nodes = 0
    extra = (current.extra or Extra())._replace(modified_ns=None, mode=node.extra.mode if node.extra else None)
    version = desk.tree.next_version(path, current if isinstance(current, FileRecord) else None)
    record = node._replace(version=version, extra=bare(extra))
    plan.puts = [Put(path, lambda: record._replace(stamp=desk.tree.stamp()))]
    plan.size += size_of(node.content)
    plan.writes = partial(_events, path, record)
    return plan


def _return(desk: Desk, path: str, node: Node, kept: frozenset[str], *, freed: bool) -> Plan:
    """Put back what is gone."""
    back = _numbered(desk.tree, path, node, kept)
    totals = desk.tree.settle(back)
    plan = Plan(path) if freed else operations.put_new(desk, path, lambda: back, size=totals.size)
    plan.puts, plan.size, plan.nodes = [_coming(path, back)], totals.size, totals.nodes
    plan.writes = partial(_events, path, back)
    return plan


def _coming(path: str, back: Node) -> Put:
    return Put(path, lambda: back, directory=back if isinstance(back, Directory) else None)


def _numbered(tree: Tree, path: str, node: Node, kept: frozenset[str]) -> Node:
    """The node that comes back, with versions above the last ones seen there."""
    if isinstance(node, Directory):
        return tree.renumbered(path, _trimmed(node, path, kept))
    return node._replace(version=max(node.version, tree.next_version(path, None)), stamp=tree.stamp())


def _trimmed(directory: Directory, path: str, kept: frozenset[str]) -> Directory:
    """A directory with only what is kept in it; what is kept whole is shared."""
    twin = directory.copy(object())
    for name, record in directory.files.items():
        if f"{path}/{name}" not in kept:
            del twin.files[name]
            twin.own_bytes -= size_of(record.content)
    for name, child in directory.directories.items():
        if f"{path}/{name}" in kept:
            twin.directories[name] = _trimmed(child, f"{path}/{name}", kept)
        else:
            del twin.directories[name]
    return twin


def _events(path: str, node: Node) -> Iterator[WriteEvent]:
    for at, each in operations.whole(path, node):
        if isinstance(each, FileRecord) and isinstance(each.content, bytes | Slice):
            yield WriteEvent(at, data_of(each.content), each.version, append=False)
