"""Taking changes back: step by step in reverse, if nothing that came later stands on them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial

from jupyter_sandfs import paths
from jupyter_sandfs.errors import LimitExceeded, MergeConflict, NotADirectory
from jupyter_sandfs.vfs.actions import ChangeKind
from jupyter_sandfs.vfs.content import size_of
from jupyter_sandfs.vfs.events import PathEventKind, WriteEvent
from jupyter_sandfs.vfs.journal import Batch, Entry, JournalRecord, Lost
from jupyter_sandfs.vfs.nodes import Directory, Node, policy_of
from jupyter_sandfs.vfs.operations import Desk, Plan, Put, check_takes_back, check_writable, restored, restored_events

Permit = Callable[[JournalRecord], None]
"""Raises for a change that the caller may not take back."""


def revert(desk: Desk, batch: Batch, later: Batch) -> Plan:
    """Take a batch of changes back, all of it or nothing.

    Args:
        later: what is in force of the changes since the first of the batch.

    Raises:
        MergeConflict: changes of others stand on it.
        LimitExceeded: what was there before was too large to be kept.
        ReadOnly, AppendOnly: a policy forbids it.
    """
    _check_nothing_on_top(batch, later)
    plan = Plan(batch[0][1].path)
    staying = _staying(desk, batch)
    ruled = {entry.path for _, entry in batch if _brings_rules(entry)}
    for _, entry in reversed(batch):
        if entry.path not in staying:
            _check_rules(desk, entry, ruled)
            _add(desk, plan, entry)
    plan.writes = lambda: list(_writes(desk, batch, staying))
    return plan


def _add(desk: Desk, plan: Plan, entry: Entry) -> None:
    before = _kept(entry)
    size, nodes = _weight(desk, before, filled=True)
    gone_size, gone_nodes = _weight(desk, entry.after, filled=entry.filled)
    if not (isinstance(before, Directory) and isinstance(entry.after, Directory)):  # else only its rules changed
        plan.size += size - gone_size
        plan.nodes += nodes - gone_nodes
    kind = PathEventKind.DELETE if before is None else None
    back = before if isinstance(before, Directory) and not isinstance(entry.after, Directory) else None
    plan.puts.append(Put(entry.path, partial(_earlier, desk, entry.path, before), kind, back))


def _earlier(desk: Desk, path: str, node: Node | None) -> Node | None:
    return restored(desk.tree, path, node)


def _kept(entry: Entry) -> Node | None:
    if isinstance(entry.before, Lost):
        raise LimitExceeded(f"{entry.path}: what was there was too large for the journal; restore a snapshot instead")
    return entry.before


def _weight(desk: Desk, node: Node | None, *, filled: bool) -> tuple[int, int]:
    """Bytes and nodes of what came or went; a directory that came empty counts alone."""
    if isinstance(node, Directory):
        totals = desk.tree.settle(node) if filled else None
        return (totals.size, totals.nodes) if totals else (0, 1)
    return (size_of(node.content), 1) if node is not None else (0, 0)


def _writes(desk: Desk, batch: Batch, staying: set[str]) -> Iterator[WriteEvent]:
    first: dict[str, Entry] = {}
    for _, entry in batch:
        first.setdefault(entry.path, entry)
    for path, entry in first.items():
        node = _kept(entry)
        if node is not None and path not in staying:
            both = isinstance(node, Directory) and isinstance(desk.tree.get(path), Directory)
            kind = ChangeKind.CHANGED if both else ChangeKind.ADDED
            yield from restored_events(desk.tree, entry.change._replace(kind=kind), node)


def _staying(desk: Desk, batch: Batch) -> set[str]:
    """Directories that were made in passing and now hold something else: they stay."""
    came = {entry.path for _, entry in reversed(batch) if entry.before is None}
    hollow = {entry.path for _, entry in batch if entry.before is None and not entry.filled}
    staying: set[str] = set()
    for path in sorted(came & hollow, key=len, reverse=True):
        node = desk.tree.get(path)
        if isinstance(node, Directory):
            below = {paths.join(path, name) for name in (*node.files, *node.directories)}
            if below & staying or below - came:
                staying.add(path)
    return staying


# ---------------------------------------------------------------- checks


def _check_rules(desk: Desk, entry: Entry, ruled: set[str]) -> None:
    """Hold the policies in force, but those that are themselves taken back."""
    if _is_idle(entry) or not ruled.isdisjoint(paths.ancestors(entry.path)):
        return
    try:
        place = desk.lookup.locate(entry.path, follow=False)
    except NotADirectory:  # below something that is taken back too, and is checked itself
        return
    if place.node is None:
        check_writable(place, append=True)
    elif entry.before is None or entry.path in ruled:
        check_takes_back(place)
    else:
        check_writable(place, append=isinstance(entry.before, Directory))


def _brings_rules(entry: Entry) -> bool:
    """Say whether policies may have come, gone or changed with an entry."""
    before, after = entry.before, entry.after
    if before is None or after is None or isinstance(before, Lost):
        return _carries(entry)
    return policy_of(before) != policy_of(after)


def _is_idle(entry: Entry) -> bool:
    """Say whether a directory was set to what it was."""
    before, after = entry.before, entry.after
    return isinstance(before, Directory) and isinstance(after, Directory) and before.extra == after.extra


def _check_nothing_on_top(batch: Batch, later: Batch) -> None:
    first: dict[str, tuple[int, Entry]] = {}
    for number, entry in batch:
        first.setdefault(entry.path, (number, entry))
    ours = {number for number, _ in batch}
    others = [(number, entry) for number, entry in later if number not in ours]
    if touched := sorted({path for number, entry in others for path in _under(number, entry, first)}):
        raise MergeConflict(touched, "changed again since")


def _under(number: int, entry: Entry, first: dict[str, tuple[int, Entry]]) -> Iterable[str]:
    """Those of our paths that a later change stands on."""
    if number > first.get(entry.path, (number, entry))[0]:
        yield entry.path
    for above in paths.ancestors(entry.path):
        if above in first and number > first[above][0] and _carries(first[above][1]):
            yield above
    if entry.change.is_dir and entry.change.kind is not ChangeKind.CHANGED:
        yield from (path for path, (when, _) in first.items() if number > when and paths.is_child_of(path, entry.path))


def _carries(entry: Entry) -> bool:
    """Say whether a change brought or took a directory with all that is in it."""
    return entry.change.is_dir and (entry.filled or entry.change.kind is ChangeKind.REMOVED)
