"""The tool `apply_patch`, for models of OpenAI: files are added, deleted and updated in one step, all or none."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jupyter_sandfs import paths
from jupyter_sandfs.agents import patches
from jupyter_sandfs.agents.answers import ToolResult
from jupyter_sandfs.agents.desk import Desk
from jupyter_sandfs.agents.patches import FilePatch, Kind
from jupyter_sandfs.agents.tool import Schema, Tool, text
from jupyter_sandfs.agents.writing import encoded, save, text_to_change
from jupyter_sandfs.errors import AlreadyExists, InvalidRequest

_DONE = {Kind.ADD: "A", Kind.DELETE: "D", Kind.UPDATE: "M"}
_OPERATIONS = {"create_file": Kind.ADD, "delete_file": Kind.DELETE, "update_file": Kind.UPDATE}


def apply_patch(desk: Desk, input: str) -> ToolResult:  # noqa: A002  the vendor's name
    """Apply a patch with its envelope."""
    return _applied(desk, patches.parse(input))


def apply_operation(desk: Desk, operation: Mapping[str, Any]) -> ToolResult:
    """Apply an operation of the Responses API: one file."""
    diff = operation.get("diff") or ""
    lines = diff.removesuffix("\n").split("\n") if diff else []
    return _applied(
        desk, [FilePatch(_OPERATIONS[operation["type"]], operation["path"], lines, operation.get("move_to"))]
    )


def _applied(desk: Desk, files: list[FilePatch]) -> ToolResult:
    with desk.fs.transaction("apply_patch", desk.actor):
        for each in files:
            _RUNS[each.kind](desk, each)
    done = [f"{_DONE[each.kind]} {paths.normalize(each.destination or each.path)}" for each in files]
    return ToolResult("\n".join(["Success. Updated the following files:", *done]), {"ok": True, "files": done})


def _add(desk: Desk, patch: FilePatch) -> None:
    if desk.fs.exists(patch.path):
        raise AlreadyExists(paths.normalize(patch.path), "update it, or delete it first")
    content = patches.added(patch.lines)
    save(desk, patch.path, encoded(content), 0)


def _delete(desk: Desk, patch: FilePatch) -> None:
    if desk.fs.is_dir(patch.path):
        raise InvalidRequest(f"{paths.normalize(patch.path)} is a directory: a patch deletes files")
    desk.fs.remove(patch.path, expected_version=desk.knowledge.check(desk.fs, patch.path))
    desk.knowledge.forget(patch.path)


def _update(desk: Desk, patch: FilePatch) -> None:
    content, version = text_to_change(desk, patch.path)
    try:
        changed = patches.updated(content, patch.lines)
    except InvalidRequest as problem:
        raise InvalidRequest(f"{paths.normalize(patch.path)}: {problem}") from None
    save(desk, patch.path, encoded(changed), version)
    if patch.destination is not None:
        desk.fs.move(patch.path, patch.destination)
        desk.knowledge.forget(patch.path)
        desk.knowledge.forget(patch.destination)


_RUNS = {Kind.ADD: _add, Kind.DELETE: _delete, Kind.UPDATE: _update}

_OPERATION: Schema = {
    "type": "object",
    "description": "what to do with one file",
    "properties": {
        "type": {"enum": list(_OPERATIONS)},
        "path": {"type": "string", "minLength": 1},
        "diff": {"type": ["string", "null"]},
        "move_to": {"type": ["string", "null"]},
    },
    "required": ["type", "path"],
}

APPLY_PATCH = Tool(
    "apply_patch",
    "Change files of the sandbox with a patch: *** Begin Patch, then *** Add File: PATH, *** Delete File: PATH or "
    "*** Update File: PATH with hunks (@@, context, - and + lines), then *** End Patch. All of it happens, or nothing.",
    {"input": text("the patch", minLength=1)},
    apply_patch,
    changes=True,
)
APPLY_OPERATION = Tool(
    "apply_patch",
    "Change a file of the sandbox with a patch.",
    {"operation": _OPERATION},
    apply_operation,
    changes=True,
    vendor={"type": "apply_patch"},
)
REPLACED = ("sandbox_fs_write", "sandbox_fs_edit")
"""Our tools that do what these do."""
