"""A sandbox in a real kernel over MCP, used by the SDK's own client, in the newest protocol and an older one."""

from __future__ import annotations

import asyncio
import sys
from contextlib import asynccontextmanager
from urllib.parse import urlencode

import httpx2
import pytest
from click.testing import CliRunner
from jupyter_client import BlockingKernelClient
from mcp import Client, StdioServerParameters, types
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.exceptions import MCPError

from jupyter_sandfs.agents.mcp import PROMPTS
from jupyter_sandfs.agents.toolset import TOOLS
from jupyter_sandfs.cli.app import main

PATIENCE = 120  # seconds: bounds what normally takes a moment
both = pytest.mark.parametrize("mode", ["auto", "legacy"])


@pytest.fixture(scope="module")
def kernel_id(live):
    return live.start_kernel_with_sandbox()


@pytest.fixture
def connect(live, kernel_id):
    """Connect a client of the SDK, as `agent`."""
    del kernel_id

    @asynccontextmanager
    async def connect(mode="auto", token=live.token, handler=None, **params):
        url = f"{live.url}sandfs/v1/mcp?{urlencode(params)}"
        async with (
            httpx2.AsyncClient(headers={"Authorization": f"token {token}"}, timeout=PATIENCE) as http,
            Client(streamable_http_client(url, http_client=http), mode=mode, message_handler=handler) as client,
        ):
            yield client

    return connect


@pytest.fixture
def notebook(kernel_id, live):
    """What a notebook does: run cells in the kernel."""
    client = BlockingKernelClient(connection_file=str(live._home / "runtime" / f"kernel-{kernel_id}.json"))
    client.load_connection_file()
    client.start_channels()
    client.wait_for_ready(timeout=PATIENCE)
    yield client
    client.stop_channels()


def run(work):
    return asyncio.run(asyncio.wait_for(work, PATIENCE))


def text(answer):
    return answer.content[0].text


@both
def test_tools_files_prompts_and_completions(connect, live, mode):
    live.request("PUT", "sandfs/v1/fs/file?path=/data/with%20space.csv", data=b"a,b\n").raise_for_status()
    live.request("PUT", "sandfs/v1/fs/file?path=/data/pic.png", data=b"\x89PNG\0").raise_for_status()

    async def work():
        async with connect(mode) as client:
            return (
                await client.list_tools(),
                await client.call_tool("sandbox_exec", {"command": "cd /data && wc -c < pic.png"}),
                await client.call_tool("sandbox_exec", {"command": "pwd"}),
                await client.call_tool("sandbox_fs_read", {"path": "/none.csv"}),
                [each for each in (await client.list_resources()).resources if each.name.startswith("/data/")],
                await client.read_resource("sandfs:///data/with%20space.csv"),
                await client.read_resource("sandfs:///data/pic.png"),
                await client.list_prompts(),
                await client.get_prompt("analyze", {"path": "/data/a.csv"}),
                await client.complete(
                    types.PromptReference(type="ref/prompt", name="analyze"), {"name": "path", "value": "/data/w"}
                ),
            )

    tools, counted, stayed, missing, listed, csv, png, prompts, filled, completed = run(work())

    assert [each.name for each in tools.tools] == list(TOOLS)
    assert (text(counted), text(stayed), stayed.structured_content["exit_code"]) == ("5", "/data", 0)
    assert (missing.is_error, text(missing)) == (True, "file not found: /none.csv")
    assert [(each.uri, each.mime_type, each.size) for each in listed] == [
        ("sandfs:///data/pic.png", "image/png", 5),
        ("sandfs:///data/with%20space.csv", "text/csv", 4),
    ]
    assert (csv.contents[0].text, png.contents[0].blob) == ("a,b\n", "iVBORwA=")
    assert [each.name for each in prompts.prompts] == list(PROMPTS)
    assert "/data/a.csv.md" in filled.messages[0].content.text
    assert completed.completion.values == ["/data/with space.csv"]


