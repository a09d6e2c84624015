"""Tools for agents outside of the process, as the kernel link asks for them."""

from __future__ import annotations

import json
import threading
import time
from contextlib import closing

import pytest

from jupyter_sandfs.agents import service as services
from jupyter_sandfs.agents.rules import Rule, Rules
from jupyter_sandfs.agents.service import MOST_RUNNING, Service, offer
from jupyter_sandfs.errors import InvalidRequest, RateLimited
from jupyter_sandfs.kernel.agents import serve_agents
from jupyter_sandfs.rpc.dispatcher import Dispatcher
from jupyter_sandfs.rpc.messages import Request
from jupyter_sandfs.vfs.policy import NodePolicy
from jupyter_sandfs.vfs.quotas import Quota
from jupyter_sandfs.vfs.views.view import VisibilityView

PATIENCE = 60  # seconds: bounds what normally takes a moment
WAITING = b'{"path": "/gate", "content": "x"}'


@pytest.fixture
def service(sandbox):
    return Service(lambda _name, view: sandbox.shared_part(view))


@pytest.fixture
def ask(service):
    def ask(name, arguments=None, *, agent="ann", seat="1", view=None):
        """Call a tool and wait for what it gives."""
        told = service.call("work", view, json.dumps(arguments or {}).encode(), agent, seat, name)
        return told if "call" not in told else finished(service, told["call"], view)

    return ask


def finished(service, call, view=None):
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        told = service.answer("work", view, b"", call)
        if "call" not in told:
            return told
        threading.Event().wait(0.01)
    pytest.fail("the call did not end")


@pytest.fixture
def gate(sandbox):
    """What is written to /gate waits until the gate is opened."""
    opened = threading.Event()
    sandbox.fs.register_write_hook("/gate", lambda _event: opened.wait(PATIENCE) and None, before=True)
    yield opened
    opened.set()


def test_a_quick_call_is_answered_at_once(ask, sandbox):
    told = ask("sandbox_fs_write", {"path": "/a", "content": "1\n"})

    assert told == {
        "text": "created /a: 2 bytes, version 1",
        "data": {"ok": True, "path": "/a", "size_bytes": 2, "version": 1, "created": True},
        "isError": False,
        "changes": ("/a",),
    }
    assert [(each.actor, each.path) for each in sandbox.journal] == [("ann", "/a")]
    assert [(each.agent, each.tool) for each in sandbox.transcript] == [("ann", "sandbox_fs_write")]


def test_a_call_that_takes_a_while_is_asked_for_again(service, gate):
    begun = service.call("work", None, WAITING, "ann", "1", "sandbox_fs_write")
    meanwhile = service.answer("work", None, b"", begun["call"])
    gate.set()
    told = finished(service, begun["call"])

    assert meanwhile == begun
    assert told["text"] == "created /gate: 1 bytes, version 1"
    with pytest.raises(InvalidRequest, match="the answer was given already"):
        service.answer("work", None, b"", begun["call"])


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [("sandbox_exec", b'{"command": "sleep 25"}'), ("sandbox_python", b'{"code": "while True: pass"}')],
)
def test_a_run_is_stopped_and_says_so(service, tool, arguments):
    begun = service.call("work", None, arguments, "ann", "1", tool)
    service.stop("work", None, b"", begun["call"])

    assert finished(service, begun["call"])["data"]["exit_code"] == 130


def test_a_run_that_waits_for_its_turn_is_stopped_alone(service):
    endless, waiting = (
        service.call("work", None, json.dumps({"command": line}).encode(), "ann", "1", "sandbox_exec")["call"]
        for line in ("sleep 25", "echo never > /a")
    )
    service.stop("work", None, b"", waiting)
    first = service.answer("work", None, b"", endless)
    service.stop("work", None, b"", endless)

    assert first == {"call": endless}
    assert finished(service, endless)["data"]["exit_code"] == 130
    assert finished(service, waiting)["text"] == "stopped before it began"


