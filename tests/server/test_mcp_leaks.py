"""The leak suite over MCP: whatever hides a secret and whatever is asked, the answer is that of a world without it.

On a stream, as `jupyter sandfs mcp` serves, and over HTTP, where a kernel serves.
"""

from __future__ import annotations

import asyncio
import json
import re
from contextlib import AsyncExitStack

import httpx2
import pytest
from mcp import Client, types
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.exceptions import MCPError

from jupyter_sandfs.agents.mcp import McpServer, uri_of
from jupyter_sandfs.agents.rules import Rule, Rules
from jupyter_sandfs.agents.service import offer
from jupyter_sandfs.sandbox import Sandbox
from jupyter_sandfs.vfs.policy import NodePolicy
from jupyter_sandfs.vfs.views.view import VisibilityView

PATIENCE = 60
CONTENT = "the-combination-is-4711"
NAME = "s3cr3t-plan"
PLACE = f"/pub/{NAME}"
INNER = f"{PLACE}/deep/key.txt"
PRIVATE = NodePolicy(visibility="private")
PUBLIC_ONLY = VisibilityView({"public"})


def a_file(fs):
    fs.write_file(PLACE, CONTENT)
    fs.set_policy(PLACE, PRIVATE)


def a_directory(fs):
    fs.write_file(INNER, CONTENT)
    fs.set_policy(PLACE, PRIVATE)


def a_directory_for_others(fs):
    fs.write_file(INNER, CONTENT)
    fs.set_policy(PLACE, NodePolicy(principals=frozenset({"ann"})))


def a_computed_file(fs):
    fs.mount_file(PLACE, lambda _context: CONTENT)
    fs.set_policy(PLACE, PRIVATE)


def a_file_of_another_label(fs):
    fs.mount_file(PLACE, lambda _context: CONTENT, metadata={"team": "red"})


def a_file_elsewhere(fs):
    fs.write_file(f"/{NAME}", CONTENT)


def a_file_that_is_gone(fs):
    fs.write_file(PLACE, CONTENT)
    fs.set_policy(PLACE, PRIVATE)


def a_file_that_rules_deny(fs):
    fs.write_file(PLACE, CONTENT)


HIDDEN = {
    a_file: PUBLIC_ONLY,
    a_directory: PUBLIC_ONLY,
    a_directory_for_others: VisibilityView(principals={"eve"}),
    a_computed_file: PUBLIC_ONLY,
    a_file_of_another_label: VisibilityView(metadata={"team": "blue"}),
    a_file_elsewhere: VisibilityView(prefixes=["/pub"]),
    a_file_that_is_gone: PUBLIC_ONLY,
    a_file_that_rules_deny: VisibilityView(),
}
RULES = Rules(Rule("deny", "read", PLACE))

# What is asked: the method of the SDK's client, and its arguments. Nothing here tells times.
PLACES = [PLACE, INNER, f"/{NAME}", "/link", f"/pub/../pub/./{NAME}"]
LINES = [
    "cat {p}",
    "ls -a {p}",
    "find / -name '*'",
    f"grep -r {CONTENT} /",
    "rg -l combination / ; rg -uuu combination {p}",
    "tree /",
    "tar cf /t.tar /pub; tar tf /t.tar",
    "test -e {p}; echo $?",
    "wc -c {p}; md5sum {p}",
    "cp -r /pub /copy; find /copy",
    "echo /pub/* /*",
    "readlink -f {p}",
    "changes begun",
    "versions {p}",
    "restore kept; find / -type f",
    "publish {p}",
    "python -c 'print(open(\"{p}\").read())'",
]
READS = [
    *(("call_tool", "sandbox_fs_read", {"path": path}) for path in PLACES),
    *(("call_tool", "sandbox_fs_list", {"path": path, "depth": 3}) for path in ("/", "/pub", PLACE)),
    ("call_tool", "sandbox_fs_glob", {"pattern": "**/*"}),
    ("call_tool", "sandbox_fs_glob", {"pattern": "*", "path": PLACE}),
    ("call_tool", "sandbox_fs_grep", {"pattern": "combination"}),
    ("call_tool", "sandbox_fs_grep", {"pattern": ".", "path": PLACE}),
    ("call_tool", "sandbox_fs_edit", {"path": PLACE, "old_text": "4711", "new_text": "0"}),
    ("call_tool", "sandbox_fs_move", {"source": PLACE, "destination": "/moved"}),
    ("call_tool", "sandbox_fs_delete", {"path": PLACE, "recursive": True}),
    ("call_tool", "sandbox_python", {"code": f"print(open({PLACE!r}).read())"}),
    ("call_tool", "sandbox_publish_file", {"source": PLACE}),
    ("call_tool", "sandbox_stage_file", {"file_key": "files/theirs", "destination": "/staged"}),
    ("call_tool", "sandbox_stage_file", {"file_key": "snapshots/x/1", "destination": "/staged"}),
    ("call_tool", "sandbox_diff", {"since": "begun"}),
    *(("call_tool", "sandbox_exec", {"command": line.format(p=PLACE)}) for line in LINES),
    *(("call_tool", "sandbox_exec", {"command": line.format(p="/link")}) for line in LINES[:2] + LINES[-2:]),
    ("list_resources",),
    *(("read_resource", uri_of(path)) for path in PLACES),
    ("read_resource", f"sandfs:///pub/%2e%2e/pub/{NAME}"),
    ("list_resource_templates",),
    ("list_prompts",),
    ("get_prompt", "analyze", {"path": PLACE}),
    ("get_prompt", "summarize_changes", {"since": "begun"}),
    *(
        ("complete", types.PromptReference(name="analyze"), {"name": "path", "value": each})
        for each in ("", "/pub/", "/pub/s")
    ),
    (
        "complete",
        types.ResourceTemplateReference(uri="sandfs:///{+path}"),
        {"name": "path", "value": f"pub/{NAME}/"},
    ),
]
# What makes something where a secret is: refused, not as in a world without it; but nothing is told or changed.
WRITES = [
    *(("call_tool", "sandbox_fs_write", {"path": path, "content": "x"}) for path in PLACES),
    ("call_tool", "sandbox_fs_move", {"source": "/pub/open.txt", "destination": PLACE, "overwrite": True}),
    ("call_tool", "sandbox_fs_delete", {"path": "/pub", "recursive": True}),
    ("call_tool", "sandbox_exec", {"command": f"echo x > {PLACE}; rm -rf /pub /link /{NAME}; mv /pub /other; undo"}),
    ("call_tool", "sandbox_snapshot", {"name": "kept"}),
]


