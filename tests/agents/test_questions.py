"""Questions: the first answer counts, silence and interruption are answers too."""

from __future__ import annotations

import threading

import pytest

from jupyter_sandfs.agents.questions import Asked, Decision, Operation, Outcome, Question, Questions
from jupyter_sandfs.agents.rules import Rule, Rules
from jupyter_sandfs.agents.toolset import Toolset
from jupyter_sandfs.sandbox import Sandbox

ASKED = Asked("bob", ((Operation.WRITE, "/a"),), "ask write /", "")
YES, NO = Decision(Outcome.ALLOWED), Decision(Outcome.DENIED, "too long")


@pytest.fixture
def person(monkeypatch):
    """Set who is asked where no approver is given."""

    def sit(ask):
        monkeypatch.setitem(Sandbox.faces, "ask", ask)

    return sit


@pytest.fixture
def tools(sandbox):
    return Toolset(sandbox, "bob", rules=Rules(Rule("ask", "write delete", "/")))


def write(tools, path="/a"):
    return tools.call("sandbox_fs_write", {"path": path, "content": "x"})


def test_the_first_answer_counts():
    question = Question(ASKED, 60)

    assert [question.close(NO), question.close(YES), question.wait()] == [True, False, NO]


def test_a_yes_after_the_deadline_is_silence():
    now = [0.0]
    question = Question(ASKED, 60, clock=lambda: now[0])

    now[0] = 60.5

    assert [question.close(YES), question.wait(), question.seconds_left] == [False, Decision(Outcome.SILENCE), 0.0]


def test_a_wait_that_is_interrupted_closes_the_question(monkeypatch):
    question = Question(ASKED, 60)
    monkeypatch.setattr(question, "_closed", Interrupted())

    with pytest.raises(KeyboardInterrupt):
        question.wait()
    assert question.decision == Decision(Outcome.STOPPED)


class Interrupted(threading.Event):
    def wait(self, _timeout=None):
        raise KeyboardInterrupt


def test_stopping_closes_what_is_open_and_what_comes_later():
    questions = Questions()

    with questions.ask(ASKED, 60) as early:
        questions.stop()
        with questions.ask(ASKED, 60) as late:
            assert [early.decision, late.decision] == [Decision(Outcome.STOPPED)] * 2


@pytest.mark.parametrize(
    ("decision", "told"),
    [
        (NO, "it was not approved: too long"),
        (Decision(Outcome.DENIED), "it was not approved"),
        (Decision(Outcome.SILENCE), "it was not approved in time"),
        (Decision(Outcome.STOPPED), "it was not approved: the run was stopped"),
        (Decision(Outcome.ABSENT, "give Rules an approver"), "there is nobody to ask: give Rules an approver"),
    ],
)
def test_a_no_tells_the_agent_why(sandbox, person, tools, decision, told):
    person(lambda question: question.close(decision))

    assert str(write(tools)) == f"not allowed: /a: Permission denied (rule 'ask write delete /': {told})"
    assert sandbox.fs.listdir("/") == []


def test_without_an_approver_the_person_there_is_asked(sandbox, person, tools):
    asked = []
    person(lambda question: asked.append(question.asked.tool) or question.close(YES))

    assert not write(tools).is_error
    assert asked == ["sandbox_fs_write"]


def test_a_person_who_leaves_without_a_word_said_no(person, tools):
    person(lambda question: None)

    assert "it was not approved: the run was stopped" in str(write(tools))


def test_an_approver_of_its_own_comes_before_the_person(sandbox, person):
    person(lambda question: question.close(NO))

    assert not write(Toolset(sandbox, "bob", rules=Rules(Rule("ask", "write"), approver=lambda asked: True))).is_error


def test_an_approver_that_fails_said_no_and_its_author_hears_of_it(sandbox, caplog):
    def broken(asked):
        raise ZeroDivisionError(asked.tool)

    answer = write(Toolset(sandbox, "bob", rules=Rules(Rule("ask", "write"), approver=broken)))

    assert answer.is_error
    assert [(each.message, str(each.exc_info[1])) for each in caplog.records] == [
        ("an approver failed, which is a no", "sandbox_fs_write")
    ]


def test_an_interrupted_race_asks_nobody_any_more_and_leaves_no_forks(sandbox, person):
    waiting, asked = threading.Event(), []

    def ask(question):
        asked.append(question.asked.sandbox)
        waiting.set()
        question.wait()

    def stuck(fork):
        tools = fork.tools(agent="bob", rules=Rules(Rule("ask", "write")))
        return [write(tools, path).is_error for path in ("/a", "/b")]

    def interrupted(fork):
        assert waiting.wait(60)
        raise KeyboardInterrupt

    person(ask)

    with pytest.raises(KeyboardInterrupt):
        sandbox.race({"interrupted": interrupted, "stuck": stuck})
    assert asked[0] == "work.stuck"
    assert Sandbox.names() == ["work"]
