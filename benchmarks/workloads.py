"""What is done with each file system: small files in folders, one large file, many threads, moments, memory.

Each function plays one workload once and gives microseconds (or bytes) by row; `vfs` repeats them in turns.
"""

from __future__ import annotations

import gc
import io
import os
import subprocess
import sys
import tarfile
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from peers import Ours, Peer, Sandfs, WithoutJournal

from jupyter_sandfs import VirtualFileSystem

BODY = b"x" * 200
FILES_PER_DIRECTORY = 100
DEEP = "/deep" + "".join(f"/{level:02}" for level in range(48))
MEGABYTE = 1 << 20

Rows = dict[str, float]


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


def small_files(kind: type[Peer], names: list[str]) -> Rows:
    peer, directories, rows = kind(), above(names), Rows()
    deep = [f"{DEEP}/f{number}" for number in range(200)]
    peer.make(directories + above(deep[:1]))
    rows["write"] = each(peer.write, names, BODY)
    rows["overwrite"] = each(peer.write, names, BODY[::-1])
    for row in ("read", "stat", "exists"):
        if (call := getattr(peer, row)) is not None:
            rows[row] = each(call, names)
    if peer.listdir is not None:
        rows["listdir of 100"] = each(peer.listdir, directories[1:])
    if peer.walk is not None:
        rows["walk, a file"] = timed(lambda: sum(1 for _ in peer.walk("/t"))) / len(names)
    rows["write, 50 levels deep"] = each(peer.write, deep, BODY)
    rows["read, 50 levels deep"] = each(peer.read, deep)
    if peer.stat is not None:
        rows["stat, 50 levels deep"] = each(peer.stat, deep)
    if peer.append is not None:
        peer.write("/t/log", b"")
        rows["append 100 B"] = each(lambda _: peer.append("/t/log", BODY[:100]), names[:5_000])
    trees(peer, rows)
    peer.close()
    return rows


def trees(peer: Peer, rows: Rows) -> None:
    """Copy, move and remove the tree of all files; a copy that shares is made to own something first."""
    if peer.copy is not None:
        rows["copy the tree"] = timed(lambda: peer.copy("/t", "/u"))
        if peer.move is not None:
            rows["move the tree"] = timed(lambda: peer.move("/u", "/v"))
    elif peer.move is not None:
        rows["move the tree"] = timed(lambda: peer.move("/t", "/v"))
        return
    if peer.remove is not None:
        rows["remove the tree"] = timed(lambda: peer.remove("/t"))


def dump_and_load(kind: type[Peer], names: list[str]) -> Rows:
    """A tree as bytes and back: in one call where there is one, else file by file through tarfile."""
    peer, other = kind(), kind()
    for each_peer in (peer, other):
        each_peer.make(above(names))
    for name in names:
        peer.write(name, BODY)
    if isinstance(peer, Ours):
        fs, fresh = peer.fs, VirtualFileSystem()
        data, packed = fs.create_snapshot(), b"".join(fs.archive("/"))
        rows = {
            "dump, a file": timed(fs.create_snapshot),
            "load, a file": timed(lambda: VirtualFileSystem().restore_snapshot(data)),
            "tar, a file": timed(lambda: sum(len(piece) for piece in fs.archive("/"))),
            "untar, a file": timed(lambda: fresh.extract(packed)),
        }
    else:
        kept: list[bytes] = []
        rows = {"tar, a file": timed(lambda: kept.append(packed_by_library(peer, names)))}
        rows["untar, a file"] = timed(lambda: unpacked_by_library(other, kept[0]))
        rows |= {"dump, a file": rows["tar, a file"], "load, a file": rows["untar, a file"]}
    peer.close()
    other.close()
    return {row: figure / len(names) for row, figure in rows.items()}


def packed_by_library(peer: Peer, names: list[str]) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as archive:
        for name in names:
            content = peer.read(name)
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return made.getvalue()


def unpacked_by_library(peer: Peer, data: bytes) -> None:
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        for member in archive:
            peer.write(
                member.name if member.name.startswith("/") else f"/{member.name}", archive.extractfile(member).read()
            )


