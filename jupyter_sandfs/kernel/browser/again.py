"""Makes a browser anew in a kernel that came after the one it was made in; the page asks for it."""

from __future__ import annotations

from IPython.core.getipython import get_ipython

from jupyter_sandfs.kernel.extension import load_ipython_extension
from jupyter_sandfs.sandbox import Sandbox


def again(name: str, path: str = "/", view: str | None = None) -> str:
    """Give the id of the model of a new browser; the extension is loaded if it is not.

    Raises:
        SandboxNotFound: the sandbox of that name was not made again.
        NotFound: the view was not.
    """
    load_ipython_extension(get_ipython())
    sandbox = Sandbox.get(name)
    start = path if sandbox.seen_by(view).is_dir(path) else "/"
    model_id: str = sandbox.browse(start, view=view).model_id
    return model_id
