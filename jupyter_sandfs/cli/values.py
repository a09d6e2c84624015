"""What people type and read: durations, sizes, times. Pure functions."""

from __future__ import annotations

import re
from datetime import datetime

import click

_SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 24 * 3600, "w": 7 * 24 * 3600}
_DURATION = re.compile(r"(\d{1,9}(?:\.\d{1,9})?) ?([smhdw]?)", re.ASCII)
_BYTES = {unit + suffix: 1024**power for power, unit in enumerate("KMGT", 1) for suffix in ("", "B", "IB")}
_BYTES |= {"": 1, "B": 1}
_SIZE = re.compile(r"(\d{1,15}(?:\.\d{1,9})?) ?([A-Z]{0,3})", re.ASCII)


def duration(text: str) -> float:
    """Seconds, or a number with a unit: 45s, 30m, 12h, 7d, 2w."""
    found = _DURATION.fullmatch(text.strip().lower())
    if found is None:
        raise click.BadParameter(f"{text!r} is no duration such as 45s, 30m, 12h, 7d or 2w")
    return float(found[1]) * _SECONDS[found[2]]


def size(text: str) -> int:
    """Bytes, or a number with a unit of 1024: 500K, 10MB, 2GiB."""
    found = _SIZE.fullmatch(text.strip().upper())
    if found is None or found[2] not in _BYTES:
        raise click.BadParameter(f"{text!r} is no size such as 500K, 10MB or 2GiB")
    return int(float(found[1]) * _BYTES[found[2]])


def pair(text: str) -> tuple[str, str]:
    """NAME=VALUE."""
    name, equals, value = text.partition("=")
    if not name or not equals:
        raise click.BadParameter(f"{text!r} is not NAME=VALUE")
    return name, value


def shown_size(number: int) -> str:
    """A size for people, in units of 1024 bytes, as the notebook shows it."""
    value, unit = float(number), "B"
    for larger in ("KB", "MB", "GB", "TB"):
        if value < 1023.95:
            break
        value, unit = value / 1024, larger
    return f"{number} B" if unit == "B" else f"{value:.1f} {unit}"


def shown_time(when: datetime | None) -> str:
    """A time for people, in the zone of this machine; a dash for never."""
    return f"{when.astimezone():%Y-%m-%d %H:%M}" if when else "-"
