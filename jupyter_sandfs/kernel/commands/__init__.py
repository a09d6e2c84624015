"""What `%sandfs` does itself: what takes a path of the host, a cell's body, Python's names, or a page to show on.

Everything else goes to the sandbox's shell, which never sees a path of the host.
"""

from __future__ import annotations

from collections.abc import Mapping

from jupyter_sandfs.kernel.commands import (
    agents,
    cells,
    mount,
    principals,
    sandboxes,
    status,
    transfers,
    watch,
    workspaces,
)
from jupyter_sandfs.kernel.commands.command import Call, MagicCommand

__all__ = ["CELL_COMMANDS", "LINE_COMMANDS", "Call", "MagicCommand", "find"]


def _tables() -> tuple[Mapping[str, MagicCommand], ...]:
    return LINE_COMMANDS, CELL_COMMANDS


_FAMILIES = (
    status.COMMANDS,
    sandboxes.COMMANDS,
    principals.COMMANDS,
    transfers.COMMANDS,
    workspaces.COMMANDS,
    mount.COMMANDS,
    watch.COMMANDS,
    agents.COMMANDS,
)
_LINES = {name: each for table in _FAMILIES for name, each in table.items()} | {"help": status.helping(_tables)}
LINE_COMMANDS: Mapping[str, MagicCommand] = dict(sorted(_LINES.items()))
CELL_COMMANDS: Mapping[str, MagicCommand] = dict(sorted({**cells.COMMANDS, **principals.CELLS}.items()))


def find(commands: Mapping[str, MagicCommand], line: str) -> tuple[MagicCommand | None, str]:
    """The command that a line begins with, in one word or two, and the rest of the line."""
    words = line.split(None, 2)
    for count in (2, 1):
        name = " ".join(words[:count])
        if len(words) >= count and name in commands:
            return commands[name], line.split(None, count)[count] if len(words) > count else ""
    return (commands.get(""), "") if not line else (None, line)
