from __future__ import annotations

import contextlib
import os
import socket
import stat
from pathlib import Path

import pytest

from jupyter_sandfs.errors import Unsupported
from jupyter_sandfs.kernel import socket_server
from jupyter_sandfs.kernel.endpoint import Endpoint
from jupyter_sandfs.kernel.socket_server import Inbox, SocketServer
from jupyter_sandfs.rpc import frames, handshake, rendezvous
from jupyter_sandfs.rpc.dispatcher import Dispatcher
from jupyter_sandfs.rpc.messages import Reply, Request
from jupyter_sandfs.vfs.filesystem import VirtualFileSystem

KEY = b"the connection file's key"
DEADLINE = 20.0


class Client:
    """The other end, without any of the server's code."""

    def __init__(self, address: rendezvous.Address) -> None:
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(DEADLINE)
        self.socket.connect(address.socket)

    def send(self, header: dict, body: bytes = b"") -> None:
        self.socket.sendall(b"".join(frames.encode(header, body)))

    def receive(self) -> tuple[dict, bytes]:
        prefix = self._exactly(frames.PREFIX.size)
        header, body = frames.decode_prefix(prefix, header_bytes=frames.REPLY_HEADER_BYTES)
        return frames.decode_header(self._exactly(header)), self._exactly(body)

    def shake_hands(self, key: bytes = KEY) -> Client:
        challenge, _ = self.receive()
        nonce = handshake.new_nonce()
        self.send(handshake.answer(key, challenge, nonce))
        proof, _ = self.receive()
        handshake.verify(key, proof, challenge["nonce"], nonce)
        return self

    def ask(self, op: str, body: bytes = b"", **arguments: object) -> Reply:
        self.send(Request(op, arguments).header(), body)
        return Reply.from_header(*self.receive())

    def is_closed(self) -> bool:
        try:
            return self.socket.recv(1) == b""
        except ConnectionResetError:
            return True

    def _exactly(self, size: int) -> bytes:
        data = b""
        while len(data) < size:
            piece = self.socket.recv(size - len(data))
            if not piece:
                raise EOFError
            data += piece
        return data


@pytest.fixture
def fs():
    return VirtualFileSystem()


@pytest.fixture
def endpoint(fs, tmp_path):
    made = Endpoint(Dispatcher(lambda _sandbox, _view: fs, lambda: ["default"]), tmp_path / "kernel-abc.json", KEY)
    yield made
    made.stop()


@pytest.fixture
def connect(endpoint):
    address = endpoint.start()
    with contextlib.ExitStack() as stack:

        def connect() -> Client:
            client = Client(address)
            stack.callback(client.socket.close)
            return client

        yield connect


def test_who_holds_the_key_gets_answers(connect, fs):
    fs.write_file("/a", "hello")
    client = connect().shake_hands()

    assert client.ask("write", b"there", path="/b").unwrap()["version"] == 1
    reply = client.ask("read", path="/a")
    assert (reply.value["size"], reply.body) == (5, b"hello")


def test_a_megabyte_goes_both_ways(connect, fs):
    content = os.urandom(1 << 20)
    client = connect().shake_hands()
    client.ask("write", content, path="/a").unwrap()

    assert client.ask("read", path="/a").body == content


def test_an_error_arrives_as_what_it_was(connect):
    error = connect().shake_hands().ask("stat", path="/absent").error

    assert (type(error).__name__, error.path) == ("NotFound", "/absent")


def test_a_wrong_key_is_refused(connect, caplog):
    client = connect()
    with pytest.raises(EOFError):
        client.shake_hands(b"another key")

    assert client.is_closed()


def test_no_request_is_answered_before_the_handshake(connect, fs):
    client = connect()
    client.receive()
    client.send(Request("write", {"path": "/a"}).header(), b"x")

    assert client.is_closed()
    assert fs.listdir("/") == []


@pytest.mark.parametrize(
    "raw",
    [
        frames.PREFIX.pack(frames.REQUEST_HEADER_BYTES + 1, 0),
        frames.PREFIX.pack(2, frames.BODY_BYTES + 1) + b"{}",
        frames.PREFIX.pack(2**32 - 1, 2**64 - 1),
        frames.PREFIX.pack(2, 0) + b"[]",
        frames.PREFIX.pack(2, 0) + b"{}",
        frames.PREFIX.pack(3, 0) + b"\xff\xff\xff",
    ],
)
def test_a_wrong_frame_ends_the_connection_and_only_that(connect, raw):
    client, other = connect().shake_hands(), connect().shake_hands()
    client.socket.sendall(raw)

    assert client.is_closed()
    assert other.ask("hello").unwrap()["pid"] == os.getpid()


def test_socket_and_runtime_file_are_private(endpoint, tmp_path):
    endpoint.start()

    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    assert modes == {"sandfs-abc.sock": 0o600, "sandfs-abc.json": 0o600}
    assert rendezvous.find(tmp_path / "kernel-abc.json").socket == str(tmp_path / "sandfs-abc.sock")


def test_what_a_killed_kernel_left_behind_is_replaced(endpoint, tmp_path):
    stale = socket.socket(socket.AF_UNIX)
    stale.bind(str(tmp_path / "sandfs-abc.sock"))
    stale.close()
    (tmp_path / "sandfs-abc.json").write_text("{}")

    client = Client(endpoint.start()).shake_hands()

    assert client.ask("hello").unwrap()["sandboxes"] == ["default"]
    client.socket.close()


