"""Pages of what changed: coloured rows, folded differences, and the journal as a timeline."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby

from jupyter_sandfs.kernel.display.page import Html, element, page
from jupyter_sandfs.shell.commands.changes import row
from jupyter_sandfs.vfs.actions import Change
from jupyter_sandfs.vfs.journal import JournalRecord

_LINE_KINDS = {"+": "added", "-": "removed", "@": "dim"}
_ROWS = 500  # of a page
_CHARACTERS = 100_000  # of a difference
_LINE = 500  # characters of one of its lines


def rows_of_changes(changes: Sequence[Change], *, head: str = "") -> str:
    """Changes, a coloured row each; the mark before each says the same as its colour."""
    above = element("div", head, _class="dim") if head else Html()
    return page(above, _rows(changes))


def _rows(changes: Sequence[Change]) -> Html:
    lines = [element("span", row(each), _class=str(each.kind)) for each in changes[:_ROWS]]
    more = [f"… and {len(changes) - _ROWS:,} more\n"] if len(changes) > _ROWS else []
    return element("pre", *lines, *more)


def folded(summary: str, changes: Sequence[Change], difference: str) -> str:
    """What changed, with the differing lines behind a click."""
    below = element("details", element("summary", "differences"), coloured(difference)) if difference else Html()
    return page(element("details", element("summary", summary), _rows(changes), below))


def coloured(difference: str) -> Html:
    """A unified diff, a coloured line each; long ones are cut."""
    shown = difference[:_CHARACTERS].removesuffix("\n").split("\n")  # nothing else ends a line, whatever it holds
    lines = [element("span", f"{line[:_LINE]}\n", **_class_of(line)) for line in shown]
    cut = ["… (cut)\n"] if len(difference) > _CHARACTERS else []
    return element("pre", *lines, *cut)


def _class_of(line: str) -> dict[str, str]:
    kind = "dim" if line.startswith(("+++", "---")) else _LINE_KINDS.get(line[:1])
    return {"_class": kind} if kind else {}


def timeline(records: Iterable[JournalRecord]) -> str:
    """The journal, the latest first: each action with its time, who did it, and what it changed."""
    actions = [list(group) for _, group in groupby(records, key=lambda each: each.action or -each.sequence)]
    return page(element("ol", *(_action(each) for each in reversed(actions))))


def _action(records: Sequence[JournalRecord]) -> Html:
    first = records[0]
    label = " ".join(first.label.split()) or first.operation
    head = [
        element("time", f"{first.at:%H:%M:%S}", datetime=first.at.isoformat()),
        Html(" "),
        element("strong", first.actor),
        Html(" "),
        element("code", label[:120]),
    ]
    lines = [element("span", told(each), _class=str(each.kind)) for each in records[:_ROWS]]
    return element("li", element("div", *head), element("pre", *lines))


def told(record: JournalRecord) -> str:
    """A change as a line."""
    source = f"{record.source} -> " if record.source not in {None, record.path} else ""
    version = f"  v{record.version}" if record.version else ""
    return f"{record.operation:<8} {source}{record.path}{version}\n"
