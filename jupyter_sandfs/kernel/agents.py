"""What agents that come through the server find in this kernel: their tools, and the files as these see them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from jupyter_sandfs.agents.service import Body, Service
from jupyter_sandfs.errors import InvalidRequest
from jupyter_sandfs.rpc.dispatcher import Dispatcher
from jupyter_sandfs.workplace import Workplace

_LOOKING = frozenset({"changes", "entries", "read", "search"})


def serve_agents(dispatcher: Dispatcher, find: Callable[[str, str | None], Workplace]) -> None:
    """Let a dispatcher answer agents.

    Args:
        find: gives what a sandbox, and the name of a view of it, share with the server. Raises NotFound.
    """
    service = Service(find)

    def files(
        sandbox: str, view: str | None, body: Body, agent: str, seat: str, op: str, arguments: dict[str, Any]
    ) -> Any:
        """An operation on files that changes nothing, within the agent's rules. Raises InvalidRequest."""
        if op not in _LOOKING:
            raise InvalidRequest(f"agents change files by their tools alone: {op[:100]}")
        return dispatcher.perform(op, service.files(sandbox, view, agent, seat), body, arguments)

    for name, handler in {**service.operations(), "agent_files": files}.items():
        dispatcher.register_by_name(name, handler)
