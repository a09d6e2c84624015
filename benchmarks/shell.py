"""What the shell costs over our file system: beside the engine's own memory, and `rg` beside ripgrep.

    python benchmarks/shell.py [FILES]

Milliseconds of wall time, in rounds that take turns: the best, and the ratio of the best. FILES of 10 kB for the search
(20,000 are 200 MB). ripgrep is the one of the test extra, over the same files in /dev/shm.
"""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import bashkit

from jupyter_sandfs.shell.capsule import Mount
from jupyter_sandfs.shell.shell import SandboxShell
from jupyter_sandfs.vfs.filesystem import VirtualFileSystem
from jupyter_sandfs.vfs.views.view import VisibilityView

SCRIPT = """\
mkdir -p /w/d; cd /w; seq 50 > n; sort -rn n > r; head -5 r | tail -2; wc -l n; cut -c1 n | uniq -c | wc -l
for f in a b c; do echo $f > d/$f; done; cat d/a d/b; sed s/1/x/ n > m; awk '{s+=$1} END {print s}' n; ls d
cp m k; rm -r /w"""
PATTERNS = {"literal": "rareneedle", "regex": "ERROR_CODE_[0-9]+", "words": "[a-z]+ing ", "case": "(?i)error_code_\\d+"}


def best(call: Callable[[], object], times: int = 5) -> float:
    """Milliseconds."""
    return in_turns({"": call}, times)[""]


def in_turns(calls: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """Milliseconds of each, best of rounds in which all have their turn: what disturbs the machine disturbs all."""
    taken: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(rounds):
        for name, call in calls.items():
            start = time.perf_counter()
            call()
            taken[name].append(time.perf_counter() - start)
    return {name: min(each) * 1e3 for name, each in taken.items()}


def mounted(fs: VirtualFileSystem) -> bashkit.Bash:
    """The bare engine over our file system, without commands of ours."""
    bash = bashkit.Bash(profile=bashkit.ExecutionProfile.Interactive)
    bash.mount("/", bashkit.FileSystem.from_capsule(Mount(fs).capsule()))
    return bash


def scripts() -> None:
    fs = VirtualFileSystem()
    shell, bare, own = (
        SandboxShell(fs),
        mounted(VirtualFileSystem()),
        bashkit.Bash(profile=bashkit.ExecutionProfile.Interactive),
    )
    viewer = SandboxShell(VirtualFileSystem(), view=VisibilityView({"public"}))
    rows = in_turns(
        {
            "engine's own memory": lambda: own.execute_sync(SCRIPT),
            "engine over our tree": lambda: bare.execute_sync(SCRIPT),
            "SandboxShell": lambda: shell.exec(SCRIPT),
            "SandboxShell in a view": lambda: viewer.exec(SCRIPT),
        },
        80,
    )
    print("a script of 12 commands")
    for name, taken in rows.items():
        print(f"  {name:<22} {taken:8.2f} ms  x{taken / rows[next(iter(rows))]:.2f}")
    fs.write_file("/small", "x" * 100)
    many = "; ".join(["cat /small"] * 100)
    print(f"  cat of a small file    {best(lambda: shell.exec(many), 20) * 10:8.1f} us each, 100 in a run")
    print(f"  a run of its own       {best(lambda: shell.exec('cat /small'), 200) * 1e3:8.1f} us")


def searches(count: int) -> None:
    choice = random.Random(1)
    letters = "abcdefghijklmnopqrstuvwxyz"
    words = ["".join(choice.choices(letters, k=choice.randint(2, 9))) for _ in range(3000)]
    fs = VirtualFileSystem()
    with tempfile.TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").is_dir() else None) as name:
        for number in range(count):
            text = "\n".join(" ".join(choice.choices(words, k=12)) for _ in range(140))
            text += f"\nERROR_CODE_{number} rareneedle\n" if number % 500 == 0 else "\n"
            fs.write_file(f"/d{number % 100}/f{number}.txt", text)
            path = Path(name, f"d{number % 100}", f"f{number}.txt")
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)
        shell = SandboxShell(fs, timeout=120)
        viewer = SandboxShell(fs, view=VisibilityView({"public"}), timeout=120)
        print(f"rg -c in {count} files, {fs.stats().total_size / 1e6:.0f} MB")
        rg = shutil.which("rg") or str(Path(sys.executable).parent / "rg")
        for kind, pattern in PATTERNS.items():
            command = [rg, "-c", pattern, name]
            line = f"rg -c '{pattern}'"
            rows = in_turns(
                {
                    "ripgrep": lambda command=command: subprocess.run(command, capture_output=True, check=False),
                    "ours": lambda line=line: shell.exec(line),
                    "in a view": lambda line=line: viewer.exec(line),
                },
                5,
            )
            told = "  ".join(f"{name} {taken:6.0f} ms x{taken / rows['ripgrep']:.2f}" for name, taken in rows.items())
            print(f"  {kind:<10} {told}")


if __name__ == "__main__":
    scripts()
    searches(int(sys.argv[1]) if len(sys.argv) > 1 else 20_000)
