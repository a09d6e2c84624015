"""The write events that hooks are given, under the name that the Python seed shows."""

from jupyter_sandfs.vfs.events import WriteEvent

__all__ = ["WriteEvent"]
