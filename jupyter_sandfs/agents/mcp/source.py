"""What an MCP server serves: the tools and files of one sandbox, in this process or in another."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Hashable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol
from urllib.parse import quote, unquote

from jupyter_sandfs import paths
from jupyter_sandfs.errors import FileTooLarge, InvalidPath

if TYPE_CHECKING:
    from jupyter_sandfs.agents.answers import ToolResult
    from jupyter_sandfs.agents.toolset import Toolset
    from jupyter_sandfs.vfs.actions import Change
    from jupyter_sandfs.vfs.interface import FileSystem

SCHEME = "sandfs"
LARGEST = 8 << 20  # bytes of a file that is read as a resource: it travels in one message, a third larger in base64
PAGE = 500
_QUEUED = 1_000  # batches of changes that nobody has taken yet


@dataclass(frozen=True, slots=True)
class File:
    """A file as a resource; `size` in bytes, None if it is computed when it is read."""

    path: str
    size: int | None


class Page(NamedTuple):
    """Some of the files in order, and the path to go on behind; None at the end."""

    files: Sequence[File]
    after: str | None


class Touched(NamedTuple):
    """A path at which something changed; `stays` if the file was there before and is there now."""

    path: str
    stays: bool


Batches = AsyncIterator[list[Touched] | None]
"""What changes, as it happens. None: some of it is not known, and every file may be another one."""


class Source(Protocol):
    """One agent's tools and files. Its methods raise the errors of `jupyter_sandfs.errors`.

    Attributes:
        key: sources of the same key watch the same files.
    """

    @property
    def key(self) -> Hashable: ...
    async def schemas(self) -> list[dict[str, Any]]: ...
    async def call(self, name: str, arguments: Mapping[str, Any] | None) -> ToolResult: ...
    async def files(self, after: str | None) -> Page: ...
    async def names(self, directory: str) -> list[str]: ...
    async def read(self, path: str) -> bytes: ...
    def watch(self) -> AbstractAsyncContextManager[Batches]: ...


class LocalSource:
    """A set of tools in this process, and the files they work on. Work is done in threads."""

    def __init__(self, tools: Toolset) -> None:
        self._tools = tools

    @property
    def key(self) -> Hashable:
        return id(self._tools)

    @property
    def _fs(self) -> FileSystem:
        return self._tools.desk.fs

    async def schemas(self) -> list[dict[str, Any]]:
        return self._tools.schemas

    async def call(self, name: str, arguments: Mapping[str, Any] | None) -> ToolResult:
        return await asyncio.to_thread(self._tools.call, name, arguments)

    async def files(self, after: str | None) -> Page:
        return await asyncio.to_thread(self._page, after)

    async def names(self, directory: str) -> list[str]:
        """The names in a directory; those of directories end in a slash."""
        found = await asyncio.to_thread(self._fs.ls, directory)
        return [f"{each.name}/" if each.is_dir else each.name for each in found]

    async def read(self, path: str) -> bytes:
        return await asyncio.to_thread(self._content, path)

    @asynccontextmanager
    async def watch(self) -> AsyncIterator[Batches]:
        loop = asyncio.get_running_loop()
        waiting: asyncio.Queue[list[Touched]] = asyncio.Queue()

        def tell(changes: list[Change]) -> None:
            with suppress(RuntimeError):  # the loop ended meanwhile
                loop.call_soon_threadsafe(waiting.put_nowait, touched(changes))

        with self._fs.watch(callback=tell):
            yield _batches(waiting)

    def _page(self, after: str | None) -> Page:
        every = sorted(paths.join(top, name) for top, _, names in self._fs.walk() for name in names)
        chosen = [path for path in every if path > (after or "")][: PAGE + 1]
        more = len(chosen) > PAGE
        return Page([self._described(path) for path in chosen[:PAGE]], chosen[PAGE - 1] if more else None)

    def _described(self, path: str) -> File:
        entry = self._fs.get_entry(path)
        return File(path, entry.stat.size if entry is not None and not entry.stat.dynamic else None)

    def _content(self, path: str) -> bytes:
        check_size(path, self._fs.stat(path).size)
        content = self._fs.read_bytes(path)
        check_size(path, len(content))
        return content


def touched(changes: list[Change]) -> list[Touched]:
    """The paths at which something changed."""
    return [
        Touched(path, change.kind == "changed")
        for change in changes
        for path in (change.path, change.source)
        if path is not None
    ]


def check_size(path: str, size: int) -> None:
    """Raises FileTooLarge for a file that is too large for a resource."""
    if size > LARGEST:
        raise FileTooLarge(path, f"{size} bytes, and a resource has at most {LARGEST}: use the tools that read parts")


async def _batches(waiting: asyncio.Queue[list[Touched]]) -> Batches:
    while True:
        if waiting.qsize() > _QUEUED:
            while not waiting.empty():
                waiting.get_nowait()
            yield None
        yield await waiting.get()


# ---------------------------------------------------------------- addresses


def uri_of(path: str) -> str:
    """The address of a file."""
    return f"{SCHEME}://{quote(path)}"


def path_of(uri: str) -> str:
    """The path that an address names. Raises InvalidPath for an address of something else."""
    scheme, found, rest = uri.partition("://")
    if not found or scheme != SCHEME or not rest.startswith("/"):
        raise InvalidPath(uri[:200], f"a file of the sandbox is {SCHEME}:///path")
    return paths.normalize(unquote(rest))
