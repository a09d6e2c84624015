"""Where a file system can be kept between kernels.

What needs a database, a client or an event loop is loaded when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from jupyter_sandfs.storage.entry import FileEntry
from jupyter_sandfs.storage.memory import MemoryFileStorage
from jupyter_sandfs.storage.opening import open_storage
from jupyter_sandfs.storage.protocol import AsyncFileStorage, FileStorage
from jupyter_sandfs.storage.serial import SerializableFileStorage

if TYPE_CHECKING:
    from jupyter_sandfs.storage.behind import WriteBehind
    from jupyter_sandfs.storage.bridge import StorageBridge
    from jupyter_sandfs.storage.redis import RedisFileStorage
    from jupyter_sandfs.storage.sqlite import SQLiteFileStorage

_HOMES = {
    "RedisFileStorage": "redis",
    "SQLiteFileStorage": "sqlite",
    "StorageBridge": "bridge",
    "WriteBehind": "behind",
}

__all__ = [
    "AsyncFileStorage",
    "FileEntry",
    "FileStorage",
    "MemoryFileStorage",
    "RedisFileStorage",
    "SQLiteFileStorage",
    "SerializableFileStorage",
    "StorageBridge",
    "WriteBehind",
    "open_storage",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
