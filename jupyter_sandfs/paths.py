"""Sandbox paths: pure functions on strings such as "/notes/todo.txt".

The rules are those of the C# seed's FileSystemPath: backslash becomes slash, always a leading slash, never a trailing
one but for the root, `.` and `..` resolved by text and clamped at the root. Nothing here looks at a file system.
"""

from __future__ import annotations

import posixpath

from jupyter_sandfs.errors import InvalidPath

ROOT = "/"


def normalize(path: str, cwd: str = ROOT) -> str:
    """Give the normal form of `path`; a relative one starts at `cwd`.

    Raises:
        InvalidPath: the path holds NUL or a character that UTF-8 can't write (a lone surrogate).
    """
    checked = _check(path).replace("\\", "/")
    full = posixpath.normpath(checked if checked.startswith("/") else f"/{cwd}/{checked}")
    return "/" + full.strip("/")


def parent(path: str) -> str:
    """The directory above; the root's parent is the root."""
    return split(path)[0]


def name(path: str) -> str:
    """The last segment; empty for the root."""
    return split(path)[1]


def split(path: str) -> tuple[str, str]:
    """Give (parent, name) of a path in any form."""
    head, _, tail = normalize(path).rpartition("/")
    return head or ROOT, tail


def suffix(path: str) -> str:
    """The extension with its dot, or an empty string; a leading dot starts a name, not an extension."""
    return posixpath.splitext(name(path))[1]


def stem(path: str) -> str:
    """The name without its extension."""
    return posixpath.splitext(name(path))[0]


def join(*parts: str) -> str:
    """Combine segments left to right into one normal path; an absolute one starts again from the root."""
    return normalize(posixpath.join(ROOT, *(part.replace("\\", "/") for part in parts)))


def is_root(path: str) -> bool:
    return normalize(path) == ROOT


def is_child_of(path: str, ancestor: str) -> bool:
    """Say whether `path` lies anywhere below `ancestor`; nothing lies below itself."""
    return is_within(path, ancestor) and normalize(path) != normalize(ancestor)


def is_within(path: str, ancestor: str) -> bool:
    """Say whether `path` is `ancestor` or lies below it."""
    top = normalize(ancestor)
    return top == ROOT or (normalize(path) + "/").startswith(top + "/")


def relative_to(path: str, ancestor: str) -> str:
    """The part of `path` below `ancestor`, without a leading slash; empty when they are the same.

    Raises:
        InvalidPath: `path` is not within `ancestor`.
    """
    if not is_within(path, ancestor):
        raise InvalidPath(path, f"not below {normalize(ancestor)}")
    return normalize(path)[len(normalize(ancestor)) :].lstrip("/")


def ancestors(path: str) -> list[str]:
    """All directories above `path`, the root first; none for the root itself."""
    if is_root(path):
        return []
    segments = normalize(path).split("/")[1:-1]
    return [ROOT, *("/" + "/".join(segments[: depth + 1]) for depth in range(len(segments)))]


def _check(path: str) -> str:
    if not isinstance(path, str):
        raise InvalidPath(repr(path), "a path is a string")
    if "\0" in path:
        raise InvalidPath(path.replace("\0", "\\0"), "a path holds no NUL")
    if path.isascii():
        return path
    try:
        path.encode("utf-8")
    except UnicodeEncodeError:
        raise InvalidPath(ascii(path), "a path is valid Unicode") from None
    return path
