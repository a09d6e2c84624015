"""The question in a terminal: the difference, and a line that is y for yes; anything else, and silence, is a no."""

from __future__ import annotations

import select
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import IO

from jupyter_sandfs.agents.questions import Decision, Outcome, Question
from jupyter_sandfs.kernel.approval import wording
from jupyter_sandfs.kernel.display.page import visible

_SLICE = 0.2  # seconds after which a wait looks whether the question was closed elsewhere
_MOST_LINES = 200  # of a difference
_YES = frozenset({"y", "yes"})

Stream = Callable[[], IO[str]]


class Prompt:
    """Asks on a terminal, one question at a time.

    Args:
        stdin, stdout: give the streams, as they are when somebody is asked.
    """

    def __init__(self, stdin: Stream, stdout: Stream) -> None:
        self._stdin, self._stdout = stdin, stdout
        self._turn = threading.Lock()

    @property
    def has_person(self) -> bool:
        """Whether somebody may type an answer."""
        stdin = self._stdin()
        return hasattr(select, "poll") and stdin is not None and stdin.isatty()

    def ask(self, question: Question) -> None:
        """Ask, and return when the question is closed."""
        if not self._turn.acquire(timeout=question.seconds_left):
            question.close(Decision(Outcome.SILENCE))
            return
        try:
            if question.decision is None:
                self._ask(question)
        finally:
            self._turn.release()

    def _ask(self, question: Question) -> None:
        self._say(f"{_body(question)}Allow? [y/N] (denied in {question.seconds_left:.0f} s) ")
        _forget_typed(self._stdin())
        while question.decision is None and question.seconds_left:
            if select.select([self._stdin()], [], [], min(_SLICE, question.seconds_left))[0]:
                question.close(_decision(self._stdin().readline()))
        question.close(Decision(Outcome.SILENCE))
        self._say(f"{wording.verdict(question)}\n")

    def _say(self, text: str) -> None:
        self._stdout().write(text)
        self._stdout().flush()


def _body(question: Question) -> str:
    asked = question.asked
    lines = asked.diff.removesuffix("\n").split("\n")
    is_cut = asked.is_cut or len(lines) > _MOST_LINES
    told = [
        wording.sentence(wording.title(asked)),
        *(f"  {name}: {value}" for name, value in wording.facts(asked)),
        *map(visible, lines[:_MOST_LINES]),
        *(["… not all of it is shown here"] if is_cut else []),
    ]
    return "".join(f"{line}\n" for line in told)


def _decision(typed: str) -> Decision:
    return Decision(Outcome.ALLOWED if typed.strip().lower() in _YES else Outcome.DENIED)


def _forget_typed(stdin: IO[str]) -> None:
    """What was typed before the question was there is no answer to it."""
    with suppress(ImportError, OSError, ValueError):
        import termios  # noqa: PLC0415  # there is none on Windows

        termios.tcflush(stdin, termios.TCIFLUSH)


TERMINAL = Prompt(lambda: sys.stdin, lambda: sys.stdout)
