"""Several processes on one bucket: real ones, killed for real."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from urllib.parse import urlsplit

import pytest

from jupyter_sandfs.filestore import StoreLimits, open_file_store
from jupyter_sandfs.filestore.objects.services import open_bucket
from jupyter_sandfs.filestore.objects.store import ObjectFileStore

WRITER = """
import sys
from jupyter_sandfs import errors
from jupyter_sandfs.filestore import StoreLimits, open_file_store

url, mode, name, count = sys.argv[1:]
store = open_file_store(url, limits=StoreLimits(max_total_bytes=20_000))
print("ready", flush=True)
sys.stdin.readline()
for number in range(int(count)):
    key = f"files/{number}" if mode == "race" else f"files/{name}-{number % 7}-{number if mode == 'quota' else 0}"
    body = (name * 1000)[:1000] if mode != "kill" else f"{number:06}" * (1 + number % 100)
    try:
        store.put(key, body.encode(), if_none_match=mode == "race")
    except (errors.QuotaExceeded, errors.VersionConflict):
        continue
    print(key, len(body), flush=True)
"""


class Writer:
    def __init__(self, url: str, mode: str, name: str, count: int) -> None:
        command = [sys.executable, "-c", WRITER, url, mode, name, str(count)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.read_line()

    def read_line(self) -> str:
        return self.process.stdout.readline()

    def start(self) -> None:
        self.process.stdin.write("go\n")
        self.process.stdin.flush()

    def finish(self) -> list[list[str]]:
        said, _ = self.process.communicate(timeout=60)
        return [line.split() for line in said.splitlines()]


@pytest.fixture
def write(s3_url):
    """Let four processes write at once, and give the lines of all of them."""

    def write(mode: str, count: int) -> list[list[str]]:
        writers = [Writer(s3_url, mode, name, count) for name in "abcd"]
        for writer in writers:
            writer.start()
        return [line for writer in writers for line in writer.finish()]

    return write


def test_processes_against_one_quota_get_exactly_the_quota(write, s3_url):
    acknowledged = write("quota", 8)

    with open_file_store(s3_url, limits=StoreLimits(max_total_bytes=20_000)) as store:
        usage = store.usage()
        listed = sorted(info.key for info in store.list().items)
    assert (len(acknowledged), usage.total_bytes, usage.file_count, usage.reserved_bytes) == (20, 20_000, 20, 0)
    assert listed == sorted(key for key, _ in acknowledged)


def test_of_processes_that_create_one_key_exactly_one_wins(write):
    winners = Counter(key for key, _ in write("race", 4))

    assert winners == {f"files/{number}": 1 for number in range(4)}


def kill_a_writer(url: str, after: int) -> None:
    """Kill a writer in the middle of its work; what it said was stored must be there, whole, and counted."""
    writer = Writer(url, "kill", "k", 10_000)
    writer.start()
    acknowledged = dict(writer.read_line().split() for _ in range(after))
    os.kill(writer.process.pid, signal.SIGKILL)
    acknowledged |= {key: size for key, size in writer.finish() if size}

    store = ObjectFileStore(open_bucket(urlsplit(url)), clock=lambda: time.time() + 7200)
    store.cleanup()
    found = {info.key: store.get(info.key) for info in store.list().items}
    usage = store.usage()
    assert acknowledged.keys() <= found.keys()
    assert all(body == body[:6] * (len(body) // 6) for body in found.values())
    assert (usage.total_bytes, usage.file_count, usage.reserved_bytes) == (
        sum(map(len, found.values())),
        len(found),
        0,
    )
    assert store.recover().missing == 0


@pytest.mark.parametrize("after", [3, 8])
def test_a_writer_that_is_killed_loses_nothing_it_acknowledged(s3_url, after):
    kill_a_writer(s3_url, after)


@pytest.mark.soak
@pytest.mark.timeout(1200)
def test_many_writers_that_are_killed_lose_nothing_they_acknowledged(s3_url):
    for turn in range(100):
        kill_a_writer(s3_url, 1 + turn % 23)
