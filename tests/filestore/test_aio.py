from __future__ import annotations

import asyncio
import inspect

import pytest

from jupyter_sandfs import errors
from jupyter_sandfs.filestore import AsyncFileStore, AsyncReader, AsyncUpload, FileStore, Reader, Upload


def public_names(kind: type) -> set[str]:
    return {name for name in dir(kind) if not name.startswith("_")} - {"sync"}


@pytest.mark.parametrize(
    ("asynchronous", "synchronous"), [(AsyncFileStore, FileStore), (AsyncReader, Reader), (AsyncUpload, Upload)]
)
def test_every_name_is_there_and_every_method_is_a_coroutine_with_the_same_parameters(asynchronous, synchronous):
    names = public_names(synchronous) | set(synchronous.__annotations__)

    assert public_names(asynchronous) == names
    for name in names:
        original = getattr(synchronous, name, None)
        if not inspect.isfunction(original):
            continue
        forwarded = getattr(asynchronous, name)
        assert inspect.iscoroutinefunction(forwarded)
        assert list(inspect.signature(forwarded).parameters) == list(inspect.signature(original).parameters)


@pytest.mark.parametrize("name", sorted(public_names(FileStore) - {"put", "open", "begin_upload", "resume_upload"}))
def test_every_method_reaches_the_one_of_the_same_name(name):
    class Recorder:
        def __getattr__(self, method):
            return lambda *args, **kwargs: (method, args, kwargs)

    answer = asyncio.run(getattr(AsyncFileStore(Recorder()), name)("a", option=1))

    assert answer == (name, ("a",), {"option": 1})


def test_a_file_goes_in_and_comes_out(store):
    async def work() -> list[object]:
        async with AsyncFileStore(store) as files:
            info = await files.put("files/a", b"0123456789", metadata={"m": "1"})
            async with await files.open("files/a", start=2) as reader:
                start = await reader.read(3)
                place = await reader.tell()
                await reader.seek(0)
                chunks = [chunk async for chunk in reader]
            return [info.size_bytes, reader.info == info, start, place, chunks, (await files.list()).items == (info,)]

    assert asyncio.run(work()) == [10, True, b"234", 3, [b"23456789"], True]


def test_an_upload_goes_in_pieces(store):
    async def work() -> tuple[object, ...]:
        files = AsyncFileStore(store)
        upload = await files.begin_upload("files/u", length=6)
        await upload.append(b"abc", 0)
        again = await files.resume_upload(upload.upload_id)
        end = await again.append(b"def", await again.offset())
        info = await again.commit()
        return again.key, again.length, end, info.size_bytes

    assert asyncio.run(work()) == ("files/u", 6, 6, 6)


def test_an_asynchronous_body_is_stored(store):
    async def body():
        for number in range(5):
            await asyncio.sleep(0)
            yield bytes([number]) * 20_000

    info = asyncio.run(AsyncFileStore(store).put("files/a", body(), size=100_000))

    assert info.size_bytes == 100_000
    assert store.get("files/a", start=99_999) == b"\4"


def test_an_asynchronous_body_that_breaks_off_leaves_nothing(store):
    async def body():
        yield b"x" * 100_000
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        asyncio.run(AsyncFileStore(store).put("files/a", body()))

    assert (store.exists("files/a"), store.usage().file_count) == (False, 0)


def test_a_cancelled_put_stores_nothing(store):
    async def work() -> None:
        waiting = asyncio.Event()

        async def body():
            yield b"x" * 100_000
            waiting.set()
            await asyncio.Event().wait()

        task = asyncio.create_task(AsyncFileStore(store).put("files/a", body()))
        await waiting.wait()
        task.cancel()
        await task

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(work())

    assert (store.exists("files/a"), store.usage().file_count) == (False, 0)


def test_errors_come_through(store):
    with pytest.raises(errors.ObjectNotFound):
        asyncio.run(AsyncFileStore(store).head("files/none"))
