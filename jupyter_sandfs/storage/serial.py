"""A whole storage as bytes, to send or to keep elsewhere: one entry a line, under a seal."""

from __future__ import annotations

from jupyter_sandfs.errors import StorageError
from jupyter_sandfs.storage.entry import FileEntry
from jupyter_sandfs.storage.protocol import FileStorage
from jupyter_sandfs.storage.seal import sealed, unsealed

_FORM = "serialized jupyter_sandfs storage"
_NUMBER = 1


class SerializableFileStorage(FileStorage):
    """A storage that can be turned into bytes and back."""

    def serialize(self) -> bytes:
        """All entries with their contents."""
        return sealed(_FORM, _NUMBER, (entry.to_json() for entry in self.items()))

    def deserialize(self, data: bytes) -> None:
        """Hold what `serialize` gave instead of what is here.

        Raises:
            StorageError: the bytes are damaged, not ours, or of a later release. Nothing was changed.
        """
        lines = unsealed(_FORM, _NUMBER, data).lines
        entries = {entry.path: entry for entry in map(FileEntry.from_json, lines)}
        if len(entries) != len(lines):
            raise StorageError(f"the {_FORM} is damaged: a path stands in it twice")
        self.apply(entries.values(), [path for path in self.paths() if path not in entries])