@both
def test_many_files_come_in_pages(connect, mode):
    async def work():
        async with connect(mode) as client:
            await client.call_tool("sandbox_exec", {"command": "mkdir -p /many; cd /many; touch $(seq 1000 2200)"})
            found, cursor, pages = [], None, 0
            while cursor is not None or not pages:
                page = await client.list_resources(cursor=cursor)
                found += [each.name for each in page.resources if each.name.startswith("/many/")]
                cursor, pages = page.next_cursor, pages + 1
            await client.call_tool("sandbox_fs_delete", {"path": "/many", "recursive": True})
            return found, pages

    found, pages = run(work())

    assert found == [f"/many/{number}" for number in range(1000, 2201)]
    assert pages > 2


@both
def test_it_works_while_a_cell_runs_and_the_cell_sees_what_was_done(connect, notebook, mode):
    cell = notebook.execute(
        "from jupyter_sandfs import Sandbox\n"
        "while not Sandbox.get('default').fs.exists('/stop'): pass\n"
        "Sandbox.get('default').fs.remove('/stop')"
    )
    while (message := notebook.get_iopub_msg(timeout=PATIENCE))["parent_header"].get("msg_id") != cell:
        pass

    async def work():
        async with connect(mode) as client:
            listed = await client.call_tool("sandbox_fs_list", {"path": "/"})
            stopped = await client.call_tool("sandbox_exec", {"command": "touch /stop"})
            return listed, stopped

    listed, stopped = run(work())
    reply = notebook.get_shell_msg(timeout=PATIENCE)

    assert message["content"] == {"execution_state": "busy"}
    assert (listed.is_error, stopped.is_error) == (False, False)
    assert (reply["parent_header"]["msg_id"], reply["content"]["status"]) == (cell, "ok")


def test_a_run_that_never_ends_holds_up_nobody_else(connect):
    async def work():
        async with connect(agent="a") as one, connect(agent="b") as other:
            endless = [
                asyncio.create_task(
                    one.call_tool("sandbox_exec", {"command": "until test -e /enough; do sleep 0.02; done"})
                )
                for _ in range(6)  # more than the server has connections to a kernel
            ]
            quick = await other.call_tool("sandbox_fs_list", {"path": "/"})
            left = [each.done() for each in endless]
            await other.call_tool("sandbox_fs_write", {"path": "/enough", "content": ""})
            ended = await asyncio.gather(*endless)
            await other.call_tool("sandbox_fs_delete", {"path": "/enough"})
            return quick, left, [each.structured_content["exit_code"] for each in ended]

    quick, left, codes = run(work())

    assert not quick.is_error
    assert left == [False] * 6
    assert codes == [0] * 6


async def until_updated(subscription):
    async for event in subscription:
        yield event
        if type(event).__name__ == "ResourceUpdated":
            return


def test_who_listens_hears_of_changes(connect, live):
    async def work():
        async with connect() as client:
            listening = client.listen(resources_list_changed=True, resource_subscriptions=["sandfs:///heard"])
            async with listening as subscription:
                for name in ("other", "heard"):
                    await asyncio.to_thread(live.request, "PUT", f"sandfs/v1/fs/file?path=/{name}", data=b"1")
                events = [event async for event in until_updated(subscription)]
                return [each.uri for each in events if type(each).__name__ == "ResourceUpdated"]

    assert run(work()) == ["sandfs:///heard"]


@pytest.mark.filterwarnings("ignore:resources/:mcp.shared.exceptions.MCPDeprecationWarning")
def test_a_client_of_an_older_protocol_subscribes(connect, live):
    async def work():
        heard = asyncio.Queue()

        async def handle(message):
            if isinstance(message, types.ResourceUpdatedNotification):
                heard.put_nowait(str(message.params.uri))

        async with connect("legacy", handler=handle) as client:
            await client.subscribe_resource("sandfs:///old")
            # The stream that carries notifications is opened in the background: what comes before it is lost.
            told = None
            while told is None:
                await asyncio.to_thread(live.request, "PUT", "sandfs/v1/fs/file?path=/old", data=b"1")
                try:
                    told = await asyncio.wait_for(heard.get(), 2)
                except TimeoutError:
                    continue
            await client.unsubscribe_resource("sandfs:///old")
            return told

    assert run(work()) == "sandfs:///old"


