"""A sandbox: a file system, its shell and a staging store, put together under a name."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, ClassVar, cast

from jupyter_sandfs import load_face, workspace
from jupyter_sandfs.errors import InvalidRequest, NotFound, Unsupported
from jupyter_sandfs.execution.host import HostOptions
from jupyter_sandfs.execution.python import PythonLimits
from jupyter_sandfs.filestore import FileStore, StoreLimits, default_store_url, open_file_store
from jupyter_sandfs.filestore.granted import Grant
from jupyter_sandfs.registry import Registry
from jupyter_sandfs.storage import AsyncFileStorage, FileStorage
from jupyter_sandfs.storage.opening import opened
from jupyter_sandfs.vfs.archives.tarball import Loaded
from jupyter_sandfs.vfs.filesystem import VirtualFileSystem
from jupyter_sandfs.vfs.history import Snapshot
from jupyter_sandfs.vfs.interface import FileSystem
from jupyter_sandfs.vfs.limits import Limits
from jupyter_sandfs.vfs.merging import Merged, OnConflict
from jupyter_sandfs.vfs.views.explaining import Explained, explain
from jupyter_sandfs.vfs.views.view import ViewRule
from jupyter_sandfs.workplace import SandboxView, Workplace
from jupyter_sandfs.workspace import Workspace

DEFAULT_NAME = "default"
_OWNER, _VIEWER = "owner", "view"  # actors where nobody is named
_SERVER = re.compile(r"https?:", re.IGNORECASE)
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Defaults:
    """What a sandbox has if its maker said nothing.

    Attributes:
        store_url: None means a directory in Jupyter's data.
        tenant: whose files in the store a sandbox uses.
        storage: URL of the storage of the default sandbox; the others are in memory unless they name their own.
        python: limits of snippets.
        host: whether and how commands of the host run.
    """

    store_url: str | None = None
    tenant: str = ""
    storage: str | None = None
    store_limits: StoreLimits = field(default_factory=StoreLimits)
    limits: Limits = field(default_factory=Limits)
    python: PythonLimits = field(default_factory=PythonLimits)
    host: HostOptions = field(default_factory=HostOptions)


class Sandbox(Workplace):
    """One sandbox of this process, found again under its name.

    Args:
        name: up to 64 letters, digits and `_.-`: it stands in URLs, as in `sandfs://NAME/path`.
        storage: makes the files durable: a URL as `open_storage` takes it, such as `sqlite:///demo.sqlite`, or a
            storage of your own. Without it they are gone when the process ends.
        store_url: the staging FileStore, as `open_file_store` takes it.
        limits: how much the file system may hold.
        http_view: name of the view through which alone the Jupyter Server reaches the sandbox; until `view` makes one
            of this name, it reaches nothing.

    Attributes:
        shell: the owner's command line.
        attached: what layers above keep with the sandbox, by name.

    Raises:
        AlreadyExists: the name is taken; `Sandbox.get` gives that one, `close` frees the name.
        InvalidRequest: not a name for a sandbox, or not a storage.
        StorageLocked: another kernel, or another sandbox of this one, has the storage open.
        StorageError: the storage can't be opened.
    """

    defaults: ClassVar[Defaults] = Defaults()

    def __init__(
        self,
        name: str = DEFAULT_NAME,
        *,
        storage: FileStorage | AsyncFileStorage | str | None = None,
        store_url: str | None = None,
        limits: Limits | None = None,
        http_view: str | None = None,
    ) -> None:
        self.name = _checked(name)
        self.http_view = http_view
        _SANDBOXES.check_free(name)
        self._keeping = opened(storage) if storage is not None else None
        try:
            kept = self._keeping.storage if self._keeping else None
            self._put_together(VirtualFileSystem(kept, limits=limits or self.defaults.limits), store_url)
            _SANDBOXES.add(self)
        except BaseException:
            self._let_go()
            raise

    def _put_together(self, fs: VirtualFileSystem, store_url: str | None) -> None:
        self.store_url = store_url or self.defaults.store_url or default_store_url()
        self._store: FileStore | None = None
        self._views: dict[str, SandboxView] = {}
        self.attached: dict[str, Any] = {}
        self._lock = threading.Lock()
        self.actor = _OWNER
        self.shell = self._new_shell(fs)

    # ------------------------------------------------------------ by name

    @classmethod
    def get(cls, name: str) -> Sandbox:
        """Find a sandbox; the default one is made when it is first asked for. Raises SandboxNotFound."""
        return _SANDBOXES.find(name)

    @classmethod
    def names(cls) -> list[str]:
        """The names of the sandboxes in this process, oldest first."""
        return _SANDBOXES.names()

    @classmethod
    def current(cls) -> Sandbox:
        """The sandbox that magics work on: the default one, or the one that `use` chose last."""
        return cls.get(_SANDBOXES.chosen)

    def use(self) -> None:
        """Let magics work on this one from now on. When it is closed, the default one takes its place.

        Raises:
            SandboxNotFound: it is closed already.
        """
        _SANDBOXES.choose(self)

    def close(self) -> None:
        """Free the name, flush the storage and close the store.

        The files of a sandbox in memory are gone with the last reference; a storage that was named by a URL is closed.

        Raises:
            StorageError: what was written last could not be kept; the sandbox is closed all the same.
        """
        _SANDBOXES.drop(self)
        with self._lock:
            if self._store is not None:
                self._store.close()
                self._store = None
        self._let_go()

    def _let_go(self) -> None:
        keeping = self._keeping
        if keeping is not None and keeping.owned:
            keeping.storage.close()
        elif keeping is not None:
            keeping.storage.flush()

    # ------------------------------------------------------------ its parts

    @property
    def fs(self) -> VirtualFileSystem:
        """The file system."""
        return cast("VirtualFileSystem", super().fs)

    @property
    def durable(self) -> bool:
        """Whether a storage keeps the files."""
        return self._keeping is not None

    @property
    def kept(self) -> str:
        """Where the files are kept, and how safe, for people."""
        return self._keeping.storage.where if self._keeping else "in memory: lost when the kernel restarts"

    def flush(self) -> None:
        """Return when the storage keeps all changes up to now; at once if there is none.

        Raises:
            StorageError: it could not; what is not kept waits, and the next call tries again.
        """
        if self._keeping is not None:
            self._keeping.storage.flush()

    @property
    def files(self) -> FileStore:
        """The staging store, opened when it is first used."""
        with self._lock:
            if self._store is None:
                self._store = open_file_store(
                    self.store_url, tenant=self.defaults.tenant, limits=self.defaults.store_limits
                )
            return self._store

    @property
    def python_limits(self) -> PythonLimits:
        return self.defaults.python

    @property
    def host_options(self) -> HostOptions:
        return self.defaults.host

    # ------------------------------------------------------------ whole sandboxes

    def save(
        self,
        where: str | FileStore | None = None,
        name: str | None = None,
        *,
        keep: int | None = None,
        ttl: float | timedelta | None = None,
    ) -> Workspace:
        """Store everything in the sandbox; see `workspace.save`, and `store_at` for `where`."""
        with self.store_at(where) as store:
            return workspace.save(self.fs, store, self.name, name, keep=keep, ttl=ttl)

    @classmethod
    def load(
        cls,
        where: str | FileStore | None = None,
        name: str | None = None,
        *,
        sandbox: str = DEFAULT_NAME,
        into: str | None = None,
        providers: Mapping[str, Callable[..., Any]] | None = None,
        storage: FileStorage | AsyncFileStorage | str | None = None,
        store_url: str | None = None,
        limits: Limits | None = None,
    ) -> Sandbox:
        """Make a sandbox of what was saved, whole or not at all.

        Args:
            where, name, sandbox, providers: as `reload`.
            into: what to call it; as it was called when it was saved if not given.
            storage, store_url, limits: as for a new sandbox. What the storage holds is replaced.
        """
        made = cls(into or sandbox, storage=storage, store_url=store_url, limits=limits)
        try:
            made.reload(where, name, sandbox=sandbox, providers=providers)
        except BaseException:
            made.close()
            raise
        return made

    def reload(
        self,
        where: str | FileStore | None = None,
        name: str | None = None,
        *,
        sandbox: str | None = None,
        providers: Mapping[str, Callable[..., Any]] | None = None,
    ) -> Loaded:
        """Put what was saved in place of all that is there, in one step; see `workspace.load` and `store_at`.

        Args:
            name: what it was saved under; the latest if not given.
            sandbox: what the sandbox was called then; as this one if not given.
            providers: callables of its dynamic nodes by name; a node whose provider is missing says so when it is read.
        """
        with self.store_at(where) as store:
            loaded = workspace.load(store, sandbox or self.name, name, limits=self.fs.limits, providers=providers)
        self.fs.adopt(loaded)
        return loaded

    def saved(self, where: str | FileStore | None = None) -> list[Workspace]:
        """What was saved of a sandbox of this name, oldest first."""
        with self.store_at(where) as store:
            return workspace.saved(store, self.name)

    @contextmanager
    def store_at(self, where: str | FileStore | None = None) -> Iterator[FileStore]:
        """Give the store that is meant: one, or what a URL names, or the sandbox's own.

        One that a URL names is opened for this alone, and a file in it may be as large as all of it.
        """
        if not isinstance(where, str):
            yield where or self.files
            return
        limits = self.defaults.store_limits
        whole = replace(limits, max_file_size=limits.max_total_bytes, content_types=())
        # Another server knows by itself whose files these are.
        tenant = "" if _SERVER.match(where) else self.defaults.tenant
        with open_file_store(where, tenant=tenant, limits=whole) as store:
            yield store

    # ------------------------------------------------------------ forks

    def fork(self, name: str, at: Snapshot | str | None = None) -> Sandbox:
        """Make a sandbox in memory that starts as this one is now, with its store and views; see `FileSystem.fork`.

        Args:
            at: a snapshot, or the name of one: start as this one was then.

        Raises:
            AlreadyExists, InvalidRequest: as for a new sandbox.
            NotFound: there is no such snapshot.
        """
        made = object.__new__(type(self))
        made.name = _checked(name)
        made.http_view = self.http_view
        made._keeping = None
        made._put_together(self.fs.fork(at), self.store_url)
        made._views = {each: view.on(made) for each, view in self._views.items()}
        self.hand_on(made)
        _SANDBOXES.add(made)
        return made

    def merge(
        self, other: Sandbox | FileSystem, *, base: Snapshot | str | None = None, conflicts: OnConflict | str = "refuse"
    ) -> Merged:
        """Bring over what changed in a fork of this sandbox; see `FileSystem.merge`."""
        theirs = other.fs if isinstance(other, Sandbox) else other
        with self.fs.action(f"merge {other.name}" if isinstance(other, Sandbox) else "merge", self.actor):
            return self.fs.merge(theirs, base=base, conflicts=conflicts)

    # ------------------------------------------------------------ views

    def view(
        self,
        rule: ViewRule,
        *,
        name: str | None = None,
        keys: Iterable[str] = (),
        session: str | None = None,
        actor: str | None = None,
    ) -> SandboxView:
        """Give the sandbox as a principal sees it: files, shell, and its part of the staging store.

        Args:
            rule: what of the file system it sees.
            name: requests may ask for the view with `view=NAME`.
            keys: stored files that it may read; one that ends in a slash stands for all below it.
            session: it reads and stores in `sessions/{session}/`.
            actor: who acts, in the journal; the name if not given.

        Raises:
            InvalidRequest, InvalidKey: a key that can't be granted.
        """
        view = SandboxView(self, self.fs.view(rule), Grant(keys, session=session), actor or name or _VIEWER)
        if name is not None:
            self._views[name] = view
        return view

    @property
    def views(self) -> list[str]:
        """The names of the views that requests may ask for, oldest first."""
        return list(self._views)

    def seen_by(self, view: str | None) -> FileSystem:
        """The file system as the view of this name sees it; None is the owner. Raises NotFound."""
        return self.fs if view is None else self.view_named(view).fs

    def view_named(self, name: str) -> SandboxView:
        """The view that was made under this name. Raises NotFound."""
        try:
            return self._views[name]
        except KeyError:
            raise NotFound(name, "no view of the sandbox has this name") from None

    def drop_view(self, name: str) -> None:
        """Forget the view of this name: requests that ask for it find nothing any more. Raises NotFound."""
        self.view_named(name)
        del self._views[name]

    def why(self, view: str, path: str) -> Explained:
        """Say whether the view of this name sees a path, and what hides it if not; for the owner. Raises NotFound."""
        return explain(self.view_named(view).fs, path)

    def shared(self, view: str | None = None) -> FileSystem:
        """The file system as requests of the Jupyter Server see it; see `shared_part`. Raises NotFound."""
        return self.shared_part(view).fs

    def shared_part(self, view: str | None = None) -> Workplace:
        """What requests of the Jupyter Server work on: the view `http_view`, if that is set, and no other.

        Raises:
            NotFound: no view has this name, or it is not the shared one.
        """
        if self.http_view is not None and view not in {None, self.http_view}:
            raise NotFound(str(view), "no view of the sandbox has this name")
        name = self.http_view if view is None else view
        return self if name is None else self.view_named(name)

    # ------------------------------------------------------------ faces of other layers

    def browse(self, path: str = "/", *, view: str | None = None) -> Any:
        """Give the tree browser widget, opened at `path`; with the name of a view, bound to what that one sees."""
        return self._face("browse")(self, path, view)

    def _ipython_display_(self) -> None:
        """Show the tree browser where a sandbox is a cell's value; elsewhere its repr stands."""
        if "display" not in self.faces:
            raise NotImplementedError  # how IPython is told to show the repr instead
        self._face("display")(self)

    def tools(self, view: ViewRule | SandboxView | str | None = None, **options: Any) -> Any:
        """Give the sandbox as tools for a language model; see `jupyter_sandfs.agents.faces.tools`."""
        return self._face("tools")(self, view, **options)

    @property
    def transcript(self) -> Any:
        """The calls of all agents' tools; see `jupyter_sandfs.agents.transcript.Transcript`."""
        return self._face("transcript")(self)

    def race(self, runs: Mapping[str, Callable[[Sandbox], Any]], **options: Any) -> Any:
        """Run several attempts side by side, each on a fork of its own; see `jupyter_sandfs.agents.race.race`."""
        return self._face("race")(self, runs, **options)

    def _face(self, name: str) -> Callable[..., Any]:
        if name not in self.faces:
            load_face(name)
        try:
            return self.faces[name]
        except KeyError:
            raise Unsupported(f"{name} needs a notebook: run %load_ext jupyter_sandfs") from None

    def __repr__(self) -> str:
        stats = self.fs.stats()
        files = "1 file" if stats.file_count == 1 else f"{stats.file_count} files"
        return f"<Sandbox {self.name!r}: {files}, {stats.total_size} bytes>"


def _checked(name: str) -> str:
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise InvalidRequest(f"not a name for a sandbox: {name!r:.100} (letters, digits and _.-)")
    return name


_SANDBOXES = Registry(DEFAULT_NAME, lambda name: Sandbox(name, storage=Sandbox.defaults.storage))
