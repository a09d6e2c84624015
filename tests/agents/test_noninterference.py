"""Two sandboxes that differ only in what a view hides: whatever an agent calls, it is told the same, byte for byte.

So nothing that is hidden can be read, counted, timed by versions, or guessed from an error. Both keep their own secrets
unchanged, too.
"""

from __future__ import annotations

import itertools
import re
from contextlib import ExitStack

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jupyter_sandfs.agents.dialects import DIALECTS
from jupyter_sandfs.agents.rules import Rule, Rules
from jupyter_sandfs.agents.toolset import TOOLS, Toolset
from jupyter_sandfs.sandbox import Sandbox
from jupyter_sandfs.vfs.filesystem import VirtualFileSystem
from jupyter_sandfs.vfs.policy import NodePolicy
from jupyter_sandfs.vfs.providers import ProvidedNode
from jupyter_sandfs.vfs.views.view import VisibilityView

PRIVATE = NodePolicy(visibility="private")
# What is at the same places in both, with other contents, names below, sizes and times of writing.
SECRETS = [
    {"/vault/key": "4711\n", "/open/hidden.txt": "4711\n" * 3, "/memories/diary": "4711"},
    {
        "/vault/deep/er/plan": "0815 and more",
        "/vault/z": "",
        "/open/hidden.txt": "0815",
        "/memories/diary": "0815\n" * 90,
    },
]
PATHS = [
    *("/", "/open", "/open/a.txt", "/open/sub/b.txt", "/new", "/new/c.txt", "/link", "/memories", "/memories/note"),
    *("/vault", "/vault/key", "/vault/z", "/open/hidden.txt", "/live", "/live/x", "/memories/diary", "relative/d.txt"),
]
LINES = [
    *("ls -laR {p}", "cat {p}", "find {p} -type f | sort", "grep -rn . {p}", "rg 4711 {p}", "tree {p}", "du -a {p}"),
    *("cp -r {p} {q}", "mv {p} {q}", "rm -rf {p}", "mkdir -p {p}/x", "echo x >> {p}", "ln -s {p} {q}", "rmdir {p}"),
    *(
        "stat -c '%n %s %F %y' {p}",
        "wc {p}",
        "head -c 3 {p}",
        "diff -r {p} {q}",
        "chmod 600 {p}",
        "test -e {p}; echo $?",
    ),
    *("tar cf /t.tar {p}; tar tvf /t.tar", "cd {p}; pwd; ls", "for f in {p}/*; do echo $f; done", "versions {p}"),
    *(
        "changes start",
        "restore start",
        "snapshot mine; snapshots",
        "undo",
        "redo",
        "journal",
        "branch b; branch switch b",
    ),
    *(
        "branch switch main",
        "branch merge b",
        "policy {p}",
        "publish {p}",
        "stage files/theirs {q}",
        "files list",
        "df; ls -i {p}",
    ),
]

path = st.sampled_from(PATHS)
word = st.sampled_from(["", "x", "4711", "line\n", "a\nb\n", ".*"])
NAMED: dict[str, st.SearchStrategy] = {
    **dict.fromkeys(("path", "source", "destination", "old_path", "new_path"), path),
    **dict.fromkeys(("old_text", "new_text", "content", "old_str", "new_str", "file_text", "insert_text"), word),
    "code": st.builds("import os\nprint(sorted(os.listdir({!r})))\nprint(open({!r}).read())".format, path, path),
    "pattern": st.sampled_from(["**/*", "/**", "/vault/**", "4711", ".", "*"]),
    "glob": st.sampled_from(["", "**/*.txt"]),
    "since": st.sampled_from(["start", "mine", "none"]),
    "name": st.sampled_from(["", "mine", "start"]),
    "file_key": st.sampled_from(["files/theirs", "files/none", "snapshots/one/x"]),
    "input": st.builds(
        "*** Begin Patch\n*** {} File: {}\n+x\n*** End Patch".format, st.sampled_from(["Add", "Delete"]), path
    ),
    "operation": st.fixed_dictionaries(
        {"type": st.sampled_from(["create_file", "delete_file"]), "path": path, "diff": st.just("+x")}
    ),
    "view_range": st.sampled_from([None, [1, -1], [1, 2]]),
}
NUMBERS = {"offset": 1, "limit": 5, "depth": 3, "max_matches": 20, "insert_line": 0}


