"""Where an agent works: a sandbox, or a view of one, with a shell of its own and what it knows of the files."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable

from jupyter_sandfs.agents.knowledge import Knowledge
from jupyter_sandfs.execution.host import HostOptions
from jupyter_sandfs.execution.python import PythonLimits
from jupyter_sandfs.filestore import FileStore
from jupyter_sandfs.vfs.interface import FileSystem
from jupyter_sandfs.workplace import Workplace


class Desk(Workplace):
    """The workplace of one agent.

    Args:
        whole: the sandbox, or the view of it, that the agent works on.
        agent: who acts, in the journal. Only what this one did can be taken back through a view.
        tokens: how much one answer may hold.
        allowed_commands: the only commands of its shell, beside bash itself; all if not given.
        ids: gives a name for each thing that the agent makes; random ones if not given.

    Attributes:
        knowledge: the files that it has seen.
    """

    def __init__(
        self,
        whole: Workplace,
        agent: str,
        *,
        tokens: int,
        allowed_commands: Iterable[str] | None = None,
        ids: Callable[[], str] | None = None,
    ) -> None:
        self.name, self.actor, self.tokens = whole.name, agent, tokens
        self.whole = whole
        self.knowledge = Knowledge()
        self._ids = ids or _random_id
        self._allowed = None if allowed_commands is None else tuple(allowed_commands)
        self.restart(whole.fs)

    def restart(self, fs: FileSystem | None = None) -> None:
        """Give the agent a new shell, in the root, without variables."""
        self.shell = self._new_shell(fs or self.fs, allowed_commands=self._allowed)

    @property
    def owner(self) -> Workplace:
        return self.whole.owner

    @property
    def allowed_commands(self) -> tuple[str, ...] | None:
        """The only commands of its shell, beside bash itself; all if None."""
        return self._allowed

    @property
    def files(self) -> FileStore:
        return self.whole.files

    @property
    def python_limits(self) -> PythonLimits:
        return self.whole.python_limits

    @property
    def host_options(self) -> HostOptions:
        return self.whole.host_options

    def new_id(self) -> str:
        """A name for something that the agent makes."""
        return self._ids()


def _random_id() -> str:
    return uuid.uuid4().hex[:8]
