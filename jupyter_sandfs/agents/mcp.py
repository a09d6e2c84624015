"""A sandbox as an MCP server: its tools, its files as resources with subscriptions, and prompts for common tasks.

Speaks through the official SDK, so that clients of all its protocol versions are served. Calls run in threads: the
server answers others meanwhile.
"""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote

from jupyter_sandfs import __version__, paths
from jupyter_sandfs.agents.answers import refusal
from jupyter_sandfs.agents.reading import is_binary
from jupyter_sandfs.agents.toolset import Toolset
from jupyter_sandfs.errors import InvalidPath, SandfsError, Unsupported
from jupyter_sandfs.filestore import content_types

try:
    from mcp import types
    from mcp.server.lowlevel import Server
    from mcp.server.stdio import stdio_server
    from mcp.server.subscriptions import InMemorySubscriptionBus, ListenHandler
    from mcp.shared.exceptions import MCPError
    from mcp.shared.subscriptions import ResourcesListChanged, ResourceUpdated, ServerEvent
except ImportError:
    raise Unsupported("this needs the MCP SDK: pip install 'jupyter-sandfs[mcp]'") from None

if TYPE_CHECKING:
    from jupyter_sandfs.vfs.journal import Change
    from jupyter_sandfs.workplace import Workplace

SCHEME = "sandfs"
_PAGE = 500
_INVALID_PARAMS = -32602
_NOT_FOUND = -32002
_INSTRUCTIONS = (
    "A sandboxed file system with a bash shell. Paths are absolute, such as /data/a.csv. Nothing here touches the disk "
    "or the network of the machine. Bring files in with sandbox_stage_file, hand results out with sandbox_publish_file."
)
PROMPTS = {
    "explore": "Look around in the sandbox: list its directories, read what explains them, and say in a few sentences "
    "what is there and what it is for.",
    "summarize_changes": "Say what changed in the sandbox since the snapshot {since}, with sandbox_diff, grouped by "
    "what the changes are for.",
    "analyze": "Analyze the file {path} in the sandbox: its structure, its main figures and what is remarkable. Write "
    "the result to {path}.md and publish that file.",
}
_ARGUMENTS = {"summarize_changes": ("since",), "analyze": ("path",)}


