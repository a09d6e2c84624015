"""The tools of an agent: what they answer, what they refuse, and that each call is told in the journal."""

from __future__ import annotations

import json

import pytest

from jupyter_sandfs import errors
from jupyter_sandfs.agents.toolset import TOOLS, Toolset
from jupyter_sandfs.vfs.policy import NodePolicy
from jupyter_sandfs.vfs.views.view import VisibilityView

NAMES = [
    "sandbox_fs_read",
    "sandbox_fs_list",
    "sandbox_fs_glob",
    "sandbox_fs_grep",
    "sandbox_fs_write",
    "sandbox_fs_edit",
    "sandbox_fs_move",
    "sandbox_fs_delete",
    "sandbox_exec",
    "sandbox_python",
    "sandbox_stage_file",
    "sandbox_publish_file",
    "sandbox_snapshot",
    "sandbox_diff",
]


def told(tools, tool, **arguments):
    result = tools.call(tool, arguments)
    assert not result.is_error, result.text
    return result.text


def refused(tools, tool, **arguments):
    result = tools.call(tool, arguments)
    assert result.is_error, result.text
    return result.text


def test_there_are_fourteen_tools(sandbox, tools):
    assert (tools.names, list(TOOLS)) == (NAMES, NAMES)
    assert sandbox.tools(agent="ann").names == NAMES


# ---------------------------------------------------------------- looking


def test_a_file_is_read_with_line_numbers(sandbox, tools):
    sandbox.fs.write_file("/a.txt", "one\ntwo\n")

    result = tools.call("sandbox_fs_read", {"path": "/a.txt"})

    assert result.text == "     1\tone\n     2\ttwo"
    assert result.data == {"ok": True, "path": "/a.txt", "version": 1, "lines": 2, "text": "one\ntwo"}


def test_a_part_of_a_file_is_read_and_told_how_to_read_on(sandbox, tools):
    sandbox.fs.write_file("/a.txt", "".join(f"line {number}\n" for number in range(1, 10)))

    assert told(tools, "sandbox_fs_read", path="/a.txt", offset=3, limit=2) == (
        "     3\tline 3\n     4\tline 4\n[... lines 5 to 9 left out; read on with offset=5 ...]"
    )
    assert refused(tools, "sandbox_fs_read", path="/a.txt", offset=11) == "/a.txt has 9 lines: there is no line 11"


def test_a_long_file_is_cut_to_the_budget_and_can_be_read_on_to_its_end(sandbox):
    lines = [f"number {number} of many lines" for number in range(1, 3001)]
    sandbox.fs.write_file("/long", "\n".join(lines))
    tools, seen, offset = Toolset(sandbox, "bob", tokens=1000), [], 1

    while offset:
        body, _, rest = told(tools, "sandbox_fs_read", path="/long", offset=offset).partition("\n[... ")
        assert len(body) < 8000
        seen += [line.split("\t")[1] for line in body.split("\n")]
        offset = int(rest.split("offset=")[1].split(" ")[0]) if rest else 0

    assert seen == lines


@pytest.mark.parametrize("content", [b"\x89PNG\r\n\x1a\n\0", b"caf\xe9"])
def test_what_is_no_text_is_said_to_be_binary(sandbox, tools, content):
    sandbox.fs.write_bytes("/a.png", content)

    assert told(tools, "sandbox_fs_read", path="/a.png") == (
        f"/a.png is binary: {len(content)} bytes, image/png. It can't be shown as text."
    )
    assert refused(tools, "sandbox_fs_edit", path="/a.png", old_text="P", new_text="Q") == (
        "/a.png is binary: it can't be edited as text"
    )


def test_an_empty_file_and_an_empty_directory_are_said_to_be_empty(sandbox, tools):
    sandbox.fs.write_file("/d/../e", "")
    sandbox.fs.mkdir("/d")

    assert told(tools, "sandbox_fs_read", path="/e") == "/e is empty."
    assert told(tools, "sandbox_fs_list", path="/d") == "/d is empty."


def test_a_directory_is_listed_with_sizes_down_to_a_depth(sandbox, tools):
    sandbox.fs.write_file("/d/e/f.txt", "12345")
    sandbox.fs.symlink("f.txt", "/d/e/link")

    assert told(tools, "sandbox_fs_list") == "/d/"
    assert told(tools, "sandbox_fs_list", depth=3) == "/d/\n/d/e/\n/d/e/f.txt\t5 bytes\n/d/e/link -> f.txt"
    assert refused(tools, "sandbox_fs_list", path="/d/e/f.txt") == "/d/e/f.txt: Not a directory"


