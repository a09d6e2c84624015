"""The tools of one agent: what a model is told of them, and the one way in which they are called."""

from __future__ import annotations

import difflib
import json
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

from jupyter_sandfs.agents import dialects, exchange, moments, reading, running, tool, writing
from jupyter_sandfs.agents.answers import ToolResult, refusal
from jupyter_sandfs.agents.arguments import check
from jupyter_sandfs.agents.desk import Desk
from jupyter_sandfs.agents.questions import Operation, asking_for
from jupyter_sandfs.agents.rules import Rules, denied
from jupyter_sandfs.agents.tool import SANDBOX_ID, Tool
from jupyter_sandfs.agents.transcript import Running, transcript_of
from jupyter_sandfs.errors import InvalidRequest, NotFound, PermissionDenied, SandboxNotFound, SandfsError

if TYPE_CHECKING:
    from jupyter_sandfs.vfs.quotas import Quota
    from jupyter_sandfs.workplace import Workplace

TOOLS = {each.name: each for each in (*reading.TOOLS, *writing.TOOLS, *running.TOOLS, *exchange.TOOLS, *moments.TOOLS)}
_LABEL_LENGTH = 200
_MOST_ARGUMENTS = 16 << 20  # bytes of a call, as JSON


class Toolset:
    """What `sandbox.tools()` gives: schemas for a model, and the dispatcher for its calls.

    Args:
        whole: the sandbox, or the view of it, that the agent works on.
        agent: who acts, in the journal.
        dialect: how schemas look and calls are answered: openai, openai-responses, anthropic, mcp or json-schema.
        native: where the vendor has tools that its models were trained on (Anthropic's text editor, memory and bash,
            OpenAI's apply_patch), give these instead of ours that do the same.
        only: names of the tools to give; all if not given.
        tokens: how much one answer may hold, about.
        allowed_commands: the only commands of the shell, beside bash itself.
        rules: what the agent may do where, on top of what its view allows.
        quota: how much it may add to the sandbox, in all.
        account: whose quota that is; of all agents of its name if not given.
        secrets: let it publish what looks like a token or a key; see `secrets.PATTERNS`.
        clock: gives the time for the transcript: seconds since 1970.
        ids: gives a name for each thing that the agent makes and does not name; random ones if not given.

    Attributes:
        desk: where the tools work.

    Raises:
        InvalidRequest: no such dialect, or no such tool.
    """

    def __init__(
        self,
        whole: Workplace,
        agent: str,
        *,
        dialect: str = "json-schema",
        native: bool = False,
        only: Iterable[str] | None = None,
        tokens: int = 8_000,
        allowed_commands: Iterable[str] | None = None,
        rules: Rules | None = None,
        quota: Quota | None = None,
        account: str | None = None,
        secrets: bool = False,
        clock: Callable[[], float] = time.time,
        ids: Callable[[], str] | None = None,
    ) -> None:
        self.dialect = dialects.named(dialect)
        self.desk = Desk(
            whole,
            agent,
            tokens=tokens,
            allowed_commands=allowed_commands,
            rules=rules,
            quota=quota,
            account=account,
            secrets=secrets,
            ids=ids,
        )
        known = self.dialect.native(TOOLS) if native else TOOLS
        self._tools = _chosen(known, only)
        self._clock = clock
        self._transcript = transcript_of(whole)
        self._seat = self._transcript.seat(
            partial(self.desk.described, self.dialect.name, tuple(self._tools), native=native)
        )

    @property
    def names(self) -> list[str]:
        """The names of the tools."""
        return list(self._tools)

    @property
    def schemas(self) -> list[dict[str, Any]]:
        """What a model is told of the tools, as the API of the dialect takes it."""
        return [self.dialect.schema(each) for each in self._tools.values()]

    def runs(self, name: str) -> bool:
        """Whether there is such a tool, and it runs what the model wrote."""
        return name in self._tools and self._tools[name].runs

    def call(self, name: str, arguments: Mapping[str, Any] | str | None = None) -> ToolResult:
        """Call a tool. Errors are answers: nothing is raised, and a call that failed changed nothing.

        Args:
            arguments: an object, or its JSON text.
        """
        read = _read(arguments)
        running = self._transcript.begin(self._seat, name, read, self._clock())
        answer = None
        try:
            answer = self._answered(running, name, read)
        finally:
            self._transcript.end(running, answer, self._clock())
        return answer

    def _answered(self, running: Running, name: str, arguments: Mapping[str, Any] | str | None) -> ToolResult:
        try:
            chosen = self._named(name)
            given = _parsed(arguments)
            self._check_sandbox(given.pop(SANDBOX_ID, None))
            check(chosen, given)
            return self._run(running, chosen, given)
        except (SandfsError, OSError, ValueError) as problem:
            return refusal(self._ruled(problem), self.desk.fs)

    def _ruled(self, problem: Exception) -> Exception:
        """The rule on reading, where that is why something is absent; whether it is there is not said."""
        path = str(problem.path) if isinstance(problem, NotFound | PermissionDenied) else ""
        if self.desk.rules is None or not path.startswith("/"):
            return problem
        rule = self.desk.rules.rule(Operation.READ, path)
        return denied(path, rule) if rule is not None else problem

    def answer(self, calls: Any) -> list[dict[str, Any]]:
        """Call all tools that a model's message asks for; give the messages, or blocks, that answer it.

        Args:
            calls: the message as the vendor's API gives it, as an object of its SDK or as plain JSON.
        """
        return [
            self.dialect.answered(call, self.call(call.name, call.arguments)) for call in self.dialect.calls_in(calls)
        ]

    def _run(self, running: Running, chosen: Tool, given: Mapping[str, Any]) -> ToolResult:
        if chosen.runs:
            with asking_for(chosen.name):
                self.desk.check(Operation.EXEC, what=_whole(given))
        asks = "" if chosen.runs else chosen.name
        with self.desk.acting(_label(chosen, given)) as action, asking_for(asks):
            running.action = action
            answer = tool.call(chosen, self.desk, given)
        changed = tuple(dict.fromkeys(each.path for each in action.changes))
        return ToolResult(answer.text, answer.data, answer.is_error, changed)

    def _named(self, name: str) -> Tool:
        try:
            return self._tools[name]
        except (KeyError, TypeError):
            close = difflib.get_close_matches(str(name), self._tools, 1)
            hint = f"did you mean {close[0]}?" if close else f"there are: {', '.join(self._tools)}"
            raise InvalidRequest(f"no such tool: {name!r:.100} ({hint})") from None

    def _check_sandbox(self, named: Any) -> None:
        """A set of tools belongs to one sandbox; no other can be named with it."""
        if named is not None and named != self.desk.name:
            raise SandboxNotFound(str(named)[:100])

    def __repr__(self) -> str:
        return f"<{len(self._tools)} tools of {self.desk.actor!r} for sandbox {self.desk.name!r}>"


