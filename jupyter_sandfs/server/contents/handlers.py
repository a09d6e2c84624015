"""The routes below `/sandfs/contents`: Jupyter's own handlers, on the sandboxes instead of the disk."""

from __future__ import annotations

import json
from typing import Any

from jupyter_client.jsonutil import json_default
from jupyter_core.utils import ensure_async
from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import APIHandler, path_regex
from jupyter_server.services.contents import handlers as jupyter
from jupyter_server.utils import url_escape, url_path_join
from tornado import web

_CHECKPOINT = r"(?P<checkpoint_id>[\w-]+)"
_TYPES: dict[str, tuple[type, ...]] = {
    "path": (str,),
    "copy_from": (str,),
    "ext": (str,),
    "type": (str,),
    "format": (str,),
    "chunk": (int,),
    "sender": (str,),
}


class SandboxContentsRoute(APIHandler):
    """What makes a handler of Jupyter's one of ours: where the contents are, whose rights count, what a body is."""

    auth_resource = "sandfs"

    @property
    def contents_manager(self) -> Any:
        return self.settings["sandfs_contents"]

    def location_url(self, path: str) -> str:
        """The URL of a file in this API."""
        return str(url_path_join(self.base_url, "sandfs", "contents", url_escape(path)))

    def get_json_body(self) -> dict[str, Any] | None:
        """The body: an object whose members are of the right kinds, or nothing. Raises HTTPError 400."""
        try:
            model: Any = super().get_json_body()
        except (UnicodeDecodeError, RecursionError):
            raise web.HTTPError(400, "Invalid JSON in body of request") from None
        if model is None:
            return None
        if not isinstance(model, dict):
            raise web.HTTPError(400, "The body of the request is no JSON object")
        for name, kinds in _TYPES.items():
            if model.get(name) is not None and not _is_one_of(model[name], kinds):
                raise web.HTTPError(400, f"{name} is of the wrong type")
        return model


class Contents(SandboxContentsRoute, jupyter.ContentsHandler):
    """Folders, files and notebooks."""

    async def _finish_error(self, code: int, message: str) -> None:
        """As all other errors: Jupyter's own writes bare text here, and calls it JSON."""
        self.set_status(code)
        self.finish(json.dumps({"message": message, "reason": None}))


class Checkpoints(SandboxContentsRoute, jupyter.CheckpointsHandler):
    """The checkpoints of one file."""

    @web.authenticated
    @authorized
    async def post(self, path: str = "") -> None:
        checkpoint = await ensure_async(self.contents_manager.create_checkpoint(path))
        self.set_header("Location", f"{self.location_url(path)}/checkpoints/{checkpoint['id']}")
        self.set_status(201)
        self.finish(json.dumps(checkpoint, default=json_default))


class ModifyCheckpoints(SandboxContentsRoute, jupyter.ModifyCheckpointsHandler):
    """One checkpoint."""


class Trust(SandboxContentsRoute):
    """Whether what a notebook shows may run."""

    @web.authenticated
    @authorized
    async def post(self, path: str = "") -> None:
        await self.contents_manager.trust_notebook(path)
        self.set_status(201)
        self.finish()


def routes(prefix: str) -> list[tuple[str, type[web.RequestHandler]]]:
    """The routes of this module below `prefix`."""
    return [
        (rf"{prefix}{path_regex}/checkpoints", Checkpoints),
        (rf"{prefix}{path_regex}/checkpoints/{_CHECKPOINT}", ModifyCheckpoints),
        (rf"{prefix}{path_regex}/trust", Trust),
        (rf"{prefix}{path_regex}", Contents),
    ]


def _is_one_of(value: object, kinds: tuple[type, ...]) -> bool:
    return isinstance(value, kinds) and not isinstance(value, bool)
