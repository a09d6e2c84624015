"""What a question says, whatever the agent put in it."""

from __future__ import annotations

import pytest

from jupyter_sandfs.agents.questions import Decision, Operation, Outcome
from jupyter_sandfs.kernel.approval import wording

DELETE, WRITE = Operation.DELETE, Operation.WRITE


@pytest.mark.parametrize(
    ("sides", "told", "said"),
    [
        ((b"one\n", b"two\n"), {}, "bob asks to change /src/a.py"),
        ((None, b"two\n"), {}, "bob asks to create /src/a.py"),
        ((b"one\n", None), {}, "bob asks to delete /src/a.py"),
        (
            (),
            {"operations": ((DELETE, "/a"), (WRITE, "/b")), "sides": None},
            "bob asks to move /a to /b",
        ),
        ((None, b"one\n"), {"operations": ((DELETE, "/a"), (WRITE, "/b"))}, "bob asks to move /a to /b"),
        (
            (),
            {"operations": ((WRITE, "/a"), (DELETE, "/a")), "sides": None},
            "bob asks to change /a and 1 more",
        ),
        (
            (),
            {"operations": ((DELETE, "/d"), (DELETE, "/d/a")), "sides": None, "more": 1200},
            "bob asks to delete /d and 1,201 more",
        ),
        ((), {"operations": ((WRITE, "/d"),), "sides": None}, "bob asks to change /d"),
        ((), {"operations": ((Operation.EXEC, "/"),), "sides": None}, "bob asks to run a command"),
        (
            (),
            {"operations": ((Operation.EXEC, "/"),), "sides": None, "tool": "sandbox_python"},
            "bob asks to run a snippet",
        ),
        ((), {"operations": ((Operation.STAGE, "/in"),), "sides": None}, "bob asks to bring a stored file to /in"),
        ((), {"operations": ((Operation.PUBLISH, "/out"),), "sides": None}, "bob asks to publish /out"),
    ],
)
def test_a_question_says_who_wants_to_do_what(make_asked, sides, told, said):
    assert wording.sentence(wording.title(make_asked(*sides, **told))) == said


@pytest.mark.parametrize(
    ("sides", "told", "version"),
    [((b"a", b"b"), {}, "v7 to v8"), ((None, b"b"), {}, "new"), ((b"a", None), {}, "v7"), ((), {"sides": None}, None)],
)
def test_the_facts_name_tool_versions_and_rule(make_asked, sides, told, version):
    facts = dict(wording.facts(make_asked(*sides, **told)))

    assert facts.get("Version") == version
    assert facts["Tool"] == "sandbox_fs_write"
    assert "Sandbox" not in facts


def test_the_facts_name_each_rule_other_sandboxes_and_the_first_of_many_paths(make_asked):
    grounds = frozenset({(WRITE, "ask write /b"), (DELETE, "ask delete /a")})
    operations = tuple((DELETE, f"/a/{number}") for number in range(60))

    facts = wording.facts(make_asked(sandbox="default.ann", grounds=grounds, operations=operations))

    assert [value for name, value in facts if name == "Rule"] == ["ask delete /a", "ask write /b"]
    assert ("Sandbox", "default.ann") in facts
    assert [value for name, value in facts if name == "Also"] == [f"delete /a/{number}" for number in range(1, 21)]


def test_a_yes_for_the_run_names_every_rule_that_it_is_for(make_asked):
    one = make_asked()
    two = make_asked(grounds=frozenset({(WRITE, "ask write /src"), (DELETE, "ask delete /")}))
    many = make_asked(grounds=frozenset((WRITE, f"ask write /{number:02}") for number in range(30)))

    assert wording.grant(one) == "Until the cell ends, allow bob all that this rule asks for: ask write /src"
    assert wording.grant(two) == (
        "Until the cell ends, allow bob all that these 2 rules ask for: ask delete /; ask write /src"
    )
    assert wording.grant(many).endswith("; ask write /19; …")


@pytest.mark.parametrize(
    ("decision", "said"),
    [
        (Decision(Outcome.ALLOWED), "Allowed once"),
        (Decision(Outcome.ALLOWED, lasting=True), "Allowed for this run"),
        (Decision(Outcome.DENIED), "Denied"),
        (Decision(Outcome.DENIED, "too long"), "Denied: too long"),
        (Decision(Outcome.SILENCE), "Nobody answered within 60 s: denied"),
        (Decision(Outcome.STOPPED), "Interrupted: denied"),
        (Decision(Outcome.ABSENT), "Nobody could be asked: denied"),
    ],
)
def test_a_decision_is_told_in_a_few_words(make_question, decision, said):
    question = make_question()
    question.close(decision)

    assert wording.verdict(question) == said


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("/a\u202efdp.exe", "/a\\u202efdp.exe"),
        ("/a\nTool: none", "/a\\nTool: none"),
        ("/a\x1b[2J\r\t", "/a\\u001b[2J\\u000d\\t"),
        ("/\u200bhidden", "/\\u200bhidden"),
        ("/größe 漢字", "/größe 漢字"),
        ("x" * 500, "x" * 299 + "…"),
    ],
)
def test_nothing_turns_a_line_around_breaks_it_or_hides_in_it(given, shown):
    assert wording.cut(given) == shown
