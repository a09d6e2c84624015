"""The file system against its peers, in one run: `python benchmarks/vfs.py --into docs/performance.md`.

Rounds go through all peers in turn, and the median of the rounds counts. Ours has all features on: a policy, hooks and
a watch on neighbouring folders. See `peers` for what is compared, `workloads` for what is done, `goals` for what is
wanted.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import goals
import views
import workloads
from figures import Results, Table, markdown, middle, put_into, table
from peers import Ours, Peer, Sandfs, WithoutJournal, installed, told_version

PARTS = ("files", "threads", "streams", "dumps", "moments", "flat", "memory", "views")


def in_turns(kinds: list[type[Peer]], rounds: int, play: Callable[[type[Peer]], workloads.Rows]) -> Table:
    """Play one workload with each in turn, some times over; the medians."""
    figures: dict[str, dict[str, list[float]]] = {kind.name: {} for kind in kinds}
    for _ in range(rounds):
        for kind in kinds:
            for row, figure in play(kind).items():
                figures[kind.name].setdefault(row, []).append(figure)
    return middle(figures)


def measure(parts: set[str], options: argparse.Namespace) -> Results:
    found_kinds, missing = installed()
    kinds = [Ours, *found_kinds]
    found = Results(pure={kind.name for kind in found_kinds if kind.pure})
    found.versions = [told_version(kind) for kind in found_kinds] + [f"not installed: {name}" for name in missing]

    def take(count: int) -> list[type[Peer]]:
        return [kind for kind in kinds if kind.largest >= count]

    def files() -> None:
        for count in options.files:
            names = workloads.paths(count)
            found.files[count] = in_turns(
                take(count),
                options.rounds,
                lambda kind: workloads.small_files(kind, names),  # noqa: B023
            )

    def moments() -> None:
        both = [Ours, *(kind for kind in found_kinds if kind is Sandfs)]
        for count in options.moments:
            rounds = 9 if count <= 100_000 else 5
            found.moments[count] = middle({kind.name: workloads.moments(kind, count, rounds) for kind in both})

    def flat() -> None:
        both = [Ours, *(kind for kind in found_kinds if kind is Sandfs)]
        found.flat = {kind.name: statistics.median(workloads.flat(kind, 100_000, 9)) for kind in both}

    def memory() -> None:
        measured = [Ours, WithoutJournal, *(kind for kind in found_kinds if kind.largest >= 20_000)]
        found.memory = {kind.name: workloads.memory(kind, 20_000) for kind in measured if kind.name != "os on tmpfs"}

    names = workloads.paths(4_000)
    tasks: dict[str, Callable[[], None]] = {
        "files": files,
        "threads": lambda: found.threads.update(
            in_turns(take(4_000), options.rounds, lambda kind: workloads.threads(kind, names))
        ),
        "streams": lambda: found.streams.update(
            in_turns(kinds, options.rounds, lambda kind: workloads.large_file(kind, options.megabytes))
        ),
        "dumps": lambda: found.dumps.update(
            in_turns(take(4_000), options.rounds, lambda kind: workloads.dump_and_load(kind, names))
        ),
        "moments": moments,
        "flat": flat,
        "memory": memory,
        "views": lambda: found.views.update(views.measure(2 * options.rounds + 1)),
    }
    for part in PARTS:
        if part in parts:
            started = time.perf_counter()
            tasks[part]()
            print(f"{part}: {time.perf_counter() - started:.0f} s", file=sys.stderr)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--files", type=int, nargs="+", default=[9_000, 50_000], help="sizes of the tree of small files"
    )
    parser.add_argument("--moments", type=int, nargs="+", default=[1_000, 10_000, 100_000, 1_000_000])
    parser.add_argument("--megabytes", type=int, default=500, help="of the large file")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", choices=PARTS, nargs="+", default=PARTS)
    parser.add_argument("--into", type=Path, help="a page between whose two marks the tables are put")
    options = parser.parse_args()
    found = measure(set(options.only), options)
    text = markdown(found) + "\n### Goals\n\n" + table(["", "wanted", "found", "met"], goals.judged(found))
    if options.into:
        put_into(options.into, text)
    else:
        print(text)


if __name__ == "__main__":
    main()
