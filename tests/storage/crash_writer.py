"""Changes a durable sandbox, step after step, until it is killed: `crash_writer.py URL FIRST_STEP`.

Each step is one change. Its number is printed when the storage has it.
"""

from __future__ import annotations

import sys

from jupyter_sandfs import NodePolicy, Sandbox

ROUND = [
    lambda fs, n: fs.write_file(f"/a/{n}/x", f"x of {n}\n" * 1000),
    lambda fs, n: fs.write_file(f"/a/{n}/sub/y", n.to_bytes(4, "big") * 50_000),
    lambda fs, n: fs.append_file("/log", f"a line of {n}\n" * 100),
    lambda fs, n: fs.copy(f"/a/{n}", f"/b/{n}"),
    lambda fs, n: fs.set_policy(f"/b/{n}/sub", NodePolicy(visibility="private")),
    lambda fs, n: fs.move(f"/b/{n}", f"/c/{n}/deep"),
    lambda fs, n: fs.append_file("/log", f"another line of {n}\n"),
    lambda fs, n: fs.symlink(f"../c/{n}/deep", f"/links/{n}"),
    lambda fs, n: fs.remove(f"/a/{n}", recursive=True),
    lambda fs, n: fs.remove(f"/c/{n - 1}", recursive=True) if n else fs.chmod("/c", 0o700),
]


def step(fs, number):
    """Make one change."""
    ROUND[number % len(ROUND)](fs, number // len(ROUND))


def main(url, first):
    sandbox = Sandbox("crash", storage=url)
    for number in range(first, first + 10_000):
        step(sandbox.fs, number)
        sandbox.flush()
        print(number, flush=True)  # noqa: T201  # the parent process reads it


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
