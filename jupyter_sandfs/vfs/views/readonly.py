"""A file system to look at: whatever would change it is refused."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from jupyter_sandfs import paths
from jupyter_sandfs.errors import ReadOnly
from jupyter_sandfs.vfs.actions import Change
from jupyter_sandfs.vfs.batch import Item
from jupyter_sandfs.vfs.history import Snapshot
from jupyter_sandfs.vfs.journal import JournalRecord
from jupyter_sandfs.vfs.views.administered import Administered


class ReadOnlyView(Administered):
    """The same file system, but nothing can be changed through it."""

    def _check_permitted(self, record: JournalRecord) -> None:
        raise ReadOnly(record.path)

    def write_bytes(self, path: str, data: bytes, *, append: bool = False, expected_version: int | None = None) -> int:
        del data, append, expected_version
        raise ReadOnly(paths.normalize(path))

    def mkdir(self, path: str, *, parents: bool = True, exist_ok: bool = True) -> None:
        if not (exist_ok and parents and self.is_dir(path)):
            raise ReadOnly(paths.normalize(path))

    def remove(self, path: str, *, recursive: bool = False, expected_version: int | None = None) -> None:
        del recursive, expected_version
        raise ReadOnly(paths.normalize(path))

    def copy(self, source: str, destination: str, *, overwrite: bool = False) -> None:
        del source, overwrite
        raise ReadOnly(paths.normalize(destination))

    def move(
        self, source: str, destination: str, *, overwrite: bool = False, expected_version: int | None = None
    ) -> None:
        del destination, overwrite, expected_version
        raise ReadOnly(paths.normalize(source))

    def symlink(self, target: str, path: str) -> None:
        del target
        raise ReadOnly(paths.normalize(path))

    def write_many(self, items: Iterable[Item], *, overwrite: bool = False) -> None:
        del overwrite
        for item in items:
            raise ReadOnly(item.path)

    def chmod(self, path: str, mode: int) -> None:
        del mode
        raise ReadOnly(paths.normalize(path))

    def utime(self, path: str, modified_at: datetime | None = None) -> None:
        del modified_at
        raise ReadOnly(paths.normalize(path))

    def invalidate(self, path: str) -> None:
        raise ReadOnly(paths.normalize(path))

    def restore(self, snapshot: Snapshot | str) -> None:
        del snapshot
        raise ReadOnly(paths.ROOT)

    def copy_kept(
        self, moment: Snapshot, source: str, destination: str, kept: frozenset[str], *, overwrite: bool = False
    ) -> None:
        del moment, source, kept, overwrite
        raise ReadOnly(destination)

    def restore_kept(self, moment: Snapshot, changes: Sequence[Change], kept: frozenset[str]) -> None:
        del moment, changes, kept
        raise ReadOnly(paths.ROOT)
