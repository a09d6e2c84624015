"""What a command of the magic gives: text always, a page where one can be shown, data for programs."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Self

from jupyter_sandfs.shell.results import ShellResult


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What is shown, or given to who asks for it.

    Attributes:
        html: the same for a notebook; empty where there is nothing to add to the text.
        data: the same for programs, in plain JSON values.
        value: what an assignment gets, if not the text.
        result: of the shell, if it was asked.
        marked: lines of the text begin with the mark of a change, which a terminal shows in colours.
    """

    text: str = ""
    html: str = ""
    data: Any = None
    value: str | None = None
    result: ShellResult | None = None
    marked: bool = False

    @property
    def outcome(self) -> ShellResult:
        """The result, also of what the shell had no part in."""
        return self.result or ShellResult(self.text, "", 0, 0.0, truncated=False, changes=())

    def as_json(self) -> str:
        """Everything as one JSON document."""
        outcome = self.outcome
        told = {
            "exit_code": outcome.exit_code,
            "stdout": self.text,
            "stderr": outcome.stderr,
            "duration": round(outcome.duration, 6),
            "truncated": outcome.truncated,
            "changes": [change_data(each) for each in outcome.changes],
            "data": self.data,
        }
        return json.dumps(told, indent=1, default=str, ensure_ascii=False) + "\n"


class Text(str):  # noqa: SLOT000  # users may hang notes of their own on it
    """What a command printed, with the whole result beside it.

    Attributes:
        data: the same in plain values, where the command has them.
    """

    result: ShellResult
    data: Any

    def __new__(cls, result: ShellResult, text: str | None = None, data: Any = None) -> Self:
        made = super().__new__(cls, result.stdout if text is None else text)
        made.result, made.data = result, data
        return made

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:  # noqa: FBT001  # IPython's signature
        del cycle
        printer.text(str(self))


def change_data(change: Any) -> dict[str, Any]:
    """A change in plain values."""
    told = {"kind": str(change.kind), "path": change.path, "is_dir": change.is_dir}
    return told if change.source is None else told | {"source": change.source}


def text_table(rows: list[list[str]], *, right: frozenset[int] = frozenset()) -> str:
    """Columns side by side; those in `right` are set to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = (
        [each.rjust(width) if at in right else each.ljust(width) for at, (each, width) in enumerate(zip(row, widths))]  # noqa: B905  # as checked above
        for row in rows
    )
    return "".join("  ".join(cells).rstrip() + "\n" for cells in lines)
