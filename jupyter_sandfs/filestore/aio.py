"""The names of `protocol` as coroutines, over any store: each call runs in a thread of asyncio's pool.

One line for a method says that it is forwarded; its signature and types come from the synchronous one.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Callable, Coroutine, Iterator
from concurrent.futures import CancelledError, Future
from functools import wraps
from threading import Event
from types import TracebackType
from typing import Any, Concatenate, Generic, ParamSpec, Self, TypeVar, Unpack

from jupyter_sandfs.errors import StoreError
from jupyter_sandfs.filestore.protocol import CHUNK_BYTES, Body, FileInfo, FileStore, PutOptions, Reader, Upload

P = ParamSpec("P")
Inner = TypeVar("Inner")
Result = TypeVar("Result")
Given = TypeVar("Given")


class _Facade(Generic[Inner]):
    """Stands before `sync`, whose methods it calls in threads."""

    def __init__(self, sync: Inner) -> None:
        self.sync = sync


def _in_thread(
    method: Callable[Concatenate[Inner, P], Result], give: Callable[[Result], Given]
) -> Callable[Concatenate[_Facade[Inner], P], Coroutine[Any, Any, Given]]:
    """A method that awaits the one of the same name on `sync`, and gives what `give` makes of the answer."""

    @wraps(method)
    async def call(self: _Facade[Inner], /, *args: P.args, **kwargs: P.kwargs) -> Given:
        return give(await asyncio.to_thread(getattr(self.sync, method.__name__), *args, **kwargs))

    return call


def _same(answer: Result) -> Result:
    return answer


class AsyncReader(_Facade[Reader]):
    """As `Reader`; `async for` gives the chunks."""

    @property
    def info(self) -> FileInfo:
        return self.sync.info

    read = _in_thread(Reader.read, _same)
    seek = _in_thread(Reader.seek, _same)
    tell = _in_thread(Reader.tell, _same)
    close = _in_thread(Reader.close, _same)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while chunk := await self.read(CHUNK_BYTES):
            yield chunk

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()


class AsyncUpload(_Facade[Upload]):
    """As `Upload`; `offset` is a coroutine, for it looks at the store."""

    @property
    def upload_id(self) -> str:
        return self.sync.upload_id

    @property
    def key(self) -> str:
        return self.sync.key

    @property
    def length(self) -> int | None:
        return self.sync.length

    async def offset(self) -> int:
        return await asyncio.to_thread(lambda: self.sync.offset)

    append = _in_thread(Upload.append, _same)
    commit = _in_thread(Upload.commit, _same)
    abort = _in_thread(Upload.abort, _same)


class AsyncFileStore(_Facade[FileStore]):
    """As `FileStore`; `put` takes asynchronous iterators of chunks too."""

    head = _in_thread(FileStore.head, _same)
    open = _in_thread(FileStore.open, AsyncReader)
    get = _in_thread(FileStore.get, _same)
    exists = _in_thread(FileStore.exists, _same)
    list = _in_thread(FileStore.list, _same)
    versions = _in_thread(FileStore.versions, _same)
    usage = _in_thread(FileStore.usage, _same)
    copy = _in_thread(FileStore.copy, _same)
    restore = _in_thread(FileStore.restore, _same)
    delete = _in_thread(FileStore.delete, _same)
    begin_upload = _in_thread(FileStore.begin_upload, AsyncUpload)
    resume_upload = _in_thread(FileStore.resume_upload, AsyncUpload)
    sign = _in_thread(FileStore.sign, _same)
    verify = _in_thread(FileStore.verify, _same)
    cleanup = _in_thread(FileStore.cleanup, _same)
    recover = _in_thread(FileStore.recover, _same)
    close = _in_thread(FileStore.close, _same)
    _put = _in_thread(FileStore.put, _same)

    async def put(
        self, key: str, body: Body | AsyncIterable[bytes], *, size: int | None = None, **options: Unpack[PutOptions]
    ) -> FileInfo:
        """Store a body, as `FileStore.put`. A cancelled call stores nothing, unless it was already committed."""
        if not isinstance(body, AsyncIterable):
            return await self._put(key, body, size=size, **options)
        pulled = _Pulled(body, asyncio.get_running_loop())
        try:
            return await self._put(key, pulled, size=size, **options)
        finally:
            pulled.stop()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()


class _Pulled:
    """Gives to a thread what an asynchronous iterator gives on the loop, one chunk at a time: that is back-pressure."""

    def __init__(self, body: AsyncIterable[bytes], loop: asyncio.AbstractEventLoop) -> None:
        self._source = aiter(body)
        self._loop = loop
        self._waiting: Future[bytes | None] | None = None
        self._stopped = Event()

    def __iter__(self) -> Iterator[bytes]:
        while (chunk := self._next()) is not None:
            yield chunk

    def stop(self) -> None:
        """Make the thread give up: nobody waits for it any more."""
        self._stopped.set()
        if self._waiting:
            self._waiting.cancel()

    def _next(self) -> bytes | None:
        self._waiting = asyncio.run_coroutine_threadsafe(self._next_or_end(), self._loop)
        if self._stopped.is_set():
            self._waiting.cancel()
        try:
            return self._waiting.result()
        except CancelledError:
            raise StoreError("the call was cancelled") from None

    async def _next_or_end(self) -> bytes | None:
        # StopAsyncIteration does not travel through a future.
        return await anext(self._source, None)
