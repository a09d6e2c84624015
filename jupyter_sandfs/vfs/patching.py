"""Unified diffs, applied to a file system: all of one or nothing.

The format is that of POSIX diff -u and of git; each hunk must match to the letter (no fuzz), where its head says or as
near as possible to that.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from jupyter_sandfs import paths
from jupyter_sandfs.errors import InvalidPath, InvalidRequest, MergeConflict, NotFound
from jupyter_sandfs.vfs.actions import Change, ChangeKind
from jupyter_sandfs.vfs.interface import FileSystem, require_file
from jupyter_sandfs.vfs.patches import FilePatch, Hunk, lines_of, read_patch

_TRIES = 100_000  # places at which one hunk is tried
_BITS = 0o777


@dataclass(slots=True)
class _Edit:
    """What one file is to become, and what it was: its content, and the version that it was read at."""

    content: bytes | None
    version: int
    before: bytes | None = None
    mode: int | None = None


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
        InvalidRequest: it is no unified diff, or one of binary files or links.
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
    with fs.transaction("apply-patch", actor):
        done = [(path, _put(fs, path, edit)) for path, edit in sorted(edits.items())]
    return [Change(kind, path) for path, kind in done if kind is not None]


def _put(fs: FileSystem, path: str, edit: _Edit) -> ChangeKind | None:
    """Make a file what it is to become; None if it is that already."""
    if edit.content is None:
        if edit.version:
            fs.remove(path, expected_version=edit.version)
        return ChangeKind.REMOVED if edit.version else None
    differs = edit.content != edit.before
    if differs:
        fs.write_bytes(path, edit.content, expected_version=edit.version)
    turned = edit.mode is not None and fs.stat(path).mode & _BITS != edit.mode
    if turned:
        fs.chmod(path, edit.mode or 0)
    if not (differs or turned):
        return None
    return ChangeKind.CHANGED if edit.version else ChangeKind.ADDED


# ---------------------------------------------------------------- what each file becomes


def _work(fs: FileSystem, patch: FilePatch, edits: dict[str, _Edit], old: str | None, new: str | None) -> None:
    """Work out one file's content, upon what earlier parts of the diff made of it."""
    target = new or old
    assert target is not None, "read_patch refuses a patch of nothing"
    before = _current(fs, edits, old, copied=patch.copies and new is not None) if old is not None else b""
    if old is None and _exists(fs, edits, target):
        raise MergeConflict([target], "the patch makes what is there already")
    after = _patched(target, before, patch.hunks)
    if new is None:
        if after and not patch.copies:
            raise MergeConflict([target], "the patch removes a file that has more in it")
    elif old not in (None, new) and _exists(fs, edits, new):
        raise MergeConflict([new], "the patch moves a file to where one is already")
    mode = patch.modes[1]
    if old is not None and old != new:
        mode = fs.stat(old).mode & _BITS if mode is None and fs.exists(old) else mode
        if new is None or not patch.copies:
            edits[old].content = None
    if new is not None:
        edit = _edit(fs, edits, new)
        edit.content, edit.mode = after, mode


def _current(fs: FileSystem, edits: dict[str, _Edit], path: str, *, copied: bool) -> bytes:
    try:
        edit = _edit(fs, edits, path)
        content = edit.before if copied else edit.content
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
        content = fs.read_bytes(path) if version else None
        edits[path] = _Edit(content, version, content)
    return edits[path]


def _exists(fs: FileSystem, edits: dict[str, _Edit], path: str) -> bool:
    return edits[path].content is not None if path in edits else fs.exists(path)


def _patched(path: str, content: bytes, hunks: Sequence[Hunk]) -> bytes:
    lines, made, done, shift = lines_of(content), list[bytes](), 0, 0
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
