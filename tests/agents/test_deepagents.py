"""The backend for deepagents, beside the one that the library has for a directory of the disk."""

from __future__ import annotations

import asyncio
import random

import pytest
from deepagents.backends.filesystem import FilesystemBackend

from jupyter_sandfs.agents.deepagents import SandboxBackend
from jupyter_sandfs.vfs.policy import NodePolicy
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
