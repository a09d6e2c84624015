"""A kernel that is killed while a cell writes into a durable sandbox loses nothing that the cell was told is kept."""

from __future__ import annotations

import runpy
import signal
from pathlib import Path

import pytest
from jupyter_client.manager import KernelManager

from jupyter_sandfs.storage import open_storage
from jupyter_sandfs.vfs.filesystem import VirtualFileSystem

WRITER = Path(__file__).with_name("crash_writer.py")
HELPERS = Path(__file__).with_name("test_crash.py")
step = runpy.run_path(str(WRITER))["step"]
state = runpy.run_path(str(HELPERS))["state"]

AHEAD = 100_000  # steps that a kernel may have made whose numbers it had no time to tell
PATIENCE = 60  # seconds for a kernel to start or to say something, on a machine under load

# As a user would: the numbers are printed when the write has returned, which with SQLite is when it is kept.
CELL = """
import runpy
from jupyter_sandfs import Sandbox
step = runpy.run_path({writer!r})["step"]
sandbox = Sandbox("crash", storage={url!r})
for number in range({first}, {first} + 1_000_000):
    step(sandbox.fs, number)
    print(number, flush=True)
"""


def kill_kernel_after(url, first, acknowledgements):
    """Let a cell of a real kernel write, kill the kernel with -9, and give the number of the first step not told of."""
    manager = KernelManager()
    manager.start_kernel()
    client = manager.blocking_client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=PATIENCE)
        client.execute(CELL.format(writer=str(WRITER), url=url, first=first))
        told = first
        while told < first + acknowledgements:
            told = max(told, told_by(client.get_iopub_msg(timeout=PATIENCE)))
        manager.signal_kernel(signal.SIGKILL)
        return told
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
        manager.cleanup_resources()


def told_by(message):
    """The step after the last one that a message acknowledges; an error in the cell is one here."""
    assert message["msg_type"] != "error", message["content"]
    whole = message["content"]["text"].rpartition("\n")[0] if message["content"].get("name") == "stdout" else ""
    return max((int(number) + 1 for number in whole.split()), default=0)


def check_kernels(url, counts):
    """After each kill the storage holds the tree after some step, and none that was told of is missing."""
    model, done = VirtualFileSystem(), 0
    for count in counts:
        told = kill_kernel_after(url, done, count)
        with open_storage(url) as storage:
            found = state(VirtualFileSystem(storage))
        while done < told or (found != state(model) and done < told + AHEAD):
            step(model, done)
            done += 1
        assert found == state(model)


@pytest.fixture
def url(tmp_path, monkeypatch):
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    return f"sqlite:///{tmp_path}/demo.sqlite"


def test_what_a_cell_was_told_is_kept_is_there_after_its_kernel_is_killed(url):
    check_kernels(url, [5, 33])


@pytest.mark.soak
@pytest.mark.timeout(7200)
def test_what_a_cell_was_told_is_kept_is_there_after_hundreds_of_kernels_are_killed(url):
    check_kernels(url, [1 + number * 17 % 97 for number in range(200)])
