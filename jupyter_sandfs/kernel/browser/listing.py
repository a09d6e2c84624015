"""What the tree lists: a folder in the order of a column, page by page, and where in it a name is."""

from __future__ import annotations

from typing import Any, NamedTuple

from jupyter_sandfs import paths
from jupyter_sandfs.errors import InvalidRequest, PathError
from jupyter_sandfs.kernel.browser.ordering import COLUMNS, ORDERS, Ordering
from jupyter_sandfs.rpc.entries import describe
from jupyter_sandfs.rpc.operations import Handler
from jupyter_sandfs.vfs.entries import DirEntry
from jupyter_sandfs.vfs.filesystem import VirtualFileSystem
from jupyter_sandfs.vfs.interface import FileSystem
from jupyter_sandfs.vfs.policy import OPEN

MAX_PAGE = 1_000
_PAGE_BYTES = 1 << 20  # names and paths in one page

Document = dict[str, Any]


class _Listed(NamedTuple):
    """A folder as it was listed; `state` is None where what it holds may differ the next time without a change."""

    question: tuple[str, str, bool]
    state: tuple[str, int] | None
    ordering: Ordering
    entries: dict[str, DirEntry]  # empty where nodes are looked up one by one


class Listing:
    """The operations for one browser. Remembers the folder that was listed last: its pages come one by one."""

    def __init__(self) -> None:
        self._last: _Listed | None = None

    def operations(self) -> dict[str, Handler]:
        """The table for a dispatcher."""
        return {"rows": self.rows, "seek": self.seek}

    def rows(
        self,
        fs: FileSystem,
        _body: object,
        path: str,
        offset: int = 0,
        order: str = "name",
        *,
        descending: bool = False,
    ) -> Document:
        """Give one page of a folder: directories first, then by the column, equal ones by name.

        Gives {entries, total, readOnly}: how many there are in all, and whether the folder takes no new names.

        Raises:
            InvalidRequest: no such column, or a negative offset.
        """
        listed = self._list(fs, path, offset, order, descending=descending)
        names = listed.ordering.part(offset, offset + MAX_PAGE)
        policy = fs.get_policy(path)
        page = _page(fs, path, names, listed.entries)
        return {"entries": page, "total": len(listed.ordering), "readOnly": not policy.writable}

    def seek(
        self,
        fs: FileSystem,
        _body: object,
        path: str,
        text: str,
        start: int = 0,
        order: str = "name",
        *,
        descending: bool = False,
        exact: bool = False,
    ) -> Document:
        """Find the first name from `start` on, and then from the top, that begins with a text in any case.

        Gives {offset}; None for no such name. With `exact` the name has to be the text.
        """
        listed = self._list(fs, path, start, order, descending=descending)
        names = listed.ordering.part(0, len(listed.ordering))
        wanted = text.casefold()
        places = (*range(min(start, len(names)), len(names)), *range(min(start, len(names))))
        fits = (at for at in places if (names[at] == text if exact else names[at].casefold().startswith(wanted)))
        return {"offset": next(fits, None)}

    def _list(self, fs: FileSystem, path: str, offset: int, order: str, *, descending: bool) -> _Listed:
        if order not in ORDERS or offset < 0:
            raise InvalidRequest(f"a listing has an offset, and an order of {', '.join(sorted(ORDERS))}")
        question, state, last = (path, order, descending), _state(fs, path), self._last
        if last is not None and (last.question, last.state) == (question, state) and state is not None:
            return last
        found = _listed(fs, question, state)
        if last is not None and last.question == question and last.ordering == found.ordering:
            found = found._replace(ordering=last.ordering)  # the same names: they need not be sorted again
        self._last = found if len(found.ordering) > MAX_PAGE else None
        return found


def _state(fs: FileSystem, path: str) -> tuple[str, int] | None:
    if not isinstance(fs, VirtualFileSystem) or fs.stat(path).dynamic:  # a view's folders change with its rules too
        return None
    newest = fs.log(1)
    return fs.tree_id, newest[0].sequence if newest else 0


def _listed(fs: FileSystem, question: tuple[str, str, bool], state: tuple[str, int] | None) -> _Listed:
    path, order, descending = question
    if state is not None and order == "name":
        _, directories, others = next(fs.walk(path))
        return _Listed(question, state, Ordering(directories, others, descending=descending), {})
    entries = {entry.name: entry for entry in fs.ls(path)}
    directories = [name for name, entry in entries.items() if entry.is_dir]
    others = [name for name, entry in entries.items() if not entry.is_dir]
    column = COLUMNS.get(order)
    values = {name: column(entry) for name, entry in entries.items()} if column else None
    return _Listed(question, state, Ordering(directories, others, values, descending=descending), entries)


def _page(fs: FileSystem, folder: str, names: list[str], entries: dict[str, DirEntry]) -> list[Document]:
    page: list[Document] = []
    room = _PAGE_BYTES
    for name in names:
        path = paths.join(folder, name)
        try:
            entry = entries.get(name) or DirEntry(name, path, fs.stat(path, follow=False))
        except PathError:  # it went away just now: the page is told so in a moment
            continue
        room -= len(path) + len(name) + len(entry.stat.link_target or "")
        if room < 0 and page:
            break
        page.append(describe(fs, entry) | _marks(fs, entry))
    return page


def _marks(fs: FileSystem, entry: DirEntry) -> Document:
    """Tell the owner, and nobody else, that a node is hidden from some."""
    if not isinstance(fs, VirtualFileSystem):
        return {}
    policy = fs.get_policy(entry.path)
    return {"restricted": True} if policy.principals or policy.visibility != OPEN.visibility else {}
