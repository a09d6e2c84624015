"""A transcript as a table, for people: nothing that an agent says comes to a page as markup, or to a terminal raw."""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime

from jupyter_sandfs.agents.calls import Call

_CELL = 80  # characters
_MOST_PATHS = 50
COLUMNS = ("#", "at", "seconds", "agent", "tool", "arguments", "answer", "changed")

Row = Mapping[str, str]


def rows(calls: Sequence[Call]) -> list[Row]:
    """A row for each call; texts of agents are cut, and hold nothing that does not print."""
    return [dict(zip(COLUMNS, _cells(call, calls[0].at), strict=True)) for call in calls]


def _cells(call: Call, began: float) -> tuple[str, ...]:
    return (
        str(call.number),
        f"{time_of(call)} (+{call.at - began:.1f} s)",
        f"{call.duration:.3f}",
        printed(call.agent),
        printed(call.tool),
        printed(call.given if call.given is not None else "(not kept)"),
        outcome(call),
        printed(", ".join(call.changes[:_MOST_PATHS])),
    )


def time_of(call: Call) -> str:
    """When it began, in UTC."""
    return datetime.fromtimestamp(call.at, UTC).strftime("%H:%M:%S")


def outcome(call: Call) -> str:
    return "refused" if call.is_error else f"{call.size} bytes"


def printed(text: str, limit: int = _CELL) -> str:
    """A text on one line, cut, with escapes for what does not print or would turn the direction of writing."""
    cut = text if len(text) <= limit else text[: limit - 1] + "…"
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode("ascii") for each in cut)


def as_text(shown: Sequence[Row], note: str) -> str:
    """Columns side by side."""
    if not shown:
        return "no calls yet"
    cells = [COLUMNS, *(tuple(row.values()) for row in shown)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = ["  ".join(map(str.ljust, each, widths)).rstrip() for each in cells]
    return "\n".join([*([f"[{note}]"] if note else ()), *lines])


def as_html(shown: Iterable[Row], note: str) -> str:
    """The same for a page that has no style of its own."""
    head = "".join(f"<th>{html.escape(name)}</th>" for name in COLUMNS)
    body = "".join(_html_row(row) for row in shown)
    caption = f"<caption>{html.escape(note)}</caption>" if note else ""
    return f"<table>{caption}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _html_row(row: Row) -> str:
    return "<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in row.values()) + "</tr>"
