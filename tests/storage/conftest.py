"""A Redis server of our own, and storages of each kind."""

from __future__ import annotations

import asyncio
import subprocess
import uuid
from datetime import UTC, datetime

import pytest
from obstore.store import LocalStore, MemoryStore

from jupyter_sandfs.storage import (
    AsyncFileStorage,
    FileEntry,
    FileStorage,
    MemoryFileStorage,
    SQLiteFileStorage,
    StorageBridge,
    WriteBehind,
    open_storage,
)
from jupyter_sandfs.storage.objects import ObjectFileStorage


class FourMethods(FileStorage):
    """The least that a storage is: all else is derived."""

    def __init__(self):
        self._kept = {}

    def get(self, path):
        return self._kept.get(path)

    def set(self, entry):
        self._kept[entry.path] = entry

    def delete(self, path):
        return self._kept.pop(path, None) is not None

    def paths(self):
        return iter(sorted(self._kept))


class FourCoroutines(AsyncFileStorage):
    """The least that an asynchronous storage is."""

    def __init__(self):
        self._kept = FourMethods()

    async def get(self, path):
        await asyncio.sleep(0)
        return self._kept.get(path)

    async def set(self, entry):
        self._kept.set(entry)

    async def delete(self, path):
        return self._kept.delete(path)

    async def paths(self):
        return list(self._kept.paths())


@pytest.fixture(scope="session")
def redis_socket(part, tmp_path_factory):
    """The socket of a Redis server that keeps nothing on disk."""
    program = part("redis-server")
    directory = tmp_path_factory.mktemp("redis")
    command = [program, "--port", "0", "--unixsocket", str(directory / "socket"), "--save", "", "--dir", str(directory)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert any("ready to accept connections" in line.lower() for line in server.stdout)
            yield directory / "socket"
        finally:
            server.kill()


@pytest.fixture
def redis_url(redis_socket):
    return f"redis+unix://{redis_socket}?name={uuid.uuid4().hex}"


URLS = {
    "sqlite": lambda request: f"sqlite:///{request.getfixturevalue('tmp_path')}/entries.sqlite",
    "redis": lambda request: request.getfixturevalue("redis_url"),
    "objects": lambda request: f"file://{request.getfixturevalue('tmp_path')}/objects",
}


@pytest.fixture(params=URLS)
def url(request):
    """Where each kind of storage can be opened again."""
    return URLS[request.param](request)


KINDS = {
    "memory": lambda _: MemoryFileStorage(),
    "four methods": lambda _: FourMethods(),
    "four coroutines, bridged": lambda _: StorageBridge(FourCoroutines()),
    "four methods, behind": lambda _: WriteBehind(FourMethods()),
    "memory, behind": lambda _: WriteBehind(MemoryFileStorage(), max_bytes=1),
    "sqlite, behind": lambda request: WriteBehind(SQLiteFileStorage(request.getfixturevalue("tmp_path") / "x")),
    "objects in memory, bridged": lambda _: StorageBridge(ObjectFileStorage(MemoryStore())),
} | {name: lambda request, url=url: open_storage(url(request)) for name, url in URLS.items()}


@pytest.fixture(params=KINDS)
def storage(request):
    """An empty storage of each kind."""
    with KINDS[request.param](request) as made:
        yield made


_WHOLE_ONLY = {name for name in KINDS if name.startswith(("memory", "four"))}
_STEP_BY_STEP = {"four methods", "four coroutines, bridged"}


@pytest.fixture(params=sorted(KINDS.keys() - _WHOLE_ONLY))
def growing(request):
    """An empty storage of each kind that takes the end of a content alone."""
    with KINDS[request.param](request) as made:
        yield made


@pytest.fixture(params=sorted(KINDS.keys() - _STEP_BY_STEP))
def atomic(request):
    """An empty storage of each kind that carries a change out whole or not at all."""
    with KINDS[request.param](request) as made:
        yield made


@pytest.fixture(params=["four coroutines", "objects in memory", "objects in a directory"])
def make_async_storage(request, tmp_path):
    """How each kind of asynchronous storage is made; they are used in one event loop."""
    return {
        "four coroutines": FourCoroutines,
        "objects in memory": lambda: ObjectFileStorage(MemoryStore()),
        "objects in a directory": lambda: ObjectFileStorage(LocalStore(prefix=tmp_path)),
    }[request.param]


@pytest.fixture
def rich():
    """Entries that say all that an entry can say."""
    then = datetime(2024, 2, 29, 12, 34, 56, 789012, tzinfo=UTC)
    times = {"created_at": then, "modified_at": then.replace(year=1968)}
    return [
        FileEntry(path="/", is_directory=True, mode=0o755, **times),
        FileEntry(path="/a b\n\"ü\U0001f600'%", content=bytes(range(256)), mode=0o600, version=7, **times),
        FileEntry(path="/d", is_directory=True, mode=0o1777, policy={"writable": False, "principals": ["ü"]}, **times),
        FileEntry(path="/empty", version=1, metadata={"a": [1, None, {"b": "c"}]}, **times),
        FileEntry(path="/link", link_target="../wo anders", mode=0o777, version=2, **times),
        FileEntry(path="/mount", mount="load_prices", version=1, **times),
        FileEntry(path="/odd", content=b"x", version=2**62, policy=["unreadable", 3.5], **times),
    ]