class World:
    """A sandbox with or without the secret, and how it is asked."""

    def __init__(self, name, store, hide, *, secret):
        self.sandbox = Sandbox(name, store_url=store, http_view="guest")
        fs = self.sandbox.fs
        fs.write_file("/pub/open.txt", "open\n")
        fs.symlink(PLACE, "/link")
        fs.snapshot("begun")
        if secret:
            hide(fs)
            self.sandbox.files.put("files/theirs", CONTENT.encode())
        fs.snapshot("kept")
        if secret and hide is a_file_that_is_gone:
            fs.remove(PLACE)
        self.rules = RULES if hide is a_file_that_rules_deny else None
        self.view = self.sandbox.view(HIDDEN[hide], name="guest", actor="eve")

    def secrets(self):
        """Everything that holds the secret, as the owner sees it."""
        fs = self.sandbox.fs
        found = [f"{top}/{name}" for top, _, names in fs.walk() for name in names if NAME in top or NAME in name]
        return {path: fs.read_text(path) for path in found}


@pytest.fixture(params=HIDDEN, ids=lambda each: each.__name__)
def worlds(request, tmp_path):
    made = [
        World(f"w{number}", (tmp_path / f"files{number}").as_uri(), request.param, secret=secret)
        for number, secret in enumerate((True, False))
    ]
    yield made
    for each in made:
        each.sandbox.close()


async def told(client, method, *arguments):
    """What an answer says."""
    try:
        answer = await getattr(client, method)(*arguments)
    except MCPError as problem:
        return f"{problem.error.code} {problem.error.message}"
    return json.dumps(answer.model_dump(mode="json", exclude_none=True, exclude={"meta"}), sort_keys=True)


def neutral(text):
    """An answer without what differs in any two worlds: names, ids made up at random, and times."""
    return re.sub(r"f_[0-9A-Z]{26}|w[01]\b|\d\d:\d\d(:\d\d)?", "-", text)


def is_told(question, answers, kept):
    """Whether an answer, or what it did, tells of the secret."""
    asked = json.dumps(question, default=str)
    return len(set(map(neutral, answers))) > 1 or (CONTENT in answers[0] and CONTENT not in asked) or not kept


async def leaks(clients, worlds):
    """Ask everything, of both worlds where they can be compared; give the questions whose answers tell something."""
    asked = [*((each, clients) for each in READS), *((each, clients[:1]) for each in WRITES)]
    before, found = worlds[0].secrets().items(), []
    for question, of in asked:
        answers = [await told(client, *question) for client in of]
        if is_told(question, answers, before <= worlds[0].secrets().items()):
            found.append((question, answers))
    return found


async def heard(client, world):
    """What a listener for everything hears of when the owner changes what is hidden, and then something that is not."""
    fs, last = world.sandbox.fs, uri_of("/pub/last.txt")
    everything = [*map(uri_of, PLACES), last]
    uris = []
    async with client.listen(resources_list_changed=True, resource_subscriptions=everything) as events:
        for path in world.secrets():
            if not fs.stat(path).dynamic:
                fs.write_file(path, f"{CONTENT}!")
        fs.write_file("/pub/last.txt", "1")
        async for event in events:
            uris.append(getattr(event, "uri", None))
            if uris[-1] == last:
                break
    return [each for each in uris if each is not None]


async def test_on_a_stream_nothing_tells_of_what_is_hidden(worlds):
    async with AsyncExitStack() as stack:
        servers = [McpServer(each.view, "eve", rules=each.rules).server for each in worlds]
        clients = [await stack.enter_async_context(Client(each)) for each in servers]

        found = await leaks(clients, worlds)
        uris = await asyncio.wait_for(heard(clients[0], worlds[0]), PATIENCE)

    assert (found, uris) == ([], ["sandfs:///pub/last.txt"])


async def test_over_http_nothing_tells_of_what_is_hidden(
    worlds, kernels, http_server_client, jp_base_url, jp_auth_header
):
    for each in worlds:
        kernels.share(each.sandbox.name, each.sandbox)
        if each.rules is not None:
            offer(each.sandbox, rules=each.rules)

    async with AsyncExitStack() as stack:
        http = await stack.enter_async_context(httpx2.AsyncClient(headers=jp_auth_header, timeout=60))
        route = http_server_client.get_url(f"{jp_base_url}sandfs/v1/mcp")
        urls = [f"{route}?session_id={each.sandbox.name}" for each in worlds]
        streams = [streamable_http_client(each, http_client=http) for each in urls]
        clients = [await stack.enter_async_context(Client(each)) for each in streams]
        found = await leaks(clients, worlds)
        uris = await asyncio.wait_for(heard(clients[0], worlds[0]), PATIENCE)

    assert (found, uris) == ([], ["sandfs:///pub/last.txt"])
