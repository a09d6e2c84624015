"""Rules of an agent: the first that fits decides, whatever works on the files, and silence is a no."""

from __future__ import annotations

import random
import threading

import pytest

from jupyter_sandfs import errors
from jupyter_sandfs.agents.rules import Asked, Operation, Rule, Rules, covers, covers_some
from jupyter_sandfs.agents.toolset import Toolset
from jupyter_sandfs.vfs.policy import NodePolicy
from jupyter_sandfs.vfs.textdiff import Side
from jupyter_sandfs.vfs.views.view import VisibilityView


@pytest.fixture
def ruled(sandbox):
    def make(*rules, **options):
        given = {name: options.pop(name) for name in ("approver", "deadline") if name in options}
        return Toolset(sandbox, "bob", rules=Rules(*(Rule(*each) for each in rules), **given), **options)

    return make


def write(tools, path, content="x"):
    return tools.call("sandbox_fs_write", {"path": path, "content": content})


# ---------------------------------------------------------------- patterns and rules


@pytest.mark.parametrize(
    ("pattern", "path", "fits"),
    [
        ("/", "/", True),
        ("/", "/a/b", True),
        ("**", "/", True),
        ("/a", "/a", True),
        ("/a", "/a/b/c", True),
        ("/a", "/ab", False),
        ("/a/**", "/a", False),
        ("/a/**", "/a/.b", True),
        ("/a/**", "/a/b/c", True),
        ("/a/*", "/a/b/c", True),
        ("/*.py", "/a.py", True),
        ("/*.py", "/d/a.py", False),
        ("**/*.py", "/a.py", True),
        ("**/*.py", "/d/e/a.py", True),
        ("**/*.py", "/d/e/a.pyc", False),
        ("/a/**/z", "/a/z", True),
        ("/a/**/z", "/a/b/c/z/d", True),
        ("/a/**/z", "/b/z", False),
        ("/[ab]?", "/b1", True),
        ("**/.git", "/x/.git/config", True),
        ("**/A", "/a", False),
        ("/a/../b", "/b", True),
    ],
)
def test_a_pattern_stands_for_paths_and_all_in_them(pattern, path, fits):
    assert covers(pattern, path) is fits


@pytest.mark.parametrize(
    ("pattern", "directory", "may"),
    [
        ("/a/**", "/", False),
        ("/a/**", "/a", True),
        ("/a/**", "/a/b", True),
        ("/a", "/", True),
        ("/a", "/b", False),
        ("/a", "/a/b", True),
        ("**/x", "/c/d", True),
        ("/a/**/x", "/", False),
        ("/a/**/x", "/a/b", True),
        ("/", "/a", True),
        ("/a/*/c", "/a", False),
    ],
)
def test_a_pattern_may_stand_for_something_in_a_directory(pattern, directory, may):
    assert covers_some(pattern, directory) is may


def test_a_pattern_takes_no_time_that_explodes():
    assert not covers("/" + "**/a/" * 60 + "b", "/a" * 250)
    assert not covers("/" + "*a" * 60 + "b", "/" + "a" * 255)


@pytest.mark.parametrize(
    "given",
    [("never", "write", "/"), ("deny", "fly", "/"), ("deny", "", "/"), ("deny", "write", ""), ("deny", "write", "a/b"),
     ("ask", "read", "/a"), ("deny", "write", "/" + "a" * 5000)],
)  # fmt: skip
def test_a_rule_that_says_nothing_is_refused(given):
    with pytest.raises(errors.InvalidRequest, match="in rule"):
        Rule(*given)


def test_there_are_not_endlessly_many_rules():
    with pytest.raises(errors.InvalidRequest, match="at most 1000 rules"):
        Rules(*[Rule("deny", "write")] * 1001)


def test_the_first_rule_that_fits_decides_and_without_one_all_is_allowed():
    rules = Rules(Rule("allow", "write delete", "/a/ok"), Rule("deny", "write", "/a/** /b"))

    assert rules.rule(Operation.WRITE, "/a/ok/x") is None
    assert str(rules.rule(Operation.WRITE, "/a/x")) == "deny write /a/** /b"
    assert rules.rule(Operation.DELETE, "/a/x") is None
    assert rules.rule(Operation.WRITE, "/c") is None


# ---------------------------------------------------------------- deny


