"""Dynamic nodes: files and directories that a callable computes when they are read."""

from __future__ import annotations

import queue
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar, copy_context
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, NoReturn, TypeVar, cast
from weakref import WeakKeyDictionary

from jupyter_sandfs import paths
from jupyter_sandfs.errors import InvalidPath, ProviderError
from jupyter_sandfs.vfs import unlinked

if TYPE_CHECKING:
    from jupyter_sandfs.vfs.interface import FileSystem
    from jupyter_sandfs.vfs.limits import Limits
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


class _Owner:
    """Stands for a reader without a view."""


_OWNER = _Owner()


def _asking() -> object:
    return reader.get() or _OWNER


def _as_seen(fs: FileSystem) -> FileSystem:
    """`fs` as the reader sees it: the reader's view, if it is one of this file system."""
    view = below = reader.get()
    while below is not None and below is not fs:
        below = getattr(below, "base", None)
    return view if view is not None and below is fs else fs


@contextmanager
def reading_as(view: FileSystem) -> Iterator[None]:
    """Let providers that are called in the `with` block see what `view` sees; the outermost view counts."""
    reset = reader.set(reader.get() or view)
    try:
        yield
    finally:
        reader.reset(reset)


class LostProvider:
    """Stands for the provider of a node that comes from a storage: a callable can't be stored, its name can.

    Args:
        name: what `provider_name` said of it.
    """

    def __init__(self, name: str) -> None:
        self.name = name

    def __call__(self, context: NodeContext) -> NoReturn:  # noqa: ARG002  # as each provider
        raise LookupError(f"{self.name!r} served it before the storage was opened: mount it again")


_NAME_LENGTH = 200


def provider_name(provider: Callable[[NodeContext], Any]) -> str:
    """What people call a provider: the name of the function, or of the class of any other callable."""
    if isinstance(provider, LostProvider):
        return provider.name
    name = getattr(provider, "__qualname__", None) or type(provider).__qualname__
    return str(name)[:_NAME_LENGTH]


class _Given(NamedTuple, Generic[T]):
    path: str
    value: T
    fresh_until: float


class Mount(ABC, Generic[T]):
    """A provider at its place, with what it gave last for `ttl` seconds."""

    def __init__(
        self, provider: Callable[[NodeContext], Any], ttl: float | None, metadata: Mapping[str, Any] | None
    ) -> None:
        self.provider = provider
        self.ttl = ttl
        self.metadata = dict(metadata or {})
        # By reader, so that what was computed for one who sees more is not given to one who sees less.
        self._given: WeakKeyDictionary[object, _Given[T]] = WeakKeyDictionary()

    def value(self, path: str, fs: FileSystem) -> T:
        """Give what the provider gives now, or gave less than `ttl` seconds ago; never called with a lock held.

        Raises:
            ProviderError: it raised, took longer than the file system allows, or gave what it should not.
        """
        kept = self._given.get(_asking())
        if kept is not None and kept.path == path and time.monotonic() < kept.fresh_until:
            return kept.value
        context = NodeContext(path, self.metadata, _as_seen(fs))
        given = self._accept(path, _within(fs.limits.provider_seconds, self.provider, context), fs.limits)
        self._given[_asking()] = _Given(path, given, time.monotonic() + (self.ttl or 0.0))
        return given

    def invalidate(self) -> None:
        """Forget what the provider gave."""
        self._given.clear()

    @abstractmethod
    def _accept(self, path: str, given: Any, limits: Limits) -> T:
        """Give what the provider gave in its own form; raises ProviderError for what it should not have given."""


class FileMount(Mount[bytes]):
    """The provider of one file's content."""

    @property
    def known_size(self) -> int:
        """Bytes that the provider gave last; 0 before it was first asked."""
        kept = self._given.get(_asking())
        return len(kept.value) if kept is not None else 0

    def _accept(self, path: str, given: Any, limits: Limits) -> bytes:
        return _content(path, given, limits)


class DirectoryMount(Mount["Mapping[str, ProvidedNode]"]):
    """The provider of a directory's children."""

    def _accept(self, path: str, given: Any, limits: Limits) -> Mapping[str, ProvidedNode]:
        count, pending = 0, [(path, given)]
        while pending:
            at, children = pending.pop()
            if not isinstance(children, Mapping):
                raise ProviderError(path, f"gave {type(children).__name__}, not a mapping of names")
            count += len(children)
            if count > limits.nodes or at.count("/") > limits.depth:
                raise ProviderError(path, f"gave more than {limits.nodes} names or {limits.depth} levels")
            for name, node in children.items():
                _check_child(path, name, node, limits)
                if node.children is not None:
                    pending.append((f"{at}/{name}", node.children))
        return cast("Mapping[str, ProvidedNode]", given)


def _check_child(path: str, name: Any, node: Any, limits: Limits) -> None:
    if not _is_name(name):
        raise ProviderError(path, f"gave the name {name!r}, which no node can have")
    if not isinstance(node, ProvidedNode):
        raise ProviderError(path, f"gave {type(node).__name__} for {name!r}, not a ProvidedNode")
    if node.content is not None:
        _content(path, node.content, limits)


def _is_name(name: Any) -> bool:
    try:
        return bool(name) and "/" not in name and paths.normalize(name) == f"/{name}"
    except (InvalidPath, TypeError):
        return False


def _content(path: str, given: Any, limits: Limits) -> bytes:
    """What a provider gave for a file, as bytes."""
    if not isinstance(given, str | bytes):
        raise ProviderError(path, f"gave {type(given).__name__}, not str or bytes")
    try:
        content = given.encode() if isinstance(given, str) else given
    except UnicodeEncodeError as error:
        raise ProviderError(path, str(error)) from error
    if len(content) > limits.file_bytes:
        raise ProviderError(path, f"gave {len(content)} bytes, over the limit of {limits.file_bytes}")
    return content


def _within(seconds: float, provider: Callable[[NodeContext], Any], context: NodeContext) -> Any:
    """Run a provider in a thread of its own and wait; one that is late goes on, but nobody hears it."""
    answer: queue.SimpleQueue[tuple[bool, Any]] = queue.SimpleQueue()

    def run() -> None:
        try:
            with unlinked.lifted():
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
