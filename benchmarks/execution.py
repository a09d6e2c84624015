"""What a call costs: a snippet against a new interpreter of Python, a host command against the bare command."""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time
from collections.abc import Callable

from jupyter_sandfs.execution.host import run_host
from jupyter_sandfs.execution.python import run_python
from jupyter_sandfs.shell.shell import SandboxShell
from jupyter_sandfs.vfs.filesystem import VirtualFileSystem


def tree(files: int) -> VirtualFileSystem:
    fs = VirtualFileSystem()
    for number in range(files):
        fs.write_bytes(f"/t/d{number // 100:04}/f{number:06}", b"x" * 10_000)
    return fs


def milliseconds(call: Callable[[], object], rounds: int) -> float:
    """Median over `rounds` calls, after one that nobody counts."""
    call()
    taken = []
    for _ in range(rounds):
        begun = time.perf_counter()
        call()
        taken.append((time.perf_counter() - begun) * 1000)
    return statistics.median(taken)


def bare(*argv: str) -> Callable[[], object]:
    return lambda: subprocess.run(argv, capture_output=True, check=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=5_000)
    parser.add_argument("--rounds", type=int, default=20)
    options = parser.parse_args()
    fs, full = VirtualFileSystem(), tree(options.files)
    fs.write_bytes("/f", b"x")
    shell = SandboxShell(fs)
    reads = "for _ in range(1000):\n    open('/f').read()"
    rows: tuple[tuple[str, Callable[[], object], int], ...] = (
        ("python3 -c 1, bare", bare(sys.executable, "-c", "1"), options.rounds),
        ("run_python('1')", lambda: run_python(fs, "1"), options.rounds),
        ("python -c 1 in the shell", lambda: shell.exec("python -c 1"), options.rounds),
        ("1000 reads of a file", lambda: run_python(fs, reads), 5),
        ("true, bare", bare("true"), options.rounds),
        ("host true", lambda: run_host(fs, ["true"]), options.rounds),
        (f"host true on {options.files} files", lambda: run_host(full, ["true"]), 3),
        (f"host --sync true on {options.files} files", lambda: run_host(full, ["true"], sync=True), 3),
    )
    for name, call, rounds in rows:
        print(f"{name:<36} {milliseconds(call, rounds):9.2f} ms")


if __name__ == "__main__":
    main()
