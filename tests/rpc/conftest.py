from __future__ import annotations

from dataclasses import dataclass

import pytest

from jupyter_sandfs.errors import SandboxNotFound
from jupyter_sandfs.rpc.dispatcher import Dispatcher
from jupyter_sandfs.rpc.messages import Reply, Request
from jupyter_sandfs.vfs.filesystem import VirtualFileSystem
from jupyter_sandfs.vfs.limits import Limits


class Clock:
    """Seconds that grow only when a test says so."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Kernel:
    """A dispatcher over one sandbox, as a kernel has it."""

    fs: VirtualFileSystem
    dispatcher: Dispatcher
    clock: Clock

    def ask(self, op: str, body: bytes = b"", **arguments: object) -> Reply:
        wire = {name.removesuffix("_"): value for name, value in arguments.items()}
        return self.dispatcher.handle(Request(op, wire, body))

    def value(self, op: str, body: bytes = b"", **arguments: object) -> object:
        return self.ask(op, body, **arguments).unwrap()

    def code(self, op: str, body: bytes = b"", **arguments: object) -> str | None:
        error = self.ask(op, body, **arguments).error
        return error.code if error else None


@pytest.fixture
def kernel() -> Kernel:
    fs = VirtualFileSystem(limits=Limits(total_bytes=10_000_000, file_bytes=5_000_000))
    clock = Clock()

    def resolve(sandbox: str, view: str | None) -> VirtualFileSystem:
        if sandbox != "default" or view is not None:
            raise SandboxNotFound(sandbox)
        return fs

    return Kernel(fs, Dispatcher(resolve, lambda: ["default"], clock=clock), clock)
