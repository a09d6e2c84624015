"""The link's other way in: `sandfs_request` messages on the kernel's control channel.

Used where the socket can't be reached: a kernel on another host, behind a gateway, whose socket file was removed. The
control thread itself only puts requests in a queue, since interrupts and shutdown wait for it; a few threads answer.
"""

from __future__ import annotations

import base64
import binascii
import queue
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from jupyter_sandfs.errors import InvalidRequest, KernelBusy, RateLimited, SandfsError
from jupyter_sandfs.rpc.dispatcher import Dispatcher
from jupyter_sandfs.rpc.messages import Reply, Request

REQUEST_TYPE = "sandfs_request"
REPLY_TYPE = "sandfs_reply"
_WORKERS = 4
_QUEUED = 64


@dataclass(frozen=True, slots=True)
class _Job:
    """One message to answer; `stream` and `identities` say to whom, `deadline` until when (the clock's seconds)."""

    stream: Any
    identities: Any
    message: Mapping[str, Any]
    deadline: float


class Control:
    """Answers `sandfs_request` messages of one kernel; made by `install_control`."""

    def __init__(
        self,
        kernel: Any,
        dispatcher: Dispatcher,
        *,
        clock: Callable[[], float] = time.monotonic,
        workers: int = _WORKERS,
    ) -> None:
        self._kernel = kernel
        self._dispatcher = dispatcher
        self._clock = clock
        self._workers = workers
        self._jobs: queue.Queue[_Job | None] = queue.Queue(_QUEUED)
        self._quiet: Callable[..., Any] | None = None

    def install(self) -> None:
        self._kernel.control_handlers[REQUEST_TYPE] = self._receive
        self._silence_status()
        for _ in range(self._workers):
            threading.Thread(target=self._work, name="sandfs-control", daemon=True).start()

    def uninstall(self) -> None:
        """Leave nothing behind; requests still in the queue get no answer."""
        if self._kernel.control_handlers.get(REQUEST_TYPE) == self._receive:
            del self._kernel.control_handlers[REQUEST_TYPE]
        if self._quiet is not None and vars(self._kernel).get("_publish_status") is self._quiet:
            del self._kernel._publish_status  # noqa: SLF001 (what _silence_status put over the class's own)
        self._quiet = None
        self._drain()
        for _ in range(self._workers):
            self._jobs.put_nowait(None)

    def _receive(self, stream: Any, identities: Any, message: Mapping[str, Any]) -> None:
        """Runs on the control thread: neither waits nor calls anything that may."""
        job = _Job(stream, identities, message, self._clock() + _patience(message["content"]))
        try:
            self._jobs.put_nowait(job)
        except queue.Full:
            self._reply(job, Reply(error=RateLimited(f"{_QUEUED} requests wait already")))

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            self._reply(job, self._answer(job))

    def _answer(self, job: _Job) -> Reply:
        if self._clock() > job.deadline:  # nobody waits any more: a write must not happen after its 504
            return Reply(error=KernelBusy("the request waited for too long"))
        try:
            request = _decode(job.message)
        except SandfsError as error:
            return Reply(error=error)
        return self._dispatcher.handle(request)

    def _reply(self, job: _Job, reply: Reply) -> None:
        """Send from the stream's own loop: a ZMQ stream belongs to one thread."""
        content, buffers = _encode(reply, in_base64=_in_base64(job.message["content"]))
        session = self._kernel.session

        def send() -> None:
            session.send(job.stream, REPLY_TYPE, content, parent=job.message, ident=job.identities, buffers=buffers)

        job.stream.io_loop.add_callback(send)

    def _silence_status(self) -> None:
        """Publish no busy and idle around our messages: clients would take a busy kernel for an idle one.

        ipykernel offers no public way; a version without this method stays as noisy as it is.
        """
        publish = getattr(self._kernel, "_publish_status", None)
        if publish is None:
            return
        kernel = self._kernel

        def publish_unless_ours(status: str, channel: str, parent: Any = None) -> Any:
            found = parent or kernel.get_parent(channel)
            if channel == "control" and found.get("header", {}).get("msg_type") == REQUEST_TYPE:
                return None
            return publish(status, channel, parent)

        self._quiet = publish_unless_ours
        kernel._publish_status = publish_unless_ours  # noqa: SLF001 (see the docstring)

    def _drain(self) -> None:
        while True:
            try:
                self._jobs.get_nowait()
            except queue.Empty:
                return


def install_control(kernel: Any, dispatcher: Dispatcher) -> Control:
    """Let `dispatcher` answer the kernel's `sandfs_request` messages; `uninstall` of the result takes it back."""
    control = Control(kernel, dispatcher)
    control.install()
    return control


def _patience(content: Mapping[str, Any]) -> float:
    """Seconds for which the sender waits."""
    seconds = content.get("timeout")
    return float(seconds) if isinstance(seconds, int | float) and 0 < seconds < 3600 else 60.0


def _in_base64(content: Mapping[str, Any]) -> bool:
    return content.get("encoding") == "base64"


def _decode(message: Mapping[str, Any]) -> Request:
    content = message["content"]
    if _in_base64(content):
        return Request.from_header(content, _from_base64(content.get("body", "")))
    buffers = message.get("buffers") or [b""]
    return Request.from_header(content, memoryview(buffers[0]))


def _from_base64(text: object) -> bytes:
    try:
        return base64.b64decode(str(text), validate=True)
    except binascii.Error:
        raise InvalidRequest("body is not base64") from None


def _encode(reply: Reply, *, in_base64: bool) -> tuple[dict[str, Any], list[bytes | memoryview]]:
    content = {"status": "ok" if reply.error is None else "error", **reply.header()}
    if in_base64:
        return content | {"body": base64.b64encode(reply.body).decode()}, []
    return content, [reply.body] if len(reply.body) else []
