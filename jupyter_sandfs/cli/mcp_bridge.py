"""A client on standard input and output, and the MCP route of a Jupyter server: messages go from one to the other."""

from __future__ import annotations

from typing import Any

import anyio
import httpx2
from mcp.client.streamable_http import streamable_http_client
from mcp.server.stdio import stdio_server
from mcp.shared.inbound import (
    MCP_METHOD_HEADER,
    MCP_NAME_HEADER,
    MCP_PROTOCOL_VERSION_HEADER,
    NAME_BEARING_METHODS,
    encode_header_value,
)
from mcp.shared.message import ClientMessageMetadata, SessionMessage
from mcp.types import PROTOCOL_VERSION_META_KEY

from jupyter_sandfs.client import unexplained
from jupyter_sandfs.errors import ServerUnreachable

_LET_IN = frozenset({200, 202, 400})
_TIMEOUT = httpx2.Timeout(30, read=None)  # a tool may take long, and a stream is silent for long


async def bridge(url: str, token: str | None) -> None:
    """Pass on messages until the client goes.

    Args:
        url: of the route, with its query.

    Raises:
        ServerUnreachable: there is no such route, or it lets nobody in with this token.
    """
    headers = {"Authorization": f"token {token}"} if token else {}
    async with httpx2.AsyncClient(headers=headers, timeout=_TIMEOUT) as http:
        await _check(http, url)
        await _connect(http, url)


async def _check(http: httpx2.AsyncClient, url: str) -> None:
    """Ask for what is no message: a client would not be told why nothing is answered, a terminal is."""
    try:
        answer = await http.post(url, json={}, headers={"Accept": "application/json, text/event-stream"})
    except httpx2.TransportError as problem:
        raise ServerUnreachable(f"the server does not answer: {type(problem).__name__}") from problem
    if answer.status_code not in _LET_IN:
        raise unexplained(answer.status_code)


async def _connect(http: httpx2.AsyncClient, url: str) -> None:
    async with (
        stdio_server() as (inward, outward),
        streamable_http_client(url, http_client=http) as (answers, questions),
        anyio.create_task_group() as group,
    ):
        group.start_soon(_pass_back, answers, outward)
        async for message in inward:
            if isinstance(message, SessionMessage):  # what is no message was told by the SDK already
                await questions.send(SessionMessage(message.message, ClientMessageMetadata(headers=_headers(message))))
        group.cancel_scope.cancel()


async def _pass_back(answers: Any, outward: Any) -> None:
    async for message in answers:
        if isinstance(message, SessionMessage):
            await outward.send(message)


def _headers(message: SessionMessage) -> dict[str, str]:
    """What the newer protocol wants to see beside a message over HTTP; the older ones have nothing to say there."""
    given = message.message.model_dump(by_alias=True, mode="json")
    params = given.get("params") or {}
    version = (params.get("_meta") or {}).get(PROTOCOL_VERSION_META_KEY)
    if not isinstance(version, str):
        return {}
    told = {MCP_PROTOCOL_VERSION_HEADER: version, MCP_METHOD_HEADER: given["method"]}
    name = params.get(NAME_BEARING_METHODS.get(given["method"], ""))
    return told | {MCP_NAME_HEADER: encode_header_value(name)} if isinstance(name, str) else told
