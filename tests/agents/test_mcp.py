"""A sandbox over MCP, used by the official SDK's own client."""

from __future__ import annotations

import asyncio
import sys
from contextlib import asynccontextmanager

import pytest
from mcp import Client, StdioServerParameters
from mcp.shared.exceptions import MCPError

from jupyter_sandfs.agents.mcp import PROMPTS, McpServer
from jupyter_sandfs.agents.toolset import TOOLS
from jupyter_sandfs.vfs.policy import NodePolicy
from jupyter_sandfs.vfs.views.view import VisibilityView

PATIENCE = 60  # seconds: bounds what normally takes a moment


@pytest.fixture
def served(sandbox):
    @asynccontextmanager
    async def connect(whole=sandbox, **options):
        async with Client(McpServer(whole, "bob", **options).server) as client:
            yield client

    return connect


async def until_updated(subscription):
    async for event in subscription:
        yield event
        if type(event).__name__ == "ResourceUpdated":
            return


def run(work):
    return asyncio.run(asyncio.wait_for(work, PATIENCE))


def test_the_tools_are_listed_and_called(served, sandbox):
    async def work():
        async with served() as client:
            listed = await client.list_tools()
            written = await client.call_tool("sandbox_fs_write", {"path": "/a", "content": "1\n"})
            missing = await client.call_tool("sandbox_fs_read", {"path": "/b"})
            return listed, written, missing

    listed, written, missing = run(work())

    assert [tool.name for tool in listed.tools] == list(TOOLS)
    assert (written.content[0].text, written.structured_content["version"]) == ("created /a: 2 bytes, version 1", 1)
    assert (missing.is_error, missing.content[0].text) == (True, "file not found: /b")
    assert [record.actor for record in sandbox.journal] == ["bob"]


def test_files_are_resources(served, sandbox):
    sandbox.fs.write_file("/data/with space.csv", "a,b\n")
    sandbox.fs.write_bytes("/pic.png", b"\x89PNG\0")

    async def work():
        async with served() as client:
            listed = (await client.list_resources()).resources
            read = [(await client.read_resource(each.uri)).contents[0] for each in listed]
            with pytest.raises(MCPError, match="file not found: /none"):
                await client.read_resource("sandfs:///none")
            with pytest.raises(MCPError, match="a file of the sandbox is sandfs:///path"):
                await client.read_resource("file:///etc/passwd")
            return listed, read

    listed, read = run(work())

    assert [(each.uri, each.mime_type, each.size) for each in listed] == [
        ("sandfs:///data/with%20space.csv", "text/csv", 4),
        ("sandfs:///pic.png", "image/png", 5),
    ]
    assert (read[0].text, read[1].blob) == ("a,b\n", "iVBORwA=")


def test_many_files_come_in_pages(served, sandbox):
    for number in range(1203):
        sandbox.fs.write_bytes(f"/f/{number:04}", b"")

    async def work():
        async with served() as client:
            pages, cursor = [], None
            while cursor is not None or not pages:
                page = await client.list_resources(cursor=cursor)
                pages.append([each.name for each in page.resources])
                cursor = page.next_cursor
            return pages

    pages = run(work())

    assert [len(page) for page in pages] == [500, 500, 203]
    assert [name for page in pages for name in page] == [f"/f/{number:04}" for number in range(1203)]


def test_who_listens_hears_of_changes(served, sandbox):
    async def work():
        async with served() as client:
            listening = client.listen(resources_list_changed=True, resource_subscriptions=["sandfs:///a"])
            async with listening as subscription:
                await asyncio.to_thread(sandbox.fs.write_file, "/other", "x")
                await asyncio.to_thread(sandbox.fs.write_file, "/a", "x")
                events = [event async for event in until_updated(subscription)]
                return events[-1].uri

    assert run(work()) == "sandfs:///a"


def test_prompts_are_filled(served):
    async def work():
        async with served() as client:
            listed = await client.list_prompts()
            filled = await client.get_prompt("analyze", {"path": "/a.csv"})
            with pytest.raises(MCPError, match="no such prompt"):
                await client.get_prompt("analyze", {})
            return listed, filled

    listed, filled = run(work())

    assert [prompt.name for prompt in listed.prompts] == list(PROMPTS)
    assert "/a.csv.md" in filled.messages[0].content.text


def test_a_view_is_served_as_it_sees(served, sandbox):
    sandbox.fs.write_file("/secret/key", "xyzzy")
    sandbox.fs.write_file("/open", "1")
    sandbox.fs.set_policy("/secret", NodePolicy(visibility="private"))

    async def work():
        async with served(sandbox.view(VisibilityView({"public"}), actor="bob")) as client:
            listed = (await client.list_resources()).resources
            with pytest.raises(MCPError, match="file not found: /secret/key"):
                await client.read_resource("sandfs:///secret/key")
            said = await client.call_tool("sandbox_exec", {"command": "find / ; cat /secret/key"})
            return [each.name for each in listed], said.content[0].text

    names, said = run(work())

    assert names == ["/open"]
    assert "xyzzy" not in said


def test_the_command_serves_on_standard_input_and_output(tmp_path):
    command = ["-m", "jupyter_sandfs", "mcp", "--storage", f"sqlite:///{tmp_path}/kept.sqlite", "--agent", "ann"]
    server = StdioServerParameters(command=sys.executable, args=command)

    async def work(call, arguments):
        async with Client(server) as client:
            return (await client.call_tool(call, arguments)).content[0].text

    assert run(work("sandbox_exec", {"command": "echo kept > /a"})) == "[changed: added /a]"
    assert run(work("sandbox_fs_read", {"path": "/a"})) == "     1\tkept"
