"""What looks like a token is not published by an agent, and not told."""

from __future__ import annotations

import pytest

from jupyter_sandfs.agents.secrets import PATTERNS, Found, find
from jupyter_sandfs.agents.toolset import Toolset

# Put together here, so that no scanner takes this file for a leak.
SAMPLES = {
    "AWS access key": "AKIA" + "Q7" * 8,
    "Anthropic key": "sk-" + "ant-" + "a1" * 20,
    "GitHub token": "ghp" + "_" + "a1" * 18,
    "GitLab token": "glpat" + "-" + "a1" * 10,
    "Google API key": "AIza" + "a" * 35,
    "Hugging Face token": "hf" + "_" + "a" * 34,
    "JSON web token": "eyJ" + "a" * 12 + ".eyJ" + "b" * 12 + "." + "c" * 12,
    "OpenAI key": "sk-" + "proj-" + "a1" * 20,
    "PyPI token": "pypi-" + "AgEI" + "a" * 60,
    "Slack token": "xoxb" + "-" + "1" * 12,
    "Stripe key": "sk_" + "live_" + "a1" * 10,
    "npm token": "npm" + "_" + "a" * 36,
    "private key": "-----BEGIN " + "RSA PRIVATE KEY-----",
}


def test_each_kind_has_a_sample():
    assert list(SAMPLES) == list(PATTERNS)


@pytest.mark.parametrize("kind", PATTERNS)
def test_a_secret_is_found_by_its_form_where_it_stands(kind):
    content = f"first\nkey = '{SAMPLES[kind]}'\n".encode()

    assert find(content) == [Found(kind, 2)]


@pytest.mark.parametrize("kind", PATTERNS)
def test_what_is_too_short_is_none(kind):
    assert find(SAMPLES[kind][:9].encode()) == []


def test_ordinary_text_holds_none():
    text = b"task-force sk-learn AKIA ghp_ hf_model the desk-lamp eyJust\n-----BEGIN PUBLIC KEY-----\n" * 100

    assert find(text) == []


@pytest.mark.parametrize("kind", PATTERNS)
def test_an_agent_does_not_publish_it_by_tool_or_shell(sandbox, tools, kind):
    sandbox.fs.write_file("/d/a.env", f"\n\nX={SAMPLES[kind]}\n")

    by_tool = tools.call("sandbox_publish_file", {"source": "/d/a.env"})
    tree = tools.call("sandbox_publish_file", {"source": "/d"})
    by_shell = tools.call("sandbox_exec", {"command": "publish /d/a.env; publish /d"})

    told = f"it is not published: it holds what looks like a secret ({kind} in line 3)"
    assert by_tool.text == f"not allowed: /d/a.env: Permission denied ({told})"
    assert tree.is_error
    assert by_shell.text.count(told) == 2
    assert SAMPLES[kind][-8:] not in f"{by_tool.data}{tree.data}{by_shell.data}"
    assert sandbox.files.list("").items == ()


def test_the_owner_may_and_may_let_an_agent(sandbox):
    sandbox.fs.write_file("/a", SAMPLES["AWS access key"])

    sandbox.publish("/a", "files/mine")
    answer = Toolset(sandbox, "bob", secrets=True).call("sandbox_publish_file", {"source": "/a", "file_key": "files/b"})

    assert not answer.is_error
    assert [info.key for info in sandbox.files.list("files/").items] == ["files/b", "files/mine"]
