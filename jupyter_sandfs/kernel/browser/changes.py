"""What the reader does to files by hand: each is one action of the journal, and can be taken back."""

from __future__ import annotations

from typing import Any

from jupyter_sandfs import paths
from jupyter_sandfs.errors import InvalidRequest
from jupyter_sandfs.rpc.operations import Handler
from jupyter_sandfs.vfs.interface import FileSystem

ACTOR = "browser"
MAX_PATHS = 1_000
_LOOKED_BACK = 10_000  # records of the journal in which an action is looked for

CHANGING = frozenset({"write", "mkdir", "move", "remove", "upload_commit", "extract_commit"})
"""Operations of the dispatcher that the page may ask for and that change files: they are the browser's too."""


def delete(fs: FileSystem, _body: object, paths_: list[Any]) -> dict[str, int]:
    """Remove nodes with all in them, in one action that leaves nothing half done; gives {action, count}."""
    wanted = _outermost(paths_)
    with fs.transaction(f"delete {_named(wanted)}", ACTOR) as action:
        for path in wanted:
            fs.remove(path, recursive=True)
    return {"action": action.number, "count": len(wanted)}


def move_into(fs: FileSystem, _body: object, paths_: list[Any], folder: str) -> dict[str, Any]:
    """Move nodes into a folder under their names, all or none; gives {action, count, paths}.

    Raises:
        AlreadyExists: one of the names is taken there.
        InvalidPath: a folder into itself.
    """
    moves = [(path, paths.join(folder, paths.name(path))) for path in _outermost(paths_)]
    moves = [(start, end) for start, end in moves if start != end]
    with fs.transaction(f"move {_named([start for start, _ in moves])}", ACTOR) as action:
        for start, end in moves:
            fs.move(start, end)
    return {"action": action.number, "count": len(moves), "paths": [end for _, end in moves]}


def undo(fs: FileSystem, _body: object, action: int | None = None) -> dict[str, Any]:
    """Take back the browser's last action; with `action`, only if it is that one. Gives {paths}.

    Raises:
        InvalidRequest: there is nothing to undo, or something else was done by hand since.
        MergeConflict: later changes stand on it.
    """
    last = _last_action(fs)
    if last is None:
        raise InvalidRequest("nothing was done here yet")
    if action not in {None, last}:
        raise InvalidRequest("something else was changed here since: look into the history")
    return {"paths": [change.path for change in fs.undo(actor=ACTOR)][:MAX_PATHS]}


def _last_action(fs: FileSystem) -> int | None:
    return next((each.action for each in reversed(fs.log(_LOOKED_BACK)) if each.actor == ACTOR), None)


def _outermost(given: list[Any]) -> list[str]:
    """The paths without those that lie below others of them."""
    if not 0 < len(given) <= MAX_PATHS or not all(isinstance(path, str) for path in given):
        raise InvalidRequest(f"give 1 to {MAX_PATHS} paths")
    wanted = {paths.normalize(path) for path in given}
    if paths.ROOT in wanted:
        raise InvalidRequest("the root stays where it is")
    return sorted(path for path in wanted if not wanted.intersection(paths.ancestors(path)))


def _named(wanted: list[str]) -> str:
    return wanted[0] if len(wanted) == 1 else f"{len(wanted)} nodes"


OPERATIONS: dict[str, Handler] = {"delete": delete, "move_into": move_into, "undo": undo}
