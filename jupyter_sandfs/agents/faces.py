"""What this layer adds to a sandbox: `tools`, `race` and `transcript`."""

from __future__ import annotations

from typing import Any

from jupyter_sandfs.agents.race import race
from jupyter_sandfs.agents.toolset import Toolset
from jupyter_sandfs.agents.transcript import transcript_of
from jupyter_sandfs.sandbox import Sandbox
from jupyter_sandfs.vfs.views.view import ViewRule
from jupyter_sandfs.workplace import SandboxView


def register() -> None:
    """Add the faces to every sandbox."""
    Sandbox.faces |= {"tools": tools, "race": race, "transcript": transcript_of}


def tools(
    sandbox: Sandbox, view: ViewRule | SandboxView | str | None = None, *, agent: str = "agent", **options: Any
) -> Toolset:
    """Give a sandbox as tools for a language model.

    Args:
        view: what the agent sees: a rule, a view of the sandbox, or the name of one; all of it if not given.
        agent: who acts, in the journal. Give each agent a name of its own: what one did is then told from what others
            did, and `undo` takes back only that.
        options: as `Toolset`.

    Raises:
        NotFound: no view has this name.
        InvalidRequest: as `Toolset`.
    """
    if view is None:
        return Toolset(sandbox, agent, **options)
    if isinstance(view, str):
        return Toolset(sandbox.view_named(view), agent, **options)
    seen = view if isinstance(view, SandboxView) else sandbox.view(view, actor=agent)
    return Toolset(seen, agent, **options)
