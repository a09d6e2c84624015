from __future__ import annotations

import base64
import queue
import threading
from dataclasses import dataclass, field
from types import SimpleNamespace

import pytest

from jupyter_sandfs.kernel import control as control_module
from jupyter_sandfs.kernel.control import Control, install_control
from jupyter_sandfs.rpc.dispatcher import Dispatcher
from jupyter_sandfs.vfs.filesystem import VirtualFileSystem

DEADLINE = 20.0


@dataclass
class Sent:
    """One reply: who sent it from where, and what it was."""

    thread: str
    message_type: str
    content: dict
    buffers: list
    ident: object
    parent: dict


@dataclass
class FakeKernel:
    """The parts of an ipykernel Kernel that are used: handlers, a session, statuses, a stream with a loop."""

    control_handlers: dict = field(default_factory=dict)
    published: list = field(default_factory=list)
    sent: queue.Queue = field(default_factory=queue.Queue)
    callbacks: queue.Queue = field(default_factory=queue.Queue)

    def __post_init__(self):
        self.session = SimpleNamespace(send=self._send)
        self.stream = SimpleNamespace(io_loop=SimpleNamespace(add_callback=self.callbacks.put))
        self.parent = {}

    def get_parent(self, _channel):
        return self.parent

    def _publish_status(self, status, channel, parent=None):
        self.published.append((status, channel, (parent or self.parent)["header"]["msg_type"]))

    def _send(self, _stream, message_type, content, *, parent, ident, buffers):
        self.sent.put(Sent(threading.current_thread().name, message_type, content, buffers, ident, parent))

    def receive(self, content, buffers=()):
        """A message arrives on the control channel; busy and idle around it, as process_control does."""
        self.parent = {"header": {"msg_type": "sandfs_request"}, "content": content, "buffers": list(buffers)}
        self._publish_status("busy", "control")
        handled = self.control_handlers["sandfs_request"](self.stream, [b"id"], self.parent)
        self._publish_status("idle", "control")
        return handled

    def reply(self) -> Sent:
        """Run the loop until the next reply is sent."""
        self.callbacks.get(timeout=DEADLINE)()
        return self.sent.get(timeout=DEADLINE)


@pytest.fixture
def fs():
    return VirtualFileSystem()


@pytest.fixture
def dispatcher(fs):
    return Dispatcher(lambda _sandbox, _view: fs, lambda: ["default"])


@pytest.fixture
def kernel():
    return FakeKernel()


@pytest.fixture
def control(kernel, dispatcher):
    made = install_control(kernel, dispatcher)
    yield made
    made.uninstall()


def test_a_request_is_answered_with_raw_bytes(kernel, control, fs):
    fs.write_file("/a", "hello")
    kernel.receive({"op": "read", "arguments": {"path": "/a"}})

    reply = kernel.reply()

    assert (reply.message_type, reply.ident, reply.parent) == ("sandfs_reply", [b"id"], kernel.parent)
    assert (reply.content["status"], reply.content["value"]["size"]) == ("ok", 5)
    assert [bytes(each) for each in reply.buffers] == [b"hello"]


def test_a_body_comes_as_a_buffer(kernel, control, fs):
    kernel.receive({"op": "write", "arguments": {"path": "/a"}}, [memoryview(b"x")])

    assert kernel.reply().content["value"]["version"] == 1
    assert fs.read_bytes("/a") == b"x"


def test_through_a_gateway_bytes_travel_as_base64(kernel, control, fs):
    body = base64.b64encode(b"hello").decode()
    kernel.receive({"op": "write", "arguments": {"path": "/a"}, "encoding": "base64", "body": body})
    written = kernel.reply()
    kernel.receive({"op": "read", "arguments": {"path": "/a"}, "encoding": "base64"})
    read = kernel.reply()

    assert (written.content["status"], written.buffers) == ("ok", [])
    assert (read.content["body"], read.buffers) == (body, [])


@pytest.mark.parametrize(
    "content",
    [
        {},
        {"op": "stat"},
        {"op": 3, "arguments": {}},
        {"op": "write", "arguments": {"path": "/a"}, "encoding": "base64", "body": "no base64!"},
    ],
)
def test_a_bad_message_is_told_so(kernel, control, fs, content):
    kernel.receive(content)

    reply = kernel.reply()

    assert (reply.content["status"], reply.content["error"]["code"]) == ("error", "invalid_request")
    assert fs.listdir("/") == []


def test_the_control_thread_runs_no_code_of_users_and_replies_come_from_its_loop(kernel, control, fs):
    threads = []
    fs.mount_file("/who", lambda _context: threads.append(threading.current_thread().name) or "x")
    kernel.receive({"op": "read", "arguments": {"path": "/who"}})

    reply = kernel.reply()

    assert reply.content["status"] == "ok"
    assert threading.current_thread().name not in threads
    assert reply.thread == threading.current_thread().name


def test_a_request_that_hangs_holds_nothing_up(kernel, control, fs):
    go_on = threading.Event()
    fs.mount_file("/slow", lambda _context: go_on.wait(DEADLINE) and "x")
    kernel.receive({"op": "read", "arguments": {"path": "/slow"}})
    kernel.receive({"op": "hello", "arguments": {}})

    assert kernel.reply().content["value"]["protocol"] == 1
    go_on.set()
    assert kernel.reply().content["value"]["size"] == 1


def test_a_request_that_waited_too_long_is_not_carried_out(kernel, dispatcher, fs):
    now = [0.0]
    control = Control(kernel, dispatcher, clock=lambda: now[0], workers=0)
    control.install()
    kernel.receive({"op": "write", "arguments": {"path": "/late"}, "timeout": 5})
    now[0] = 5.1
    control._jobs.put(None)
    control._work()

    assert kernel.reply().content["error"]["code"] == "kernel_busy"
    assert fs.listdir("/") == []


def test_too_many_requests_are_refused_at_once(kernel, dispatcher, monkeypatch):
    monkeypatch.setattr(control_module, "_QUEUED", 1)
    control = Control(kernel, dispatcher, workers=0)
    control.install()
    for _ in range(2):
        kernel.receive({"op": "hello", "arguments": {}})

    assert kernel.reply().content["error"]["code"] == "rate_limited"
    control.uninstall()


def test_our_messages_publish_no_status_and_others_do(kernel, control):
    kernel.receive({"op": "hello", "arguments": {}})
    kernel.parent = {"header": {"msg_type": "interrupt_request"}}
    kernel._publish_status("busy", "control")
    kernel._publish_status("busy", "shell", {"header": {"msg_type": "execute_request"}})

    assert kernel.published == [("busy", "control", "interrupt_request"), ("busy", "shell", "execute_request")]


def test_uninstalling_takes_everything_back(kernel, dispatcher):
    before = set(threading.enumerate())
    control = install_control(kernel, dispatcher)
    workers = set(threading.enumerate()) - before
    control.uninstall()
    for worker in workers:
        worker.join(DEADLINE)

    assert kernel.control_handlers == {}
    assert "_publish_status" not in vars(kernel)
    assert [worker.is_alive() for worker in workers] == [False] * 4


def test_a_later_wrapper_of_the_status_survives_the_uninstall(kernel, dispatcher):
    control = install_control(kernel, dispatcher)
    inner = kernel._publish_status

    def outer(*args):
        return inner(*args)

    kernel._publish_status = outer
    control.uninstall()

    assert kernel._publish_status is outer


def test_a_kernel_without_that_method_is_served_all_the_same(dispatcher):
    kernel = SimpleNamespace(control_handlers={}, session=None)
    install_control(kernel, dispatcher).uninstall()

    assert kernel.control_handlers == {}
