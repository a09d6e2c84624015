"""The top folders of the contents API: one for each sandbox of each running kernel."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from jupyter_core.utils import ensure_async

from jupyter_sandfs.errors import NotFound, SandfsError
from jupyter_sandfs.server.addressing import Target, list_sandboxes
from jupyter_sandfs.server.contents.labels import Home, Labels, wished

DEFAULT = "default"
_OF_KERNEL = re.compile(r"(?P<kernel>[\w-]+)(?: \((?P<sandbox>[\w.-]+)\))?")


@dataclass(frozen=True, slots=True)
class Folder:
    """A sandbox, and what its folder is called.

    Attributes:
        modified: when a name in its root came or went, RFC 3339; None while its kernel does not answer.
    """

    label: str
    target: Target
    modified: str | None = None


class Folders:
    """Which folders there are now, and what they are called.

    Args:
        settings: of the web application; the links and Jupyter's managers are looked up there.
    """

    def __init__(self, settings: Mapping[str, Any]) -> None:
        self._settings = settings
        self._labels = Labels()

    async def list(self) -> list[Folder]:
        """All of them; a kernel that does not answer is taken to have its default sandbox."""
        held = await list_sandboxes(self._settings["sandfs_links"], self._settings["kernel_manager"])
        sessions = await self._sessions()
        return [
            self._folder(kernel_id, each, sessions.get(kernel_id))
            for kernel_id, answer in held.items()
            for each in ([{"name": DEFAULT}] if isinstance(answer, SandfsError) else answer)
        ]

    async def find(self, label: str) -> Target:
        """The sandbox of a folder, which also goes by the id of its kernel. Raises NotFound."""
        home = self._labels.find(label)
        if home is None:
            await self.list()  # names are given when folders are listed
            home = self._labels.find(label)
        return await self._target(home) if home else self._by_kernel(label)

    async def _target(self, home: Home) -> Target:
        owners = {_owner(kernel_id, session): kernel_id for kernel_id, session in (await self._sessions()).items()}
        kernel_id = owners.get(home.owner, home.owner)
        if kernel_id not in self._settings["kernel_manager"]:
            raise NotFound(home.owner, "its kernel does not run any more")
        return self._reach(kernel_id, home.sandbox)

    def _by_kernel(self, label: str) -> Target:
        found = _OF_KERNEL.fullmatch(label)
        if found is None or found["kernel"] not in self._settings["kernel_manager"]:
            raise NotFound(label, "no running kernel has a sandbox of this name")
        return self._reach(found["kernel"], found["sandbox"] or DEFAULT)

    def _folder(self, kernel_id: str, sandbox: dict[str, Any], session: dict[str, Any] | None) -> Folder:
        owner = _owner(kernel_id, session)
        shown = wished(_name(session) if session else kernel_id, sandbox["name"], DEFAULT)
        label = self._labels.label(Home(owner, sandbox["name"]), shown)
        return Folder(label, self._reach(kernel_id, sandbox["name"]), sandbox.get("modified"))

    def _reach(self, kernel_id: str, sandbox: str) -> Target:
        return Target(self._settings["sandfs_links"], kernel_id, sandbox)

    async def _sessions(self) -> dict[str, dict[str, Any]]:
        """One session of each kernel that has any, by kernel: the first, which opened it."""
        sessions = await ensure_async(self._settings["session_manager"].list_sessions())
        return {each["kernel"]["id"]: each for each in reversed(sessions) if each.get("kernel")}


def _owner(kernel_id: str, session: dict[str, Any] | None) -> str:
    return str(session["path"]) if session and session["path"] else kernel_id


def _name(session: dict[str, Any]) -> str:
    """The name of the notebook; of what has no name, the end of its path."""
    return str(session["name"] or session["path"].rpartition("/")[2])
