"""Following links from outside a file system, step by step, for views that show less than there is below them."""

from __future__ import annotations

from collections.abc import Callable

from jupyter_sandfs import paths
from jupyter_sandfs.errors import NotADirectory, TooManyLinks
from jupyter_sandfs.vfs import unlinked
from jupyter_sandfs.vfs.entries import Stat


def follow(
    path: str, describe: Callable[[str], Stat | None], *, hops: int, last: bool = True
) -> tuple[str, Stat | None]:
    """Give where a normal path leads and what is there; from the first absent name on the path is kept as written.

    Args:
        describe: tells of a node without following it, or None if it is not to be seen.
        hops: links followed at most.
        last: follow a link at the end too.

    Raises:
        TooManyLinks, NotADirectory
    """
    at, stat, left = paths.ROOT, describe(paths.ROOT), hops
    if stat is None:
        return path, None
    todo = _segments(path)
    while todo:
        below = f"{at.rstrip('/')}/{todo.pop()}"
        stat = describe(below)
        if stat is None:
            return "/".join([below, *reversed(todo)]), None
        if stat.link_target is not None and (todo or last):
            unlinked.check(path)
            left -= 1
            if left < 0:
                raise TooManyLinks(path)
            todo += _segments(paths.normalize(stat.link_target, at))
            at, stat = paths.ROOT, describe(paths.ROOT)
        elif todo and not stat.is_dir:
            raise NotADirectory(below)
        else:
            at = below
    return at, stat


def _segments(path: str) -> list[str]:
    """Names of a normal path, the last one first."""
    return [] if path == paths.ROOT else path.split("/")[:0:-1]
