"""The commands that every shell has beside the engine's own: one module each, listed here."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec

from jupyter_sandfs.shell.command import Command
from jupyter_sandfs.shell.commands.branch import BRANCH
from jupyter_sandfs.shell.commands.changes import CHANGES
from jupyter_sandfs.shell.commands.chmod import CHMOD
from jupyter_sandfs.shell.commands.cp import CP
from jupyter_sandfs.shell.commands.date import DATE
from jupyter_sandfs.shell.commands.df import DF
from jupyter_sandfs.shell.commands.diff import DIFF
from jupyter_sandfs.shell.commands.du import DU
from jupyter_sandfs.shell.commands.grep import EGREP, FGREP, GREP
from jupyter_sandfs.shell.commands.help import HELP
from jupyter_sandfs.shell.commands.host import HOST
from jupyter_sandfs.shell.commands.journal import JOURNAL
from jupyter_sandfs.shell.commands.ln import LN
from jupyter_sandfs.shell.commands.ls import LS
from jupyter_sandfs.shell.commands.mkdir import MKDIR
from jupyter_sandfs.shell.commands.mounts import MOUNTS
from jupyter_sandfs.shell.commands.mv import MV
from jupyter_sandfs.shell.commands.patch import PATCH
from jupyter_sandfs.shell.commands.policy import POLICY
from jupyter_sandfs.shell.commands.python import PYTHON, PYTHON3
from jupyter_sandfs.shell.commands.realpath import REALPATH
from jupyter_sandfs.shell.commands.restore import RESTORE
from jupyter_sandfs.shell.commands.rg import RG
from jupyter_sandfs.shell.commands.rm import RM
from jupyter_sandfs.shell.commands.seq import SEQ
from jupyter_sandfs.shell.commands.sleep import SLEEP
from jupyter_sandfs.shell.commands.snapshot import SNAPSHOT
from jupyter_sandfs.shell.commands.snapshots import SNAPSHOTS
from jupyter_sandfs.shell.commands.stat import STAT
from jupyter_sandfs.shell.commands.store import FILES, PUBLISH, STAGE
from jupyter_sandfs.shell.commands.touch import TOUCH
from jupyter_sandfs.shell.commands.tree import TREE
from jupyter_sandfs.shell.commands.undo import REDO, UNDO
from jupyter_sandfs.shell.commands.versions import VERSIONS
from jupyter_sandfs.shell.commands.zcat import ZCAT
from jupyter_sandfs.shell.commands.zip import UNZIP, ZIP

_ALL = (
    *(
        BRANCH,
        CHANGES,
        CHMOD,
        CP,
        DATE,
        DF,
        DIFF,
        DU,
        FILES,
        HELP,
        HOST,
        JOURNAL,
        LN,
        LS,
        MKDIR,
        MOUNTS,
        MV,
        PATCH,
        POLICY,
        PUBLISH,
    ),
    *(PYTHON, PYTHON3, REALPATH, REDO, RESTORE, RM, SEQ, SLEEP, SNAPSHOT, SNAPSHOTS, STAGE, STAT, TOUCH, TREE),
    *(UNDO, UNZIP, VERSIONS, ZCAT, ZIP),
)
_SEARCH = (EGREP, FGREP, GREP, RG)
"""Where google-re2 has no wheel, the engine's own stay: they search up to 100 MB."""

COMMANDS: Mapping[str, Command] = {
    command.name: command for command in (*_ALL, *(_SEARCH if find_spec("re2") is not None else ()))
}
