"""The commands that every shell has beside the engine's own: one module each, listed here."""

from __future__ import annotations

from collections.abc import Mapping

from jupyter_sandfs.shell.command import Command
from jupyter_sandfs.shell.commands.changes import CHANGES
from jupyter_sandfs.shell.commands.help import HELP
from jupyter_sandfs.shell.commands.host import HOST
from jupyter_sandfs.shell.commands.journal import JOURNAL
from jupyter_sandfs.shell.commands.ls import LS
from jupyter_sandfs.shell.commands.python import PYTHON, PYTHON3
from jupyter_sandfs.shell.commands.restore import RESTORE
from jupyter_sandfs.shell.commands.sleep import SLEEP
from jupyter_sandfs.shell.commands.snapshot import SNAPSHOT
from jupyter_sandfs.shell.commands.snapshots import SNAPSHOTS
from jupyter_sandfs.shell.commands.store import FILES, PUBLISH, STAGE
from jupyter_sandfs.shell.commands.touch import TOUCH
from jupyter_sandfs.shell.commands.tree import TREE

_ALL = (
    CHANGES,
    FILES,
    HELP,
    HOST,
    JOURNAL,
    LS,
    PUBLISH,
    PYTHON,
    PYTHON3,
    RESTORE,
    SLEEP,
    SNAPSHOT,
    SNAPSHOTS,
    STAGE,
    TOUCH,
    TREE,
)

COMMANDS: Mapping[str, Command] = {command.name: command for command in _ALL}
