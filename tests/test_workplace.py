"""A view of a sandbox: its shell, snippets and commands of the host get its part of the files and of the store."""

from __future__ import annotations

from dataclasses import replace

import pytest

from jupyter_sandfs.errors import InvalidRequest, NotFound, ObjectNotFound, PermissionDenied
from jupyter_sandfs.sandbox import Sandbox
from jupyter_sandfs.vfs.policy import NodePolicy
from jupyter_sandfs.vfs.views.view import VisibilityView

PUBLIC = VisibilityView({"public"})
OTHERS = {
    "files/zqother": b"TOPSECRET",
    "files/f_01ARZ3NDEKTSV4RRFFQ69G5FAV": b"TOPSECRET",
    "runs/1/output/zqresult": b"TOPSECRET",
    "sessions/theirs/zqnotes": b"TOPSECRET",
    "snapshots/default/zqsaved": b"TOPSECRET",
}


@pytest.fixture(autouse=True)
def _apart(monkeypatch, tmp_path):
    monkeypatch.setattr(Sandbox, "defaults", replace(Sandbox.defaults, store_url=(tmp_path / "store").as_uri()))
    yield
    for name in Sandbox.names():
        Sandbox.get(name).close()


@pytest.fixture
def sandbox():
    made = Sandbox("whole")
    made.fs.write_file("/open/a.txt", "word\n")
    made.fs.write_file("/open/zqkey.txt", "TOPSECRET")
    made.fs.set_policy("/open/zqkey.txt", NodePolicy(visibility="private"))
    for key, content in OTHERS.items():
        made.files.put(key, content, metadata={"original_filename": "zqname"})
    made.files.put("files/given.csv", b"a,b\n")
    made.files.put("sessions/mine/in.txt", b"in\n")
    return made


@pytest.fixture
def guest(sandbox):
    return sandbox.view(PUBLIC, keys=["files/given.csv"], session="mine", actor="guest")


def told(result):
    return result.stdout, result.stderr, result.exit_code


def test_a_view_has_what_a_sandbox_has(sandbox, guest):
    assert guest.fs.listdir("/open") == ["a.txt"]
    assert guest.run("cat /open/*").stdout == "word\n"
    assert guest.python("open('/open/a.txt').read()").value == "word\n"
    assert guest.stage("files/given.csv", "/in.csv").size_bytes == 4
    assert guest.files.get(guest.publish("/open/a.txt").key) == b"word\n"
    assert {record.actor for record in guest.journal if record.path == "/in.csv"} == {"guest"}
    assert repr(guest) == "<view of Sandbox 'whole' for 'guest'>"


def test_a_snippet_and_a_line_of_a_view_are_its_actors(sandbox, guest):
    guest.python("open('/p', 'w').write('x')")
    guest.run("echo x > /s")

    assert [(each.path, each.actor) for each in sandbox.journal[-2:]] == [("/p", "guest"), ("/s", "guest")]
    assert told(guest.run("undo; ls /")) == ("- /s\nopen\np\n", "", 0)


def test_a_host_command_of_a_view_gets_what_it_sees(part, guest):
    part("bwrap")

    assert guest.host(["ls"], "/open").stdout == "a.txt\n"


def test_a_named_view_may_be_asked_for(sandbox, guest):
    named = sandbox.view(PUBLIC, name="student")

    assert (sandbox.view_named("student"), named.actor) == (named, "student")
    with pytest.raises(NotFound, match="no view of the sandbox has this name"):
        sandbox.view_named("guest")


def test_a_grant_that_makes_no_sense_makes_no_view(sandbox):
    with pytest.raises(InvalidRequest):
        sandbox.view(PUBLIC, name="wrong", keys=["snapshots/default/"])
    with pytest.raises(NotFound):
        sandbox.view_named("wrong")


# ---------------------------------------------------------------- the store: to read, to learn of, to change

