"""The backend for deepagents, beside the one that the library has for a directory of the disk."""

from __future__ import annotations

import asyncio
import random

import pytest
from deepagents.backends.filesystem import FilesystemBackend

from jupyter_sandfs.agents.deepagents import SandboxBackend
from jupyter_sandfs.agents.rules import Rule, Rules
from jupyter_sandfs.agents.transcript import Transcript
from jupyter_sandfs.vfs.policy import NodePolicy
from jupyter_sandfs.vfs.quotas import Quota
from jupyter_sandfs.vfs.views.view import VisibilityView

PATHS = ["/a.txt", "/b.py", "/d", "/d/c.py", "/d/e/f.md", "/none/x"]
TEXTS = ["one\n", "one\ntwo\none\n", "x = 1\ny = 2", "  \n", "deep\n" * 5]
GLOBS = ["*.py", "**/*.py", "/*.txt", "d/**", "*", "[ab].*", "{a,b}.*", "../x", "**/none"]


@pytest.fixture
def backend(sandbox):
    return SandboxBackend(sandbox, "deep")


@pytest.fixture
def judge(tmp_path):
    return FilesystemBackend(root_dir=tmp_path / "judge", virtual_mode=True)


def any_call(chance):
    path = chance.choice(PATHS)
    return chance.choice(
        [
            ("write", (path, chance.choice(TEXTS))),
            ("write", (path, chance.choice(TEXTS))),
            ("edit", (path, chance.choice(["one", "x", "nope", "deep"]), "new", chance.random() < 0.5)),
            ("read", (path, chance.choice([0, 1, 2, -1, 50]), chance.choice([1, 2000, 0]))),
            ("ls", (path,)),
            ("ls", ("/",)),
            ("glob", (chance.choice(GLOBS), chance.choice(["/", "/d", None]))),
            ("grep", (chance.choice(["one", "x", "1", "no such"]), chance.choice(["/", None]), None)),
            ("grep", ("one", "/", chance.choice(["*.py", "*.txt"]))),
            ("delete", (path,)),
            ("download_files", ([path],)),
        ]
    )


def answered(backend, call, arguments):
    """What a backend answers, without times, sizes of directories and the words of a disk's errors."""
    result = getattr(backend, call)(*arguments)
    if isinstance(result, list):
        return [(each.path, each.content, bool(each.error)) for each in result]
    facts = dict(vars(result))
    error = facts.pop("error", None)
    if call in ("ls", "glob", "grep"):
        key = "entries" if call == "ls" else "matches"
        rows = facts.pop(key) or []
        seen = sorted((row["path"].rstrip("/"), row.get("line"), row.get("text"), row.get("is_dir")) for row in rows)
        return seen, facts, bool(error) and not rows
    return facts, error if call in ("read", "edit") and "Errno" not in str(error) else bool(error)


@pytest.mark.parametrize("seed", range(5))
def test_calls_are_answered_as_by_the_librarys_own_backend(backend, judge, seed):
    chance = random.Random(seed)
    judge.cwd.mkdir()

    for _ in range(80):
        call, arguments = any_call(chance)
        assert answered(backend, call, arguments) == answered(judge, call, arguments), (call, arguments)


def test_commands_run(backend, sandbox):
    result = backend.execute("echo hi > /a; cat /a nothere")

    assert (result.output, result.exit_code, result.truncated) == (
        "hi\ncat: nothere: No such file or directory\n",
        1,
        False,
    )
    assert {record.actor for record in sandbox.journal} == {"deep"}
    assert backend.id == "work"


def test_files_go_in_and_out(backend):
    uploaded = backend.upload_files([("/a/b.bin", b"\0\xff"), ("/a", b"x")])
    downloaded = backend.download_files(["/a/b.bin", "/a", "/none"])

    assert [each.error for each in uploaded] == [None, "is_directory"]
    assert [(each.content, each.error) for each in downloaded] == [
        (b"\0\xff", None),
        (None, "is_directory"),
        (None, "file_not_found"),
    ]


def test_the_asynchronous_calls_answer_too(backend):
    async def work():
        await backend.awrite("/a", "one\n")
        await backend.aedit("/a", "one", "two")
        return (await backend.aread("/a")).file_data["content"], (await backend.aexecute("cat /a")).output

    assert asyncio.run(work()) == ("two\n", "two\n")


def test_an_edit_of_what_others_changed_since_is_refused(backend, sandbox):
    backend.write("/a", "one\n")
    sandbox.fs.write_file("/a", "one\ntwo\n")

    assert "changed since you read it" in backend.edit("/a", "one", "1").error
    assert backend.edit("/a", "one", "1").occurrences == 1


