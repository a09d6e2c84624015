"""A sandbox file system that lives in the notebook's kernel.

Names are loaded when they are first used: importing this package costs next to nothing, and a program that only wants
the file system never loads IPython, widgets, a server or a shell.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jupyter_sandfs.agents.exercise import Exercise
    from jupyter_sandfs.errors import (
        AlreadyExists,
        AppendOnly,
        ChecksumMismatch,
        ContentTypeRefused,
        FileTooLarge,
        HookError,
        InvalidArchive,
        InvalidKey,
        InvalidPath,
        InvalidRequest,
        InvalidSnapshot,
        IsADirectory,
        KernelBusy,
        LimitExceeded,
        MergeConflict,
        NameTooLong,
        NoSpace,
        NotADirectory,
        NotEmpty,
        NotFound,
        ObjectNotFound,
        ObjectTooLarge,
        PathError,
        PermissionDenied,
        PreconditionFailed,
        ProviderError,
        QuotaExceeded,
        QuotaReached,
        RateLimited,
        ReadOnly,
        SandboxNotFound,
        SandfsError,
        ServerUnreachable,
        StorageError,
        StorageLocked,
        StoreError,
        TooManyLinks,
        Unsupported,
        VersionConflict,
    )
    from jupyter_sandfs.filestore import FileInfo, FileStore, open_file_store
    from jupyter_sandfs.sandbox import Sandbox
    from jupyter_sandfs.shell.results import ShellResult
    from jupyter_sandfs.shell.shell import SandboxShell
    from jupyter_sandfs.storage import AsyncFileStorage, FileEntry, FileStorage, SerializableFileStorage
    from jupyter_sandfs.vfs.entries import Stat
    from jupyter_sandfs.vfs.events import WriteEvent
    from jupyter_sandfs.vfs.filesystem import VirtualFileSystem
    from jupyter_sandfs.vfs.history import Snapshot
    from jupyter_sandfs.vfs.limits import Limits
    from jupyter_sandfs.vfs.policy import NodePolicy
    from jupyter_sandfs.vfs.providers import NodeContext, ProvidedNode
    from jupyter_sandfs.vfs.views.readonly import ReadOnlyView
    from jupyter_sandfs.vfs.views.subtree import SubtreeView
    from jupyter_sandfs.vfs.views.view import View, VisibilityView

__version__ = "0.1.0"

_HOMES = {
    "AsyncFileStorage": "storage",
    "Exercise": "agents.exercise",
    "FileEntry": "storage",
    "FileInfo": "filestore",
    "FileStorage": "storage",
    "FileStore": "filestore",
    "Limits": "vfs.limits",
    "NodeContext": "vfs.providers",
    "NodePolicy": "vfs.policy",
    "ProvidedNode": "vfs.providers",
    "ReadOnlyView": "vfs.views.readonly",
    "Sandbox": "sandbox",
    "SandboxShell": "shell.shell",
    "SerializableFileStorage": "storage",
    "ShellResult": "shell.results",
    "Snapshot": "vfs.history",
    "Stat": "vfs.entries",
    "SubtreeView": "vfs.views.subtree",
    "View": "vfs.views.view",
    "VirtualFileSystem": "vfs.filesystem",
    "VisibilityView": "vfs.views.view",
    "WriteEvent": "vfs.events",
    "open_file_store": "filestore",
}
# What Jupyter Server and IPython look for in an extension's package.
_ENTRY_POINTS = {
    "_jupyter_labextension_paths": "server.extension",
    "_jupyter_server_extension_points": "server.extension",
    "_load_jupyter_server_extension": "server.extension",
    "load_ipython_extension": "kernel.extension",
    "unload_ipython_extension": "kernel.extension",
}

# Faces of a sandbox that are there on first use; a notebook adds its own when it loads the extension.
_FACES = {"race": "agents.faces", "tools": "agents.faces", "transcript": "agents.faces"}

__all__ = [
    "AlreadyExists",
    "AppendOnly",
    "AsyncFileStorage",
    "ChecksumMismatch",
    "ContentTypeRefused",
    "Exercise",
    "FileEntry",
    "FileInfo",
    "FileStorage",
    "FileStore",
    "FileTooLarge",
    "HookError",
    "InvalidArchive",
    "InvalidKey",
    "InvalidPath",
    "InvalidRequest",
    "InvalidSnapshot",
    "IsADirectory",
    "KernelBusy",
    "LimitExceeded",
    "Limits",
    "MergeConflict",
    "NameTooLong",
    "NoSpace",
    "NodeContext",
    "NodePolicy",
    "NotADirectory",
    "NotEmpty",
    "NotFound",
    "ObjectNotFound",
    "ObjectTooLarge",
    "PathError",
    "PermissionDenied",
    "PreconditionFailed",
    "ProvidedNode",
    "ProviderError",
    "QuotaExceeded",
    "QuotaReached",
    "RateLimited",
    "ReadOnly",
    "ReadOnlyView",
    "Sandbox",
    "SandboxNotFound",
    "SandboxShell",
    "SandfsError",
    "SerializableFileStorage",
    "ServerUnreachable",
    "ShellResult",
    "Snapshot",
    "Stat",
    "StorageError",
    "StorageLocked",
    "StoreError",
    "SubtreeView",
    "TooManyLinks",
    "Unsupported",
    "VersionConflict",
    "View",
    "VirtualFileSystem",
    "VisibilityView",
    "WriteEvent",
    "open_file_store",
]


def load_face(name: str) -> None:
    """Import the layer above `Sandbox` that adds a face to it, if one does without a notebook."""
    home = _FACES.get(name)
    if home is not None:
        import_module(f"{__name__}.{home}").register()


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name) or _ENTRY_POINTS.get(name) or ("errors" if name in __all__ else None)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{home}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