def argument(name, schema):
    if name == "command":
        lines = st.builds(lambda line, p, q: line.format(p=p, q=q), st.sampled_from(LINES), path, path)
        return st.sampled_from(schema["enum"]) if "enum" in schema else lines
    if name in NUMBERS:
        return st.just(NUMBERS[name])
    return NAMED[name] if name in NAMED else st.booleans()


def calls_of(tool):
    arguments = {name: argument(name, schema) for name, schema in tool.parameters.items()}
    return st.tuples(st.just(tool.name), st.fixed_dictionaries(arguments))


def steps_of(dialect):
    """Calls of all tools of a dialect, of those that run commands the most, and what others do in between."""
    tools = list(DIALECTS[dialect].native(TOOLS).values())
    often = [each for each in tools if each.name in ("sandbox_exec", "bash")] * 6
    return st.one_of([*map(calls_of, (*tools, *often)), st.just("somebody else")])


STEPS = st.sampled_from(sorted(DIALECTS)).flatmap(
    lambda dialect: st.tuples(st.just(dialect), st.lists(steps_of(dialect), min_size=3, max_size=9))
)


class World:
    """A sandbox with secrets, and an agent that is not to learn of them."""

    def __init__(self, number, dialect, store, *, ruled):
        self.now, self.secrets = 10**18, dict(SECRETS[number])
        names = itertools.count()
        self.sandbox = Sandbox(("one", "two")[number], store_url=f"file://{store}/{number}")
        self.sandbox._put_together(VirtualFileSystem(clock=lambda: self.now), self.sandbox.store_url)
        self._furnish()
        rules = Rules(Rule("deny", "read", "/vault /open/hidden.txt /memories/diary /live/x")) if ruled else None
        whole = self.sandbox if ruled else self.sandbox.view(VisibilityView({"public"}), actor="eve")
        self.tools = Toolset(
            whole, "eve", dialect=dialect, native=True, rules=rules, tokens=50_000, ids=lambda: f"n{next(names)}"
        )

    def _furnish(self):
        fs = self.sandbox.fs
        fs.mkdir("/vault")
        fs.set_policy("/vault", PRIVATE)
        for path_, content in self.secrets.items():
            fs.write_file(path_, content)
            fs.set_policy(path_, PRIVATE)
        self.tick()  # what comes now has the same times in both
        fs.write_file("/open/a.txt", "public\n4\n")
        fs.write_file("/open/sub/b.txt", "b\n")
        fs.symlink("/vault/key", "/link")
        named = {"x": ProvidedNode.file(self.sandbox.name, policy=PRIVATE), "y": ProvidedNode.file("shown")}
        fs.mount_directory("/live", lambda _: named)
        self.sandbox.files.put("files/theirs", self.sandbox.name.encode() * 9)
        fs.snapshot("start")
        self.tick()

    def tick(self):
        self.now = (self.now // 10**10 + 1) * 10**10

    def change_secretly(self, turn):
        """What the owner does to what is hidden: other things in both.

        Versions of hidden files stay low: that a new file in a directory which was removed starts above all versions of
        the tree is known, and told in docs/views.md.
        """
        path_ = f"/vault/{self.sandbox.name}{turn}"
        self.sandbox.fs.write_file(path_, path_)
        self.secrets[path_] = path_

    def told(self, call):
        self.tick()
        answer = self.tools.call(*call)
        said = f"{answer.text}\n{answer.data}\n{answer.is_error}\n{answer.changes}"
        return re.sub(r"files/f_\w+|snapshots/(one|two)", "<key>", said)  # made up, or the sandbox's own name

    def kept(self):
        return {path_: self.sandbox.fs.read_text(path_) for path_ in self.secrets}


@pytest.mark.parametrize("ruled", [False, True], ids=["by a view", "by rules"])
@settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=STEPS)
def test_what_is_hidden_makes_no_difference(tmp_path, ruled, steps):
    dialect, calls = steps
    with ExitStack() as stack:
        worlds = [World(number, dialect, tmp_path, ruled=ruled) for number in range(2)]
        for world in worlds:
            stack.callback(world.sandbox.close)
        for turn, call in enumerate(calls):
            if call == "somebody else":
                for world in worlds[: 1 + turn % 2]:  # sometimes in one of them only
                    world.change_secretly(turn)
            else:
                assert worlds[0].told(call) == worlds[1].told(call)
        for world in worlds:
            assert world.kept() == world.secrets
