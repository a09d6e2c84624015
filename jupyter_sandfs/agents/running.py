"""Tools that run something: the shell, and snippets of Python."""

from __future__ import annotations

from collections.abc import Iterable

from jupyter_sandfs.agents import sizes
from jupyter_sandfs.agents.answers import ToolResult
from jupyter_sandfs.agents.desk import Desk
from jupyter_sandfs.agents.tool import Tool, text
from jupyter_sandfs.vfs.actions import Change

_NAMED = 50  # changed paths that a text names


def execute(desk: Desk, command: str) -> ToolResult:
    result = desk.run(command)
    return _outcome(desk, result.stdout, result.stderr, result.exit_code, result.changes, truncated=result.truncated)


def python(desk: Desk, code: str) -> ToolResult:
    result = desk.python(code)
    output = result.stdout + (f"{result.shown}\n" if result.shown is not None else "")
    return _outcome(desk, output, result.stderr, result.exit_code, result.changes, truncated=result.truncated)


def _outcome(
    desk: Desk, stdout: str, stderr: str, exit_code: int, changes: Iterable[Change], *, truncated: bool
) -> ToolResult:
    changed = [f"{each.kind} {each.path}" for each in changes]
    parts = [stdout.removesuffix("\n"), stderr.removesuffix("\n")]
    if exit_code:
        parts.append(f"[exit code {exit_code}]")
    if truncated:
        parts.append("[the output was cut: it was longer than the shell keeps]")
    body = sizes.shortened("\n".join(filter(None, parts)), desk.tokens, "redirect the output to a file and read that")
    told = [body] if body else []
    if changed:
        more = f" and {len(changed) - _NAMED} more" if len(changed) > _NAMED else ""
        told.append(f"[changed: {', '.join(changed[:_NAMED])}{more}]")
    data = {"ok": exit_code == 0, "stdout": stdout, "stderr": stderr, "exit_code": exit_code, "changes": changed}
    return ToolResult("\n".join(told) or "[no output]", data)


TOOLS = (
    Tool(
        "sandbox_exec",
        "Run a bash command line in the sandbox: pipes, loops, redirections, and the usual tools (ls cat grep rg sed "
        "awk jq sort find tar diff …). Directory and variables stay from one call to the next. No network, no programs "
        "of the host.",
        {"command": text("the command line, or a script", minLength=1, maxLength=1_000_000)},
        execute,
        changes=True,
        runs=True,
    ),
    Tool(
        "sandbox_python",
        "Run a snippet in a subset of Python over the sandbox's files (open, pathlib, json, re; no numpy or pandas, no "
        "classes of your own). What it prints, and the value of its last line, is the answer. Nothing stays from one "
        "call to the next.",
        {"code": text("the snippet", minLength=1, maxLength=1_000_000)},
        python,
        changes=True,
        runs=True,
    ),
)
