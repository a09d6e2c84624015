"""`transcript`: what agents did with their tools."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jupyter_sandfs.errors import InvalidRequest, LimitExceeded
from jupyter_sandfs.kernel.answers import Answer
from jupyter_sandfs.kernel.commands.command import Call, MagicCommand
from jupyter_sandfs.kernel.display.calls import one_call, rows_of_calls, timeline_of_calls
from jupyter_sandfs.kernel.display.page import visible
from jupyter_sandfs.shell.options import Option

if TYPE_CHECKING:
    from jupyter_sandfs.agents.transcript import Transcript

_CALLS = 50


def _transcript(call: Call) -> Answer:
    transcript: Transcript = call.sandbox.transcript
    if call.arguments.operands:
        return _one(transcript, call.arguments.operands[0])
    if "jsonl" in call.arguments:
        return Answer(text="".join(transcript.to_jsonl()))
    agent = call.arguments.options.get("agent")
    calls = [each for each in transcript.calls if agent in (None, each.agent)]
    shown = calls[max(len(calls) - call.arguments.number("n", _CALLS), 0) :]
    text = f"{transcript.told(shown)}\n"
    return Answer(text=text, html=timeline_of_calls(transcript, shown) if shown else "", data=rows_of_calls(shown))


def _one(transcript: Transcript, operand: str) -> Answer:
    if not (operand.isascii() and operand.isdigit() and len(operand) < 10):
        raise InvalidRequest(f"not the number of a call: '{operand}' (%sandfs transcript lists them)")
    call = transcript.call(int(operand))
    try:
        difference = transcript.diff(call.number)
    except LimitExceeded as problem:
        difference = f"({problem})\n"
    text = f"{transcript.told([call])}\n{difference}"
    page, data = one_call(call, difference), rows_of_calls([call])[0]
    return Answer(text=visible(text), value=text, html=page, data=data)


COMMANDS = {
    "transcript": MagicCommand(
        usage="%sandfs transcript [-n N] [--agent NAME] | NUMBER | --jsonl",
        help=f"Show the last {_CALLS} calls of agents as a timeline, one of them with what it changed, or JSON lines.",
        run=_transcript,
        options=(
            Option("n", "how many", word="lines", value="N"),
            Option("", "only those of one agent", word="agent", value="NAME"),
            Option("", "all of them as JSON lines, for Transcript.from_jsonl", word="jsonl"),
        ),
        operands=(0, 1),
    ),
}
