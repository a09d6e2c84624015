"""Which way to a kernel: its socket, else its control channel; and what its silence means."""

from __future__ import annotations

import asyncio
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from jupyter_client.provisioning.local_provisioner import LocalProvisioner
from jupyter_core.utils import ensure_async

from jupyter_sandfs.errors import InvalidRequest, KernelBusy, SandboxNotFound
from jupyter_sandfs.rpc import rendezvous
from jupyter_sandfs.rpc.messages import Reply, Request
from jupyter_sandfs.rpc.rendezvous import Address
from jupyter_sandfs.server.control_link import ControlLink
from jupyter_sandfs.server.socket_link import LinkLost, SocketLink

HINT = "no sandbox there; run %load_ext jupyter_sandfs in the notebook"
_READING = frozenset(
    {
        "hello",
        "sandboxes",
        "stats",
        "entries",
        "stat",
        "read",
        "checkpoints",
        "search",
        "changes",
        "fingerprint",
        "agent_tools",
        "agent_files",
    }
)
_READY_SECONDS = 30.0
_PROBE_SECONDS = 3.0
_ABSENT_SECONDS = 10.0


class Link(Protocol):
    """A way to one kernel. `chunk_bytes` is how much one request may carry well."""

    chunk_bytes: int

    async def ask(self, request: Request, seconds: float) -> Reply: ...
    def close(self) -> None: ...


@dataclass(slots=True)
class _Known:
    """What is known of one kernel as long as its generation lasts.

    Attributes:
        link: None if it has no sandbox, to be believed until the loop's time `until`.
    """

    generation: object
    link: Link | None
    until: float = 0.0


class Links:
    """The links to all kernels of a kernel manager, one for each, opened as they are needed.

    Args:
        seconds: for each request.
    """

    def __init__(self, kernel_manager: Any, *, seconds: float) -> None:
        self._kernel_manager = kernel_manager
        self._seconds = seconds
        self._known: dict[str, _Known] = {}
        self._locks: dict[str, asyncio.Lock] = {}

    async def ask(self, kernel_id: str, request: Request, *, seconds: float | None = None) -> Reply:
        """Ask a kernel; the reply may be an error.

        Raises:
            SandboxNotFound: there is no such kernel, or it has not loaded the extension.
            KernelBusy: no reply in time.
        """
        link = await self.link(kernel_id)
        try:
            return await link.ask(request, seconds or self._seconds)
        except LinkLost as lost:
            self.drop(kernel_id, link)
            if lost.sent and request.op not in _READING:
                raise KernelBusy("the kernel went away before it answered") from lost
        link = await self.link(kernel_id)
        try:
            return await link.ask(request, seconds or self._seconds)
        except LinkLost as lost:
            self.drop(kernel_id, link)
            raise KernelBusy("the kernel went away before it answered") from lost

    async def link(self, kernel_id: str) -> Link:
        """Give the link to a kernel. Raises SandboxNotFound, KernelBusy."""
        self._forget_gone()
        if kernel_id not in self._kernel_manager:
            raise SandboxNotFound(kernel_id, "no kernel has this id; see /sandfs/v1/sandboxes")
        manager = self._kernel_manager.get_kernel(kernel_id)
        await _until_ready(manager)
        try:
            async with asyncio.timeout(self._seconds), self._locks.setdefault(kernel_id, asyncio.Lock()):
                link = await self._current(kernel_id, manager)
        except TimeoutError:
            raise KernelBusy(f"the kernel did not answer within {self._seconds:g} s") from None
        if link is None:
            raise SandboxNotFound(kernel_id, HINT)
        return link

    def drop(self, kernel_id: str, link: Link) -> None:
        """Forget a link that failed; the next request opens another."""
        known = self._known.get(kernel_id)
        if known is not None and known.link is link:
            self._close(kernel_id)

    def close(self) -> None:
        for kernel_id in list(self._known):
            self._close(kernel_id)

    async def _current(self, kernel_id: str, manager: Any) -> Link | None:
        known = self._known.get(kernel_id)
        if known is None or not self._holds(known, _generation(manager)):
            self._close(kernel_id)
            known = self._known[kernel_id] = await self._open(manager)
        return known.link

    def _holds(self, known: _Known, generation: object) -> bool:
        if known.generation != generation:
            return False
        return known.link is not None or asyncio.get_running_loop().time() < known.until

    def _forget_gone(self) -> None:
        for kernel_id in [each for each in self._known if each not in self._kernel_manager]:
            self._close(kernel_id)
            self._locks.pop(kernel_id, None)

    def _close(self, kernel_id: str) -> None:
        known = self._known.pop(kernel_id, None)
        if known is not None and known.link is not None:
            known.link.close()

    async def _open(self, manager: Any) -> _Known:
        generation = _generation(manager)
        link = await self._find_way(manager)
        return _Known(generation, link, asyncio.get_running_loop().time() + _ABSENT_SECONDS)

    async def _find_way(self, manager: Any) -> Link | None:
        address = _address(manager)
        if address is not None:
            link = await _open_socket(address, manager)
            if link is not None:
                return link
        if _is_local(manager) and (address is None or not _is_alive(address.pid)):
            # A question on the control channel would tell nothing more, and show the kernel as busy and idle.
            return None
        return await self._open_control(manager, expected=address is not None)

    async def _open_control(self, manager: Any, *, expected: bool) -> Link | None:
        """Try the control channel; a kernel without the extension gives no reply at all there."""
        link = await ControlLink.open(manager, in_base64=_is_behind_gateway(manager))
        try:
            await link.ask(Request("hello"), _PROBE_SECONDS)
        except KernelBusy:
            link.close()
            if expected:
                raise
            return None
        except BaseException:
            link.close()
            raise
        return link


async def _open_socket(address: Address, manager: Any) -> SocketLink | None:
    if address.socket is None and address.port is None:
        return None
    link = SocketLink(address, bytes(manager.session.key))
    try:
        await link.probe()
    except (LinkLost, InvalidRequest):  # a stale file, or a process that can't prove to be this kernel
        return None
    return link


async def _until_ready(manager: Any) -> None:
    """Wait for a kernel that is still starting."""
    ready = getattr(manager, "ready", None)
    if ready is None or _is_behind_gateway(manager):  # a gateway's client never says that one is ready
        return
    try:
        await asyncio.wait_for(asyncio.shield(asyncio.ensure_future(ensure_async(ready))), _READY_SECONDS)
    except TimeoutError:
        raise KernelBusy(f"the kernel did not start within {_READY_SECONDS:g} s") from None


def _address(manager: Any) -> Address | None:
    if not manager.connection_file:
        return None
    try:
        return rendezvous.find(Path(manager.connection_file))
    except InvalidRequest:
        return None


def _generation(manager: Any) -> object:
    """Something that differs when the kernel was restarted, or its extension loaded again."""
    return manager.connection_file, getattr(manager.provisioner, "pid", None), _published(manager.connection_file)


def _published(connection_file: str) -> object:
    """Which runtime file is there; behind a gateway there is not even a connection file."""
    if not connection_file:
        return None
    try:
        found = rendezvous.runtime_file(Path(connection_file)).stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns


def _is_local(manager: Any) -> bool:
    return isinstance(manager.provisioner, LocalProvisioner)


def _is_behind_gateway(manager: Any) -> bool:
    from jupyter_server.gateway.managers import GatewayKernelManager  # noqa: PLC0415 (heavy, and rarely there)

    return isinstance(manager, GatewayKernelManager)


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
