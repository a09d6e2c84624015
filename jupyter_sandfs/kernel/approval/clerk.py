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
_ABSENT = "{}; give Rules an approver"
_NO_PERSON = "this notebook runs without a person"
_NO_CELL = "no cell is running, under which a question could stand"
_NO_TERMINAL = "this is no terminal"

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
        self._cells = int(_kind(ip) == "execute_request")  # that are running: one, if it has loaded the extension
        ip.events.register("pre_execute", self._begin)
        ip.events.register("post_execute", self._end)

    def leave(self) -> None:
        """Forget all, and hear of no more cells."""
        self._ip.events.unregister("pre_execute", self._begin)
        self._ip.events.unregister("post_execute", self._end)
        self._granted.clear()

    def ask(self, question: Question) -> None:
        """Ask, and return when the question is closed."""
        granted = self._granted  # of this cell: what is said when it has ended goes on for nothing
        if self._is_granted(question.asked):
            question.close(_decision("run", ""))
            self._record(question)
        elif getattr(self._ip, "kernel", None) is None:
            self._prompt(question)
        elif why := self._nobody():
            question.close(_absent(why))
        else:
            self._show(question)
        decision = question.decision
        if decision is not None and decision.lasting:
            granted.setdefault(_who(question.asked), set()).update(question.asked.grounds)

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
            question.close(_absent(_NO_TERMINAL))

    def _record(self, question: Question) -> None:
        """Show what was allowed without asking again."""
        from IPython.display import display  # noqa: PLC0415  # loaded by any shell, but not by importing us

        from jupyter_sandfs.kernel.approval.record import bundle  # noqa: PLC0415  # as above

        display(bundle(question), raw=True)

    def _is_granted(self, asked: Asked) -> bool:
        return bool(asked.grounds) and asked.grounds <= self._granted.get(_who(asked), set())

    def _nobody(self) -> str:
        """Why nobody would see a question that is displayed now, or could answer; empty if somebody may.

        A frontend says with each cell whether there is a person: nbconvert, papermill and nbval run cells with
        `allow_stdin` off. What a widget sent comes from a person, too.
        """
        if _kind(self._ip) == "comm_msg":
            return ""
        if not self._cells:
            return _NO_CELL
        content: Mapping[str, Any] = _parent(self._ip).get("content") or {}
        return "" if content.get("allow_stdin", True) else _NO_PERSON

    def _begin(self) -> None:
        self._cells += 1

    def _end(self) -> None:
        """What was allowed for a run ends with its cell."""
        self._cells = max(0, self._cells - 1)
        self._granted = {}


def _parent(ip: Any) -> Mapping[str, Any]:
    """The message that a kernel works on, or did last; empty in a terminal, and for kernels that don't tell."""
    tell = getattr(getattr(ip, "kernel", None), "get_parent", None)
    return (tell("shell") or {}) if tell is not None else {}


def _kind(ip: Any) -> str:
    return str((_parent(ip).get("header") or {}).get("msg_type", ""))


def _who(asked: Asked) -> tuple[str, str]:
    return asked.sandbox, asked.agent


def _decision(verdict: str, reason: str) -> Decision:
    from jupyter_sandfs.agents.questions import Decision, Outcome  # noqa: PLC0415  # the extension loads without agents

    if verdict == "deny":
        return Decision(Outcome.DENIED, " ".join(reason.split()))
    return Decision(Outcome.ALLOWED, lasting=verdict == "run")


def _absent(why: str) -> Decision:
    from jupyter_sandfs.agents.questions import Decision, Outcome  # noqa: PLC0415  # as above

    return Decision(Outcome.ABSENT, _ABSENT.format(why))
