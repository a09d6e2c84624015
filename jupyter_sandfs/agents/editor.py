"""Anthropic's text editor, memory and bash tools, as its models were trained on them.

Commands and texts are those of the vendor: of the memory tool (memory_20250818) to the letter, as the local
implementation in the vendor's own SDK answers; the text editor (text_editor_20250728) says the same of files.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from jupyter_sandfs import paths
from jupyter_sandfs.agents import running
from jupyter_sandfs.agents.answers import ToolResult
from jupyter_sandfs.agents.desk import Desk
from jupyter_sandfs.agents.reading import known
from jupyter_sandfs.agents.tool import Schema, Tool, text, whole, yes_or_no
from jupyter_sandfs.agents.writing import encoded, line_numbers, save, text_to_change
from jupyter_sandfs.errors import InvalidRequest, NotADirectory, NotFound

MEMORIES = "/memories"
_MOST_LINES = 999_999
_NUMBER_WIDTH = 6
_DIRECTORY_SIZE = 4096  # what a disk says of a small directory
_UNITS = "BKMG"


@dataclass(frozen=True, slots=True)
class Editor:
    """The commands of one of the two tools.

    Attributes:
        root: nothing outside of it can be named.
        edited: how it calls what it edited.
        overwrites: `create` replaces a file that is there.
    """

    root: str
    edited: str
    overwrites: bool

    def view(self, desk: Desk, path: str, view_range: list[int] | None = None) -> str:
        place = self._place(desk, path)
        if not desk.fs.exists(place) and place != self.root:
            raise InvalidRequest(f"The path {path} does not exist. Please provide a valid path.")
        if place == self.root or desk.fs.is_dir(place):
            return _listing(desk, path, place)
        lines = _text(*known(desk, place), path=path).split("\n")
        if len(lines) > _MOST_LINES:
            raise InvalidRequest(f"File {path} exceeds maximum line limit of 999,999 lines.")
        start, end = _range(view_range, len(lines))
        return f"Here's the content of {path} with line numbers:\n{_numbered(lines[start:end], start)}"

    def create(self, desk: Desk, path: str, file_text: str) -> str:
        place = self._place(desk, path)
        there = desk.fs.exists(place)
        if there and not self.overwrites:
            raise InvalidRequest(f"File {path} already exists")
        expected = desk.knowledge.check(desk.fs, place) if there else 0
        save(desk, place, encoded(file_text), expected)
        return f"File created successfully at: {path}"

    def str_replace(self, desk: Desk, path: str, old_str: str, new_str: str = "") -> str:
        place = self._file(desk, path)
        content, version = text_to_change(desk, place)
        count = content.count(old_str)
        if count == 0:
            raise InvalidRequest(
                f"No replacement was performed, old_str `{old_str}` did not appear verbatim in {path}."
            )
        if count > 1:
            lines = ", ".join(map(str, line_numbers(content, old_str)))
            raise InvalidRequest(
                f"No replacement was performed. Multiple occurrences of old_str `{old_str}` in lines: {lines}. "
                "Please ensure it is unique"
            )
        at = content[: content.index(old_str)].count("\n")
        changed = content.replace(old_str, new_str)
        save(desk, place, encoded(changed), version)
        shown = changed.split("\n")[max(0, at - 2) : at + 3]
        said = f"The {self.edited} has been edited. Here is the snippet showing the change (with line numbers):"
        return f"{said}\n{_numbered(shown, max(0, at - 2))}"

    def insert(self, desk: Desk, path: str, insert_line: int, insert_text: str) -> str:
        place = self._file(desk, path)
        content, version = text_to_change(desk, place)
        lines = content.split("\n")
        if not lines[-1]:
            lines.pop()
        if not 0 <= insert_line <= len(lines):
            raise InvalidRequest(
                f"Invalid `insert_line` parameter: {insert_line}. It should be within the range [0, {len(lines)}]."
            )
        lines.insert(insert_line, insert_text.rstrip("\n"))
        changed = "\n".join(lines)
        save(desk, place, encoded(changed if changed.endswith("\n") else f"{changed}\n"), version)
        return f"The file {path} has been edited."

    def delete(self, desk: Desk, path: str) -> str:
        place = self._place(desk, path)
        if place == self.root:
            raise InvalidRequest(f"Cannot delete the {self.root} directory itself")
        try:
            desk.fs.remove(place, recursive=True)
        except (NotFound, NotADirectory):
            raise InvalidRequest(f"The path {path} does not exist") from None
        desk.knowledge.forget(place)
        return f"Successfully deleted {path}"

    def rename(self, desk: Desk, old_path: str, new_path: str) -> str:
        source, destination = self._place(desk, old_path), self._place(desk, new_path)
        if source == self.root:
            raise InvalidRequest(f"Cannot rename the {self.root} directory itself")
        if desk.fs.exists(destination):
            raise InvalidRequest(f"The destination {new_path} already exists")
        try:
            desk.fs.move(source, destination)
        except NotFound:
            raise InvalidRequest(f"The path {old_path} does not exist") from None
        desk.knowledge.forget(source)
        desk.knowledge.forget(destination)
        return f"Successfully renamed {old_path} to {new_path}"

    def _place(self, desk: Desk, path: str) -> str:
        """The path in the sandbox, where links may not lead out either."""
        if self.root == paths.ROOT:
            return paths.normalize(path)
        if not path.startswith(self.root):
            raise InvalidRequest(f"Path must start with {self.root}, got: {path}")
        # As a join: "/memoriesx" is x in the directory, and ".." stays to be seen.
        place = paths.normalize(f"{self.root}/{path.removeprefix(self.root)}")
        if not paths.is_within(place, self.root) or not paths.is_within(_resolved(desk, place, self.root), self.root):
            raise InvalidRequest(f"Path {path} would escape {self.root} directory")
        return place

    def _file(self, desk: Desk, path: str) -> str:
        place = self._place(desk, path)
        if not desk.fs.exists(place):
            raise InvalidRequest(f"The path {path} does not exist. Please provide a valid path.")
        if not desk.fs.is_file(place):
            raise InvalidRequest(f"The path {path} is not a file.")
        return place


def _resolved(desk: Desk, place: str, root: str) -> str:
    """Where a path leads, whose last segments may be missing."""
    there = place
    while there != root and not desk.fs.exists(there) and not desk.fs.is_symlink(there):
        there = paths.parent(there)
    return desk.fs.resolve(there)


def _range(asked: list[int] | None, count: int) -> tuple[int, int]:
    """Where the lines asked for start and end, from 0; an end of -1 is the last line."""
    if not asked or len(asked) != 2:
        return 0, count
    return max(1, asked[0]) - 1, count if asked[1] == -1 else max(0, asked[1])


def _text(content: bytes, _version: int, *, path: str) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError:
        raise InvalidRequest(f"path {path!r} is not valid utf-8") from None


def _numbered(lines: list[str], before: int) -> str:
    return "\n".join(f"{number:{_NUMBER_WIDTH}}\t{line}" for number, line in enumerate(lines, before + 1))


def _listing(desk: Desk, path: str, place: str) -> str:
    head = f"Here're the files and directories up to 2 levels deep in {path}, excluding hidden items:"
    above = path.removesuffix("/")
    rows = (
        [] if not desk.fs.exists(place) else [f"{size}\t{above}/{name}" for size, name in _entries(desk, place, "", 2)]
    )
    return "\n".join([head, f"{_size(_DIRECTORY_SIZE)}\t{path}", *rows])


def _entries(desk: Desk, place: str, above: str, levels: int) -> Iterator[tuple[str, str]]:
    for entry in sorted(desk.fs.ls(place), key=lambda each: each.name):
        if entry.name.startswith("."):
            continue
        if entry.is_dir:
            yield _size(_DIRECTORY_SIZE), f"{above}{entry.name}/"
            if levels > 1:
                yield from _entries(desk, entry.path, f"{above}{entry.name}/", levels - 1)
        else:
            yield _size(entry.stat.size), f"{above}{entry.name}"


def _size(count: int) -> str:
    """Bytes in units of 1,024, as the vendor writes them: 512B, 1.5K, 4K."""
    unit = min((max(count, 1).bit_length() - 1) // 10, len(_UNITS) - 1)
    size = count / 1024**unit
    return f"{int(size)}{_UNITS[unit]}" if size == int(size) else f"{size:.1f}{_UNITS[unit]}"


# ---------------------------------------------------------------- as tools

_PARAMETERS: dict[str, Schema] = {
    "path": text("the file or directory"),
    "view_range": {
        "type": ["array", "null"],
        "items": {"type": "integer"},
        "description": "first and last line, from 1; -1 is the end",
    },
    "file_text": text("what the file shall hold"),
    "old_str": text("the text to replace", minLength=1),
    "new_str": text("what takes its place"),
    "insert_line": whole("the line to insert behind; 0 is the start"),
    "insert_text": text("what to insert"),
    "old_path": text("what to rename"),
    "new_path": text("its new path"),
}
# What each command takes; those in the second tuple may be missing.
_COMMANDS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "view": (("path",), ("view_range",)),
    "create": (("path", "file_text"), ()),
    "str_replace": (("path", "old_str"), ("new_str",)),
    "insert": (("path", "insert_line", "insert_text"), ()),
    "delete": (("path",), ()),
    "rename": (("old_path", "new_path"), ()),
}
_EDITOR = ("view", "create", "str_replace", "insert")


def _tool(name: str, kind: str, description: str, commands: tuple[str, ...], editor: Editor) -> Tool:
    taken = dict.fromkeys(each for command in commands for group in _COMMANDS[command] for each in group)
    parameters = {each: {**_PARAMETERS[each], "default": None} for each in taken}
    command = {"enum": list(commands), "description": "what to do"}
    return Tool(
        name,
        description,
        {"command": command, **parameters},
        partial(_dispatch, editor),
        changes=True,
        vendor={"type": kind, "name": name},
    )


def _dispatch(editor: Editor, desk: Desk, command: str, **given: Any) -> str:
    needed, optional = _COMMANDS[command]
    missing = [name for name in needed if given.get(name) is None]
    if missing:
        raise InvalidRequest(f"Parameter `{missing[0]}` is required for command: {command}")
    taken = {name: given[name] for name in (*needed, *optional) if given.get(name) is not None}
    run: Callable[..., str] = getattr(editor, command)
    return run(desk, **taken)


def _bash(desk: Desk, command: str | None, restart: bool) -> ToolResult | str:  # noqa: FBT001  arguments come by name, from a model
    if restart:
        desk.restart()
        return "bash session restarted"
    if not command:
        raise InvalidRequest("bash: command is required")
    return running.execute(desk, command)


TEXT_EDITOR = _tool(
    "str_replace_based_edit_tool",
    "text_editor_20250728",
    "View, create and edit text files of the sandbox.",
    _EDITOR,
    Editor(paths.ROOT, "file", overwrites=True),
)
MEMORY = _tool(
    "memory",
    "memory_20250818",
    "Keep notes in /memories, which last longer than this conversation.",
    tuple(_COMMANDS),
    Editor(MEMORIES, "memory file", overwrites=False),
)
BASH = Tool(
    "bash",
    "Run a command in a bash session in the sandbox, which lasts from call to call.",
    {
        "command": {"type": ["string", "null"], "description": "the command", "default": None},
        "restart": yes_or_no("start the session anew", default=False),
    },
    _bash,
    changes=True,
    runs=True,
    vendor={"type": "bash_20250124", "name": "bash"},
)
TOOLS = (TEXT_EDITOR, MEMORY, BASH)
REPLACED = ("sandbox_fs_read", "sandbox_fs_write", "sandbox_fs_edit", "sandbox_exec")
"""Our tools that do what these do."""
