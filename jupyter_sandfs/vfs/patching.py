"""Unified diffs, applied to a file system: all of one or nothing.

The format is that of POSIX diff -u and of git; each hunk must match to the letter (no fuzz), where its head says or as
near as possible to that.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from jupyter_sandfs import paths
from jupyter_sandfs.errors import InvalidPath, InvalidRequest, MergeConflict, NotFound
from jupyter_sandfs.vfs.interface import FileSystem, require_file
from jupyter_sandfs.vfs.journal import Change, ChangeKind

_BYTES = 16 << 20
_FILES = 10_000
_TRIES = 100_000  # places at which one hunk is tried
_HUNK = re.compile(rb"@@ -(\d{1,9})(?:,(\d{1,9}))? \+(\d{1,9})(?:,(\d{1,9}))? @@")
_NOTHING = "/dev/null"
_NO_END = b"\\ No newline"
_GIT = re.compile(rb"((?:new|deleted) file mode|rename (?:from|to)|copy (?:from|to)|GIT binary|Binary files) ?(.*)")


@dataclass(slots=True)
class Hunk:
    """Lines that are to be found, and those that take their place; with their ends."""

    at: int
    old: list[bytes] = field(default_factory=list)
    new: list[bytes] = field(default_factory=list)


@dataclass(slots=True)
class FilePatch:
    """What becomes of one file; a name of None is no file."""

    old: str | None = None
    new: str | None = None
    hunks: list[Hunk] = field(default_factory=list)

    def reversed(self) -> FilePatch:
        return FilePatch(self.new, self.old, [Hunk(each.at, each.new, each.old) for each in self.hunks])


@dataclass(slots=True)
class _Edit:
    """What one file is to become, and the version that it was read at."""

    content: bytes | None
    version: int


def apply_patch(
    fs: FileSystem,
    diff: bytes,
    *,
    top: str = paths.ROOT,
    strip: int | None = None,
    reverse: bool = False,
    actor: str = "",
) -> list[Change]:
    """Apply a unified diff and say what changed, ordered by path.

    Args:
        top: the directory that its names start at; none leads out of it.
        strip: leading parts of names to leave out; if not given, `a/` and `b/` where all names have them.
        reverse: take it back instead.

    Raises:
        InvalidRequest: it is no unified diff, or one of binary files.
        MergeConflict: some hunk does not match, or a file is not as the diff says; nothing is changed.
        PathError, VersionConflict: as writing does; nothing is changed.
    """
    patches = read_patch(diff)
    if reverse:
        patches = [each.reversed() for each in reversed(patches)]
    cut = _prefixed(patches) if strip is None else strip
    edits: dict[str, _Edit] = {}
    for patch in patches:
        _work(fs, patch, edits, *(_place(top, name, cut) for name in (patch.old, patch.new)))
    return _write(fs, edits, actor)


def _write(fs: FileSystem, edits: dict[str, _Edit], actor: str) -> list[Change]:
    changes = []
    with fs.transaction("apply-patch", actor):
        for path, edit in sorted(edits.items()):
            if edit.content is not None:
                fs.write_bytes(path, edit.content, expected_version=edit.version)
                changes.append(Change(ChangeKind.CHANGED if edit.version else ChangeKind.ADDED, path))
            elif edit.version:
                fs.remove(path, expected_version=edit.version)
                changes.append(Change(ChangeKind.REMOVED, path))
    return changes


# ---------------------------------------------------------------- what each file becomes


def _work(fs: FileSystem, patch: FilePatch, edits: dict[str, _Edit], old: str | None, new: str | None) -> None:
    """Work out one file's content, upon what earlier parts of the diff made of it."""
    target = new or old
    assert target is not None, "read_patch refuses a patch of nothing"
    before = _current(fs, edits, old) if old is not None else b""
    if old is None and _exists(fs, edits, target):
        raise MergeConflict([target], "the patch makes what is there already")
    after = _patched(target, before, patch.hunks)
    if old is not None and old != new:
        if new is None and after:
            raise MergeConflict([old], "the patch removes a file that has more in it")
        edits[old].content = None
    if new is not None:
        if old not in (None, new) and _exists(fs, edits, new):
            raise MergeConflict([new], "the patch moves a file to where one is already")
        _edit(fs, edits, new).content = after


def _current(fs: FileSystem, edits: dict[str, _Edit], path: str) -> bytes:
    try:
        content = _edit(fs, edits, path).content
    except NotFound:
        content = None
    if content is None:
        raise MergeConflict([path], "the patch changes what is not there")
    return content


def _edit(fs: FileSystem, edits: dict[str, _Edit], path: str) -> _Edit:
    if path not in edits:
        if fs.exists(path):
            require_file(fs, path)
        version = fs.version(path)
        edits[path] = _Edit(fs.read_bytes(path) if version else None, version)
    return edits[path]


