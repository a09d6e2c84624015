"""This kernel's two ways in for the server: the socket beside its connection file, and its control channel."""

from __future__ import annotations

from typing import Any

from ipykernel.connect import get_connection_file

from jupyter_sandfs.kernel.control import install_control
from jupyter_sandfs.kernel.endpoint import Endpoint
from jupyter_sandfs.rpc.dispatcher import Dispatcher


class KernelLink:
    """Offers a dispatcher to the server for as long as it is started."""

    def __init__(self, kernel: Any, dispatcher: Dispatcher) -> None:
        self._kernel = kernel
        self._dispatcher = dispatcher
        key: bytes = kernel.session.key
        self._endpoint = Endpoint(dispatcher, get_connection_file(), key)

    def start(self) -> None:
        """Open both ways; one is enough, so a host where no socket can be made is no error."""
        self._control = install_control(self._kernel, self._dispatcher)
        try:
            self._endpoint.start()
        except OSError as error:
            self._kernel.log.warning("jupyter_sandfs: no socket for the server, only the control channel: %s", error)

    def stop(self) -> None:
        self._control.uninstall()
        self._endpoint.stop()
