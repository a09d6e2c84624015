"""Branches: named forks of the file system that a shell works on, and which one it works on now."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from jupyter_sandfs import paths
from jupyter_sandfs.errors import AlreadyExists, InvalidRequest, LimitExceeded, NotFound
from jupyter_sandfs.vfs.filesystem import VirtualFileSystem
from jupyter_sandfs.vfs.history import Snapshot
from jupyter_sandfs.vfs.interface import FileSystem
from jupyter_sandfs.vfs.merging import Merged
from jupyter_sandfs.vfs.policy import NodePolicy
from jupyter_sandfs.vfs.views.view import View

MAIN = "main"
ACTIONS = ("list", "switch", "merge", "delete")
"""Words that the command takes for what to do."""

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}")
_MOST = 16  # branches of one shell: each may come to hold as much as the file system itself


@dataclass(frozen=True, slots=True)
class SeenIn:
    """The rule of a branch that was made through a view: what the view hides now is hidden there, too."""

    origin: FileSystem

    def allows(self, path: str, policy: NodePolicy, metadata: Mapping[str, Any]) -> bool:
        del policy, metadata  # what they say there is looked at by the view of the branch itself
        for each in (*paths.ancestors(path), path):
            found = self.origin.inspect(each)
            if found is None:
                return False
            if found.stat is not None and not found.stat.is_dir:
                break  # below a file nothing can be hidden
        return True


class Branches:
    """The branches of one shell. Forks are in memory, and have a history of their own.

    Args:
        main: what the shell was made for.
        turned: told of the file system to work on from now on.
        held: says whether the shell must stay where it is.
    """

    def __init__(
        self, main: FileSystem, turned: Callable[[FileSystem], None], held: Callable[[], bool] = lambda: False
    ) -> None:
        self._systems = {MAIN: main}
        self._merged: dict[frozenset[str], Snapshot] = {}  # what two had in common last
        self._turned, self._held = turned, held
        self.name = MAIN

    def fork_of(self, origin: Branches) -> None:
        """Begin with forks of another shell's branches, on the same one."""
        self._systems = {name: each.fork() for name, each in origin._systems.items()}
        self._merged, self.name = dict(origin._merged), origin.name

    def follow(self, origin: Branches) -> None:
        """Begin with the branches of another shell themselves."""
        self._systems, self._merged, self.name = origin._systems, origin._merged, origin.name

    @property
    def systems(self) -> Mapping[str, FileSystem]:
        return MappingProxyType(self._systems)

    @property
    def current(self) -> FileSystem:
        return self._systems[self.name]

    @property
    def names(self) -> list[str]:
        """All of them, oldest first."""
        return list(self._systems)

    def create(self, name: str) -> None:
        """Fork what is worked on now.

        Raises:
            InvalidRequest: not a name for a branch.
            AlreadyExists, LimitExceeded
        """
        if not _NAME.fullmatch(name) or name in ACTIONS:
            raise InvalidRequest(f"not a name for a branch: '{name:.100}' (letters, digits and _.-)")
        if name in self._systems:
            raise AlreadyExists(name, "there is such a branch")
        if len(self._systems) > _MOST:
            raise LimitExceeded(f"there are {_MOST} branches: delete one first")
        current = self.current
        fork = current.fork()
        if isinstance(current, VirtualFileSystem):
            self._systems[name], self._merged[frozenset((name, self.name))] = fork, fork.snapshot()
        else:
            self._systems[name] = View(fork, SeenIn(current))

    def switch(self, name: str) -> None:
        """Work on another one from now on. Raises NotFound, InvalidRequest (within a transaction)."""
        self._find(name)
        if self._held():
            raise InvalidRequest("a run that is all or nothing stays on its branch")
        self.name = name
        self._turned(self.current)

    def merge(self, name: str, *, conflicts: str) -> Merged:
        """Bring over what changed in another one since both were the same; see `FileSystem.merge`."""
        other = self._find(name)
        if name == self.name:
            raise InvalidRequest(f"this is branch '{name}'")
        pair = frozenset((name, self.name))
        theirs = other.snapshot()
        merged = self.current.merge(other, base=self._merged.get(pair), conflicts=conflicts)
        self._merged[pair] = theirs
        return merged

    def delete(self, name: str) -> None:
        """Forget a branch. Raises NotFound, InvalidRequest (it is the first one, or worked on)."""
        self._find(name)
        if name in (MAIN, self.name):
            raise InvalidRequest(f"'{name}' stays: it is {'the first one' if name == MAIN else 'worked on now'}")
        del self._systems[name]
        self._merged = {pair: base for pair, base in self._merged.items() if name not in pair}

    def _find(self, name: str) -> FileSystem:
        if name not in self._systems:
            raise NotFound(name, "no branch has this name")
        return self._systems[name]
