"""`touch`: make files, set their time. The engine's own has no way to set a time on a mounted file system."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from jupyter_sandfs import paths
from jupyter_sandfs.errors import InvalidRequest, SandfsError
from jupyter_sandfs.shell import dates
from jupyter_sandfs.shell.command import Command, Invocation, Output, reason
from jupyter_sandfs.shell.options import Option
from jupyter_sandfs.vfs.interface import require_directory

_STAMP = re.compile(r"(\d{2}|\d{4})?(\d{8})(?:\.(\d{2}))?", re.ASCII)  # [[CC]YY]MMDDhhmm[.ss]
_CENTURY_TURN = 69  # two digits from here on are of the 20th century (POSIX)


def _run(call: Invocation) -> Output:
    if not call.arguments.operands:
        raise InvalidRequest("missing file operand")
    when = _moment(call)
    complaints = [
        f"touch: cannot touch '{operand}': {problem}\n"
        for operand in call.arguments.operands
        if (problem := _touch(call, operand, when))
    ]
    return Output(stderr="".join(complaints), exit_code=bool(complaints))


def _touch(call: Invocation, operand: str, when: datetime | None) -> str:
    """Touch one file; give the reason if it cannot be done."""
    options = call.arguments
    try:
        path = call.path(operand)
        if operand.endswith("/"):
            call.stat(operand)
        if call.fs.exists(path):
            if "a" not in options or "m" in options:  # files have no time of last access
                call.fs.utime(path, when)
        elif "c" not in options:
            _create(call, path, when)
    except (SandfsError, OSError) as problem:
        return reason(problem)
    return ""


def _create(call: Invocation, path: str, when: datetime | None) -> None:
    target = call.fs.resolve(path)
    require_directory(call.fs, paths.parent(target))
    call.fs.touch(target)
    if when is not None:
        call.fs.utime(target, when)


def _moment(call: Invocation) -> datetime | None:
    """The time asked for; None is now."""
    options = call.arguments.options
    if "r" in options:
        return _time_of(call, options["r"])
    if "t" in options:
        return _from_stamp(options["t"], call.around.now())
    return dates.parse(options["d"], call.around.now()) if "d" in options else None


def _time_of(call: Invocation, operand: str) -> datetime:
    try:
        return call.fs.stat(call.path(operand)).modified_at
    except SandfsError as problem:
        raise InvalidRequest(f"failed to get attributes of '{operand}': {reason(problem)}") from problem


def _from_stamp(text: str, now: datetime) -> datetime:
    """Read `[[CC]YY]MMDDhhmm[.ss]` (POSIX touch, option -t)."""
    found = _STAMP.fullmatch(text)
    year, rest, seconds = found.groups() if found else (None, "", None)
    try:
        return datetime.strptime(f"{_year(year, now)}{rest}{seconds or '00'}", "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        raise InvalidRequest(f"invalid date format '{text}'") from None


def _year(digits: str | None, now: datetime) -> str:
    if digits is None:
        return f"{now.year:04}"
    if len(digits) == len("YY"):
        return f"{'19' if int(digits) >= _CENTURY_TURN else '20'}{digits}"
    return digits


TOUCH = Command(
    name="touch",
    usage="[OPTION]... FILE...",
    help="Set the modification time of each FILE to now; make those that are missing.",
    run=_run,
    misuse=1,
    options=(
        Option("a", "leave the modification time (there is no access time)"),
        Option("f", ""),
        Option("c", "make no files", word="no-create"),
        Option("d", "use this time: ISO, @SECONDS, or such as '2 days ago'", word="date", value="TIME"),
        Option("h", "", word="no-dereference"),
        Option("m", "set the modification time (the default)"),
        Option("r", "use the time of this file", word="reference", value="FILE"),
        Option("t", "use this time: [[CC]YY]MMDDhhmm[.ss]", value="STAMP"),
    ),
)