class McpServer:
    """Serves one agent's tools.

    Args:
        whole: the sandbox, or the view of it, that is served.
        agent: who acts, in the journal.
        options: as `Toolset`.
    """

    def __init__(self, whole: Workplace, agent: str = "mcp", **options: Any) -> None:
        self._tools = Toolset(whole, agent, dialect="mcp", **options)
        self._fs = self._tools.desk.fs
        self._bus = InMemorySubscriptionBus()
        self.server: Server[dict[str, Any]] = Server(
            "jupyter_sandfs",
            version=__version__,
            instructions=_INSTRUCTIONS,
            lifespan=self._watching,
            on_list_tools=self._list_tools,
            on_call_tool=self._call_tool,
            on_list_resources=self._list_resources,
            on_list_resource_templates=self._list_templates,
            on_read_resource=self._read_resource,
            on_list_prompts=self._list_prompts,
            on_get_prompt=self._get_prompt,
            on_subscriptions_listen=ListenHandler(self._bus),
        )

    async def serve_stdio(self) -> None:
        """Serve one client on standard input and output, until it goes."""
        async with stdio_server() as (read, write):
            await self.server.run(read, write, self.server.create_initialization_options())

    # ------------------------------------------------------------ tools

    async def _list_tools(self, _context: Any, _params: Any) -> types.ListToolsResult:
        return types.ListToolsResult(tools=[types.Tool.model_validate(each) for each in self._tools.schemas])

    async def _call_tool(self, _context: Any, params: types.CallToolRequestParams) -> types.CallToolResult:
        answer = await asyncio.to_thread(self._tools.call, params.name, params.arguments)
        return types.CallToolResult(
            content=[types.TextContent(type="text", text=answer.text)],
            structured_content=answer.data,
            is_error=answer.is_error,
        )

    # ------------------------------------------------------------ files

    async def _list_resources(self, _context: Any, params: Any) -> types.ListResourcesResult:
        after = params.cursor if params is not None else None
        found, more = await asyncio.to_thread(self._page, after)
        return types.ListResourcesResult(resources=found, next_cursor=found[-1].uri if more else None)

    def _page(self, after: str | None) -> tuple[list[types.Resource], bool]:
        start = path_of(after) if after else ""
        every = sorted(paths.join(top, name) for top, _, names in self._fs.walk() for name in names)
        chosen = [path for path in every if path > start][: _PAGE + 1]
        return [self._resource(path) for path in chosen[:_PAGE]], len(chosen) > _PAGE

    def _resource(self, path: str) -> types.Resource:
        entry = self._fs.get_entry(path)
        size = entry.stat.size if entry is not None and not entry.stat.dynamic else None
        return types.Resource(uri=uri_of(path), name=path, mime_type=content_types.guess(paths.name(path)), size=size)

    async def _list_templates(self, _context: Any, _params: Any) -> types.ListResourceTemplatesResult:
        template = types.ResourceTemplate(
            uri_template=f"{SCHEME}:///{{+path}}", name="file", description="a file of the sandbox by its path"
        )
        return types.ListResourceTemplatesResult(resource_templates=[template])

    async def _read_resource(self, _context: Any, params: types.ReadResourceRequestParams) -> types.ReadResourceResult:
        try:
            path = path_of(params.uri)
            content = await asyncio.to_thread(self._fs.read_bytes, path)
        except SandfsError as problem:
            raise MCPError(_NOT_FOUND, refusal(problem, self._fs).text) from None
        kind = content_types.guess(paths.name(path))
        if is_binary(content):
            blob = base64.standard_b64encode(content).decode("ascii")
            return types.ReadResourceResult(
                contents=[types.BlobResourceContents(uri=params.uri, mime_type=kind, blob=blob)]
            )
        text = types.TextResourceContents(uri=params.uri, mime_type=kind, text=content.decode())
        return types.ReadResourceResult(contents=[text])

    @asynccontextmanager
    async def _watching(self, _server: Any) -> AsyncIterator[dict[str, Any]]:
        """Tell subscribers what changes, while there are any."""
        loop = asyncio.get_running_loop()

        def tell(changes: list[Change]) -> None:
            for event in _events(changes):
                asyncio.run_coroutine_threadsafe(self._bus.publish(event), loop)

        with self._fs.watch(callback=tell):
            yield {}

    # ------------------------------------------------------------ prompts

    async def _list_prompts(self, _context: Any, _params: Any) -> types.ListPromptsResult:
        return types.ListPromptsResult(prompts=[_prompt(name) for name in PROMPTS])

    async def _get_prompt(self, _context: Any, params: types.GetPromptRequestParams) -> types.GetPromptResult:
        given = params.arguments or {}
        needed = _ARGUMENTS.get(params.name, ())
        if params.name not in PROMPTS or not set(needed) <= set(given):
            raise MCPError(_INVALID_PARAMS, f"no such prompt, or it lacks one of its arguments: {params.name!r:.100}")
        text = PROMPTS[params.name].format(**{name: given[name] for name in needed})
        message = types.PromptMessage(role="user", content=types.TextContent(type="text", text=text))
        return types.GetPromptResult(messages=[message])


def uri_of(path: str) -> str:
    """The address of a file."""
    return f"{SCHEME}://{quote(path)}"


def path_of(uri: str) -> str:
    """The path that an address names. Raises InvalidPath for an address of something else."""
    scheme, found, rest = uri.partition("://")
    if not found or scheme != SCHEME or not rest.startswith("/"):
        raise InvalidPath(uri[:200], f"a file of the sandbox is {SCHEME}:///path")
    return paths.normalize(unquote(rest))


def _events(changes: list[Change]) -> list[ServerEvent]:
    named = [each for change in changes for each in (change.path, change.source) if each is not None]
    updated: list[ServerEvent] = [ResourceUpdated(uri=uri_of(each)) for each in dict.fromkeys(named)]
    came_or_went = any(change.kind != "changed" for change in changes)
    return [*updated, ResourcesListChanged()] if came_or_went else updated


def _prompt(name: str) -> types.Prompt:
    arguments = [types.PromptArgument(name=each, required=True) for each in _ARGUMENTS.get(name, ())]
    return types.Prompt(name=name, title=name.replace("_", " "), arguments=arguments)
