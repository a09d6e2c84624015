"""Calls of agents run once more, in another sandbox."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from jupyter_sandfs.agents.tool import SANDBOX_ID
from jupyter_sandfs.agents.toolset import Toolset
from jupyter_sandfs.errors import InvalidRequest, NotFound
from jupyter_sandfs.vfs.dump import dump

if TYPE_CHECKING:
    from jupyter_sandfs.agents.calls import Call, Seat
    from jupyter_sandfs.agents.deepagents import SandboxBackend
    from jupyter_sandfs.agents.rules import Rules
    from jupyter_sandfs.agents.transcript import Transcript
    from jupyter_sandfs.sandbox import Sandbox
    from jupyter_sandfs.vfs.history import Snapshot
    from jupyter_sandfs.vfs.views.view import ViewRule

_PUBLISH = "sandbox_publish_file"
_DEEPAGENTS = "deepagents"


@dataclass(frozen=True, slots=True)
class Replayed:
    """What came of a replay.

    Attributes:
        sandbox: where the calls ran.
        calls: how many ran.
        skipped: numbers of those that did not: what was published once is not published again.
        differing: numbers of those that failed then and not now, or now and not then, or changed other paths.
    """

    sandbox: Sandbox
    calls: int
    skipped: tuple[int, ...]
    differing: tuple[int, ...]


def replay(
    transcript: Transcript, sandbox: Sandbox, *, views: Mapping[str, ViewRule], rules: Mapping[str, Rules]
) -> Replayed:
    """Run the calls of a transcript again, one after another, by tools that are made as those were.

    A transcript of this process knows how the sandbox was before the first call, and wherever others changed it in
    between: the given one is made so. One that was read back does not: give it a sandbox as it was at the start.

    Args:
        sandbox: what is changed, such as a fork. All that is in it may be replaced.
        views: by agent, the rule through which it sees the sandbox; for those who had a view.
        rules: by agent, what it may do where; for those who had rules.

    Raises:
        InvalidRequest: it is the sandbox of the transcript; a rule is missing; or there is nothing that can be
            replayed. Nothing was changed.
    """
    calls, moments = _replayable(transcript), transcript.moments
    seats = {each.number: each for each in transcript.seats}
    if not transcript.is_elsewhere(sandbox.fs):
        raise InvalidRequest("a replay replaces what is in the sandbox: give it a fork, as in sandbox.fork('again')")
    tools = {
        number: _seated(seats[number], sandbox, views, rules) for number in dict.fromkeys(call.seat for call in calls)
    }
    skipped, differing = [], []
    for call in calls:
        if call.number in moments:
            _bring_back(sandbox, moments[call.number])
        if call.tool == _PUBLISH or call.given is None:
            skipped.append(call.number)
        elif not _same(call, tools[call.seat], seats[call.seat]):
            differing.append(call.number)
    return Replayed(sandbox, len(calls) - len(skipped), tuple(skipped), tuple(differing))


def _replayable(transcript: Transcript) -> list[Call]:
    """The calls from the first one on before which the sandbox is known."""
    calls, moments = transcript.calls, transcript.moments
    first = min(moments) if moments else 0
    found = [call for call in calls if call.number >= first]
    if not found:
        raise InvalidRequest("there are no calls to replay")
    return found


def _bring_back(sandbox: Sandbox, moment: Snapshot) -> None:
    try:
        sandbox.fs.restore(moment)
    except NotFound:  # it is no fork: what is there is made anew from bytes
        sandbox.fs.restore_snapshot(dump(moment.root.directory))


def _seated(
    seat: Seat, sandbox: Sandbox, views: Mapping[str, ViewRule], rules: Mapping[str, Rules]
) -> Toolset | SandboxBackend:
    if seat.viewed and seat.agent not in views:
        raise InvalidRequest(f"{seat.agent!r:.100} worked through a view: give its rule in views=")
    if seat.ruled and seat.agent not in rules:
        raise InvalidRequest(f"{seat.agent!r:.100} had rules: give them in rules=")
    whole = sandbox.view(views[seat.agent], actor=seat.agent) if seat.viewed else sandbox
    options: dict[str, Any] = {
        "allowed_commands": seat.allowed_commands,
        "rules": rules[seat.agent] if seat.ruled else None,
        "quota": seat.quota,
        "secrets": seat.secrets,
    }
    if seat.dialect == _DEEPAGENTS:
        from jupyter_sandfs.agents.deepagents import SandboxBackend  # noqa: PLC0415  an optional dependency

        return SandboxBackend(whole, seat.agent, **options)
    return Toolset(
        whole, seat.agent, dialect=seat.dialect, native=seat.native, only=seat.only, tokens=seat.tokens, **options
    )


def _same(call: Call, tools: Toolset | SandboxBackend, seat: Seat) -> bool:
    answer = tools.call(call.tool, _arguments(call, tools, seat))
    return (answer.is_error, answer.changes[: len(call.changes) + 1]) == (call.is_error, call.changes)


def _arguments(call: Call, tools: Toolset | SandboxBackend, seat: Seat) -> Any:
    given = call.arguments
    named = given.get(SANDBOX_ID) if isinstance(given, dict) else None
    if named is None:
        return given
    return {**given, SANDBOX_ID: tools.desk.name if named == seat.sandbox else ""}  # no sandbox is called so
