"""Several attempts at one task, each on a fork of its own, side by side and then compared."""

from __future__ import annotations

import html
import time
import traceback
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from jupyter_sandfs.agents.questions import questions_of
from jupyter_sandfs.errors import InvalidRequest, NotFound

if TYPE_CHECKING:
    from jupyter_sandfs.sandbox import Sandbox
    from jupyter_sandfs.vfs.actions import Change

_MOST_RUNS = 64
_START = "race-start"
_COLUMNS = ("run", "outcome", "seconds", "files", "diff lines")


@dataclass(frozen=True, slots=True)
class Attempt:
    """One run of a race.

    Attributes:
        name: of the run.
        sandbox: the fork that it worked on.
        changes: what it changed, against the start.
        diff: the same as text, as `diff -u` writes it.
        duration: seconds.
        failure: what it raised, in one line; empty if it came to its end.
        report: what the callable gave back; of a dict, each entry has a column in the table (tokens, cost).
    """

    name: str
    sandbox: Sandbox
    changes: tuple[Change, ...]
    diff: str
    duration: float
    failure: str = ""
    report: Any = None

    @property
    def ok(self) -> bool:
        return not self.failure

    @property
    def diff_lines(self) -> int:
        """Lines added and removed."""
        marks = [line for line in self.diff.splitlines() if line[:1] in "+-" and line[:3] not in ("+++", "---")]
        return len(marks)

    @property
    def figures(self) -> dict[str, Any]:
        """What the callable reported, by name."""
        if isinstance(self.report, Mapping):
            return {str(name): value for name, value in self.report.items()}
        return {} if self.report is None else {"report": self.report}


@dataclass(frozen=True, slots=True)
class Race:
    """The runs of a race, in the order they were given. Its display is a table."""

    attempts: Mapping[str, Attempt] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Attempt:
        try:
            return self.attempts[name]
        except KeyError:
            raise NotFound(name, f"no such run; there are: {', '.join(self.attempts)}") from None

    @property
    def table(self) -> list[dict[str, Any]]:
        """A row for each run, all with the same columns."""
        extra = dict.fromkeys(name for each in self.attempts.values() for name in each.figures if name not in _COLUMNS)
        return [_row(each) | {name: each.figures.get(name, "") for name in extra} for each in self.attempts.values()]

    def close(self) -> None:
        """Drop the forks."""
        for each in self.attempts.values():
            each.sandbox.close()

    def __repr__(self) -> str:
        rows = [[str(name) for name in row] for row in (list(self.table[0]), *(row.values() for row in self.table))]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows)

    def _repr_html_(self) -> str:
        head = "".join(f"<th>{html.escape(name)}</th>" for name in self.table[0])
        body = "".join(
            "<tr>" + "".join(f"<td>{html.escape(str(cell))}</td>" for cell in row.values()) + "</tr>"
            for row in self.table
        )
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def race(sandbox: Sandbox, runs: Mapping[str, Callable[[Sandbox], Any]], *, at_once: int | None = None) -> Race:
    """Run each callable on its own fork of a sandbox, and compare what came of it.

    The sandbox itself does not change; `sandbox.merge(result["a"].sandbox)` takes a winner over.

    Args:
        runs: name to callable, which takes the fork. What it returns is its report; what it raises its failure.
        at_once: how many run at the same time; all if not given.

    Raises:
        InvalidRequest: no runs, or more than 64.
        AlreadyExists: a sandbox is called as a fork would be; `Race.close` drops those of an earlier race.
    """
    if not isinstance(runs, Mapping):
        raise InvalidRequest(f"runs are names with callables, such as {{'a': solve}}, not {type(runs).__name__}")
    if not 0 < len(runs) <= _MOST_RUNS:
        raise InvalidRequest(f"a race has 1 to {_MOST_RUNS} runs, not {len(runs)}")
    forks: dict[str, Sandbox] = {}
    try:
        for name in runs:
            forks[name] = sandbox.fork(f"{sandbox.name}.{name}")
        return Race(_run_all(forks, runs, at_once or len(runs)))
    except BaseException:
        for fork in forks.values():
            fork.close()
        raise


def _run_all(
    forks: Mapping[str, Sandbox], runs: Mapping[str, Callable[[Sandbox], Any]], at_once: int
) -> dict[str, Attempt]:
    with ThreadPoolExecutor(at_once, thread_name_prefix="sandfs-race") as pool:
        waiting = {name: pool.submit(_attempt, name, forks[name], run) for name, run in runs.items()}
        try:
            return {name: each.result() for name, each in waiting.items()}
        except BaseException:  # as by Ctrl-C: nobody answers any more, so that the runs come to an end
            for fork in forks.values():
                questions_of(fork).stop()
            raise


def _attempt(name: str, fork: Sandbox, run: Callable[[Sandbox], Any]) -> Attempt:
    start = fork.fs.snapshot(_START)
    began = time.perf_counter()
    failure, report = "", None
    try:
        with fork.fs.action(f"race {name}", name):
            report = run(fork)
    except Exception as problem:  # noqa: BLE001  user code: whatever it raises is its outcome
        failure = traceback.format_exception_only(problem)[-1].strip()
    duration = time.perf_counter() - began
    changes = tuple(fork.fs.diff(start))
    return Attempt(name, fork, changes, fork.fs.unified_diff(start), duration, failure, report)


def _row(attempt: Attempt) -> dict[str, Any]:
    facts = (
        attempt.name,
        "ok" if attempt.ok else attempt.failure,
        f"{attempt.duration:.2f}",
        len(attempt.changes),
        attempt.diff_lines,
    )
    return dict(zip(_COLUMNS, facts, strict=True))
