"""What the extension's TypeScript client believes about the server is still so; the server may have learnt more."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
BELIEVED = json.loads((ROOT / "labextension-config" / "openapi.json").read_text())
_PROSE = frozenset({"description", "summary"})


@pytest.fixture(scope="module")
def said() -> dict[str, Any]:
    """The same excerpt, of the server as it is."""
    command = [sys.executable, ROOT / ".ci" / "openapi_excerpt.py"]
    ran = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
    return json.loads(ran.stdout)


def holds(believed: Any, said: Any) -> bool:
    """Whether all that is believed is said, prose aside."""
    if isinstance(believed, dict):
        told = [each for each in believed if each not in _PROSE or isinstance(believed[each], dict)]
        return isinstance(said, dict) and all(each in said and holds(believed[each], said[each]) for each in told)
    if isinstance(believed, list):
        return isinstance(said, list) and all(any(holds(each, other) for other in said) for each in believed)
    return believed == said


def demanded(operation: dict[str, Any]) -> set[str]:
    """What a request cannot do without: parameters, and members of a JSON body."""
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    parameters = {each["name"] for each in operation.get("parameters", []) if each["required"]}
    return parameters | set(body.get("schema", {}).get("required", []))


def operations() -> list[tuple[str, str]]:
    return [(path, method) for path, item in BELIEVED["paths"].items() for method in item]


@pytest.mark.parametrize(("path", "method"), operations())
def test_the_server_does_what_the_client_was_generated_for(said, path, method):
    believed, now = BELIEVED["paths"][path][method], said["paths"][path][method]

    assert holds(believed, now), "run the command of .ci/openapi_excerpt.py"
    assert demanded(now) == demanded(believed)


def test_the_server_answers_what_the_client_was_generated_for(said):
    believed, now = BELIEVED["components"]["schemas"], said["components"]["schemas"]

    assert [name for name in believed if not holds(believed[name], now.get(name))] == []


def test_a_server_that_gives_up_something_is_noticed(said):
    entries = said["paths"]["/fs/entries"]["get"]
    fewer = entries | {"parameters": entries["parameters"][1:]}

    assert holds(entries, entries)
    assert not holds(entries, fewer)
    assert holds(fewer, entries)