def test_a_backend_of_a_view_shows_what_the_view_shows(sandbox):
    sandbox.fs.write_file("/secret/a.py", "one\n")
    sandbox.fs.write_file("/b.py", "one\n")
    sandbox.fs.set_policy("/secret", NodePolicy(visibility="private"))
    backend = SandboxBackend(sandbox.view(VisibilityView({"public"})), "deep")

    assert [each["path"] for each in backend.glob("**/*.py").matches] == ["/b.py"]
    assert [each["path"] for each in backend.grep("one").matches] == ["/b.py"]
    assert [each["path"] for each in backend.ls("/").entries] == ["/b.py"]
    assert backend.read("/secret/a.py").error == "File '/secret/a.py' not found"
    assert backend.download_files(["/secret/a.py"])[0].error == "file_not_found"
    assert backend.write("/secret/a.py", "x").error
    assert sandbox.fs.read_file("/secret/a.py") == "one\n"


# ---------------------------------------------------------------- kept, and held to the same rules


def test_each_call_is_in_the_transcript_and_an_action_in_the_journal(sandbox, backend):
    backend.write("/a", "one\n")
    backend.edit("/a", "none", "two")
    backend.execute("cat /a; echo x > /b")
    backend.upload_files([("/c", b"\xff")])
    backend.read("/a", limit=1)

    calls = sandbox.transcript.calls
    assert [(call.agent, call.tool, call.is_error, call.changes) for call in calls] == [
        ("deep", "write", False, ("/a",)),
        ("deep", "edit", True, ()),
        ("deep", "execute", False, ("/b",)),
        ("deep", "upload_files", False, ("/c",)),
        ("deep", "read", False, ()),
    ]
    assert [call.arguments for call in calls[2:]] == [
        {"command": "cat /a; echo x > /b"},
        {"files": [["/c", {"base64": "/w=="}]]},
        {"file_path": "/a", "limit": 1},
    ]
    assert calls[2].size == len("one\n")
    assert [each.action for each in sandbox.journal] == [calls[0].action, calls[2].action, calls[3].action]


def test_its_calls_are_run_again_in_a_fork(sandbox, backend):
    fork = sandbox.fork("again")
    backend.write("/d/a", "one\n")
    backend.edit("/d/a", "one", "two")
    backend.execute("cd /d; N=5")
    backend.execute("echo $N > n")
    backend.upload_files([("/c", b"\0\xff")])
    backend.delete("/none")
    lines = list(sandbox.transcript.to_jsonl())

    replayed = Transcript.from_jsonl(lines).replay(fork)

    assert (replayed.calls, replayed.differing) == (6, ())
    assert {path: fork.fs.read_bytes(path) for path in ("/d/a", "/d/n", "/c")} == {
        "/d/a": b"two\n",
        "/d/n": b"5\n",
        "/c": b"\0\xff",
    }
    fork.close()


def test_it_is_held_to_rules_and_to_a_quota(sandbox):
    asked = []

    def approve(question):
        asked.append((question.agent, question.rule))
        return True

    rules = Rules(
        Rule("deny", "read", "/secret"),
        Rule("deny", "delete", "/kept"),
        Rule("ask", "write", "/src"),
        Rule("deny", "exec"),
        approver=approve,
    )
    sandbox.fs.write_file("/secret", "one")
    sandbox.fs.write_file("/kept", "one")
    backend = SandboxBackend(sandbox, "deep", rules=rules, quota=Quota(bytes=10))

    assert backend.read("/secret").error == "File '/secret' not found"
    assert [each["path"] for each in backend.ls("/").entries] == ["/kept"]
    assert "rule 'deny delete /kept'" in backend.delete("/kept").error
    assert backend.write("/src/a", "12345").error is None
    assert asked == [("deep", "ask write /src")]
    assert backend.execute("ls").exit_code == 126
    assert "quota of 10" in backend.write("/b", "123456").error
    assert backend.upload_files([("/b", b"123456")])[0].error.startswith("/b: Disk quota exceeded")
    assert sorted(sandbox.fs.listdir()) == ["kept", "secret", "src"]


def test_its_shell_has_the_commands_allowed_and_publishes_no_secrets(sandbox):
    backend = SandboxBackend(sandbox, "deep", allowed_commands=["publish"])
    backend.write("/key", f"token = 'ghp_{'a' * 36}'\n")

    assert "GitHub token in line 1" in backend.execute("publish /key").output
    assert backend.execute("cat /key").exit_code == 126
    assert SandboxBackend(sandbox, "deep", secrets=True).execute("publish /key").exit_code == 0
