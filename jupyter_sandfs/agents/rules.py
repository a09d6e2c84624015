"""What an agent may do where: rules of operations and paths, the first that fits decides, and whom to ask."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import translate
from functools import lru_cache
from re import Pattern
from re import compile as compiled
from typing import Any

from jupyter_sandfs import paths
from jupyter_sandfs.agents.questions import Approver, Asked, Asker, Operation, Outcome, asking
from jupyter_sandfs.errors import InvalidRequest, PermissionDenied
from jupyter_sandfs.vfs.policy import NodePolicy
from jupyter_sandfs.vfs.textdiff import Side

__all__ = ["Approver", "Asked", "Operation", "Proposal", "Rule", "Rules", "Verdict"]

_MOST_RULES = 1_000
_LONGEST_PATTERN = 4_096
_LONGEST_DIFF = 100_000  # characters that an approver is shown
_LONGEST_WAIT = 86_400  # seconds
_MOST_LISTED = 100  # operations that an approver is shown


class Verdict(StrEnum):
    """What becomes of it."""

    ALLOW = "allow"
    ASK = "ask"
    DENY = "deny"


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule.

    Attributes:
        verdict: allow, ask or deny. Reading can't be asked for: it is allowed or denied.
        operations: names of operations, with spaces between them.
        paths: patterns with spaces between them, from the root: `*` and `?` within a name, `**` any number of
            directories. What stands for a directory stands for all in it, too.

    Raises:
        InvalidRequest: no such verdict or operation, or not a pattern.
    """

    verdict: str
    operations: str
    paths: str = "/"

    def __post_init__(self) -> None:
        try:
            verdict, operations = Verdict(self.verdict), {Operation(each) for each in self.operations.split()}
        except ValueError as problem:
            raise InvalidRequest(f"in rule '{self}': {problem}") from None
        if verdict is Verdict.ASK and Operation.READ in operations:
            raise InvalidRequest(f"in rule '{self}': reading is allowed or denied, nobody is asked")
        patterns = self.paths.split()
        if not operations or not patterns:
            raise InvalidRequest(f"in rule '{self}': it names no operation, or no path")
        for pattern in patterns:
            if not pattern.startswith(("/", "**")) or len(pattern) > _LONGEST_PATTERN:
                raise InvalidRequest(f"in rule '{self}': a pattern starts with / or **, and is not too long")

    def fits(self, operation: Operation, path: str) -> bool:
        """Say whether it decides about an operation at a normal path."""
        return operation in self.operations.split() and any(covers(each, path) for each in self.paths.split())

    def reaches_below(self, operation: Operation, path: str) -> bool:
        """Say whether it may decide about something below a path."""
        return operation in self.operations.split() and any(
            paths.is_within(path, literal) or paths.is_within(literal, path)
            for literal in map(_literal, self.paths.split())
        )

    def __str__(self) -> str:
        return f"{self.verdict} {self.operations} {self.paths}"


@dataclass(frozen=True, slots=True)
class Proposal:
    """What would be done, for those who decide; see `Asked`."""

    diff: str = ""
    sides: tuple[Side, Side] | None = None
    version: int = 0


Stopped = tuple[Operation, str, Rule]
"""An operation at a path, and the rule that says to ask for it."""


