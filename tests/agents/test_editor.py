"""Anthropic's tools, beside the vendor's own local memory tool: the same commands give the same texts and files."""

from __future__ import annotations

import random
import re
from pathlib import Path

import pytest
from anthropic.lib.tools._beta_functions import ToolError
from anthropic.tools import BetaLocalFilesystemMemoryTool
from anthropic.types.beta import BetaMemoryTool20250818Command
from pydantic import TypeAdapter

from jupyter_sandfs.agents.toolset import Toolset

COMMAND = TypeAdapter(BetaMemoryTool20250818Command)
MISSING = [
    {"command": "view", "path": "/memories/none"},
    {"command": "delete", "path": "/memories/none"},
    {"command": "delete", "path": "/memories/none/deeper"},
    {"command": "rename", "old_path": "/memories/none", "new_path": "/memories/b"},
    {"command": "str_replace", "path": "/memories/none", "old_str": "a", "new_str": "b"},
    {"command": "insert", "path": "/memories/none", "insert_line": 0, "insert_text": "b"},
]
NAMES = ["a.txt", "b.md", "d", "d/c.txt", "d/e/f.txt", ".hidden", "d/.x"]
# The judge makes the directories above a path also for what it then refuses: here they are always there.
FILES = [name for name in NAMES if name != "d"]
TEXTS = ["", "one\n", "one\ntwo\nthree\n", "no end", "x\n\nx\n", "tail\n\n", "one\r\ntwo\r\n"]
PARTS = ["one", "two", "x", "\n", "e\nt", "zebra", "tail\n"]


@pytest.fixture
def tools(sandbox):
    sandbox.fs.mkdir("/memories")
    return Toolset(sandbox, "claude", dialect="anthropic", native=True)


@pytest.fixture
def judge(tmp_path):
    return BetaLocalFilesystemMemoryTool(str(tmp_path / "judge"))


def ask_judge(judge, command):
    try:
        return judge.execute(COMMAND.validate_python(command))
    except ToolError as error:
        return f"refused: {error}"


def ask(tools, command):
    result = tools.call("memory", command)
    return f"refused: {result.text}" if result.is_error else result.text


def without_sizes_of_directories(text):
    """What a directory takes is up to the disk."""
    return re.sub(r"^\S+\t(/memories(?:/.*/)?)$", r"\1", text, flags=re.MULTILINE)


def files_of(judge):
    root = Path(judge.memory_root)
    return {f"/memories/{each.relative_to(root)}": each.read_bytes() for each in root.rglob("*") if each.is_file()}


def files_in(fs):
    return {f"{top}/{name}": fs.read_bytes(f"{top}/{name}") for top, _, names in fs.walk("/memories") for name in names}


def any_command(chance):
    path, file = f"/memories/{chance.choice(NAMES)}", f"/memories/{chance.choice(FILES)}"
    return chance.choice(
        [
            {"command": "view", "path": chance.choice([path, "/memories", "/memories/d"])},
            {"command": "view", "path": path, "view_range": [chance.randint(-1, 4), chance.randint(-1, 4)]},
            {"command": "create", "path": path, "file_text": chance.choice(TEXTS)},
            {"command": "create", "path": path, "file_text": chance.choice(TEXTS)},
            {"command": "str_replace", "path": path, "old_str": chance.choice(PARTS), "new_str": chance.choice(PARTS)},
            {"command": "insert", "path": path, "insert_line": chance.randint(-1, 4), "insert_text": "new\n"},
            {"command": "delete", "path": file},
            {"command": "rename", "old_path": file, "new_path": path},
        ]
    )


def makes_sense(judge, command):
    """Leave out what the judge answers with an error of its disk, not in words."""
    try:
        judge.execute(COMMAND.validate_python(command))
    except ToolError:
        return True
    except OSError:
        return False
    return True


@pytest.mark.parametrize("seed", range(8))
def test_the_memory_tool_answers_to_the_letter(tools, sandbox, judge, seed, tmp_path):
    chance, shadow = random.Random(seed), BetaLocalFilesystemMemoryTool(str(tmp_path / "shadow"))

    for each in (judge, shadow):
        (each.memory_root / "d" / "e").mkdir(parents=True)
    sandbox.fs.mkdir("/memories/d/e")
    for _ in range(60):
        command = any_command(chance)
        if not makes_sense(shadow, command):
            continue
        expected = without_sizes_of_directories(ask_judge(judge, command))
        assert without_sizes_of_directories(ask(tools, command)) == expected, command
        assert files_in(sandbox.fs) == files_of(judge)


