"""Whatever comes to the route of MCP: no server error, no exception that nobody foresaw, and it goes on."""

from __future__ import annotations

import json
import random

import pytest

from jupyter_sandfs.agents.mcp import PROMPTS
from jupyter_sandfs.agents.toolset import TOOLS
from jupyter_sandfs.sandbox import Sandbox

SEEDS = 4
REQUESTS = 60
VERSIONS = ["2025-11-25", "2025-06-18", "2024-11-05", "2026-07-28", "2099-01-01", "", "é", "x" * 5000]
METHODS = [
    *("initialize", "ping", "server/discover", "tools/list", "tools/call", "resources/list", "resources/read"),
    *("resources/templates/list", "resources/subscribe", "resources/unsubscribe", "prompts/list", "prompts/get"),
    *("completion/complete", "notifications/initialized", "notifications/cancelled", "logging/setLevel", "no/such", ""),
]
TEXTS = [
    "",
    "/",
    "/a",
    "..",
    "a\0b",
    "\ud800",
    "é" * 300,
    "x" * 70_000,
    "sandfs:///a",
    "sandfs:///%ff",
    "file:///etc",
    *TOOLS,
]
ARGUMENTS = ["path", "content", "command", "pattern", "code", "source", "destination", "since", "sandbox_id"]
VALUES = [None, True, -1, 0, 2**70, 1.5, float("nan"), float("inf"), [], {}, ["x"], *TEXTS]
NAMES = [
    *("name", "arguments", "uri", "cursor", "path", "content", "command", "ref", "argument", "value", "type", "_meta"),
    *("protocolVersion", "capabilities", "clientInfo", "version", "progressToken", "requestId", "level", "sandbox_id"),
    *("io.modelcontextprotocol/protocolVersion", "io.modelcontextprotocol/clientCapabilities"),
]


@pytest.fixture
def sandbox(kernels, tmp_path):
    made = Sandbox("fuzzed", store_url=(tmp_path / "files").as_uri())
    made.fs.write_file("/a", "1\n")
    kernels.share("k1", made)
    yield made
    made.close()


def any_value(chance, depth=3):
    if depth and chance.random() < 0.6:
        return {chance.choice(NAMES): any_value(chance, depth - 1) for _ in range(chance.randint(0, 4))}
    return chance.choice(VALUES)


def any_params(chance, method):
    """Often what the method takes, with values by chance."""
    text, value = chance.choice(TEXTS), chance.choice(VALUES)
    likely = {
        "tools/call": {
            "name": chance.choice(list(TOOLS)),
            "arguments": {name: chance.choice(VALUES) for name in ARGUMENTS if chance.random() < 0.5},
        },
        "resources/list": {"cursor": text},
        "resources/read": {"uri": text},
        "resources/subscribe": {"uri": text},
        "resources/unsubscribe": {"uri": text},
        "prompts/get": {"name": chance.choice([*PROMPTS, text]), "arguments": {"path": text, "since": text}},
        "completion/complete": {
            "ref": {"type": "ref/prompt", "name": chance.choice([*PROMPTS, text])},
            "argument": {"name": "path", "value": text},
        },
        "notifications/cancelled": {"requestId": value},
    }
    return any_value(chance) if chance.random() < 0.2 else likely.get(method, {})


def any_message(chance):
    method = chance.choice(METHODS)
    message = {"jsonrpc": "2.0", "id": chance.randint(1, 9), "method": method, "params": any_params(chance, method)}
    if chance.random() < 0.1:
        message[chance.choice(list(message))] = any_value(chance)
    if chance.random() < 0.05:
        del message[chance.choice(list(message))]
    return message


def any_body(chance):
    made = json.dumps(any_message(chance)).encode()
    if chance.random() < 0.05:
        made = made[: chance.randint(0, len(made))]
    return (
        chance.choice([b"\xff", b"null", b"[" * 5000, b"1" * 5000, b"[" + made + b"]"])
        if chance.random() < 0.05
        else made
    )


def any_headers(chance, session):
    likely = {
        "Accept": "application/json, text/event-stream",
        "Content-Type": "application/json",
        "Mcp-Session-Id": session,
    }
    rare = {
        "Mcp-Session-Id": chance.choice(["x", "é", "x" * 500]),
        "Mcp-Protocol-Version": chance.choice(VERSIONS),
        "Mcp-Method": chance.choice(METHODS),
        "Mcp-Name": chance.choice(["a", "sandbox_fs_list"]),
        "Accept": chance.choice(["*/*", "text/html", "application/json"]),
        "Content-Type": chance.choice(["text/plain", "application/json; charset=utf-16"]),
        "Last-Event-ID": "1",
    }
    return likely | {name: each for name, each in rare.items() if chance.random() < 0.03}


@pytest.mark.parametrize("seed", range(SEEDS))
async def test_no_message_breaks_the_server(fetch, sandbox, caplog, seed):
    chance = random.Random(seed)
    hello = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}}
    opening = {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": hello}
    both = {"Accept": "application/json, text/event-stream", "Content-Type": "application/json"}

    async def post(body, headers):
        return await fetch("mcp", method="POST", body=body, headers=headers, request_timeout=60)

    session = (await post(json.dumps(opening), dict(both))).headers["Mcp-Session-Id"]
    for _ in range(REQUESTS):
        body, headers = any_body(chance), any_headers(chance, session)
        answer = await post(body, headers)
        assert answer.status < 500, (body, headers)
        assert b"Traceback" not in answer.body, (body, headers)
    given = {"name": "sandbox_fs_read", "arguments": {"path": "/a"}}
    last = {"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": given}
    answer = await post(json.dumps(last), both | {"Mcp-Session-Id": session})

    assert b'"isError"' in answer.body
    assert errors(caplog) == []


def errors(caplog):
    """What was logged as an error, but for what Jupyter says of bad requests, and the end of a helper of SSE."""
    found = [each for each in caplog.records if each.levelname in {"ERROR", "CRITICAL"} and each.name != "ServerApp"]
    return [each.getMessage() for each in found if "_shutdown_watcher" not in each.getMessage()]
