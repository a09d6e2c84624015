"""What the card shows of a change: both sides row by row, or a command; with a warning where it is not all. Pure."""

from __future__ import annotations

from typing import Any

from jupyter_sandfs.agents.questions import Asked
from jupyter_sandfs.kernel.browser.differences import MAX_LINE, MAX_LINES, MAX_ROWS, Line, Row, side_by_side
from jupyter_sandfs.kernel.browser.preview import decode
from jupyter_sandfs.kernel.display.page import visible

_COMPARED_BYTES = 1 << 18  # of each side: comparing takes quadratic time, and the person waits for the card
_SHOWN = 20_000  # characters of a command, or of a difference as text
_LONG = "Not all of it is shown here: it is too long. Deny, if you can't tell what the rest does."
_OPAQUE = "What the file would hold can't be shown: it is no text, or too long. Deny, if you don't know what it is."

Document = dict[str, Any]


def comparison(asked: Asked) -> Document:
    """What differs, as the card takes it: {rows, before, after, text, warning}, one of rows and text empty."""
    texts = _texts(asked)
    if texts is None:
        return _document(text=visible(asked.diff[:_SHOWN]), warning=_doubt(asked))
    rows, _ = side_by_side(*texts)
    if not rows:
        return _document(text="(empty, or as it was)")
    before, after = _labels(asked)
    warning = _LONG if _is_cut(rows) else ""
    return _document(rows=[_visible(row) for row in rows], before=before, after=after, warning=warning)


def _document(**told: Any) -> Document:
    return {"rows": [], "before": "", "after": "", "text": "", "warning": ""} | told


def _texts(asked: Asked) -> tuple[str, str] | None:
    """Both sides as text; None for what is no text, or too long to be compared whole."""
    if asked.sides is None or any(len(each.content or b"") > _COMPARED_BYTES for each in asked.sides):
        return None
    old, new = (decode(each.content or b"") for each in asked.sides)
    if old is None or new is None or max(old.count("\n"), new.count("\n")) >= MAX_LINES:
        return None
    return _ended(old, new)


def _doubt(asked: Asked) -> str:
    """What the text leaves open, if anything: an agent may hide something just there."""
    if asked.sides is not None and not asked.diff.startswith("--- "):  # as a difference in lines begins
        return _OPAQUE
    return _LONG if asked.is_cut or len(asked.diff) > _SHOWN else ""


def _ended(old: str, new: str) -> tuple[str, str]:
    """Lines without the last one's end; where only one side lacks it, that is told as `diff` does."""
    if old and new and old.endswith("\n") != new.endswith("\n"):
        old, new = (each if each.endswith("\n") else f"{each}\n\\ No newline at end of file" for each in (old, new))
    return old.removesuffix("\n"), new.removesuffix("\n")


def _labels(asked: Asked) -> tuple[str, str]:
    if asked.sides and asked.sides[1].content is None:
        return f"v{asked.version}, now", "deleted"
    if not asked.version:
        return "no file yet", "new, proposed"
    return f"v{asked.version}, now", f"v{asked.version + 1}, proposed"


def _is_cut(rows: list[Row]) -> bool:
    """Whether something that differs may not be seen."""
    changed = (each for row in rows if row.kind == "changed" for each in (row.old, row.new) if each is not None)
    return len(rows) >= MAX_ROWS or any(sum(len(text) for text, _ in each.parts) >= MAX_LINE for each in changed)


def _visible(row: Row) -> Row:
    return row._replace(old=_shown(row.old), new=_shown(row.new))


def _shown(line: Line | None) -> Line | None:
    return line and line._replace(parts=[(visible(text), changed) for text, changed in line.parts])
