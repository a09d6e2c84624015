"""What agents did, as a page: a timeline of their calls, each with what it changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from jupyter_sandfs.kernel.display.history import coloured, told
from jupyter_sandfs.kernel.display.page import Html, element, page

if TYPE_CHECKING:
    from jupyter_sandfs.agents.calls import Call
    from jupyter_sandfs.agents.transcript import Transcript
    from jupyter_sandfs.vfs.journal import JournalRecord

_SHOWN = 200  # calls of a page
_ROWS = 100  # changes of one of them
_SUMMARY = 120  # characters of its arguments before a click
_ARGUMENTS = 4_000  # and behind it


def timeline_of_calls(transcript: Transcript, calls: Sequence[Call] | None = None) -> str:
    """The last calls of a transcript, or those given, the latest first; what the journal forgot is only named."""
    shown, note = transcript.latest(_SHOWN) if calls is None else (calls[-_SHOWN:], "")
    records = transcript.records(shown)
    items = [_item(call, records.get(call.action, ())) for call in reversed(shown)]
    below = element("div", note or ("" if items else "no calls yet"), _class="dim")
    return page(element("ol", *items), below)


def one_call(call: Call, difference: str) -> str:
    """A call with all of its arguments that fit, and what changed from before it until it ended."""
    return page(element("div", *_head(call)), element("pre", _arguments(call)), coloured(difference))


def _item(call: Call, records: Sequence[JournalRecord]) -> Html:
    lines: list[str] = [element("span", told(each), _class=str(each.kind)) for each in records[:_ROWS]]
    named = {each.path for each in records}
    lines += [f"{path}\n" for path in call.changes[:_ROWS] if path not in named]
    return element("li", element("div", *_head(call)), _folded(_arguments(call)), element("pre", *lines))


def _head(call: Call) -> tuple[str, ...]:
    began = datetime.fromtimestamp(call.at, UTC)
    kind = {"_class": "removed"} if call.is_error else {"_class": "dim"}
    outcome = "refused" if call.is_error else f"{call.size} bytes"
    return (
        element("time", f"{began:%H:%M:%S}", datetime=began.isoformat()),
        Html(" "),
        element("strong", call.agent[:_SUMMARY]),
        Html(" "),
        element("code", call.tool),
        Html(" "),
        element("span", f"{outcome}, {call.duration:.1f} s", **kind),
    )


def _arguments(call: Call) -> str:
    given = "(not kept)" if call.given is None else call.given
    return given if len(given) <= _ARGUMENTS else f"{given[:_ARGUMENTS]}…"


def _folded(text: str) -> Html:
    """A long text behind its beginning."""
    if len(text) <= _SUMMARY:
        return element("code", text, _class="dim")
    return element("details", element("summary", element("code", f"{text[:_SUMMARY]}…")), element("pre", text))


def rows_of_calls(calls: Sequence[Call]) -> list[Mapping[str, object]]:
    """The same in plain values."""
    return [
        {
            "number": call.number,
            "at": datetime.fromtimestamp(call.at, UTC).isoformat(),
            "seconds": call.duration,
            "agent": call.agent,
            "tool": call.tool,
            "arguments": call.arguments,
            "size": call.size,
            "refused": call.is_error,
            "changes": list(call.changes),
            "before": call.before,
            "after": call.after,
            "action": call.action,
        }
        for call in calls
    ]