def test_a_denied_call_is_an_answer_that_names_the_rule(sandbox, ruled):
    tools = ruled(("deny", "write", "/keep/**"))

    assert str(write(tools, "/keep/a")) == "not allowed: /keep/a: Permission denied (rule 'deny write /keep/**')"
    assert sandbox.fs.listdir("/") == []
    assert not write(tools, "/a").is_error


def test_what_may_not_be_read_is_absent_and_the_answer_does_not_say_whether_it_is_there(sandbox, ruled):
    sandbox.fs.write_file("/keep/a", "secret")
    tools = ruled(("deny", "read", "/keep"))
    answers = [str(tools.call("sandbox_fs_read", {"path": f"/keep/{name}"})) for name in "ab"]

    assert answers == [f"not allowed: /keep/{name}: Permission denied (rule 'deny read /keep')" for name in "ab"]
    assert str(tools.call("sandbox_exec", {"command": "ls; cat /keep/a; grep -r secret /"})) == (
        "cat: /keep/a: No such file or directory\n[exit code 1]"
    )


LINES = [
    "echo no > {p}/a",
    "echo no >> {p}/a",
    "rm -rf {p}",
    "rm -rf /*",
    "mv {p} /moved",
    "mv {p}/a /moved",
    "cp /mine {p}/a",
    "cp -r /tree {p}",
    "cp -r /tree/a {p}/new",
    "cp /mine {p}/; cp -rT /tree {p}",
    "ln -s {p} /l; echo no > /l/a; rm /l/a",
    "ln -s {p}/a /m; echo no > /m; rm /m",
    "ln -s {p}/new /n; echo no > /n; mkdir /n; touch /n",
    "ln -s {p}/none /o; echo no > /o/x; mkdir -p /o/x/y",
    "ln -sf /mine {p}/a",
    "mkdir -p {p}/d/e",
    "touch {p}/a {p}/b; chmod 777 {p}/a; touch -d 2001-01-01 {p}/a",
    "tar cf /t.tar -C /tree . ; tar xf /t.tar -C {p}",
    "cd /tree && zip -r /t.zip . ; cd {p} && unzip -o /t.zip",
    "cd {p}; echo no > ../keep/a; echo no > ./a",
    "sed -i s/yes/no/ {p}/a",
    "tee {p}/a < /mine",
    'python -c \'open("{p}/a", "w").write("no")\'',
    'python -c \'open("{p}/b", "w").write("no")\'',
    "snapshot s; restore before; restore s; undo; undo; redo",
    "branch b; branch switch b; rm -rf {p}; branch switch main; branch merge b",
    "policy set {p} --writable; policy {p}",
    "diff -u {p}/a /mine > /p.diff; patch {p}/a /p.diff",
    "find {p} -delete; find {p} -exec rm {{}} +",
    "(while read x; do echo $x > {p}/a; done < /mine) & wait",
    "mv /tree {p}; mv /tree /keep2; mv /keep2 /tree",
]


@pytest.fixture
def kept(sandbox):
    fs = sandbox.fs
    fs.write_file("/keep/a", "yes\n")
    fs.write_file("/keep/deep/b", "yes\n")
    fs.write_file("/mine", "no\n")
    fs.write_file("/tree/a", "no\n")
    fs.write_file("/tree/deep/b", "no\n")
    fs.snapshot("before")

    def seen():
        every = [(entry.path, entry.stat) for at, _, _ in fs.walk("/keep") for entry in fs.ls(at)]
        return [(path, fs.version(path), stat.mode, stat.modified_ns) for path, stat in every if stat.is_file]

    return seen


DENIALS = [("deny", "write delete", "/keep")], [("deny", "write delete", "/keep/**"), ("deny", "delete", "/keep")]


@pytest.mark.parametrize("denials", DENIALS)
@pytest.mark.parametrize("line", LINES)
def test_no_command_changes_what_a_rule_keeps(sandbox, ruled, kept, line, denials):
    tools, before = ruled(*denials), kept()

    for place in ("/keep", "/tree/../keep", "//keep/."):
        tools.call("sandbox_exec", {"command": line.format(p=place)})
        assert kept() == before
    assert [sandbox.fs.exists(path) for path in ("/keep/b", "/keep/new", "/keep/none", "/keep/d")] == [False] * 4


