"""What a question says to a person, the same on the card, in its record and in a terminal. Pure.

All of it comes from an agent but the words between: what would turn it around or hide in it is shown by its number.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from jupyter_sandfs.agents.questions import Asked, Decision, Operation, Outcome
from jupyter_sandfs.kernel.display.page import visible

if TYPE_CHECKING:
    from jupyter_sandfs.agents.questions import Question

Part = tuple[str, bool]
"""A piece of a sentence, and whether it stands out."""

_LONGEST = 300  # characters of a path or a name
_MOST_PATHS = 20  # beside the first
_MOVED = frozenset({Operation.DELETE, Operation.WRITE})
_VERBS = {
    Operation.WRITE: "change",
    Operation.DELETE: "delete",
    Operation.STAGE: "bring a stored file to",
    Operation.PUBLISH: "publish",
}
_RUNS = {"sandbox_python": "run a snippet"}
_OUTCOMES = {
    Outcome.DENIED: "Denied",
    Outcome.STOPPED: "Interrupted: denied",
    Outcome.ABSENT: "Nobody could be asked: denied",
}


def title(asked: Asked, *, verb: str = "asks") -> list[Part]:
    """Who asks to do what: the head of the card."""
    return [(cut(asked.agent), True), (f" {verb} to ", False), *_deed(asked)]


def _deed(asked: Asked) -> Iterator[Part]:
    kinds = frozenset(operation for operation, _ in asked.operations)
    first, path = asked.operations[0]
    if first is Operation.EXEC:
        yield _RUNS.get(asked.tool, "run a command"), False
    elif kinds == _MOVED and first is Operation.DELETE:
        yield "move ", False
        yield cut(path), True
        yield " to ", False
        yield cut(next(each for kind, each in asked.operations if kind is Operation.WRITE)), True
    else:
        is_new = first is Operation.WRITE and not asked.version and asked.sides is not None
        yield f"{'create' if is_new else _VERBS.get(first, first)} ", False
        yield cut(path), True
        yield from _others(asked)


def _others(asked: Asked) -> Iterator[Part]:
    others = len(asked.operations) + asked.more - 1
    if others:
        yield f" and {others:,} more", False


def facts(asked: Asked) -> list[tuple[str, str]]:
    """What else there is to know, each with its name."""
    told = [("Tool", cut(asked.tool)), ("Version", _versions(asked))]
    if asked.sandbox != "default":
        told.append(("Sandbox", cut(asked.sandbox)))
    told += [("Rule", cut(each)) for each in _rules(asked)[:_MOST_PATHS]]
    told += [("Also", f"{operation} {cut(path)}") for operation, path in asked.operations[1 : _MOST_PATHS + 1]]
    return [(name, value) for name, value in told if value]


def grant(asked: Asked) -> str:
    """What a yes for the run allows: all that the rules ask for, each of which the facts name."""
    rules = _rules(asked)
    which = "this rule asks" if len(rules) == 1 else f"these {len(rules):,} rules ask"
    named = "; ".join([cut(each) for each in rules[:_MOST_PATHS]] + ["…"] * (len(rules) > _MOST_PATHS))
    return f"Until the cell ends, allow {cut(asked.agent)} all that {which} for: {named}"


def _rules(asked: Asked) -> list[str]:
    return sorted({rule for _, rule in asked.grounds} or {asked.rule})


def _versions(asked: Asked) -> str:
    if asked.sides is None:
        return ""
    then = f"v{asked.version}" if asked.version else "new"
    return then if asked.sides[1].content is None else f"{then} to v{asked.version + 1}" if asked.version else then


def sentence(parts: list[Part]) -> str:
    """The parts as plain text."""
    return "".join(text for text, _ in parts)


def verdict(question: Question) -> str:
    """How it ended, in a few words."""
    decision = question.decision or Decision(Outcome.STOPPED)
    if decision.outcome is Outcome.ALLOWED:
        return "Allowed for this run" if decision.lasting else "Allowed once"
    if decision.outcome is Outcome.SILENCE:
        return f"Nobody answered within {question.seconds:g} s: denied"
    said = _OUTCOMES[decision.outcome]
    return f"{said}: {cut(decision.reason)}" if decision.reason else said


def cut(text: str) -> str:
    """One line, of a length that a head or a cell holds."""
    shown = visible(text).replace("\n", "\\n").replace("\t", "\\t")
    return shown if len(shown) <= _LONGEST else f"{shown[: _LONGEST - 1]}…"
