"""Where `cp` and `mv` put things: onto a name, or under their own names into a directory."""

from __future__ import annotations

import errno
import os
import posixpath
from dataclasses import dataclass

from jupyter_sandfs.errors import InvalidRequest
from jupyter_sandfs.shell.command import Invocation
from jupyter_sandfs.shell.options import Option

OPTIONS = (
    Option("t", "into this directory", word="target-directory", value="DIRECTORY"),
    Option("T", "take the last operand as a name", word="no-target-directory"),
)


@dataclass(frozen=True, slots=True)
class Destination:
    """The last operand.

    Attributes:
        shown: as it was given.
        is_directory: things go into it, under their own names.
    """

    shown: str
    is_directory: bool

    def place(self, call: Invocation, source: str) -> tuple[str, str]:
        """Where one source goes: as it is shown, and its path."""
        if not self.is_directory:
            return self.shown, call.path(self.shown)
        name = posixpath.basename(source.rstrip("/"))
        shown = posixpath.join(self.shown, name)
        # What is in `source/.` goes into the directory itself.
        return shown, call.path(self.shown if name in {".", ".."} else shown)


def split(call: Invocation) -> tuple[tuple[str, ...], Destination]:
    """Tell sources from the destination.

    Raises:
        InvalidRequest: there are too few operands, or too many for one name; worded as GNU does.
    """
    operands, options = call.arguments.operands, call.arguments.options
    if not operands:
        raise InvalidRequest("missing file operand")
    if "t" in options:
        return operands, Destination(options["t"], is_directory=True)
    if len(operands) == 1:
        raise InvalidRequest(f"missing destination file operand after '{operands[0]}'")
    *sources, last = operands
    is_directory = "T" not in options and bool(last) and call.fs.is_dir(call.path(last))
    if len(sources) > 1 and "T" in options:
        raise InvalidRequest(f"extra operand '{operands[2]}'")
    if len(sources) > 1 and not is_directory:
        there = bool(last) and call.fs.exists(call.path(last))
        raise InvalidRequest(f"target '{last}': {os.strerror(errno.ENOTDIR if there else errno.ENOENT)}")
    return tuple(sources), Destination(last, is_directory=is_directory)
