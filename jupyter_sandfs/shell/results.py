"""What a run of the shell gives back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jupyter_sandfs.vfs.actions import Change


@dataclass(frozen=True, slots=True)
class ShellResult:
    """Outcome of one line or script.

    Attributes:
        stdout: what was printed; bytes that are not UTF-8 are shown as U+FFFD (files keep them).
        stderr: complaints, as bash words them.
        exit_code: status of the last command; 124 after a timeout, 130 after a cancel.
        duration: seconds.
        truncated: some output was left out, by our limit or by the engine's.
        changes: paths that the run changed, in order.
    """

    stdout: str
    stderr: str
    exit_code: int
    duration: float
    truncated: bool
    changes: tuple[Change, ...]

    @property
    def ok(self) -> bool:
        return self.exit_code == 0
