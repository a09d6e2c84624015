"""From a request to a reply: find the operation, check its arguments, call it, turn every error into an answer."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from jupyter_sandfs.errors import InvalidRequest, NotFound, SandboxNotFound, SandfsError
from jupyter_sandfs.rpc.archives import Departures, archive_operations
from jupyter_sandfs.rpc.checkpoints import Checkpoints, checkpoint_operations
from jupyter_sandfs.rpc.entries import rfc3339
from jupyter_sandfs.rpc.feeds import Feeds, feed_operations
from jupyter_sandfs.rpc.fingerprints import FINGERPRINT_OPERATIONS
from jupyter_sandfs.rpc.messages import PROTOCOL, Reply, Request
from jupyter_sandfs.rpc.operations import FILE_OPERATIONS, MAX_CHUNK, Handler, upload_operations
from jupyter_sandfs.rpc.search import search_operations
from jupyter_sandfs.rpc.signatures import Signature
from jupyter_sandfs.rpc.uploads import Uploads
from jupyter_sandfs.vfs.interface import FileSystem

_log = logging.getLogger(__name__)

Resolve = Callable[[str, str | None], FileSystem]


@dataclass(frozen=True, slots=True)
class _Operation:
    """An operation; `leading` gives what its handler gets before the arguments."""

    handler: Handler
    signature: Signature
    leading: Callable[[Request], tuple[Any, ...]]


class Dispatcher:
    """Answers requests about the sandboxes of a process. Thread-safe, without I/O of its own.

    Args:
        resolve: gives the file system of a sandbox as a view of it sees it (a view of None: what the sandbox shares).
            Raises SandboxNotFound.
        names: the names of the sandboxes there are.
        clock: seconds that only grow; for uploads that were left lying.
    """

    def __init__(
        self, resolve: Resolve, names: Callable[[], list[str]], *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._resolve = resolve
        self._names = names
        self._operations: dict[str, _Operation] = {}
        uploads = Uploads(clock)
        tables = (
            FILE_OPERATIONS,
            FINGERPRINT_OPERATIONS,
            upload_operations(uploads),
            archive_operations(uploads, Departures(clock)),
            checkpoint_operations(Checkpoints(lambda: datetime.now(UTC))),
            search_operations(clock),
            feed_operations(Feeds(clock)),
        )
        for op, handler in (entry for table in tables for entry in table.items()):
            self.register(op, handler)
        for op, answer in {"hello": self._hello, "sandboxes": self._sandboxes}.items():
            self.offer(op, answer)

    def register(self, op: str, handler: Handler) -> None:
        """Offer `handler(fs, body, **arguments) -> value | (value, body)` as operation `op`.

        Its annotations say which JSON types the arguments have; values must be JSON, a body bytes or a memoryview. The
        body it gets may be used again when it is done: it copies what it keeps.
        """
        self._operations[op] = _Operation(handler, Signature(handler, leading=2), self._files_of)

    def register_by_name(self, op: str, handler: Handler) -> None:
        """Offer `handler(sandbox, view, body, **arguments)`, for what needs more of a sandbox than its files.

        It resolves the names itself; otherwise as `register`.
        """
        named = _Operation(handler, Signature(handler, leading=3), lambda each: (each.sandbox, each.view, each.body))
        self._operations[op] = named

    def perform(self, op: str, fs: FileSystem, body: bytes | memoryview, arguments: Mapping[str, Any]) -> Any:
        """Carry out an operation on files that were found already; gives and raises what its handler does."""
        operation = self._operations[op]
        return operation.handler(fs, body, **operation.signature.bind(op, arguments))

    def offer(self, op: str, answer: Callable[..., Any]) -> None:
        """Offer `answer(**arguments) -> value` as operation `op`, which concerns no sandbox; else as `register`."""
        self._operations[op] = _Operation(answer, Signature(answer, leading=0), lambda _request: ())

    def handle(self, request: Request) -> Reply:
        """Answer one request; an error becomes a reply too, never an exception."""
        try:
            return self._answer(request)
        except SandfsError as error:
            return Reply(error=error)
        except Exception as error:  # noqa: BLE001 (the edge: whatever a handler does, the asker gets an answer)
            _log.exception("operation %s failed", request.op)
            return Reply(error=SandfsError(f"{request.op} failed in the kernel: {type(error).__name__}"))

    def _answer(self, request: Request) -> Reply:
        operation = self._operations.get(request.op)
        if operation is None:
            raise InvalidRequest(f"unknown operation: {request.op}")
        arguments = operation.signature.bind(request.op, request.arguments)
        result = operation.handler(*operation.leading(request), **arguments)
        return Reply(*result) if isinstance(result, tuple) else Reply(result)

    def _files_of(self, request: Request) -> tuple[FileSystem, bytes | memoryview]:
        return self._resolve(request.sandbox, request.view), request.body

    def _hello(self) -> dict[str, Any]:
        return {"protocol": PROTOCOL, "sandboxes": self._names(), "maxChunk": MAX_CHUNK, "pid": os.getpid()}

    def _sandboxes(self) -> list[dict[str, Any]]:
        return [summary for name in self._names() if (summary := self._summary(name)) is not None]

    def _summary(self, name: str) -> dict[str, Any] | None:
        """What the sandbox holds; None if it was closed meanwhile, or shared through a view that is not there."""
        try:
            fs = self._resolve(name, None)
        except (SandboxNotFound, NotFound):
            return None
        stats = fs.stats()
        modified = rfc3339(fs.stat("/").modified_at)
        return {"name": name, "fileCount": stats.file_count, "totalSize": stats.total_size, "modified": modified}
