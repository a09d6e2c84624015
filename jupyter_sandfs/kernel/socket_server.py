"""The kernel's end of the link's socket: one daemon thread per connection, a bounded number of them."""

from __future__ import annotations

import contextlib
import logging
import os
import socket
import struct
import threading
from collections.abc import Callable, Mapping
from typing import Any

from jupyter_sandfs.errors import InvalidRequest
from jupyter_sandfs.rpc import frames, handshake
from jupyter_sandfs.rpc.messages import Reply, Request

MAX_CONNECTIONS = 16
HANDSHAKE_SECONDS = 5.0
IDLE_SECONDS = 300.0

_log = logging.getLogger(__name__)


class SocketServer:
    """Answers requests that come over a listening socket.

    Args:
        listener: a bound socket that listens; it is closed by `stop`.
        handle: answers one request; it never raises.
        key: what both sides must hold.
        handshake_seconds: for each step of the handshake; idle_seconds: for the next request, and for taking a reply.
    """

    def __init__(
        self,
        listener: socket.socket,
        handle: Callable[[Request], Reply],
        key: bytes,
        *,
        handshake_seconds: float = HANDSHAKE_SECONDS,
        idle_seconds: float = IDLE_SECONDS,
    ) -> None:
        self._listener = listener
        self._handle = handle
        self._key = key
        self._handshake_seconds = handshake_seconds
        self._idle_seconds = idle_seconds
        self._connections: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._stopped = False

    def start(self) -> None:
        threading.Thread(target=self._accept, name="sandfs-link", daemon=True).start()

    def stop(self) -> None:
        """Close the listener and all connections; their threads end by themselves."""
        with self._lock:
            self._stopped = True
            open_ones = [self._listener, *self._connections]
        for each in open_ones:
            with contextlib.suppress(OSError):  # wakes a thread that waits in accept or recv; close alone does not
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def _accept(self) -> None:
        while not self._stopped:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                if self._stopped or self._listener.fileno() < 0:
                    return
                continue  # the other end gave up before it was accepted
            if not self._admit(connection):
                connection.close()

    def _admit(self, connection: socket.socket) -> bool:
        with self._lock:
            if self._stopped or len(self._connections) >= MAX_CONNECTIONS or not is_own_user(connection):
                return False
            self._connections.add(connection)
        threading.Thread(target=self._serve, args=(connection,), name="sandfs-link-peer", daemon=True).start()
        return True

    def _serve(self, connection: socket.socket) -> None:
        try:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, frames.BODY_BYTES)  # a chunk leaves in one go
            connection.settimeout(self._handshake_seconds)
            self._shake_hands(connection)
            connection.settimeout(self._idle_seconds)
            inbox = Inbox(connection)
            while self._answer_one(connection, inbox):
                pass
        except InvalidRequest as error:
            _log.warning("kernel link closed: %s", error)
        except OSError:  # gone, idle for too long, or reads too slowly
            pass
        finally:
            with self._lock:
                self._connections.discard(connection)
            connection.close()

    def _shake_hands(self, connection: socket.socket) -> None:
        nonce = handshake.new_nonce()
        _send(connection, handshake.challenge(nonce))
        header, _ = Inbox(connection).receive()
        _send(connection, handshake.confirm(self._key, header, nonce))

    def _answer_one(self, connection: socket.socket, inbox: Inbox) -> bool:
        header, body = inbox.receive()
        request = Request.from_header(header, body)
        if _has_left(connection):
            return False  # who asked gave up: a write that nobody waits for any more must not happen
        reply = self._handle(request)
        _send(connection, reply.header(), reply.body)
        return True


def is_own_user(connection: socket.socket) -> bool:
    """Say whether the process at the other end belongs to the same user, as far as the platform tells."""
    if connection.family != getattr(socket, "AF_UNIX", None) or not hasattr(socket, "SO_PEERCRED"):
        return True  # the socket's mode (0600) and the handshake stand guard alone
    credentials = struct.Struct("3i")
    raw = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, credentials.size)
    _, uid, _ = credentials.unpack(raw)
    return bool(uid == os.getuid())


class Inbox:
    """Receives the requests of one connection, one after the other, all into the same memory.

    A body is good until the next request is received: operations copy what they keep.
    """

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._body = bytearray()

    def receive(self) -> tuple[dict[str, Any], memoryview]:
        """Header and body of a request. Raises InvalidRequest, OSError."""
        prefix = self._fill(memoryview(bytearray(frames.PREFIX.size)))
        header_size, body_size = frames.decode_prefix(bytes(prefix), header_bytes=frames.REQUEST_HEADER_BYTES)
        header = frames.decode_header(bytes(self._fill(memoryview(bytearray(header_size)))))
        if body_size > len(self._body):
            self._body = bytearray(body_size)
        return header, self._fill(memoryview(self._body)[:body_size])

    def _fill(self, place: memoryview) -> memoryview:
        rest = place
        while rest:
            count = self._connection.recv_into(rest)
            if not count:
                raise ConnectionResetError
            rest = rest[count:]
        return place


def _send(connection: socket.socket, header: Mapping[str, Any], body: bytes | memoryview = b"") -> None:
    for piece in frames.encode(header, body):
        connection.sendall(piece)


def _has_left(connection: socket.socket) -> bool:
    patience = connection.gettimeout()
    connection.setblocking(False)
    try:
        return connection.recv(1, socket.MSG_PEEK) == b""
    except BlockingIOError:
        return False
    finally:
        connection.settimeout(patience)
