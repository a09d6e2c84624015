"""The file system against a dictionary, the disk in memory through `os`, and fsspec's memory file system.

Prints microseconds for each operation (median of several rounds), and how many times slower than ours each other is.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from fsspec.implementations.memory import MemoryFileSystem

from jupyter_sandfs.vfs.filesystem import VirtualFileSystem

BODY = b"x" * 200
FILES_PER_DIRECTORY = 100


def paths(count: int) -> list[str]:
    return [f"/t/d{number // FILES_PER_DIRECTORY:05}/f{number:07}.txt" for number in range(count)]


class Ours:
    name = "jupyter_sandfs"

    def __init__(self) -> None:
        self.fs = VirtualFileSystem()
        self.write = lambda path: self.fs.write_bytes(path, BODY)
        self.read = self.fs.read_bytes
        self.stat = self.fs.stat
        self.listdir = self.fs.listdir

    def close(self) -> None:
        pass


class Dictionary:
    name = "dict (floor)"

    def __init__(self) -> None:
        self.entries: dict[str, bytes] = {}
        self.read = self.entries.__getitem__
        self.stat = self.entries.__getitem__
        self.listdir = None

    def write(self, path: str) -> None:
        self.entries[path] = BODY

    def close(self) -> None:
        pass


class Disk:
    name = "os on tmpfs"

    def __init__(self) -> None:
        shm = Path("/dev/shm")
        self.root = tempfile.mkdtemp(dir=shm if shm.is_dir() else None)
        self.made: set[str] = set()

    def write(self, path: str) -> None:
        directory = self.root + path.rpartition("/")[0]
        if directory not in self.made:
            os.makedirs(directory)
            self.made.add(directory)
        with open(self.root + path, "wb") as file:
            file.write(BODY)

    def read(self, path: str) -> bytes:
        with open(self.root + path, "rb") as file:
            return file.read()

    def stat(self, path: str) -> os.stat_result:
        return os.stat(self.root + path)

    def listdir(self, path: str) -> list[str]:
        return os.listdir(self.root + path)

    def close(self) -> None:
        shutil.rmtree(self.root)


class Fsspec:
    name = "fsspec memory"

    def __init__(self) -> None:
        self.fs = MemoryFileSystem()
        self.fs.store.clear()
        self.fs.pseudo_dirs[:] = [""]
        self.write = lambda path: self.fs.pipe_file(path, BODY)
        self.read = self.fs.cat_file
        self.stat = None  # scans the whole store
        self.listdir = None  # the same

    def close(self) -> None:
        self.fs.store.clear()


def microseconds(call: Callable[[str], object], names: list[str]) -> float:
    started = time.perf_counter()
    for name in names:
        call(name)
    return (time.perf_counter() - started) / len(names) * 1e6


def measure(kind: type, names: list[str], rounds: int) -> dict[str, float]:
    directories = sorted({name.rpartition("/")[0] for name in names})
    figures: dict[str, list[float]] = {}
    for _ in range(rounds):
        peer = kind()
        plan = {"write new": (peer.write, names), "overwrite": (peer.write, names), "read": (peer.read, names)}
        plan |= {"stat": (peer.stat, names), "listdir of 100": (peer.listdir, directories)}
        for row, (call, arguments) in plan.items():
            if call is not None:
                figures.setdefault(row, []).append(microseconds(call, arguments))
        peer.close()
    return {row: statistics.median(values) for row, values in figures.items()}


def history(count: int, rounds: int) -> dict[str, float]:
    """Snapshot, a hundred edits, a difference and a restore, on a tree of `count` files."""
    fs = VirtualFileSystem()
    names = paths(count)
    for name in names:
        fs.write_bytes(name, BODY)
    edited = names[:: max(count // 100, 1)][:100]
    figures: dict[str, list[float]] = {"snapshot": [], "100 edits": [], "diff": [], "restore": []}
    for _ in range(rounds):
        marks = [time.perf_counter()]
        before = fs.snapshot()
        marks.append(time.perf_counter())
        for name in edited:
            fs.write_bytes(name, b"y")
        marks.append(time.perf_counter())
        fs.diff(before)
        marks.append(time.perf_counter())
        fs.restore(before)
        marks.append(time.perf_counter())
        for row, start, end in zip(figures, marks, marks[1:], strict=False):
            figures[row].append((end - start) * 1e6)
    return {row: statistics.median(values) for row, values in figures.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    names = paths(options.files)
    ours, *others = [(kind.name, measure(kind, names, options.rounds)) for kind in (Ours, Dictionary, Disk, Fsspec)]
    print(f"{options.files} files of 200 bytes, median of {options.rounds}; times ours")
    for row, figure in ours[1].items():
        ratios = [f"{name} x{figures[row] / figure:.2f}" for name, figures in others if row in figures]
        print(f"{row:<16} {figure:8.2f} us   {'   '.join(ratios)}")
    for count in (1_000, options.files):
        figures = history(count, options.rounds)
        print(f"{count:>8} files:  " + "   ".join(f"{row} {figure:.1f} us" for row, figure in figures.items()))


if __name__ == "__main__":
    main()
