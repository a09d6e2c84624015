"""A file system with what works on it (a shell, snippets, commands of the host, a staging store), for one principal."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import timedelta
from typing import Any, ClassVar

from jupyter_sandfs import staging
from jupyter_sandfs.execution.host import HostOptions, HostResult, run_host
from jupyter_sandfs.execution.python import PythonLimits, PythonResult, run_python
from jupyter_sandfs.filestore import FileInfo, FileStore
from jupyter_sandfs.filestore.granted import Grant, GrantedStore
from jupyter_sandfs.shell.results import ShellResult
from jupyter_sandfs.shell.shell import SandboxShell
from jupyter_sandfs.staging import Before, Progress, PublishedTree, Staged
from jupyter_sandfs.vfs.interface import FileSystem
from jupyter_sandfs.vfs.journal import JournalRecord
from jupyter_sandfs.vfs.views.view import View


class Workplace(ABC):
    """What the owner of a sandbox has, and whoever gets a view of it.

    Attributes:
        name: of the sandbox.
        shell: the command line.
        actor: who acts, in the journal.
        attached: what layers above keep with it, by name.
        before_publish: is given each file that is to be published, and may refuse it by raising.
    """

    faces: ClassVar[dict[str, Callable[..., Any]]] = {}
    """What other layers add (`browse`, `progress`, …), by name; they register themselves when imported."""

    inherited: ClassVar[set[str]] = set()
    """The names of what is attached that a fork takes over; who attaches it registers it."""

    name: str
    shell: SandboxShell
    actor: str
    attached: dict[str, Any]
    before_publish: Before | None = None
    _fs: FileSystem

    @property
    def owner(self) -> Workplace:
        """The whole sandbox that this is a view of; of the whole, itself."""
        return self

    def hand_on(self, made: Workplace) -> None:
        """Let a fork, or the same view of one, take over what is attached here and stays with it."""
        made.attached.update({name: self.attached[name] for name in self.inherited & self.attached.keys()})

    @property
    @abstractmethod
    def files(self) -> FileStore:
        """The staging store, opened when it is first used."""

    @property
    def shell_files(self) -> FileStore:
        """The staging store as commands of the shell use it."""
        return self.files

    @property
    @abstractmethod
    def python_limits(self) -> PythonLimits:
        """Bounds of snippets that name none."""

    @property
    @abstractmethod
    def host_options(self) -> HostOptions:
        """Whether and how commands of the host run."""

    @property
    def fs(self) -> FileSystem:
        """The file system; where its shell works on a branch, this is still the first one."""
        return self._fs

    @property
    def journal(self) -> list[JournalRecord]:
        """What was changed, oldest first."""
        return self.fs.log()

    def run(self, line: str) -> ShellResult:
        """Run a command line in the shell."""
        return self.shell.exec(line)

    def python(
        self, code: str, *, path: str = "/", argv: Sequence[str] = (), limits: PythonLimits | None = None
    ) -> PythonResult:
        """Run a snippet in a subset of Python over the files; `path` is its working directory. See `run_python`."""
        return run_python(self.fs, code, cwd=path, argv=argv, limits=limits or self.python_limits, actor=self.actor)

    def host(
        self,
        argv: Sequence[str],
        path: str = "/",
        *,
        sync: bool = False,
        stdin: bytes = b"",
        options: HostOptions | None = None,
    ) -> HostResult:
        """Run a command of this machine on a copy of the directory `path`, isolated; see `run_host`."""
        chosen = options or self.host_options
        return run_host(self.fs, argv, path, sync=sync, stdin=stdin, options=chosen, actor=self.actor)

    def stage(self, key: str, destination: str) -> Staged:
        """Bring a stored file, or all below a prefix that ends in a slash, to `destination`; see `staging.stage`."""
        with self.progress(f"stage {key}") as progress:
            return staging.stage(self.files, key, self.fs, destination, actor=self.actor, progress=progress)

    def publish(
        self,
        source: str,
        key: str | None = None,
        *,
        ttl: float | timedelta | None = None,
        metadata: Mapping[str, str] | None = None,
    ) -> FileInfo | PublishedTree:
        """Store the file or directory `source`, under a new key if none is given.

        See `staging.publish` and `publish_tree`; a directory goes under a prefix that ends in a slash.
        """
        put = staging.publish_tree if self.fs.is_dir(source) else staging.publish
        with self.progress(f"publish {source}") as progress:
            return put(
                self.fs,
                source,
                self.files,
                key=key,
                ttl=ttl,
                metadata=metadata,
                sandbox=self.name,
                actor=self.actor,
                before=self.before_publish,
                progress=progress,
            )

    def progress(self, label: str) -> AbstractContextManager[Progress | None]:
        """Show how far a transfer is, where a notebook has added a face for that."""
        face = self.faces.get("progress")
        shown: AbstractContextManager[Progress | None] = face(label) if face else nullcontext()
        return shown

    def _new_shell(self, fs: FileSystem, allowed_commands: Iterable[str] | None = None) -> SandboxShell:
        services: Mapping[str, Any] = {
            "store": lambda: self.shell_files,
            "python": lambda: self.python_limits,
            "host": lambda: self.host_options,
            "origin": lambda: {"sandbox": self.name, "actor": self.actor, "before": self.before_publish},
            "progress": self.progress,
        }
        self._fs = fs
        return SandboxShell(fs, services=services, actor=self.actor, allowed_commands=allowed_commands)


class SandboxView(Workplace):
    """A sandbox as a principal sees it: its part of the files and of the store, and a shell of its own.

    Args:
        whole: what it is a view of.
        view: the part of the file system.
        grant: the part of the staging store.
        actor: who acts, in the journal: only what this one did can be taken back here.
    """

    def __init__(self, whole: Workplace, view: View, grant: Grant, actor: str) -> None:
        self.name, self.actor = whole.name, actor
        self._whole = whole
        self.attached = {}
        self._view, self._grant = view, grant
        self._files = GrantedStore(lambda: whole.files, grant)
        self.shell = self._new_shell(view)

    def on(self, whole: Workplace) -> SandboxView:
        """The same view of another sandbox, such as a fork."""
        made = SandboxView(whole, View(whole.fs, self._view.rule), self._grant, self.actor)
        self.hand_on(made)
        return made

    @property
    def owner(self) -> Workplace:
        return self._whole.owner

    @property
    def files(self) -> FileStore:
        """The staging store as far as it was granted; nothing but what was stored here can be changed."""
        return self._files

    @property
    def python_limits(self) -> PythonLimits:
        return self._whole.python_limits

    @property
    def host_options(self) -> HostOptions:
        return self._whole.host_options

    def __repr__(self) -> str:
        return f"<view of Sandbox {self.name!r} for {self.actor!r}>"