def test_stopping_leaves_nothing_behind(endpoint, tmp_path):
    client = Client(endpoint.start()).shake_hands()
    endpoint.stop()
    endpoint.stop()

    assert client.is_closed()
    assert list(tmp_path.iterdir()) == []
    client.socket.close()


def test_it_can_be_started_again_but_not_twice(endpoint, tmp_path):
    endpoint.start()
    with pytest.raises(Unsupported):
        endpoint.start()
    endpoint.stop()

    endpoint.start()

    assert rendezvous.find(tmp_path / "kernel-abc.json") is not None


def test_a_long_path_gets_a_private_directory_elsewhere(fs, tmp_path):
    directory = tmp_path / ("d" * 100)
    directory.mkdir()
    endpoint = Endpoint(Dispatcher(lambda *_: fs, list), directory / "kernel-abc.json", KEY)
    socket_path = Path(endpoint.start().socket)
    client = Client(rendezvous.find(directory / "kernel-abc.json")).shake_hands()

    assert stat.S_IMODE(socket_path.parent.stat().st_mode) == 0o700
    assert client.ask("hello").error is None
    endpoint.stop()
    assert not socket_path.parent.exists()
    client.socket.close()


def test_a_private_directory_of_a_killed_kernel_is_removed(fs, tmp_path):
    connection_file = tmp_path / ("d" * 100) / "kernel-abc.json"
    connection_file.parent.mkdir()
    left = tmp_path / "sandfs-x"
    left.mkdir()
    (left / "link.sock").touch()
    rendezvous.publish(connection_file, rendezvous.Address(1, socket=str(left / "link.sock")))
    endpoint = Endpoint(Dispatcher(lambda *_: fs, list), connection_file, KEY)

    endpoint.start()
    endpoint.stop()

    assert not left.exists()


def test_the_number_of_connections_is_bounded(connect, monkeypatch):
    monkeypatch.setattr(socket_server, "MAX_CONNECTIONS", 2)
    first, second = connect().shake_hands(), connect().shake_hands()

    assert connect().is_closed()
    assert first.ask("hello").error is None
    assert second.ask("hello").error is None


def test_a_connection_that_ends_makes_room(connect, monkeypatch):
    monkeypatch.setattr(socket_server, "MAX_CONNECTIONS", 1)
    first = connect().shake_hands()
    first.send({}, b"")
    assert first.is_closed()  # the server closes its end only after it has forgotten the connection

    assert connect().shake_hands().ask("hello").error is None


def test_another_user_gets_no_connection(connect, monkeypatch):
    monkeypatch.setattr(os, "getuid", lambda: 4_000_000)

    assert connect().is_closed()


@pytest.mark.parametrize(
    ("handshake_seconds", "idle_seconds", "shakes"), [(0.05, DEADLINE, False), (DEADLINE, 0.05, True)]
)
def test_who_says_nothing_is_sent_away(tmp_path, handshake_seconds, idle_seconds, shakes):
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(tmp_path / "s"))
    listener.listen()
    server = SocketServer(
        listener, lambda _request: Reply({}), KEY, handshake_seconds=handshake_seconds, idle_seconds=idle_seconds
    )
    server.start()
    client = Client(rendezvous.Address(1, socket=str(tmp_path / "s")))
    if shakes:
        client.shake_hands()
    else:
        client.receive()

    assert client.is_closed()
    server.stop()
    client.socket.close()


def test_a_request_whose_sender_left_is_not_carried_out(tmp_path):
    """Its sender has told its own user already that it failed."""
    asked = []
    with socket.socket(socket.AF_UNIX) as listener:
        server = SocketServer(listener, lambda request: asked.append(request.op) or Reply({}), KEY)
        ours, theirs = socket.socketpair()
        with ours:
            theirs.sendall(b"".join(frames.encode(Request("write", {"path": "/late"}).header(), b"x")))
            theirs.close()

            assert server._answer_one(ours, Inbox(ours)) is False
    assert asked == []


def test_where_no_socket_can_be_made_the_runtime_file_says_so(endpoint, tmp_path, caplog):
    (tmp_path / "sandfs-abc.sock").mkdir()

    endpoint.start()

    assert rendezvous.find(tmp_path / "kernel-abc.json") == rendezvous.Address(os.getpid())
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    endpoint.stop()
    assert not rendezvous.runtime_file(tmp_path / "kernel-abc.json").exists()


def test_over_tcp_a_kernel_without_a_key_is_refused(fs, tmp_path, monkeypatch):
    monkeypatch.delattr(socket, "AF_UNIX")
    endpoint = Endpoint(Dispatcher(lambda *_: fs, list), tmp_path / "kernel-abc.json", b"")

    with pytest.raises(Unsupported):
        endpoint.start()


def test_over_tcp_it_listens_on_the_loopback_only(fs, tmp_path, monkeypatch):
    monkeypatch.delattr(socket, "AF_UNIX")
    endpoint = Endpoint(Dispatcher(lambda *_: fs, list), tmp_path / "kernel-abc.json", KEY)
    address = endpoint.start()

    with socket.create_connection(("127.0.0.1", address.port), DEADLINE) as connection:
        assert connection.getpeername()[0] == "127.0.0.1"
    assert address.socket is None
    endpoint.stop()
