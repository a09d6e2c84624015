"""Files outside the sandbox, by key: what users upload, agents stage and runs publish.

Every name is imported when it is first asked for, so that a program which only names the interface loads neither
SQLite nor asyncio.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jupyter_sandfs.filestore.aio import AsyncFileStore, AsyncReader, AsyncUpload
    from jupyter_sandfs.filestore.local import LocalFileStore
    from jupyter_sandfs.filestore.opening import default_store_url, open_file_store
    from jupyter_sandfs.filestore.protocol import (
        FileInfo,
        FileStore,
        Page,
        PutOptions,
        Reader,
        Recovery,
        StoreLimits,
        Upload,
        Usage,
    )

__all__ = [
    "AsyncFileStore",
    "AsyncReader",
    "AsyncUpload",
    "FileInfo",
    "FileStore",
    "LocalFileStore",
    "Page",
    "PutOptions",
    "Reader",
    "Recovery",
    "StoreLimits",
    "Upload",
    "Usage",
    "default_store_url",
    "open_file_store",
]

_HOMES = {
    "AsyncFileStore": "aio",
    "AsyncReader": "aio",
    "AsyncUpload": "aio",
    "LocalFileStore": "local",
    "default_store_url": "opening",
    "open_file_store": "opening",
}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES.get(name, 'protocol')}"), name)