LOOKING = [
    "files; files list; files list files/; files list files/zq; files list sessions/; files list s",
    "files info given.csv; stage given.csv /g; cat /g; publish /open/a.txt; files list; publish /open/zqkey.txt",
    "files list $(echo files/z); publish --key sessions/mine/a /open/a.txt; files delete sessions/mine/a; files",
]


@pytest.mark.parametrize("line", LOOKING)
def test_the_store_shows_a_view_nothing_that_is_not_its_own(guest, line):
    result = guest.run(line)

    assert "TOPSECRET" not in result.stdout + result.stderr
    assert "zq" not in (result.stdout + result.stderr).replace("/open/zqkey.txt", "")
    assert "given.csv" in result.stdout


ASKING = [
    "stage {key} /x; cat /x; stage {key} /; ls /",
    "files info {key}; files list {key}; files list {key}/",
    "files delete {key}",
    "publish --key {key} /open/a.txt",
    "publish --ttl 1s --key {key} /open/a.txt",
]


@pytest.mark.parametrize("line", ASKING)
@pytest.mark.parametrize("key", OTHERS)
def test_a_key_of_others_answers_as_one_that_is_absent(sandbox, guest, key, line):
    absent = key.replace("zq", "no").replace("FAV", "FAX")

    there, not_there = (guest.run(line.format(key=each)) for each in (key, absent))

    answers = [(each.stdout, each.stderr, each.exit_code) for each in (there, not_there)]
    assert str(answers[0]).replace(key, absent) == str(answers[1])
    assert {each: sandbox.files.get(each) for each in OTHERS} == OTHERS


@pytest.mark.parametrize("key", OTHERS)
def test_no_call_of_a_view_gives_a_key_of_others(guest, key):
    with pytest.raises(ObjectNotFound):
        guest.stage(key, "/x")
    with pytest.raises(ObjectNotFound):
        guest.files.copy(key, "sessions/mine/copy")
    with pytest.raises(PermissionDenied):
        guest.publish("/open/a.txt", key)
    assert guest.fs.listdir("/") == ["open"]


def test_a_dry_run_in_a_view_reads_what_was_granted_and_no_more(guest):
    told_of = guest.shell.explain(
        "files; stage zqother /x; stage given.csv /g; publish /open/a.txt; files delete zqother"
    )

    assert told_of.result.stdout.startswith("files/given.csv  4  text/csv\nsessions/mine/in.txt  3  text/plain\n/g ")
    assert "zq" not in told_of.result.stdout
    assert (len(told_of.published), told_of.deleted) == (1, ())


@pytest.mark.parametrize(
    "line",
    [
        "publish --key report /open/a.txt",
        "publish --key zqother /open/a.txt",
        "publish --key sessions/mine/in.txt /open/a.txt",
        "files delete given.csv",
        "files delete zqother",
    ],
)
def test_a_dry_run_in_a_view_is_refused_what_the_run_would_be(guest, line):
    told_of = guest.shell.explain(line)

    assert told(told_of.result) == told(guest.run(line))
    assert (told_of.published, told_of.deleted, told_of.result.exit_code) == ((), (), 1)


def test_views_do_not_see_what_other_views_store(sandbox, guest):
    other = sandbox.view(PUBLIC, session="theirs-too")
    key = guest.publish("/open/a.txt").key

    assert told(other.run(f"files; stage {key} /y")) == ("", f"stage: file not found: {key}\n", 1)
    assert [info.key for info in other.files.list().items] == []


def test_what_is_stored_in_a_view_is_the_owners_to_see(sandbox, guest):
    assert guest.run("publish --key sessions/mine/out.txt /open/a.txt").stdout == "sessions/mine/out.txt\n"

    assert sandbox.files.get("sessions/mine/out.txt") == b"word\n"
    assert told(guest.run("publish --key report /open/a.txt")) == (
        "",
        (
            "publish: files/report: Permission denied "
            "(a view stores under sessions/mine/…, or without a key of your own)\n"
        ),
        1,
    )
