"""Watches through views: what the watch below hears, as far as it may be told."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from jupyter_sandfs.vfs.events import Watch

if TYPE_CHECKING:
    from jupyter_sandfs.vfs.actions import Change
    from jupyter_sandfs.vfs.interface import FileSystem


class Relay(Watch):
    """A watch of another file system whose batches go through `show`, which leaves out and renames.

    Args:
        prefix: what is watched, as a path of `base`.
        show: gives what may be told of a batch; nothing is told of an empty one.
    """

    def __init__(
        self,
        base: FileSystem,
        prefix: str,
        callback: Callable[[list[Change]], None] | None,
        interval: float,
        show: Callable[[list[Change]], list[Change]],
    ) -> None:
        super().__init__(prefix, callback, interval, lambda _: self._below.close())
        self._show = show
        self._below = base.watch(prefix, self._pass_on, interval=interval)

    def flush(self) -> None:
        self._below.flush()

    def _pass_on(self, batch: list[Change]) -> None:
        shown = self._show(batch)
        if not shown or self.closed:
            return
        if self._callback is not None:
            self._callback(shown)
        else:
            self._batches.put(shown)
