"""The question in a terminal, on a real one."""

from __future__ import annotations

import os
import threading
from io import StringIO
from pathlib import Path

import pytest

from jupyter_sandfs.agents.questions import Decision, Outcome, Question
from jupyter_sandfs.kernel.approval.prompt import Prompt

pty = pytest.importorskip("pty", reason="no terminals on this system")


class Screen(StringIO):
    """What a terminal shows; `asked` is set once a question is there, `answer` types then."""

    def __init__(self):
        super().__init__()
        self.asked = threading.Event()

    def flush(self):
        if self.getvalue().endswith(" s) "):
            self.asked.set()


class Terminal:
    """A terminal with somebody who types."""

    def __init__(self):
        self._keyboard, inside = pty.openpty()
        self.stdin = os.fdopen(inside, "r")
        self.screen = Screen()
        self.prompt = Prompt(lambda: self.stdin, lambda: self.screen)

    def type(self, text):
        os.write(self._keyboard, text.encode())

    def ask(self, question, text):
        """Ask in a thread; type an answer once the question is on the screen, and typed text would be kept."""
        asking = threading.Thread(target=self.prompt.ask, args=(question,))
        asking.start()
        assert self.screen.asked.wait(60)
        while question.decision is None:  # what was typed before the question is dropped: typing may come too early
            self.type(text)
            asking.join(0.3)
        asking.join(60)
        assert not asking.is_alive()
        return question.decision

    def close(self):
        self.stdin.close()
        os.close(self._keyboard)


@pytest.fixture
def terminal():
    opened = Terminal()
    yield opened
    opened.close()


@pytest.mark.parametrize(
    ("typed", "outcome"),
    [
        ("y\n", Outcome.ALLOWED),
        ("YES\n", Outcome.ALLOWED),
        ("\n", Outcome.DENIED),
        ("n\n", Outcome.DENIED),
        ("yet another\n", Outcome.DENIED),
        ("\x04", Outcome.DENIED),
    ],
)
def test_only_a_plain_yes_is_one(terminal, make_asked, typed, outcome):
    assert terminal.ask(Question(make_asked(), 600), typed) == Decision(outcome)


def test_the_question_and_what_was_decided_are_on_the_screen(terminal, make_question):
    terminal.ask(make_question(), "n\n")

    assert terminal.screen.getvalue() == (
        "bob asks to change /src/a.py\n"
        "  Tool: sandbox_fs_write\n"
        "  Version: v7 to v8\n"
        "  Rule: ask write /src\n"
        "--- a/src/a.py\n"
        "+++ b/src/a.py\n"
        "@@ -1 +1 @@\n"
        "-one\n"
        "+two\n"
        "Allow? [y/N] (denied in 60 s) Denied\n"
    )


def test_what_was_typed_before_is_no_answer(terminal, make_asked):
    terminal.type("y\n")
    question = Question(make_asked(), 0.5)

    terminal.prompt.ask(question)

    assert question.decision == Decision(Outcome.SILENCE)


def test_a_question_that_is_closed_elsewhere_ends_the_prompt(terminal, make_asked):
    question = Question(make_asked(), 600)
    asking = threading.Thread(target=terminal.prompt.ask, args=(question,))
    asking.start()
    assert terminal.screen.asked.wait(60)

    question.close(Decision(Outcome.STOPPED))
    asking.join(60)

    assert not asking.is_alive()
    assert terminal.screen.getvalue().endswith("Interrupted: denied\n")


def test_nothing_hostile_reaches_the_terminal(terminal, hostile):
    terminal.ask(hostile, "n\n")

    assert "\x1b" not in terminal.screen.getvalue()
    assert "\u202e" not in terminal.screen.getvalue()


def test_a_long_difference_is_cut_and_says_so(terminal, make_asked):
    new = "".join(f"{number}\n" for number in range(1000)).encode()

    terminal.ask(Question(make_asked(b"", new), 600), "n\n")

    assert "… not all of it is shown here" in terminal.screen.getvalue()


def test_where_nobody_types_there_is_no_person():
    with Path(os.devnull).open() as nothing:
        assert not Prompt(lambda: nothing, StringIO).has_person
    assert not Prompt(lambda: None, StringIO).has_person
