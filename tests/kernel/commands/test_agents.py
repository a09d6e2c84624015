"""What agents did, as text, as a timeline, as data and as JSON lines."""

from __future__ import annotations

import pytest

from jupyter_sandfs.agents.transcript import Transcript
from jupyter_sandfs.sandbox import Sandbox


@pytest.fixture
def worked(cell):
    cell("pass")
    sandbox = Sandbox.current()
    bob, ann = sandbox.tools(agent="bob"), sandbox.tools(agent="ann")
    bob.call("sandbox_fs_write", {"path": "/a", "content": "one\n"})
    bob.call("sandbox_fs_edit", {"path": "/a", "old_text": "one", "new_text": "two"})
    ann.call("sandbox_fs_read", {"path": "/none"})
    return sandbox


def test_the_calls_are_listed_the_last_at_the_end(cell, worked):
    lines = cell("%sandfs transcript").out.splitlines()

    assert [(line.split()[0], line.split()[6]) for line in lines[1:]] == [
        ("1", "sandbox_fs_write"),
        ("2", "sandbox_fs_edit"),
        ("3", "sandbox_fs_read"),
    ]
    assert [line.split()[0] for line in cell("%sandfs transcript -n 1").out.splitlines()] == ["#", "3"]
    assert [line.split()[0] for line in cell("%sandfs transcript --agent bob").out.splitlines()] == ["#", "1", "2"]


def test_one_call_is_shown_with_what_it_changed(cell, worked):
    assert cell("%sandfs transcript 2").out.splitlines()[-3:] == ["@@ -1 +1 @@", "-one", "+two"]


def test_json_lines_are_read_back(cell, worked):
    assert Transcript.from_jsonl(cell("%sandfs transcript --jsonl").out).calls == worked.transcript.calls


def test_data_are_plain_values(ip, worked):
    told = ip.run_line_magic("sandfs", "transcript").data

    assert [(each["agent"], each["tool"], each["refused"], each["changes"]) for each in told] == [
        ("bob", "sandbox_fs_write", False, ["/a"]),
        ("bob", "sandbox_fs_edit", False, ["/a"]),
        ("ann", "sandbox_fs_read", True, []),
    ]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("transcript 9", "no call that is kept has this number"),
        ("transcript x", "not the number of a call: 'x' (%sandfs transcript lists them)"),
        ("transcript 1 2", "usage: %sandfs transcript"),
    ],
)
def test_what_there_is_not_is_said_in_one_line(cell, worked, line, said):
    err = cell(f"%sandfs {line}").err

    assert said in err
    assert len(err.splitlines()) == 1


def test_without_calls_there_is_a_line_that_says_so(cell):
    assert cell("%sandfs transcript").out == "no calls yet\n"
