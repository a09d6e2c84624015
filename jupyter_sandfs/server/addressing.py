"""Which sandbox a request means: `session_id`, `sandbox` and `view` of its query."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from jupyter_core.utils import ensure_async
from tornado import web

from jupyter_sandfs.errors import InvalidRequest, KernelBusy, SandboxNotFound, SandfsError
from jupyter_sandfs.rpc.messages import Reply, Request
from jupyter_sandfs.server.links import HINT, Links

_SEARCH_SECONDS = 3.0


@dataclass(frozen=True, slots=True)
class Target:
    """One sandbox in one kernel, as one view of it sees it."""

    links: Links
    kernel_id: str
    sandbox: str = "default"
    view: str | None = None

    async def ask(
        self, op: str, arguments: Mapping[str, Any], body: bytes | memoryview = b"", *, seconds: float | None = None
    ) -> Reply:
        """Carry out an operation; raises its error. It has `seconds`, or what every request has if not given."""
        request = Request(op, arguments, body, self.sandbox, self.view)
        reply = await self.links.ask(self.kernel_id, request, seconds=seconds)
        reply.unwrap()
        return reply

    async def chunk_bytes(self) -> int:
        """How many bytes one operation may carry well."""
        return (await self.links.link(self.kernel_id)).chunk_bytes


class Spot(NamedTuple):
    """A path in a sandbox."""

    target: Target
    path: str

    async def ask(self, op: str, **arguments: Any) -> Any:
        """Carry out an operation on what is there; gives its value."""
        return (await self.target.ask(op, {"path": self.path, **arguments})).value


async def find_kernel(links: Links, kernel_manager: Any, session_manager: Any, session_id: str | None) -> str:
    """Give the id of the kernel that `session_id` names (a kernel's id or a session's); without it the only one.

    Raises:
        SandboxNotFound: nothing goes by that id, or no kernel holds a sandbox.
        InvalidRequest: no id was given, and several kernels hold sandboxes.
    """
    if session_id is None:
        return await _find_only(links, kernel_manager)
    if session_id in kernel_manager:
        return session_id
    try:
        session = await ensure_async(session_manager.get_session(session_id=session_id))
    except web.HTTPError:
        raise SandboxNotFound(session_id, "no kernel or session has this id; see /sandfs/v1/sandboxes") from None
    return str(session["kernel"]["id"])


async def list_sandboxes(links: Links, kernel_manager: Any) -> dict[str, list[dict[str, Any]] | SandfsError]:
    """What each kernel with the extension holds, by kernel id; or why it did not say."""
    kernel_ids = list(kernel_manager.list_kernel_ids())
    answers = await asyncio.gather(*(_ask_sandboxes(links, kernel_id) for kernel_id in kernel_ids))
    return {kernel_id: answer for kernel_id, answer in zip(kernel_ids, answers, strict=True) if answer is not None}


async def _find_only(links: Links, kernel_manager: Any) -> str:
    holders = [kernel_id for kernel_id, held in (await list_sandboxes(links, kernel_manager)).items() if held]
    if not holders:
        raise SandboxNotFound("default", HINT)
    if len(holders) > 1:
        raise InvalidRequest("several kernels hold sandboxes: give session_id, see /sandfs/v1/sandboxes")
    return holders[0]


async def _ask_sandboxes(links: Links, kernel_id: str) -> list[dict[str, Any]] | SandfsError | None:
    """A busy kernel may hold one: its error stands for the answer."""
    try:
        reply = await links.ask(kernel_id, Request("sandboxes"), seconds=_SEARCH_SECONDS)
        return list(reply.unwrap())
    except SandboxNotFound:
        return None
    except KernelBusy as busy:
        return busy