def test_names_and_contents_are_found(sandbox, tools):
    sandbox.fs.write_file("/src/a.py", "import os\nprint(1)\n")
    sandbox.fs.write_file("/src/b/c.py", "IMPORT\n")
    sandbox.fs.write_file("/src/d.txt", "import\n")
    sandbox.fs.write_bytes("/src/e.bin", b"\0import\n")

    assert told(tools, "sandbox_fs_glob", pattern="**/*.py") == "/src/a.py\n/src/b/c.py"
    assert told(tools, "sandbox_fs_glob", pattern="*.py", path="/src") == "/src/a.py"
    assert told(tools, "sandbox_fs_glob", pattern="/x*") == "nothing matches /x*"
    assert told(tools, "sandbox_fs_grep", pattern="^import") == "/src/a.py:1:import os\n/src/d.txt:1:import"
    assert told(tools, "sandbox_fs_grep", pattern="import", glob="**/*.py", ignore_case=True) == (
        "/src/a.py:1:import os\n/src/b/c.py:1:IMPORT"
    )
    assert told(tools, "sandbox_fs_grep", pattern="import", path="/src/a.py") == "/src/a.py:1:import os"
    assert told(tools, "sandbox_fs_grep", pattern="zebra") == "no line matches zebra"
    assert told(tools, "sandbox_fs_grep", pattern=".", max_matches=1).startswith("/src/a.py:1:import os\n[... only the")


def test_a_pattern_that_is_none_is_refused(tools):
    assert "look-around" in refused(tools, "sandbox_fs_grep", pattern="(?=a)")
    assert refused(tools, "sandbox_fs_grep", pattern="(")


# ---------------------------------------------------------------- changing


def test_a_file_is_written_and_edited(sandbox, tools):
    assert told(tools, "sandbox_fs_write", path="/a.txt", content="one\ntwo\n") == "created /a.txt: 8 bytes, version 1"
    assert told(tools, "sandbox_fs_edit", path="/a.txt", old_text="two", new_text="2\n3") == (
        "edited /a.txt, version 2:\n     1\tone\n     2\t2\n     3\t3\n     4\t"
    )
    assert told(tools, "sandbox_fs_write", path="/a.txt", content="x") == "replaced /a.txt: 1 bytes, version 3"
    assert sandbox.fs.read_file("/a.txt") == "x"


def test_an_edit_wants_the_text_once_unless_all_are_meant(sandbox, tools):
    sandbox.fs.write_file("/a", "x\ny\nx\n")

    assert refused(tools, "sandbox_fs_edit", path="/a", old_text="z", new_text="") == (
        "/a does not hold this text: 'z'. Read the file and copy it exactly"
    )
    assert refused(tools, "sandbox_fs_edit", path="/a", old_text="x", new_text="") == (
        "/a holds this text 2 times, in lines 1, 3: give more of it, or replace_all"
    )
    told(tools, "sandbox_fs_edit", path="/a", old_text="x", new_text="z", replace_all=True)
    assert sandbox.fs.read_file("/a") == "z\ny\nz\n"


def test_a_change_of_what_others_changed_since_is_refused_with_what_they_changed(sandbox, tools):
    sandbox.fs.write_file("/a", "one\ntwo\nthree\n")
    told(tools, "sandbox_fs_read", path="/a")
    sandbox.fs.write_file("/a", "one\n2\nthree\n")

    assert refused(tools, "sandbox_fs_edit", path="/a", old_text="three", new_text="3") == (
        "/a changed since you read it (you saw version 1, it is version 2 now). Nothing was written.\n"
        "What changed:\n--- a/a\n+++ b/a\n@@ -1,3 +1,3 @@\n one\n-two\n+2\n three\n"
    )
    assert sandbox.fs.read_file("/a") == "one\n2\nthree\n"
    assert told(tools, "sandbox_fs_edit", path="/a", old_text="three", new_text="3").startswith("edited /a, version 3")


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("sandbox_fs_write", {"path": "/a", "content": "mine"}),
        ("sandbox_fs_delete", {"path": "/a"}),
        ("sandbox_fs_move", {"source": "/a", "destination": "/b"}),
    ],
)
def test_no_tool_changes_what_others_changed_since(sandbox, tools, name, arguments):
    sandbox.fs.write_file("/a", "".join(f"{number}\n" for number in range(200)))
    told(tools, "sandbox_fs_read", path="/a")
    sandbox.fs.write_file("/a", "theirs\n")

    assert refused(tools, name, **arguments).endswith("Read it again before you change it.")
    assert refused(tools, name, **arguments).endswith("Read it again before you change it.")
    assert sandbox.fs.read_file("/a") == "theirs\n"
    told(tools, "sandbox_fs_read", path="/a")
    told(tools, name, **arguments)


