"""`%load_ext jupyter_sandfs`: magics, the endpoint for the server, and the tree browser, in one kernel."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from jupyter_sandfs.config import SandFS, Snapshots
from jupyter_sandfs.errors import SandboxNotFound
from jupyter_sandfs.kernel.agents import serve_agents
from jupyter_sandfs.kernel.approval.clerk import ANSWER, Clerk
from jupyter_sandfs.kernel.autosave import Autosave, label_of
from jupyter_sandfs.kernel.completer import matcher
from jupyter_sandfs.kernel.display.calls import timeline_of_calls
from jupyter_sandfs.kernel.magics import SandFSMagics
from jupyter_sandfs.kernel.moments import CELLS
from jupyter_sandfs.kernel.notebook import Notebook
from jupyter_sandfs.kernel.progress import Progress
from jupyter_sandfs.kernel.tracking import CellActions
from jupyter_sandfs.kernel.watching import Watches
from jupyter_sandfs.rpc.dispatcher import Dispatcher
from jupyter_sandfs.sandbox import Defaults, Sandbox
from jupyter_sandfs.vfs.interface import FileSystem

_MAGIC = "sandfs"
# Jupyter Server tells a kernel the path of its notebook so.
_NOTEBOOK_VARIABLE = "JPY_SESSION_NAME"
_loaded: dict[int, Extension] = {}


class Extension:
    """What is set up in one IPython shell, and can be taken down again; the sandboxes stay."""

    def __init__(self, ip: Any) -> None:
        self._ip = ip
        self._earlier = Sandbox.defaults
        self.settings = SandFS(parent=ip)
        self._apply()
        try:
            Sandbox.current()
        except BaseException:  # its storage may be open in another kernel: loading can be tried again
            Sandbox.defaults = self._earlier
            raise
        self.dispatcher = Dispatcher(_resolve, Sandbox.names)
        # The server has one of its own: it sees what a sandbox shares, the notebook's tree browser all of it.
        shared = _shared_with_server()
        self._clerk = Clerk(ip)
        shared.offer(ANSWER, self._clerk.answer)
        self._links = _links(ip, shared)
        ip.events.register("post_run_cell", self._note_cell)
        self._watches = Watches()
        notebook = Notebook(ip, self.settings, self._watches, self._apply)
        Sandbox.faces |= {
            "browse": self._browse,
            "display": self._display,
            "progress": lambda label: _progress(notebook, label),
            "timeline": timeline_of_calls,
            "ask": self._clerk.ask,
        }
        self._actions = CellActions(ip, lambda: self.settings.changes, notebook.tell)
        self._actions.listen()
        ip.register_magics(SandFSMagics(ip, notebook))
        self._autosave = self._kept_by_itself(self.settings.options(os.environ).snapshots)
        self._matcher = matcher(notebook)
        ip.Completer.custom_matchers.append(self._matcher)

    def _kept_by_itself(self, snapshots: Snapshots) -> Autosave | None:
        if snapshots.url is None:
            return None
        autosave = Autosave(Sandbox.current, snapshots, label_of(os.environ.get(_NOTEBOOK_VARIABLE)))
        autosave.restore()
        autosave.follow(getattr(self._ip, "kernel", None))
        return autosave

    def _apply(self) -> None:
        """Let the settings count for what is done from now on."""
        options = self.settings.options(os.environ)
        Sandbox.defaults = Defaults(
            store_url=options.store_url,
            tenant=options.tenant,
            storage=options.storage,
            store_limits=options.store_limits,
            python=options.python,
            host=options.host,
        )

    def unload(self) -> None:
        """Take everything away but the sandboxes."""
        for link in self._links:
            link.stop()
        for face in ("browse", "display", "progress", "timeline", "ask"):
            Sandbox.faces.pop(face, None)
        self._clerk.leave()
        self._ip.events.unregister("post_run_cell", self._note_cell)
        if self._autosave is not None:
            self._autosave.leave(getattr(self._ip, "kernel", None))
        self._actions.stop()
        self._watches.stop()
        with suppress(ValueError):  # somebody else has cleared them
            self._ip.Completer.custom_matchers.remove(self._matcher)
        Sandbox.defaults = self._earlier
        for kind in ("line", "cell"):
            self._ip.magics_manager.magics[kind].pop(_MAGIC, None)
        self._ip.magics_manager.registry.pop(SandFSMagics.__name__, None)

    def _browse(self, sandbox: Sandbox, path: str, view: str | None = None) -> Any:
        from jupyter_sandfs.kernel.browser import TreeBrowser  # noqa: PLC0415  # widgets load when one is shown

        return TreeBrowser(
            sandbox.seen_by(view),
            name=sandbox.name,
            dispatcher=Dispatcher(_resolve, Sandbox.names),  # of its own: it adds what only its owner may ask
            path=path,
            view=view,
            sandbox=sandbox,
        )

    def _display(self, sandbox: Sandbox) -> None:
        """Show a sandbox that is a cell's value."""
        from jupyter_sandfs.kernel.browser import display_browser  # noqa: PLC0415  # widgets load when one is shown

        display_browser(self._browse(sandbox, "/"))

    def _note_cell(self, result: Any = None) -> None:
        """Keep the moment after a cell, for the history of the tree browser."""
        cell = getattr(result, "execution_count", None) or self._ip.execution_count
        for name in Sandbox.names():
            with suppress(SandboxNotFound):  # it was closed since
                CELLS.note(Sandbox.get(name).fs, cell)


def load_ipython_extension(ip: Any) -> None:
    """Set the extension up; a second time does nothing."""
    if id(ip) not in _loaded:
        _loaded[id(ip)] = Extension(ip)


def unload_ipython_extension(ip: Any) -> None:
    """Take the extension down."""
    extension = _loaded.pop(id(ip), None)
    if extension is not None:
        extension.unload()


def _resolve(name: str, view: str | None) -> FileSystem:
    return Sandbox.get(name).seen_by(view)


def _shared_with_server() -> Dispatcher:
    dispatcher = Dispatcher(lambda name, view: Sandbox.get(name).shared(view), Sandbox.names)
    serve_agents(dispatcher, lambda name, view: Sandbox.get(name).shared_part(view))
    return dispatcher


@contextmanager
def _progress(notebook: Notebook, label: str) -> Iterator[Callable[[int, int], object]]:
    with Progress(notebook, label) as shown:
        yield shown.note_bytes


def _links(ip: Any, dispatcher: Dispatcher) -> list[Any]:
    """The ways in for the server; a shell that is no kernel has none."""
    kernel = getattr(ip, "kernel", None)
    if kernel is None:
        return []
    from jupyter_sandfs.kernel.link import KernelLink  # noqa: PLC0415  # needs ipykernel, which a plain shell lacks

    link = KernelLink(kernel, dispatcher)
    link.start()
    return [link]
