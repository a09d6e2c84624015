"""The websocket to a gateway, with a small gateway of our own."""

from __future__ import annotations

import asyncio
import json
import queue
from typing import ClassVar

import pytest
from jupyter_server.gateway.gateway_client import GatewayClient
from tornado import httpserver, testing, web, websocket

from jupyter_sandfs.errors import KernelBusy
from jupyter_sandfs.rpc.messages import Reply, Request
from jupyter_sandfs.server.control_link import ControlLink
from jupyter_sandfs.server.gateway_channel import GatewayChannel
from jupyter_sandfs.server.socket_link import LinkLost

PATIENCE = 60.0


class Gateway(websocket.WebSocketHandler):
    """Answers each request with its arguments, amid messages that are none of ours."""

    logins: ClassVar[list[str | None]] = []

    def open(self, kernel_id):
        assert kernel_id == "k1"
        self.logins.append(self.request.headers.get("Authorization"))

    def on_message(self, text):
        message = json.loads(text)
        if message["content"]["op"] == "close":
            self.close()
            return
        content = {"value": message["content"]["arguments"], "body": message["content"]["body"]}
        parent = {"parent_header": message["header"]}
        self.write_message(json.dumps({"channel": "iopub", "content": {}, **parent}))
        self.write_message(b"buffers of somebody", binary=True)
        self.write_message(json.dumps({"channel": "control", "content": content, **parent}))


@pytest.fixture
def gateway(jp_asyncio_loop, monkeypatch):
    """A gateway that is configured, and its logins."""
    monkeypatch.setattr(Gateway, "logins", [])
    GatewayClient.clear_instance()
    server = httpserver.HTTPServer(web.Application([(r"/api/kernels/(.+)/channels", Gateway)]))
    listener, port = testing.bind_unused_port()

    async def start() -> None:
        server.add_socket(listener)

    async def stop() -> None:
        server.stop()
        await server.close_all_connections()

    jp_asyncio_loop.run_until_complete(start())
    GatewayClient.instance(url=f"http://127.0.0.1:{port}", auth_token="of the gateway")
    yield Gateway.logins
    jp_asyncio_loop.run_until_complete(stop())
    GatewayClient.clear_instance()


async def test_a_request_and_its_body_go_through_with_a_login(gateway):
    channel = GatewayChannel("k1")
    await channel.start_channels()
    link = ControlLink(channel, in_base64=True)

    reply = await link.ask(Request("echo", {"a": 1}, b"\xff\0"), PATIENCE)
    link.close()

    assert reply == Reply({"a": 1}, b"\xff\0")
    assert gateway == ["token of the gateway"]


async def test_a_closed_websocket_is_a_lost_link_and_nothing_was_sent(gateway):
    channel = GatewayChannel("k1")
    await channel.start_channels()
    link = ControlLink(channel, in_base64=True)
    channel.stop_channels()  # as it does when nothing was sent for a while

    with pytest.raises(LinkLost) as lost:
        await link.ask(Request("echo"), PATIENCE)

    assert (lost.value.sent, len(gateway)) == (False, 1)


async def test_the_end_by_the_gateway_is_noticed(gateway):
    channel = GatewayChannel("k1")
    await channel.start_channels()
    channel.send({"header": {}, "content": {"op": "close"}})

    async with asyncio.timeout(PATIENCE):
        while channel._socket is not None:  # noqa: ASYNC110  nothing tells it but the next request
            await asyncio.sleep(0)

    with pytest.raises(LinkLost):
        channel.send({"header": {}, "content": {}})
    with pytest.raises(queue.Empty):
        await channel.get_msg(timeout=0.0)
    channel.stop_channels()
    assert len(gateway) == 1


@pytest.mark.usefixtures("gateway")
async def test_a_gateway_that_does_not_answer_is_a_busy_kernel():
    GatewayClient.instance().url = "http://127.0.0.1:9"
    GatewayClient.instance().ws_url = "ws://127.0.0.1:9"

    with pytest.raises(KernelBusy, match="the gateway of the kernel can't be reached"):
        await GatewayChannel("k1").start_channels()
