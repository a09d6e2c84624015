"""How the result of a magic reaches the person: printed where the magic stands alone, given where it is assigned."""

from __future__ import annotations

import dis
import sys
from types import FrameType

from jupyter_sandfs.kernel.answers import Text
from jupyter_sandfs.shell.results import ShellResult

__all__ = ["Text", "complain", "counted", "human_size", "is_asked_for", "show"]

_PRINT = 1  # the interpreter's intrinsic function for an expression that stands alone, from Python 3.12 on
_UNUSED = {("POP_TOP", None), ("PRINT_EXPR", None), ("CALL_INTRINSIC_1", _PRINT)}
"""Instructions with their arguments that follow a call whose value nobody takes."""


def is_asked_for(frame: FrameType | None) -> bool:
    """Say whether the caller of a magic uses its value, as in `x = %sandfs cat f`.

    The caller's next instruction tells, also where there is no source, as under `%time`.

    Args:
        frame: where to start; the first frame outside IPython is the caller's.
    """
    while frame is not None and _belongs_to_ipython(frame):
        frame = frame.f_back
    if frame is None:
        return False
    last = frame.f_lasti
    following = next((each for each in dis.get_instructions(frame.f_code) if each.offset > last), None)
    return following is not None and (following.opname, following.arg) not in _UNUSED


def _belongs_to_ipython(frame: FrameType) -> bool:
    name = frame.f_globals.get("__name__", "")
    return name.partition(".")[0] in {"IPython", "decorator"} or name == "jupyter_sandfs.kernel.magics"


def show(result: ShellResult, *, hint: str = "") -> None:
    """Print a result: its output, its complaints, and an exit code that is not 0."""
    sys.stdout.write(result.stdout)
    complain(result, hint=hint)


def complain(result: ShellResult, *, hint: str = "", exit_code: bool = True) -> None:
    """Print what the person should know even if only the output was asked for."""
    if result.truncated:
        sys.stderr.write("output was cut: redirect it into a file to keep all of it\n")
    sys.stderr.write(result.stderr + hint)
    if exit_code and result.exit_code and not result.stderr:
        sys.stderr.write(f"exit code {result.exit_code}\n")


def counted(number: int, noun: str, several: str = "") -> str:
    """A number with its noun: 1 file, 1,200 files; `several` is the plural that needs more than an s."""
    return f"{number:,} {noun if number == 1 else several or f'{noun}s'}"


def human_size(size: int) -> str:
    """Bytes for people, in powers of 1,024, as the tree browser shows them: 0 B, 999 B, 1.2 KB."""
    if size < 1024:
        return f"{size} B"
    value = float(size)
    for unit in ("KB", "MB", "GB", "TB"):
        value /= 1024
        if value < 1023.95 or unit == "TB":
            break
    return f"{value:.1f} {unit}"
