"""What a view costs: the same calls bare and through views, in turns; prints the ratios of the best rounds."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

from jupyter_sandfs.vfs.filesystem import VirtualFileSystem
from jupyter_sandfs.vfs.interface import FileSystem
from jupyter_sandfs.vfs.policy import NodePolicy
from jupyter_sandfs.vfs.views.readonly import ReadOnlyView
from jupyter_sandfs.vfs.views.subtree import SubtreeView
from jupyter_sandfs.vfs.views.view import View, VisibilityView

BODY = b"x" * 200
DIRECTORIES, FILES = 100, 100
GOAL = 2.0


def world() -> VirtualFileSystem:
    """Plain files, with a secret in every tenth directory, a hook and a watch on a neighbour."""
    fs = VirtualFileSystem()
    for directory in range(DIRECTORIES):
        fs.mkdir(f"/t/d{directory:03}")
    for directory in range(0, DIRECTORIES, 10):
        fs.write_bytes(f"/t/d{directory:03}/secret", BODY)
        fs.set_policy(f"/t/d{directory:03}/secret", NodePolicy(visibility="private"))
    fs.mkdir("/t/empty")
    return fs


def names(kind: str) -> list[str]:
    return [
        f"/t/d{number % DIRECTORIES:03}/{kind}{number // DIRECTORIES:03}.txt" for number in range(DIRECTORIES * FILES)
    ]


def per_call(call: Callable[[str], object], arguments: list[str]) -> float:
    started = time.perf_counter()
    for argument in arguments:
        call(argument)
    return (time.perf_counter() - started) / len(arguments) * 1e6


def rows(fs: FileSystem, system: FileSystem) -> dict[str, tuple[Callable[[str], object], list[str]]]:
    """What is measured; the files that a read-only view reads are written bare."""
    written = fs if isinstance(system, ReadOnlyView) else system
    files, directories = names("f"), [f"/t/d{number:03}" for number in range(DIRECTORIES)]
    return {
        "write new": (lambda path: written.write_bytes(path, BODY), files),
        "overwrite": (lambda path: written.write_bytes(path, BODY), files),
        "read": (system.read_bytes, files),
        "stat": (system.stat, files),
        "exists": (system.exists, files),
        "exists (absent)": (system.exists, names("g")[:1000]),
        "listdir of 100": (system.listdir, directories * 50),
        "ls of 100": (system.ls, directories),
        "stat of a directory": (system.stat, directories * 10),
    }


KINDS: dict[str, Callable[[VirtualFileSystem], FileSystem]] = {
    "bare": lambda fs: fs,
    "View": lambda fs: fs.view(VisibilityView({"public"})),
    "View by prefix": lambda fs: fs.view(VisibilityView(prefixes=["/t"])),
    "ReadOnlyView": ReadOnlyView,
    "SubtreeView": lambda fs: SubtreeView(fs, "/"),
    "View of SubtreeView": lambda fs: View(SubtreeView(fs, "/"), VisibilityView({"public"})),
}


def measure(rounds: int) -> dict[str, dict[str, float]]:
    """Microseconds a call, by kind and row: the best of some rounds, in each of which the kinds take turns by row."""
    best: dict[str, dict[str, float]] = {kind: {} for kind in KINDS}
    for _ in range(rounds):
        worlds = {kind: world() for kind in KINDS}
        tasks = {kind: rows(fs, KINDS[kind](fs)) for kind, fs in worlds.items()}
        for row in tasks["bare"]:
            for kind, task in tasks.items():
                found = per_call(*task[row])
                best[kind][row] = min(found, best[kind].get(row, found))
    return best


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    figures = measure(parser.parse_args().rounds)
    print(f"{DIRECTORIES * FILES} files of {len(BODY)} bytes; times bare, the goal is at most {GOAL:g}")
    print(f"{'':<20} {'bare, us':>9}  " + "  ".join(f"{kind:>19}" for kind in KINDS if kind != "bare"))
    for row, bare in figures["bare"].items():
        ratios = [found[row] / bare for kind, found in figures.items() if kind != "bare"]
        marked = [f"{ratio:.2f}{' ' if ratio <= GOAL else '!'}" for ratio in ratios]
        print(f"{row:<20} {bare:9.2f}  " + "  ".join(f"{each:>19}" for each in marked))


if __name__ == "__main__":
    main()