def test_an_answer_is_for_who_sees_what_it_was_made_on(service, sandbox, gate):
    sandbox.view(VisibilityView({"public"}), name="guest")
    begun = service.call("work", None, WAITING, "ann", "1", "sandbox_fs_write")
    gate.set()

    for ask in (service.answer, service.stop):
        with pytest.raises(InvalidRequest):
            ask("work", "guest", b"", begun["call"])


def test_each_seat_has_a_shell_and_knowledge_of_its_own(ask, sandbox):
    sandbox.fs.write_file("/d/a", "1\n")
    ask("sandbox_exec", {"command": "cd /d"})

    same = ask("sandbox_exec", {"command": "pwd"})
    other = ask("sandbox_exec", {"command": "pwd"}, seat="2")

    assert (same["text"], other["text"]) == ("/d", "/")


def test_the_number_of_seats_is_bounded(ask, sandbox, monkeypatch):
    monkeypatch.setattr(services, "_MOST_SETS", 2)
    sandbox.fs.mkdir("/d")
    ask("sandbox_exec", {"command": "cd /d"}, seat="1")

    for seat in ("2", "3"):
        ask("sandbox_fs_list", seat=seat)

    assert ask("sandbox_exec", {"command": "pwd"}, seat="1")["text"] == "/"


def test_the_number_of_calls_that_run_is_bounded(service, gate, ask):
    for _ in range(MOST_RUNNING):
        service.call("work", None, WAITING, "ann", "1", "sandbox_fs_write")

    with pytest.raises(RateLimited, match=f"{MOST_RUNNING} calls of tools run already"):
        ask("sandbox_fs_list")
    gate.set()


def test_an_answer_that_nobody_comes_for_is_dropped(sandbox, gate):
    now = [0.0]
    service = Service(lambda _name, view: sandbox.shared_part(view), lambda: now[0])
    begun = service.call("work", None, WAITING, "ann", "1", "sandbox_fs_write")
    running = service._calls[begun["call"]]
    gate.set()
    assert running.wait(PATIENCE) is not None

    now[0] = 121.0
    service.call("work", None, b"{}", "ann", "1", "sandbox_fs_list")

    with pytest.raises(InvalidRequest):
        service.answer("work", None, b"", begun["call"])


def test_of_answers_that_nobody_comes_for_only_the_last_are_kept(service, gate, ask, monkeypatch):
    monkeypatch.setattr(services, "_MOST_KEPT", 2)
    begun = [service.call("work", None, WAITING, "ann", "1", "sandbox_fs_write")["call"] for _ in range(5)]
    running = [service._calls[call] for call in begun]
    gate.set()
    for each in running:
        assert each.wait(PATIENCE) is not None

    ask("sandbox_fs_list")

    assert len([call for call in begun if call in service._calls]) == 2


def test_the_owner_says_which_tools_are_offered(service, ask, sandbox):
    rules = Rules(Rule("deny", "write", "/task.md"))
    offer(sandbox, only=["sandbox_fs_write", "sandbox_fs_list"], rules=rules)

    listed = [each["name"] for each in service.tools("work", None, b"", "ann", "1")]
    told = ask("sandbox_fs_write", {"path": "/task.md", "content": "x"})

    assert listed == ["sandbox_fs_write", "sandbox_fs_list"]
    assert told["text"] == "not allowed: /task.md: Permission denied (rule 'deny write /task.md')"


def test_what_is_offered_of_the_sandbox_holds_for_its_views_too(ask, sandbox):
    sandbox.view(VisibilityView({"public"}), name="guest")
    ask("sandbox_fs_list", view="guest")
    offer(sandbox, allowed_commands=["ls"])

    told = ask("sandbox_exec", {"command": "cat /a"}, view="guest")

    assert told["text"] == "cat: not allowed in this shell\n[exit code 126]"


def test_an_offer_of_something_else_is_refused(sandbox):
    with pytest.raises(InvalidRequest, match="unexpected keyword argument 'tols'"):
        offer(sandbox, tols=["x"])
    with pytest.raises(InvalidRequest, match="no such tool"):
        offer(sandbox, only=["x"])


