"""Who is told of changes: write hooks, which may refuse or take back, and watches, which only look."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple, Self

from jupyter_sandfs import paths
from jupyter_sandfs.errors import HookError
from jupyter_sandfs.vfs import unlinked
from jupyter_sandfs.vfs.actions import Change

_NESTING = 8  # writes made by a hook, made by a hook, …


class WriteEvent(NamedTuple):
    """A file gets new content.

    Attributes:
        content: what is written; when appending, the piece that is added.
        version: the version that it becomes.
    """

    path: str
    content: bytes
    version: int
    append: bool


class PathEventKind(StrEnum):
    """What becomes of a path."""

    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"
    MOVE = "move"
    COPY = "copy"
    MKDIR = "mkdir"


class PathEvent(NamedTuple):
    """Something becomes of a path. A directory that comes, goes or moves stands for all that is in it.

    Attributes:
        source: where a move or a copy comes from.
        filled: a directory comes with something in it.
    """

    kind: PathEventKind
    path: str
    source: str | None = None
    filled: bool = False

    def concerns(self, prefix: str) -> bool:
        """Say whether it happens at or below `prefix`, or to a directory that `prefix` is in."""
        places = [self.path, *([self.source] if self.source is not None else ())]
        if any(paths.is_within(place, prefix) for place in places):
            return True
        return (self.filled or self.kind not in _NEW) and any(paths.is_within(prefix, place) for place in places)


_NEW = {PathEventKind.CREATE, PathEventKind.MKDIR}  # nothing is below such a path, unless it comes filled

WriteHook = Callable[[WriteEvent], None]
PathHook = Callable[[PathEvent], None]

_depth: ContextVar[int] = ContextVar("jupyter_sandfs_hook_depth", default=0)


@dataclass(frozen=True, slots=True)
class _Registered:
    prefix: str
    call: Callable[[Any], None]
    before: bool

    def is_near(self, path: str) -> bool:
        """Say whether a path lies within the prefix, or the prefix within the path; both are in normal form."""
        there, here = f"{self.prefix.rstrip('/')}/", f"{path.rstrip('/')}/"
        return there.startswith(here) or here.startswith(there)


class Hooks:
    """Hooks in the order of their registration, those of paths before those of contents; run without any lock held."""

    def __init__(self) -> None:
        self._writes: tuple[_Registered, ...] = ()
        self._paths: tuple[_Registered, ...] = ()

    def __bool__(self) -> bool:
        return bool(self._writes or self._paths)

    @property
    def prefixes(self) -> list[str]:
        return [each.prefix for each in (*self._writes, *self._paths)]

    def add(self, prefix: str, hook: WriteHook, *, before: bool) -> None:
        self._writes = (*self._writes, _Registered(prefix, hook, before))

    def add_path_hook(self, prefix: str, hook: PathHook, *, before: bool) -> None:
        self._paths = (*self._paths, _Registered(prefix, hook, before))

    def occasion(
        self, touched: list[str], writes: Callable[[], Iterable[WriteEvent]], moves: Callable[[], list[PathEvent]]
    ) -> Occasion:
        """What hooks are to be told of a change to the paths touched; asks only for what some hook wants to know."""
        concerned = any(each.is_near(path) for each in self._writes for path in touched)
        return Occasion(moves() if self._paths else [], list(writes()) if concerned else [])

    def run(self, occasion: Occasion, *, before: bool) -> None:
        """Call each hook whose prefix a change concerns.

        Raises:
            HookError: a hook raised (`veto` for a before-hook), or hooks write in more than 8 levels.
        """
        for moved in occasion.moves:
            for each in self._paths:
                if each.before == before and moved.concerns(each.prefix):
                    _call(each, moved)
        for written in occasion.writes:
            for each in self._writes:
                if each.before == before and paths.is_within(written.path, each.prefix):
                    _call(each, written)


class Occasion(NamedTuple):
    """What hooks are told of one change."""

    moves: list[PathEvent]
    writes: list[WriteEvent]


def _call(registered: _Registered, event: WriteEvent | PathEvent) -> None:
    depth = _depth.get()
    if depth >= _NESTING:
        raise HookError(event.path, f"hooks write in more than {_NESTING} levels", veto=registered.before)
    reset = _depth.set(depth + 1)
    try:
        with unlinked.lifted():
            registered.call(event)
    except Exception as error:
        reason = error.reason if isinstance(error, HookError) else str(error) or type(error).__name__
        raise HookError(event.path, reason, veto=registered.before) from error
    finally:
        _depth.reset(reset)


class Watch:
    """Changes at or below a prefix, coalesced: by callback from a thread of its own, or by iterating.

    Each batch is a list with at most one change a path: the last. `close` ends it, and so does leaving a `with` block.
    """

    def __init__(
        self,
        prefix: str,
        callback: Callable[[list[Change]], None] | None,
        interval: float,
        on_close: Callable[[Watch], None],
    ) -> None:
        self.prefix = prefix
        self._within = f"{prefix.rstrip('/')}/"
        self._callback = callback
        self._interval = interval
        self._on_close = on_close
        self._pending: dict[str, Change] = {}
        self._lock = threading.Lock()
        self._timer: threading.Timer | None = None
        self._batches: queue.SimpleQueue[list[Change] | None] = queue.SimpleQueue()
        self.closed = False

    def tell(self, changes: Iterable[Change]) -> None:
        """Take note of changes; never blocks and never calls user code."""
        mine = [each for each in changes if f"{each.path}/".startswith(self._within)]
        if not mine or self.closed:
            return
        with self._lock:
            self._pending.update((each.path, each) for each in mine)
            if self._timer is None:
                self._timer = threading.Timer(self._interval, self.flush)
                self._timer.daemon = True
                self._timer.start()

    def flush(self) -> None:
        """Hand over what was noted so far."""
        with self._lock:
            if self._timer is not None:
                self._timer.cancel()
            batch, self._pending, self._timer = list(self._pending.values()), {}, None
        if not batch or self.closed:
            return
        if self._callback is not None:
            self._callback(batch)
        else:
            self._batches.put(batch)

    def close(self) -> None:
        """Stop observing; a waiting iterator ends."""
        with self._lock:
            self.closed = True
            if self._timer is not None:
                self._timer.cancel()
        self._on_close(self)
        self._batches.put(None)

    def __iter__(self) -> Iterator[list[Change]]:
        while (batch := self._batches.get()) is not None:
            yield batch

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
