"""`/sandfs/v1/sandboxes`: which kernels hold sandboxes."""

from __future__ import annotations

from typing import Any

from jupyter_server.auth.decorator import authorized
from tornado import web

from jupyter_sandfs.errors import SandfsError
from jupyter_sandfs.server.addressing import list_sandboxes
from jupyter_sandfs.server.route import SandfsRoute


class Sandboxes(SandfsRoute):
    @web.authenticated
    @authorized
    async def get(self) -> None:
        held = await list_sandboxes(self.settings["sandfs_links"], self.kernel_manager)
        sessions = {each["kernel"]["id"]: each for each in await self.session_manager.list_sessions()}
        folders = await self._folders()
        kernels = [_describe(each, found, sessions.get(each)) for each, found in held.items()]
        self.answer({"kernels": [each | {"folders": folders.get(each["kernelId"], {})} for each in kernels]})

    async def _folders(self) -> dict[str, dict[str, str]]:
        """What the sandboxes of each kernel are called in the contents API, which file browsers show."""
        names: dict[str, dict[str, str]] = {}
        for each in await self.settings["sandfs_folders"].list():
            names.setdefault(each.target.kernel_id, {})[each.target.sandbox] = each.label
        return names


def _describe(
    kernel_id: str, held: list[dict[str, Any]] | SandfsError, session: dict[str, Any] | None
) -> dict[str, Any]:
    document: dict[str, Any] = {"kernelId": kernel_id}
    if session is not None:
        document |= {"sessionId": session["id"], "name": session["name"], "path": session["path"]}
    if isinstance(held, SandfsError):
        return document | {"sandboxes": [], "problem": str(held)}
    return document | {"sandboxes": held}
