"""What agents did is kept, within bounds, told without harm, and done again in a fork with the same outcome."""

from __future__ import annotations

import itertools
import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jupyter_sandfs import errors
from jupyter_sandfs.agents.answers import ToolResult
from jupyter_sandfs.agents.calls import Call, Seat
from jupyter_sandfs.agents.toolset import Toolset
from jupyter_sandfs.agents.transcript import Transcript
from jupyter_sandfs.sandbox import Sandbox
from jupyter_sandfs.vfs.filesystem import VirtualFileSystem
from jupyter_sandfs.vfs.policy import NodePolicy
from jupyter_sandfs.vfs.views.view import VisibilityView

PUBLIC = VisibilityView({"public"})


def tree(fs):
    found = [(entry.path, entry.is_dir) for top, _, _ in fs.walk() for entry in fs.ls(top)]
    return sorted((path, None if is_dir else fs.read_bytes(path)) for path, is_dir in found)


@pytest.fixture
def fork(sandbox):
    made = sandbox.fork("again")
    yield made
    made.close()


@pytest.fixture
def watched(sandbox):
    """Tools whose clock and names are known beforehand."""
    seconds, names = itertools.count(1_700_000_000, 2), itertools.count(1)
    return Toolset(sandbox, "bob", clock=lambda: float(next(seconds)), ids=lambda: f"n{next(names)}")


# ---------------------------------------------------------------- what is kept


def test_each_call_is_kept_with_what_it_did(sandbox, watched):
    watched.call("sandbox_fs_write", {"path": "/a", "content": "é"})
    watched.call("sandbox_fs_read", '{"path": "/none"}')
    watched.call("sandbox_snapshot")

    write = '{"path": "/a", "content": "\\u00e9"}'
    actions = [call.action for call in sandbox.transcript]
    assert len({0, *actions}) == 4
    assert sandbox.transcript.calls == [
        Call(1, 1, "bob", "sandbox_fs_write", write, 30, False, ("/a",), 0, 1, 1.7e9, 2.0, actions[0]),
        Call(2, 1, "bob", "sandbox_fs_read", '{"path": "/none"}', 21, True, (), 1, 1, 1.7e9 + 4, 2.0, actions[1]),
        Call(3, 1, "bob", "sandbox_snapshot", "null", 34, False, (), 1, 1, 1.7e9 + 8, 2.0, actions[2]),
    ]
    assert sandbox.transcript.calls[0].arguments == {"path": "/a", "content": "é"}
    assert [each.name for each in sandbox.fs.snapshots()] == ["bob-n1"]


def test_a_call_is_found_beside_its_changes_in_the_journal(sandbox):
    tools = Toolset(sandbox.view(PUBLIC), "ann")
    with sandbox.fs.action("somebody's cell"):
        tools.call("sandbox_exec", {"command": "mkdir /d; echo x > /d/a"})
        sandbox.fs.write_file("/mine", "x")

    call = sandbox.transcript.calls[0]
    told = [(each.path, each.actor, each.label) for each in sandbox.journal if each.action == call.action]
    label = "sandbox_exec command='mkdir /d; echo x > /d/a'"
    assert told == [("/d", "ann", label), ("/d/a", "ann", label)]
    assert label in sandbox.run("journal").stdout
    assert call.changes == ("/d", "/d/a")


def test_each_call_of_a_race_is_an_action_of_its_own(sandbox):
    def run(fork):
        tools = fork.tools(agent="a")
        tools.call("sandbox_fs_write", {"path": "/a", "content": "1"})
        tools.call("sandbox_fs_write", {"path": "/b", "content": "1"})

    race = sandbox.race({"a": run})
    fork = race["a"].sandbox

    assert [each.label.split()[0] for each in fork.journal] == ["sandbox_fs_write"] * 2
    assert [each.action for each in fork.journal] == [call.action for call in fork.transcript]
    race.close()


