"""The card: a widget under the running cell, which shows a question and sends the answer.

Its page answers on the kernel's control channel, see `clerk`; where the page knows no kernel, by a message of the
widget, which is heard while a cell runs only in kernels and frontends with subshells.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anywidget
import traitlets

from jupyter_sandfs.errors import InvalidRequest
from jupyter_sandfs.kernel.approval import record, wording
from jupyter_sandfs.kernel.approval.comparison import comparison
from jupyter_sandfs.kernel.browser import bundle
from jupyter_sandfs.kernel.browser.widget import keep_subshell

if TYPE_CHECKING:
    from jupyter_sandfs.agents.questions import Question

STATIC = Path(__file__).parent / "static"
# Those of the tree browser that the card is made of, then its own; each comes after those it imports from.
SHARED = ("format.js", "icons.js", "elements.js", "panehead.js", "diffview.js")
OWN = ("clock.js", "answering.js", "card.js")

Answer = Callable[..., Any]


@cache
def script() -> str:
    """The card's ES module."""
    return bundle.joined([*(bundle.STATIC / name for name in SHARED), *(STATIC / name for name in OWN)])


@cache
def styles() -> str:
    """The card's style sheet: that of the tree browser, and what is its own."""
    return bundle.styles() + (STATIC / "card.css").read_text(encoding="utf-8")


class ApprovalCard(anywidget.AnyWidget):
    """One question.

    Args:
        number: the id that an answer names.
        answer: takes an answer.
        clock: seconds since 1970.
    """

    _esm = script()
    _css = styles()

    number = traitlets.Unicode().tag(sync=True)
    question = traitlets.Dict().tag(sync=True)

    def __init__(
        self, question: Question, number: str, answer: Answer, *, clock: Callable[[], float] = time.time
    ) -> None:
        super().__init__(number=number, question=document(question, clock()))
        self._text = f"{record.asking(question)}\n"
        self._answer = answer
        keep_subshell(self.comm)
        self.on_msg(self._receive)

    def _receive(self, _widget: object, content: object, _buffers: object) -> None:
        match content:
            case {"id": str(number), "verdict": str(verdict), "reason": str(reason)}:
                try:
                    self._answer(number, verdict, reason)
                except InvalidRequest as problem:
                    self.send({"error": str(problem)})

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]] | None:
        """Give the card, and the question as text for those who can't show it."""
        made = super()._repr_mimebundle_(**kwargs)
        if made is None:
            return None
        data, metadata = made
        return data | {"text/plain": self._text}, metadata


def document(question: Question, now: float) -> dict[str, Any]:
    """What the page draws; `endsAt` in seconds since 1970, by the kernel's clock."""
    asked = question.asked
    return {
        "title": wording.title(asked),
        "facts": wording.facts(asked),
        "run": wording.grant(asked),
        "seconds": question.seconds,
        "endsAt": now + question.seconds_left,
        **comparison(asked),
    }
