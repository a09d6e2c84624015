"""The wall around a command of the host: bubblewrap's arguments, and whether it works on this machine.

Inside there are /usr and the kernel's Python, read-only, a tree to work in, and a little scratch space; no network, no
other process, no user namespace of its own, no privilege, and the environment that is given.
"""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

TREE = "/sandfs"
"""Where a command finds its tree; no directory that a Python is likely to be installed below."""
NAME = "bubblewrap"

_SCRATCH_BYTES = 256 << 20  # of /tmp, and a quarter of it of /dev/shm
_PROBE_SECONDS = 10.0
_USER = "1000"  # inside
_SOMEBODY = 65533  # who has no account and no processes: "nobody" may have both
_AS_ROOT = "it is root's: the number of processes is watched, not limited"

_WALL = (
    *("--unshare-all", "--unshare-user", "--uid", _USER, "--gid", _USER, "--hostname", "sandbox"),
    *("--die-with-parent", "--as-pid-1", "--new-session", "--cap-drop", "ALL", "--clearenv"),
    *("--ro-bind", "/usr", "/usr", "--symlink", "usr/bin", "/bin", "--symlink", "usr/sbin", "/sbin"),
    *("--symlink", "usr/lib", "/lib", "--symlink", "usr/lib64", "/lib64"),
    *(
        "--ro-bind-try",
        "/etc/alternatives",
        "/etc/alternatives",
        "--ro-bind-try",
        "/etc/ld.so.cache",
        "/etc/ld.so.cache",
    ),
    *("--proc", "/proc", "--dev", "/dev"),
)
_SIZE = "--size"
_NO_NESTING = "--disable-userns"
_OPTIONAL: Mapping[str, str] = {
    _NO_NESTING: "user namespaces of its own are not prevented",
    _SIZE: "the size of /tmp and /dev/shm is not limited",
}
"""Options that old versions lack, and what is then missing."""

_SECRETS = ("pip.conf", ".condarc", "condarc", ".netrc")
_SECRET_DIRECTORIES = ("etc/jupyter",)
"""What an installation of Python may hold of its owner's: passwords of package indexes and of servers."""


