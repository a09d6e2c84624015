"""`/sandfs/v1/mcp`: who may come, what is bounded, whose sessions are whose. What is said there, tests/live has."""

from __future__ import annotations

import asyncio
import itertools
import json
import sys

import pytest
from jupyter_server.auth import Authorizer, User

from jupyter_sandfs.sandbox import Sandbox
from jupyter_sandfs.server import mcp_sessions

BOTH = {"Accept": "application/json, text/event-stream", "Content-Type": "application/json"}
INITIALIZE = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}},
}
LIST = {"jsonrpc": "2.0", "id": 2, "method": "tools/list"}


@pytest.fixture
def sandbox(kernels, tmp_path):
    made = Sandbox("shared", store_url=(tmp_path / "files").as_uri())
    kernels.share("k1", made)
    yield made
    made.close()


@pytest.fixture
def post(fetch):
    """Send a message of a client; gives the answer of the server."""

    async def post(message, *, session=None, params=None, **headers):
        given = BOTH | ({"Mcp-Session-Id": session} if session else {}) | headers
        body = message if isinstance(message, bytes) else json.dumps(message)
        return await fetch("mcp", method="POST", body=body, headers=given, params=params or {})

    return post


@pytest.fixture
def opened(post):
    async def opened(**kwargs) -> str:
        return (await post(INITIALIZE, **kwargs)).headers["Mcp-Session-Id"]

    return opened


def said(answer):
    """The message in an answer: JSON, or the one event of a stream."""
    if answer.headers["Content-Type"].startswith("text/event-stream"):
        return json.loads(answer.body.partition(b"data: ")[2].splitlines()[0])
    return answer.json


def call(name, **arguments):
    return {"jsonrpc": "2.0", "id": 3, "method": "tools/call", "params": {"name": name, "arguments": arguments}}


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
async def test_without_a_login_nothing_is_answered(ask, sandbox, method):
    del sandbox

    response = await ask(method, "mcp")

    assert (response.code, response.headers["Content-Type"]) == (403, "application/problem+json")


@pytest.mark.parametrize("token", ["wrong", ""])
async def test_a_wrong_token_is_refused(ask, sandbox, token):
    response = await ask("POST", "mcp", **BOTH | {"Authorization": f"token {token}"})

    assert response.code == 403
    assert sandbox.journal == []


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
async def test_the_authorizer_is_asked_before_anything_happens(ask, sandbox, server, jp_auth_header, method):
    class Nobody(Authorizer):
        asked: list[tuple[str, str]] = []  # noqa: RUF012  one test, one list

        def is_authorized(self, _handler, _user, action, resource):
            self.asked.append((action, resource))
            return False

    server.web_app.settings["authorizer"] = nobody = Nobody()

    response = await ask(method, "mcp", **jp_auth_header, **BOTH)

    assert response.code == 403
    assert nobody.asked == [("read" if method == "GET" else "write", "sandfs")]
    assert sandbox.journal == []


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
async def test_a_cookie_alone_does_nothing(ask, sandbox, jp_auth_header, method):
    """Another site could make a browser send it: XSRF, as in Jupyter's own routes."""
    del sandbox
    login = await ask("GET", "sandboxes", **jp_auth_header)
    cookies = "; ".join(each.partition(";")[0] for each in login.headers.get_list("Set-Cookie"))

    response = await ask(method, "mcp", Cookie=cookies, Origin="https://elsewhere.example", **BOTH)

    assert response.code in {403, 404}


async def test_a_session_is_opened_used_and_ended(post, opened, fetch, sandbox):
    session = await opened()
    written = await post(call("sandbox_fs_write", path="/a", content="1\n"), session=session)
    ended = await fetch("mcp", method="DELETE", headers={"Mcp-Session-Id": session})
    after = await post(LIST, session=session)

    assert said(written)["result"]["content"][0]["text"] == "created /a: 2 bytes, version 1"
    assert (ended.status, after.status) == (200, 404)
    assert [(each.actor, each.path) for each in sandbox.journal] == [("mcp", "/a")]


async def test_a_session_of_another_user_is_not_there(post, opened, server, sandbox, monkeypatch):
    del sandbox
    provider = server.web_app.settings["identity_provider"]
    monkeypatch.setattr(provider, "get_user", lambda handler: User(handler.request.headers["X-User"]))
    monkeypatch.setitem(server.web_app.settings, "disable_check_xsrf", True)
    session = await opened(**{"X-User": "ann"})

    theirs = await post(LIST, session=session, **{"X-User": "bob"})
    own = await post(LIST, session=session, **{"X-User": "ann"})

    assert (theirs.status, own.status) == (404, 200)


