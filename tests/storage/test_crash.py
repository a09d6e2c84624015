"""A process that is killed in the middle of its writing loses nothing that it was told is kept."""

from __future__ import annotations

import runpy
import subprocess
import sys
from pathlib import Path

import pytest

from jupyter_sandfs.storage import open_storage
from jupyter_sandfs.vfs.filesystem import VirtualFileSystem

WRITER = Path(__file__).with_name("crash_writer.py")
step = runpy.run_path(str(WRITER))["step"]


def state(fs):
    """All of a file system but its times, by path."""
    found = {}
    for path in ["/", *fs.glob("/**")]:
        stat = fs.stat(path, follow=False)
        content = fs.read_bytes(path) if stat.is_file else stat.link_target
        found[path] = stat.kind, stat.mode, stat.version, fs.get_policy(path), content
    return found


def kill_after(url, first, acknowledgements):
    """Let a process write, kill it, and say how many steps it was told are kept."""
    command = [sys.executable, str(WRITER), url, str(first)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as writer:
        for _ in range(acknowledgements):
            assert writer.stdout.readline(), writer.stderr.read()
        writer.kill()
        return acknowledgements + len(writer.stdout.read().splitlines())


def check_kills(url, counts):
    """After each kill all acknowledged steps are there, and of the next one all or nothing."""
    model, done = VirtualFileSystem(), 0
    for count in counts:
        acknowledged = done + kill_after(url, done, count)
        with open_storage(url) as storage:
            found = state(VirtualFileSystem(storage))
        while done < acknowledged:
            step(model, done)
            done += 1
        if found != state(model):  # the step that was under way was kept, but there was no time to say so
            step(model, done)
            done += 1
        assert found == state(model)


def test_what_was_acknowledged_is_there_after_a_kill(url):
    check_kills(url, [1, 6, 13, 2])


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_what_was_acknowledged_is_there_after_hundreds_of_kills(url):
    check_kills(url, [1 + number * 7 % 23 for number in range(300)])