def _exists(fs: FileSystem, edits: dict[str, _Edit], path: str) -> bool:
    return edits[path].content is not None if path in edits else fs.exists(path)


def _patched(path: str, content: bytes, hunks: Sequence[Hunk]) -> bytes:
    lines, made, done, shift = _lines(content), list[bytes](), 0, 0
    for number, hunk in enumerate(hunks, 1):
        start = max(hunk.at - 1, 0) if hunk.old else hunk.at
        place = _found(lines, hunk.old, start + shift, done)
        if place is None:
            raise MergeConflict([path], f"the patch does not apply (hunk {number}, at line {hunk.at})")
        made += lines[done:place]
        made += hunk.new
        done, shift = place + len(hunk.old), place - start
    return b"".join(made + lines[done:])


def _found(lines: Sequence[bytes], wanted: Sequence[bytes], near: int, first: int) -> int | None:
    """Where lines stand, as near to a place as they do, and not before `first`."""
    if not wanted:
        return min(max(near, first), len(lines))
    last = len(lines) - len(wanted)
    for tries, place in enumerate(_around(near, first, last)):
        if lines[place] == wanted[0] and list(lines[place : place + len(wanted)]) == list(wanted):
            return place
        if tries > _TRIES:
            break
    return None


def _around(near: int, first: int, last: int) -> Iterator[int]:
    """All places from `first` to `last`, the nearest first."""
    if last < first:
        return
    middle = min(max(near, first), last)
    yield middle
    for away in range(1, last - first + 1):
        for place in (middle + away, middle - away):
            if first <= place <= last:
                yield place


# ---------------------------------------------------------------- names


def _prefixed(patches: Sequence[FilePatch]) -> int:
    names = [(patch.old, "a/") for patch in patches] + [(patch.new, "b/") for patch in patches]
    swapped = [(patch.old, "b/") for patch in patches] + [(patch.new, "a/") for patch in patches]
    return int(any(all(name is None or name.startswith(start) for name, start in each) for each in (names, swapped)))


def _place(top: str, name: str | None, strip: int) -> str | None:
    if name is None:
        return None
    parts = [part for part in name.split("/") if part]
    kept = parts[strip:]
    if not kept:
        raise InvalidRequest(f"patch: nothing is left of the name {name!r} without {strip} leading parts")
    if ".." in kept:
        raise InvalidPath(name, "a name in a patch does not lead upwards")
    return paths.join(top, *kept)


# ---------------------------------------------------------------- reading


def read_patch(diff: bytes) -> list[FilePatch]:
    """Read a unified diff, with git's own lines about new, removed and moved files. Raises InvalidRequest."""
    if len(diff) > _BYTES:
        raise InvalidRequest(f"patch: longer than {_BYTES >> 20} MiB")
    reader = _Reader(_lines(diff))
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
        match word:
            case "new file mode":
                patch.old = None
            case "deleted file mode":
                patch.new = None
            case "rename from":
                patch.old = f"a/{_text(rest)}"
            case "rename to":
                patch.new = f"b/{_text(rest)}"
            case _:
                raise InvalidRequest(f"patch: '{word}' is not applied, only changes of text, and moves")

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


def _git_names(line: bytes) -> tuple[str | None, str | None]:
    """The names in `diff --git a/NAME b/NAME`, which are the same unless lines below say otherwise."""
    names = _text(line.removeprefix(b"diff --git "))
    half = len(names) // 2
    return names[:half], names[half + 1 :]


def _name(field: bytes) -> str | None:
    """The name on a line: up to a tab, behind which the time stands; unquoted."""
    name = _text(field.split(b"\t")[0]).strip()
    if name.startswith('"') and name.endswith('"') and len(name) > 1:
        name = _unquoted(name[1:-1])
    if not name:
        raise InvalidRequest("patch: a file without a name")
    return None if name == _NOTHING else name


def _unquoted(name: str) -> str:
    """A name as git quotes it: octal bytes and C's escapes."""
    escaped = name.encode("utf-8").decode("latin-1")
    plain = re.sub(r"\\([0-7]{3}|.)", lambda found: _escape(found[1]), escaped)
    return _text(plain.encode("latin-1", "replace"))


def _escape(code: str) -> str:
    return chr(int(code, 8) & 0xFF) if len(code) == 3 else {"n": "\n", "t": "\t", "r": "\r"}.get(code, code)


def _text(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise InvalidRequest("patch: a name that is not UTF-8") from None


def _lines(content: bytes) -> list[bytes]:
    parts = content.split(b"\n")
    return [part + b"\n" for part in parts[:-1]] + ([parts[-1]] if parts[-1] else [])
