"""A sandbox for clients of the Model Context Protocol, through the official SDK (the extra `mcp`)."""

from __future__ import annotations

from jupyter_sandfs.errors import Unsupported

try:
    import mcp  # noqa: F401  only whether it is there
except ImportError:
    raise Unsupported("this needs the MCP SDK: pip install 'jupyter-sandfs[mcp]'") from None

from jupyter_sandfs.agents.mcp.prompts import PROMPTS
from jupyter_sandfs.agents.mcp.server import McpServer, serve
from jupyter_sandfs.agents.mcp.source import File, Page, Source, Touched, path_of, uri_of

__all__ = ["PROMPTS", "File", "McpServer", "Page", "Source", "Touched", "path_of", "serve", "uri_of"]
