"""`df`: how much room there is. The engine's own tells of its memory file system."""

from __future__ import annotations

from collections.abc import Callable

from jupyter_sandfs.shell.command import Command, Invocation, Output, reason
from jupyter_sandfs.shell.commands import long_format
from jupyter_sandfs.shell.options import Option

_NAME, _TOP = "sandbox", "/"
_UNITS = {"m": 1 << 20, "k": 1 << 10}


def _run(call: Invocation) -> Output:
    complaints = []
    for operand in call.arguments.operands:
        try:
            call.stat(operand)
        except OSError as problem:
            complaints.append(f"df: {operand}: {reason(problem)}\n")
    found = len(call.arguments.operands) - len(complaints)
    rows = [_header(call)] + [_row(call)] * found if found else []
    if not call.arguments.operands:
        rows = [_header(call), _row(call)]
    return Output("".join(_set(rows)), "".join(complaints), bool(complaints))


def _header(call: Invocation) -> tuple[str, ...]:
    if "i" in call.arguments:
        return "Filesystem", "Inodes", "IUsed", "IFree", "IUse%", "Mounted on"
    last = _unit(call)
    sizes = {"h": ("Size", "Avail"), "m": ("1M-blocks", "Available")}.get(last, ("1K-blocks", "Available"))
    return "Filesystem", sizes[0], "Used", sizes[1], "Use%", "Mounted on"


def _unit(call: Invocation) -> str:
    return call.arguments.last("h", "m", "k") or "k"


def _row(call: Invocation) -> tuple[str, ...]:
    """The figures: of a view, what it sees counts as used."""
    stats, limits = call.fs.stats(), call.fs.limits
    if "i" in call.arguments:
        return _told(stats.node_count, limits.nodes, str)
    unit = _unit(call)
    return _told(stats.total_size, limits.total_bytes, long_format.human_size if unit == "h" else _blocks(_UNITS[unit]))


def _told(used: int, size: int, figure: Callable[[int], str]) -> tuple[str, ...]:
    percent = -(-100 * used // size) if size else 100
    return _NAME, figure(size), figure(used), figure(max(size - used, 0)), f"{percent}%", _TOP


def _blocks(unit: int) -> Callable[[int], str]:
    return lambda size: str(-(-size // unit))


def _set(rows: list[tuple[str, ...]]) -> list[str]:
    """Set rows in columns: the first and the last to the left, figures to the right, as GNU does."""
    widths = [max(len(row[place]) for row in rows) for place in range(5)] if rows else []
    return [
        " ".join([row[0].ljust(widths[0]), *(row[place].rjust(widths[place]) for place in range(1, 5)), row[5]]) + "\n"
        for row in rows
    ]


DF = Command(
    name="df",
    usage="[-h -i -k -m] [FILE]...",
    help="Show how much room there is.",
    run=_run,
    misuse=1,
    options=(
        Option("a", "", word="all"),
        Option("h", "sizes such as 1.5K", word="human-readable"),
        Option("i", "numbers of files and directories", word="inodes"),
        Option("k", "sizes in KiB"),
        Option("m", "sizes in MiB"),
    ),
)
