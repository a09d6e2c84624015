"""Where a file system can be kept between kernels."""

from jupyter_sandfs.storage.entry import FileEntry
from jupyter_sandfs.storage.memory import MemoryFileStorage
from jupyter_sandfs.storage.protocol import FileStorage

__all__ = ["FileEntry", "FileStorage", "MemoryFileStorage"]
