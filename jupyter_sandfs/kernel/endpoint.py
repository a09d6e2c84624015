"""Where the server reaches this kernel: a unix socket for the owner only, and a runtime file that says where it is."""

from __future__ import annotations

import atexit
import contextlib
import logging
import os
import socket
import tempfile
from pathlib import Path

from jupyter_sandfs.errors import InvalidRequest, Unsupported
from jupyter_sandfs.kernel.socket_server import SocketServer
from jupyter_sandfs.rpc import rendezvous
from jupyter_sandfs.rpc.dispatcher import Dispatcher
from jupyter_sandfs.rpc.rendezvous import Address

_BACKLOG = 16
_log = logging.getLogger(__name__)
_PRIVATE_NAME = "link.sock"  # in a directory made for it alone


class Endpoint:
    """Listens for the server's requests, beside the kernel's connection file.

    Args:
        key: the connection file's key, which the other end must hold too.
    """

    def __init__(self, dispatcher: Dispatcher, connection_file: str | Path, key: bytes) -> None:
        self._dispatcher = dispatcher
        self._connection_file = Path(connection_file)
        self._key = key
        self._server: SocketServer | None = None
        self._files: list[Path] = []
        self._owner = os.getpid()

    def start(self) -> Address:
        """Listen, and say where; where no socket can be made, say that. What an earlier kernel left is removed."""
        if self._files:
            raise Unsupported("this endpoint listens already")
        self._owner = os.getpid()
        atexit.register(self.stop)
        self._remove_stale()
        address = self._open()
        self._files.append(rendezvous.publish(self._connection_file, address))
        return address

    def stop(self) -> None:
        """Stop listening and remove the files; more than once does no harm."""
        if os.getpid() != self._owner:
            return  # a forked child leaves: its parent still listens
        atexit.unregister(self.stop)
        if self._server is not None:
            self._server.stop()
            self._server = None
        while self._files:
            _remove(self._files.pop())

    def _open(self) -> Address:
        try:
            listener, address = self._listen()
        except OSError as error:  # such as a directory on a file system that can't hold sockets
            _log.warning("no socket for the server, only the control channel: %s", error)
            return Address(os.getpid())
        self._server = SocketServer(listener, self._dispatcher.handle, self._key)
        self._server.start()
        return address

    def _listen(self) -> tuple[socket.socket, Address]:
        if not hasattr(socket, "AF_UNIX"):
            return self._listen_on_loopback()
        path = self._socket_path()
        path.unlink(missing_ok=True)
        listener = socket.socket(socket.AF_UNIX)
        try:
            listener.bind(str(path))
        except OSError:
            listener.close()
            raise
        self._files.append(path)
        path.chmod(0o600)  # nobody can have connected before: it does not listen yet
        listener.listen(_BACKLOG)
        return listener, Address(os.getpid(), socket=str(path))

    def _listen_on_loopback(self) -> tuple[socket.socket, Address]:
        if not self._key:
            raise Unsupported("a kernel without a key can't be reached over TCP")
        listener = socket.create_server(("127.0.0.1", 0), backlog=_BACKLOG)
        return listener, Address(os.getpid(), port=listener.getsockname()[1])

    def _socket_path(self) -> Path:
        beside = rendezvous.socket_file(self._connection_file)
        if beside is not None:
            return beside
        directory = Path(tempfile.mkdtemp(prefix="sandfs-"))  # mode 0700
        self._files.append(directory)
        return directory / _PRIVATE_NAME

    def _remove_stale(self) -> None:
        """Remove what an earlier kernel of this connection file left when it was killed."""
        try:
            stale = rendezvous.find(self._connection_file)
        except InvalidRequest:
            stale = None
        rendezvous.runtime_file(self._connection_file).unlink(missing_ok=True)
        if stale is not None and stale.socket is not None and Path(stale.socket).name == _PRIVATE_NAME:
            _remove(Path(stale.socket))
            _remove(Path(stale.socket).parent)


def _remove(path: Path) -> None:
    """Remove a file or an empty directory; what is gone already, or not ours to remove, stays as it is."""
    with contextlib.suppress(OSError):
        if path.is_dir():
            path.rmdir()
        else:
            path.unlink()
