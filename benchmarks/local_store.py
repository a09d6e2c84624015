"""The local store against the file system itself: what keys, quotas, versions and checksums cost.

Raw means: write to a new file, hash, fsync, rename; and read and hash. Both sides take turns, and the ratio is that of
the medians; above 1 ours is faster. Also how long listings take, and how much memory a large file adds.
`python benchmarks/local_store.py [--large MiB] [--huge MiB] [--keys N]`
"""

from __future__ import annotations

import argparse
import hashlib
import os
import resource
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from jupyter_sandfs.filestore import LocalFileStore, StoreLimits
from jupyter_sandfs.filestore.rows import COLUMNS, SLOTS, Row

LIMITS = StoreLimits(max_file_size=1 << 40, max_total_bytes=1 << 42, max_files=1 << 40, keep_versions=0)
CHUNK = 256 << 10
NOW = 1_800_000_000.0


def seconds(act: Callable[[], object]) -> float:
    start = time.perf_counter()
    act()
    return time.perf_counter() - start


def raw_put(place: Path, number: int, body: bytes) -> None:
    temporary = place / "tmp"
    digest = hashlib.sha256()
    with temporary.open("wb") as file:
        for start in range(0, len(body), CHUNK):
            digest.update(body[start : start + CHUNK])
            file.write(body[start : start + CHUNK])
        file.flush()
        os.fsync(file.fileno())
    temporary.rename(place / f"{number}")


def raw_get(place: Path, number: int) -> None:
    digest = hashlib.sha256()
    with (place / f"{number}").open("rb") as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)


def our_get(store: LocalFileStore, number: int) -> None:
    digest = hashlib.sha256()
    with store.open(f"files/{number}") as reader:
        for chunk in reader:
            digest.update(chunk)


def bodies(size: int, rounds: int) -> Iterator[bytes]:
    """Each of another content, for equal ones would be kept once."""
    body = bytearray(os.urandom(size))
    for number in range(rounds):
        body[:4] = number.to_bytes(4, "big")
        yield bytes(body)


def compare(shown: str, size: int, rounds: int) -> None:
    times: dict[str, list[float]] = {name: [] for name in ("our put", "raw put", "our get", "raw get")}
    with tempfile.TemporaryDirectory() as root:
        raw = Path(root, "raw")
        raw.mkdir()
        for number in range(256):  # as in a store that has been used for a while
            Path(root, "store", "blobs", f"{number:02x}").mkdir(0o700, parents=True)
        with LocalFileStore(Path(root, "store"), limits=LIMITS) as store:
            for number, body in enumerate(bodies(size, rounds)):
                take_turns(
                    number,
                    times,
                    {
                        "our put": lambda: store.put(f"files/{number}", body),  # noqa: B023  used at once
                        "raw put": lambda: raw_put(raw, number, body),  # noqa: B023  used at once
                    },
                )
            for number in range(rounds):
                take_turns(
                    number,
                    times,
                    {
                        "our get": lambda: our_get(store, number),  # noqa: B023  used at once
                        "raw get": lambda: raw_get(raw, number),  # noqa: B023  used at once
                    },
                )
    for what in ("put", "get"):
        tell(f"{what} {shown:>7}", times[f"our {what}"], times[f"raw {what}"])


def take_turns(number: int, times: dict[str, list[float]], acts: dict[str, Callable[[], object]]) -> None:
    for name in list(acts) if number % 2 else reversed(acts):
        times[name].append(seconds(acts[name]))


def tell(what: str, ours: list[float], raw: list[float]) -> None:
    middle, bare = statistics.median(ours) * 1e3, statistics.median(raw) * 1e3
    print(f"{what}: {middle:9.3f} ms, raw {bare:9.3f} ms: {bare / middle:5.2f} ({min(raw) / min(ours):.2f} of minima)")


def listings(total: int) -> None:
    with tempfile.TemporaryDirectory() as root, LocalFileStore(Path(root), limits=LIMITS) as store:
        fill(store, total)
        questions = {
            f"100 of {total:,}": lambda: store.list(f"files/{total // 2 // 100:05}/"),
            f"a page of 1,000 in the middle of {total:,}": lambda: store.list(after=f"files/{total // 2 // 100:05}/50"),
            f"100 folders of {total:,}": lambda: store.list("files/", delimiter="/", limit=100),
        }
        for name, question in questions.items():
            print(f"list {name}: {statistics.median(seconds(question) for _ in range(30)) * 1e3:.2f} ms")


def fill(store: LocalFileStore, total: int) -> None:
    """Write rows as so many puts would."""
    with store._vault.index.writing() as rows:  # noqa: SLF001  a million puts would take all day
        rows.execute("INSERT INTO blob VALUES ('0', 1, ?, x'00')", (total,))
        rows.executemany(
            f"INSERT INTO object ({COLUMNS}) VALUES ({SLOTS})",
            (
                Row("", f"files/{number // 100:05}/{number % 100:02}", 1, 1, "0", "text/plain", "{}", NOW, None)
                for number in range(total)
            ),
        )


def memory(mebibytes: int) -> None:
    piece = os.urandom(1 << 20)
    with tempfile.TemporaryDirectory() as root, LocalFileStore(Path(root), limits=LIMITS) as store:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        store.put("files/huge", (piece for _ in range(mebibytes)))
        middle = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        our_get_size = 0
        with store.open("files/huge") as reader:
            for chunk in reader:
                our_get_size += len(chunk)
        after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert our_get_size == mebibytes << 20
    print(
        f"memory for {mebibytes} MiB: put + {(middle - before) / 1024:.0f} MiB, get + {(after - middle) / 1024:.0f} MiB"
    )


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--large", type=int, default=500, metavar="MiB")
    options.add_argument("--huge", type=int, default=2048, metavar="MiB")
    options.add_argument("--keys", type=int, default=1_000_000)
    given = options.parse_args()
    memory(given.huge)  # first: what follows leaves memory behind
    compare("1 KB", 1 << 10, 300)
    compare("1 MB", 1 << 20, 60)
    compare(f"{given.large} MB", given.large << 20, 3)
    for total in (100_000, given.keys):
        listings(total)


if __name__ == "__main__":
    main()
