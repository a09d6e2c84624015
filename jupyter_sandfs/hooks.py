"""The events that hooks are given, under the name that the Python seed shows."""

from jupyter_sandfs.vfs.events import PathEvent, PathEventKind, WriteEvent

__all__ = ["PathEvent", "PathEventKind", "WriteEvent"]