@pytest.mark.parametrize("command", MISSING)
def test_what_is_missing_is_refused_to_the_letter(tools, judge, command):
    assert ask(tools, command) == ask_judge(judge, command)


@pytest.mark.parametrize("path", ["/etc/passwd", "/memories/../etc", "/memories/../../x", "memories/a", "/"])
def test_nothing_outside_of_the_memories_can_be_named(tools, judge, path):
    for command in ({"command": "view", "path": path}, {"command": "create", "path": path, "file_text": "x"}):
        assert ask(tools, command) == ask_judge(judge, command)


def test_a_link_out_of_the_memories_is_not_followed(tools, sandbox):
    sandbox.fs.write_file("/secret", "s3cret")
    sandbox.fs.symlink("/secret", "/memories/link")
    sandbox.fs.symlink("/", "/memories/root")

    for path in ("/memories/link", "/memories/root", "/memories/root/secret"):
        assert ask(tools, {"command": "view", "path": path}) == f"refused: Path {path} would escape /memories directory"
    ask(tools, {"command": "delete", "path": "/memories/root/secret"})
    ask(tools, {"command": "str_replace", "path": "/memories/link", "old_str": "s", "new_str": "t"})
    assert sandbox.fs.read_file("/secret") == "s3cret"


def test_the_root_of_the_memories_stays(tools, judge):
    for command in (
        {"command": "delete", "path": "/memories"},
        {"command": "rename", "old_path": "/memories", "new_path": "/memories/x"},
    ):
        assert ask(tools, command) == ask_judge(judge, command)


def test_a_command_without_what_it_needs_is_refused(tools):
    assert tools.call("memory", {"command": "create", "path": "/memories/a"}).text == (
        "Parameter `file_text` is required for command: create"
    )
    assert tools.call("memory", {"command": "fly"}).is_error


def test_the_text_editor_works_anywhere_and_replaces_files(tools, sandbox):
    def edit(**command):
        return tools.call("str_replace_based_edit_tool", command).text

    assert edit(command="create", path="/src/a.py", file_text="x = 1\n") == "File created successfully at: /src/a.py"
    assert edit(command="create", path="/src/a.py", file_text="y = 2\n") == "File created successfully at: /src/a.py"
    assert edit(command="str_replace", path="/src/a.py", old_str="2", new_str="3").splitlines()[1:] == [
        "     1\ty = 3",
        "     2\t",
    ]
    assert edit(command="insert", path="/src/a.py", insert_line=1, insert_text="z = 4") == (
        "The file /src/a.py has been edited."
    )
    assert edit(command="view", path="/src/a.py", view_range=[2, -1]) == (
        "Here's the content of /src/a.py with line numbers:\n     2\tz = 4\n     3\t"
    )
    assert edit(command="view", path="/").splitlines()[1:] == ["4K\t/", "4K\t/memories/", "4K\t/src/", "12B\t/src/a.py"]
    assert sandbox.fs.read_file("/src/a.py") == "y = 3\nz = 4\n"


def test_an_edit_of_what_others_changed_since_is_refused(tools, sandbox):
    sandbox.fs.write_file("/a", "1\n")
    tools.call("str_replace_based_edit_tool", {"command": "view", "path": "/a"})
    sandbox.fs.write_file("/a", "2\n")

    for command in (
        {"command": "str_replace", "path": "/a", "old_str": "2", "new_str": "3"},
        {"command": "create", "path": "/a", "file_text": "3"},
    ):
        sandbox.fs.write_file("/a", f"{sandbox.fs.read_file('/a')}2\n")
        assert "changed since you read it" in tools.call("str_replace_based_edit_tool", command).text


def test_the_bash_tool_keeps_its_session_until_it_is_restarted(tools, sandbox):
    sandbox.fs.mkdir("/d")

    assert tools.call("bash", {"command": "cd /d; x=5"}).text == "[no output]"
    assert tools.call("bash", {"command": "echo $x; pwd"}).text == "5\n/d"
    assert tools.call("bash", {"restart": True}).text == "bash session restarted"
    assert tools.call("bash", {"command": "echo $x; pwd"}).text == "\n/"
    assert tools.call("bash", {}).text == "bash: command is required"
