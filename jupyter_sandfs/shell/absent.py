"""Programs that people and agents look for and that are not here: what to do instead."""

from __future__ import annotations

import re
from collections.abc import Mapping

from jupyter_sandfs.shell.command import Output
from jupyter_sandfs.shell.engine import CallFacts, Handler

_NOT_FOUND = 127  # bash: no such command

_NETWORK = "there is no network here: bring data in with `stage KEY DEST`, or from Python"
_INSTALLING = "nothing can be installed here; `host CMD` runs programs of this machine"
_EDITING = "there is no terminal here: write files with `cat > FILE <<'EOF'`, change them with `sed -i` or `patch`"
_RUNNING = "there is no such program here; `host CMD` runs those of this machine, on a copy of the files"
_HISTORY = "there is no git here: see `help snapshot changes restore undo branch`, and `diff -ru` for patches"

_INSTEAD: Mapping[str, tuple[str, ...]] = {
    _NETWORK: ("curl", "wget", "http", "ssh", "scp", "sftp", "rsync", "ftp", "nc", "telnet", "ping", "dig"),
    _INSTALLING: (
        *("apk", "apt", "apt-get", "brew", "cargo", "conda", "dnf", "gem", "go", "npm", "npx", "pip", "pip3", "pnpm"),
        *("pipx", "poetry", "uv", "yarn", "yum"),
    ),
    _EDITING: ("ed", "emacs", "nano", "vi", "vim", "nvim"),
    _RUNNING: (
        *("cc", "clang", "cmake", "deno", "docker", "g++", "gcc", "ipython", "java", "jupyter", "mypy", "node", "perl"),
        *("php", "pytest", "R", "Rscript", "ruby", "ruff", "rustc", "sqlite3", "tsc"),
    ),
    _HISTORY: ("gh", "git", "hg", "svn"),
}

INSTEAD: Mapping[str, str] = {name: words for words, names in _INSTEAD.items() for name in names}
"""What to do instead of each."""

OF_THE_ENGINE = frozenset(("curl", "wget", "http", "nano", "vi"))
"""Those that the engine has, and that can only fail here."""

_COMPLAINT = re.compile(r"^(bash: line \d+: ([\w+.-]+): command not found).*$", re.MULTILINE)


def absences() -> dict[str, Handler]:
    """Give what answers in place of the engine's commands that can only fail."""
    return dict.fromkeys(OF_THE_ENGINE, _tell)


def _tell(facts: CallFacts) -> Output:
    return Output(stderr=f"{facts.name}: {INSTEAD[facts.name]}\n", exit_code=_NOT_FOUND)


def with_advice(stderr: str) -> str:
    """Say behind `command not found` what to do instead, where that is known."""
    return _COMPLAINT.sub(_advised, stderr)


def _advised(found: re.Match[str]) -> str:
    words = INSTEAD.get(found[2])
    return found[0] if words is None else f"{found[1]}: {words}"