@pytest.mark.parametrize("seed", range(3))
def test_no_sequence_of_calls_changes_what_rules_keep_or_shows_what_they_hide(sandbox, kept, seed):
    sandbox.fs.write_file("/vault/key", "xyzzy\n")
    rules = Rules(Rule("deny", "write delete", "/keep"), Rule("deny", "read", "/vault"))
    chance, before = random.Random(seed), kept()
    tools = Toolset(sandbox, "bob", rules=rules, native=bool(seed % 2), dialect="anthropic")
    places = [
        "/keep",
        "/keep/a",
        "/keep/deep",
        "/vault",
        "/vault/key",
        "/mine",
        "/tree",
        "/",
        "/l",
        "/new/x",
        "/keep/n",
    ]
    texts = {
        "content": "no",
        "old_text": "yes",
        "new_text": "no",
        "pattern": "**/*",
        "since": "before",
        "file_text": "no",
    }

    for _ in range(60):
        tool = tools._tools[chance.choice(tools.names)]
        given = {name: texts.get(name, chance.choice(places)) for name, told in tool.parameters.items()
                 if told.get("type") == "string" and "enum" not in told}  # fmt: skip
        if "enum" in tool.parameters.get("command", {}):
            given["command"] = chance.choice(tool.parameters["command"]["enum"])
        if tool.runs:
            line = chance.choice([*LINES, "cat {p}/*", "cp -r {p} /copy; cat /copy/*"])
            given = {"command": line.format(p=chance.choice(places))}
        for name in ("recursive", "overwrite"):
            if name in tool.parameters:
                given[name] = True
        answer = tools.call(tool.name, given)
        assert kept() == before, (tool.name, given)
        assert "xyzzy" not in f"{answer.text}{answer.data}", (tool.name, given)
    assert sandbox.fs.read_file("/vault/key") == "xyzzy\n"


def test_no_link_is_put_in_the_way_between_the_check_and_the_change(sandbox, ruled, kept, monkeypatch):
    tools, before = ruled(("deny", "write delete", "/keep")), kept()
    fs, decide, others = tools.desk.fs, Rules.rule, []

    def swap():
        fs.move("/tree", "/away")
        fs.symlink("/keep", "/tree")

    def decide_slowly(rules, operation, path):
        if not others:  # while the first decision is made, somebody else tries
            others.append(threading.Thread(target=swap))
            others[0].start()
            others[0].join(0.2)
        return decide(rules, operation, path)

    monkeypatch.setattr(Rules, "rule", decide_slowly)
    fs.write_file("/tree/a", "mine\n")
    others[0].join(60)

    assert not others[0].is_alive()
    assert kept() == before
    assert fs.read_file("/away/a") == "mine\n"


def test_rules_come_on_top_of_the_view(sandbox):
    sandbox.fs.write_file("/secret", "x")
    sandbox.fs.set_policy("/secret", NodePolicy(visibility="private"))
    view = sandbox.view(VisibilityView({"public"}), actor="eve")
    tools = Toolset(view, "eve", rules=Rules(Rule("allow", "read write delete"), Rule("deny", "exec")))

    assert str(tools.call("sandbox_fs_read", {"path": "/secret"})) == "file not found: /secret"
    assert str(tools.call("sandbox_exec", {"command": "ls"})) == (
        "not allowed: /: Permission denied (rule 'deny exec /')"
    )
    assert tools.call("sandbox_python", {"code": "1"}).is_error


def test_anthropics_bash_is_a_command_too(ruled):
    tools = ruled(("deny", "exec"), dialect="anthropic", native=True)

    assert tools.call("bash", {"command": "ls"}).is_error


def test_an_agent_with_rules_takes_back_what_no_rule_concerns(sandbox, ruled):
    tools = ruled(("deny", "write delete", "/keep"))
    write(tools, "/a")

    assert tools.call("sandbox_exec", {"command": "undo"}).data["exit_code"] == 0
    assert sandbox.fs.listdir("/") == []


# ---------------------------------------------------------------- ask


def test_an_approver_sees_the_diff_and_says_yes(sandbox, ruled):
    asked = []
    tools = ruled(("ask", "write", "/src"), approver=lambda request: asked.append(request) is None)
    sandbox.fs.write_file("/src/a", "one\n")

    answer = tools.call("sandbox_fs_edit", {"path": "/src/a", "old_text": "one", "new_text": "two"})

    assert not answer.is_error
    assert asked == [
        Asked(
            "bob",
            ((Operation.WRITE, "/src/a"),),
            "ask write /src",
            "--- a/src/a\n+++ b/src/a\n@@ -1 +1 @@\n-one\n+two\n",
            tool="sandbox_fs_edit",
            sandbox="work",
            sides=(Side("/src/a", b"one\n"), Side("/src/a", b"two\n")),
            version=1,
            grounds=frozenset({(Operation.WRITE, "ask write /src")}),
        )
    ]


