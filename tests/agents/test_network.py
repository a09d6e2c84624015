"""No way leads from an agent to the network: not by its shell, not by a snippet, not by a command of the host."""

from __future__ import annotations

import socket
from dataclasses import replace

import pytest

from jupyter_sandfs.agents.toolset import Toolset
from jupyter_sandfs.sandbox import Sandbox


@pytest.fixture
def listening():
    """A port of this machine that would take a connection."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        yield server


def was_called(server):
    try:
        server.accept()
    except BlockingIOError:
        return False
    return True


LINES = [
    "curl -s http://127.0.0.1:{port}/",
    "wget -q http://127.0.0.1:{port}/",
    "exec 3<>/dev/tcp/127.0.0.1/{port}; echo x >&3",
    "python -c 'import socket; socket.create_connection((\"127.0.0.1\", {port}))'",
    "python -c 'import urllib.request; urllib.request.urlopen(\"http://127.0.0.1:{port}/\")'",
]


@pytest.mark.parametrize("line", LINES)
def test_a_shell_has_no_network(tools, listening, line):
    tools.call("sandbox_exec", {"command": line.format(port=listening.getsockname()[1])})

    assert not was_called(listening)


def test_a_command_of_the_host_has_no_network(tools, listening, part):
    part("bwrap")
    code = f"import socket; socket.create_connection(('127.0.0.1', {listening.getsockname()[1]}))"

    answer = tools.call("sandbox_exec", {"command": f'host -p / python3 -c "{code}"'})

    assert (answer.data["exit_code"], "ConnectionRefusedError" in answer.data["stderr"]) == (1, True), answer.text
    assert not was_called(listening)


def test_a_command_of_the_host_is_refused_where_there_is_no_wall_whatever_the_owner_allows(sandbox, monkeypatch):
    host = replace(Sandbox.defaults.host, allow_unisolated=True, find=lambda: "bubblewrap is not installed")
    monkeypatch.setattr(Sandbox, "defaults", replace(Sandbox.defaults, host=host))

    assert sandbox.run("host -p / echo owner").stdout == "owner\n"
    answer = Toolset(sandbox, "bob").call("sandbox_exec", {"command": "host -p / echo agent"})
    assert (answer.data["stdout"], answer.data["exit_code"] != 0) == ("", True)
    assert "bubblewrap is not installed" in answer.text