class Rules:
    """The rules of one agent; where none fits, it may.

    Args:
        rules: the first that fits decides.
        approver: is called, in a thread of its own, where a rule says to ask. Only True is a yes: anything else, an
            exception, and silence until the deadline are a no. Without one, the person in front of the notebook or
            terminal is asked.
        deadline: seconds, a day at most.

    Raises:
        InvalidRequest: more than 1,000 rules, or no such deadline.
    """

    def __init__(self, *rules: Rule, approver: Approver | None = None, deadline: float = 60.0) -> None:
        if len(rules) > _MOST_RULES:
            raise InvalidRequest(f"an agent has at most {_MOST_RULES} rules")
        if not isinstance(deadline, int | float) or not 0 < deadline <= _LONGEST_WAIT:
            raise InvalidRequest(f"a deadline is above 0 and at most {_LONGEST_WAIT} seconds, not {deadline!r:.50}")
        self.rules, self.approver, self.deadline = rules, approver, deadline

    def rule(self, operation: Operation, path: str) -> Rule | None:
        """The rule that decides about an operation at a normal path, unless it is allowed."""
        found = next((each for each in self.rules if each.fits(operation, path)), None)
        return found if found is not None and found.verdict != Verdict.ALLOW else None

    def stop(self, operation: Operation) -> Rule | None:
        """The first rule that does not allow an operation at some path."""
        return next(
            (each for each in self.rules if each.verdict != Verdict.ALLOW and operation in each.operations.split()),
            None,
        )

    def stops_below(self, operation: Operation, path: str) -> Rule | None:
        """The first rule that may not allow an operation at or below a path."""
        return next(
            (each for each in self.rules if each.verdict != Verdict.ALLOW and each.reaches_below(operation, path)),
            None,
        )

    def allows(self, path: str, policy: NodePolicy, metadata: Mapping[str, Any]) -> bool:
        """Say whether a path may be read: as the rule of a view, which hides what may not."""
        del policy, metadata
        return self.rule(Operation.READ, path) is None

    def covers(self, directory: str, policy: NodePolicy) -> bool:
        """Say whether all names right in a directory may be read, whatever they are; so that views need not ask."""
        del policy
        stops = (
            each for each in self.rules if each.verdict != Verdict.ALLOW and Operation.READ in each.operations.split()
        )
        return not any(covers_some(pattern, directory) for each in stops for pattern in each.paths.split())

    def check(
        self, asker: Asker, wanted: Iterable[tuple[Operation, str]], propose: Callable[[], Proposal] = Proposal
    ) -> None:
        """Let pass what is allowed, ask for what is to be asked for.

        Args:
            propose: gives what would be done; called if somebody is asked.

        Raises:
            PermissionDenied: a rule denies it, nobody says yes, or nobody can be asked here.
        """
        stopped: list[Stopped] = []
        for operation, path in wanted:
            rule = self.rule(operation, path)
            if rule is not None and rule.verdict == Verdict.DENY:
                raise denied(path, rule)
            if rule is not None:
                stopped.append((operation, path, rule))
        if stopped:
            self._ask(asker, stopped, propose)

    def _ask(self, asker: Asker, stopped: list[Stopped], propose: Callable[[], Proposal]) -> None:
        _, path, rule = stopped[0]
        if not asking.get():
            raise denied(path, rule, "nobody can be asked within a command: use a tool for files")
        decision = asker.ask(_asked(asker, stopped, propose()), self.approver, self.deadline)
        if decision.outcome is not Outcome.ALLOWED:
            raise denied(path, rule, decision.refusal)


def _asked(asker: Asker, stopped: list[Stopped], proposal: Proposal) -> Asked:
    """What is put before those who decide."""
    return Asked(
        asker.agent,
        tuple((operation, path) for operation, path, _ in stopped[:_MOST_LISTED]),
        str(stopped[0][2]),
        proposal.diff[:_LONGEST_DIFF],
        tool=asking.get(),
        sandbox=asker.sandbox,
        sides=proposal.sides,
        version=proposal.version,
        more=max(0, len(stopped) - _MOST_LISTED),
        is_cut=len(proposal.diff) > _LONGEST_DIFF,
        grounds=frozenset((operation, str(each)) for operation, _, each in stopped),
    )


def denied(path: str, rule: Rule, why: str = "") -> PermissionDenied:
    """The error that names the rule."""
    return PermissionDenied(path, f"rule '{rule}'{f': {why}' if why else ''}")


# ---------------------------------------------------------------- patterns


def covers(pattern: str, path: str) -> bool:
    """Say whether a pattern stands for a normal path, or for a directory that it is in."""
    wanted = _segments(pattern)
    return len(wanted) in _reached(wanted, path)


def covers_some(pattern: str, directory: str) -> bool:
    """Say whether a pattern may stand for something right in a directory, or for the directory itself."""
    wanted = _segments(pattern)
    states = _reached(wanted, directory)
    return len(wanted) in states or len(wanted) in {each + 1 for each in states}


def _reached(wanted: tuple[str, ...], path: str) -> set[int]:
    """The places in a pattern that a path leads to; its end, if the pattern stands for the path or what it is in."""
    states = _closed({0}, wanted)
    for name in filter(None, path.split("/")):
        if len(wanted) in states:
            break
        onward = {each for each in states if wanted[each] == "**"}
        onward |= {each + 1 for each in states if wanted[each] != "**" and _name(wanted[each]).match(name)}
        states = _closed(onward, wanted)
    return states


def _closed(states: set[int], wanted: tuple[str, ...]) -> set[int]:
    """These places in a pattern and those behind a `**`, which may stand for nothing."""
    closed = set(states)
    for each in range(min(states, default=0), len(wanted)):
        if each in closed and wanted[each] == "**":
            closed.add(each + 1)
    return closed


@lru_cache(maxsize=4096)
def _segments(pattern: str) -> tuple[str, ...]:
    """The names of a pattern; `**` at its end stands for all below, for everything if it is alone."""
    found = tuple(paths.normalize(pattern).split("/")[1:])
    if found in {("",), ("**",)}:
        return ()
    return (*found, "*") if found[-1] == "**" else found


@lru_cache(maxsize=4096)
def _name(pattern: str) -> Pattern[str]:
    return compiled(translate(pattern))


@lru_cache(maxsize=4096)
def _literal(pattern: str) -> str:
    """The directory that all lies in that a pattern stands for, as far as that is certain."""
    names: list[str] = []
    for each in _segments(pattern):
        if any(mark in each for mark in "*?["):
            break
        names.append(each)
    return "/" + "/".join(names)