def test_what_others_removed_since_is_said_to_be_removed_once(sandbox, tools):
    told(tools, "sandbox_fs_write", path="/a", content="x")
    sandbox.fs.remove("/a")

    assert refused(tools, "sandbox_fs_write", path="/a", content="y").endswith("Nothing was written.\nIt was removed.")
    assert told(tools, "sandbox_fs_write", path="/a", content="y").startswith("created /a")


def test_files_are_moved_and_deleted(sandbox, tools):
    sandbox.fs.write_file("/d/a", "1")

    assert json.loads(told(tools, "sandbox_fs_move", source="/d/a", destination="/d/b")) == {
        "ok": True,
        "source": "/d/a",
        "destination": "/d/b",
    }
    assert refused(tools, "sandbox_fs_delete", path="/d") == "/d: Directory not empty"
    assert json.loads(told(tools, "sandbox_fs_delete", path="/d", recursive=True)) == {"ok": True, "path": "/d"}
    assert sandbox.fs.listdir("/") == []


# ---------------------------------------------------------------- running


def test_a_command_line_runs_and_keeps_its_directory(sandbox, tools):
    sandbox.fs.mkdir("/d")

    assert told(tools, "sandbox_exec", command="cd /d; echo hi > a; ls") == "a\n[changed: added /d/a]"
    assert told(tools, "sandbox_exec", command="pwd") == "/d"
    assert told(tools, "sandbox_exec", command="cat nothere") == (
        "cat: nothere: No such file or directory\n[exit code 1]"
    )
    assert told(tools, "sandbox_exec", command="true") == "[no output]"


def test_long_output_keeps_its_head_and_tail(sandbox):
    tools = Toolset(sandbox, "bob", tokens=100)

    lines = told(tools, "sandbox_exec", command="seq 1 1000").split("\n")

    assert (lines[0], lines[-1]) == ("1", "1000")
    left_out = [line for line in lines if line.startswith("[... ")]
    assert [line.endswith("redirect the output to a file and read that ...]") for line in left_out] == [True]
    assert len(lines) < 200


def test_a_snippet_of_python_runs(sandbox, tools):
    assert told(tools, "sandbox_python", code="open('/a', 'w').write('hi')\n6 * 7").startswith("42\n[changed: ")
    assert sandbox.fs.read_file("/a") == "hi"
    assert "ZeroDivisionError" in told(tools, "sandbox_python", code="1 / 0")


def test_only_the_commands_that_are_allowed_run(sandbox):
    tools = Toolset(sandbox, "bob", allowed_commands=["cat"])

    assert told(tools, "sandbox_exec", command="echo hi > /a; cat /a").startswith("hi\n")
    assert told(tools, "sandbox_exec", command="rm /a") == "rm: not allowed in this shell\n[exit code 126]"
    assert sandbox.fs.exists("/a")


# ---------------------------------------------------------------- store and history


def test_files_are_published_and_staged(sandbox, tools):
    sandbox.fs.write_file("/out.csv", "a,b\n")

    published = json.loads(told(tools, "sandbox_publish_file", source="/out.csv"))
    staged = json.loads(
        told(tools, "sandbox_stage_file", file_key=published["file_key"], destination="/in.csv", sandbox_id="work")
    )

    assert published == {"ok": True, "file_key": published["file_key"], "size_bytes": 4}
    assert staged == {"ok": True, "path": "/in.csv", "size_bytes": 4}
    assert sandbox.files.head(published["file_key"]).metadata["agent"] == "bob"
    assert refused(tools, "sandbox_stage_file", file_key="files/none", destination="/x") == "file not found: files/none"


def test_what_changed_since_a_snapshot_is_shown(sandbox, tools):
    sandbox.fs.write_file("/a", "1\n")
    assert told(tools, "sandbox_snapshot", name="before") == '{"ok": true, "snapshot": "before"}'
    sandbox.fs.write_file("/a", "2\n")
    sandbox.fs.write_file("/b", "3\n")

    assert told(tools, "sandbox_diff", since="before", path="/a") == "--- a/a\n+++ b/a\n@@ -1 +1 @@\n-1\n+2\n"
    assert tools.call("sandbox_diff", {"since": "before"}).data["changes"] == ["changed /a", "added /b"]
    assert told(tools, "sandbox_diff", since="before", path="/c") == "nothing changed since before"
    assert refused(tools, "sandbox_diff", since="never").startswith("file not found: never (no snapshot has this name")


# ---------------------------------------------------------------- errors


def test_a_missing_file_is_said_with_what_may_have_been_meant(sandbox, tools):
    sandbox.fs.write_file("/data/weather.csv", "")
    sandbox.fs.write_file("/old/notes.md", "")

    assert refused(tools, "sandbox_fs_read", path="/data/wether.csv") == (
        "file not found: /data/wether.csv. Did you mean /data/weather.csv?"
    )
    assert refused(tools, "sandbox_fs_read", path="/new/notes.md") == (
        "file not found: /new/notes.md. Did you mean /old/notes.md?"
    )
    assert refused(tools, "sandbox_fs_read", path="/zzz") == "file not found: /zzz"


