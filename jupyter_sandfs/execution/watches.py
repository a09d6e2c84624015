"""What a command may go over although no limit of the kernel's holds for all of its processes together."""

from __future__ import annotations

import os
from pathlib import Path

from jupyter_sandfs.execution.job import Stop
from jupyter_sandfs.execution.supervision import Inside, Watch, resident_pages


def crowd(inside: Inside, *, processes: int, memory_bytes: int) -> Watch:
    """Watch the number of processes and their memory; what several of them share counts for each."""
    page = os.sysconf("SC_PAGE_SIZE")

    def look() -> Stop | None:
        running = inside.running()
        if len(running) > processes:
            return Stop.PROCESSES
        used = page * sum(map(resident_pages, running))
        return Stop.MEMORY if used > memory_bytes else None

    return look


def disk(top: Path, limit: int) -> Watch:
    """Watch how full the disk of a directory gets. Others write to it, too: this is for floods, not for accounts."""
    at_first = free_bytes(top)

    def look() -> Stop | None:
        return Stop.DISK if at_first - free_bytes(top) > limit else None

    return look


def free_bytes(top: Path) -> int:
    """Room that is left on the disk of a directory."""
    facts = os.statvfs(top)
    return facts.f_bavail * facts.f_frsize
