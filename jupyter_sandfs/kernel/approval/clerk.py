"""Puts the questions of agents before the person who uses this shell, and takes the answers.

A cell is running while an agent waits, so that nothing reaches the kernel's main thread. The page answers on the
control channel instead, where a thread of ours takes it; nothing of an agent's or user's runs there. An answer names
its question by an id that nobody can guess, and that only the card knows.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from jupyter_sandfs.errors import InvalidRequest

if TYPE_CHECKING:
    from jupyter_sandfs.agents.questions import Asked, Decision, Question

ANSWER = "answer_question"
"""The operation by which a page answers: it takes `id`, `verdict` and `reason`."""

_VERDICTS = ("once", "run", "deny")
_ID_BYTES = 32
_ABSENT = "this notebook runs without a person, or this is no terminal; give Rules an approver"

Grants = set[tuple[Any, str]]


class Clerk:
    """Asks the person in front of one IPython shell.

    Args:
        ip: the shell.
    """

    def __init__(self, ip: Any) -> None:
        self._ip = ip
        self._open: dict[str, Question] = {}
        self._granted: dict[tuple[str, str], Grants] = {}
        ip.events.register("post_run_cell", self._forget)

    def leave(self) -> None:
        """Forget all, and hear of no more cells."""
        self._ip.events.unregister("post_run_cell", self._forget)
        self._forget()

    def ask(self, question: Question) -> None:
        """Ask, and return when the question is closed."""
        kernel = getattr(self._ip, "kernel", None)
        if self._is_granted(question.asked):
            question.close(_decision("run", ""))
            self._record(question)
        elif kernel is not None and has_person(kernel):
            self._show(question)
        elif kernel is None:
            self._prompt(question)
        else:
            question.close(_absent())
        decision = question.decision
        if decision is not None and decision.lasting:
            self._granted.setdefault(_who(question.asked), set()).update(question.asked.grounds)

    def answer(self, id: str, verdict: str, reason: str = "") -> dict[str, bool]:  # noqa: A002  as the page names it
        """Take an answer of the page; {counted} says whether it came in time, and first.

        Raises:
            InvalidRequest: no open question has this id, or there is no such verdict.
        """
        question = self._open.get(id)
        if question is None:
            raise InvalidRequest("this question is not open any more")
        if verdict not in _VERDICTS:
            raise InvalidRequest(f"no such verdict: {verdict!r:.50} (there are: {', '.join(_VERDICTS)})")
        return {"counted": question.close(_decision(verdict, reason))}

    def _show(self, question: Question) -> None:
        from IPython.display import display, update_display  # noqa: PLC0415  # loaded by any shell, not by importing us

        from jupyter_sandfs.kernel.approval.card import ApprovalCard  # noqa: PLC0415  # widgets load when one is shown
        from jupyter_sandfs.kernel.approval.record import bundle  # noqa: PLC0415  # as above

        number, place = secrets.token_urlsafe(_ID_BYTES), uuid4().hex
        self._open[number] = question
        card = ApprovalCard(question, number, self.answer)
        try:
            display(card, display_id=place)
            question.wait()
        finally:
            self._open.pop(number, None)
            update_display(bundle(question), display_id=place, raw=True)
            card.close()

    def _prompt(self, question: Question) -> None:
        from jupyter_sandfs.kernel.approval.prompt import TERMINAL  # noqa: PLC0415  # loaded when one asks

        if TERMINAL.has_person:
            TERMINAL.ask(question)
        else:
            question.close(_absent())

    def _record(self, question: Question) -> None:
        """Show what was allowed without asking again."""
        from IPython.display import display  # noqa: PLC0415  # loaded by any shell, but not by importing us

        from jupyter_sandfs.kernel.approval.record import bundle  # noqa: PLC0415  # as above

        display(bundle(question), raw=True)

    def _is_granted(self, asked: Asked) -> bool:
        return bool(asked.grounds) and asked.grounds <= self._granted.get(_who(asked), set())

    def _forget(self, result: object = None) -> None:
        """What was allowed for a run ends with its cell."""
        del result
        self._granted.clear()


def has_person(kernel: Any) -> bool:
    """Whether somebody sees what is displayed now, and can answer.

    A frontend says so with each cell: nbconvert, papermill and nbval run cells with `allow_stdin` off. What is no cell,
    such as a click on a widget, comes from a person.
    """
    content: Mapping[str, Any] = kernel.get_parent("shell").get("content") or {}
    return bool(content.get("allow_stdin", True))


def _who(asked: Asked) -> tuple[str, str]:
    return asked.sandbox, asked.agent


def _decision(verdict: str, reason: str) -> Decision:
    from jupyter_sandfs.agents.questions import Decision, Outcome  # noqa: PLC0415  # the extension loads without agents

    if verdict == "deny":
        return Decision(Outcome.DENIED, " ".join(reason.split()))
    return Decision(Outcome.ALLOWED, lasting=verdict == "run")


def _absent() -> Decision:
    from jupyter_sandfs.agents.questions import Decision, Outcome  # noqa: PLC0415  # as above

    return Decision(Outcome.ABSENT, _ABSENT)