def test_what_a_view_hides_is_not_meant(sandbox):
    sandbox.fs.write_file("/secret/notes.md", "")
    sandbox.fs.set_policy("/secret", NodePolicy(visibility="private"))
    tools = sandbox.tools(VisibilityView({"public"}), agent="bob")

    assert refused(tools, "sandbox_fs_read", path="/notes.md") == "file not found: /notes.md"
    assert refused(tools, "sandbox_fs_read", path="/secret/notes.md") == "file not found: /secret/notes.md"


def test_the_policy_that_refuses_is_named(sandbox, tools):
    sandbox.fs.write_file("/tests/deep/a", "1")
    sandbox.fs.set_policy("/tests", NodePolicy(writable=False))

    assert refused(tools, "sandbox_fs_write", path="/tests/deep/a", content="2") == (
        "not allowed: /tests/deep/a: Read-only file system; the policy of /tests makes it read-only"
    )


def test_calls_that_make_no_sense_say_what_would(tools):
    assert refused(tools, "sandbox_fs_raed") == "no such tool: 'sandbox_fs_raed' (did you mean sandbox_fs_read?)"
    assert refused(tools, "sandbox_fs_read") == "sandbox_fs_read: 'path' is a required property"
    assert refused(tools, "sandbox_fs_read", path=7) == "sandbox_fs_read: path: 7 is not of type 'string'"
    assert "'depht' was unexpected" in refused(tools, "sandbox_fs_list", depht=2)
    assert refused(tools, "sandbox_fs_read", path="/a", sandbox_id="other") == "sandbox not found: other"
    assert tools.call("sandbox_fs_read", "{").text == "the arguments are not JSON"
    assert tools.call("sandbox_fs_read", "[1]").text == "the arguments are not an object"
    assert tools.call("sandbox_fs_list", "").text == "/ is empty."
    assert refused(tools, "sandbox_fs_write", path="/a", content="\ud800").startswith("the text holds half of a")


def test_an_error_is_data_too(tools):
    result = tools.call("sandbox_fs_read", {"path": "/a"})

    assert result.data == {"ok": False, "error": "file not found: /a", "code": "not_found"}


def test_who_asks_for_what_there_is_not_is_told(sandbox):
    with pytest.raises(errors.InvalidRequest, match="no such dialect: 'latin'"):
        sandbox.tools(dialect="latin")
    with pytest.raises(errors.InvalidRequest, match="no such tool: 'sandbox_fly'"):
        sandbox.tools(only=["sandbox_fly"])
    with pytest.raises(errors.NotFound):
        sandbox.tools("nobody")
    assert sandbox.tools(only=["sandbox_exec"]).names == ["sandbox_exec"]


# ---------------------------------------------------------------- who did it


def test_each_call_is_an_action_of_the_agent(sandbox, tools):
    told(tools, "sandbox_fs_write", path="/a", content="1")
    told(tools, "sandbox_exec", command="echo 2 > /b; echo 3 > /c")

    assert [(record.actor, record.path) for record in sandbox.journal] == [("bob", "/a"), ("bob", "/b"), ("bob", "/c")]
    sandbox.fs.undo(actor="bob")
    assert sandbox.fs.listdir("/") == ["a"]
    assert tools.call("sandbox_fs_write", {"path": "/z", "content": "1"}).changes == ("/z",)


def test_an_agent_with_a_view_acts_under_its_own_name(sandbox):
    view = sandbox.view(VisibilityView({"public"}), name="guest")

    for given in (view, "guest", VisibilityView({"public"})):
        tools = sandbox.tools(given, agent="ann")
        told(tools, "sandbox_fs_write", path="/a", content="1")
        told(tools, "sandbox_exec", command="rm /a")

    assert {record.actor for record in sandbox.journal} == {"ann"}


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"rules": {"bash": "deny"}}, "rules are Rules(Rule(...), ...), not dict"),
        ({"quota": 5}, "a quota is Quota(bytes=..., files=...), not int"),
        ({"allowed_commands": "ls"}, "allowed_commands are names, such as ['cat', 'ls'], not 'ls'"),
        ({"allowed_commands": 5}, "allowed_commands are names, such as ['cat', 'ls'], not 5"),
    ],
)
def test_options_of_another_kind_are_refused(sandbox, options, told):
    with pytest.raises(errors.InvalidRequest) as caught:
        sandbox.tools(**options)

    assert str(caught.value) == told
