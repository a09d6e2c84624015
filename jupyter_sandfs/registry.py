"""What has a name in this process, and can be found under it: the sandboxes, one of them chosen."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, Protocol, TypeVar

from jupyter_sandfs.errors import AlreadyExists, SandboxNotFound


class Named(Protocol):
    """What a registry holds."""

    name: str


Kind = TypeVar("Kind", bound=Named)


class Registry(Generic[Kind]):
    """The sandboxes of this process, oldest first.

    Args:
        default: the name of the one that is made when it is first asked for.
        make: makes that one, which adds itself.

    Attributes:
        chosen: the name of the one that magics work on.
    """

    def __init__(self, default: str, make: Callable[[str], Kind]) -> None:
        self._default = default
        self._make = make
        self._by_name: dict[str, Kind] = {}
        self.chosen = default
        self._lock = threading.RLock()  # the default one adds itself while it is made

    def check_free(self, name: str) -> None:
        """Check that nothing has this name. Raises AlreadyExists."""
        if name in self._by_name:
            raise AlreadyExists(name, f"a sandbox has this name: Sandbox.get({name!r}) gives it")

    def add(self, sandbox: Kind) -> None:
        """Take one in under its name. Raises AlreadyExists."""
        with self._lock:
            self.check_free(sandbox.name)
            self._by_name[sandbox.name] = sandbox

    def find(self, name: str) -> Kind:
        """The sandbox of this name. Raises SandboxNotFound."""
        return self._by_name.get(name) or self._made(name)

    def _made(self, name: str) -> Kind:
        with self._lock:
            if name != self._default:
                raise SandboxNotFound(name, f"there are: {', '.join(self._by_name) or 'none yet'}")
            return self._by_name.get(name) or self._make(name)

    def names(self) -> list[str]:
        """The names, oldest first."""
        return list(self._by_name)

    def choose(self, sandbox: Kind) -> None:
        """Let magics work on this one. Raises SandboxNotFound where it was dropped."""
        with self._lock:
            if self._by_name.get(sandbox.name) is not sandbox:
                raise SandboxNotFound(sandbox.name, "it is closed")
            self.chosen = sandbox.name

    def drop(self, sandbox: Kind) -> None:
        """Free its name; the default one is chosen in its place."""
        with self._lock:
            if self._by_name.get(sandbox.name) is sandbox:
                del self._by_name[sandbox.name]
                if self.chosen == sandbox.name:
                    self.chosen = self._default
