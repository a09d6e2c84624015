"""docs/jupyterlab.md leaves nothing out of what the extension offers."""

from __future__ import annotations

import json
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
EXTENSION = ROOT / "labextension-config"
PAGE = (ROOT / "docs" / "jupyterlab.md").read_text()


def rows(heading: str) -> list[str]:
    """What the first column of a section's table names."""
    section = PAGE.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    return re.findall(r"^\| `([^`]+)`", section, re.MULTILINE)


def test_each_command_is_documented():
    assert rows("Commands") == re.findall(r"'(sandfs:[\w-]+)'", (EXTENSION / "src" / "commands.ts").read_text())


def test_each_setting_is_documented():
    schemas = [json.loads(file.read_text()) for file in sorted((EXTENSION / "schema").glob("*.json"))]

    assert rows("Settings") == [name for schema in schemas for name in schema["properties"]]


def test_menus_have_only_commands_that_there_are():
    commands = rows("Commands")
    schemas = [json.loads(file.read_text()) for file in (EXTENSION / "schema").glob("*.json")]
    menus = [entry for schema in schemas for entry in schema["jupyter.lab.menus"]["context"] if "command" in entry]

    assert [entry["command"] for entry in menus if entry["command"] not in commands] == []


def test_the_extension_has_the_version_of_the_package():
    package = json.loads((EXTENSION / "package.json").read_text())
    project = re.search(r'^version = "([^"]+)"', (ROOT / "pyproject.toml").read_text(), re.MULTILINE)

    assert project is not None
    assert package["version"] == project[1]
