"""A sandbox as an MCP server: its tools, its files as resources with subscriptions, and prompts for common tasks.

Speaks through the official SDK, so that clients of all its protocol versions are served.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from mcp import types
from mcp.server.lowlevel import NotificationOptions, Server
from mcp.server.stdio import stdio_server
from mcp.shared.exceptions import MCPError

from jupyter_sandfs import __version__, paths
from jupyter_sandfs.agents.answers import ToolResult
from jupyter_sandfs.agents.mcp import prompts
from jupyter_sandfs.agents.mcp.audience import Audiences, Subscriptions
from jupyter_sandfs.agents.mcp.source import SCHEME, File, LocalSource, Source, path_of, uri_of
from jupyter_sandfs.agents.reading import is_binary
from jupyter_sandfs.agents.toolset import Toolset
from jupyter_sandfs.errors import InvalidPath, NotFound, SandfsError
from jupyter_sandfs.filestore import content_types

if TYPE_CHECKING:
    from mcp.server.connection import Connection

    from jupyter_sandfs.workplace import Workplace

_INVALID_PARAMS, _INTERNAL, _NOT_FOUND = -32602, -32603, -32002
_MOST_COMPLETED = 100  # of the protocol
_SUBSCRIPTIONS = "jupyter_sandfs"  # in the state of a connection
_INSTRUCTIONS = (
    "A sandboxed file system with a bash shell. Paths are absolute, such as /data/a.csv. Nothing here touches the disk "
    "or the network of the machine. Bring files in with sandbox_stage_file, hand results out with sandbox_publish_file."
)


class McpServer:
    """Serves one agent's tools.

    Args:
        whole: the sandbox, or the view of it, that is served.
        agent: who acts, in the journal.
        options: as `Toolset`.

    Attributes:
        server: a server of the SDK.
    """

    def __init__(self, whole: Workplace, agent: str = "mcp", **options: Any) -> None:
        source = LocalSource(Toolset(whole, agent, dialect="mcp", **options))
        self.server = serve(lambda _request: source)

    async def serve_stdio(self) -> None:
        """Serve one client on standard input and output, until it goes."""
        await serve_stdio(self.server)


def serve(source_of: Callable[[Any], Source]) -> Server[dict[str, Any]]:
    """Make a server of the SDK.

    Args:
        source_of: gives what a request is about: it gets the transport's request (of Starlette; None on a stream).
    """
    handlers = _Handlers(source_of)
    made: Server[dict[str, Any]] = Server(
        "jupyter_sandfs",
        version=__version__,
        instructions=_INSTRUCTIONS,
        get_tool_input_schema=lambda _name: None,  # no argument stands in a header: nothing to look up at each call
        on_list_tools=handlers.list_tools,
        on_call_tool=handlers.call_tool,
        on_list_resources=handlers.list_resources,
        on_list_resource_templates=handlers.list_templates,
        on_read_resource=handlers.read_resource,
        on_subscribe_resource=handlers.subscribe,
        on_unsubscribe_resource=handlers.unsubscribe,
        on_subscriptions_listen=handlers.listen,
        on_list_prompts=handlers.list_prompts,
        on_get_prompt=handlers.get_prompt,
        on_completion=handlers.complete,
    )
    return made


async def serve_stdio(server: Server[dict[str, Any]]) -> None:
    """Serve one client on standard input and output, until it goes."""
    options = server.create_initialization_options(NotificationOptions(resources_changed=True))
    async with stdio_server() as (read, write):
        await server.run(read, write, options)


class _Handlers:
    """Answers requests; what goes wrong with a source becomes an error of the protocol, in words."""

    def __init__(self, source_of: Callable[[Any], Source]) -> None:
        self._source_of = source_of
        self._audiences = Audiences()

    # ------------------------------------------------------------ tools

    async def list_tools(self, context: Any, _params: Any) -> types.ListToolsResult:
        try:
            schemas = await self._source_of(context.request).schemas()
        except SandfsError as problem:
            raise _told(problem) from None
        return types.ListToolsResult(tools=[types.Tool.model_validate(each) for each in schemas])

    async def call_tool(self, context: Any, params: types.CallToolRequestParams) -> types.CallToolResult:
        try:
            answer = await self._source_of(context.request).call(params.name, params.arguments)
        except SandfsError as problem:
            answer = ToolResult(str(problem), {"ok": False, "error": str(problem), "code": problem.code}, is_error=True)
        return types.CallToolResult(
            content=[types.TextContent(type="text", text=_writable(answer.text))],
            structured_content=_writable(answer.data),
            is_error=answer.is_error,
        )

    # ------------------------------------------------------------ files

    async def list_resources(self, context: Any, params: Any) -> types.ListResourcesResult:
        after = params.cursor if params is not None else None
        try:
            page = await self._source_of(context.request).files(path_of(after) if after else None)
        except SandfsError as problem:
            raise _told(problem) from None
        following = uri_of(page.after) if page.after is not None else None
        return types.ListResourcesResult(resources=[_resource(each) for each in page.files], next_cursor=following)

    async def list_templates(self, _context: Any, _params: Any) -> types.ListResourceTemplatesResult:
        template = types.ResourceTemplate(
            uri_template=f"{SCHEME}:///{{+path}}", name="file", description="a file of the sandbox by its path"
        )
        return types.ListResourceTemplatesResult(resource_templates=[template])

    async def read_resource(self, context: Any, params: types.ReadResourceRequestParams) -> types.ReadResourceResult:
        try:
            path = path_of(params.uri)
            content = await self._source_of(context.request).read(path)
        except SandfsError as problem:
            raise _told(problem) from None
        return types.ReadResourceResult(contents=[_contents(params.uri, path, content)])

    # ------------------------------------------------------------ changes of files

    async def listen(
        self, context: Any, params: types.SubscriptionsListenRequestParams
    ) -> types.SubscriptionsListenResult:
        try:
            async with self._audiences.joined(self._source_of(context.request)) as audience:
                return await audience.listen(context, params)
        except SandfsError as problem:
            raise _told(problem) from None

    async def subscribe(self, context: Any, params: types.SubscribeRequestParams) -> types.EmptyResult:
        try:
            path_of(params.uri)
            (await self._subscriptions(context)).add(params.uri)
        except SandfsError as problem:
            raise _told(problem) from None
        return types.EmptyResult()

    async def unsubscribe(self, context: Any, params: types.UnsubscribeRequestParams) -> types.EmptyResult:
        known: Subscriptions | None = _connection(context).state.get(_SUBSCRIPTIONS)
        if known is not None:
            known.remove(params.uri)
        return types.EmptyResult()

    async def _subscriptions(self, context: Any) -> Subscriptions:
        """Those of the session, which end with it."""
        connection = _connection(context)
        known: Subscriptions | None = connection.state.get(_SUBSCRIPTIONS)
        if known is not None:
            return known
        audience = await connection.exit_stack.enter_async_context(
            self._audiences.joined(self._source_of(context.request))
        )
        made: Subscriptions = connection.state.setdefault(_SUBSCRIPTIONS, Subscriptions(connection))
        audience.admit(made)
        connection.exit_stack.callback(audience.dismiss, made)
        return made

    # ------------------------------------------------------------ prompts, and completing what they take

    async def list_prompts(self, _context: Any, _params: Any) -> types.ListPromptsResult:
        return types.ListPromptsResult(prompts=prompts.listed())

    async def get_prompt(self, _context: Any, params: types.GetPromptRequestParams) -> types.GetPromptResult:
        text = prompts.filled(params.name, params.arguments or {})
        if text is None:
            raise MCPError(_INVALID_PARAMS, f"no such prompt, or it lacks one of its arguments: {params.name!r:.100}")
        message = types.PromptMessage(role="user", content=types.TextContent(type="text", text=_writable(text)))
        return types.GetPromptResult(messages=[message])

    async def complete(self, context: Any, params: types.CompleteRequestParams) -> types.CompleteResult:
        """Complete paths; nothing is offered for anything else."""
        found: list[str] = []
        if params.argument.name == "path":
            rooted = isinstance(params.ref, types.PromptReference)
            found = await self._paths(self._source_of(context.request), params.argument.value, rooted=rooted)
        shown = types.Completion(
            values=found[:_MOST_COMPLETED], total=len(found), has_more=len(found) > _MOST_COMPLETED
        )
        return types.CompleteResult(completion=shown)

    async def _paths(self, source: Source, begun: str, *, rooted: bool) -> list[str]:
        """The paths that begin so, as they are written: with a slash first if `rooted`, else without."""
        directory, _, name = begun.rpartition("/")
        head = f"{directory}/" if directory or begun.startswith("/") else ("/" if rooted else "")
        try:
            names = await source.names(f"/{directory.lstrip('/')}")
        except SandfsError:
            return []
        return [f"{head}{each}" for each in names if each.startswith(name)]


def _connection(context: Any) -> Connection:
    connection: Connection = context.session._connection  # noqa: SLF001  the SDK gives handlers no other way to it
    return connection


def _resource(file: File) -> types.Resource:
    kind = content_types.guess(paths.name(file.path))
    return types.Resource(uri=uri_of(file.path), name=file.path, mime_type=kind, size=file.size)


def _contents(uri: str, path: str, content: bytes) -> types.TextResourceContents | types.BlobResourceContents:
    kind = content_types.guess(paths.name(path))
    if is_binary(content):
        blob = base64.standard_b64encode(content).decode("ascii")
        return types.BlobResourceContents(uri=uri, mime_type=kind, blob=blob)
    return types.TextResourceContents(uri=uri, mime_type=kind, text=content.decode())


def _told(problem: SandfsError) -> MCPError:
    """An error of ours as one of the protocol."""
    if isinstance(problem, NotFound):
        return MCPError(_NOT_FOUND, _writable(f"file not found: {problem.path}"))
    code = _INVALID_PARAMS if isinstance(problem, InvalidPath) else _INTERNAL
    return MCPError(code, _writable(str(problem)))


def _writable(value: Any) -> Any:
    """A JSON value as UTF-8 can write it: a lone surrogate in a text would break the whole message."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, dict):
        return {_writable(name): _writable(each) for name, each in value.items()}
    return [_writable(each) for each in value] if isinstance(value, list) else value
