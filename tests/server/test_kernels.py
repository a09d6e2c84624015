"""The whole way with real kernels: HTTP, server, link, kernel, and back."""

from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path

import pytest

from jupyter_sandfs.server.control_link import ControlLink

DEADLINE = 60.0
SETUP = """
%load_ext jupyter_sandfs
from jupyter_sandfs import Sandbox
fs = Sandbox.current().fs
fs.write_file("/hello.txt", "hello")
"""
SLEEPING = "import time; time.sleep(600)"
COMPUTING = "while True: pass"


class Notebook:
    """A real kernel of the server, and a client that runs cells in it."""

    def __init__(self, server, kernel_id: str) -> None:
        self.kernels = server.kernel_manager
        self.kernel_id = kernel_id
        self.manager = self.kernels.get_kernel(kernel_id)
        self.client = self.manager.client()
        self.client.start_channels()

    async def run(self, code: str) -> None:
        reply = await self.client.execute_interactive(code, timeout=DEADLINE, output_hook=lambda _message: None)
        assert reply["content"]["status"] == "ok", reply["content"]

    async def start_cell(self, code: str) -> str:
        """Give the id of a cell that runs on."""
        cell = self.client.execute(code)
        await self.next_status(cell, "busy")
        return cell

    async def next_status(self, cell: str, state: str) -> list[str]:
        """Wait until a cell is in a state; gives the types of the requests whose status was seen on the way."""
        seen = []
        while True:
            message = await self.client.get_iopub_msg(timeout=DEADLINE)
            if message["msg_type"] != "status":
                continue
            seen.append(message["parent_header"]["msg_type"])
            if message["parent_header"]["msg_id"] == cell and message["content"]["execution_state"] == state:
                return seen

    async def interrupt(self) -> None:
        await self.manager.interrupt_kernel()

    @property
    def socket(self) -> Path:
        connection_file = Path(self.manager.connection_file)
        return connection_file.with_name(f"sandfs-{connection_file.stem.removeprefix('kernel-')}.sock")


@pytest.fixture
def start(server, jp_asyncio_loop):
    made = []

    async def start(*, prepared: bool = True) -> Notebook:
        notebook = Notebook(server, await server.kernel_manager.start_kernel(kernel_name="python3"))
        made.append(notebook)
        await notebook.client.wait_for_ready(timeout=DEADLINE)
        if prepared:
            await notebook.run(SETUP)
        return notebook

    async def stop() -> None:
        server.web_app.settings["sandfs_links"].close()
        for notebook in made:
            notebook.client.stop_channels()
            await server.kernel_manager.shutdown_kernel(notebook.kernel_id, now=True)

    yield start
    jp_asyncio_loop.run_until_complete(stop())


async def names(fetch) -> list[str]:
    return [row["name"] for row in (await fetch("fs", "entries")).json]


async def test_files_of_an_idle_kernel_are_listed_read_and_written(fetch, start):
    notebook = await start()

    assert await names(fetch) == ["hello.txt"]
    assert (await fetch("fs", "file", params={"path": "hello.txt"})).body == b"hello"
    content = os.urandom(2_500_000)
    assert (await fetch("fs", "file", method="PUT", params={"path": "big"}, body=content)).status == 200
    assert (await fetch("fs", "file", params={"path": "big"})).body == content
    await notebook.run("assert fs.stat('/big').size == 2_500_000")


@pytest.mark.parametrize("code", [SLEEPING, COMPUTING])
async def test_a_running_cell_does_not_matter_and_is_interrupted_as_ever(fetch, start, code):
    notebook = await start()
    cell = await notebook.start_cell(code)

    assert await names(fetch) == ["hello.txt"]
    assert (await fetch("fs", "file", method="PUT", params={"path": "/new"}, body=b"x" * 100)).status == 200
    assert (await fetch("fs", "file", params={"path": "/new"})).body == b"x" * 100
    await notebook.interrupt()
    await notebook.next_status(cell, "idle")
    assert await names(fetch) == ["hello.txt", "new"]


@pytest.mark.parametrize("code", [SLEEPING, COMPUTING])
async def test_the_contents_api_works_while_a_cell_runs(jp_fetch, server, start, code):
    notebook = await start()
    await server.session_manager.create_session(
        path="d/n.ipynb", name="n.ipynb", kernel_id=notebook.kernel_id, type="notebook"
    )
    cell = await notebook.start_cell(code)

    async def ask(method: str, where: str, **model: str):
        body = {"body": json.dumps(model)} if model else {}
        response = await jp_fetch("sandfs", "contents", *where.split("/"), method=method, **body)
        return json.loads(response.body or "null")

    listed = await ask("GET", "n")
    read = await ask("GET", "n/hello.txt")
    await ask("PUT", "n/hello.txt", type="file", format="text", content="changed")
    await ask("PATCH", "n/hello.txt", path="n/renamed.txt")
    made = await ask("POST", "n", type="notebook")
    copied = await ask("POST", "n", copy_from="n/renamed.txt")
    await ask("DELETE", "n/renamed-Copy1.txt")
    downloaded = await jp_fetch("sandfs", "files", "n", "renamed.txt")
    await notebook.interrupt()
    await notebook.next_status(cell, "idle")

    assert [each["name"] for each in listed["content"]] == ["hello.txt"]
    assert (read["content"], made["name"], copied["name"]) == ("hello", "Untitled.ipynb", "renamed-Copy1.txt")
    assert downloaded.body == b"changed"
    await notebook.run(
        "assert sorted(fs.listdir('/')) == ['Untitled.ipynb', 'renamed.txt']\n"
        "assert fs.read_text('/renamed.txt') == 'changed'"
    )


