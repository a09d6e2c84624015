"""Tools that look at files: read, list, glob and grep."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice

from jupyter_sandfs import paths
from jupyter_sandfs.agents import sizes
from jupyter_sandfs.agents.answers import ToolResult
from jupyter_sandfs.agents.desk import Desk
from jupyter_sandfs.agents.tool import Tool, path, text, whole, yes_or_no
from jupyter_sandfs.errors import InvalidRequest, SandfsError
from jupyter_sandfs.filestore import content_types
from jupyter_sandfs.shell.search.matcher import Flavor, Matcher
from jupyter_sandfs.vfs.entries import DirEntry
from jupyter_sandfs.vfs.interface import FileSystem

_MOST_ROWS = 1_000
_MOST_LINES = 10_000_000
_SEARCHED_BYTES = 256 << 20
_LINE_TOKENS = 2  # what the number of a line takes
_PROBED = 8192  # bytes in which NUL tells what is no text


def is_binary(content: bytes) -> bool:
    """Whether a content is no text: it holds NUL, or is not UTF-8."""
    if b"\0" in content[:_PROBED]:
        return True
    try:
        content.decode()
    except UnicodeDecodeError:
        return True
    return False


def _lines(content: bytes) -> list[str] | None:
    """The lines of a text; None for what is none."""
    if b"\0" in content[:_PROBED]:
        return None
    try:
        return content.decode().splitlines()
    except UnicodeDecodeError:
        return None


def numbered(lines: Iterable[str], first: int = 1) -> str:
    """Lines with their numbers, as `cat -n` writes them."""
    return "\n".join(f"{number:6}\t{line}" for number, line in enumerate(lines, first))


def read(desk: Desk, path: str, offset: int, limit: int) -> ToolResult:
    content, version = known(desk, path)
    lines = _lines(content)
    if lines is None:
        kind = content_types.guess(paths.name(path))
        told = f"{path} is binary: {len(content)} bytes, {kind}. It can't be shown as text."
        return ToolResult(told, {"ok": True, "path": path, "size_bytes": len(content), "binary": True})
    if offset > max(1, len(lines)):
        raise InvalidRequest(f"{path} has {len(lines)} lines: there is no line {offset}")
    chosen = lines[offset - 1 : offset - 1 + limit]
    shown = _first_that_fit(chosen, desk.tokens)
    after = offset + len(shown)
    body = numbered(shown, offset) if lines else f"{path} is empty."
    if after <= len(lines):
        body += f"\n[... lines {after} to {len(lines)} left out; read on with offset={after} ...]"
    data = {"ok": True, "path": path, "version": version, "lines": len(lines), "text": "\n".join(chosen)}
    return ToolResult(body, data)


def known(desk: Desk, path: str) -> tuple[bytes, int]:
    """Read a file for the agent, who knows it then; give its content and version."""
    for _ in range(3):
        before = desk.fs.version(path)
        content = desk.fs.read_bytes(path)
        if desk.fs.version(path) == before:
            break
    desk.knowledge.learn(path, before, content)
    return content, before


def _first_that_fit(lines: list[str], tokens: int) -> list[str]:
    """The first lines that fit, without the middles of very long ones; one at least."""
    if sum(map(len, lines)) + _LINE_TOKENS * len(lines) <= tokens:  # a character takes a token at most
        return [sizes.clipped(line) for line in lines]
    shown: list[str] = []
    for line in map(sizes.clipped, lines):
        tokens -= sizes.tokens(line) + _LINE_TOKENS
        if tokens < 0 and shown:
            break
        shown.append(line)
    return shown


def list_directory(desk: Desk, path: str, depth: int) -> ToolResult:
    if not desk.fs.is_dir(path):
        desk.fs.ls(path)
    rows = list(islice(_rows(desk.fs, path, depth), _MOST_ROWS + 1))
    body = "\n".join(rows[:_MOST_ROWS]) or f"{path} is empty."
    if len(rows) > _MOST_ROWS:
        body += f"\n[... only the first {_MOST_ROWS} entries; list a directory below, or use sandbox_fs_glob ...]"
    return ToolResult(sizes.shortened(body, desk.tokens, "list a directory below"), {"ok": True, "entries": rows})


def _rows(fs: FileSystem, path: str, depth: int) -> Iterator[str]:
    for entry in sorted(fs.ls(path), key=lambda each: each.name):
        yield _row(entry)
        if entry.is_dir and depth > 1:
            yield from _rows(fs, entry.path, depth - 1)


def _row(entry: DirEntry) -> str:
    if entry.is_dir:
        return f"{entry.path}/"
    if entry.stat.link_target is not None:
        return f"{entry.path} -> {entry.stat.link_target}"
    return f"{entry.path}\t{entry.stat.size} bytes"


def glob(desk: Desk, pattern: str, path: str) -> ToolResult:
    whole_pattern = pattern if pattern.startswith("/") else paths.join(path, pattern)
    found = desk.fs.glob(whole_pattern)
    if not found:
        return ToolResult(f"nothing matches {whole_pattern}", {"ok": True, "paths": []})
    body = "\n".join(found[:_MOST_ROWS])
    if len(found) > _MOST_ROWS:
        body += f"\n[... {len(found) - _MOST_ROWS} more; use a narrower pattern ...]"
    shown = sizes.shortened(body, desk.tokens, "use a narrower pattern")
    return ToolResult(shown, {"ok": True, "paths": found[:_MOST_ROWS]})


def grep(desk: Desk, pattern: str, path: str, glob: str, ignore_case: bool, max_matches: int) -> ToolResult:  # noqa: FBT001  arguments come by name, from a model
    matcher = Matcher([pattern], Flavor.RUST, ignore_case=ignore_case)
    hits = list(islice(_hits(desk.fs, matcher, path, glob), max_matches + 1))
    if not hits:
        return ToolResult(f"no line matches {pattern}", {"ok": True, "matches": []})
    body = "\n".join(sizes.clipped(hit) for hit in hits[:max_matches])
    if len(hits) > max_matches:
        body += f"\n[... only the first {max_matches} matches; narrow the pattern, the path or the glob ...]"
    hint = "narrow the pattern, the path or the glob"
    return ToolResult(sizes.shortened(body, desk.tokens, hint), {"ok": True, "matches": hits[:max_matches]})


def _hits(fs: FileSystem, matcher: Matcher, top: str, pattern: str) -> Iterator[str]:
    room = _SEARCHED_BYTES
    for file in _files(fs, top, pattern):
        try:
            content = fs.read_bytes(file)
        except (SandfsError, OSError):  # unreadable for this agent, or gone meanwhile: nothing to be found in it
            continue
        room -= len(content)
        if room < 0:
            raise InvalidRequest(f"more than {_SEARCHED_BYTES >> 20} MiB to search: name a directory or a glob")
        if b"\0" in content[:_PROBED]:
            continue
        for line in matcher.lines(content):
            yield f"{file}:{line.number}:{content[line.start : line.end].decode('utf-8', 'replace')}"


def _files(fs: FileSystem, top: str, pattern: str) -> Iterator[str]:
    if not fs.is_dir(top):
        fs.stat(top)
        yield paths.normalize(top)
        return
    wanted = set(fs.glob(paths.join(top, pattern))) if pattern else None
    for at, directories, names in fs.walk(top):
        directories.sort()
        above = at.rstrip("/")
        for name in sorted(names):
            file = f"{above}/{name}"
            if wanted is None or file in wanted:
                yield file


TOOLS = (
    Tool(
        "sandbox_fs_read",
        "Read a text file of the sandbox. Lines come with their numbers. A long file is shown in parts: the answer "
        "says how to read on.",
        {
            "path": path("the file, such as /data/notes.md"),
            "offset": whole("first line, from 1", default=1, minimum=1),
            "limit": whole("how many lines", default=2_000, minimum=1, maximum=_MOST_LINES),
        },
        read,
    ),
    Tool(
        "sandbox_fs_list",
        "List a directory of the sandbox, with sizes; directories end in a slash.",
        {
            "path": path("the directory", default="/"),
            "depth": whole("levels to show", default=1, minimum=1, maximum=20),
        },
        list_directory,
    ),
    Tool(
        "sandbox_fs_glob",
        "Find files and directories by name with a pattern: * and ? within a name, ** for any directories, "
        "such as **/*.py.",
        {
            "pattern": path("the pattern"),
            "path": path("where it starts, unless it starts with a slash itself", default="/"),
        },
        glob,
    ),
    Tool(
        "sandbox_fs_grep",
        "Search the files of the sandbox for lines that match a regular expression (RE2: no look-around, no "
        "back-references). Gives path:line:text.",
        {
            "pattern": text("the regular expression", minLength=1, maxLength=10_000),
            "path": path("a file, or a directory to search with all below it", default="/"),
            "glob": text("only files that match this pattern below the path, such as **/*.py", default=""),
            "ignore_case": yes_or_no("take upper and lower case as the same", default=False),
            "max_matches": whole("stop after so many lines", default=200, minimum=1, maximum=10_000),
        },
        grep,
    ),
)
