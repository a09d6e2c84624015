"""`date`: tell a time, also one in words. The engine's own knows few of the ways to say one, and no file's time."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo

from jupyter_sandfs.errors import InvalidRequest, SandfsError
from jupyter_sandfs.shell import dates
from jupyter_sandfs.shell.command import Command, Invocation, Output, reason
from jupyter_sandfs.shell.options import Option

_DEFAULT = "%a %b %e %H:%M:%S %Z %Y"
_MAIL = "%a, %d %b %Y %H:%M:%S %z"
_ISO: Mapping[str, str] = {
    "": "%Y-%m-%d",
    "date": "%Y-%m-%d",
    "hours": "%Y-%m-%dT%H%:z",
    "minutes": "%Y-%m-%dT%H:%M%:z",
    "seconds": "%Y-%m-%dT%H:%M:%S%:z",
    "ns": "%Y-%m-%dT%H:%M:%S,%N%:z",
}
_RFC_3339 = {"date": "%Y-%m-%d", "seconds": "%Y-%m-%d %H:%M:%S%:z", "ns": "%Y-%m-%d %H:%M:%S.%N%:z"}
_FIELD = re.compile(r"%([-_0^#]*)(\d{0,2})(:{0,2}[A-Za-z%+])")
_WIDTHS = {**dict.fromkeys("CdgHImMSUVWy", 2), "j": 3, "N": 9, "Y": 4, "G": 4, "u": 1, "w": 1}
_SPACED = {"e": ("d", 2), "k": ("H", 2), "l": ("I", 2)}
_EXPANDED = {
    "c": "%a %b %e %H:%M:%S %Y",
    "D": "%m/%d/%y",
    "F": "%Y-%m-%d",
    "h": "%b",
    "r": "%I:%M:%S %p",
    "R": "%H:%M",
    "T": "%H:%M:%S",
    "x": "%m/%d/%y",
    "X": "%H:%M:%S",
}
_MADE: Mapping[str, Callable[[datetime], str]] = {
    "%": lambda _: "%",
    "n": lambda _: "\n",
    "t": lambda _: "\t",
    "s": lambda at: str(int(at.timestamp())),
    "N": lambda at: f"{at.microsecond:06}000",
    "P": lambda at: f"{at:%p}".lower(),
    "q": lambda at: str((at.month + 2) // 3),
    "C": lambda at: f"{at.year // 100:02}",
    "Y": lambda at: f"{at.year:04}",
    ":z": lambda at: f"{at:%z}"[:3] + ":" + f"{at:%z}"[3:5],
}


def _run(call: Invocation) -> Output:
    operands = call.arguments.operands
    if len(operands) > 1:
        raise InvalidRequest(f"extra operand '{operands[1]}'")
    if operands and not operands[0].startswith("+"):
        raise InvalidRequest(f"the clock cannot be set ('{operands[0]}'); a format begins with +")
    form = operands[0][1:] if operands else _form(call)
    return Output(f"{formatted(_moment(call), form)}\n")


def _form(call: Invocation) -> str:
    options = call.arguments.options
    match call.arguments.last("I", "R", "rfc-3339"):
        case "I":
            return _of(_ISO, options["I"], "--iso-8601")
        case "R":
            return _MAIL
        case "rfc-3339":
            return _of(_RFC_3339, options["rfc-3339"], "--rfc-3339")
    return _DEFAULT


def _of(table: Mapping[str, str], word: str, option: str) -> str:
    if word not in table:
        raise InvalidRequest(f"invalid argument '{word}' for '{option}'")
    return table[word]


def _moment(call: Invocation) -> datetime:
    options, zone = call.arguments.options, _zone(call)
    now = call.around.now().astimezone(zone)
    if "r" in options:
        try:
            return call.stat(options["r"]).modified_at.astimezone(zone)
        except (SandfsError, OSError) as problem:
            raise InvalidRequest(f"{options['r']}: {reason(problem)}") from problem
    if "d" not in options:
        return now
    try:
        return dates.parse(options["d"], now if options["d"].strip() else _midnight(now)).astimezone(zone)
    except InvalidRequest as problem:
        raise InvalidRequest(str(problem).replace("date format", "date")) from None


def _midnight(now: datetime) -> datetime:
    return now.replace(hour=0, minute=0, second=0, microsecond=0)


def _zone(call: Invocation) -> tzinfo:
    name = "" if "u" in call.arguments else call.env.get("TZ", "")
    try:
        return ZoneInfo(name) if name and name != "UTC" else UTC
    except (LookupError, ValueError, OSError):  # an unknown zone is UTC (POSIX)
        return UTC


def formatted(at: datetime, form: str) -> str:
    """Fill in a format with the fields and flags of GNU date."""
    return _FIELD.sub(lambda found: _field(at, *found.groups()), form)


def _field(at: datetime, flags: str, width: str, letter: str) -> str:
    if letter in _EXPANDED:
        text = formatted(at, _EXPANDED[letter])
    elif letter in _SPACED:
        text = f"{int(at.strftime('%' + _SPACED[letter][0])):>2}"
    elif letter in _MADE:
        text = _MADE[letter](at)
    else:
        text = at.strftime(f"%{letter}")
    if letter == "N" and width:
        return text[: int(width)]
    return _padded(text, flags, int(width or 0), letter)


def _padded(text: str, flags: str, width: int, letter: str) -> str:
    if "^" in flags:
        text = text.upper()
    number = letter in _WIDTHS or letter in _SPACED
    if number and "-" in flags:
        return text.lstrip("0 ") or "0"
    if number and "_" in flags:
        return (text.lstrip("0") or "0").rjust(max(width, _WIDTHS.get(letter, 2)))
    if letter in _SPACED and "0" in flags:
        return text.replace(" ", "0").rjust(width, "0")
    return text.rjust(width, "0" if number or letter == "s" else " ")


def _respell(argv: Sequence[str]) -> list[str]:
    """Tell `-Iseconds` as the long option that may go without a value."""
    return [f"--iso-8601={each[2:]}" if each.startswith("-I") else each for each in argv]


DATE = Command(
    name="date",
    usage="[OPTION]... [+FORMAT]",
    help="Print the time; it is UTC unless TZ says otherwise.",
    run=_run,
    misuse=1,
    respell=_respell,
    options=(
        Option("d", "this time and not now: ISO, or such as '2 days ago'", word="date", value="TIME"),
        Option("I", "as ISO 8601: date, hours, minutes, seconds, ns", word="iso-8601", value="WORD", optional=True),
        Option("r", "the time of this file", word="reference", value="FILE"),
        Option("R", "as in mail", word="rfc-email"),
        Option("u", "UTC", word="utc"),
        Option("", "as RFC 3339 says: date, seconds or ns", word="rfc-3339", value="WORD"),
    ),
)
