"""The file system against its peers: microseconds an operation, and how many times slower each peer is.

All in one run; rounds go through all peers in turn, and the median of the rounds counts. Ours has all features on: a
policy, hooks and a watch on neighbouring folders. See `peers` for what is compared.
"""

from __future__ import annotations

import argparse
import gc
import statistics
import threading
import time
from collections.abc import Callable, Iterable

from peers import Ours, Peer, installed

from jupyter_sandfs import VirtualFileSystem

BODY = b"x" * 200
FILES_PER_DIRECTORY = 100
DEEP = "/deep" + "".join(f"/{level:02}" for level in range(48))

Figures = dict[str, list[float]]


def paths(count: int) -> list[str]:
    return [f"/t/d{number // FILES_PER_DIRECTORY:05}/f{number:07}.txt" for number in range(count)]


def above(names: Iterable[str]) -> list[str]:
    """The directories of some files, those above first."""
    found: dict[str, None] = {}
    for name in names:
        segments = name.split("/")[1:-1]
        found.update(("/" + "/".join(segments[: depth + 1]), None) for depth in range(len(segments)))
    return list(found)


def timed(call: Callable[[], object]) -> float:
    """Microseconds that a call takes."""
    gc.collect()
    started = time.perf_counter()
    call()
    return (time.perf_counter() - started) * 1e6


def each(call: Callable[..., object], names: list[str], *more: object) -> float:
    """Microseconds that a call takes for each name."""

    def all_of_them() -> None:
        for name in names:
            call(name, *more)

    return timed(all_of_them) / len(names)


def play(kind: type[Peer], names: list[str], figures: Figures) -> None:
    peer, directories = kind(), above(names)
    deep = [f"{DEEP}/f{number}" for number in range(200)]

    def note(row: str, figure: float) -> None:
        figures.setdefault(row, []).append(figure)

    peer.make(directories + above(deep[:1]))
    note("write", each(peer.write, names, BODY))
    note("overwrite", each(peer.write, names, BODY[::-1]))
    for row in ("read", "stat", "exists"):
        if (call := getattr(peer, row)) is not None:
            note(row, each(call, names))
    if peer.listdir is not None:
        note("listdir of 100", each(peer.listdir, directories[1:]))
    if peer.walk is not None:
        note("walk, a file", timed(lambda: sum(1 for _ in peer.walk("/t"))) / len(names))
    note("deep write", each(peer.write, deep, BODY))
    note("deep read", each(peer.read, deep))
    if peer.append is not None:
        peer.write("/t/log", b"")
        note("append 100 B", each(lambda _: peer.append("/t/log", BODY[:100]), names[:5_000]))
    if peer.copy is not None:
        note("copy the tree", timed(lambda: peer.copy("/t", "/u")))
        note("move the copy", timed(lambda: peer.move("/u", "/v")))
        peer.write("/v/of its own", BODY)
    if peer.remove is not None:
        note("remove the tree", timed(lambda: peer.remove("/t")))
    peer.close()


def table(count: int, rounds: int) -> None:
    names = paths(count)
    found, missing = installed()
    kinds = [Ours, *(kind for kind in found if kind.largest >= count)]
    figures: dict[str, Figures] = {kind.name: {} for kind in kinds}
    for _ in range(rounds):
        for kind in kinds:
            play(kind, names, figures[kind.name])
    middle = {name: {row: statistics.median(values) for row, values in rows.items()} for name, rows in figures.items()}
    ours = middle.pop(Ours.name)
    print(f"\n{count} files of 200 bytes; us of ours, then how many times as long a peer takes")
    print(f"{'':<16}{'ours':>10}  " + "".join(f"{name:>19}" for name in middle))
    for row, figure in ours.items():
        ratios = (f"{rows[row] / figure:>18.2f}x" if row in rows else f"{'-':>19}" for rows in middle.values())
        print(f"{row:<16}{figure:>10.2f}  " + "".join(ratios))
    if missing:
        print("not installed:", ", ".join(missing))


def history(count: int, rounds: int) -> None:
    """Moments of a tree of `count` files, and the tree as bytes."""
    fs, names, figures = VirtualFileSystem(), paths(count), Figures()
    for name in names:
        fs.write_bytes(name, BODY)
    edited = names[:: max(count // 100, 1)][:100]
    for _ in range(rounds):
        before = fs.snapshot()
        rows: dict[str, Callable[[], object]] = {
            "100 snapshots": lambda: [fs.snapshot() for _ in range(100)],
            "100 forks": lambda: [fs.fork() for _ in range(100)],
            "100 edits": lambda: [fs.write_bytes(name, b"y") for name in edited],
            "diff": lambda: fs.diff(before),  # noqa: B023  # called in this round
            "undo": fs.undo,
            "restore": lambda: fs.restore(before),  # noqa: B023
        }
        for row, call in rows.items():
            figures.setdefault(row, []).append(timed(call))
    for _ in range(min(rounds, 3)):
        data = fs.create_snapshot()
        figures.setdefault("dump, a file", []).append(timed(fs.create_snapshot) / count)
        figures.setdefault("load, a file", []).append(timed(lambda: VirtualFileSystem().restore_snapshot(data)) / count)  # noqa: B023
    told = (f"{row} {statistics.median(values):.1f}" for row, values in figures.items())
    print(f"{count:>9} files, us:  " + "   ".join(told))


def flat(count: int, rounds: int) -> None:
    """The first edit after a snapshot in one folder of many files."""
    fs = VirtualFileSystem()
    for number in range(count):
        fs.write_bytes(f"/flat/f{number}", BODY)
    values = []
    for _ in range(rounds):
        fs.snapshot()
        values.append(timed(lambda: fs.write_bytes("/flat/f1", b"y")))
    print(f"first edit after a snapshot in a flat folder of {count}: {statistics.median(values):.0f} us")


def threads(count: int) -> None:
    """Eight threads that write, read and look, each in folders of its own."""
    fs, names = VirtualFileSystem(), paths(count)

    def work(mine: list[str]) -> None:
        for name in mine:
            fs.write_bytes(name, BODY)
            fs.read_bytes(name)
            fs.stat(name)

    workers = [threading.Thread(target=work, args=(names[start::8],)) for start in range(8)]

    def run() -> None:
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()

    print(f"8 threads, a write, a read or a stat: {timed(run) / count / 3:.2f} us")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, nargs="+", default=[9_000, 50_000])
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    for count in options.files:
        table(count, options.rounds)
    print()
    for count in (1_000, *options.files):
        history(count, options.rounds * 3)
    flat(max(options.files), options.rounds)
    threads(max(options.files))


if __name__ == "__main__":
    main()
