"""Jupyter events of what clients change: an administrator who wants a record of it configures a handler for them."""

from __future__ import annotations

from typing import Any

from jupyter_server.auth.identity import User

SCHEMA_ID = "https://events.jupyter.org/jupyter_sandfs/changes/v1"

SCHEMA: dict[str, Any] = {
    "$id": SCHEMA_ID,
    "version": "1",
    "title": "Changes of staged files and of files in sandboxes",
    "personal-data": True,
    "description": (
        "Emitted for each change that was made over HTTP, once it is made. What code in a kernel changes is in the "
        "journal of its sandbox instead."
    ),
    "type": "object",
    "required": ["action", "place", "path"],
    "properties": {
        "action": {"enum": ["write", "copy", "delete", "move", "mkdir", "stage", "publish", "sign", "unpack", "call"]},
        "place": {"enum": ["store", "sandbox"], "description": "Where `path` is."},
        "path": {"type": "string", "description": "A key of the store, or a path in a sandbox."},
        "source": {
            "type": "string",
            "description": "Where it came from, when it was copied, moved, staged, published.",
        },
        "kernel_id": {"type": "string", "description": "Which kernel holds the sandbox."},
        "user": {"type": "string", "description": "Who asked for it; absent for a signed link."},
        "bytes": {"type": "integer", "description": "How large the file is."},
    },
}


def told(action: str, place: str, path: str, user: User | None, **facts: Any) -> dict[str, Any]:
    """The event about a change that was made; `SCHEMA` says what the arguments mean."""
    known = {"user": user.username} if user else {}
    return {"action": action, "place": place, "path": path, **known, **facts}
