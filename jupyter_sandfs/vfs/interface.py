"""The interface of a file system, and what follows from it.

`VirtualFileSystem` and every view subclass `FileSystem`. The abstract methods are the primitives; everything else is
written on them once, here, so that a view which guards the primitives guards all of it. The shell, fsspec, the
kernel link and the tree browser know this class and nothing below it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import IO, TYPE_CHECKING, Any, overload

from jupyter_sandfs import paths
from jupyter_sandfs.errors import (
    AlreadyExists,
    InvalidPath,
    InvalidRequest,
    IsADirectory,
    NotADirectory,
    NotFound,
    TooManyLinks,
    Unsupported,
)
from jupyter_sandfs.vfs import comparing, globbing, inventory, streams
from jupyter_sandfs.vfs.archives import archive
from jupyter_sandfs.vfs.entries import DirEntry, Epoch, Inspected, Kind, Stat, Stats

if TYPE_CHECKING:
    from jupyter_sandfs.vfs.actions import Action, Change
    from jupyter_sandfs.vfs.archives.archive import Stream
    from jupyter_sandfs.vfs.batch import Item
    from jupyter_sandfs.vfs.events import PathHook, Watch, WriteHook
    from jupyter_sandfs.vfs.history import Snapshot
    from jupyter_sandfs.vfs.journal import JournalRecord
    from jupyter_sandfs.vfs.limits import Limits
    from jupyter_sandfs.vfs.merging import Merged, OnConflict
    from jupyter_sandfs.vfs.nodes import Directory
    from jupyter_sandfs.vfs.policy import Grave, NodePolicy
    from jupyter_sandfs.vfs.providers import DirectoryProvider, FileProvider
    from jupyter_sandfs.vfs.reverting import Permit


_ABSENT = (NotFound, NotADirectory, TooManyLinks)  # as for os.path.exists, links in a circle lead nowhere
_UNRULED = Epoch()  # of file systems without short cuts, which views ask anew each time


class FileSystem(ABC):
    """A tree of directories, files and links, addressed by absolute paths.

    All paths are normalized first (see `paths`); relative ones start at the root. Errors are those of `errors`, which
    are also the builtin ones (`NotFound` is a `FileNotFoundError`). Every method may be called from any thread.
    """

    # ------------------------------------------------------------ primitives: questions

    @property
    @abstractmethod
    def limits(self) -> Limits:
        """The bounds that apply."""

    @abstractmethod
    def resolve(self, path: str) -> str:
        """Give the normal path with all symbolic links followed; the last segment may be missing.

        Raises:
            TooManyLinks: a loop, or more hops than `limits.link_hops`.
            NotADirectory: a segment in the middle is a file.
        """

    @abstractmethod
    def stat(self, path: str, *, follow: bool = True) -> Stat:
        """Describe the node at `path`; with `follow=False` a link itself. Never runs a provider."""

    @abstractmethod
    def ls(self, path: str = paths.ROOT) -> list[DirEntry]:
        """List a directory, ordered by name.

        Raises:
            NotFound, NotADirectory
        """

    @abstractmethod
    def read_bytes(self, path: str) -> bytes:
        """Give the whole content. Raises NotFound, IsADirectory, PermissionDenied, ProviderError."""

    @abstractmethod
    def get_policy(self, path: str) -> NodePolicy:
        """The policy in force at `path`: its own, or else that of the nearest directory above that has one."""

    @abstractmethod
    def metadata(self, path: str) -> Mapping[str, Any]:
        """What was attached to the node when it was mounted; empty for most."""

    @abstractmethod
    def stats(self) -> Stats:
        """Sizes and counts of the whole file system, in constant time."""

    # ------------------------------------------------------------ primitives: changes

    @abstractmethod
    def write_bytes(self, path: str, data: bytes, *, append: bool = False, expected_version: int | None = None) -> int:
        """Replace or extend the content of a file in one step; parents are made. Gives the new version.

        Args:
            expected_version: the version that must be current; 0 means that nothing may be there.

        Raises:
            VersionConflict, IsADirectory, NotADirectory, ReadOnly, AppendOnly, FileTooLarge, NoSpace, HookError
        """

    @abstractmethod
    def mkdir(self, path: str, *, parents: bool = True, exist_ok: bool = True) -> None:
        """Make a directory. Raises AlreadyExists (a file is there, or `exist_ok=False`), NotFound (`parents=False`)."""

    @abstractmethod
    def remove(self, path: str, *, recursive: bool = False, expected_version: int | None = None) -> None:
        """Remove a file, a link or a directory; one that holds something only with `recursive=True` (NotEmpty)."""

    @abstractmethod
    def copy(self, source: str, destination: str, *, overwrite: bool = False) -> None:
        """Copy a file or a whole tree to exactly `destination`, in one step; parents are made. Links stay links.

        Raises:
            AlreadyExists: something is at `destination` and `overwrite` is off.
            IsADirectory, NotADirectory: `overwrite` would put a file over a directory, or the reverse.
            InvalidPath: a directory into itself.
        """

    @abstractmethod
    def move(
        self, source: str, destination: str, *, overwrite: bool = False, expected_version: int | None = None
    ) -> None:
        """Move to exactly `destination`, in one step; the same errors as `copy`. Onto itself it does nothing."""

    @abstractmethod
    def symlink(self, target: str, path: str) -> None:
        """Make a symbolic link at `path` that says `target`; a relative target starts at the link's directory."""

    @abstractmethod
    def write_many(self, items: Iterable[Item], *, overwrite: bool = False) -> None:
        """Write files, links and directories in one step, all or none; parents are made, no link is written through.

        Raises:
            AlreadyExists: a file or link is there and `overwrite` is off, or two items have one path.
            IsADirectory, NotADirectory: a file would replace a directory, or the reverse.
            InvalidPath: a path not in normal form, or one that leads through a link.
            ReadOnly, AppendOnly, FileTooLarge, NoSpace, HookError: as `write_bytes`.
        """

    @abstractmethod
    def chmod(self, path: str, mode: int) -> None:
        """Set the permission bits. They are kept and shown, as on a disk; rules are what `set_policy` sets."""

    @abstractmethod
    def utime(self, path: str, modified_at: datetime | None = None) -> None:
        """Set the time of last modification; now if not given. The version stays."""

    # ------------------------------------------------------------ primitives: rules and events

    @abstractmethod
    def set_policy(self, path: str, policy: NodePolicy | None) -> None:
        """Set or clear the policy of a node; a directory's rules its children unless they carry their own."""

    @abstractmethod
    def mount_file(
        self,
        path: str,
        provider: FileProvider,
        *,
        ttl: float | None = None,
        metadata: Mapping[str, Any] | None = None,
    ) -> None:
        """Put a file at `path` whose content `provider(context)` computes on each read.

        Args:
            ttl: seconds for which a computed content is kept; `None` computes each time.
        """

    @abstractmethod
    def mount_directory(
        self,
        path: str,
        provider: DirectoryProvider,
        *,
        ttl: float | None = None,
        metadata: Mapping[str, Any] | None = None,
    ) -> None:
        """Put a directory at `path` whose children `provider(context)` names on each listing."""

    @abstractmethod
    def invalidate(self, path: str) -> None:
        """Forget what providers at or below `path` gave: the next reader computes it anew."""

    @abstractmethod
    def register_write_hook(self, prefix: str, hook: WriteHook, *, before: bool = False) -> None:
        """Call `hook(WriteEvent)` around each change of content at or below `prefix`, without any lock held.

        A before-hook refuses by raising; a failing after-hook takes the change back (see HookError).
        """

    @abstractmethod
    def register_path_hook(self, prefix: str, hook: PathHook, *, before: bool = False) -> None:
        """Call `hook(PathEvent)` around each creation, update, removal, move, copy and making of directories.

        It is told what happens at or below `prefix`, and to the directories that `prefix` is in. Path hooks run before
        write hooks, each in the order of registration; a before-hook refuses by raising, a failing after-hook takes
        the change back.
        """

    @abstractmethod
    def watch(
        self,
        prefix: str = paths.ROOT,
        callback: Callable[[list[Change]], None] | None = None,
        *,
        interval: float = 0.1,
    ) -> Watch:
        """Observe changes at or below `prefix`, coalesced over `interval` seconds; by callback or by iterating."""

    # ------------------------------------------------------------ primitives: history

    @abstractmethod
    def snapshot(self, name: str | None = None) -> Snapshot:
        """Remember the whole tree as it is now, at a cost that does not depend on its size."""

    @abstractmethod
    def snapshots(self) -> list[Snapshot]:
        """The named snapshots, oldest first."""

    @abstractmethod
    def restore(self, snapshot: Snapshot | str) -> None:
        """Make the tree what it was; snapshots stay. Raises NotFound for an unknown name."""

    @abstractmethod
    def diff(self, before: Snapshot | str, after: Snapshot | str | None = None) -> list[Change]:
        """What differs between two moments (`after=None`: now), ordered by path."""

    @abstractmethod
    def drop_snapshot(self, name: str) -> None:
        """Forget a named snapshot. Raises NotFound."""

    @abstractmethod
    def at(self, snapshot: Snapshot | str) -> FileSystem:
        """Give a moment as a file system that can only be read."""

    @abstractmethod
    def fork(self, at: Snapshot | str | None = None) -> FileSystem:
        """Give a file system in memory that starts as this one is now, at a cost that does not depend on its size.

        With `at` it starts as this one was then.

        Providers and policies go along; hooks, watches, snapshots, the journal and a storage do not.
        """

    @abstractmethod
    def merge(
        self, other: FileSystem, *, base: Snapshot | str | None = None, conflicts: OnConflict | str = "refuse"
    ) -> Merged:
        """Bring over what changed in a fork: a three-way merge, in one step.

        Args:
            other: a fork of this file system, that of which this one is a fork, or another fork of the same moment.
            base: the common ancestor, where it can't be known.
            conflicts: what becomes of paths that both changed: "refuse", "mark", "ours" or "theirs".

        Raises:
            MergeConflict: there are some, and they are to be refused; names them all.
            InvalidRequest: no common ancestor is known.
        """

    @abstractmethod
    def create_snapshot(self) -> bytes:
        """Write the whole tree as bytes: contents, versions, modes, times, links, policies and metadata.

        Dynamic nodes are named in it, but callables can't be written: see `restore_snapshot`.
        """

    @abstractmethod
    def restore_snapshot(self, data: bytes) -> None:
        """Make the tree what `create_snapshot` wrote, all of it or nothing; versions go on above those seen here.

        A dynamic node comes back where one is mounted at its path now, and is left out elsewhere.

        Raises:
            InvalidSnapshot: the bytes are damaged, hostile, or of a later release.
            NoSpace, FileTooLarge, NameTooLong: it goes over the limits of this file system.
        """

    @abstractmethod
    def action(self, label: str = "", actor: str = "") -> AbstractContextManager[Action]:
        """Group the changes made in the `with` block under one label and actor; nested actions join the outer one.

        The Action given has `changes` (what was done under it so far) and `here()`, a context manager that makes
        another thread work under it too.
        """

    @abstractmethod
    def transaction(self, label: str = "", actor: str = "") -> AbstractContextManager[Action]:
        """An action that leaves nothing behind if the `with` block raises.

        Raises:
            MergeConflict: on leaving, because others changed the same paths meanwhile; then nothing is rolled back.
            LimitExceeded: from a change, when there is more than could be rolled back.
        """

    @abstractmethod
    def undo(self, *, actor: str | None = None, permit: Permit | None = None) -> list[Change]:
        """Take back the last action of `actor`, and each time the one before: what one `action` did, or one call.

        Args:
            actor: whose; None is who acts now, and the owner where nobody is named.
            permit: raises for a change that may not be taken back.

        Raises:
            InvalidRequest: there is nothing to undo.
            MergeConflict: later changes stand on it; names the paths.
            LimitExceeded: the journal no longer holds what was there before.
        """

    @abstractmethod
    def redo(self, *, actor: str | None = None, permit: Permit | None = None) -> list[Change]:
        """Do again what `undo` took back last, if `actor` did nothing else since; the same errors."""

    @abstractmethod
    def log(self, limit: int | None = None) -> list[JournalRecord]:
        """The journal of changes, oldest first; the last `limit` of them."""

    # ------------------------------------------------------------ questions, derived

    def exists(self, path: str) -> bool:
        """Say whether something is there; a link that leads nowhere is not."""
        return self._kind(path) is not None

    def is_file(self, path: str) -> bool:
        return self._kind(path) is Kind.FILE

    def is_dir(self, path: str) -> bool:
        return self._kind(path) is Kind.DIRECTORY

    def is_symlink(self, path: str) -> bool:
        return self._kind(path, follow=False) is Kind.SYMLINK

    def get_entry(self, path: str) -> DirEntry | None:
        """Describe the node at `path`, or None."""
        try:
            return DirEntry(paths.name(path), paths.normalize(path), self.stat(path, follow=False))
        except _ABSENT:
            return None

    def version(self, path: str) -> int:
        """The version of a file; 0 if there is none."""
        try:
            return self.stat(path).version
        except _ABSENT:
            return 0

    def readlink(self, path: str) -> str:
        """The target that a link says. Raises InvalidPath for anything else."""
        target = self.stat(path, follow=False).link_target
        if target is None:
            raise InvalidPath(paths.normalize(path), "not a symbolic link")
        return target

    def listdir(self, path: str = paths.ROOT) -> list[str]:
        """The names in a directory, in no particular order, as os.listdir gives them."""
        return [entry.name for entry in self.ls(path)]

    def walk(self, top: str = paths.ROOT) -> Iterator[tuple[str, list[str], list[str]]]:
        """Yield (directory, names of directories, names of other nodes) from the top down, as os.walk does.

        The caller may prune the list of directories in place. Links are not followed.
        """
        path = paths.normalize(top)
        directories: list[str] = []
        others: list[str] = []
        for entry in self.ls(path):
            (directories if entry.is_dir else others).append(entry.name)
        yield path, directories, others
        for name in directories:
            child = paths.join(path, name)
            if self.is_dir(child):
                yield from self.walk(child)

    def glob(self, pattern: str) -> list[str]:
        """Paths that match a pattern with `*`, `?`, `[…]` and `**`, in order; a leading dot must be matched by one."""
        return globbing.glob(self, pattern)

    def tree(self, path: str = paths.ROOT, *, max_entries: int = 10_000) -> str:
        """Draw the tree below `path` as text, cut after `max_entries` rows."""
        return globbing.draw_tree(self, paths.normalize(path), max_entries)

    # ------------------------------------------------------------ whole trees, derived

    def scan(self, path: str = paths.ROOT, *, materialize: bool = False) -> Iterator[Item]:
        """Give what is at or below `path` as items for `write_many`, their paths as if `path` were a root.

        The items are of one moment. Dynamic nodes are left out; `materialize` computes them instead, each in its turn.
        """
        return inventory.live(self if materialize else self.fork(), path, materialize=materialize)

    def archive(
        self,
        path: str = paths.ROOT,
        format: str = "tar",  # noqa: A002 (the design's name, as tarfile and shutil call it)
        *,
        materialize: bool = False,
    ) -> Iterator[bytes]:
        """Give what is at or below `path` as an archive, piece by piece; names in it start at `path`.

        A piece is as long as it happens to be, or empty; memory holds the content of one file at most.

        Args:
            format: tar, tar.gz, tar.zst or zip.
            materialize: compute dynamic nodes; else they are left out.

        Raises:
            InvalidRequest: another format.
            NotFound, PermissionDenied: before the first piece, where it can be known then.
        """
        return archive.pack(self.scan(path, materialize=materialize), format)

    def extract(
        self,
        stream: Stream,
        path: str = paths.ROOT,
        *,
        format: str | None = None,  # noqa: A002 (as in `archive`)
        overwrite: bool = False,
    ) -> list[str]:
        """Unpack an archive below `path`, all of it or nothing; gives the paths of all that it holds.

        Its contents are in memory once, as the files that they become.

        Args:
            stream: bytes, an open binary file, or an iterable of bytes.
            format: as in `archive`; found out from the first bytes if not given.
            overwrite: files and links that are there are replaced; directories are kept, and filled.

        Raises:
            InvalidArchive: damaged, cut off, or with a name, link or kind of node that is not unpacked.
            LimitExceeded: more entries, bytes or levels than the file system may hold, or `limits.archive_ratio`.
            PathError: as `write_many`.
        """
        return archive.extract(self, stream, path, format_name=format, overwrite=overwrite)

    # ------------------------------------------------------------ reading, derived

    @overload
    def read_file(self, path: str, encoding: str = "utf-8") -> str: ...
    @overload
    def read_file(self, path: str, encoding: None) -> bytes: ...
    def read_file(self, path: str, encoding: str | None = "utf-8") -> str | bytes:
        """Give the content as text, or as bytes with `encoding=None`."""
        data = self.read_bytes(path)
        return data if encoding is None else str(data, encoding)

    def read_text(self, path: str, encoding: str = "utf-8") -> str:
        return str(self.read_bytes(path), encoding)

    def read_lines(self, path: str, encoding: str = "utf-8") -> list[str]:
        """The lines of a text without their ends."""
        return self.read_text(path, encoding).splitlines()

    def open(self, path: str, mode: str = "r", *, encoding: str | None = None, newline: str | None = None) -> IO[Any]:
        """Open a stream as the builtin does: r, w, a or x, with + and b or t.

        What is written becomes visible in one step on `close`; leaving a `with` block by an exception drops it.
        """
        return streams.open_stream(self, path, mode, encoding=encoding, newline=newline)

    # ------------------------------------------------------------ writing, derived

    def write_file(
        self,
        path: str,
        data: str | bytes | bytearray | memoryview | Iterable[str],
        *,
        append: bool = False,
        expected_version: int | None = None,
        encoding: str = "utf-8",
    ) -> int:
        """Write text, bytes or lines (each gets a line end); otherwise as `write_bytes`."""
        return self.write_bytes(path, as_bytes(data, encoding), append=append, expected_version=expected_version)

    def append_file(
        self, path: str, data: str | bytes | bytearray | memoryview | Iterable[str], *, encoding: str = "utf-8"
    ) -> int:
        return self.write_bytes(path, as_bytes(data, encoding), append=True)

    def touch(self, path: str, *, exist_ok: bool = True) -> None:
        """Make an empty file, or set the modification time of what is there to now."""
        if self.exists(path):
            if not exist_ok:
                raise AlreadyExists(paths.normalize(path))
            self.utime(path)
        else:
            self.write_bytes(path, b"", expected_version=0)

    # ------------------------------------------------------------ history, derived

    def unified_diff(
        self, before: Snapshot | str, after: Snapshot | str | None = None, *, path: str = paths.ROOT, context: int = 3
    ) -> str:
        """What differs between two moments at or below `path`, as `diff -u` writes it."""
        old, new = self.at(before), self.at(after) if after is not None else self
        changes = [change for change in self.diff(before, after) if paths.is_within(change.path, path)]
        return "".join(comparing.compare(old, new, change, context) for change in changes)

    # ------------------------------------------------------------ for the views in front of it, in this package

    @property
    def tree_id(self) -> str:
        """Identity of the tree, as in `Stat`."""
        return self.stat(paths.ROOT).tree_id

    @property
    def epoch(self) -> Epoch:
        """Grows with each change of the tree's rules; always the same object."""
        return _UNRULED

    def plain_directory(self, path: str) -> Directory | None:
        """The directory at a normal path (empty for the root), if no policy, mount or link is on the way to it.

        Through a view: only if all in it is to be seen, but perhaps for nodes with a policy or metadata of their own.
        None promises nothing; it says to ask the long way. What is given belongs to the tree and stays in here.
        """
        del path
        return None

    def inspect(self, path: str, at: Snapshot | None = None) -> Inspected | None:
        """Describe what is, or was, at a normal path without links in its middle; None if a file is in its middle."""
        if at is not None:
            raise Unsupported("this file system tells nothing of moments")
        try:
            stat = self.stat(path, follow=False)
            return Inspected(stat, self.get_policy(path), {} if stat.is_symlink else self.metadata(path))
        except NotFound:
            return Inspected(None, self.get_policy(path), {})
        except NotADirectory:
            return None

    def survey(self, path: str, at: Snapshot | None = None) -> list[tuple[DirEntry, Inspected]]:
        """As `ls`, with the rules in force for each entry; at an earlier moment, without what providers name."""
        if at is not None:
            raise Unsupported("this file system tells nothing of moments")
        found = [(entry, self.inspect(entry.path)) for entry in self.ls(path)]
        return [(entry, known) for entry, known in found if known is not None]

    def copy_kept(
        self, moment: Snapshot, source: str, destination: str, kept: frozenset[str], *, overwrite: bool = False
    ) -> None:
        """Copy a tree as it was at a moment, but only the paths named, in one step."""
        del moment, destination, kept, overwrite
        raise Unsupported(f"{source}: this file system can't copy a part of it in one step")

    def restore_kept(self, moment: Snapshot, changes: Sequence[Change], kept: frozenset[str]) -> None:
        """Take back changes made since a moment in one step; `kept` names all that comes back in directories."""
        del moment, changes, kept
        raise Unsupported("this file system can't take back a part of what changed in one step")

    def buried(self, path: str) -> bool:
        """Say whether a node with rules of its own was once right in the directory `path`, and is gone."""
        del path
        return True

    def graves(self, path: str) -> tuple[Grave, ...]:
        """The rules that a path had once, oldest first, and until when."""
        del path
        return ()

    # ------------------------------------------------------------ for streams, in this package

    def _write_pieces(self, path: str, pieces: Sequence[bytes], *, expected_version: int | None = None) -> int:
        """As `write_bytes`; a tree keeps large pieces as they are. Views have it from here, and so check it."""
        return self.write_bytes(path, b"".join(pieces), expected_version=expected_version)

    def _read_pieces(self, path: str) -> Sequence[bytes]:
        """As `read_bytes`, in pieces as they are kept."""
        return [self.read_bytes(path)]

    def _kind(self, path: str, *, follow: bool = True) -> Kind | None:
        try:
            return self.stat(path, follow=follow).kind
        except _ABSENT:
            return None


def as_bytes(data: str | bytes | bytearray | memoryview | Iterable[str], encoding: str = "utf-8") -> bytes:
    """Encode what `write_file` accepts; bytes objects are taken as they are, without a copy."""
    if isinstance(data, bytes):
        return data
    if isinstance(data, str):
        return data.encode(encoding)
    if isinstance(data, bytearray | memoryview):
        return bytes(data)
    lines = list(data) if isinstance(data, Iterable) else [data]
    if not all(isinstance(line, str) for line in lines):
        raise InvalidRequest(f"content is text, bytes or lines of text, not {type(data).__name__}")
    return "".join(f"{line}\n" for line in lines).encode(encoding)


def require_directory(system: FileSystem, path: str) -> None:
    """Raise NotFound or NotADirectory unless a directory is at `path`."""
    if not system.stat(path).is_dir:
        raise NotADirectory(paths.normalize(path))


def require_file(system: FileSystem, path: str) -> None:
    """Raise NotFound or IsADirectory unless a file is at `path`."""
    if system.stat(path).is_dir:
        raise IsADirectory(paths.normalize(path))
