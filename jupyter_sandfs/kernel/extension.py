"""`%load_ext jupyter_sandfs`: magics, the endpoint for the server, and the tree browser, in one kernel."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import Any

from jupyter_sandfs.config import SandFS
from jupyter_sandfs.filestore import StoreLimits
from jupyter_sandfs.kernel.completer import matcher
from jupyter_sandfs.kernel.magics import SandFSMagics
from jupyter_sandfs.kernel.notebook import Notebook
from jupyter_sandfs.kernel.tracking import Cells
from jupyter_sandfs.kernel.watching import Watches
from jupyter_sandfs.rpc.dispatcher import Dispatcher
from jupyter_sandfs.sandbox import Defaults, Sandbox
from jupyter_sandfs.vfs.interface import FileSystem

_MAGIC = "sandfs"
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
        self._links = _links(ip, self.dispatcher)
        Sandbox.faces["browse"] = self._browse
        self._watches = Watches()
        notebook = Notebook(ip, self.settings, self._watches, self._apply)
        self._cells = Cells(ip, lambda: self.settings.changes, notebook.tell)
        self._cells.listen()
        ip.register_magics(SandFSMagics(ip, notebook))
        self._matcher = matcher(notebook)
        ip.Completer.custom_matchers.append(self._matcher)

    def _apply(self) -> None:
        """Let the settings count for what is done from now on."""
        options = self.settings.options(os.environ)
        Sandbox.defaults = Defaults(
            store_url=options.store_url,
            tenant=options.tenant,
            storage=options.storage,
            store_limits=StoreLimits(
                max_file_size=options.max_file_size,
                max_total_bytes=options.max_total_bytes,
                default_ttl=options.default_ttl,
            ),
            python=options.python,
            host=options.host,
        )

    def unload(self) -> None:
        """Take everything away but the sandboxes."""
        for link in self._links:
            link.stop()
        self._cells.stop()
        self._watches.stop()
        with suppress(ValueError):  # somebody else has cleared them
            self._ip.Completer.custom_matchers.remove(self._matcher)
        Sandbox.faces.pop("browse", None)
        Sandbox.defaults = self._earlier
        for kind in ("line", "cell"):
            self._ip.magics_manager.magics[kind].pop(_MAGIC, None)
        self._ip.magics_manager.registry.pop(SandFSMagics.__name__, None)

    def _browse(self, sandbox: Sandbox, path: str) -> Any:
        from jupyter_sandfs.kernel.browser import TreeBrowser  # noqa: PLC0415  # widgets load when one is shown

        return TreeBrowser(sandbox.fs, name=sandbox.name, dispatcher=self.dispatcher, path=path)


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


def _links(ip: Any, dispatcher: Dispatcher) -> list[Any]:
    """The ways in for the server; a shell that is no kernel has none."""
    kernel = getattr(ip, "kernel", None)
    if kernel is None:
        return []
    from jupyter_sandfs.kernel.link import KernelLink  # noqa: PLC0415  # needs ipykernel, which a plain shell lacks

    link = KernelLink(kernel, dispatcher)
    link.start()
    return [link]
