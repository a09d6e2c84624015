"""Dates as GNU's `-d` reads them: ISO, written out in English, and relative to now. Without a zone they are UTC."""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta, timezone

from jupyter_sandfs.errors import InvalidRequest

_LONGEST = 200  # characters
_UNITS: Mapping[str, timedelta] = {
    "sec": timedelta(seconds=1),
    "second": timedelta(seconds=1),
    "min": timedelta(minutes=1),
    "minute": timedelta(minutes=1),
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
    "week": timedelta(weeks=1),
    "fortnight": timedelta(weeks=2),
}
_MONTHS_OF = {"month": 1, "year": 12}
_DAYS = {"yesterday": -1, "today": 0, "tomorrow": 1, "now": 0}
_COUNTS = {"next": 1, "last": -1, "this": 0}
_WEEKDAYS = {name.lower(): number for number, name in enumerate(calendar.day_abbr)}
_MONTHS = {name.lower(): number for number, name in enumerate(calendar.month_abbr) if name}


def parse(text: str, now: datetime) -> datetime:
    """Read a date.

    Raises:
        InvalidRequest: it is none; worded as GNU does.
    """
    try:
        if text.startswith("@"):
            return datetime.fromtimestamp(float(text[1:]), UTC)
        return _Reading(now).read(text)
    except (ValueError, OverflowError, OSError):
        raise InvalidRequest(f"invalid date format '{text}'") from None


class _Reading:
    """A date in the making: parts of the text replace parts of now, or move it."""

    def __init__(self, now: datetime) -> None:
        self._at = now
        self._timed = False  # a time of day was given
        self._dated = False  # a day was given, which without a time starts at midnight
        self._weekday: int | None = None

    def read(self, text: str) -> datetime:
        rest = " ".join(text.lower()[:_LONGEST].split())
        while rest:
            found, act = next(
                ((found, act) for pattern, act in _RULES if (found := pattern.match(rest))), (None, _refuse)
            )
            act(self, *(found.groups() if found else ()))
            rest = rest[found.end() :].lstrip(" ,") if found else ""
        if self._dated and not self._timed:
            self._at = self._at.replace(hour=0, minute=0, second=0, microsecond=0)
        return self._at

    def iso(self, year: str, month: str, day: str) -> None:
        self._at = self._at.replace(year=int(year), month=int(month), day=int(day))
        self._dated = True

    def time(self, hour: str, minute: str, second: str | None, fraction: str | None, half: str | None) -> None:
        hours = int(hour) % 12 + 12 * (half == "pm") if half else int(hour)
        micro = int((fraction or "0")[:6].ljust(6, "0"))
        self._at = self._at.replace(hour=hours, minute=int(minute), second=int(second or 0), microsecond=micro)
        self._timed = True

    def zone(self, sign: str | None, hours: str | None, minutes: str | None) -> None:
        offset = timedelta(hours=int(hours or 0), minutes=int(minutes or 0))
        self._at = self._at.replace(tzinfo=timezone(-offset if sign == "-" else offset)).astimezone(UTC)

    def month_first(self, month: str, day: str, year: str | None) -> None:
        self.iso(year or str(self._at.year), str(_MONTHS[month[:3]]), day)

    def day_first(self, day: str, month: str, year: str | None) -> None:
        self.month_first(month, day, year)

    def year(self, year: str) -> None:
        self._at = self._at.replace(year=int(year))

    def named_day(self, word: str) -> None:
        self._at += timedelta(days=_DAYS[word])

    def weekday(self, count: str | None, name: str) -> None:
        ahead = (_WEEKDAYS[name[:3]] - self._at.weekday()) % 7
        weeks = _COUNTS[count] if count else 0
        self._at += timedelta(days=ahead + 7 * (weeks - (weeks > 0 and ahead > 0)))
        self._dated = True

    def moved(self, sign: str | None, number: str, unit: str, ago: str | None) -> None:
        self._move((int(number) if number else 1) * (-1 if (sign == "-") != bool(ago) else 1), unit)

    def counted(self, word: str, unit: str) -> None:
        self._move(_COUNTS[word], unit)

    def _move(self, count: int, unit: str) -> None:
        if unit in _UNITS:
            self._at += _UNITS[unit] * count
            return
        months = self._at.year * 12 + self._at.month - 1 + count * _MONTHS_OF[unit]
        # A day that the month does not have goes over into the next, as mktime(3) has it.
        first = self._at.replace(year=months // 12, month=months % 12 + 1, day=1)
        self._at = first + timedelta(days=self._at.day - 1)


def _refuse(*_: object) -> None:
    raise ValueError("no part of a date")


_UNIT_WORDS = f"({'|'.join([*_UNITS, *_MONTHS_OF])})s?\\b"
_MONTH_WORDS = f"({'|'.join([*calendar.month_name[1:], *_MONTHS]).lower()})\\b\\.?"
_DAY_WORDS = f"({'|'.join([*calendar.day_name, *_WEEKDAYS]).lower()})\\b"
_RULES: tuple[tuple[re.Pattern[str], Callable[..., None]], ...] = tuple(
    (re.compile(pattern, re.ASCII), act)
    for pattern, act in (
        (r"(\d{4})-(\d{1,2})-(\d{1,2})(?:t(?=\d))?", _Reading.iso),
        (r"(\d{4})/(\d{1,2})/(\d{1,2})", _Reading.iso),
        (r"(\d{4})(\d{2})(\d{2})(?!\d)", _Reading.iso),
        (r"(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)? ?([ap]m)?", _Reading.time),
        (r"(?:utc|gmt|z)\b()()()", _Reading.zone),
        (r"([+-])(\d{2}):?(\d{2})\b", _Reading.zone),
        (rf"{_MONTH_WORDS} (\d{{1,2}})(?!\d|:),?(?: (\d{{4}})\b)?", _Reading.month_first),
        (rf"(\d{{1,2}})[ -]{_MONTH_WORDS}(?:[ -](\d{{4}})\b)?", _Reading.day_first),
        (r"(\d{4})$", _Reading.year),
        (r"(yesterday|today|tomorrow|now)\b", _Reading.named_day),
        (rf"(?:(next|last|this) )?{_DAY_WORDS}", _Reading.weekday),
        (rf"([+-])? ?(\d{{0,6}}) ?{_UNIT_WORDS}(?: (ago)\b)?", _Reading.moved),
        (rf"(next|last|this) {_UNIT_WORDS}", _Reading.counted),
    )
)
"""How each part of a date is written, and what it does."""
