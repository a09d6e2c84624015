"""What an agent asks before it acts, who is asked, and the one answer that counts."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from jupyter_sandfs.vfs.textdiff import Side
from jupyter_sandfs.workplace import Workplace

_log = logging.getLogger(__name__)
PERSON = "ask"
"""The face under which a notebook or terminal offers to ask the person in front of it: `ask(question)`."""

_LONGEST_REASON = 1_000  # characters that an agent is told

asking: ContextVar[str] = ContextVar("jupyter_sandfs_agent_asking", default="")
"""The tool for files that may ask somebody now; empty within a command or snippet, where nobody is asked."""


@contextmanager
def asking_for(tool: str) -> Iterator[None]:
    """The tool for which somebody may be asked about what happens within; nobody if it is empty."""
    token = asking.set(tool)
    try:
        yield
    finally:
        asking.reset(token)


class Operation(StrEnum):
    """What an agent may be stopped from.

    `exec` is running commands and snippets at all. `stage` goes by the path that a file is brought to, `publish` by
    the path that it has in the sandbox.
    """

    READ = "read"
    WRITE = "write"
    DELETE = "delete"
    EXEC = "exec"
    STAGE = "stage"
    PUBLISH = "publish"


@dataclass(frozen=True, slots=True)
class Asked:
    """What an approver decides about.

    Attributes:
        operations: each with the path that it is to be done at, the first 100.
        rule: that says to ask; the first of `grounds`.
        diff: what would change, as `diff -u` writes it; the command line or snippet for `exec`. Cut if it is long.
        tool: that the agent called.
        sandbox: name of the sandbox; of a race, of the fork.
        sides: the file as it is and as it would be, where it is one file.
        version: that the file has now; 0 where there is none.
        more: how many operations were left out.
        is_cut: the diff was longer.
        grounds: each operation with the rule that says to ask for it, of all of them.
    """

    agent: str
    operations: tuple[tuple[Operation, str], ...]
    rule: str
    diff: str
    tool: str = ""
    sandbox: str = ""
    sides: tuple[Side, Side] | None = None
    version: int = 0
    more: int = 0
    is_cut: bool = False
    grounds: frozenset[tuple[Operation, str]] = frozenset()


Approver = Callable[[Asked], bool]


class Outcome(StrEnum):
    """How a question ended; only the first is a yes."""

    ALLOWED = "allowed"
    DENIED = "denied"
    SILENCE = "silence"
    STOPPED = "stopped"
    ABSENT = "absent"


_REFUSALS = {
    Outcome.DENIED: "it was not approved",
    Outcome.SILENCE: "it was not approved in time",
    Outcome.STOPPED: "it was not approved: the run was stopped",
    Outcome.ABSENT: "there is nobody to ask",
}


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer to a question.

    Attributes:
        reason: of a no, for the agent.
        lasting: a yes that goes on until the cell ends, for all that these rules ask this agent for.
    """

    outcome: Outcome
    reason: str = ""
    lasting: bool = False

    @property
    def refusal(self) -> str:
        """What the agent is told of a no."""
        return ": ".join(filter(None, (_REFUSALS[self.outcome], self.reason[:_LONGEST_REASON])))


class Question:
    """What is asked, until somebody answers: the first answer counts, and none after the deadline.

    Args:
        seconds: to the deadline, from now.
        clock: seconds that only grow.
    """

    def __init__(self, asked: Asked, seconds: float, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.asked, self.seconds = asked, seconds
        self._clock = clock
        self._ends = clock() + seconds
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self._decision: Decision | None = None

    @property
    def decision(self) -> Decision | None:
        """The answer, once there is one."""
        return self._decision

    @property
    def seconds_left(self) -> float:
        return max(0.0, self._ends - self._clock())

    def close(self, decision: Decision) -> bool:
        """Answer it; says whether that counted."""
        with self._lock:
            if self._decision is not None:
                return False
            is_late = decision.outcome is Outcome.ALLOWED and not self.seconds_left
            self._decision = Decision(Outcome.SILENCE) if is_late else decision
        self._closed.set()
        return not is_late

    def wait(self) -> Decision:
        """Wait for the answer: silence until the deadline is one, and so is whatever interrupts the wait."""
        try:
            if not self._closed.wait(self.seconds_left):
                self.close(Decision(Outcome.SILENCE))
        finally:
            self.close(Decision(Outcome.STOPPED))
        assert self._decision is not None
        return self._decision


class Questions:
    """The open questions of one sandbox."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open: set[Question] = set()
        self._is_stopped = False

    @contextmanager
    def ask(self, asked: Asked, seconds: float) -> Iterator[Question]:
        """Give a question that is closed at the end of the block, if nobody answered it."""
        question = Question(asked, seconds)
        with self._lock:
            self._open.add(question)
            if self._is_stopped:
                question.close(Decision(Outcome.STOPPED))
        try:
            yield question
        finally:
            question.close(Decision(Outcome.STOPPED))
            with self._lock:
                self._open.discard(question)

    def stop(self) -> None:
        """Close all of them, and those that come later too."""
        with self._lock:
            self._is_stopped = True
            for question in self._open:
                question.close(Decision(Outcome.STOPPED))


def questions_of(whole: Workplace) -> Questions:
    """The questions of the sandbox that is worked on, be it through a view."""
    found: Questions = whole.owner.attached.setdefault("questions", Questions())
    return found


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks: an agent, where it works."""

    agent: str
    sandbox: str = ""
    questions: Questions = field(default_factory=Questions)

    def ask(self, asked: Asked, approver: Approver | None, seconds: float) -> Decision:
        """Ask an approver, or the person in front of the notebook or terminal if there is none."""
        person: Callable[[Question], Any] | None = Workplace.faces.get(PERSON)
        with self.questions.ask(asked, seconds) as question:
            if approver is not None:
                _call(approver, question)
            elif person is not None:
                person(question)
            else:
                question.close(Decision(Outcome.ABSENT))
        assert question.decision is not None
        return question.decision


def _call(approver: Approver, question: Question) -> None:
    """Call an approver in a thread of its own, and wait."""

    def run() -> None:
        try:
            is_yes = approver(question.asked) is True
        except Exception:  # noqa: BLE001  user code: whatever it raises is no yes, and its author should hear of it
            _log.exception("an approver failed, which is a no")
            is_yes = False
        question.close(Decision(Outcome.ALLOWED if is_yes else Outcome.DENIED))

    threading.Thread(target=run, name="sandfs-approver", daemon=True).start()
    question.wait()