def test_a_shared_view_is_all_there_is(connect, notebook):
    notebook.execute_interactive(
        "from jupyter_sandfs import NodePolicy, Sandbox, VisibilityView\n"
        "narrow = Sandbox('narrow', http_view='guest')\n"
        "narrow.fs.write_file('/secret', 'xyzzy')\n"
        "narrow.fs.write_file('/open', '1')\n"
        "narrow.fs.set_policy('/secret', NodePolicy(visibility='private'))\n"
        "guest = narrow.view(VisibilityView({'public'}), name='guest')\n",
        timeout=PATIENCE,
        output_hook=lambda _message: None,
    )

    async def work():
        async with connect(sandbox="narrow") as client, connect(sandbox="narrow", view="owner") as other:
            listed = (await client.list_resources()).resources
            with pytest.raises(MCPError, match="file not found: /secret"):
                await client.read_resource("sandfs:///secret")
            said = await client.call_tool("sandbox_exec", {"command": "find / -type f; cat /secret"})
            refused = await other.call_tool("sandbox_fs_list", {"path": "/"})
            return [each.name for each in listed], text(said), text(refused)

    names, said, refused = run(work())

    assert names == ["/open"]
    assert said == "/open\ncat: /secret: No such file or directory\n[exit code 1]"
    assert "no view of the sandbox has this name" in refused


@both
def test_a_client_that_speaks_on_standard_input_and_output_is_connected(live, kernel_id, mode):
    arguments = ["--server", f"{live.url}lab?token={live.token}", "--session-id", kernel_id, "--agent", "desk"]
    command = StdioServerParameters(command=sys.executable, args=["-m", "jupyter_sandfs", "mcp", *arguments])

    async def work():
        async with Client(command, mode=mode) as client:
            written = await client.call_tool("sandbox_fs_write", {"path": "/désk", "content": "1\n"})
            read = await client.read_resource("sandfs:///d%C3%A9sk")
            missing = await client.call_tool("sandbox_fs_read", {"path": "/none"})
            return text(written), read.contents[0].text, missing.is_error

    written, read, missing = run(work())
    there = live.request("GET", "sandfs/v1/fs/file?path=/d%C3%A9sk").content

    assert "/désk: 2 bytes" in written
    assert (read, there, missing) == ("1\n", b"1\n", True)


@pytest.mark.parametrize(
    ("server", "token", "code", "why"),
    [
        ("{}", "wrong", 6, "the server refuses the token, or it is missing"),
        (
            "{}no/such/place",
            "live",
            3,
            "there is no jupyter_sandfs at this URL, or the server's extension is not enabled",
        ),
        ("http://127.0.0.1:1/", "", 1, "the server does not answer: ConnectError"),
    ],
)
def test_a_terminal_is_told_why_nobody_can_be_connected(live, server, token, code, why):
    arguments = ["--server", server.format(live.url), "--token", token]

    result = CliRunner().invoke(main, ["mcp", *arguments])

    assert (result.exit_code, result.stderr) == (code, f"error: {why}\n")


def test_a_wrong_token_lets_nobody_in(connect):
    async def work():
        async with connect(token="wrong"):
            pass

    with pytest.raises(ExceptionGroup) as caught:
        run(work())

    assert caught.group_contains(MCPError)


def test_clients_go_on_with_a_kernel_that_was_restarted(connect, live, kernel_id):
    async def work():
        async with connect("auto") as new, connect("legacy") as old:
            await new.call_tool("sandbox_fs_write", {"path": "/before", "content": "1"})
            await asyncio.to_thread(live.request, "POST", f"api/kernels/{kernel_id}/restart")
            answers = []
            for client in (new, old):
                answers.append("the kernel has not loaded the extension yet")
                while "file" not in answers[-1]:
                    answers[-1] = text(await client.call_tool("sandbox_fs_read", {"path": "/before"}))
            return answers

    assert run(work()) == ["file not found: /before"] * 2