async def test_the_user_and_the_agent_are_in_the_journal(post, opened, server, sandbox, monkeypatch):
    provider = server.web_app.settings["identity_provider"]
    monkeypatch.setattr(provider, "get_user", lambda _handler: User("ann"))
    monkeypatch.setitem(server.web_app.settings, "disable_check_xsrf", True)
    session = await opened()

    for params in ({}, {"agent": "coder"}):
        await post(call("sandbox_fs_write", path="/a", content="1\n"), session=session, params=params)

    assert [each.actor for each in sandbox.journal] == ["mcp/ann", "mcp/ann/coder"]
    assert [each.agent for each in sandbox.transcript] == ["mcp/ann", "mcp/ann/coder"]


@pytest.mark.parametrize("agent", ["", "a/b", "ä", "x" * 65, "a\n"])
async def test_a_name_of_an_agent_is_short_and_plain(post, sandbox, agent):
    del sandbox

    answer = await post(INITIALIZE, params={"agent": agent})

    assert (answer.status, answer.problem) == (400, "invalid_request")


async def test_a_session_that_nobody_uses_ends(post, opened, server, sandbox):
    del sandbox
    server.web_app.settings["sandfs_mcp_idle"] = 0.05
    session = await opened()

    statuses = [200]
    for pause in itertools.takewhile(lambda _: statuses[-1] != 404, range(1, 10)):
        await asyncio.sleep(0.1 * pause)  # longer and longer than it may be idle
        statuses.append((await post(LIST, session=session)).status)

    assert statuses[-1] == 404


async def test_the_number_of_sessions_of_a_user_is_bounded(post, opened, sandbox, monkeypatch):
    del sandbox
    monkeypatch.setattr(mcp_sessions, "MOST_SESSIONS", 2)
    first = [await opened(), await opened()]

    third = await post(INITIALIZE)

    assert len(set(first)) == 2
    assert third.status == 503


async def test_the_number_of_users_is_bounded(post, opened, server, sandbox, monkeypatch):
    del sandbox
    monkeypatch.setattr(mcp_sessions, "MOST_USERS", 1)
    provider = server.web_app.settings["identity_provider"]
    monkeypatch.setattr(provider, "get_user", lambda handler: User(handler.request.headers["X-User"]))
    monkeypatch.setitem(server.web_app.settings, "disable_check_xsrf", True)
    session = await opened(**{"X-User": "ann"})
    await opened(**{"X-User": "bob"})

    answer = await post(LIST, session=session, **{"X-User": "ann"})

    assert answer.status == 404


async def test_a_message_has_a_limit(post, sandbox):
    large = await post(call("sandbox_fs_write", path="/a", content="x" * (1 << 20)))

    assert (large.status, large.problem) == (413, "limit_exceeded")
    assert sandbox.journal == []


async def test_a_message_without_a_length_has_the_same_limit(fetch, sandbox):
    async def produce(write):
        for _ in range(40):
            await write(b" " * (64 << 10))

    answer = await fetch("mcp", method="POST", body_producer=produce, headers=dict(BOTH))

    assert (answer.status, answer.problem) == (413, "limit_exceeded")
    assert sandbox.journal == []


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
async def test_other_methods_are_told_which_there_are(fetch, sandbox, method):
    del sandbox

    answer = await fetch("mcp", method=method)

    assert (answer.status, answer.headers["Allow"]) == (405, "DELETE, GET, POST")


async def test_without_a_sandbox_a_client_comes_in_and_calls_say_what_is_missing(post, opened, kernels):
    del kernels
    session = await opened()

    listed = await post(LIST, session=session)
    called = await post(call("sandbox_fs_list"), session=session)

    assert "sandbox_exec" in [each["name"] for each in said(listed)["result"]["tools"]]
    assert said(called)["result"]["isError"]
    assert "%load_ext jupyter_sandfs" in said(called)["result"]["content"][0]["text"]


async def test_what_a_tool_changes_is_told_as_an_event(post, opened, server, sandbox):
    del sandbox
    told = []

    async def listen(logger, schema_id, data):
        told.append(data)

    schema = "https://events.jupyter.org/jupyter_sandfs/changes/v1"
    server.event_logger.add_listener(schema_id=schema, listener=listen)
    session = await opened()
    await post(call("sandbox_exec", command="touch /b /c"), session=session)
    await server.event_logger.gather_listeners()

    assert [(each["action"], each["path"], each["kernel_id"]) for each in told] == [
        ("call", "/b", "k1"),
        ("call", "/c", "k1"),
    ]


async def test_without_the_sdk_the_route_says_what_to_install(post, sandbox, monkeypatch):
    del sandbox
    monkeypatch.setitem(sys.modules, "mcp", None)
    for name in [each for each in sys.modules if each.startswith("jupyter_sandfs.agents.mcp")]:
        monkeypatch.delitem(sys.modules, name)

    answer = await post(INITIALIZE)

    assert answer.status == 501
    assert "pip install 'jupyter-sandfs[mcp]'" in answer.json["detail"]
