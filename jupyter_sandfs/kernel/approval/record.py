"""What stays of a question in the notebook, as text and HTML: who asked what, what differs, what was decided."""

from __future__ import annotations

from datetime import datetime

from jupyter_sandfs.agents.questions import Outcome, Question
from jupyter_sandfs.kernel.approval import wording
from jupyter_sandfs.kernel.display.history import coloured
from jupyter_sandfs.kernel.display.page import Html, element, page

_CLOCK = "%H:%M:%S"


def bundle(question: Question, now: datetime | None = None) -> dict[str, str]:
    """The record as a frontend chooses from.

    Args:
        now: when it was decided.
    """
    return {"text/plain": text(question), "text/html": html(question, now or datetime.now().astimezone())}


def text(question: Question) -> str:
    """One line."""
    asked = wording.sentence(wording.title(question.asked, verb="asked"))
    return f"{asked}. {wording.verdict(question)} (rule '{wording.cut(question.asked.rule)}')"


def asking(question: Question) -> str:
    """The question as text, while it is open."""
    asked = question.asked
    said = f"{wording.sentence(wording.title(asked))} (rule '{wording.cut(asked.rule)}')."
    return f"{said} Answer on the card in the notebook; it is denied in {question.seconds:g} s."


def html(question: Question, now: datetime) -> str:
    """A line that opens."""
    decision = question.decision
    is_yes = decision is not None and decision.outcome is Outcome.ALLOWED
    mark = element(
        "b", f"{'✓' if is_yes else '✗'} {wording.verdict(question)}", _class="added" if is_yes else "removed"
    )
    said = [element("b" if strong else "span", part) for part, strong in wording.title(question.asked, verb="asked")]
    when = element("span", f"{now:{_CLOCK}}", _class="dim")
    head = element("summary", *said, Html(". "), mark, Html(" "), when)
    return page(element("details", head, *_below(question)))


def _below(question: Question) -> list[Html]:
    told = [
        element("div", element("span", f"{name} ", _class="dim"), value)
        for name, value in wording.facts(question.asked)
    ]
    diff = question.asked.diff
    shown = coloured(diff) if question.asked.sides else element("pre", diff)
    cut = element("div", "The rest is left out here.", _class="changed")
    return [*told, shown, *([cut] if question.asked.is_cut else [])]
