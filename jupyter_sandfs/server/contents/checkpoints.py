"""Checkpoints of Jupyter's contents API, which the kernel of each sandbox keeps."""

from __future__ import annotations

from typing import Any, Protocol

from jupyter_server.services.contents.checkpoints import AsyncCheckpoints
from tornado.web import HTTPError

from jupyter_sandfs.rpc.checkpoints import ONLY
from jupyter_sandfs.server.contents.models import moment


class Asks(Protocol):
    """Whatever carries an operation to the sandbox that holds a path of the contents API."""

    async def ask(self, path: str, op: str, **arguments: Any) -> Any: ...


class SandboxCheckpoints(AsyncCheckpoints):
    """One checkpoint for each file, as Jupyter's own on a disk.

    Args:
        contents: carries the operations out.
    """

    def __init__(self, contents: Asks, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._contents = contents

    async def create_checkpoint(self, contents_mgr: Any, path: str) -> dict[str, Any]:
        del contents_mgr
        return _model(await self._contents.ask(path, "checkpoint_make"))

    async def restore_checkpoint(self, contents_mgr: Any, checkpoint_id: str, path: str) -> None:
        del contents_mgr
        _refuse_other(checkpoint_id, path)
        await self._contents.ask(path, "checkpoint_restore")

    async def list_checkpoints(self, path: str) -> list[dict[str, Any]]:
        return [_model(each) for each in await self._contents.ask(path, "checkpoints")]

    async def delete_checkpoint(self, checkpoint_id: str, path: str) -> None:
        _refuse_other(checkpoint_id, path)
        if not await self.list_checkpoints(path):
            raise HTTPError(404, f"Checkpoint does not exist: {path}@{checkpoint_id}")
        await self.delete_all_checkpoints(path)

    async def delete_all_checkpoints(self, path: str) -> None:
        await self._contents.ask(path, "checkpoint_forget")

    async def rename_checkpoint(self, checkpoint_id: str, old_path: str, new_path: str) -> None:
        del checkpoint_id
        await self.rename_all_checkpoints(old_path, new_path)

    async def rename_all_checkpoints(self, old_path: str, new_path: str) -> None:
        """Those of a directory are those of all files in it. Into another sandbox, none go along."""
        new_top, _, inner = new_path.strip("/").partition("/")
        if old_path.strip("/").partition("/")[0] == new_top:
            await self._contents.ask(old_path, "checkpoint_move", to=inner)
        else:
            await self.delete_all_checkpoints(old_path)


def _refuse_other(checkpoint_id: str, path: str) -> None:
    if checkpoint_id != ONLY:
        raise HTTPError(404, f"Checkpoint does not exist: {path}@{checkpoint_id}")


def _model(document: dict[str, str]) -> dict[str, Any]:
    return {"id": document["id"], "last_modified": moment(document["lastModified"])}