def test_an_agent_sees_what_the_shared_view_shows(sandbox):
    sandbox.fs.write_file("/secret", "xyzzy")
    sandbox.fs.set_policy("/secret", NodePolicy(visibility="private"))
    sandbox.view(VisibilityView({"public"}), name="guest")
    sandbox.http_view = "guest"
    dispatcher = Dispatcher(lambda _name, view: sandbox.shared(view), lambda: ["work"])
    serve_agents(dispatcher, lambda _name, view: sandbox.shared_part(view))
    asked = {"agent": "eve", "seat": "", "name": "sandbox_fs_read"}

    told = dispatcher.handle(Request("agent_call", asked, b'{"path": "/secret"}', "work")).unwrap()
    other = dispatcher.handle(Request("agent_call", asked, b'{"path": "/secret"}', "work", "owner"))

    assert told["text"] == "file not found: /secret"
    assert str(other.error) == "owner: No such file or directory (no view of the sandbox has this name)"


@pytest.mark.parametrize("view", [None, "part"])
def test_what_was_offered_holds_for_forks_too(sandbox, view):
    part = sandbox.view(VisibilityView({"public"}), name="part")
    sandbox.fs.write_file("/secret", "x")
    offer(part if view else sandbox, rules=Rules(Rule("deny", "read", "/secret")), only=["sandbox_fs_read"])

    with closing(sandbox.fork("fork")) as fork:
        forked = Service(lambda _name, view: fork.shared_part(view))
        names = [each["name"] for each in forked.tools("fork", view, b"", "ann", "1")]
        told = forked.call("fork", view, b'{"path": "/secret"}', "ann", "1", "sandbox_fs_read")

    assert names == ["sandbox_fs_read"]
    assert told["text"] == "not allowed: /secret: Permission denied (rule 'deny read /secret')"


def test_another_name_or_session_is_no_other_quota(sandbox, ask):
    offer(sandbox, quota=Quota(bytes=100))
    arguments = {"content": "x" * 60}

    told = [
        ask("sandbox_fs_write", {"path": f"/{agent}{at}", **arguments}, agent=agent, seat=seat)["isError"]
        for at, (agent, seat) in enumerate([("ann", "u:1"), ("ann", "u:2"), ("eve", "u:1"), ("ann", "v:1")])
    ]

    assert told == [False, True, True, False]


def test_an_agent_changes_files_by_its_tools_alone(sandbox):
    dispatcher = Dispatcher(lambda _name, view: sandbox.shared(view), lambda: ["work"])
    serve_agents(dispatcher, lambda _name, view: sandbox.shared_part(view))
    asked = {"agent": "eve", "seat": "", "op": "remove", "arguments": {"path": "/a"}}

    told = dispatcher.handle(Request("agent_files", asked, b"", "work"))

    assert str(told.error) == "agents change files by their tools alone: remove"


def test_data_too_large_for_a_message_is_cut(ask, sandbox, monkeypatch):
    monkeypatch.setattr(services, "_MOST_DATA", 100)

    told = ask("sandbox_exec", {"command": "seq 1000"})

    assert told["data"] == {"ok": True, "text": told["text"][:100], "truncated": True}


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"null", b'{"path": "\xed\xa0\x80"}', b"1" * 10_000])
def test_arguments_that_are_none_are_an_answer(service, body):
    told = service.call("work", None, body, "ann", "1", "sandbox_fs_read")

    assert told["isError"]
    assert told["data"]["ok"] is False


def test_arguments_that_are_no_text_are_refused(service):
    with pytest.raises(InvalidRequest, match="not UTF-8"):
        service.call("work", None, b"\xff", "ann", "1", "sandbox_fs_read")


def test_what_nobody_foresaw_is_an_answer(ask, monkeypatch, caplog):
    monkeypatch.setattr("jupyter_sandfs.agents.tool.call", lambda *_: 1 / 0)

    told = ask("sandbox_fs_list")

    assert told["text"] == "the tool failed: ZeroDivisionError"
    assert "tool sandbox_fs_list failed" in caplog.text
