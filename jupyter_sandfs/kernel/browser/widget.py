"""The widget's Python side: passes the browser's requests to the dispatcher, and changes to the browser.

Messages of the page: `{id, op, arguments}` with the request's body as buffer; the answer is `{id, value}` or
`{id, error}` with the reply's body as buffer. On its own the widget sends `{event: "changed", paths}`, where `paths`
is null when there were too many to name. Files never travel in synced traits: those are saved with the notebook.
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
from jupyter_sandfs.kernel.browser import bundle
from jupyter_sandfs.kernel.browser.preview import preview
from jupyter_sandfs.rpc.dispatcher import Dispatcher
from jupyter_sandfs.rpc.messages import Reply, Request
from jupyter_sandfs.vfs.interface import FileSystem

if TYPE_CHECKING:
    from jupyter_sandfs.vfs.journal import Change

MAX_PATHS = 200  # of changes that one event names; beyond, the page lists anew what it shows
_STATIC_ROWS = 200
_ID_LENGTH = 64

_Body = bytes | memoryview


class TreeBrowser(anywidget.AnyWidget):
    """A tree of a sandbox's files, with preview, upload and download.

    Args:
        fs: what to show and watch, as its owner or a principal sees it.
        name: of the sandbox, as the dispatcher knows it.
        dispatcher: answers the page's requests.
        path: folder to open and select at the start.
        view: name of the view through which the dispatcher answers; it must see what `fs` does.
        kernel_id: under which the server knows this kernel, for uploads over HTTP; found out if not given.
    """

    _esm = bundle.script()
    _css = bundle.styles()

    name = traitlets.Unicode("default").tag(sync=True)
    view = traitlets.Unicode(None, allow_none=True).tag(sync=True)
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
    ) -> None:
        start = paths.normalize(path) if fs.stat(path).is_dir else paths.parent(path)
        super().__init__(
            name=name,
            view=view,
            kernel_id=own_kernel_id() if kernel_id is None else kernel_id,
            path=start,
            selected="" if paths.is_root(path) else paths.normalize(path),
            expanded=[each for each in [*paths.ancestors(start), start] if not paths.is_root(each)],
        )
        self._fs = fs
        self._sandbox = name  # the traits may be set by the page: what it may reach is decided here
        self._view = view
        self._dispatcher = dispatcher
        dispatcher.register("preview", preview)
        keep_subshell(self.comm)
        self.on_msg(self._receive)
        self._watch = fs.watch(paths.ROOT, self._announce)

    def listing(self) -> str:
        """The tree as text, cut after 200 rows."""
        return self._fs.tree(paths.ROOT, max_entries=_STATIC_ROWS)

    def close(self) -> None:
        """Take the browser off the page, and stop watching."""
        watch = self.__dict__.pop("_watch", None)  # ipywidgets closes half-made and closed widgets too
        if watch is not None:
            watch.close()
        super().close()

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
                return self._dispatcher.handle(Request(op, arguments, body, self._sandbox, self._view))
        return Reply(error=InvalidRequest("a message of the tree browser has id, op and arguments"))

    def _announce(self, changes: Sequence[Change]) -> None:
        """Tell the page what changed; called from whichever thread watches."""
        touched = list(dict.fromkeys(change.path for change in changes))
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