def test_the_sandbox_before_and_after_a_call_and_what_it_changed(sandbox, tools):
    tools.call("sandbox_fs_write", {"path": "/a", "content": "one\n"})
    tools.call("sandbox_fs_edit", {"path": "/a", "old_text": "one", "new_text": "two"})
    tools.call("sandbox_fs_delete", {"path": "/a"})
    transcript = sandbox.transcript

    assert transcript.diff(2).splitlines()[2:] == ["@@ -1 +1 @@", "-one", "+two"]
    assert [sandbox.fs.at(transcript.before(number)).exists("/a") for number in (1, 2, 3)] == [False, True, True]
    assert sandbox.fs.at(transcript.after(2)).read_text("/a") == "two\n"
    assert sandbox.fs.fork(transcript.before(3)).read_text("/a") == "two\n"
    with pytest.raises(errors.NotFound, match="no call that is kept has this number"):
        transcript.diff(4)
    with pytest.raises(errors.InvalidRequest, match="read back"):
        Transcript.from_jsonl(transcript.to_jsonl()).diff(2)


def test_agents_of_views_are_in_the_transcript_of_the_sandbox(sandbox):
    sandbox.tools(PUBLIC, agent="ann").call("sandbox_fs_list")
    sandbox.tools(agent="bob").call("no such tool", "no JSON")

    assert [(call.agent, call.tool, call.arguments, call.is_error) for call in sandbox.transcript] == [
        ("ann", "sandbox_fs_list", None, False),
        ("bob", "no such tool", "no JSON", True),
    ]
    assert [(seat.agent, seat.viewed) for seat in sandbox.transcript.seats] == [("ann", True), ("bob", False)]


def test_a_fork_has_a_transcript_of_its_own(sandbox, tools, fork):
    tools.call("sandbox_fs_list")

    assert (len(sandbox.transcript), len(fork.transcript)) == (1, 0)


def test_an_interrupted_call_is_kept_as_failed(sandbox, tools, monkeypatch):
    def interrupted(line):
        tools.desk.fs.write_file("/half", "x")
        raise KeyboardInterrupt

    monkeypatch.setattr(tools.desk, "run", interrupted)

    with pytest.raises(KeyboardInterrupt):
        tools.call("sandbox_exec", {"command": "sleep 5"})
    told = [(call.tool, call.is_error, call.size, call.changes) for call in sandbox.transcript]
    assert told == [("sandbox_exec", True, 0, ("/half",))]


@pytest.mark.parametrize("given", [{"path": b"x"}, {"path": {1, 2}}, {"path": "x" * 2000}])
def test_arguments_that_are_no_json_or_too_large_are_not_kept(given):
    transcript = Transcript(VirtualFileSystem(), max_bytes=8000)
    seat = transcript.seat(a_seat)

    transcript.end(transcript.begin(seat, "sandbox_fs_read", given, 1.0), ToolResult("x"), 1.0)

    assert [call.arguments for call in transcript] == [None]


def a_seat(number, agent="bob"):
    return Seat(number, agent, "mcp", native=False, tokens=1, viewed=False, sandbox="work", only=())


