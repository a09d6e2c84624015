"""Exercises for students: a set-up to start from and to return to, and checks that only the teacher sees."""

from __future__ import annotations

import html
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from jupyter_sandfs import paths
from jupyter_sandfs.errors import InvalidRequest
from jupyter_sandfs.sandbox import Sandbox
from jupyter_sandfs.vfs.policy import NodePolicy
from jupyter_sandfs.vfs.views.view import VisibilityView
from jupyter_sandfs.workplace import SandboxView

HIDDEN = "teacher"
_PLACE = "/.exercise"
_START = "exercise-start"

Check = Callable[..., Any]
Setup = Mapping[str, str | bytes] | Callable[[Sandbox], Any]


@dataclass(frozen=True, slots=True)
class Verdict:
    """Outcome of one check.

    Attributes:
        told: what the student is told: why it failed, as the check says it.
        hint: the next hint for this check, if there is one; each failure shows one more.
    """

    name: str
    passed: bool
    told: str = ""
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Progress:
    """Outcome of all checks. Its display is a list with marks."""

    verdicts: tuple[Verdict, ...]

    @property
    def passed(self) -> int:
        return sum(each.passed for each in self.verdicts)

    @property
    def done(self) -> bool:
        return self.passed == len(self.verdicts)

    def __repr__(self) -> str:
        return "\n".join([f"{self.passed} of {len(self.verdicts)} checks pass", *map(_line, self.verdicts)])

    def _repr_html_(self) -> str:
        share = 100 * self.passed // max(1, len(self.verdicts))
        head = f'<progress max="100" value="{share}"></progress> {self.passed} of {len(self.verdicts)} checks pass'
        return f"<div>{head}<ul>{''.join(f'<li>{html.escape(_line(each))}</li>' for each in self.verdicts)}</ul></div>"


class Exercise:
    """A task in a sandbox.

    Args:
        setup: files to start with (path to content), or a callable that takes the sandbox.
        checks: name to callable. It takes the student's file system, or that and the teacher's: what the files in
            `hidden` say is read there. It passes unless it returns False or raises; what it raises is told.
        hints: name of a check to hints, one more of which is shown each time that the check fails.
        hidden: files for the checks, which the student's view does not show: name to content.
        sandbox: where it takes place; a new one named `name` if not given.

    Attributes:
        student: the sandbox as the student sees it: hand out this one.
        attempts: how often it was checked since the last reset.

    Raises:
        InvalidRequest: no checks, hints for none, or a hidden name that is no name.
        AlreadyExists: a sandbox of this name exists.
    """

    def __init__(
        self,
        setup: Setup,
        checks: Mapping[str, Check],
        hints: Mapping[str, str | Iterable[str]] | None = None,
        *,
        hidden: Mapping[str, str | bytes] | None = None,
        name: str = "exercise",
        sandbox: Sandbox | None = None,
    ) -> None:
        self._checks = dict(checks)
        self._hints = _listed(hints or {}, self._checks)
        for each in hidden or {}:
            if paths.name(each) != each:
                raise InvalidRequest(f"not the name of a file: {each!r:.100}")
        self.sandbox = sandbox or Sandbox(name)
        self.attempts = 0
        self._shown = dict.fromkeys(self._checks, 0)
        self._set_up(setup, hidden or {})
        self.student: SandboxView = self.sandbox.view(VisibilityView({"public"}), name="student", actor="student")
        self._start = self.sandbox.fs.snapshot(_START)

    def _set_up(self, setup: Setup, hidden: Mapping[str, str | bytes]) -> None:
        fs = self.sandbox.fs
        if isinstance(setup, Mapping):
            for path, content in setup.items():
                fs.write_file(path, content)
        else:
            setup(self.sandbox)
        fs.mkdir(_PLACE)
        fs.set_policy(_PLACE, NodePolicy(visibility=HIDDEN))
        for name, content in hidden.items():
            fs.write_file(paths.join(_PLACE, name), content)

    def reset(self) -> None:
        """Bring the files back to the start; the journal keeps what was done."""
        self.sandbox.fs.restore(self._start)
        self.attempts = 0
        self._shown = dict.fromkeys(self._checks, 0)

    def check(self) -> Progress:
        """Run all checks on the student's files as they are now; what a check writes is gone after it."""
        self.attempts += 1
        return Progress(tuple(self._verdict(name) for name in self._checks))

    def hidden_file(self, name: str) -> bytes:
        """The content of a hidden file, for checks."""
        return self.sandbox.fs.read_bytes(paths.join(_PLACE, name))

    def _verdict(self, name: str) -> Verdict:
        trial = self.sandbox.fs.fork()
        student = trial.view(VisibilityView({"public"}))
        try:
            outcome = _called(self._checks[name], student, self.hidden_file)
        except Exception as problem:  # noqa: BLE001  a check is user code, and assert is how it speaks
            return self._failed(name, str(problem) or type(problem).__name__)
        return self._failed(name, "") if outcome is False else Verdict(name, passed=True)

    def _failed(self, name: str, told: str) -> Verdict:
        hints = self._hints.get(name, [])
        number = min(self._shown[name], len(hints) - 1)
        self._shown[name] += 1
        return Verdict(name, passed=False, told=told, hint=hints[number] if hints else "")


def _called(check: Check, student: Any, hidden_file: Callable[[str], bytes]) -> Any:
    code = getattr(check, "__code__", None)
    return check(student, hidden_file) if code is not None and code.co_argcount > 1 else check(student)


def _listed(hints: Mapping[str, str | Iterable[str]], checks: Mapping[str, Check]) -> dict[str, list[str]]:
    if not checks:
        raise InvalidRequest("an exercise has at least one check")
    unknown = [name for name in hints if name not in checks]
    if unknown:
        raise InvalidRequest(f"hints for a check that there is not: {unknown[0]!r}")
    return {name: [each] if isinstance(each, str) else list(each) for name, each in hints.items()}


def _line(verdict: Verdict) -> str:
    mark = "\N{CHECK MARK}" if verdict.passed else "\N{BALLOT X}"
    told = f": {verdict.told}" if verdict.told else ""
    return f"{mark} {verdict.name}{told}{f' (hint: {verdict.hint})' if verdict.hint else ''}"
