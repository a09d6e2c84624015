"""What stays in the notebook: what was decided, as text and as HTML in which all of the agent's is text."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from jupyter_sandfs.agents.questions import Decision, Outcome
from jupyter_sandfs.kernel.approval import record

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def test_the_record_says_what_was_asked_and_decided(make_question):
    question = make_question()
    question.close(Decision(Outcome.DENIED, "not <now>"))

    told = record.bundle(question, NOON)

    assert told["text/plain"] == "bob asked to change /src/a.py. Denied: not <now> (rule 'ask write /src')"
    assert '<b class="removed">✗ Denied: not &lt;now&gt;</b>' in told["text/html"]
    assert '<span class="dim">12:00:00</span>' in told["text/html"]
    assert '<span class="added">+two\n</span>' in told["text/html"]


def test_a_record_of_a_yes_is_marked_as_one(make_question):
    question = make_question()
    question.close(Decision(Outcome.ALLOWED))

    assert '<b class="added">✓ Allowed once</b>' in record.html(question, NOON)


def test_a_record_that_is_cut_says_so(make_question):
    assert "The rest is left out here." in record.html(make_question(is_cut=True), NOON)
    assert "The rest is left out here." not in record.html(make_question(), NOON)


def test_everything_of_the_agents_is_text_in_a_record(hostile):
    hostile.close(Decision(Outcome.DENIED, "<script>"))
    told = record.bundle(hostile, NOON)

    tags = set(re.findall(r"<(\w+)", told["text/html"].partition("</style>")[2]))
    assert tags == {"div", "details", "summary", "span", "b", "pre"}
    assert not re.search("[\u202e\x1b]", "".join(told.values()))


def test_an_open_question_is_told_as_text_too(make_question):
    assert record.asking(make_question()) == (
        "bob asks to change /src/a.py (rule 'ask write /src'). "
        "Answer on the card in the notebook; it is denied in 60 s."
    )
