"""Three-way merge of trees: what only they changed comes over; what both changed the same way is there already."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from functools import partial
from typing import NamedTuple, TypeVar

from jupyter_sandfs import paths
from jupyter_sandfs.errors import MergeConflict
from jupyter_sandfs.vfs.actions import Change, ChangeKind
from jupyter_sandfs.vfs.content import Slice, data_of, size_of
from jupyter_sandfs.vfs.events import PathEventKind, WriteEvent
from jupyter_sandfs.vfs.history import differences, node_at, same_content
from jupyter_sandfs.vfs.nodes import Directory, FileRecord, Node, empty_directory
from jupyter_sandfs.vfs.operations import Desk, Plan, Put, restored, take_away, whole
from jupyter_sandfs.vfs.textdiff import merge_texts
from jupyter_sandfs.vfs.tree import Root, Tree

T = TypeVar("T")

_MARKS = ("ours", "theirs")


class OnConflict(StrEnum):
    """What becomes of a path that both sides changed, each in another way."""

    REFUSE = "refuse"  # MergeConflict names them all, and nothing is changed
    MARK = "mark"  # texts get conflict marks; of anything else ours stays
    OURS = "ours"
    THEIRS = "theirs"


class Merged(NamedTuple):
    """What a merge did.

    Attributes:
        changes: what came over, in the order of paths.
        conflicts: paths that both sides changed, each in another way.
    """

    changes: list[Change]
    conflicts: list[str]


class Sides(NamedTuple):
    """The common ancestor and what became of it on both sides."""

    base: Directory
    ours: Directory
    theirs: Directory


class _Clash(Exception):  # a signal inside this module
    """Both sides changed a path, each in another way."""


def merge(desk: Desk, base: Root, theirs: Root, how: OnConflict, conflicts: list[str]) -> Plan:
    """Bring over what changed between `base` and `theirs`.

    Directories are there for what is in them: one that one side removed stays as long as the other put something in.

    Args:
        conflicts: filled with the paths that both sides changed, each in another way.

    Raises:
        MergeConflict: there are some, and `how` is to refuse.
    """
    sides = Sides(base.directory, desk.tree.freeze().directory, theirs.directory)
    picks, conflicts[:] = _choose(sides, how)
    if conflicts and how is OnConflict.REFUSE:
        raise MergeConflict(conflicts)
    return _plan(desk, picks)


# ---------------------------------------------------------------- what is to be where


def _choose(sides: Sides, how: OnConflict) -> tuple[dict[str, Node | None], list[str]]:
    """What is to be at which path; and the conflicts."""
    ours, theirs = _changed(sides.base, sides.ours), _changed(sides.base, sides.theirs)
    used = {each for path, node in ours.items() if node is not None for each in paths.ancestors(path)}
    picks: dict[str, Node | None] = {}
    conflicts: list[str] = []
    kept = ""
    for path in sorted(theirs, key=_by_segments):
        if kept and path.startswith(kept):
            continue
        try:
            node = _merged(sides, path, theirs[path], used, changed=path in ours)
        except _Clash:
            conflicts.append(path)
            node = _settled(sides, path, how)
            kept = f"{path}/" if node is node_at(sides.ours, path) else ""
        if node is not node_at(sides.ours, path):
            picks[path] = node
    return picks, conflicts


def _changed(base: Directory, side: Directory) -> dict[str, Node | None]:
    """What is at each path that differs from the base, each node by itself."""
    changes = list(differences(base, side))
    found: dict[str, Node | None] = {}
    for change in changes:
        if change.kind is ChangeKind.REMOVED:
            found.update((path, None) for path, _ in whole(change.path, node_at(base, change.path)))
    for change in changes:
        node = node_at(side, change.path)
        if change.kind is ChangeKind.ADDED:
            found.update(whole(change.path, node))
        elif change.kind is ChangeKind.CHANGED:
            found[change.path] = node
    return found


def _merged(sides: Sides, path: str, theirs: Node | None, used: set[str], *, changed: bool) -> Node | None:
    """What is to be at a path that they changed. Raises _Clash."""
    base, ours = node_at(sides.base, path), node_at(sides.ours, path)
    if theirs is None and isinstance(base, Directory) and path in used:
        return ours  # ours put something in
    if theirs is not None and (_is_blocked(sides.ours, path) or (path in used and not isinstance(theirs, Directory))):
        raise _Clash
    if not changed:
        return theirs
    if isinstance(base, FileRecord | None) and isinstance(ours, FileRecord) and isinstance(theirs, FileRecord):
        return _merged_file(base, ours, theirs)
    if isinstance(ours, Directory) and isinstance(theirs, Directory) and ours.mount is theirs.mount:
        extra = _three_ways(base.extra if base else None, ours.extra, theirs.extra)
        return ours if extra == ours.extra else theirs
    if ours is None and theirs is None:
        return ours
    raise _Clash


def _merged_file(base: FileRecord | None, ours: FileRecord, theirs: FileRecord) -> FileRecord:
    extra = _three_ways(base.extra if base else None, ours.extra, theirs.extra)
    if same_content(ours.content, theirs.content) or (base and same_content(base.content, theirs.content)):
        content = ours.content
    elif base and same_content(base.content, ours.content):
        content = theirs.content
    else:
        text = _merged_text(base, ours, theirs) if base else None
        if text is None:
            raise _Clash
        content = text
    unchanged = content is ours.content and extra == ours.extra
    return ours if unchanged else ours._replace(content=content, extra=extra)


def _merged_text(
    base: FileRecord | None, ours: FileRecord, theirs: FileRecord, marks: tuple[str, str] | None = None
) -> bytes | None:
    contents = [each.content if each else b"" for each in (base, ours, theirs)]
    texts = [data_of(each) for each in contents if isinstance(each, bytes | Slice)]
    return merge_texts(*texts, marks=marks) if len(texts) == len(contents) else None


def _settled(sides: Sides, path: str, how: OnConflict) -> Node | None:
    """What is to be at a path on which the sides clash."""
    base, ours, theirs = (node_at(side, path) for side in sides)
    if how is OnConflict.THEIRS:
        return None if _is_blocked(sides.ours, path) else theirs
    if how is OnConflict.MARK and isinstance(ours, FileRecord) and isinstance(theirs, FileRecord):
        text = _merged_text(base if isinstance(base, FileRecord) else None, ours, theirs, _MARKS)
        return ours if text is None else ours._replace(content=text)
    return ours


def _three_ways(base: T, ours: T, theirs: T) -> T:
    if ours in (base, theirs):
        return theirs
    if theirs == base:
        return ours
    raise _Clash


def _is_blocked(top: Directory, path: str) -> bool:
    """Say whether something that is no directory is above a path."""
    above = (node_at(top, each) for each in paths.ancestors(path))
    return any(node is not None and (not isinstance(node, Directory) or node.mount) for node in above)


def _by_segments(path: str) -> list[str]:
    return path.split("/")


# ---------------------------------------------------------------- how it comes there


def _plan(desk: Desk, picks: dict[str, Node | None]) -> Plan:
    plan = Plan(paths.ROOT)
    replaced = [f"{path}/" for path, node in picks.items() if isinstance(node, FileRecord) and _is_dir(desk.tree, path)]
    removed = [path for path, node in picks.items() if node is None]
    for path in sorted(removed, key=_by_segments, reverse=True):  # what is in a directory before it
        if not path.startswith(tuple(replaced)):
            _weigh(desk.tree, plan, desk.tree.get(path), -1, whole_tree=False)
            plan.puts.append(take_away(path))
    for path in sorted(picks, key=_by_segments):
        if (node := picks[path]) is not None:
            _add(desk.tree, plan, path, node)
    came = {path: node for path, node in picks.items() if isinstance(node, FileRecord)}
    plan.writes = lambda: list(_writes(desk.tree, came))
    return plan


def _add(tree: Tree, plan: Plan, path: str, node: Node) -> None:
    current = tree.get(path)
    if isinstance(node, Directory) and isinstance(current, Directory):  # its rules changed, not what is in it
        plan.puts.append(Put(path, partial(restored, tree, path, node)))
        return
    _weigh(tree, plan, current, -1, whole_tree=True)
    _weigh(tree, plan, node, 1, whole_tree=False)
    make: Callable[[], Node]
    make = partial(_hollow, tree, node) if isinstance(node, Directory) else partial(_arrived, tree, path, node)
    new = isinstance(node, Directory) and current is None
    plan.puts.append(Put(path, make, PathEventKind.MKDIR if new else None))


def _weigh(tree: Tree, plan: Plan, node: Node | None, sign: int, *, whole_tree: bool) -> None:
    if isinstance(node, Directory):
        totals = tree.settle(node)
        plan.size += sign * totals.size if whole_tree else 0
        plan.nodes += sign * totals.nodes if whole_tree else sign
    elif node is not None:
        plan.size += sign * size_of(node.content)
        plan.nodes += sign


def _hollow(tree: Tree, node: Directory) -> Directory:
    directory = empty_directory(tree.token, tree.stamp())
    directory.extra, directory.mount = node.extra, node.mount
    return directory


def _arrived(tree: Tree, path: str, node: FileRecord) -> FileRecord:
    """A file of another tree: it gets a version and a stamp of this one."""
    current = tree.get(path)
    version = tree.next_version(path, current if isinstance(current, FileRecord) else None)
    return node._replace(version=version, stamp=tree.stamp())


def _writes(tree: Tree, came: dict[str, FileRecord]) -> list[WriteEvent]:
    events = []
    for path, node in came.items():
        current = tree.get(path)
        version = tree.next_version(path, current if isinstance(current, FileRecord) else None)
        if isinstance(node.content, bytes | Slice):
            events.append(WriteEvent(path, data_of(node.content), version, append=False))
    return events


def _is_dir(tree: Tree, path: str) -> bool:
    return isinstance(tree.get(path), Directory)