def test_an_approver_sees_what_a_removal_takes_away(sandbox, ruled):
    asked = []
    tools = ruled(("ask", "delete", "/"), approver=lambda request: asked.append(request.diff) is None)
    sandbox.fs.write_file("/a", "one\n")

    assert not tools.call("sandbox_fs_delete", {"path": "/a"}).is_error
    assert asked == ["--- a/a\n+++ /dev/null\n@@ -1 +0,0 @@\n-one\n"]


def test_an_approver_hears_of_each_rule_and_how_much_is_not_listed(sandbox, ruled):
    asked = []
    tools = ruled(
        ("ask", "delete", "/d/5*"), ("ask", "delete", "/"), approver=lambda request: asked.append(request) is None
    )
    for number in range(120):
        sandbox.fs.write_file(f"/d/{number}", "")

    assert not tools.call("sandbox_fs_delete", {"path": "/d", "recursive": True}).is_error
    assert (len(asked[0].operations), asked[0].more) == (100, 21)
    assert asked[0].grounds == {(Operation.DELETE, "ask delete /d/5*"), (Operation.DELETE, "ask delete /")}


def test_an_approver_is_told_that_a_long_diff_was_cut(ruled):
    asked = []
    tools = ruled(("ask", "write", "/"), approver=lambda request: asked.append((len(request.diff), request.is_cut)))

    write(tools, "/a", "x" * 99)
    write(tools, "/a", "word\n" * 50_000)

    assert [cut for _, cut in asked] == [False, True]
    assert asked[1][0] == 100_000


def test_an_approver_sees_all_arguments_of_what_runs_in_any_order(sandbox):
    asked = []
    rules = Rules(Rule("ask", "exec"), approver=lambda request: asked.append(request.diff) is None)
    tools = Toolset(sandbox, "bob", dialect="anthropic", native=True, rules=rules)

    assert not tools.call("bash", {"restart": False, "command": "echo hi"}).is_error
    assert asked == ["restart: False\ncommand: echo hi"]


@pytest.mark.parametrize("deadline", [0, -1, float("nan"), float("inf"), None, "60"])
def test_a_deadline_is_a_time_that_comes(deadline):
    with pytest.raises(errors.InvalidRequest, match="a deadline is above 0"):
        Rules(deadline=deadline)


def fails(request):
    raise RuntimeError("broken")


@pytest.mark.parametrize("approver", [lambda request: False, lambda request: 1, lambda request: "yes", fails])
def test_anything_but_true_is_a_no(sandbox, ruled, approver):
    tools = ruled(("ask", "write", "/src"), approver=approver)

    assert str(write(tools, "/src/a")) == (
        "not allowed: /src/a: Permission denied (rule 'ask write /src': it was not approved)"
    )
    assert sandbox.fs.listdir("/") == []


def test_silence_is_a_no_even_if_a_yes_comes_later(sandbox, ruled):
    late, answered = threading.Event(), threading.Event()

    def slow(request):
        late.wait(60)
        answered.set()
        return True

    tools = ruled(("ask", "write", "/src"), approver=slow, deadline=0.01)

    assert "it was not approved" in str(write(tools, "/src/a"))
    late.set()
    assert answered.wait(60)
    assert sandbox.fs.listdir("/") == []


def test_what_was_approved_is_refused_if_the_file_changed_meanwhile(sandbox, ruled):
    sandbox.fs.write_file("/src/a", "one\n")

    def meddle(request):
        sandbox.fs.write_file("/src/a", "other\n")
        return True

    answer = write(ruled(("ask", "write", "/src"), approver=meddle), "/src/a")

    assert answer.data["code"] == "version_conflict"
    assert sandbox.fs.read_file("/src/a") == "other\n"


@pytest.mark.parametrize(
    ("rule", "tool", "arguments"),
    [
        (("ask", "delete", "/src"), "sandbox_fs_delete", {"path": "/src/a"}),
        (("ask", "delete", "/src"), "sandbox_fs_move", {"source": "/src/a", "destination": "/b"}),
        (("ask", "write", "/b"), "sandbox_fs_move", {"source": "/src/a", "destination": "/b"}),
    ],
)
def test_a_yes_to_delete_or_move_a_file_is_for_what_was_shown(sandbox, ruled, rule, tool, arguments):
    sandbox.fs.write_file("/src/a", "one\n")

    def meddle(request):
        sandbox.fs.write_file("/src/a", "other\n")
        return True

    answer = ruled(rule, approver=meddle).call(tool, arguments)

    assert answer.data["code"] == "version_conflict"
    assert sandbox.fs.read_file("/src/a") == "other\n"
    assert not sandbox.fs.exists("/b")


