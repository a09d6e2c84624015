"""Unified diffs as they are read: those of POSIX diff -u, with git's own lines about new, removed and moved files."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from jupyter_sandfs.errors import InvalidRequest
from jupyter_sandfs.vfs.quotation import unquoted

_BYTES = 16 << 20
_FILES = 10_000
_HUNK = re.compile(rb"@@ -(\d{1,9})(?:,(\d{1,9}))? \+(\d{1,9})(?:,(\d{1,9}))? @@")
_GIT = re.compile(
    rb"((?:new|deleted) file mode|(?:old|new) mode|rename (?:from|to)|copy (?:from|to)|GIT binary patch) ?(.*)"
)
_BINARY = re.compile(rb"Binary files .* differ")
_MODE = re.compile(rb"100([0-7]{3})")  # of a plain file; links and submodules have others
_NOTHING = "/dev/null"
_NO_END = b"\\ No newline"


@dataclass(slots=True)
class Hunk:
    """Lines that are to be found, and those that take their place; with their ends."""

    at: int
    old: list[bytes] = field(default_factory=list)
    new: list[bytes] = field(default_factory=list)


@dataclass(slots=True)
class FilePatch:
    """What becomes of one file; a name of None is no file.

    Attributes:
        modes: permission bits before and after, where they are said.
        copies: what `old` names stays, and counts as it was before the whole diff; taken back, the copy goes.
    """

    old: str | None = None
    new: str | None = None
    hunks: list[Hunk] = field(default_factory=list)
    modes: tuple[int | None, int | None] = (None, None)
    copies: bool = False

    def reversed(self) -> FilePatch:
        hunks = [Hunk(each.at, each.new, each.old) for each in self.hunks]
        return FilePatch(self.new, None if self.copies else self.old, hunks, self.modes[::-1], self.copies)


def read_patch(diff: bytes) -> list[FilePatch]:
    """Read a unified diff, with git's own lines about new, removed and moved files. Raises InvalidRequest."""
    if len(diff) > _BYTES:
        raise InvalidRequest(f"patch: longer than {_BYTES >> 20} MiB")
    reader = _Reader(lines_of(diff))
    while reader.at < len(reader.lines):
        reader.step()
    found = [each for each in reader.patches if each.old is not None or each.new is not None]
    if not found or len(found) > _FILES:
        raise InvalidRequest("no unified diff: lines such as '--- a/NAME', '+++ b/NAME' and '@@ -1 +1 @@' are needed")
    return found


