"""No sequence of calls through a view shows, changes or removes what the view hides, whatever the arguments."""

from __future__ import annotations

import random

import pytest

from jupyter_sandfs.agents.dialects import DIALECTS
from jupyter_sandfs.agents.toolset import Toolset
from jupyter_sandfs.vfs.policy import NodePolicy
from jupyter_sandfs.vfs.views.view import VisibilityView

SECRET = "xyzzy-41"
HIDDEN = ["/vault/deep/key.txt", "/open/hidden.txt", "/open/cellar/wine.txt", "/live/secret.json"]
PATHS = [*HIDDEN, "/vault", "/vault/deep", "/open", "/open/cellar", "/live", "/open/a.txt", "/", "/link", "/new/b.txt"]
NAMES = ["vault", "deep", "key.txt", "hidden.txt", "cellar", "wine.txt", "secret.json"]
LINES = [
    "cat {p}",
    "ls -laR {p}",
    "grep -r . {p}",
    "cp -r {p} /copy",
    "mv {p} /moved",
    "rm -rf {p}",
    "tar cf /t.tar {p}; tar tf /t.tar",
    "find {p} -type f -exec cat {{}} +",
    "echo x > {p}",
    "ln -sf {p} /l; cat /l",
    "du -a {p}; stat {p}; wc {p}",
    "publish {p}",
    "changes before",
    "restore before",
    "undo",
    "journal",
    "branch b",
    "python -c 'print(open(\"{p}\").read())'",
]
VALUES = [None, True, -1, 0, 7, 2**70, 1.5, "", "/", "..", "a\0b", "\ud800", "é" * 300, [], {}, ["x"], "x" * 70_000]


@pytest.fixture
def kept(sandbox):
    """What is hidden in the sandbox, as the owner sees it."""
    fs = sandbox.fs
    for path in ("/vault/deep/key.txt", "/open/hidden.txt", "/open/cellar/wine.txt"):
        fs.write_file(path, f"{SECRET} in {path}\n")
    fs.write_file("/open/a.txt", "public\n")
    fs.mount_file("/live/secret.json", lambda context: SECRET)
    fs.symlink("/vault/deep/key.txt", "/link")
    fs.set_policy("/vault", NodePolicy(visibility="private"))
    fs.set_policy("/open/hidden.txt", NodePolicy(visibility="private"))
    fs.set_policy("/open/cellar", NodePolicy(principals=frozenset({"owner"})))
    fs.set_policy("/live/secret.json", NodePolicy(visibility="private"))
    sandbox.files.put("files/theirs", SECRET.encode())
    fs.snapshot("before")
    return lambda: {path: fs.read_file(path) for path in HIDDEN}


@pytest.fixture
def eve(sandbox, kept):
    def make(dialect="json-schema"):
        return Toolset(
            sandbox.view(VisibilityView({"public"}), actor="eve"), "eve", dialect=dialect, native=True, tokens=50_000
        )

    return make


def any_argument(chance, name):
    if name in ("path", "source", "destination", "old_path", "new_path"):
        return chance.choice(PATHS)
    if name == "command":
        return chance.choice(LINES).format(p=chance.choice(PATHS))
    texts = {
        "code": f"print(open({chance.choice(PATHS)!r}).read())",
        "input": f"*** Begin Patch\n*** {chance.choice(['Delete', 'Add'])} File: {chance.choice(PATHS)}\n*** End Patch",
        "pattern": chance.choice(["**/*", "xyz.*", ".*", "/vault/**"]),
        "since": "before",
        "file_key": chance.choice(["files/theirs", "snapshots/work/1"]),
        "content": "x",
        "old_text": "x",
        "new_text": "y",
    }
    return texts.get(name, chance.choice([True, 1, "x"]))


def any_call(chance, tools):
    tool = tools._tools[chance.choice(tools.names)]
    arguments = {name: any_argument(chance, name) for name in tool.parameters if chance.random() < 0.9}
    if "enum" in tool.parameters.get("command", {}):
        arguments["command"] = chance.choice(tool.parameters["command"]["enum"])
    return tool.name, arguments


@pytest.mark.parametrize("dialect", ["json-schema", "anthropic", "openai", "openai-responses"])
@pytest.mark.parametrize("seed", range(4))
def test_calls_through_a_view_neither_show_nor_change_what_it_hides(eve, kept, dialect, seed):
    chance, tools, before = random.Random(seed), eve(dialect), kept()

    for _ in range(60):
        name, arguments = any_call(chance, tools)
        answer = tools.call(name, arguments)
        said = str(arguments)
        assert SECRET not in f"{answer.text}{answer.data}{answer.changes}", (name, arguments)
        told = [each for each in NAMES if each in answer.text and each not in said]
        assert told in ([], ["key.txt"], ["vault", "deep", "key.txt"]), (
            name,
            arguments,
        )  # where the link says it leads
        assert kept() == before


def test_the_link_says_where_it_leads_and_leads_nowhere(eve):
    tools = eve()

    assert tools.call("sandbox_fs_list").text == "/link -> /vault/deep/key.txt\n/live/\n/open/"
    assert tools.call("sandbox_fs_read", {"path": "/link"}).text == "file not found: /vault/deep/key.txt"


def files_of(fs):
    found = [(top, tuple(sorted(directories)), tuple(sorted(names))) for top, directories, names in fs.walk()]
    stats = {f"{top}/{name}": fs.version(f"{top}/{name}") for top, _, names in found for name in names}
    return found, stats


def whole(sandbox):
    """All that a call may change: files, the journal, named snapshots, the store."""
    names = [each.name for each in sandbox.fs.snapshots()]
    return files_of(sandbox.fs), sandbox.fs.sequence, names, [each.key for each in sandbox.files.list("").items]


def fitting(chance, schema):
    """A value that a schema allows."""
    if "enum" in schema:
        return chance.choice(schema["enum"])
    kind = schema.get("type")
    if kind == "integer":
        least, most = schema.get("minimum", -5), schema.get("maximum", 2**40)
        return chance.choice([least, most, min(least + 3, most)])
    if kind == "boolean":
        return chance.random() < 0.5
    texts = [*PATHS, "x", "files/x", "*** Begin Patch\n*** End Patch", "a\0b", "\ud800", "1; 2"]
    return chance.choice(texts) if kind == "string" else any_value(chance)


def any_value(chance, depth=2):
    if depth and chance.random() < 0.2:
        return {str(chance.choice(VALUES)): any_value(chance, depth - 1)}
    return chance.choice([*VALUES, *PATHS])


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("seed", range(3))
def test_no_argument_makes_a_tool_raise_or_leaves_something_half_done(sandbox, kept, dialect, seed):
    chance, tools = random.Random(seed), Toolset(sandbox, "mallory", dialect=dialect, native=True)

    for _ in range(80):
        tool = tools._tools[chance.choice(tools.names)]
        fits = chance.random() < 0.6
        arguments = {
            name: fitting(chance, schema) if fits or chance.random() < 0.5 else any_value(chance)
            for name, schema in tool.parameters.items()
            if fits or chance.random() < 0.95
        }
        if not fits and chance.random() < 0.1:
            arguments[str(any_value(chance))] = 1
        before = whole(sandbox)
        answer = tools.call(tool.name, arguments)
        assert isinstance(answer.text, str)
        assert answer.data.get("code") != "internal", (tool.name, arguments, answer.text)
        if answer.is_error:
            assert whole(sandbox) == before, (tool.name, arguments)

    assert not tools.call("sandbox_fs_list").is_error
