"""Many files that are stored together: all of them appear, or none."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from types import TracebackType
from typing import Self

from jupyter_sandfs.errors import LimitExceeded, SandfsError
from jupyter_sandfs.filestore.protocol import FileInfo, FileStore, PutOptions, Upload

MOST_FILES = 100_000
_PAGE = 1000


def below(store: FileStore, prefix: str) -> Iterator[FileInfo]:
    """All files whose keys begin with a prefix, in order. Raises LimitExceeded after 100,000."""
    count, after = 0, None
    while True:
        page = store.list(prefix, after=after, limit=_PAGE)
        yield from page.items
        count, after = count + len(page.items), page.next_after
        if after is None:
            return
        if count >= MOST_FILES:
            raise LimitExceeded(f"more than {MOST_FILES} files begin with {prefix!r:.100}; name a longer prefix")


class Consignment:
    """Stores files under one prefix; leaving the `with` block without `finish` takes all of them back.

    A file under a new key is stored at once. One that replaces another waits as an upload until `finish`: for as long
    as anything can be refused, nothing has been replaced.

    Args:
        present: what the prefix holds.
    """

    def __init__(self, store: FileStore, present: Iterable[FileInfo]) -> None:
        self._store = store
        self._present = {info.key: info.version for info in present}
        self._waiting: list[Upload] = []
        self._stored: list[FileInfo] = []
        self._is_finished = False

    def replaces(self, key: str) -> bool:
        """Tell whether a file has to wait, as `begin` makes it."""
        return key in self._present

    def begin(self, key: str, size: int, options: PutOptions) -> Upload:
        """Begin a file that replaces another. Append all of it; `finish` commits.

        Raises:
            LimitExceeded: as many are waiting as the store has room for.
        """
        try:
            upload = self._store.begin_upload(key, length=size, **options)
        except LimitExceeded as error:
            text = f"{len(self._waiting)} files can be replaced together, not more; publish under a new prefix"
            raise LimitExceeded(text) from error
        self._waiting.append(upload)
        return upload

    def note(self, info: FileInfo) -> None:
        """Note a file that was stored under a new key."""
        self._stored.append(info)

    def finish(self) -> dict[str, FileInfo]:
        """Replace what is to be replaced, and give all that was stored, by key."""
        while self._waiting:
            self._stored.append(self._waiting[-1].commit())
            self._waiting.pop()
        self._is_finished = True
        return {info.key: info for info in self._stored}

    def take_back(self) -> None:
        """Put things as they were; what somebody else has replaced since stays as it is."""
        for upload in self._waiting:
            with suppress(SandfsError):  # the first error is the one to tell, here and below
                upload.abort()
        for info in self._stored:
            with suppress(SandfsError):
                self._undo(info)

    def _undo(self, info: FileInfo) -> None:
        before = self._present.get(info.key)
        if before is None:
            self._store.delete(info.key, if_version=info.version)
        else:
            self._store.restore(info.key, before, if_version=info.version)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not self._is_finished:
            self.take_back()
