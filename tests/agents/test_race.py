"""Attempts on forks, compared."""

from __future__ import annotations

import threading

import pytest

from jupyter_sandfs.errors import AlreadyExists, InvalidRequest, MergeConflict, NotFound
from jupyter_sandfs.sandbox import Sandbox


@pytest.fixture
def run_race(sandbox):
    races = []

    def start(runs, **options):
        races.append(sandbox.race(runs, **options))
        return races[-1]

    yield start
    for each in races:
        each.close()


def test_each_run_has_a_fork_of_its_own_and_the_sandbox_stays(sandbox, run_race):
    sandbox.fs.write_file("/a", "1\n2\n")

    result = run_race(
        {
            "edit": lambda fork: fork.fs.write_file("/a", "1\n3\n"),
            "add": lambda fork: fork.run("echo x > /b").exit_code,
        }
    )

    assert sandbox.fs.listdir("/") == ["a"]
    assert sandbox.fs.read_file("/a") == "1\n2\n"
    assert [
        (each.name, [change.path for change in each.changes], each.diff_lines) for each in result.attempts.values()
    ] == [
        ("edit", ["/a"], 2),
        ("add", ["/b"], 1),
    ]
    assert result["edit"].diff == "--- a/a\n+++ b/a\n@@ -1,2 +1,2 @@\n 1\n-2\n+3\n"
    assert {record.actor for record in result["edit"].sandbox.journal} >= {"edit"}


def test_runs_go_at_the_same_time(run_race):
    meeting = threading.Barrier(3, timeout=30)

    result = run_race({name: lambda _: meeting.wait() is not None for name in "abc"})

    assert [each.ok for each in result.attempts.values()] == [True] * 3


def test_the_table_names_failures_and_what_was_reported(run_race):
    result = run_race({"good": lambda _: {"tokens": 7, "cost": 0.1}, "bad": lambda _: 1 / 0, "plain": lambda _: "<b>"})

    assert [{**row, "seconds": ""} for row in result.table] == [
        {
            "run": "good",
            "outcome": "ok",
            "seconds": "",
            "files": 0,
            "diff lines": 0,
            "tokens": 7,
            "cost": 0.1,
            "report": "",
        },
        {
            "run": "bad",
            "outcome": "ZeroDivisionError: division by zero",
            "seconds": "",
            "files": 0,
            "diff lines": 0,
            "tokens": "",
            "cost": "",
            "report": "",
        },
        {
            "run": "plain",
            "outcome": "ok",
            "seconds": "",
            "files": 0,
            "diff lines": 0,
            "tokens": "",
            "cost": "",
            "report": "<b>",
        },
    ]
    assert repr(result).splitlines()[0].split() == [
        "run",
        "outcome",
        "seconds",
        "files",
        "diff",
        "lines",
        "tokens",
        "cost",
        "report",
    ]
    assert "<td>&lt;b&gt;</td>" in result._repr_html_()
    assert "<b>" not in result._repr_html_()


def test_a_winner_is_merged_and_conflicts_are_never_silent(sandbox, run_race):
    sandbox.fs.write_file("/a", "1\n")
    result = run_race(
        {"x": lambda fork: fork.fs.write_file("/a", "x\n"), "y": lambda fork: fork.fs.write_file("/b", "y")}
    )
    sandbox.fs.write_file("/a", "mine\n")

    sandbox.merge(result["y"].sandbox)
    assert sandbox.fs.read_file("/b") == "y"
    with pytest.raises(MergeConflict):
        sandbox.merge(result["x"].sandbox)
    assert sandbox.fs.read_file("/a") == "mine\n"


def test_what_makes_no_race_is_refused_and_leaves_no_forks(sandbox, run_race):
    with pytest.raises(InvalidRequest, match="1 to 64 runs, not 0"):
        sandbox.race({})
    run_race({"b": lambda _: None})
    with pytest.raises(AlreadyExists):
        sandbox.race({"a": lambda _: None, "b": lambda _: None})
    assert [name for name in Sandbox.names() if name.startswith("work.")] == ["work.b"]
    with pytest.raises(NotFound):
        run_race({"c": lambda _: None})["d"]


@pytest.mark.parametrize("runs", [len, [len]])
def test_the_runs_of_a_race_have_names(sandbox, runs):
    with pytest.raises(InvalidRequest, match=r"^runs are names with callables, such as \{'a': solve\}, not "):
        sandbox.race(runs)
