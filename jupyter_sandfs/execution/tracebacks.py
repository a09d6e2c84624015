"""Errors of a snippet as Python prints them, with the lines of the source that the user wrote."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from pydantic_monty import Frame, MontyRuntimeError, MontySyntaxError

_SHOWN = 5  # frames at each end of a long traceback
_LONGEST = 4000  # characters of an error's text
_LONGEST_LINE = 200


class Origin(NamedTuple):
    """Where the lines of something that was run stand in the user's source: so many lines further down."""

    name: str
    lines: Sequence[str]
    offset: int = 0


def render(error: MontyRuntimeError | MontySyntaxError, origins: Mapping[str, Origin]) -> str:
    """Print an error.

    Args:
        origins: by the name that the interpreter gives to what it runs; frames elsewhere are left out.
    """
    frames = [_frame(frame, origins[frame.filename]) for frame in error.traceback() if frame.filename in origins]
    if len(frames) > 2 * _SHOWN:
        left_out = len(frames) - 2 * _SHOWN
        frames[_SHOWN:-_SHOWN] = [f"  [{left_out} more frames]\n"]
    head = "Traceback (most recent call last):\n" if frames else ""
    return f"{head}{''.join(frames)}{shortened(error.display('type-msg'), _LONGEST)}\n"


def _frame(frame: Frame, origin: Origin) -> str:
    number = min(frame.line + origin.offset, max(len(origin.lines), 1))  # what was added behind is not the user's
    source = origin.lines[number - 1].strip() if 0 < number <= len(origin.lines) else ""
    shown = f"    {shortened(source, _LONGEST_LINE)}\n" if source else ""
    return f'  File "{origin.name}", line {number}, in {frame.function_name or "<module>"}\n{shown}'


def shortened(text: str, limit: int) -> str:
    return text if len(text) <= limit else f"{text[:limit]}… ({len(text)} characters)"
