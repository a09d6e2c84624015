"""Operations of the history: the moments there are, what differs since one, one file then and now, going back."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from jupyter_sandfs import paths
from jupyter_sandfs.errors import InvalidRequest, NotFound, PathError, ProviderError
from jupyter_sandfs.kernel.browser.changes import ACTOR
from jupyter_sandfs.kernel.browser.differences import side_by_side
from jupyter_sandfs.kernel.browser.preview import decode
from jupyter_sandfs.kernel.moments import CellMoment, Cells
from jupyter_sandfs.rpc.entries import describe_path, rfc3339
from jupyter_sandfs.rpc.operations import Handler
from jupyter_sandfs.vfs.actions import Change, ChangeKind
from jupyter_sandfs.vfs.entries import moment as as_time
from jupyter_sandfs.vfs.history import Snapshot
from jupyter_sandfs.vfs.interface import FileSystem

MAX_CHANGES = 2_000
MAX_MOMENTS = 60
_COMPARED_BYTES = 1 << 20

Document = dict[str, Any]


class History:
    """The operations for one file system.

    Args:
        owned: the whole file system, whose cells are noted; what the page sees of it comes with each request.
    """

    def __init__(self, owned: FileSystem, cells: Cells) -> None:
        self._owned = owned
        self._cells = cells

    def operations(self) -> dict[str, Handler]:
        """The table for a dispatcher."""
        return {
            "moments": self.moments,
            "changes_since": self.changes_since,
            "difference": self.difference,
            "go_back": self.go_back,
            "compare": compare,
        }

    def moments(self, fs: FileSystem, _body: object) -> Document:
        """Give {moments: [{id, kind, label, at}]}, oldest first; kind is "snapshot" or "cell"."""
        return {"moments": [_document(key, kind, label, each) for key, kind, label, each in self._known(fs)]}

    def changes_since(self, fs: FileSystem, _body: object, moment: str) -> Document:
        """What differs between a moment and now: {changes, counts, truncated}.

        A change has kind, path, isDir, source; what is gone also has `entry`, as it was then.
        """
        then = self._find(fs, moment)
        found = fs.diff(then)
        past = fs.at(then)
        return {
            "changes": [_change(past, each) for each in found[:MAX_CHANGES]],
            "counts": {kind: sum(each.kind == kind for each in found) for kind in ChangeKind},
            "truncated": len(found) > MAX_CHANGES,
        }

    def difference(self, fs: FileSystem, _body: object, moment: str, path: str, source: str | None = None) -> Document:
        """One file then and now: {old, new, rows, places}; rows is None for what is no text.

        Args:
            source: where it was then, if it moved since.
        """
        past = fs.at(self._find(fs, moment))
        old, new = _Side.read(past, source or path), _Side.read(fs, path)
        if old.version is None and new.version is None:
            raise NotFound(paths.normalize(path))
        told = {"old": old.document(), "new": new.document()}
        if old.text is None or new.text is None:
            return told | {"rows": None, "places": None}
        rows, places = side_by_side(old.text, new.text)
        return told | {"rows": rows, "places": places}

    def go_back(self, fs: FileSystem, _body: object, moment: str, path: str | None = None) -> Document:
        """Make everything, or one file, what it was; an action that can be undone. Gives {action}."""
        then = self._find(fs, moment)
        label = f"restore {path or 'everything'}"
        with fs.action(label, ACTOR) as action:
            if path is None:
                fs.restore(then)
            else:
                _bring_back(fs, fs.at(then), paths.normalize(path))
        return {"action": action.number}

    def _known(self, fs: FileSystem) -> list[tuple[str, str, str, Snapshot]]:
        named = [(f"s:{each.name}", "snapshot", each.name or "", each) for each in fs.snapshots()]
        cells = [
            (f"c:{each.cell}:{each.snapshot.at_ns}", "cell", f"[{each.cell}]", each.snapshot)
            for each in self._cells_seen(fs)
        ]
        return sorted([*named, *cells], key=lambda each: each[3].at_ns)[-MAX_MOMENTS:]

    def _cells_seen(self, fs: FileSystem) -> list[CellMoment]:
        """The cells that changed something to be seen: others would tell a view that something hidden changed."""
        cells = self._cells.of(self._owned)
        if fs is self._owned or not cells:
            return cells
        first = cells[:1] if fs.at(cells[0].snapshot).listdir(paths.ROOT) else []
        later = [each for before, each in pairwise(cells) if fs.diff(before.snapshot, each.snapshot)]
        return first + later

    def _find(self, fs: FileSystem, key: str) -> Snapshot:
        found = next((each for known, _, _, each in self._known(fs) if known == key), None)
        if found is None:
            raise InvalidRequest("that moment is not kept any more")
        return found


def compare(fs: FileSystem, body: bytes | memoryview, path: str) -> Document:
    """The file at `path` beside the text in the request's body: {old, new, rows, places}, as `difference`."""
    if len(body) > _COMPARED_BYTES:
        raise InvalidRequest("texts over 1 MiB are not compared")
    now, text = _Side.read(fs, path), decode(bytes(body))
    told: Document = {"old": now.document(), "new": {"version": None, "size": len(body)}}
    if now.text is None or text is None:
        return told | {"rows": None, "places": None}
    rows, places = side_by_side(now.text, text)
    return told | {"rows": rows, "places": places}


class _Side:
    """A file at one moment; version None where there is none, text None where it is none."""

    def __init__(self, version: int | None, size: int, text: str | None) -> None:
        self.version, self.size, self.text = version, size, text

    @classmethod
    def read(cls, fs: FileSystem, path: str) -> _Side:
        try:
            found = fs.stat(path)
            if found.is_dir:
                return cls(found.version, 0, None)
            data = fs.read_bytes(path)
        except NotFound:
            return cls(None, 0, "")
        except (PathError, ProviderError):  # it may not be read, or can't be computed any more
            return cls(0, 0, None)
        return cls(found.version, len(data), decode(data) if len(data) <= _COMPARED_BYTES else None)

    def document(self) -> Document:
        return {"version": self.version, "size": self.size}


def _document(key: str, kind: str, label: str, snapshot: Snapshot) -> Document:
    return {"id": key, "kind": kind, "label": label, "at": rfc3339(as_time(snapshot.at_ns))}


def _change(past: FileSystem, change: Change) -> Document:
    document: Document = {
        "kind": str(change.kind),
        "path": change.path,
        "isDir": change.is_dir,
        "source": change.source,
    }
    if change.kind is not ChangeKind.REMOVED:
        return document
    try:
        return document | {"entry": describe_path(past, change.path)}
    except PathError:  # hidden then
        return document


def _bring_back(fs: FileSystem, past: FileSystem, path: str) -> None:
    """Make one file what it was: its content, or its absence."""
    if not past.exists(path):
        fs.remove(path, recursive=True)
    elif past.is_dir(path):
        raise InvalidRequest(f"{path} is a folder: restore its files, or everything")
    else:
        fs.write_bytes(path, past.read_bytes(path))
