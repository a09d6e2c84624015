"""The NATS store against the object store of stock nats-py, on one nats-server of this machine, in turns.

Prints megabytes (or calls) a second as the median of several rounds, and how many times faster ours is: at the median,
and at the best of both, which other work on the machine disturbs least.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import json
import os
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import nats

from jupyter_sandfs.filestore import StoreLimits
from jupyter_sandfs.filestore.nats.address import parse
from jupyter_sandfs.filestore.nats.embedded import server_program
from jupyter_sandfs.filestore.nats.store import NatsFileStore

# Size in bytes, and how many of them a round writes and reads. nats-py leaves a consumer behind for each file that it
# reads, and a stream may have a thousand.
MOST_ROUNDS = 9
SIZES = ((1 << 10, 100), (1 << 20, 40), (100 << 20, 2), (500 << 20, 1))


class Ours:
    name = "jupyter_sandfs"

    def __init__(self, url: str) -> None:
        self.store = NatsFileStore(parse(f"{url}/ours"), limits=StoreLimits(max_file_size=1 << 40))

    def put(self, key: str, body: bytes) -> None:
        self.store.put(key, body)

    def get(self, key: str) -> int:
        with self.store.open(key) as reader:
            return sum(map(len, reader))

    def close(self) -> None:
        self.store.close()


class Stock:
    name = "nats-py"

    def __init__(self, url: str) -> None:
        self.loop = asyncio.new_event_loop()
        self.client = self.loop.run_until_complete(nats.connect(url))

    def open(self, bucket: str) -> None:
        self.store = self.loop.run_until_complete(self.client.jetstream().create_object_store(bucket))

    def put(self, key: str, body: bytes) -> None:
        self.loop.run_until_complete(self.store.put(key, body))

    def get(self, key: str) -> int:
        sink = Counter()
        self.loop.run_until_complete(self.store.get(key, writeinto=sink))
        return sink.size

    def close(self) -> None:
        self.loop.run_until_complete(self._end())
        self.loop.close()

    async def _end(self) -> None:
        await self.client.close()
        rest = asyncio.all_tasks() - {asyncio.current_task()}
        for task in rest:
            task.cancel()
        await asyncio.gather(*rest, return_exceptions=True)


class Counter(io.RawIOBase):
    size = 0

    def write(self, data: bytes) -> int:
        self.size += len(data)
        return len(data)


def server(root: Path) -> tuple[subprocess.Popen, str]:
    config = root / "config"
    config.write_text(f'jetstream {{ store_dir: "{root}", max_file_store: 1TB }}')
    command = [server_program(), "-a", "127.0.0.1", "-p", "-1", "-c", config, "--ports_file_dir", root]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    while not (ports := list(root.glob("*.ports"))) or not ports[0].read_text().endswith("}"):
        time.sleep(0.01)
    return process, json.loads(ports[0].read_text())["nats"][0]


def rate(work: Callable[[str], object], keys: list[str]) -> float:
    """Calls a second."""
    start = time.perf_counter()
    for key in keys:
        work(key)
    return len(keys) / (time.perf_counter() - start)


def measure(sides: tuple[Ours, Stock], size: int, count: int, rounds: int) -> None:
    body = os.urandom(size)
    rates: dict[tuple[str, str], list[float]] = {}
    sides[1].open(f"stock-{size}")
    for number in range(rounds):
        keys = [f"files/{size}-{number}-{each}" for each in range(count)]
        for side in sides if number % 2 else reversed(sides):
            rates.setdefault((side.name, "put"), []).append(rate(lambda key, side=side: side.put(key, body), keys))
            rates.setdefault((side.name, "get"), []).append(rate(side.get, keys))
    for what in ("put", "get"):
        ours, stock = (statistics.median(rates[side.name, what]) for side in sides)
        best = max(rates[sides[0].name, what]) / max(rates[sides[1].name, what])
        shown = f"{show(ours, size):>14} {show(stock, size):>14} {ours / stock:>6.2f}x {best:>6.2f}x"
        print(f"{what} {size:>11,} B {shown}")


def show(per_second: float, size: int) -> str:
    return f"{per_second:,.0f} /s" if size < 1 << 20 else f"{per_second * size / 1e6:,.0f} MB/s"


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rounds", type=int, default=3, choices=range(1, MOST_ROUNDS + 1))
    options.add_argument("--largest", type=int, default=500 << 20)
    given = options.parse_args()
    root = Path(tempfile.mkdtemp())
    process, url = server(root)
    try:
        sides = (Ours(url), Stock(url))
        print(f"{'':>17} {Ours.name:>14} {Stock.name:>14}")
        for size, count in SIZES:
            if size <= given.largest:
                measure(sides, size, count, given.rounds)
        for side in sides:
            side.close()
    finally:
        process.terminate()
        process.wait()
        shutil.rmtree(root)


if __name__ == "__main__":
    main()