def test_an_approver_sees_what_is_moved_to_where_it_matters(sandbox, ruled):
    asked = []
    tools = ruled(
        ("ask", "write", "/src"), approver=lambda request: asked.append((request.diff, request.sides)) is None
    )
    sandbox.fs.write_file("/tmp/a", "mine\n")
    sandbox.fs.write_file("/tmp/d/x", "")

    assert not tools.call("sandbox_fs_move", {"source": "/tmp/a", "destination": "/src/a"}).is_error
    assert not tools.call("sandbox_fs_move", {"source": "/tmp/d", "destination": "/src/d"}).is_error
    assert asked == [
        ("--- /dev/null\n+++ b/src/a\n@@ -0,0 +1 @@\n+mine\n", (Side("/src/a", None), Side("/src/a", b"mine\n"))),
        ("/tmp/d to /src/d; what is in it is not shown", None),
    ]


def test_within_a_command_nobody_is_asked(sandbox, ruled):
    asked = []
    tools = ruled(("ask", "write", "/src"), approver=lambda request: asked.append(request) is None)

    shell = tools.call("sandbox_exec", {"command": "mkdir -p /src; echo x > /src/a"})
    snippet = tools.call("sandbox_python", {"code": "open('/src/a', 'w').write('x')"})

    assert (shell.data["ok"], snippet.data["ok"], asked) == (False, False, [])
    assert sandbox.fs.listdir("/") == []


def test_a_command_line_is_asked_for_with_its_text(ruled):
    asked = []
    tools = ruled(("ask", "exec"), approver=lambda request: asked.append(request.diff) is None)

    assert tools.call("sandbox_exec", {"command": "echo hi"}).text == "hi"
    assert asked == ["echo hi"]


def test_without_an_approver_asking_is_denying(ruled):
    assert "there is nobody to ask" in str(write(ruled(("ask", "write", "/")), "/a"))


# ---------------------------------------------------------------- the store


def test_publishing_goes_by_the_path_in_the_sandbox(sandbox, ruled):
    tools = ruled(("allow", "publish", "/out"), ("deny", "publish"))
    sandbox.fs.write_file("/out/a", "x")
    sandbox.fs.write_file("/b", "x")
    sandbox.fs.symlink("/b", "/out/link")

    def published(source):
        return not tools.call("sandbox_publish_file", {"source": source}).is_error

    assert [published(source) for source in ("/out/a", "/b", "/out/../b", "/out/link", "/")] == [True] + [False] * 4
    shell = tools.call("sandbox_exec", {"command": "publish /out/a; publish /b; files list; stage files/a /x"})
    assert shell.text.count("rule 'deny publish /': the shell has no store then") == 4


def test_staging_goes_by_the_path_that_the_file_becomes(sandbox, ruled):
    sandbox.files.put("files/a", b"x", metadata={"original_filename": "a"})
    sandbox.fs.mkdir("/keep")
    sandbox.fs.symlink("/keep", "/link")
    tools = ruled(("deny", "stage", "/keep/**"))

    def staged(destination):
        return not tools.call("sandbox_stage_file", {"file_key": "files/a", "destination": destination}).is_error

    places = ["/ok", "/keep/a", "/keep", "/keep/", "/link/a", "/link", "/link/", "/"]
    assert [staged(place) for place in places] == [True] + [False] * 7
    assert sandbox.fs.listdir("/keep") == []


# ---------------------------------------------------------------- replay


def test_a_replay_needs_the_rules(sandbox, ruled):
    rules = Rules(Rule("deny", "write", "/keep"))
    tools = Toolset(sandbox, "bob", rules=rules)
    write(tools, "/keep/a")
    write(tools, "/a")
    fork = sandbox.fork("ruled")

    with pytest.raises(errors.InvalidRequest, match="'bob' had rules: give them in rules="):
        sandbox.transcript.replay(fork)
    assert sandbox.transcript.replay(fork, rules={"bob": rules}).differing == ()
    assert fork.fs.listdir("/") == ["a"]
    fork.close()
