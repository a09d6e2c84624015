"""Tools for history: name a moment, and see what changed since."""

from __future__ import annotations

from jupyter_sandfs.agents import sizes
from jupyter_sandfs.agents.answers import ToolResult, facts
from jupyter_sandfs.agents.desk import Desk
from jupyter_sandfs.agents.tool import Tool, path, text


def snapshot(desk: Desk, name: str) -> ToolResult:
    made = desk.fs.snapshot(name or f"{desk.actor}-{desk.new_id()}")
    return facts(ok=True, snapshot=made.name)


def diff(desk: Desk, since: str, path: str) -> ToolResult:
    changes = [f"{each.kind} {each.path}" for each in desk.fs.diff(since)]
    body = desk.fs.unified_diff(since, path=path)
    shown = sizes.shortened(body, desk.tokens, "name a file or directory") or f"nothing changed since {since}"
    return ToolResult(shown, {"ok": True, "changes": changes, "diff": body})


TOOLS = (
    Tool(
        "sandbox_snapshot",
        "Remember the sandbox as it is now under a name, to compare with later.",
        {"name": text("a name; one is made up if not given", default="", maxLength=255)},
        snapshot,
        changes=True,
    ),
    Tool(
        "sandbox_diff",
        "Show what changed in the sandbox since a snapshot, as a unified diff.",
        {
            "since": text("name of the snapshot", minLength=1),
            "path": path("only at or below this path", default="/"),
        },
        diff,
    ),
)
