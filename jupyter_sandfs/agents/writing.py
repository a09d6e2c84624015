"""Tools that change files: write, edit, move and delete."""

from __future__ import annotations

from jupyter_sandfs import paths
from jupyter_sandfs.agents.answers import HALF_PAIR, ToolResult, facts
from jupyter_sandfs.agents.desk import Desk
from jupyter_sandfs.agents.reading import is_binary, numbered
from jupyter_sandfs.agents.tool import Tool, path, text, yes_or_no
from jupyter_sandfs.errors import InvalidRequest

_AROUND = 2  # lines shown before and after an edit


def save(desk: Desk, path: str, content: bytes, version: int | None) -> int:
    """Write a file that has this version now, and remember it as the agent wrote it; give its new version."""
    current = desk.fs.write_bytes(path, content, expected_version=version)
    desk.knowledge.learn(path, current, content)
    return current


def write(desk: Desk, path: str, content: str) -> ToolResult:
    expected = desk.knowledge.check(desk.fs, path)
    new = not desk.fs.exists(path)
    data = encoded(content)
    version = save(desk, path, data, expected)
    done = "created" if new else "replaced"
    return ToolResult(
        f"{done} {path}: {len(data)} bytes, version {version}",
        {"ok": True, "path": path, "size_bytes": len(data), "version": version, "created": new},
    )


def encoded(content: str) -> bytes:
    """The bytes of a text. Raises InvalidRequest for half of a surrogate pair."""
    try:
        return content.encode()
    except UnicodeEncodeError:
        raise InvalidRequest(HALF_PAIR) from None


def edit(desk: Desk, path: str, old_text: str, new_text: str, replace_all: bool) -> ToolResult:  # noqa: FBT001  arguments come by name, from a model
    content, expected = text_to_change(desk, path)
    count = content.count(old_text)
    if count == 0:
        raise InvalidRequest(f"{path} does not hold this text: {old_text[:200]!r}. Read the file and copy it exactly")
    if count > 1 and not replace_all:
        lines = ", ".join(map(str, line_numbers(content, old_text)))
        raise InvalidRequest(f"{path} holds this text {count} times, in lines {lines}: give more of it, or replace_all")
    changed = content.replace(old_text, new_text)
    version = save(desk, path, encoded(changed), expected)
    at = content[: content.index(old_text)].count("\n")
    shown = snippet(changed, at, new_text.count("\n") + 1)
    return ToolResult(
        f"edited {path}, version {version}:\n{shown}",
        {"ok": True, "path": path, "version": version, "replaced": count},
    )


def text_to_change(desk: Desk, path: str) -> tuple[str, int]:
    """Give the text of a file and the version that it has, for a change of it.

    Raises:
        VersionConflict: someone changed it since this agent read it.
        InvalidRequest: it is no text.
    """
    desk.knowledge.check(desk.fs, path)
    version = desk.fs.version(path)
    content = desk.fs.read_bytes(path)
    if is_binary(content):
        raise InvalidRequest(f"{path} is binary: it can't be edited as text")
    return content.decode(), version


def line_numbers(content: str, wanted: str) -> list[int]:
    """The lines, from 1, where a text is found in another."""
    found: list[int] = []
    at = content.find(wanted)
    while at >= 0 and len(found) < 100:
        found.append(content.count("\n", 0, at) + 1)
        at = content.find(wanted, at + 1)
    return found


def snippet(content: str, first: int, count: int) -> str:
    """Lines of a text with their numbers, and some around them; `first` counts from 0."""
    lines = content.split("\n")
    start = max(0, first - _AROUND)
    return numbered(lines[start : first + min(count, 50) + _AROUND], start + 1)


def move(desk: Desk, source: str, destination: str, overwrite: bool) -> ToolResult:  # noqa: FBT001  arguments come by name, from a model
    expected = None if desk.fs.is_dir(source) else desk.knowledge.check(desk.fs, source)
    desk.fs.move(source, destination, overwrite=overwrite, expected_version=expected)
    desk.knowledge.forget(source)
    desk.knowledge.forget(destination)
    return facts(ok=True, source=paths.normalize(source), destination=paths.normalize(destination))


def delete(desk: Desk, path: str, recursive: bool) -> ToolResult:  # noqa: FBT001  arguments come by name, from a model
    expected = None if desk.fs.is_dir(path) else desk.knowledge.check(desk.fs, path)
    desk.fs.remove(path, recursive=recursive, expected_version=expected)
    desk.knowledge.forget(path)
    return facts(ok=True, path=paths.normalize(path))


TOOLS = (
    Tool(
        "sandbox_fs_write",
        "Write a text file of the sandbox, whole; directories on the way are made. For a small change of a long file "
        "use sandbox_fs_edit.",
        {"path": path("the file"), "content": text("all that the file shall hold")},
        write,
        changes=True,
    ),
    Tool(
        "sandbox_fs_edit",
        "Replace a text in a file of the sandbox. The old text must stand in the file exactly once, unless replace_all "
        "is set. Refused if the file changed since you read it.",
        {
            "path": path("the file"),
            "old_text": text("the text as it stands in the file, without line numbers", minLength=1),
            "new_text": text("what takes its place"),
            "replace_all": yes_or_no("replace it wherever it stands", default=False),
        },
        edit,
        changes=True,
    ),
    Tool(
        "sandbox_fs_move",
        "Move or rename a file or directory of the sandbox.",
        {
            "source": path("what to move"),
            "destination": path("its new path"),
            "overwrite": yes_or_no("replace a file that is there", default=False),
        },
        move,
        changes=True,
    ),
    Tool(
        "sandbox_fs_delete",
        "Delete a file, or a directory with all that is in it if recursive is set.",
        {"path": path("what to delete"), "recursive": yes_or_no("delete a directory with its content", default=False)},
        delete,
        changes=True,
    ),
)
