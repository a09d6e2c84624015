"""Where an agent works: a sandbox, or a view of one, with a shell of its own and what it knows of the files."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

from jupyter_sandfs import paths
from jupyter_sandfs.agents.calls import Seat
from jupyter_sandfs.agents.guarded import guarded
from jupyter_sandfs.agents.knowledge import Knowledge
from jupyter_sandfs.agents.questions import Asker, Operation, questions_of
from jupyter_sandfs.agents.rules import Proposal, Rules, denied
from jupyter_sandfs.agents.secrets import refuse
from jupyter_sandfs.errors import InvalidRequest
from jupyter_sandfs.execution.host import HostOptions
from jupyter_sandfs.execution.python import PythonLimits
from jupyter_sandfs.filestore import FileInfo, FileStore
from jupyter_sandfs.staging import PublishedTree, Staged
from jupyter_sandfs.vfs.actions import Action, part
from jupyter_sandfs.vfs.interface import FileSystem
from jupyter_sandfs.vfs.quotas import Allowance, Quota
from jupyter_sandfs.workplace import Workplace


class Desk(Workplace):
    """The workplace of one agent.

    Args:
        whole: the sandbox, or the view of it, that the agent works on.
        agent: who acts, in the journal. Only what this one did can be taken back through a view.
        tokens: how much one answer may hold.
        allowed_commands: the only commands of its shell, beside bash itself; all if not given.
        rules: what it may do where; all that its view allows if not given.
        quota: how much it may add; all that the sandbox has room for if not given. What agents of this account added
            before counts.
        account: whose quota that is; of all agents of its name if not given.
        secrets: let it publish what looks like a token or a key.
        ids: gives a name for each thing that the agent makes; random ones if not given.

    Attributes:
        knowledge: the files that it has seen.
        allowance: its quota, and what is used of it.
    """

    def __init__(
        self,
        whole: Workplace,
        agent: str,
        *,
        tokens: int,
        allowed_commands: Iterable[str] | None = None,
        rules: Rules | None = None,
        quota: Quota | None = None,
        account: str | None = None,
        secrets: bool = False,
        ids: Callable[[], str] | None = None,
    ) -> None:
        _require_kinds(rules, quota, allowed_commands)
        self.name, self.actor, self.tokens = whole.name, agent, tokens
        self.whole = whole
        self.knowledge = Knowledge()
        self._ids = ids or _random_id
        self._allowed = None if allowed_commands is None else tuple(allowed_commands)
        self.rules = rules
        self.before_publish = None if secrets else refuse
        self.allowance = _allowance(whole.owner, account or agent, quota) if quota is not None else None
        self._asker = Asker(agent, whole.name, questions_of(whole))
        self.restart(guarded(whole.fs, rules, self._asker, self.allowance))

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
    def shell_files(self) -> FileStore:
        """The store for commands of the shell: none if any rule restrains staging or publishing."""
        for operation in (Operation.STAGE, Operation.PUBLISH):
            rule = self.rules.stop(operation) if self.rules is not None else None
            if rule is not None:
                raise denied(paths.ROOT, rule, "the shell has no store then: use the tools that stage and publish")
        return self.files

    def check(self, operation: Operation, path: str = paths.ROOT, what: str = "") -> None:
        """Hold the agent to its rules. Raises PermissionDenied; `what` is shown to an approver."""
        if self.rules is not None:
            self.rules.check(self._asker, [(operation, paths.normalize(path))], lambda: Proposal(what))

    def stage(self, key: str, destination: str) -> Staged:
        if self.rules is not None:
            destination = self._landing(self.rules, key, destination)
        return super().stage(key, destination)

    def _landing(self, rules: Rules, key: str, destination: str) -> str:
        """Where a stored file may come to."""
        where = self.fs.resolve(destination)
        rule = rules.stops_below(Operation.STAGE, where)
        if rule is not None and (key.endswith("/") or destination.endswith("/") or self.fs.is_dir(where)):
            raise denied(where, rule, "name the file that it shall become, not a directory")
        self.check(Operation.STAGE, where, f"{key} to {where}")
        return f"{where.rstrip('/')}/" if destination.endswith("/") else where

    def publish(
        self,
        source: str,
        key: str | None = None,
        *,
        ttl: float | timedelta | None = None,
        metadata: Mapping[str, str] | None = None,
    ) -> FileInfo | PublishedTree:
        if self.rules is not None:
            source = self.fs.resolve(source)
            for path in self._leaving(source):
                self.check(Operation.PUBLISH, path, f"{path} to {key or 'a new key'}")
        return super().publish(source, key, ttl=ttl, metadata=metadata)

    def _leaving(self, top: str) -> Iterator[str]:
        """A file, or the files below a directory."""
        if not self.fs.is_dir(top):
            yield top
            return
        yield from (paths.join(at, name) for at, _, names in self.fs.walk(top) for name in names)

    @contextmanager
    def acting(self, label: str) -> Iterator[Action]:
        """Let what is done in the `with` block be an action of this agent's own, also under another's."""
        with part(label, self.actor, self.allowance), self.fs.action(label, self.actor) as action:
            yield action

    def described(self, dialect: str, only: tuple[str, ...], number: int, *, native: bool = False) -> Seat:
        """What a transcript keeps of the tools that work here."""
        quota = self.allowance.quota if self.allowance is not None else Quota()
        return Seat(
            number,
            self.actor,
            dialect,
            native,
            self.tokens,
            viewed=self.owner is not self.whole,
            sandbox=self.name,
            only=only,
            allowed_commands=self.allowed_commands,
            ruled=self.rules is not None,
            quota_bytes=quota.bytes,
            quota_files=quota.files,
            secrets=self.before_publish is None,
        )

    @property
    def python_limits(self) -> PythonLimits:
        return self.whole.python_limits

    @property
    def host_options(self) -> HostOptions:
        """As the owner has them, but for an agent a wall is no option: without one there would be a network."""
        return replace(self.whole.host_options, allow_unisolated=False)

    def new_id(self) -> str:
        """A name for something that the agent makes."""
        return self._ids()


def _require_kinds(rules: object, quota: object, commands: object) -> None:
    if not isinstance(rules, Rules | None):
        raise InvalidRequest(f"rules are Rules(Rule(...), ...), not {type(rules).__name__}")
    if not isinstance(quota, Quota | None):
        raise InvalidRequest(f"a quota is Quota(bytes=..., files=...), not {type(quota).__name__}")
    if not isinstance(commands, Iterable | None) or isinstance(commands, str):
        raise InvalidRequest(f"allowed_commands are names, such as ['cat', 'ls'], not {commands!r:.50}")


def _allowance(owner: Workplace, account: str, quota: Quota) -> Allowance:
    """What agents of one account may add to a sandbox, whatever tools they have; the last quota given counts."""
    kept: dict[str, Allowance] = owner.attached.setdefault("allowances", {})
    found = kept.setdefault(account, Allowance(quota))
    found.quota = quota
    return found


def _random_id() -> str:
    return uuid.uuid4().hex[:8]
