"""Dynamic nodes: files and directories that a callable computes when they are read."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Mapping
from contextvars import ContextVar, copy_context
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from jupyter_sandfs.errors import ProviderError

if TYPE_CHECKING:
    from jupyter_sandfs.vfs.interface import FileSystem
    from jupyter_sandfs.vfs.policy import NodePolicy


@dataclass(frozen=True, slots=True)
class NodeContext:
    """What a provider is told.

    Attributes:
        path: the dynamic node.
        metadata: what was given when it was mounted.
        fs: the file system as the reader sees it.
    """

    path: str
    metadata: Mapping[str, Any]
    fs: FileSystem


FileProvider = Callable[[NodeContext], "str | bytes"]
DirectoryProvider = Callable[[NodeContext], "Mapping[str, ProvidedNode]"]


@dataclass(frozen=True, slots=True)
class ProvidedNode:
    """One child that a directory provider names; made by `ProvidedNode.file` and `ProvidedNode.directory`."""

    content: str | bytes | None = None
    content_provider: FileProvider | None = None
    children: Mapping[str, ProvidedNode] | None = None
    directory_provider: DirectoryProvider | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)
    policy: NodePolicy | None = None

    @classmethod
    def file(
        cls,
        content: str | bytes | None = None,
        *,
        content_provider: FileProvider | None = None,
        metadata: Mapping[str, Any] | None = None,
        policy: NodePolicy | None = None,
    ) -> ProvidedNode:
        """A file with a content, or with a callable that computes it."""
        given = "" if content is None and content_provider is None else content
        return cls(given, content_provider, None, None, metadata or {}, policy)

    @classmethod
    def directory(
        cls,
        children: Mapping[str, ProvidedNode] | None = None,
        *,
        directory_provider: DirectoryProvider | None = None,
        metadata: Mapping[str, Any] | None = None,
        policy: NodePolicy | None = None,
    ) -> ProvidedNode:
        """A directory with given children, or with a callable that names them."""
        given = {} if children is None and directory_provider is None else children
        return cls(None, None, given, directory_provider, metadata or {}, policy)


T = TypeVar("T")

# Who reads: a view sets itself here, so that a provider called on its behalf sees no more than it does.
reader: ContextVar[FileSystem | None] = ContextVar("jupyter_sandfs_reader", default=None)


class Mount(Generic[T]):
    """A provider at its place, with what it gave last for `ttl` seconds."""

    def __init__(
        self, provider: Callable[[NodeContext], Any], ttl: float | None, metadata: Mapping[str, Any] | None
    ) -> None:
        self.provider = provider
        self.ttl = ttl
        self.metadata = dict(metadata or {})
        self._given: T | None = None
        self._fresh_until = 0.0

    def value(self, path: str, fs: FileSystem) -> T:
        """Give what the provider gives now, or gave less than `ttl` seconds ago; never called with a lock held.

        Raises:
            ProviderError: it raised, took longer than the file system allows, or gave what it should not.
        """
        given = self._given
        if given is not None and time.monotonic() < self._fresh_until:
            return given
        context = NodeContext(path, self.metadata, reader.get() or fs)
        given = self._accept(path, _within(fs.limits.provider_seconds, self.provider, context), fs)
        self._given, self._fresh_until = given, time.monotonic() + (self.ttl or 0.0)
        return given

    def invalidate(self) -> None:
        """Forget what the provider gave."""
        self._given, self._fresh_until = None, 0.0

    def _accept(self, path: str, given: Any, fs: FileSystem) -> T:
        raise NotImplementedError


class FileMount(Mount[bytes]):
    """The provider of one file's content."""

    @property
    def known_size(self) -> int:
        """Bytes that the provider gave last; 0 before it was first asked."""
        return len(self._given or b"")

    def _accept(self, path: str, given: Any, fs: FileSystem) -> bytes:
        if not isinstance(given, str | bytes):
            raise ProviderError(path, f"gave {type(given).__name__}, not str or bytes")
        content = given.encode() if isinstance(given, str) else given
        if len(content) > fs.limits.file_bytes:
            raise ProviderError(path, f"gave {len(content)} bytes, over the limit of {fs.limits.file_bytes}")
        return content


class DirectoryMount(Mount["Mapping[str, ProvidedNode]"]):
    """The provider of a directory's children."""

    def _accept(self, path: str, given: Any, fs: FileSystem) -> Mapping[str, ProvidedNode]:
        if not isinstance(given, Mapping):
            raise ProviderError(path, f"gave {type(given).__name__}, not a mapping of names")
        if len(given) > fs.limits.nodes:
            raise ProviderError(path, f"gave {len(given)} names, over the limit of {fs.limits.nodes}")
        for name, node in given.items():
            if not isinstance(name, str) or not name or name in {".", ".."} or "/" in name or "\0" in name:
                raise ProviderError(path, f"gave the name {name!r}, which no node can have")
            if not isinstance(node, ProvidedNode):
                raise ProviderError(path, f"gave {type(node).__name__} for {name!r}, not a ProvidedNode")
        return given


def _within(seconds: float, provider: Callable[[NodeContext], Any], context: NodeContext) -> Any:
    """Run a provider in a thread of its own and wait; one that is late goes on, but nobody hears it."""
    answer: queue.SimpleQueue[tuple[bool, Any]] = queue.SimpleQueue()

    def run() -> None:
        try:
            answer.put((True, provider(context)))
        except BaseException as error:  # noqa: BLE001  # whatever user code raises becomes a ProviderError below
            answer.put((False, error))

    threading.Thread(target=copy_context().run, args=(run,), name="sandfs-provider", daemon=True).start()
    try:
        good, given = answer.get(timeout=seconds)
    except queue.Empty:
        raise ProviderError(context.path, f"timeout after {seconds:g} s") from None
    if not good:
        raise ProviderError(context.path, f"{type(given).__name__}: {given}") from given
    return given