async def test_a_sandbox_shared_through_a_view_shows_no_more_though_the_notebook_sees_all(fetch, jp_fetch, start):
    notebook = await start(prepared=False)
    await notebook.run(
        "%load_ext jupyter_sandfs\n"
        "from jupyter_sandfs import NodePolicy, Sandbox, VisibilityView\n"
        "box = Sandbox.current()\n"
        "box.fs.write_file('/open', 'x')\n"
        "box.fs.write_file('/secret', 'x')\n"
        "box.fs.set_policy('/secret', NodePolicy(visibility='private'))\n"
        "box.view(VisibilityView({'public'}), name='guest')\n"
        "box.http_view = 'guest'\n"
        "Sandbox('unseen', http_view='none')"
    )

    listed = await names(fetch)
    secret = await fetch("fs", "file", params={"path": "/secret"})
    contents = json.loads((await jp_fetch("sandfs", "contents", notebook.kernel_id)).body)
    unseen = await fetch("fs", "entries", params={"sandbox": "unseen"})
    sandboxes = (await fetch("sandboxes")).json["kernels"][0]["sandboxes"]

    assert (listed, secret.status, unseen.status) == (["open"], 404, 404)
    assert [each["name"] for each in contents["content"]] == ["open"]
    assert [(each["name"], each["fileCount"]) for each in sandboxes] == [("default", 1)]
    await notebook.run(
        "from jupyter_sandfs.kernel.extension import _loaded\nfrom jupyter_sandfs.rpc.messages import Request\n"
        "own = next(iter(_loaded.values())).dispatcher.handle(Request('entries', {'path': '/'})).unwrap()\n"
        "assert own['total'] == 2"
    )


async def test_without_its_socket_a_kernel_answers_on_the_control_channel_and_looks_busy_as_before(
    fetch, server, start
):
    notebook = await start()
    notebook.socket.unlink()
    cell = await notebook.start_cell(SLEEPING)
    content = os.urandom(1_500_000)

    assert await names(fetch) == ["hello.txt"]
    assert (await fetch("fs", "file", method="PUT", params={"path": "/new"}, body=content)).status == 200
    assert (await fetch("fs", "file", params={"path": "/new"})).body == content
    assert isinstance(await server.web_app.settings["sandfs_links"].link(notebook.kernel_id), ControlLink)
    await notebook.interrupt()
    seen = await notebook.next_status(cell, "idle")
    assert "sandfs_request" not in seen
    assert set(seen) <= {"execute_request", "interrupt_request"}


async def test_a_restarted_kernel_is_noticed_and_found_again(fetch, server, start):
    notebook = await start()
    await names(fetch)
    await server.kernel_manager.restart_kernel(notebook.kernel_id, now=True)
    await notebook.client.wait_for_ready(timeout=DEADLINE)
    stale = notebook.socket.exists()

    gone = await fetch("fs", "entries", params={"session_id": notebook.kernel_id})
    await notebook.run(SETUP)

    assert stale
    assert (gone.status, gone.problem) == (404, "sandbox_not_found")
    assert "%load_ext jupyter_sandfs" in gone.json["detail"]
    assert await names(fetch) == ["hello.txt"]


async def test_a_kernel_without_the_extension_is_told_apart_without_asking_it(fetch, start, monkeypatch):
    notebook = await start(prepared=False)
    asked = []
    monkeypatch.setattr(ControlLink, "open", lambda manager, **_options: asked.append(manager))

    answer = await fetch("fs", "entries", params={"session_id": notebook.kernel_id})

    assert (answer.status, answer.problem) == (404, "sandbox_not_found")
    assert asked == []  # it could not answer, and would be shown as busy
    assert (await fetch("sandboxes")).json == {"kernels": []}


async def test_a_session_is_a_name_for_its_kernel(fetch, server, start):
    notebook = await start()
    session = await server.session_manager.create_session(path="n.ipynb", kernel_id=notebook.kernel_id, type="notebook")

    answer = await fetch("fs", "stat", params={"sessionId": session["id"], "path": "/hello.txt"})
    listed = await fetch("sandboxes")

    assert (answer.status, answer.json["size"]) == (200, 5)
    assert [(each["kernelId"], each["sessionId"]) for each in listed.json["kernels"]] == [
        (notebook.kernel_id, session["id"])
    ]


async def test_unloading_leaves_the_kernel_as_it_was(start):
    notebook = await start()

    await notebook.run(
        "%unload_ext jupyter_sandfs\n"
        "from pathlib import Path\n"
        "from ipykernel.connect import get_connection_file\n"
        "kernel = get_ipython().kernel\n"
        "assert 'sandfs_request' not in kernel.control_handlers\n"
        "assert '_publish_status' not in vars(kernel)\n"
        "assert not [p for p in Path(get_connection_file()).parent.iterdir() if p.name.startswith('sandfs-')]"
    )


async def test_a_kernel_that_holds_its_interpreter_is_reported_busy(fetch, server, start):
    """A regular expression that backtracks for ever never lets another thread run."""
    notebook = await start()
    await names(fetch)
    server.web_app.settings["sandfs_links"]._seconds = 1.0
    notebook.client.execute("import re; re.match('(a+)+b', 'a' * 60)")

    async with asyncio.timeout(DEADLINE):  # until the cell has begun; it can't say so itself
        while (answer := await fetch("fs", "entries", params={"session_id": notebook.kernel_id})).status == 200:
            pass

    assert (answer.status, answer.problem) == (504, "kernel_busy")
