"""Figures as tables in Markdown."""

from __future__ import annotations

import os
import platform
import statistics
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import jupyter_sandfs

Rows = dict[str, float]
Table = dict[str, Rows]
"""By who, then by row."""

OURS = "jupyter_sandfs"
MARK = "<!-- figures -->"


@dataclass
class Results:
    """All that one run found.

    Attributes:
        files: by number of files, the microseconds of each call; who is compared is in `pure` if all Python.
        threads, streams, dumps: the same, of one size.
        moments: by number of files.
        flat: microseconds of a first edit.
        memory: bytes a file beyond its content.
        views: times bare, by kind of view.
    """

    pure: set[str] = field(default_factory=set)
    files: dict[int, Table] = field(default_factory=dict)
    threads: Table = field(default_factory=dict)
    streams: Table = field(default_factory=dict)
    dumps: Table = field(default_factory=dict)
    moments: dict[int, Table] = field(default_factory=dict)
    flat: Rows = field(default_factory=dict)
    memory: Rows = field(default_factory=dict)
    views: Table = field(default_factory=dict)
    versions: list[str] = field(default_factory=list)


def middle(figures: Mapping[str, Mapping[str, list[float]]]) -> Table:
    """The median of the rounds."""
    return {who: {row: statistics.median(told) for row, told in rows.items()} for who, rows in figures.items() if rows}


def row(cells: Iterable[object]) -> str:
    return "| " + " | ".join(str(cell) for cell in cells) + " |"


def table(head: list[str], lines: Iterable[list[object]]) -> str:
    return "\n".join([row(head), row(["---"] * len(head)), *map(row, lines), ""])


def short(figure: float) -> str:
    return f"{figure:,.0f}" if figure >= 100 else f"{figure:.3g}"


def beside(found: Table, unit: str) -> str:
    """Ours as it is, and how many times as much each of the others takes."""
    ours, others = found.get(OURS, {}), [who for who in found if who != OURS]
    lines = [
        [name, short(figure), *(f"{short(found[who][name] / figure)}" if name in found[who] else "" for who in others)]
        for name, figure in ours.items()
    ]
    return table(["", f"ours, {unit}", *others], lines)


def by_size(found: dict[int, Table]) -> str:
    """Rows that are asked of several sizes, for each who can."""
    whos = list(next(iter(found.values())))
    names = list(next(iter(found.values()))[OURS])
    lines = [[f"{name}, {who}", *(short(found[size][who][name]) for size in found)] for name in names for who in whos]
    return table(["µs", *(f"{size:,} files" for size in found)], lines)


def machine() -> str:
    facts = Path("/proc/cpuinfo").read_text().splitlines()
    models = [line.partition(":")[2].strip() for line in facts if "model name" in line]
    model = models[0] if models else platform.machine()
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    kernel = f"{platform.system()} {'.'.join(platform.release().split('.')[:2])}"
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return f"{model}, {os.cpu_count()} virtual cores, {memory:.0f} GiB; {kernel}; {python}"


def markdown(found: Results) -> str:
    parts = [f"{machine()}. jupyter_sandfs {jupyter_sandfs.__version__}; {', '.join(found.versions)}.\n"]
    for count, each in found.files.items():
        parts += [f"### {count:,} files of 200 bytes\n", beside(each, "µs")]
    sections: list[tuple[str, Table, str]] = [
        ("Eight threads: a write, a read or a stat", found.threads, "µs"),
        ("A large file through a stream, a megabyte", found.streams, "µs"),
        ("A tree as bytes and back", found.dumps, "µs"),
    ]
    parts += [f"### {title}\n\n{beside(each, unit)}" for title, each, unit in sections if each]
    if found.moments:
        parts += ["### Moments\n", by_size(found.moments)]
    if found.flat:
        parts += ["### The first edit after a snapshot, in one folder of 100,000 files\n"]
        parts += [table(["", "µs"], [[who, short(figure)] for who, figure in found.flat.items()])]
    if found.memory:
        parts += ["### Memory: bytes a file beyond its 200 of content\n"]
        parts += [table(["", "bytes"], [[who, short(figure)] for who, figure in found.memory.items()])]
    if found.views:
        whos = [who for who in found.views if who != "bare"]
        lines = [
            [name, short(bare), *(f"{found.views[who][name] / bare:.2f}" for who in whos)]
            for name, bare in found.views["bare"].items()
        ]
        parts += ["### Through a view, times bare\n", table(["", "bare, µs", *whos], lines)]
    return "\n".join(parts)


def put_into(page: Path, text: str) -> None:
    """Put the tables into a page, in place of those between its two marks."""
    before, mark, rest = page.read_text().partition(MARK)
    _, last, after = rest.partition(MARK)
    if not (mark and last):
        raise SystemExit(f"{page}: there are no two lines {MARK}")
    page.write_text(f"{before}{MARK}\n\n{text}\n{MARK}{after}")
