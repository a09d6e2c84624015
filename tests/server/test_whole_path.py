"""The quickstart notebook without a browser: a real kernel of a real server, and the routes around it."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "quickstart.ipynb"
PATIENCE = 60.0


@pytest.fixture
def kernel(server, jp_asyncio_loop):
    """A kernel of the server, and a client that runs cells in it."""

    async def start():
        kernel_id = await server.kernel_manager.start_kernel(kernel_name="python3")
        client = server.kernel_manager.get_kernel(kernel_id).client()
        client.start_channels()
        await client.wait_for_ready(timeout=PATIENCE)
        return kernel_id, client

    kernel_id, client = jp_asyncio_loop.run_until_complete(start())
    yield kernel_id, client
    client.stop_channels()
    jp_asyncio_loop.run_until_complete(server.kernel_manager.shutdown_kernel(kernel_id, now=True))


async def run(client, code: str) -> str:
    """Run a cell; give what it printed and showed."""
    shown: list[str] = []

    def hear(message):
        content = message["content"]
        shown.append(content.get("text") or content.get("data", {}).get("text/plain", ""))

    reply = await client.execute_interactive(code, timeout=PATIENCE, output_hook=hear)
    assert reply["content"]["status"] == "ok", reply["content"]
    return "".join(shown)


async def run_notebook(client) -> list[str]:
    cells = json.loads(NOTEBOOK.read_text())["cells"]
    return [await run(client, "".join(cell["source"])) for cell in cells if cell["cell_type"] == "code"]


async def test_the_quickstart_and_the_routes_see_the_same_files(fetch, kernel):
    kernel_id, client = kernel

    printed = await run_notebook(client)
    entries = await fetch("fs", "entries", params={"path": "/data", "session_id": kernel_id})
    upload = await fetch(
        "fs", "file", method="PUT", params={"path": "/data/new.bin", "session_id": kernel_id}, body=b"\0\xff" * 1000
    )
    there = await fetch("fs", "file", params={"path": "/data/new.bin", "session_id": kernel_id})
    result = await fetch("files", "result.csv")
    source = await fetch("fs", "file", params={"path": "/out/result.csv", "session_id": kernel_id})
    seen = await run(client, "%sandfs wc -c /data/new.bin")

    assert "/notes/todo.txt:2:- find the wet months\n" in printed[4]
    assert [each["name"] for each in entries.json] == ["weather.csv"]
    assert entries.json[0]["entryType"] == "file"
    assert (upload.json["path"], upload.json["bytesWritten"]) == ("/data/new.bin", 2000)
    assert there.body == b"\0\xff" * 1000
    assert result.body == source.body
    assert result.body.startswith(b"month,precipitation\n1,466.0\n")
    assert seen.split() == ["2000", "/data/new.bin"]


async def test_what_is_uploaded_over_http_can_be_staged_while_nothing_passes_through_a_cell(fetch, kernel):
    _, client = kernel
    await run(client, "%load_ext jupyter_sandfs")

    stored = await fetch("files", "table.csv", method="PUT", body=b"a,b\n1,2\n")
    printed = await run(client, "%sandfs stage table.csv /data/")

    assert stored.status == 201
    assert printed == "/data/table.csv (8 bytes)\n"


async def test_a_sandbox_answers_while_a_cell_runs(fetch, kernel):
    _, client = kernel
    await run(client, "%load_ext jupyter_sandfs\n%sandfs echo hello > /greeting.txt")
    cell = client.execute("while True: pass")
    while True:
        message = await client.get_iopub_msg(timeout=PATIENCE)
        if message["parent_header"].get("msg_id") == cell and message["content"].get("execution_state") == "busy":
            break

    read = await asyncio.wait_for(fetch("fs", "file", params={"path": "/greeting.txt"}), PATIENCE)
    written = await asyncio.wait_for(fetch("fs", "file", method="PUT", params={"path": "/w"}, body=b"x"), PATIENCE)

    assert read.body == b"hello\n"
    assert (written.json["path"], written.json["bytesWritten"]) == ("/w", 1)