def _chosen(known: Mapping[str, Tool], only: Iterable[str] | None) -> dict[str, Tool]:
    if only is None:
        return dict(known)
    names: Sequence[str] = list(only)
    unknown = [name for name in names if name not in known]
    if unknown:
        raise InvalidRequest(f"no such tool: {unknown[0]!r} (there are: {', '.join(known)})")
    return {name: known[name] for name in names}


def _read(arguments: Any) -> Any:
    """What a JSON text says; anything else as it is."""
    if isinstance(arguments, str) and len(arguments) <= _MOST_ARGUMENTS:
        with suppress(ValueError, RecursionError):
            return json.loads(arguments or "{}")
    return arguments


def _parsed(arguments: Any) -> dict[str, Any]:
    if arguments is None:
        return {}
    if isinstance(arguments, str):
        if len(arguments) > _MOST_ARGUMENTS:
            raise InvalidRequest(f"the arguments are larger than {_MOST_ARGUMENTS >> 20} MiB: stage a file instead")
        raise InvalidRequest("the arguments are not JSON")
    if not isinstance(arguments, Mapping):
        raise InvalidRequest("the arguments are not an object")
    return dict(arguments)


def _whole(given: Mapping[str, Any]) -> str:
    """All arguments of a call that runs something: who decides is shown each, in whatever order they came."""
    if len(given) == 1:
        return str(next(iter(given.values())))
    return "\n".join(f"{name}: {value}" for name, value in given.items())


def _label(chosen: Tool, given: Mapping[str, Any]) -> str:
    said = " ".join(f"{name}={str(value)[:60]!r}" for name, value in given.items())
    return f"{chosen.name} {said}"[:_LABEL_LENGTH]
