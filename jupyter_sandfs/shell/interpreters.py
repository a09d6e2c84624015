"""Python scripts that were run by their path: the engine reads them as bash, and its complaints say nothing of that."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from itertools import islice

from jupyter_sandfs import paths
from jupyter_sandfs.errors import SandfsError
from jupyter_sandfs.vfs.interface import FileSystem

_COMPLAINT = re.compile(
    r"^(?:bash: line \d+: (.+?): parse error|([^:\n]+): line \d+: [^:\n]+: command not found)", re.MULTILINE
)
"""How the engine complains of a script: before anything of it runs, or of one of its lines."""
_FIRST_LINE = re.compile(rb"#!.*\bpython[\d.]*\b")
_MOST = 3  # scripts that are looked at
_LOOKED_AT = 200  # bytes of a first line


def misread(stderr: str, system: FileSystem, cwd: str) -> Iterator[str]:
    """Say how to run those scripts that were complained of and are Python's, by their first line or else their name."""
    names = dict.fromkeys(found[1] or found[2] for found in _COMPLAINT.finditer(stderr))
    for name in islice(names, _MOST):
        if "/" in name and _is_python(system, name, cwd):
            yield f"{name}: a Python script; run it as: python3 {shlex.quote(name)}"


def _is_python(system: FileSystem, name: str, cwd: str) -> bool:
    try:
        path = paths.normalize(name, cwd)
        if system.stat(path).dynamic:
            return False
        with system.open(path, "rb") as file:
            first = file.readline(_LOOKED_AT)
    except SandfsError:
        return False
    return (name.endswith(".py") and not first.startswith(b"#!")) or _FIRST_LINE.match(first) is not None