def large_file(kind: type[Peer], megabytes: int) -> Rows:
    """One file written and read through a stream, a megabyte at a time; every megabyte is another object."""
    peer = kind()
    if peer.open is None:
        peer.close()
        return {}
    peer.make(["/big"])
    pieces = [number.to_bytes(4, "big") * (MEGABYTE // 4) for number in range(megabytes)]

    def write() -> None:
        with peer.open("/big/file", "wb") as file:
            for piece in pieces:
                file.write(piece)

    def read() -> None:
        with peer.open("/big/file", "rb") as file:
            while file.read(MEGABYTE):
                pass

    rows = {"stream write": timed(write), "stream read": timed(read)}
    rows["both"] = rows["stream write"] + rows["stream read"]
    peer.close()
    return {row: figure / megabytes for row, figure in rows.items()}


def threads(kind: type[Peer], names: list[str]) -> Rows:
    """Eight threads that write, read and look, each in folders of its own; nothing for those that can't."""
    peer, failed = kind(), []
    if peer.stat is None:
        peer.close()
        return {}
    peer.make(above(names))

    def work(mine: list[str]) -> None:
        try:
            for name in mine:
                peer.write(name, BODY)
                peer.read(name)
                peer.stat(name)
        except BaseException as error:  # noqa: BLE001  # Rust panics too: then it is no file system for threads
            failed.append(error)

    workers = [threading.Thread(target=work, args=(names[start::8],)) for start in range(8)]

    def run() -> None:
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()

    rows = {"8 threads": timed(run) / len(names) / 3}
    peer.close()
    return {} if failed else rows


def moments(kind: type[Ours | Sandfs], count: int, rounds: int) -> dict[str, list[float]]:
    """Moments of a tree of `count` files: all rounds on one tree, and the quick calls a hundred times."""
    peer, names = kind(), paths(count)
    for name in names:
        peer.write(name, BODY)
    edited, figures = names[:: max(count // 100, 1)][:100], dict[str, list[float]]()
    for _ in range(rounds):
        before = peer.moment()
        rows: dict[str, Callable[[], object]] = {
            "snapshot": lambda: [peer.moment() for _ in range(100)],
            "fork": lambda: [peer.fs.fork() for _ in range(100)],
            "100 edits after it": lambda: [peer.write(name, b"y") for name in edited],
            "diff of 100": lambda: peer.changes(before),  # noqa: B023  # called in this round
            "restore 100": lambda: peer.restore(before),  # noqa: B023
        }
        for row, call in rows.items():
            figures.setdefault(row, []).append(timed(call) / (100 if row in {"snapshot", "fork"} else 1))
        peer.write = peer.fs.write if isinstance(peer, Sandfs) else peer.write  # of the one restored
    peer.close()
    return figures


def flat(kind: type[Ours | Sandfs], count: int, rounds: int) -> list[float]:
    """The first edit after a snapshot in one folder of many files."""
    peer = kind()
    for number in range(count):
        peer.write(f"/flat/f{number}", BODY)
    figures, kept = [], []
    for number in range(rounds):
        kept.append(peer.moment())
        figures.append(timed(lambda: peer.write("/flat/f1", b"y%d" % number)))  # noqa: B023
    peer.close()
    return figures


# ---------------------------------------------------------------- memory


def memory(kind: type[Peer], count: int) -> float:
    """Bytes a file beyond its content, as the process grows; in a process of its own."""
    command = [sys.executable, __file__, kind.name, str(count)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=os.environ)
    return float(done.stdout)


def resident() -> int:
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def grown(kind: type[Peer], count: int) -> float:
    peer, names = kind(), paths(count)
    peer.make(above(names))
    before = resident()
    for number, name in enumerate(names):
        peer.write(name, b"%0200d" % number)
    return (resident() - before) / count - len(BODY)


def main(name: str, count: int) -> None:
    from peers import PEERS  # noqa: PLC0415  # for the process of its own

    kinds = {kind.name: kind for kind in (Ours, WithoutJournal, *PEERS)}
    print(grown(kinds[name], count))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
