"""Tools between the sandbox and the staging store: bytes go from one to the other without passing through a prompt."""

from __future__ import annotations

from jupyter_sandfs.agents.answers import ToolResult, facts
from jupyter_sandfs.agents.desk import Desk
from jupyter_sandfs.agents.tool import Tool, path, text


def stage(desk: Desk, file_key: str, destination: str) -> ToolResult:
    staged = desk.stage(file_key, destination)
    return facts(ok=True, path=staged.path, size_bytes=staged.size_bytes)


def publish(desk: Desk, source: str, file_key: str) -> ToolResult:
    stored = desk.publish(source, file_key or None, metadata={"agent": desk.actor})
    return facts(ok=True, file_key=stored.key, size_bytes=stored.size_bytes)


TOOLS = (
    Tool(
        "sandbox_stage_file",
        "Bring a stored file into the sandbox. Its content does not pass through this conversation.",
        {
            "file_key": text("key of the stored file, such as files/f_…", minLength=1, maxLength=1024),
            "destination": path("where to put it; with a slash at the end, into that directory under its own name"),
        },
        stage,
        changes=True,
    ),
    Tool(
        "sandbox_publish_file",
        "Store a file of the sandbox where the user can download it; gives its key.",
        {
            "source": path("the file in the sandbox"),
            "file_key": text("key to store it under; a new one is made if not given", default="", maxLength=1024),
        },
        publish,
        changes=True,
    ),
)