@dataclass(frozen=True, slots=True)
class Wall:
    """A bubblewrap that works here.

    Attributes:
        lacks: options that it does not have.
        user: whom to start it as, where this process is root: what root may do to the kernel's files, and may have of
            processes, holds for root's processes behind a wall, too. None is this process' own user.
    """

    program: str
    lacks: frozenset[str] = frozenset()
    user: int | None = None

    @property
    def missing(self) -> tuple[str, ...]:
        """What it does not protect from, in words."""
        root = (_AS_ROOT,) if self.user is None and os.geteuid() == 0 else ()
        return root + tuple(words for option, words in _OPTIONAL.items() if option in self.lacks)

    @property
    def identity(self) -> dict[str, Any]:
        """Arguments of `subprocess` that start it as its user."""
        return {} if self.user is None else {"user": self.user, "group": self.user, "extra_groups": []}

    def that_reaches(self, places: Iterable[Path]) -> Wall:
        """The same, as this process' own user if the other one may not go to all of these directories."""
        return self if self.user is None or all(map(_open_to_all, places)) else replace(self, user=None)

    def around(
        self,
        argv: Sequence[str],
        *,
        tree: Path,
        empty: Path,
        prefixes: Sequence[str] = (),
        env: Mapping[str, str] | None = None,
        status: int | None = None,
    ) -> list[str]:
        """Give the command line that runs `argv` in `tree`.

        Args:
            empty: an empty file that stands in the place of what is to be hidden.
            prefixes: directories of the host to be seen read-only, beside /usr.
            status: a file descriptor that is told the process id of the command's first process, as JSON.
        """
        return [
            self.program,
            *_WALL,
            *([] if _NO_NESTING in self.lacks else [_NO_NESTING]),
            *self._scratch("/tmp", _SCRATCH_BYTES),  # noqa: S108 - a file system of its own, inside
            *self._scratch("/dev/shm", _SCRATCH_BYTES // 4),  # noqa: S108 - the same
            *(word for prefix in prefixes for word in _prefix(prefix, empty)),  # they may be below /tmp
            *("--bind", str(tree), TREE, "--chdir", TREE),
            # Where this process is root, the command is the owner of what root has in /proc: it could write /proc/sys.
            *(word for mount in ("/proc", "/dev", "/") for word in ("--remount-ro", mount)),
            *(word for name, value in (env or {}).items() for word in ("--setenv", name, value)),
            *([] if status is None else ["--json-status-fd", str(status)]),
            "--",
            *argv,
        ]

    def _scratch(self, path: str, size: int) -> list[str]:
        limit = [] if _SIZE in self.lacks else [_SIZE, str(size)]
        return [*limit, "--tmpfs", path]


def _open_to_all(place: Path) -> bool:
    """Whether anybody may go to a directory; those who may only be in a group don't count."""
    real = Path(os.path.realpath(place))
    return all(each.stat().st_mode & 0o001 for each in (real, *real.parents))


def _prefix(prefix: str, empty: Path) -> Iterable[str]:
    yield from ("--ro-bind", prefix, prefix)
    for name in _SECRETS:
        if Path(prefix, name).exists():
            yield from ("--ro-bind", str(empty), f"{prefix}/{name}")
    for name in _SECRET_DIRECTORIES:
        if Path(prefix, name).is_dir():
            yield from ("--tmpfs", f"{prefix}/{name}", "--remount-ro", f"{prefix}/{name}")


def interpreter_prefixes() -> tuple[str, ...]:
    """Where this process' Python and its packages are installed."""
    named = (sys.prefix, sys.base_prefix)
    return tuple(dict.fromkeys(path for each in named for path in (each, os.path.realpath(each))))


def seen(prefixes: Iterable[str], homes: Iterable[str]) -> tuple[str, ...]:
    """The prefixes that may be shown: not one with a home directory in it, nor what /usr shows already.

    Args:
        homes: directories of people, absolute.
    """
    people = [Path(os.path.realpath(home)) for home in homes if home not in {"", "/"}]
    return tuple(prefix for prefix in prefixes if _may_be_seen(Path(prefix), people))


def _may_be_seen(prefix: Path, homes: Sequence[Path]) -> bool:
    real = Path(os.path.realpath(prefix))
    if not prefix.is_absolute() or not real.is_dir() or real == Path("/") or real.is_relative_to("/usr"):
        return False
    inside = Path(TREE)
    return not any(home.is_relative_to(real) for home in homes) and not prefix.is_relative_to(inside)


@functools.cache
def find() -> Wall | str:
    """Give a wall that works on this machine, or the reason why there is none; tried once."""
    program = shutil.which("bwrap")
    if program is None:
        return "bubblewrap is not installed"
    reason = ""
    for user in (_SOMEBODY, None) if os.geteuid() == 0 else (None,):
        for lacks in (frozenset[str](), frozenset({_NO_NESTING}), frozenset(_OPTIONAL)):
            wall = Wall(program, lacks, user)
            reason = _fault(wall)
            if not reason:
                return wall
    return f"bubblewrap does not work here: {reason}"


def _fault(wall: Wall) -> str:
    """Say what goes wrong with a trivial command; nothing, if it works."""
    line = wall.around(["/usr/bin/true"], tree=Path("/usr/share"), empty=Path(os.devnull))
    try:
        tried = subprocess.run(  # noqa: S603 - the program was found on PATH, the arguments are ours
            line,
            capture_output=True,
            stdin=subprocess.DEVNULL,
            timeout=_PROBE_SECONDS,
            check=False,
            env={},
            cwd="/",
            **wall.identity,
        )
    except (OSError, subprocess.TimeoutExpired) as problem:
        return str(problem)
    told = tried.stderr.decode("utf-8", "replace").strip().splitlines()
    return "" if tried.returncode == 0 else (told[0] if told else f"exit code {tried.returncode}")
