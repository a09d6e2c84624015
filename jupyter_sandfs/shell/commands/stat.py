"""`stat`: facts about files, in the formats of GNU stat. The engine's own knows few of the fields."""

from __future__ import annotations

import re
import stat as modes
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from jupyter_sandfs.errors import InvalidRequest, SandfsError
from jupyter_sandfs.shell.command import Command, Invocation, Output, reason, shown_size
from jupyter_sandfs.shell.commands import long_format
from jupyter_sandfs.shell.options import Option
from jupyter_sandfs.vfs.entries import Kind, Stat, moment

_BILLION = 1_000_000_000
_SECTOR, _BLOCK = 512, 4096  # bytes
_ID, _OWNER = "1000", "sandbox"  # as the engine's `id` says
_DEVICE = "1"
_FIELD = re.compile(r"%([-0#]*)(\d{0,3})(?:\.(\d{1,3}))?([HL]?)(.)", re.DOTALL)
_ESCAPE = re.compile(r"\\([abefnrtv\\\"]|[0-7]{1,3}|x[0-9A-Fa-f]{1,2})")
_ESCAPES = {"a": "\a", "b": "\b", "e": "\x1b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_NAMES = {Kind.DIRECTORY: "directory", Kind.SYMLINK: "symbolic link"}

_DEFAULT = (
    "  File: {name}\n"
    "  Size: %-10s\tBlocks: %-10b IO Block: %-6o %F\n"
    "Device: %d\tInode: %-11i Links: %h\n"
    "Access: (%04a/%10.10A)  Uid: (%5u/%8U)   Gid: (%5g/%8G)\n"
    "Access: %x\nModify: %y\nChange: %z\n Birth: %w\n"
)
_TERSE = "%n %s %b %f %u %g %d %i %h 0 0 %X %Y %Z %W %o\n"


@dataclass(frozen=True, slots=True)
class _Subject:
    """A file under the name it was given."""

    name: str
    path: str
    stat: Stat

    @property
    def mode(self) -> int:
        return long_format.full_mode(self.stat)


def _when(nanoseconds: int) -> str:
    return f"{moment(nanoseconds):%Y-%m-%d %H:%M:%S}.{nanoseconds % _BILLION:09} +0000"


def _kind(subject: _Subject) -> str:
    if subject.stat.kind is Kind.FILE:
        return "regular file" if subject.stat.size else "regular empty file"
    return _NAMES[subject.stat.kind]


def _quoted(name: str) -> str:
    return f'"{name}"' if "'" in name and '"' not in name else f"'{name}'"


def _with_target(subject: _Subject) -> str:
    target = subject.stat.link_target
    return _quoted(subject.name) + (f" -> {_quoted(target)}" if target is not None else "")


def _modified(subject: _Subject) -> int:
    return subject.stat.modified_ns


_FIELDS: Mapping[str, Callable[[_Subject], str]] = {
    "a": lambda subject: f"{subject.mode & 0o7777:o}",
    "A": lambda subject: modes.filemode(subject.mode),
    "b": lambda subject: str(long_format.space(subject.stat) // _SECTOR),
    "B": lambda _: str(_SECTOR),
    "d": lambda _: _DEVICE,
    "D": lambda _: _DEVICE,
    "f": lambda subject: f"{subject.mode:x}",
    "F": _kind,
    "g": lambda _: _ID,
    "G": lambda _: _OWNER,
    "h": lambda _: "1",
    "i": lambda subject: str(long_format.inode(subject.path)),
    "m": lambda _: "/",
    "n": lambda subject: subject.name,
    "N": _with_target,
    "o": lambda _: str(_BLOCK),
    "s": lambda subject: str(shown_size(subject.stat)),
    "t": lambda _: "0",
    "T": lambda _: "0",
    "u": lambda _: _ID,
    "U": lambda _: _OWNER,
    "w": lambda subject: _when(subject.stat.created_ns),
    "W": lambda subject: str(subject.stat.created_ns // _BILLION),
    # There is one time of change: that of the content.
    "x": lambda subject: _when(_modified(subject)),
    "X": lambda subject: str(_modified(subject) // _BILLION),
    "y": lambda subject: _when(_modified(subject)),
    "Y": lambda subject: str(_modified(subject) // _BILLION),
    "z": lambda subject: _when(_modified(subject)),
    "Z": lambda subject: str(_modified(subject) // _BILLION),
}
"""What each letter of a format stands for."""


def _run(call: Invocation) -> Output:
    if not call.arguments.operands:
        raise InvalidRequest("missing operand")
    if "f" in call.arguments:
        raise InvalidRequest("facts about the file system: see df")
    rows, complaints = [], []
    for operand in call.arguments.operands:
        try:
            rows.append(_row(call, _subject(call, operand)))
        except (SandfsError, OSError) as problem:
            complaints.append(f"stat: cannot statx '{operand}': {reason(problem)}\n")
    return Output("".join(rows), "".join(complaints), bool(complaints))


def _subject(call: Invocation, operand: str) -> _Subject:
    stat = call.stat(operand, follow="L" in call.arguments)
    return _Subject(operand, call.path(operand), stat)


def _row(call: Invocation, subject: _Subject) -> str:
    options = call.arguments.options
    match call.arguments.last("c", "printf"):
        case "c":
            return _filled(options["c"], subject) + "\n"
        case "printf":
            return _filled(_unescaped(options["printf"]), subject)
    if "t" in options:
        return _filled(_TERSE, subject)
    target = subject.stat.link_target
    name = subject.name if target is None else f"{subject.name} -> {target}"
    return _filled(_DEFAULT.replace("{name}", name.replace("%", "%%")), subject)


def _filled(form: str, subject: _Subject) -> str:
    return _FIELD.sub(lambda found: _field(found, subject), form)


def _field(found: re.Match[str], subject: _Subject) -> str:
    flags, width, precision, _, letter = found.groups()
    if letter == "%":
        return "%"
    if letter not in _FIELDS:
        return "?"
    value = _FIELDS[letter](subject)
    if "#" in flags and letter in "afD":
        value = ("0" if letter == "a" else "0x") + value
    if precision and not value.isdigit():
        value = value[: int(precision)]
    size = int(width or 0)
    if "-" in flags:
        return value.ljust(size)
    return value.rjust(size, "0" if "0" in flags else " ")


def _unescaped(text: str) -> str:
    return _ESCAPE.sub(lambda found: _escaped(found[1]), text)


def _escaped(code: str) -> str:
    if code.startswith("x"):
        return chr(int(code[1:], 16))
    return chr(int(code, 8) & 0xFF) if code.isdigit() else _ESCAPES.get(code, code)


STAT = Command(
    name="stat",
    usage="[OPTION]... FILE...",
    help="Show facts about each FILE.",
    run=_run,
    misuse=1,
    options=(
        Option("c", "show these fields: %a %A %F %n %N %s %y %Y and more", word="format", value="FORMAT"),
        Option("f", ""),
        Option("L", "follow links", word="dereference"),
        Option("t", "all in one row", word="terse"),
        Option("", "as --format, with escapes and without a line end", word="printf", value="FORMAT"),
    ),
)
