"""What a model is told: the outcome of a call, and errors in words that it can act on."""

from __future__ import annotations

import difflib
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from jupyter_sandfs import paths
from jupyter_sandfs.errors import InvalidRequest, NotFound, PathError, PermissionDenied, SandfsError, VersionConflict
from jupyter_sandfs.vfs.interface import FileSystem

HALF_PAIR = "the text holds half of a surrogate pair (\\uD800 to \\uDFFF), which no file can"
"""What JSON can say and UTF-8 can't."""

_LOOKED_AT = 5_000  # names among which a similar one is sought
_NAMED = 3


@dataclass(frozen=True, slots=True)
class ToolResult:
    """Outcome of one call of a tool.

    Attributes:
        text: what the model is told.
        data: the same for programs: plain JSON values.
        is_error: the call was refused, or failed; it changed nothing then.
        changes: paths that the call changed, in order.
    """

    text: str
    data: dict[str, Any] = field(default_factory=dict)
    is_error: bool = False
    changes: tuple[str, ...] = ()

    @property
    def size(self) -> int:
        """The text in bytes."""
        return len(self.text.encode("utf-8", "surrogatepass"))

    def __str__(self) -> str:
        return self.text


def facts(**data: Any) -> ToolResult:
    """An answer that is a JSON object."""
    return ToolResult(json.dumps(data, ensure_ascii=False), data)


def refusal(problem: BaseException, fs: FileSystem) -> ToolResult:
    """Put an error into words for a model, with what it may do instead."""
    if isinstance(problem, UnicodeEncodeError):
        problem = InvalidRequest(HALF_PAIR)
    text = _told(problem, fs)
    code = problem.code if isinstance(problem, SandfsError) else "internal"
    return ToolResult(text, {"ok": False, "error": text, "code": code}, is_error=True)


def _told(problem: BaseException, fs: FileSystem) -> str:
    if isinstance(problem, NotFound):
        return f"file not found: {problem.path}{_detail(problem)}{_hint(fs, problem.path)}"
    if isinstance(problem, PermissionDenied):
        reason = os.strerror(problem.errno_value)
        return f"not allowed: {problem.path}: {reason}{_detail(problem)}{_rule(fs, problem.path)}"
    if isinstance(problem, VersionConflict):
        return _stale(problem)
    return str(problem) or type(problem).__name__


def _stale(problem: VersionConflict) -> str:
    facts = f"you saw version {problem.expected}, it is version {problem.current} now"
    news = getattr(problem, "__notes__", ["Read it again before you change it."])
    return "\n".join([f"{problem.path} changed since you read it ({facts}). Nothing was written.", *news])


def _detail(problem: PathError) -> str:
    return f" ({problem.detail})" if problem.detail else ""


def _hint(fs: FileSystem, path: str) -> str:
    found = similar(fs, path)
    return f". Did you mean {' or '.join(found)}?" if found else ""


def _rule(fs: FileSystem, path: str) -> str:
    """Name the directory whose policy decides, as far as it may be seen."""
    try:
        policy = fs.get_policy(path)
        ruled = path
        while ruled != paths.ROOT and fs.get_policy(paths.parent(ruled)) == policy:
            ruled = paths.parent(ruled)
    except SandfsError:
        return ""
    words = [said for is_so, said in ((not policy.readable, "unreadable"), (not policy.writable, "read-only")) if is_so]
    if policy.append_only:
        words.append("append-only")
    return f"; the policy of {ruled} makes it {' and '.join(words)}" if words else ""


def similar(fs: FileSystem, path: str) -> list[str]:
    """Paths that may have been meant: of the same name elsewhere, or of a similar name in the same directory."""
    try:
        name, directory = paths.name(path), _nearest(fs, paths.parent(path))
        beside = {entry.name: entry.path for entry in islice(fs.ls(directory), _LOOKED_AT)}
        close = [beside[each] for each in difflib.get_close_matches(name, beside, _NAMED)]
        elsewhere = list(islice((each for each in _files(fs) if paths.name(each) == name and each != path), _NAMED))
    except SandfsError:
        return []
    return list(dict.fromkeys(elsewhere + close))[:_NAMED]


def _nearest(fs: FileSystem, directory: str) -> str:
    while directory != paths.ROOT and not fs.is_dir(directory):
        directory = paths.parent(directory)
    return directory


def _files(fs: FileSystem) -> Iterator[str]:
    every = (paths.join(top, name) for top, _, names in fs.walk() for name in names)
    return islice(every, _LOOKED_AT)
