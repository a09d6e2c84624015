"""What is wanted of the figures, and whether they are so: `yes`, `tie` (less than 20 % missing) or `no`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from figures import OURS, Results, Table, short

TIE = 1.2
FLOOR, DISK, CHUNKED = "dict (floor)", "os on tmpfs", "D-MemFS"
TIMES_DISK = {"write": 7, "read": 5, "stat": 2}
DUMPED = {"dump, a file": 2.5, "load, a file": 2, "tar, a file": 4, "untar, a file": 3.5}  # microseconds
MOMENTS = {"snapshot": 5, "fork": 5, "restore 100": 150, "100 edits after it": 600}
TREES = {"copy the tree": 1_000, "move the tree": 150, "remove the tree": 5_000}  # of 50,000 files

Line = list[object]


def judged(found: Results) -> list[Line]:
    judges = (_files, _threads, _dumps, _moments, _trees, _memory, _views)
    return [line for judge in judges for line in judge(found)]


def at_least(what: str, wanted: float, figure: float | None) -> Iterator[Line]:
    if figure is not None:
        met = "yes" if figure >= wanted else "tie" if figure * TIE >= wanted else "no"
        yield [what, f"at least {wanted:g}", short(figure), met]


def at_most(what: str, wanted: float, figure: float | None) -> Iterator[Line]:
    if figure is not None:
        yield [what, f"at most {wanted:,g}", short(figure), "yes" if figure <= wanted else "no"]


def times(found: Table, among: Iterable[str], name: str) -> float | None:
    """How many times as long the quickest of some takes as ours."""
    theirs = [found[who][name] for who in among if name in found.get(who, {})]
    return min(theirs) / found[OURS][name] if theirs and name in found.get(OURS, {}) else None


def _files(found: Results) -> Iterator[Line]:
    for count, each in found.files.items():
        rivals = set(each) - {OURS, FLOOR}
        for name in each[OURS]:
            yield from at_least(f"{name}, {count:,} files: times the best of all", 1, times(each, rivals, name))
        for name in ("write", "stat", "exists"):
            yield from at_least(f"{name}, {count:,} files: times the best in Python", 3, times(each, found.pure, name))
        for name, wanted in TIMES_DISK.items():
            yield from at_least(f"{name}, {count:,} files: times os on tmpfs", wanted, times(each, {DISK}, name))
        for name in ("write", "overwrite", "read", "stat", "exists"):
            floor = times(each, {FLOOR}, name)
            yield from at_most(f"{name}, {count:,} files: a bare dict's time", 8, 1 / floor if floor else None)


def _threads(found: Results) -> Iterator[Line]:
    rivals = set(found.threads) - {OURS, FLOOR}
    yield from at_least("8 threads: times the best of all", 1, times(found.threads, rivals, "8 threads"))
    yield from at_least("8 threads: times the best in Python", 3, times(found.threads, found.pure, "8 threads"))
    yield from at_least("streams: times D-MemFS", 1, times(found.streams, {CHUNKED}, "both"))


def _dumps(found: Results) -> Iterator[Line]:
    rivals = set(found.dumps) - {OURS, FLOOR}
    for name, wanted in DUMPED.items():
        yield from at_least(f"{name}: times the best of all", 1, times(found.dumps, rivals, name))
        yield from at_most(f"{name}, µs", wanted, found.dumps.get(OURS, {}).get(name))


def _moments(found: Results) -> Iterator[Line]:
    for count, each in found.moments.items():
        for name, wanted in MOMENTS.items():
            yield from at_most(f"{name}, {count:,} files, µs", wanted, each[OURS][name])
    middling = found.moments.get(100_000, {}).get(OURS, {})
    yield from at_most("diff of 100 changes in 100,000 files, µs", 330, middling.get("diff of 100"))
    yield from at_most("first edit in a flat folder of 100,000, µs", 50, found.flat.get(OURS))


def _trees(found: Results) -> Iterator[Line]:
    for name, wanted in TREES.items():
        yield from at_most(f"{name} of 50,000, µs", wanted, found.files.get(50_000, {}).get(OURS, {}).get(name))


def _memory(found: Results) -> Iterator[Line]:
    without = found.memory.get(f"{OURS}, no journal")
    yield from at_most("bytes a file beyond its content, journal off", 260, without)


def _views(found: Results) -> Iterator[Line]:
    for who, each in found.views.items():
        for name, figure in each.items() if who != "bare" else ():
            yield from at_most(f"{name} through {who}, times bare", 2, figure / found.views["bare"][name])
