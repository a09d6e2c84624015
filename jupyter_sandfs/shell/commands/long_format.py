"""Rows of `ls -l`, as GNU prints them."""

from __future__ import annotations

import stat as modes
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from jupyter_sandfs.shell.command import shown_size
from jupyter_sandfs.vfs.entries import DirEntry, Kind, Stat

_OWNER, _ID = "sandbox", "1000"  # as the engine's `id` says
_BLOCK = 4096  # bytes: what a disk would take for a file that is not empty
_UNIT = 1024
_TEN = 10  # below it, a figure has one decimal
_TYPE_BITS = {Kind.FILE: modes.S_IFREG, Kind.DIRECTORY: modes.S_IFDIR, Kind.SYMLINK: modes.S_IFLNK}
_RECENT = timedelta(days=365.2425 / 2)  # GNU: what is older, or in the future, shows the year

_STYLES: Mapping[str, str] = {
    "full-iso": "%Y-%m-%d %H:%M:%S.{nanoseconds} +0000",
    "long-iso": "%Y-%m-%d %H:%M",
}
_OLD_AND_RECENT = {"locale": ("%b {day:>2}  %Y", "%b {day:>2} %H:%M"), "iso": ("%Y-%m-%d ", "%m-%d %H:%M")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """Which columns there are, and how they are told.

    Attributes:
        now: tells what is recent.
        human: sizes such as 1.5K.
        numeric: owner and group by number.
        style: of times: locale, iso, long-iso, full-iso or +FORMAT.
    """

    now: datetime
    human: bool = False
    numeric: bool = False
    owner: bool = True
    group: bool = True
    style: str = "locale"

    def size(self, stat: Stat) -> str:
        return human_size(shown_size(stat)) if self.human else str(shown_size(stat))


def rows(entries: Sequence[tuple[str, DirEntry]], columns: Columns) -> list[str]:
    """Give one row for each (shown name, entry); sizes and times are aligned to the right."""
    sizes = [columns.size(entry.stat) for _, entry in entries]
    dates = [_date(entry.stat, columns) for _, entry in entries]
    name = _ID if columns.numeric else _OWNER
    who = f" {name}" * (columns.owner + columns.group)
    width, wide = max(map(len, sizes), default=0), max(map(len, dates), default=0)
    return [
        f"{mode(entry.stat)} 1{who} {size:>{width}} {date:>{wide}} {shown}{_arrow(entry.stat)}"
        for (shown, entry), size, date in zip(entries, sizes, dates, strict=True)
    ]


def total(entries: Sequence[DirEntry], *, human: bool) -> str:
    """The first line of a directory: the space its entries take, in KiB."""
    taken = sum(space(entry.stat) for entry in entries)
    return f"total {human_size(taken) if human else taken // 1024}"


def space(stat: Stat) -> int:
    """Bytes that a node would take on a disk: whole blocks, and none for a link."""
    return 0 if stat.is_symlink else -(-shown_size(stat) // _BLOCK) * _BLOCK


def inode(path: str) -> int:
    """A number that stays the same for a path: there are no inodes."""
    return zlib.crc32(path.encode())


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


def _date(stat: Stat, columns: Columns) -> str:
    at, style = stat.modified_at, columns.style
    if style.startswith("+"):
        form = style[1:]
    elif style in _STYLES:
        form = _STYLES[style].replace("{nanoseconds}", f"{stat.modified_ns % 1_000_000_000:09}")
    else:
        recent = columns.now - _RECENT < at <= columns.now
        form = _OLD_AND_RECENT[style][recent].replace("{day:>2}", f"{at.day:>2}")
    # strftime leaves years before 1000 without their zeros.
    return at.strftime(form.replace("%Y", f"{at.year:04}"))


def _arrow(stat: Stat) -> str:
    return f" -> {stat.link_target}" if stat.is_symlink else ""
