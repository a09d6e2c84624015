"""The server's end of the link over a kernel's control channel."""

from __future__ import annotations

import asyncio
import base64
import binascii
import queue
from typing import Any

from jupyter_core.utils import ensure_async

from jupyter_sandfs.errors import InvalidRequest, KernelBusy
from jupyter_sandfs.rpc.messages import Reply, Request
from jupyter_sandfs.rpc.operations import MAX_CHUNK

_POLL_SECONDS = 1.0


class ControlLink:
    """Requests as messages on the control channel, many at a time.

    Args:
        client: a client of the kernel whose control channel is started.
        in_base64: bodies travel in the JSON: a gateway's client loses raw buffers, and a reply with them stops it.
    """

    def __init__(self, client: Any, *, in_base64: bool) -> None:
        self._client = client
        self._in_base64 = in_base64
        self._waiting: dict[str, asyncio.Future[Any]] = {}
        self._pump: asyncio.Task[None] | None = None
        self.chunk_bytes = MAX_CHUNK // 4 if in_base64 else MAX_CHUNK

    @classmethod
    async def open(cls, manager: Any, *, in_base64: bool) -> ControlLink:
        """Start a control channel to the kernel of a kernel manager."""
        client = _gateway_channel(manager.kernel_id) if in_base64 else manager.client()
        started = client.start_channels(shell=False, iopub=False, stdin=False, hb=False, control=True)
        if started is not None:
            await ensure_async(started)
        return cls(client, in_base64=in_base64)

    async def ask(self, request: Request, seconds: float) -> Reply:
        """Send a request and wait for the reply; raises KernelBusy when none comes within `seconds`."""
        message, buffers = self._message(request, seconds)
        key = message["header"]["msg_id"]
        self._waiting[key] = asyncio.get_running_loop().create_future()
        try:
            self._send(message, buffers)
            self._start_pump()
            return _decode(await asyncio.wait_for(self._waiting[key], seconds))
        except TimeoutError:
            raise KernelBusy(f"the kernel did not answer within {seconds:g} s on its control channel") from None
        finally:
            self._waiting.pop(key, None)

    def close(self) -> None:
        if self._pump is not None:
            self._pump.cancel()
        self._client.stop_channels()

    def _message(self, request: Request, seconds: float) -> tuple[dict[str, Any], list[bytes | memoryview]]:
        content = {**request.header(), "timeout": seconds}
        if self._in_base64:
            content |= {"encoding": "base64", "body": base64.b64encode(request.body).decode()}
        buffers = [request.body] if len(request.body) and not self._in_base64 else []
        return self._client.session.msg("sandfs_request", content), buffers

    def _send(self, message: dict[str, Any], buffers: list[bytes | memoryview]) -> None:
        channel = self._client.control_channel
        if self._in_base64:
            channel.send(message)
        else:
            self._client.session.send(channel.socket, message, buffers=buffers)

    def _start_pump(self) -> None:
        if self._pump is None or self._pump.done():
            self._pump = asyncio.get_running_loop().create_task(self._receive())

    async def _receive(self) -> None:
        """Hand replies to who waits for them; ends when nobody does, since a gateway's channel is polled."""
        while self._waiting:
            try:
                message = await self._client.control_channel.get_msg(timeout=_POLL_SECONDS)
            except queue.Empty:
                continue
            waiter = self._waiting.get(message["parent_header"].get("msg_id"))
            if waiter is not None and not waiter.done():
                waiter.set_result(message)


def _gateway_channel(kernel_id: str) -> Any:
    from jupyter_sandfs.server.gateway_channel import GatewayChannel  # noqa: PLC0415 (heavy, and rarely there)

    return GatewayChannel(kernel_id)


def _decode(message: dict[str, Any]) -> Reply:
    content = message["content"]
    if "body" in content:
        return Reply.from_header(content, _from_base64(content["body"]))
    buffers = message.get("buffers") or [b""]
    return Reply.from_header(content, memoryview(buffers[0]))


def _from_base64(text: object) -> bytes:
    try:
        return base64.b64decode(str(text), validate=True)
    except binascii.Error:
        raise InvalidRequest("the kernel's reply is not base64") from None