class _Reader:
    """Goes through the lines of a diff."""

    def __init__(self, lines: list[bytes]) -> None:
        self.lines = lines
        self.at = 0
        self.patches: list[FilePatch] = []
        self._named = False

    def step(self) -> None:
        line = self.lines[self.at].rstrip(b"\r\n")
        if line.startswith(b"diff --git "):
            self._begin(_git_names(line))
        elif line.startswith(b"--- ") and self._next(b"+++ "):
            names = _name(line[4:]), _name(self.lines[self.at + 1].rstrip(b"\r\n")[4:])
            if self.patches and not self.patches[-1].hunks and not self._named:
                self.patches[-1].old, self.patches[-1].new = names
            else:
                self._begin(names)
            self._named = True
            self.at += 1
        elif line.startswith(b"@@ "):
            self._hunk(line)
            return
        elif _BINARY.fullmatch(line):
            raise InvalidRequest(f"patch, line {self.at + 1}: {_text(line)}: only texts are patched")
        elif self.patches and not self.patches[-1].hunks and (found := _GIT.match(line)):
            self._git(found[1].decode(), found[2])
        self.at += 1

    def _next(self, start: bytes) -> bool:
        return self.at + 1 < len(self.lines) and self.lines[self.at + 1].startswith(start)

    def _begin(self, names: tuple[str | None, str | None]) -> None:
        self.patches.append(FilePatch(*names))
        self._named = False

    def _git(self, word: str, rest: bytes) -> None:
        patch = self.patches[-1]
        match word.split():
            case ["new", "file", "mode"]:
                patch.old, patch.modes = None, (None, _mode(patch, rest))
            case ["deleted", "file", "mode"]:
                patch.new, patch.modes = None, (_mode(patch, rest), None)
            case ["old", "mode"]:
                patch.modes = (_mode(patch, rest), patch.modes[1])
            case ["new", "mode"]:
                patch.modes = (patch.modes[0], _mode(patch, rest))
            case ["rename" | "copy" as how, "from"]:
                patch.old, patch.copies = f"a/{_name(rest)}", how == "copy"
            case ["rename" | "copy" as how, "to"]:
                patch.new, patch.copies = f"b/{_name(rest)}", how == "copy"
            case _:
                raise InvalidRequest(f"patch: {_called(patch)} is binary: only texts are patched")

    def _hunk(self, line: bytes) -> None:
        head = _HUNK.match(line)
        if head is None or not self.patches:
            raise InvalidRequest(f"patch, line {self.at + 1}: not the head of a hunk: {_text(line)[:60]}")
        hunk = Hunk(int(head[1]))
        missing = [int(head[2] or 1), int(head[4] or 1)]
        self.at += 1
        while any(missing):
            self._body(hunk, missing)
        if self.at < len(self.lines) and self.lines[self.at].startswith(_NO_END):
            self._unended(hunk)
        if self._goes_on():
            raise self._miscounted()
        self.patches[-1].hunks.append(hunk)

    def _goes_on(self) -> bool:
        """Whether the next line looks like one of the hunk that is over: half of it would be applied."""
        line = self.lines[self.at].rstrip(b"\r\n") if self.at < len(self.lines) else b""
        is_other = not line.strip() or line == b"-- " or (line.startswith(b"--- ") and self._next(b"+++ "))
        return not is_other and line[:1] in b" -+"

    def _miscounted(self) -> InvalidRequest:
        return InvalidRequest(f"patch, line {self.at + 1}: a hunk is shorter or longer than its head says")

    def _body(self, hunk: Hunk, missing: list[int]) -> None:
        """Take one line of a hunk; an empty one is an empty line of context whose blank an editor removed."""
        line = self.lines[self.at] if self.at < len(self.lines) else b""
        if line.startswith(_NO_END):
            self._unended(hunk)
            return
        mark, text = (line[:1], line[1:]) if line.strip(b"\r\n") else (b" ", line)
        if mark not in b" -+" or not line or min(missing[0] - (mark in b" -"), missing[1] - (mark in b" +")) < 0:
            raise self._miscounted()
        ended = text if text.endswith(b"\n") else text + b"\n"  # the last line of a cell may have lost its end
        if mark in b" -":
            hunk.old.append(ended)
            missing[0] -= 1
        if mark in b" +":
            hunk.new.append(ended)
            missing[1] -= 1
        self.at += 1

    def _unended(self, hunk: Hunk) -> None:
        """Take the end off the line before."""
        mark = self.lines[self.at - 1][:1]
        for side, marks in ((hunk.old, b" -"), (hunk.new, b" +")):
            if side and mark in marks:
                side[-1] = side[-1].removesuffix(b"\n")
        self.at += 1


def _called(patch: FilePatch) -> str:
    """The name of a file as git's first line has it."""
    return (patch.new or patch.old or "?").removeprefix("b/").removeprefix("a/")


def _mode(patch: FilePatch, text: bytes) -> int:
    found = _MODE.fullmatch(text.strip())
    if found is None:
        raise InvalidRequest(f"patch: {_called(patch)} is no plain file ({_text(text)[:20]}): only texts are patched")
    return int(found[1], 8)


def _git_names(line: bytes) -> tuple[str | None, str | None]:
    """The names in `diff --git a/NAME b/NAME`, which are the same unless lines below say otherwise."""
    names = _text(line.removeprefix(b"diff --git "))
    half = len(names) // 2
    return _name(names[:half].encode()), _name(names[half + 1 :].encode())


def _name(field: bytes) -> str | None:
    """The name on a line: up to a tab, behind which the time stands; unquoted."""
    name = _text(unquoted(_text(field.split(b"\t")[0]).strip().encode()))
    if not name:
        raise InvalidRequest("patch: a file without a name")
    return None if name == _NOTHING else name


def _text(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise InvalidRequest("patch: a name that is not UTF-8") from None


def lines_of(content: bytes) -> list[bytes]:
    """Lines with their ends; the last one may have none."""
    parts = content.split(b"\n")
    return [part + b"\n" for part in parts[:-1]] + ([parts[-1]] if parts[-1] else [])
