"""Going back by the journal.

`rewind` is the short cut of restoring: plain files that changed, came or went since a moment, where nobody is asked or
told. It does what `operations.restore` plans and `commits` carries out, less what is for rules, hooks, watches and
storages. `as_before` gives a moment of which nobody took a snapshot.
"""

from __future__ import annotations

from collections.abc import Iterable

from jupyter_sandfs import paths
from jupyter_sandfs.errors import LimitExceeded
from jupyter_sandfs.vfs.actions import current, together
from jupyter_sandfs.vfs.content import Slice, size_of
from jupyter_sandfs.vfs.history import Snapshot, pairs
from jupyter_sandfs.vfs.journal import Entry, Journal, Lost, weight
from jupyter_sandfs.vfs.limits import Limits
from jupyter_sandfs.vfs.nodes import Directory, FileRecord, Node, new_record, settle
from jupyter_sandfs.vfs.tree import Root, Tree

_WRITTEN = (bytes, Slice)
_Step = tuple[str, str, Directory, FileRecord | None, FileRecord | None]
"""A file to take back: its path and name, the directory to change in place, what it is, and what it will be."""


def rewind(tree: Tree, journal: Journal, limits: Limits, moment: Snapshot) -> bool:
    """Make the tree what it was, all of it; or say that the long way has to be taken, and nothing has changed."""
    root = moment.root
    grows = root.size > tree.size and root.size > limits.total_bytes
    if grows or root.files + root.directories > limits.nodes:
        return False
    written = journal.overwritten_since(moment.at_ns)
    steps = _steps(tree, pairs(root.directory, tree.root) if written is None else written)
    if steps is None:
        return False
    _take(tree, steps)
    with together(len(steps)):
        at_ns, running = tree.stamp(), current()
        entries = [
            (at_ns, "restore", path, now, after, None, running, _kept(now, after), False)
            for path, _, _, now, after in steps
        ]
        journal.extend(entries)
    return True


def as_before(root: Root, later: Iterable[Entry]) -> Root:
    """A frozen tree without changes that were made to it, which are given the last first.

    Raises:
        LimitExceeded: what was there before one of them was too large to be kept.
    """
    tree = Tree.of(root)
    for entry in later:
        before = entry.before
        if isinstance(before, Lost):
            raise LimitExceeded(f"{entry.path}: what was there was too large for the journal; take snapshots")
        if entry.path == paths.ROOT and isinstance(before, Directory):
            _as_it_was(tree.own(""), before)  # what is in it, the other steps say
        else:
            tree.put(entry.path, before)  # a directory was frozen when it was taken out of the tree
    return tree.freeze()


def _as_it_was(directory: Directory, before: Directory) -> None:
    directory.extra, directory.created_ns = before.extra, before.created_ns
    directory.stamp, directory.plain_stamp = before.stamp, before.plain_stamp


def _steps(tree: Tree, found: Iterable[tuple[str, Node | None, Node | None]]) -> list[_Step] | None:
    """How each difference is taken back in place, removals first; None if one of them can't be."""
    steps: list[_Step] = []
    owned = tree.owned
    for path, then, now in found:
        if not (_is_plain(then) and _is_plain(now)):
            return None
        head, _, name = path.rpartition("/")
        directory = owned.get(head) or tree.take(head)
        if directory is None:
            return None
        if type(then) is FileRecord and type(now) is FileRecord:
            content, stamp, version, created_ns, _ = then
            if content is now[0] or content == now[0]:
                continue
            if version <= now[2]:
                version = now[2] + 1
            after: FileRecord | None = new_record((content, stamp, version, created_ns, None))
        else:
            after = _renewed(tree, path, then)
        steps.append((path, name, directory, now, after))  # type: ignore[arg-type]  # plain ones are records or None
    steps.sort(key=_removals_first)
    return steps


def _is_plain(node: Node | None) -> bool:
    if type(node) is FileRecord:
        return node[4] is None and type(node[0]) in _WRITTEN
    return node is None


def _renewed(tree: Tree, path: str, then: Node | None) -> FileRecord | None:
    """A file as it comes back where nothing is: with a version that goes on."""
    if not isinstance(then, FileRecord):
        return None
    return then._replace(version=max(then.version, tree.next_version(path, None)))


def _removals_first(step: _Step) -> tuple[bool, str]:
    return step[4] is not None, step[0]


def _take(tree: Tree, steps: list[_Step]) -> None:
    """Carry all steps out, or none of them."""
    done: list[_Step] = []
    try:
        for step in steps:
            path, name, directory, now, after = step
            if now is None or after is None:
                tree.put(path, after)
            else:
                directory.files[name] = after
                grown = size_of(after[0]) - size_of(now[0])
                if grown:
                    directory.own_bytes += grown
                    tree.size += grown
                tree.highest_version = max(tree.highest_version, after[2])
            done.append(step)
    except BaseException:  # also an interrupt in the middle
        for path, _, _, now, _ in reversed(done):
            tree.put(path, now)
        raise


def _kept(now: FileRecord | None, after: FileRecord | None) -> int:
    """Bytes that only the journal holds on to."""
    if now is None:
        return 0
    return size_of(now[0]) if after is not None else weight(settle(now))
