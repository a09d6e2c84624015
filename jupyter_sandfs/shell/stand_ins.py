"""What scripts expect of every system and no tree has: commands at `/usr/bin/NAME`, and `/dev/null`.

Scripts begin with `#!/usr/bin/env`, and ask `type`, `hash` or `[ -x /bin/NAME ]` for a command. The engine looks into
the file system then; where nothing is, these answers stand in. A file or directory of the tree always comes first.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable

from jupyter_sandfs.shell.language import LANGUAGE, PROGRAMS_OF_THE_LANGUAGE
from jupyter_sandfs.vfs.entries import Kind, Stat

NULL = "/dev/null"
"""What is written there is gone. Redirections never ask for it, but tools that are given its name do."""

_PROGRAM = re.compile(r"(?:/usr)?/bin/([^/]+)")
_PROGRAM_MODE, _NULL_MODE = 0o755, 0o666


def programs(commands: Iterable[str]) -> frozenset[str]:
    """Those of all commands that a system would have as files."""
    return frozenset(commands) - LANGUAGE | PROGRAMS_OF_THE_LANGUAGE


def content(path: str, names: Container[str]) -> bytes | None:
    """What can be read at a path that is not in the tree: of a program, a script that calls the command."""
    if path == NULL:
        return b""
    found = _PROGRAM.fullmatch(path)
    return f'#!/bin/bash\n{found[1]} "$@"\n'.encode() if found and found[1] in names else None


def stat(path: str, names: Container[str]) -> Stat | None:
    """Describe what `content` gives as a file."""
    found = content(path, names)
    mode = _NULL_MODE if path == NULL else _PROGRAM_MODE
    return None if found is None else Stat(Kind.FILE, len(found), mode, 1, 0, 0, 0, "")
