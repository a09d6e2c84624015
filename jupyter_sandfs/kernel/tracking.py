"""A cell is one action, which `undo` takes back, and what it changed can be told when it is done."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext, suppress
from typing import Any

from IPython import version_info

from jupyter_sandfs.kernel.answers import Answer, change_data
from jupyter_sandfs.kernel.display.history import folded
from jupyter_sandfs.kernel.output import counted
from jupyter_sandfs.sandbox import Sandbox
from jupyter_sandfs.shell.commands.changes import row
from jupyter_sandfs.vfs import actions
from jupyter_sandfs.vfs.actions import Action, Change, ChangeKind
from jupyter_sandfs.vfs.comparing import compare
from jupyter_sandfs.vfs.interface import FileSystem

_ROWS = 20  # of the text; pages fold
_LABEL = 200  # characters
_FILE_BYTES = 256 << 10  # of a file before and after that is compared
_COMPARED_BYTES = 1 << 20  # of all of them
_COUNTED_FIRST = version_info[:2] >= (9, 8)  # a cell is counted before its listeners hear of it (ipython#15088)
_VERBS = {
    ChangeKind.ADDED: "added",
    ChangeKind.CHANGED: "changed",
    ChangeKind.REMOVED: "removed",
    ChangeKind.MOVED: "moved",
}


class Tracked:
    """A file system from now on."""

    def __init__(self, fs: FileSystem) -> None:
        self._fs = fs
        self._before = fs.snapshot()

    def answer(self, who: str) -> Answer | None:
        """What `who` changed; None if nothing."""
        changes = self._fs.diff(self._before)
        if not changes:
            return None
        difference = "".join(self._differences(changes))
        summary = f"{who}: {_summed(changes)}"
        rows = "".join(f"  {row(each)}" for each in changes[:_ROWS])
        more = f"  … and {len(changes) - _ROWS:,} more\n" if len(changes) > _ROWS else ""
        return Answer(
            text=f"{summary}\n{rows}{more}",
            html=folded(summary, changes, difference),
            data={"changes": [change_data(each) for each in changes], "diff": difference},
            marked=True,
        )

    def _differences(self, changes: list[Change]) -> Iterator[str]:
        """What differs in files that are not too large, up to a bound in all; nothing is computed for it."""
        old, new = self._fs.at(self._before), self._fs.at(self._fs.snapshot())
        room = _COMPARED_BYTES
        for change in changes:
            sides = [old.get_entry(change.source or change.path), new.get_entry(change.path)]
            found = [side.stat for side in sides if side is not None]
            size = sum(stat.size for stat in found)
            if all(stat.is_file and not stat.dynamic for stat in found) and size <= min(room, _FILE_BYTES):
                room -= size
                yield compare(old, new, change, context=3)


def _summed(changes: list[Change]) -> str:
    """How many paths were added, changed and so on."""
    counts = {verb: sum(each.kind is kind for each in changes) for kind, verb in _VERBS.items()}
    parts = [f"{count:,} {verb}" for verb, count in counts.items() if count]
    return ", ".join(parts) if parts else counted(0, "change")


class CellActions:
    """Listens to an IPython shell: each cell is an action of the owner's.

    Args:
        ip: the shell.
        wanted: says whether what a cell changed is to be told.
        tell: shows it.
    """

    def __init__(self, ip: Any, wanted: Callable[[], bool], tell: Callable[[Answer], object]) -> None:
        self._ip = ip
        self._wanted = wanted
        self._tell = tell
        self._open: dict[int, tuple[AbstractContextManager[Action], dict[str, Tracked]]] = {}

    def listen(self) -> None:
        self._ip.events.register("pre_run_cell", self._begin)
        self._ip.events.register("post_run_cell", self._end)

    def stop(self) -> None:
        """Listen no more; an action that is open ends."""
        for event, call in (("pre_run_cell", self._begin), ("post_run_cell", self._end)):
            with suppress(ValueError):  # it was never registered, or taken away by others
                self._ip.events.unregister(event, call)
        for entered, _ in self._open.values():
            _leave(entered)
        self._open.clear()

    def _begin(self, info: Any) -> None:
        nested = actions.current() is not None  # a cell that runs cells
        names = Sandbox.names() if self._wanted() and not nested else []
        entered = actions.action(self._label(info), actions.OWNER)
        entered.__enter__()
        self._open[id(info)] = (entered, {name: Tracked(Sandbox.get(name).shell.fs) for name in names})

    def _end(self, result: Any) -> None:
        entered, tracked = self._open.pop(id(result.info), (nullcontext(), {}))  # it may have begun before us
        _leave(entered)
        for name, each in tracked.items():
            answer = each.answer(f"this cell, in sandbox '{name}'")
            if answer is not None:
                self._tell(answer)

    def _label(self, info: Any) -> str:
        lines = str(info.raw_cell or "").strip().splitlines()
        number = self._ip.execution_count - (_COUNTED_FIRST and bool(info.store_history))
        return f"[{number}] {lines[0] if lines else ''}"[:_LABEL]


def _leave(entered: AbstractContextManager[Any]) -> None:
    """End an action. A kernel tells of a cell's end from another context, where there is nothing to take back."""
    with suppress(ValueError):
        entered.__exit__(None, None, None)
