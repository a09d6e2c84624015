from __future__ import annotations

import asyncio
import base64
import queue
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest

from jupyter_sandfs.errors import KernelBusy, SandboxNotFound
from jupyter_sandfs.rpc import rendezvous
from jupyter_sandfs.rpc.messages import Reply, Request
from jupyter_sandfs.server.control_link import ControlLink
from jupyter_sandfs.server.links import Links
from jupyter_sandfs.vfs.filesystem import VirtualFileSystem

DEADLINE = 20.0
HELLO = Request("hello")


@pytest.fixture
def links(kernels, jp_asyncio_loop):
    made = Links(kernels, seconds=DEADLINE)
    yield made
    made.close()


async def test_one_connection_is_used_again_and_again(links, kernels, fs):
    for _ in range(10):
        assert (await links.ask("k1", HELLO)).value["sandboxes"] == ["default"]

    assert len(kernels.endpoints["k1"]._server._connections) == 1


async def test_a_slow_request_does_not_hold_up_others(links, fs):
    go_on = threading.Event()
    fs.mount_file("/slow", lambda _context: go_on.wait(DEADLINE) and "x")
    slow = asyncio.ensure_future(links.ask("k1", Request("read", {"path": "/slow"})))

    assert (await links.ask("k1", HELLO)).error is None
    assert not slow.done()
    go_on.set()
    assert (await slow).value["size"] == 1


async def test_more_requests_than_connections_all_get_their_own_answer(links, kernels, fs):
    for number in range(40):
        fs.write_file(f"/{number}", bytes(number))
    asked = [links.ask("k1", Request("read", {"path": f"/{number}"})) for number in range(40)]

    assert [len(reply.body) for reply in await asyncio.gather(*asked)] == list(range(40))
    assert len(kernels.endpoints["k1"]._server._connections) <= 4


async def test_no_reply_in_time_is_a_busy_kernel_and_the_late_reply_confuses_nobody(links, fs):
    go_on = threading.Event()
    fs.mount_file("/slow", lambda _context: go_on.wait(DEADLINE) and "late")
    with pytest.raises(KernelBusy, match="did not answer within"):
        await links.ask("k1", Request("read", {"path": "/slow"}), seconds=0.05)
    go_on.set()

    assert (await links.ask("k1", HELLO)).value["protocol"] == 1


async def test_a_kernel_that_came_back_is_found_without_an_error(links, kernels, fs):
    await links.ask("k1", HELLO)
    kernels.endpoints["k1"].stop()
    kernels.endpoints["k1"].start()

    assert (await links.ask("k1", HELLO)).error is None


async def test_an_unknown_kernel_is_none(links):
    with pytest.raises(SandboxNotFound, match="no kernel has this id"):
        await links.ask("nobody", HELLO)


async def test_a_kernel_that_is_gone_is_forgotten(links, kernels, fs):
    await links.ask("k1", HELLO)
    kernels.managers.pop("k1")

    with pytest.raises(SandboxNotFound):
        await links.ask("k1", HELLO)
    assert links._known == {}


class FakeChannel:
    """A control channel whose other end is a function of the request's content."""

    def __init__(self, answer):
        self.answer = answer
        self.messages = asyncio.Queue()
        self.socket = self

    def send(self, message):
        content = self.answer(message["content"])
        if content is not None:
            self.messages.put_nowait({"parent_header": message["header"], "content": content, "buffers": []})

    async def get_msg(self, timeout):  # noqa: ASYNC109 (the signature of jupyter_client's)
        try:
            return await asyncio.wait_for(self.messages.get(), timeout)
        except TimeoutError:
            raise queue.Empty from None


class FakeClient:
    """A kernel client, as much of it as a link uses."""

    def __init__(self, answer):
        self.control_channel = FakeChannel(answer)
        self.stopped = False
        self.count = 0
        self.session = SimpleNamespace(msg=self._message, send=self._send)

    def start_channels(self, **_channels):
        return None

    def stop_channels(self):
        self.stopped = True

    def _message(self, message_type, content):
        self.count += 1
        return {"header": {"msg_id": str(self.count), "msg_type": message_type}, "content": content}

    def _send(self, _socket, message, buffers):
        message["content"]["buffers"] = buffers
        self.control_channel.send(message)


async def closed(link):
    link.close()
    await asyncio.gather(link._pump, return_exceptions=True)


async def test_through_a_gateway_bodies_are_base64_both_ways():
    seen = []

    def answer(content):
        seen.append(content)
        return {"status": "ok", "value": {}, "body": base64.b64encode(b"back").decode()}

    link = ControlLink(FakeClient(answer), in_base64=True)
    reply = await link.ask(Request("write", {"path": "/a"}, b"there"), DEADLINE)

    assert (bytes(reply.body), base64.b64decode(seen[0]["body"]), seen[0]["encoding"]) == (b"back", b"there", "base64")
    assert link.chunk_bytes == 256 << 10
    await closed(link)


async def test_replies_find_who_asked_whatever_their_order():
    held = []

    def answer(content):
        held.append(content["arguments"]["path"])
        return None if len(held) < 2 else {"status": "ok", "value": held}

    client = FakeClient(answer)
    link = ControlLink(client, in_base64=False)
    first = asyncio.ensure_future(link.ask(Request("stat", {"path": "1"}), DEADLINE))
    await asyncio.sleep(0)  # let it send first
    second = await link.ask(Request("stat", {"path": "2"}), DEADLINE)
    client.control_channel.messages.put_nowait(
        {"parent_header": {"msg_id": "1"}, "content": {"status": "ok", "value": "late"}, "buffers": [b"x"]}
    )

    assert second.value == ["1", "2"]
    assert await first == Reply("late", memoryview(b"x"))
    await closed(link)
    assert client.stopped


async def test_silence_on_the_control_channel_is_a_busy_kernel():
    link = ControlLink(FakeClient(lambda _content: None), in_base64=False)

    with pytest.raises(KernelBusy):
        await link.ask(HELLO, 0.05)
    await closed(link)


async def test_a_remote_kernel_is_asked_on_its_control_channel(links, kernels, tmp_path):
    client = FakeClient(lambda content: {"status": "ok", "value": content["op"]})
    kernels.managers["remote"] = SimpleNamespace(
        connection_file=str(tmp_path / "kernel-remote.json"), session=None, provisioner=None, client=lambda: client
    )

    assert (await links.ask("remote", HELLO)).value == "hello"


async def test_who_listens_without_the_key_is_not_trusted(links, kernels, tmp_path, short_directory):
    """A process that took the socket's place gets no request; the control channel is asked instead."""
    kernels.add("impostor", default=VirtualFileSystem())
    manager = kernels.managers["impostor"]
    manager.session = SimpleNamespace(key=b"what the real kernel has")
    manager.client = lambda: FakeClient(lambda _content: {"status": "ok", "value": "real"})

    assert rendezvous.find(Path(manager.connection_file)) is not None
    assert (await links.ask("impostor", HELLO)).value == "real"


async def test_a_kernel_that_could_make_no_socket_is_asked_on_its_control_channel(links, kernels, fs):
    manager = kernels.managers["k1"]
    rendezvous.publish(Path(manager.connection_file), rendezvous.Address(1))
    manager.client = lambda: FakeClient(lambda _content: {"status": "ok", "value": "control"})

    assert (await links.ask("k1", HELLO)).value == "control"