def test_a_transcript_holds_no_more_than_its_bounds():
    fs = VirtualFileSystem()
    transcript = Transcript(fs, max_bytes=100_000)
    seats = [transcript.seat(a_seat) for _ in range(3)]

    for number in range(1000):
        fs.write_file("/a", str(number))  # somebody else
        call = transcript.begin(seats[number // 400], "t", {"content": "x" * 500}, float(number))
        transcript.end(call, ToolResult("done"), float(number))

    assert 80 < len(transcript) < 100
    assert transcript.dropped + len(transcript) == 1000
    assert transcript.calls[-1].number == 1000
    assert len(transcript.moments) == 64
    assert min(transcript.moments) == 937
    assert [seat.number for seat in transcript.seats] == [3]


# ---------------------------------------------------------------- how it is told


def test_a_transcript_is_shown_as_a_table(sandbox, watched):
    assert repr(sandbox.transcript) == "no calls yet"

    watched.call("sandbox_fs_write", {"path": "/a", "content": "x"})
    watched.call("sandbox_fs_read", {"path": "/b"})

    assert repr(sandbox.transcript).splitlines() == [
        "#  at                 seconds  agent  tool              arguments                       answer    changed",
        '1  22:13:20 (+0.0 s)  2.000    bob    sandbox_fs_write  {"path": "/a", "content": "x"}  30 bytes  /a',
        '2  22:13:24 (+4.0 s)  2.000    bob    sandbox_fs_read   {"path": "/b"}                  refused',
    ]


def test_nothing_that_an_agent_says_reaches_a_page_as_markup_or_a_terminal_as_an_escape(sandbox):
    nasty = "<script>\x1b[2J\u202e\n"
    tools = Toolset(sandbox, nasty)
    tools.call(nasty, {nasty: nasty})
    tools.call("sandbox_fs_write", {"path": f"/{nasty}", "content": nasty})

    page, text = sandbox.transcript._repr_html_(), repr(sandbox.transcript)

    assert "<script>" not in page
    assert [each for each in ("\x1b", "\u202e") if each in page + text] == []
    assert len(text.splitlines()) == 3


def test_only_the_last_calls_are_shown_and_how_many_are_not(sandbox, tools):
    for _ in range(203):
        tools.call("no such tool")

    assert repr(sandbox.transcript).splitlines()[0] == "[3 earlier calls are not shown]"
    assert len(repr(sandbox.transcript).splitlines()) == 202
    assert "<caption>3 earlier calls are not shown</caption>" in sandbox.transcript._repr_html_()


# ---------------------------------------------------------------- JSON lines


def test_a_transcript_is_read_back_from_json_lines(sandbox):
    Toolset(sandbox, "bob", allowed_commands=["ls"]).call("sandbox_exec", {"command": "ls"})
    Toolset(sandbox.view(PUBLIC), "ann", dialect="openai", native=True).call("sandbox_fs_list", "\ud800")

    lines = list(sandbox.transcript.to_jsonl())
    read = Transcript.from_jsonl(lines)

    assert (read.calls, read.seats) == (sandbox.transcript.calls, sandbox.transcript.seats)
    assert list(Transcript.from_jsonl("".join(lines)).to_jsonl()) == lines
    assert [json.loads(line)["kind"] for line in lines] == ["tools", "tools", "call", "call"]


@pytest.mark.parametrize(
    "change",
    [
        lambda told: None,
        lambda told: [],
        lambda told: told | {"kind": "x"},
        lambda told: told | {"number": "1"},
        lambda told: told | {"number": True},
        lambda told: told | {"changes": [1]},
        lambda told: told | {"more": 1},
        lambda told: told | {"given": "{"},
        lambda told: told | {"given": 1},
        lambda told: told | {"at": 1e300},
        lambda told: told | {"at": float("nan")},
        lambda told: told | {"at": -1},
        lambda told: {name: value for name, value in told.items() if name != "at"},
    ],
)
def test_a_line_that_is_something_else_is_refused(sandbox, tools, change):
    tools.call("sandbox_fs_list")
    head, line = sandbox.transcript.to_jsonl()

    with pytest.raises(errors.InvalidRequest, match="line 2 is not of a transcript"):
        Transcript.from_jsonl([head, json.dumps(change(json.loads(line)))])
    with pytest.raises(errors.InvalidRequest, match="line 1 is a call of tools that no line before it names"):
        Transcript.from_jsonl([line])


# ---------------------------------------------------------------- again


def test_calls_are_run_again_in_a_fork(sandbox, fork):
    sandbox.fs.write_file("/start", "1\n")
    tools = Toolset(sandbox, "bob")
    tools.call("sandbox_exec", {"command": "mkdir d; cd d; X=5"})
    tools.call("sandbox_exec", {"command": "echo $X > here; rm /start"})
    tools.call("sandbox_fs_write", {"path": "/id", "content": "x", "sandbox_id": "work"})
    tools.call("sandbox_fs_write", {"path": "/other", "content": "x", "sandbox_id": "again"})

    replayed = sandbox.transcript.replay(fork)

    assert (replayed.calls, replayed.skipped, replayed.differing) == (4, (), ())
    assert tree(fork.fs) == tree(sandbox.fs) == [("/d", None), ("/d/here", b"5\n"), ("/id", b"x")]
    assert [call.agent for call in fork.transcript] == ["bob"] * 4


def test_what_others_changed_in_between_is_there_again(sandbox, tools, fork):
    tools.call("sandbox_fs_write", {"path": "/a", "content": "1"})
    sandbox.fs.write_file("/b", "owner\n")
    tools.call("sandbox_exec", {"command": "cp /b /c"})

    replayed = sandbox.transcript.replay(fork)

    assert replayed.differing == ()
    assert tree(fork.fs) == tree(sandbox.fs)


def test_an_agent_with_a_view_has_it_again(sandbox):
    sandbox.fs.write_file("/secret", "x")
    sandbox.fs.set_policy("/secret", NodePolicy(visibility="private"))
    sandbox.tools(PUBLIC, agent="eve").call("sandbox_exec", {"command": "cat /secret > /copy || echo none > /none"})
    fork = sandbox.fork("eves")

    with pytest.raises(errors.InvalidRequest, match="'eve' worked through a view: give its rule in views="):
        sandbox.transcript.replay(fork)
    replayed = sandbox.transcript.replay(fork, views={"eve": PUBLIC})

    assert replayed.differing == ()
    assert tree(fork.fs) == tree(sandbox.fs)
    fork.close()


def test_a_transcript_is_not_replayed_on_its_own_sandbox_nor_where_there_is_nothing(sandbox, tools, fork):
    with pytest.raises(errors.InvalidRequest, match="no calls"):
        sandbox.transcript.replay(fork)
    tools.call("sandbox_fs_write", {"path": "/a", "content": "1"})

    with pytest.raises(errors.InvalidRequest, match="give it a fork"):
        sandbox.transcript.replay(sandbox)
    assert sandbox.fs.version("/a") == 1


def test_what_was_published_is_not_published_again(sandbox, tools, fork):
    sandbox.fs.write_file("/a", "1")
    tools.call("sandbox_publish_file", {"source": "/a", "file_key": "files/a"})
    before = sandbox.files.head("files/a")

    replayed = sandbox.transcript.replay(fork)

    assert (replayed.calls, replayed.skipped) == (0, (1,))
    assert sandbox.files.head("files/a") == before


def test_a_call_that_comes_out_otherwise_is_named(sandbox, tools):
    sandbox.fs.write_file("/a", "1")
    tools.call("sandbox_fs_edit", {"path": "/a", "old_text": "1", "new_text": "2"})
    read = Transcript.from_jsonl(sandbox.transcript.to_jsonl())
    late = sandbox.fork("late")

    assert read.replay(late).differing == (1,)
    assert late.fs.read_file("/a") == "2"
    late.close()


PATHS = ["/a", "/b", "/d", "/d/a", "/d/e/f"]
path, text = st.sampled_from(PATHS), st.sampled_from(["", "x", "y\n", "x\ny\n"])
CALLS = st.one_of(
    st.tuples(st.just("sandbox_fs_write"), st.fixed_dictionaries({"path": path, "content": text})),
    st.tuples(st.just("sandbox_fs_edit"), st.fixed_dictionaries({"path": path, "old_text": text, "new_text": text})),
    st.tuples(st.just("sandbox_fs_move"), st.fixed_dictionaries({"source": path, "destination": path})),
    st.tuples(st.just("sandbox_fs_delete"), st.fixed_dictionaries({"path": path, "recursive": st.booleans()})),
    st.tuples(st.just("sandbox_fs_read"), st.fixed_dictionaries({"path": path})),
    st.tuples(
        st.just("sandbox_exec"),
        st.builds(
            lambda line, one, two: {"command": line.format(one, two)},
            st.sampled_from(["cp -r {} {}", "cd {}; echo $PWD {} > here", "echo x >> {}", "N=$N.; echo $N > {}"]),
            path,
            path,
        ),
    ),
    st.tuples(st.just("somebody else"), st.fixed_dictionaries({"path": path, "content": text})),
)


def play(sandbox, agents, steps):
    for turn, (tool, arguments) in enumerate(steps):
        if tool == "somebody else":
            try:
                sandbox.fs.write_file(arguments["path"], arguments["content"])
            except errors.PathError:
                continue
        else:
            agents[turn % 2].call(tool, arguments)


@settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(steps=st.lists(CALLS, min_size=1, max_size=10), back=st.booleans())
def test_whatever_was_done_a_replay_gives_the_same_tree(tmp_path, steps, back):
    alone = [each for each in steps if each[0] != "somebody else"]
    sandbox = Sandbox("played", store_url=f"file://{tmp_path}/store")
    fork = sandbox.fork("played.again")
    try:
        play(sandbox, [Toolset(sandbox, "ann"), Toolset(sandbox, "bob")], alone if back else steps)
        transcript = sandbox.transcript
        if len(transcript):
            told = Transcript.from_jsonl(transcript.to_jsonl()) if back else transcript
            assert told.replay(fork).differing == ()
            if back or steps[-1][0] != "somebody else":
                assert tree(fork.fs) == tree(sandbox.fs)
    finally:
        fork.close()
        sandbox.close()
