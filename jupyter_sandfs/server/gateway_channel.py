"""The control channel of a kernel that a gateway runs: Jupyter messages as JSON on a websocket.

Jupyter Server's own `GatewayKernelClient` does not log in to the gateway, and blocks the event loop while it connects.
"""

from __future__ import annotations

import asyncio
import json
import queue
from datetime import datetime
from typing import Any

from jupyter_client.session import Session
from jupyter_server.gateway.gateway_client import GatewayClient
from jupyter_server.utils import url_escape, url_path_join
from tornado.httpclient import HTTPClientError, HTTPRequest
from tornado.websocket import WebSocketClientConnection, WebSocketClosedError, websocket_connect

from jupyter_sandfs.errors import KernelBusy
from jupyter_sandfs.server.socket_link import LinkLost

IDLE_SECONDS = 30.0  # an open websocket counts as somebody at work, and keeps the gateway from culling the kernel
_CONNECT_SECONDS = 10.0
_MESSAGE_BYTES = 128 << 20  # what the kernel sends to all, such as large outputs, comes along
_CHANNEL = "control"


class GatewayChannel:
    """What `ControlLink` needs of a client of a kernel; it closes itself when nothing was sent for a while.

    Attributes:
        session: makes messages; the gateway signs them.
    """

    def __init__(self, kernel_id: str) -> None:
        self.session = Session()
        self.control_channel = self
        self._kernel_id = kernel_id
        self._replies: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._socket: WebSocketClientConnection | None = None
        self._idle: asyncio.TimerHandle | None = None

    async def start_channels(self, **_channels: bool) -> None:
        """Connect to the gateway. Raises KernelBusy when it does not answer."""
        gateway = GatewayClient.instance()
        place = url_path_join(gateway.ws_url or "", gateway.kernels_endpoint, url_escape(self._kernel_id), "channels")
        request = HTTPRequest(place, **gateway.load_connection_args(connect_timeout=_CONNECT_SECONDS))
        try:
            self._socket = await websocket_connect(
                request, on_message_callback=self._receive, max_message_size=_MESSAGE_BYTES
            )
        except (HTTPClientError, OSError, WebSocketClosedError) as error:
            raise KernelBusy(f"the gateway of the kernel can't be reached: {type(error).__name__}") from error
        self._rest()

    def stop_channels(self) -> None:
        if self._idle is not None:
            self._idle.cancel()
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def send(self, message: dict[str, Any]) -> None:
        """Send a message. Raises LinkLost when the websocket was closed, by whomever."""
        if self._socket is None:
            raise LinkLost(sent=False)
        self._rest()
        sent = {**message, "channel": _CHANNEL, "buffers": []}
        try:
            self._socket.write_message(json.dumps(sent, default=datetime.isoformat))
        except WebSocketClosedError as error:
            raise LinkLost(sent=False) from error

    async def get_msg(self, *, timeout: float) -> dict[str, Any]:  # noqa: ASYNC109  the signature of jupyter_client's
        """The next reply. Raises queue.Empty, as jupyter_client's channels do."""
        try:
            return await asyncio.wait_for(self._replies.get(), timeout)
        except TimeoutError:
            raise queue.Empty from None

    def _receive(self, text: str | bytes | None) -> None:
        """Keep what comes on our channel; None is the end, which the next `send` notices."""
        if text is None:
            self.stop_channels()
            return
        if isinstance(text, bytes):  # with buffers: not for us
            return
        message = json.loads(text)
        if message.get("channel") == _CHANNEL:
            self._replies.put_nowait(message)

    def _rest(self) -> None:
        if self._idle is not None:
            self._idle.cancel()
        self._idle = asyncio.get_running_loop().call_later(IDLE_SECONDS, self.stop_channels)
