"""A tool is data: what a model is told of it, and one function."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from jupyter_sandfs.agents.answers import ToolResult
from jupyter_sandfs.agents.desk import Desk

Schema = Mapping[str, Any]
Run = Callable[..., "ToolResult | str"]

SANDBOX_ID = "sandbox_id"


@dataclass(frozen=True, slots=True, eq=False)
class Tool:
    """One tool, equal to itself alone.

    Attributes:
        name: as the model calls it.
        description: for the model: what it does, and what it is not for.
        parameters: name to JSON schema (draft 2020-12); those without a `default` are required.
        run: takes the desk and the arguments; gives a text or a `ToolResult`.
        changes: whether it may change files or the store.
        runs: whether it runs what the model wrote: commands, or a snippet.
        vendor: of a tool that a vendor defines: all that its models are told.
    """

    name: str
    description: str
    parameters: Mapping[str, Schema]
    run: Run
    changes: bool = False
    runs: bool = False
    vendor: Mapping[str, Any] | None = None

    @property
    def schema(self) -> dict[str, Any]:
        """The arguments as one JSON schema."""
        return {
            "type": "object",
            "properties": {name: dict(each) for name, each in self.parameters.items()},
            "required": [name for name, each in self.parameters.items() if "default" not in each],
            "additionalProperties": False,
        }


def text(description: str, **more: Any) -> Schema:
    """The schema of a text."""
    return {"type": "string", "description": description, **more}


def path(description: str, **more: Any) -> Schema:
    """The schema of a path."""
    return text(description, minLength=1, maxLength=65_536, **more)


def whole(description: str, **more: Any) -> Schema:
    """The schema of a whole number."""
    return {"type": "integer", "description": description, **more}


def yes_or_no(description: str, *, default: bool) -> Schema:
    """The schema of a switch."""
    return {"type": "boolean", "description": description, "default": default}


def call(tool: Tool, desk: Desk, arguments: Mapping[str, Any]) -> ToolResult:
    """Run a tool with arguments that were checked; what has a default may be missing."""
    given = {name: arguments.get(name, each.get("default")) for name, each in tool.parameters.items()}
    answer = tool.run(desk, **given)
    return answer if isinstance(answer, ToolResult) else ToolResult(answer, {"ok": True, "text": answer})
