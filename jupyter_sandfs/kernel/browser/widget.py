"""The widget's Python side: passes the browser's requests to the dispatcher, and changes to the browser.

Messages of the page: `{id, op, arguments}` with the request's body as buffer; the answer is `{id, value}` or
`{id, error}` with the reply's body as buffer. On its own the widget sends `{event: "changed", paths}`, where `paths`
is null when there were too many to name. Files never travel in synced traits: those are saved with the notebook.

What a page may reach is decided here: it names no sandbox and no view. Only the owner's browser has the operations that
switch them, and those of the staging store.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anywidget
import traitlets

from jupyter_sandfs import paths
from jupyter_sandfs.errors import InvalidRequest
from jupyter_sandfs.kernel.browser import bundle, changes, finding, preview
from jupyter_sandfs.kernel.browser.history import History
from jupyter_sandfs.kernel.browser.lens import Lens
from jupyter_sandfs.kernel.browser.listing import Listing
from jupyter_sandfs.kernel.browser.store import StorePane
from jupyter_sandfs.kernel.moments import CELLS
from jupyter_sandfs.rpc.dispatcher import Dispatcher
from jupyter_sandfs.rpc.messages import Reply, Request
from jupyter_sandfs.rpc.operations import Handler
from jupyter_sandfs.sandbox import Sandbox
from jupyter_sandfs.vfs.interface import FileSystem

if TYPE_CHECKING:
    from jupyter_sandfs.vfs.actions import Change

MAX_PATHS = 200  # of changes that one event names; beyond, the page lists anew what it shows
_STATIC_ROWS = 200
_ID_LENGTH = 64

_Body = bytes | memoryview


class TreeBrowser(anywidget.AnyWidget):
    """A tree of a sandbox's files, with preview, history, upload and download.

    Args:
        fs: what to show and watch, as its owner or a principal sees it.
        name: of the sandbox, as the dispatcher knows it.
        dispatcher: answers the page's requests; the browser adds its own operations to it.
        path: folder to open and select at the start.
        view: name of the view through which the dispatcher answers; it must see what `fs` does.
        kernel_id: under which the server knows this kernel, for uploads over HTTP; found out if not given.
        sandbox: makes it the owner's: with the staging store, other sandboxes, and the eyes of its views. With a `view`
            it is for the cells of the history only.
    """

    _esm = bundle.script()
    _css = bundle.styles()

    name = traitlets.Unicode("default").tag(sync=True)
    view = traitlets.Unicode(None, allow_none=True).tag(sync=True)
    owner = traitlets.Bool(default_value=False).tag(sync=True)
    kernel_id = traitlets.Unicode("").tag(sync=True)
    path = traitlets.Unicode("/").tag(sync=True)
    selected = traitlets.Unicode("").tag(sync=True)
    expanded = traitlets.List(traitlets.Unicode()).tag(sync=True)

    def __init__(
        self,
        fs: FileSystem,
        *,
        name: str = "default",
        dispatcher: Dispatcher,
        path: str = paths.ROOT,
        view: str | None = None,
        kernel_id: str | None = None,
        sandbox: Sandbox | None = None,
    ) -> None:
        start = paths.normalize(path) if fs.stat(path).is_dir else paths.parent(path)
        super().__init__(
            name=name,
            view=view,
            owner=sandbox is not None and view is None,
            kernel_id=own_kernel_id() if kernel_id is None else kernel_id,
            path=start,
            selected="" if paths.is_root(path) else paths.normalize(path),
            expanded=[each for each in [*paths.ancestors(start), start] if not paths.is_root(each)],
        )
        self._dispatcher = dispatcher
        self._owned = sandbox if view is None else None
        self._whole = fs if sandbox is None else sandbox.fs
        keep_subshell(self.comm)
        self._show(fs, name, view)
        self.on_msg(self._receive)

    def listing(self) -> str:
        """The tree as text, cut after 200 rows."""
        return self._fs.tree(paths.ROOT, max_entries=_STATIC_ROWS)

    @property
    def shown(self) -> FileSystem:
        """What it shows."""
        return self._fs

    def close(self) -> None:
        """Take the browser off the page, and stop watching."""
        watch = self.__dict__.pop("_watch", None)  # ipywidgets closes half-made and closed widgets too
        if watch is not None:
            watch.close()
        super().close()

    def _show(self, fs: FileSystem, name: str, view: str | None) -> None:
        """Turn to a file system; the traits may be set by the page, so that what it may reach is kept beside them."""
        earlier = self.__dict__.pop("_watch", None)
        self._fs, self._sandbox, self._view = fs, name, view
        for op, handler in self._operations().items():
            self._dispatcher.register(op, handler)
        self._watch = fs.watch(paths.ROOT, self._announce)
        if earlier is not None:
            earlier.close()

    def _operations(self) -> dict[str, Handler]:
        fixed = finding.OPERATIONS | preview.OPERATIONS | changes.OPERATIONS
        tables = fixed | Listing().operations() | History(self._whole, CELLS).operations()
        if self._owned is None:
            return tables
        owners: dict[str, Handler] = {"facts": self._facts, "switch": self._switch, "view_as": self._view_as}
        return tables | owners | StorePane(self._owned).operations() | Lens(self._owned).operations()

    def _facts(self, _fs: FileSystem, _body: object) -> dict[str, list[str]]:
        """The sandboxes and views that the owner may turn to."""
        return {"sandboxes": Sandbox.names(), "views": self._owned.views if self._owned else []}

    def _switch(self, _fs: FileSystem, _body: object, name: str) -> dict[str, str]:
        """Show another sandbox of this process. Raises SandboxNotFound."""
        self._owned = Sandbox.get(name)
        self._whole = self._owned.fs
        self._show(self._owned.fs, name, None)
        self.set_trait("view", None)
        self.name, self.path, self.selected, self.expanded = name, paths.ROOT, "", []
        return {"name": name}

    def _view_as(self, _fs: FileSystem, _body: object, view: str | None = None) -> dict[str, str | None]:
        """Look with the eyes of a view; None gives the owner's back. Raises NotFound."""
        if self._owned is not None:
            self._owned.seen_by(view)
        self._view = view
        self.view = view
        return {"view": view}

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]] | None:
        """Give the live view, and the tree as text for those who can't show it."""
        made = super()._repr_mimebundle_(**kwargs)
        if made is None:
            return None
        data, metadata = made
        return data | {"text/plain": self.listing()}, metadata

    def _receive(self, _widget: object, content: object, buffers: Sequence[_Body] | None) -> None:
        """Answer one message; what has no id could not be answered, and is none of ours."""
        match content:
            case {"id": str(number), **question} if len(number) <= _ID_LENGTH:
                reply = self._ask(question, buffers[0] if buffers else b"")
                self.send({"id": number, **reply.header()}, buffers=[reply.body] if len(reply.body) else None)

    def _ask(self, question: Mapping[object, object], body: _Body) -> Reply:
        match question:
            case {"op": str(op), "arguments": dict(arguments)}:
                request = Request(op, arguments, body, self._sandbox, self._view)
                if op not in changes.CHANGING:
                    return self._dispatcher.handle(request)
                with self._fs.action(f"{op} {arguments.get('path', '')}".strip(), changes.ACTOR):
                    return self._dispatcher.handle(request)
        return Reply(error=InvalidRequest("a message of the tree browser has id, op and arguments"))

    def _announce(self, changed: Sequence[Change]) -> None:
        """Tell the page what changed; called from whichever thread watches."""
        touched = list(dict.fromkeys(path for change in changed for path in (change.path, change.source) if path))
        self.send({"event": "changed", "paths": touched if len(touched) <= MAX_PATHS else None})


def keep_subshell(comm: object) -> None:
    """Let a comm's messages run in the subshell that they name, so that they are answered while a cell runs.

    ipykernel 7.4 runs them where the comm was last used instead, which for a widget is the main thread with its cells:
    it takes them for answers. Ours are questions.
    """
    if hasattr(comm, "_reply_subshell_for"):
        vars(comm)["_reply_subshell_for"] = lambda _data, named: named


def own_kernel_id() -> str:
    """Give the id under which Jupyter Server knows this kernel: its connection file is named by it. Empty elsewhere."""
    module = sys.modules.get("ipykernel.kernelapp")  # asking must not start what is not there
    if module is None or not module.IPKernelApp.initialized():
        return ""
    file: str = module.IPKernelApp.instance().connection_file
    return Path(file).stem.removeprefix("kernel-")
