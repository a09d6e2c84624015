"""The file systems that ours is compared with, each behind the same few calls.

A call that a peer does not have, or can only do by scanning everything, is None. Peers that are not installed are left
out; `pip install sandfs==0.8.0 fs "setuptools<81" morefs pygtrie pyfakefs D-MemFS` brings them.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterable
from importlib import import_module
from importlib.metadata import version
from pathlib import Path

from jupyter_sandfs import Limits, NodePolicy, VirtualFileSystem


class Peer:
    """What is measured. `make` is told all directories first, where a peer does not make parents by itself."""

    name = ""
    package = ""  # whose version is told
    largest = 10**9  # files that it takes
    pure = True  # Python through and through: what is not is named a rival of its own
    append = stat = exists = listdir = walk = copy = move = remove = open = moment = None

    def make(self, directories: Iterable[str]) -> None:
        """Make directories, those above first."""

    def close(self) -> None:
        """Let go of everything."""


class Ours(Peer):
    name = "jupyter_sandfs"

    def __init__(self) -> None:
        fs = self.fs = VirtualFileSystem()
        # All features on, on a neighbouring folder.
        fs.mkdir("/guarded")
        fs.set_policy("/guarded", NodePolicy(writable=False))
        heard: list[object] = []
        fs.register_write_hook("/hooked", heard.append)
        fs.register_path_hook("/hooked", heard.append, before=True)
        self.watch = fs.watch("/watched", heard.extend)
        self.write, self.read, self.append = fs.write_bytes, fs.read_bytes, fs.append_file
        self.stat, self.exists, self.listdir, self.walk = fs.stat, fs.exists, fs.listdir, fs.walk
        self.copy, self.move, self.open, self.moment = fs.copy, fs.move, fs.open, fs.snapshot

    def remove(self, path: str) -> None:
        self.fs.remove(path, recursive=True)

    def restore(self, moment: object) -> None:
        self.fs.restore(moment)

    def changes(self, moment: object) -> object:
        return self.fs.diff(moment)

    def close(self) -> None:
        self.watch.close()


class WithoutJournal(Ours):
    """For its memory: nothing is kept for undo."""

    name = "jupyter_sandfs, no journal"

    def __init__(self) -> None:
        fs = self.fs = VirtualFileSystem(limits=Limits(journal_records=0, journal_bytes=0))
        self.write = fs.write_bytes

    def close(self) -> None:
        """Nothing is open."""


class Dictionary(Peer):
    name = "dict (floor)"
    pure = False

    def __init__(self) -> None:
        entries: dict[str, bytes] = {}
        self.write, self.read = entries.__setitem__, entries.__getitem__
        self.stat, self.exists = entries.__getitem__, entries.__contains__


class Disk(Peer):
    name = "os on tmpfs"
    pure = False

    def __init__(self) -> None:
        shm = Path("/dev/shm")
        self.root = tempfile.mkdtemp(dir=shm if shm.is_dir() else None)

    def make(self, directories: Iterable[str]) -> None:
        for path in directories:
            os.makedirs(self.root + path, exist_ok=True)

    def write(self, path: str, data: bytes) -> None:
        with open(self.root + path, "wb") as file:
            file.write(data)

    def append(self, path: str, data: bytes) -> None:
        with open(self.root + path, "ab") as file:
            file.write(data)

    def read(self, path: str) -> bytes:
        with open(self.root + path, "rb") as file:
            return file.read()

    def open(self, path: str, mode: str) -> object:
        return open(self.root + path, mode)

    def stat(self, path: str) -> os.stat_result:
        return os.stat(self.root + path)

    def exists(self, path: str) -> bool:
        return os.path.exists(self.root + path)

    def listdir(self, path: str) -> list[str]:
        return os.listdir(self.root + path)

    def walk(self, path: str) -> Iterable[object]:
        return os.walk(self.root + path)

    def copy(self, source: str, target: str) -> None:
        shutil.copytree(self.root + source, self.root + target)

    def move(self, source: str, target: str) -> None:
        os.rename(self.root + source, self.root + target)

    def remove(self, path: str) -> None:
        shutil.rmtree(self.root + path)

    def close(self) -> None:
        shutil.rmtree(self.root)


class Fsspec(Peer):
    name, package = "fsspec memory", "fsspec"  # info, exists and rm of it scan the whole store

    def __init__(self) -> None:
        fs = import_module("fsspec.implementations.memory").MemoryFileSystem()
        fs.store.clear()
        fs.pseudo_dirs[:] = [""]
        self.fs, self.write, self.read, self.open = fs, fs.pipe_file, fs.cat_file, fs.open

    def close(self) -> None:
        self.fs.store.clear()


class Sandfs(Peer):
    name, package, pure = "sandfs 0.8 (Rust)", "sandfs", False

    def __init__(self) -> None:
        fs = import_module("sandfs").Workspace()
        self.write, self.read, self.stat, self.exists, self.listdir = fs.write, fs.read, fs.stat, fs.exists, fs.list
        self.move, self.moment, self.fs = fs.move, fs.fork, fs

    def walk(self, top: str) -> Iterable[object]:
        pending = [top]
        while pending:
            for entry in self.fs.list(at := pending.pop()):
                yield entry
                if entry.kind == "dir":
                    pending.append(f"{at}/{entry.name}")

    def copy(self, source: str, target: str) -> None:
        self.fs.copy(source, target, recursive=True)

    def remove(self, path: str) -> None:
        self.fs.remove(path, recursive=True)

    def restore(self, moment: object) -> None:
        self.fs = moment.fork()

    def changes(self, moment: object) -> object:
        return self.fs.changes(moment)


class Bashkit(Peer):
    name, package, pure = "bashkit (Rust)", "bashkit", False
    largest = 9_000

    def __init__(self) -> None:
        fs = self.fs = import_module("bashkit").FileSystem()
        self.write, self.read, self.append = fs.write_file, fs.read_file, fs.append_file
        self.stat, self.exists, self.listdir, self.move = fs.stat, fs.exists, fs.read_dir, fs.rename

    def remove(self, path: str) -> None:
        self.fs.remove(path, recursive=True)

    def make(self, directories: Iterable[str]) -> None:
        for path in directories:
            self.fs.mkdir(path, recursive=True)


class PyFilesystem(Peer):
    name, package = "PyFilesystem2", "fs"

    def __init__(self) -> None:
        fs = self.fs = import_module("fs.memoryfs").MemoryFS()
        self.write, self.read, self.append = fs.writebytes, fs.readbytes, fs.appendbytes
        self.stat, self.exists, self.listdir = fs.getinfo, fs.exists, fs.listdir
        self.remove, self.open, self.walk = fs.removetree, fs.openbin, fs.walk

    def make(self, directories: Iterable[str]) -> None:
        for path in directories:
            self.fs.makedirs(path, recreate=True)

    def copy(self, source: str, target: str) -> None:
        self.fs.copydir(source, target, create=True)

    def move(self, source: str, target: str) -> None:
        self.fs.movedir(source, target, create=True)


class DMemFS(Peer):
    name, package = "D-MemFS", "D-MemFS"

    def __init__(self) -> None:
        fs = self.fs = import_module("dmemfs").MemoryFileSystem(max_quota=4 << 30)
        self.stat, self.exists, self.listdir, self.walk = fs.stat, fs.exists, fs.listdir, fs.walk
        self.copy, self.move, self.remove, self.open = fs.copy_tree, fs.move, fs.rmtree, fs.open

    def make(self, directories: Iterable[str]) -> None:
        for path in directories:
            self.fs.mkdir(path, exist_ok=True)

    def write(self, path: str, data: bytes) -> None:
        with self.fs.open(path, "wb") as file:
            file.write(data)

    def append(self, path: str, data: bytes) -> None:
        with self.fs.open(path, "ab") as file:
            file.write(data)

    def read(self, path: str) -> bytes:
        with self.fs.open(path, "rb") as file:
            return bytes(file.read())


class Morefs(Peer):
    name, package = "morefs DictFS", "morefs"

    def __init__(self) -> None:
        fs = self.fs = import_module("morefs.dict").DictFS(skip_instance_cache=True)
        fs.store.clear()
        self.write, self.read = fs.pipe_file, fs.cat_file
        self.stat, self.exists, self.listdir = fs.info, fs.exists, fs.ls

    def make(self, directories: Iterable[str]) -> None:
        for path in directories:
            self.fs.makedirs(path, exist_ok=True)


class Pyfakefs(Peer):
    name, package = "pyfakefs", "pyfakefs"
    largest = 20_000

    def __init__(self) -> None:
        fake = import_module("pyfakefs.fake_filesystem").FakeFilesystem()
        self.os = import_module("pyfakefs.fake_os").FakeOsModule(fake)
        self.open = import_module("pyfakefs.fake_open").FakeFileOpen(fake)
        self.stat, self.exists, self.listdir = self.os.stat, self.os.path.exists, self.os.listdir

    def make(self, directories: Iterable[str]) -> None:
        for path in directories:
            self.os.makedirs(path, exist_ok=True)

    def write(self, path: str, data: bytes) -> None:
        with self.open(path, "wb") as file:
            file.write(data)

    def read(self, path: str) -> bytes:
        with self.open(path, "rb") as file:
            return file.read()


PEERS = (Dictionary, Disk, Sandfs, Bashkit, Fsspec, PyFilesystem, DMemFS, Morefs, Pyfakefs)


def installed() -> tuple[list[type[Peer]], list[str]]:
    """The peers that can be had here, and the names of the others."""
    found, missing = [], []
    for kind in PEERS:
        try:
            kind().close()
            found.append(kind)
        except ImportError:
            missing.append(kind.name)
    return found, missing


def told_version(kind: type[Peer]) -> str:
    return f"{kind.name} {version(kind.package)}" if kind.package else kind.name
