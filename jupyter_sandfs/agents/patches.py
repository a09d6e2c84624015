"""Patches in the format that OpenAI's models write for `apply_patch` ("V4A"): files are added, deleted and updated.

A hunk has no line numbers: it is found by its context, and by the `@@` lines before it, which name a class or a
function that it is in. Where the exact lines are not found, white space at their ends is overlooked, then all around.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from jupyter_sandfs.errors import InvalidRequest

_BEGIN, _END = "*** Begin Patch", "*** End Patch"
_END_OF_FILE, _MOVE = "*** End of File", "*** Move to: "
_MOST_FILES = 1_000


class Kind(StrEnum):
    """What a patch does to a file."""

    ADD = "Add"
    DELETE = "Delete"
    UPDATE = "Update"


@dataclass(slots=True)
class FilePatch:
    """What a patch does to one file.

    Attributes:
        lines: the body, each line with its mark.
        destination: where the file moves to; None if it stays.
    """

    kind: Kind
    path: str
    lines: list[str] = field(default_factory=list)
    destination: str | None = None


@dataclass(slots=True)
class _Hunk:
    anchors: list[str] = field(default_factory=list)
    marks: int = 0  # lines with @@ before it
    rows: list[tuple[str, str]] = field(default_factory=list)  # mark and line
    at_end: bool = False

    @property
    def before(self) -> list[str]:
        return [line for mark, line in self.rows if mark != "+"]


def parse(patch: str) -> list[FilePatch]:
    """Read a patch with its envelope. Raises InvalidRequest that says which line is wrong."""
    lines = patch.strip("\n").splitlines()
    if not lines or lines[0].strip() != _BEGIN or lines[-1].strip() != _END:
        raise InvalidRequest(f"a patch starts with the line {_BEGIN!r} and ends with {_END!r}")
    files: list[FilePatch] = []
    for number, line in enumerate(lines[1:-1], 2):
        started = _started(line)
        if started is not None:
            files.append(started)
        elif not files:
            raise InvalidRequest(f"line {number} of the patch names no file: {line[:100]!r} (*** Update File: PATH)")
        elif line.startswith(_MOVE) and files[-1].kind is Kind.UPDATE and not files[-1].lines:
            files[-1].destination = line.removeprefix(_MOVE).strip()
        else:
            files[-1].lines.append(line)
    if not 0 < len(files) <= _MOST_FILES:
        raise InvalidRequest(f"a patch changes 1 to {_MOST_FILES} files, not {len(files)}")
    return files


def _started(line: str) -> FilePatch | None:
    for kind in Kind:
        mark = f"*** {kind} File: "
        if line.startswith(mark):
            return FilePatch(kind, line.removeprefix(mark).strip())
    return None


def added(lines: Sequence[str]) -> str:
    """The content of a file that a patch adds. Raises InvalidRequest."""
    wrong = next((line for line in lines if not line.startswith("+")), None)
    if wrong is not None:
        raise InvalidRequest(f"each line of a file that is added starts with '+', not {wrong[:100]!r}")
    return "\n".join(line[1:] for line in lines)


def updated(content: str, lines: Sequence[str]) -> str:
    """Apply the hunks of one file to its content. Line ends stay as they are in the file.

    Raises:
        InvalidRequest: a line of no kind, or a hunk whose context is not found; in words for the model.
    """
    newline = "\r\n" if "\r\n" in content or ("\n" not in content and any("\r" in line for line in lines)) else "\n"
    old = content.replace("\r\n", "\n").split("\n")
    new: list[str] = []
    at = cursor = 0
    for number, hunk in enumerate(_hunks([line.rstrip("\r") for line in lines])):
        if number and not hunk.marks:
            raise InvalidRequest("hunks are divided by a line that starts with @@")
        cursor = _sought(old, hunk, cursor)
        start = _found(old, hunk, cursor)
        if start < at:
            raise InvalidRequest("a hunk that ends the file overlaps the one before it")
        new += old[at:start]
        at = cursor = start
        for mark, line in hunk.rows:
            # What stays is taken from the file: white space may differ there from what the patch says.
            if mark != "+":
                new += [old[at]] if mark == " " else []
                at += 1
            else:
                new.append(line)
        cursor = at
    return newline.join(new + old[at:])


def _hunks(lines: Sequence[str]) -> Iterator[_Hunk]:
    hunk = _Hunk()
    for line in lines:
        if line == "@@" or line.startswith("@@ "):
            if hunk.rows:
                yield hunk
                hunk = _Hunk()
            hunk.marks += 1
            hunk.anchors += [line[3:]] if line[3:].strip() else []
        elif line == _END_OF_FILE:
            hunk.at_end = True
            yield hunk
            hunk = _Hunk()
        else:
            hunk.rows.append(_row(line))
    if hunk.rows:
        yield hunk
    elif hunk.marks:
        raise InvalidRequest("there is nothing behind the last @@ line")


def _row(line: str) -> tuple[str, str]:
    mark, rest = (line[0], line[1:]) if line else (" ", "")
    if mark not in "+- ":
        raise InvalidRequest(f"a line of a hunk starts with '+', '-' or a space, not {line[:100]!r}")
    return mark, rest


def _sought(old: Sequence[str], hunk: _Hunk, cursor: int) -> int:
    """Go behind the lines that the hunk's `@@` lines name; one alone may be missing, or stand before the cursor."""
    for number, anchor in enumerate(hunk.anchors):
        places = (_place(old, anchor, cursor, look, ahead=number > 0) for look in (_LOOKS[0], _LOOKS[-1]))
        place = next((each for each in places if each is not None), None)
        if place is None and hunk.marks > 1:
            raise InvalidRequest(f"there is no line {anchor!r:.200} where the patch looks for it")
        cursor = cursor if place is None else place
    return cursor


def _place(old: Sequence[str], anchor: str, cursor: int, look: Callable[[str], str], *, ahead: bool) -> int | None:
    """Where the search goes on, once a line was named; None if there is no such line."""
    wanted = look(anchor)
    if not ahead and any(look(line) == wanted for line in old[:cursor]):
        return cursor
    return next((at + 1 for at in range(cursor, len(old)) if look(old[at]) == wanted), None)


def _found(old: Sequence[str], hunk: _Hunk, cursor: int) -> int:
    before = hunk.before
    if hunk.at_end:
        # The empty piece behind the last line end is no line.
        end = len(old) - (1 if old and not old[-1] else 0)
        start = _match(old[:end], before, max(0, end - len(before)))
        found = start if start is not None else _match(old[:end], before, min(cursor, end))
    else:
        found = _match(old, before, cursor)
    if found is None:
        lines = "\n".join(before)
        raise InvalidRequest(f"these lines are not in the file, or not behind the hunk before:\n{lines[:1000]}")
    return found


def _match(old: Sequence[str], before: Sequence[str], cursor: int) -> int | None:
    if not before:
        return cursor
    for look in _LOOKS:
        wanted = [look(line) for line in before]
        there = [look(line) for line in old]
        for start in range(cursor, len(old) - len(before) + 1):
            if there[start : start + len(wanted)] == wanted:
                return start
    return None


_LOOKS: tuple[Callable[[str], str], ...] = (lambda line: line, str.rstrip, str.strip)
