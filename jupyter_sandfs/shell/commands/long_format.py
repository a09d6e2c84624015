"""Rows of `ls -l`, as GNU prints them."""

from __future__ import annotations

import stat as modes
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from jupyter_sandfs.shell.command import shown_size
from jupyter_sandfs.vfs.entries import DirEntry, Kind, Stat

_OWNER = "sandbox"
_BLOCK = 4096  # bytes: what a disk would take for a file that is not empty
_UNIT = 1024
_TEN = 10  # below it, a figure has one decimal
_TYPE_BITS = {Kind.FILE: modes.S_IFREG, Kind.DIRECTORY: modes.S_IFDIR, Kind.SYMLINK: modes.S_IFLNK}
_RECENT = timedelta(days=365.2425 / 2)  # GNU: what is older, or in the future, shows the year

Size = Callable[[int], str]


def rows(entries: Sequence[tuple[str, DirEntry]], *, now: datetime, size: Size) -> list[str]:
    """Give one row for each (shown name, entry); sizes are aligned to the right."""
    sizes = [size(shown_size(entry.stat)) for _, entry in entries]
    width = max(map(len, sizes), default=0)
    return [
        f"{mode(entry.stat)} 1 {_OWNER} {_OWNER} {figure:>{width}} {_date(entry.stat, now)} {shown}{_arrow(entry.stat)}"
        for (shown, entry), figure in zip(entries, sizes, strict=True)
    ]


def total(entries: Sequence[DirEntry], *, human: bool) -> str:
    """The first line of a directory: the space its entries take, in KiB."""
    taken = sum(space(entry.stat) for entry in entries)
    return f"total {human_size(taken) if human else taken // 1024}"


def space(stat: Stat) -> int:
    """Bytes that a node would take on a disk: whole blocks, and none for a link."""
    return 0 if stat.is_symlink else -(-shown_size(stat) // _BLOCK) * _BLOCK


def mode(stat: Stat) -> str:
    """Type and permissions, such as `-rw-r--r--`."""
    return modes.filemode(full_mode(stat))


def full_mode(stat: Stat) -> int:
    """Type and permissions as one number, as `st_mode` has them."""
    return _TYPE_BITS[stat.kind] | modes.S_IMODE(0o777 if stat.is_symlink else stat.mode)


def human_size(size: int) -> str:
    """A size as GNU's -h has it: powers of 1024, rounded up, one decimal below 10."""
    unit = 1
    for letter in ("", *"KMGTPE"):
        tenths = -(-size * 10 // unit)
        if letter and tenths < _TEN * 10:
            return f"{tenths // 10}.{tenths % 10}{letter}"
        whole = -(-size // unit)
        if whole < _UNIT:
            return f"{whole}{letter}"
        unit *= _UNIT
    return str(size)


def _date(stat: Stat, now: datetime) -> str:
    at = stat.modified_at
    recent = now - _RECENT < at <= now
    return f"{at:%b} {at.day:>2} {at:%H:%M}" if recent else f"{at:%b} {at.day:>2}  {at.year:04}"


def _arrow(stat: Stat) -> str:
    return f" -> {stat.link_target}" if stat.is_symlink else ""
