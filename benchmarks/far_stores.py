"""Stores that are not a directory: object storage against bare obstore, and a server's store against the local one.

Ratios of medians in one run; a goal is no part of it, for what a service costs lies outside. Also how much memory a
large file takes on its way: `python benchmarks/far_stores.py [MiB]`.
"""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import obstore
from obstore.store import MemoryStore

from jupyter_sandfs.filestore import FileStore, LocalFileStore, StoreLimits
from jupyter_sandfs.filestore.objects.bucket import Bucket
from jupyter_sandfs.filestore.objects.store import ObjectFileStore
from jupyter_sandfs.filestore.remote import RemoteFileStore

SIZES = {"1 KB": 1 << 10, "1 MB": 1 << 20}
LIMITS = StoreLimits(max_file_size=8 << 30)


def median(act: Callable[[int], object], turns: int) -> float:
    """Seconds of one call, in the middle of many."""
    seconds = []
    for turn in range(turns):
        start = time.perf_counter()
        act(turn)
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds)


def compare(name: str, ours: FileStore, put: Callable[[str, bytes], object], get: Callable[[str], object]) -> None:
    for shown, size in SIZES.items():
        body, turns = os.urandom(size), 300 if size < 1 << 20 else 40
        bare_put = median(lambda turn: put(f"files/{turn}", body), turns)  # noqa: B023  used at once
        our_put = median(lambda turn: ours.put(f"files/{turn}", body), turns)  # noqa: B023  used at once
        bare_get = median(lambda turn: get(f"files/{turn}"), turns)
        our_get = median(lambda turn: ours.get(f"files/{turn}"), turns)
        print(
            f"{name:<24} {shown}: put {our_put * 1e3:7.2f} ms ({our_put / bare_put:5.1f} x), "
            f"get {our_get * 1e3:7.2f} ms ({our_get / bare_get:5.1f} x)"
        )


@contextmanager
def server(directory: Path) -> Iterator[tuple[str, str]]:
    """A Jupyter server with our extension; gives its URL and its token."""
    with subprocess.Popen(
        [
            *(sys.executable, "-m", "jupyter_server", "--no-browser", "--allow-root", "--ip=127.0.0.1", "--port=18899"),
            "--ServerApp.jpserver_extensions={'jupyter_sandfs.server.extension': True}",
            f"--SandFS.store_url={(directory / 'far').as_uri()}",
            f"--FileStoreLimits.max_file_size={LIMITS.max_file_size}",
            *(f"--ServerApp.root_dir={directory}", "--IdentityProvider.token=benchmark", "--log-level=ERROR"),
        ],
        env=os.environ | {"JUPYTER_DATA_DIR": str(directory), "JUPYTER_CONFIG_DIR": str(directory)},
        stderr=subprocess.DEVNULL,
    ) as process:
        try:
            yield "http://127.0.0.1:18899/sandfs", "benchmark"
        finally:
            process.terminate()


def wait_for(store: RemoteFileStore) -> None:
    for _ in range(100):
        try:
            store.usage()
        except Exception:  # noqa: BLE001  not there yet
            time.sleep(0.1)
        else:
            return


def memory_of(store: FileStore, mebibytes: int) -> str:
    """What a large body adds to the most memory that this process has taken."""
    piece = os.urandom(1 << 20)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.perf_counter()
    store.put("files/large", (piece for _ in range(mebibytes)))
    middle = time.perf_counter()
    with store.open("files/large") as reader:
        for _ in reader:
            pass
    end = time.perf_counter()
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    store.delete("files/large")
    speed = f"put {mebibytes / (middle - start):.0f} MiB/s, get {mebibytes / (end - middle):.0f} MiB/s"
    return f"{mebibytes} MiB: {speed}, memory + {grown:.0f} MiB"


def main(mebibytes: int) -> None:
    with tempfile.TemporaryDirectory() as place:
        bare = MemoryStore()
        compare(
            "bucket / obstore",
            ObjectFileStore(Bucket(MemoryStore())),
            lambda key, body: obstore.put(bare, key, body),
            lambda key: bytes(obstore.get(bare, key).bytes()),
        )
        with server(Path(place)) as (url, token), LocalFileStore(Path(place, "near"), limits=LIMITS) as near:
            far = RemoteFileStore(url, token=token)
            wait_for(far)
            compare("server / local", far, near.put, near.get)
            print(f"{'server':<24} {memory_of(far, mebibytes)}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 256)
