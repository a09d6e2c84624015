"""What the card shows of a change: both sides row by row, or a command; with a warning where it is not all. Pure."""

from __future__ import annotations

from typing import Any

from jupyter_sandfs.agents.questions import Asked
from jupyter_sandfs.kernel.browser.differences import MAX_LINE, MAX_LINES, MAX_ROWS, Line, Row, side_by_side
from jupyter_sandfs.kernel.browser.preview import decode
from jupyter_sandfs.kernel.display.page import visible

_COMPARED_BYTES = 1 << 18  # of each side: comparing takes quadratic time, and the person waits for the card
_SHOWN = 20_000  # characters of a command

Document = dict[str, Any]


def comparison(asked: Asked) -> Document:
    """What differs, as the card takes it: {rows, before, after, text, warning}, all but one of rows and text empty."""
    texts = _texts(asked)
    if texts is None:
        return _document(text=visible(asked.diff[:_SHOWN]), warning=_warning(is_cut=len(asked.diff) > _SHOWN))
    rows, _ = side_by_side(*texts)
    if not rows:
        return _document(text="(empty, or as it was)")
    labels = dict(zip(("before", "after"), _labels(asked), strict=True))
    return _document(rows=[_visible(row) for row in rows], warning=_warning(is_cut=_is_cut(rows, texts)), **labels)


def _document(**told: Any) -> Document:
    return {"rows": [], "before": "", "after": "", "text": "", "warning": ""} | told


def _texts(asked: Asked) -> tuple[str, str] | None:
    """Both sides as text; None for what is no text, or too long."""
    if asked.sides is None or any(len(each.content or b"") > _COMPARED_BYTES for each in asked.sides):
        return None
    old, new = (decode(each.content or b"") for each in asked.sides)
    return None if old is None or new is None else _ended(old, new)


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


def _is_cut(rows: list[Row], texts: tuple[str, str]) -> bool:
    """Whether something that differs may not be seen: an agent could put it just there."""
    if len(rows) >= MAX_ROWS or any(each.count("\n") >= MAX_LINES for each in texts):
        return True
    changed = (each for row in rows if row.kind == "changed" for each in (row.old, row.new) if each is not None)
    return any(sum(len(text) for text, _ in each.parts) >= MAX_LINE for each in changed)


def _warning(*, is_cut: bool) -> str:
    return "Not all of it is shown here: it is too long. Deny, if you can't tell what the rest does." if is_cut else ""


def _visible(row: Row) -> Row:
    return row._replace(old=_shown(row.old), new=_shown(row.new))


def _shown(line: Line | None) -> Line | None:
    return line and line._replace(parts=[(visible(text), changed) for text, changed in line.parts])
