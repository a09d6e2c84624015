"""`%sandfs` and `%%sandfs`."""

from __future__ import annotations

import re
import secrets
import sys
from collections.abc import Mapping
from typing import Any

from IPython.core.error import UsageError
from IPython.core.magic import Magics, line_cell_magic, magics_class, no_var_expand

from jupyter_sandfs.errors import SandfsError
from jupyter_sandfs.filestore import FileInfo
from jupyter_sandfs.kernel.commands import CELL_COMMANDS, LINE_COMMANDS, MagicCommand, overview
from jupyter_sandfs.kernel.output import Text, is_asked_for, show
from jupyter_sandfs.sandbox import Sandbox
from jupyter_sandfs.shell.results import ShellResult

_NAME = re.compile(r"\{([A-Za-z_]\w*)\}")


@magics_class
class SandFSMagics(Magics):
    """The magic of the sandbox file system."""

    @no_var_expand
    @line_cell_magic
    def sandfs(self, line: str, cell: str | None = None) -> Any:
        """Work in the sandbox: a file system that lives in this kernel.

        %sandfs                      what there is, and how to keep it
        %sandfs ls -l /notes         any command line of the sandbox's shell; pipes and redirections too
        x = %sandfs cat /notes/a     the text, with `.result` (stdout, stderr, exit_code, changes)
        %%sandfs write /notes/a      write the cell's body to a file
        %%sandfs sh                  run the cell as a script
        %sandfs files upload PATH    put a file of this machine into the staging store
        %sandfs stage KEY DEST       bring a stored file into the sandbox; publish FILE goes the other way
        %sandfs browse               the tree browser
        %sandfs help [COMMAND]       all commands

        `{name}` is replaced by the value of a Python name that exists; `$name` belongs to the shell.
        """
        asked = is_asked_for(sys._getframe(1))  # noqa: SLF001  # the one way to see who calls
        line = self._filled(line.strip())
        try:
            given = self._run_line(line) if cell is None else self._run_cell(line, cell)
        except SandfsError as error:
            raise UsageError(str(error)) from None
        except OSError as error:  # of the host: a path that a magic was given
            raise UsageError(f"{error.filename or ''}: {error.strerror or error}".lstrip(": ")) from None
        return self._finish(given, asked=asked)

    def _run_line(self, line: str) -> Any:
        command, rest = _find(LINE_COMMANDS, line)
        if command is not None:
            return command.call(Sandbox.current(), rest)
        if line == "help":
            sys.stdout.write(overview())
        return Sandbox.current().run(line)

    @staticmethod
    def _run_cell(line: str, cell: str) -> Any:
        command, rest = _find(CELL_COMMANDS, line)
        if command is not None:
            return command.call(Sandbox.current(), rest, cell)
        if not line:
            raise UsageError("say what to do with the cell: %%sandfs write PATH, or %%sandfs sh")
        end = f"END-{secrets.token_hex(8)}"
        body = cell if cell.endswith("\n") or not cell else cell + "\n"
        return Sandbox.current().run(f"{line} <<'{end}'\n{body}{end}\n")

    @property
    def _names(self) -> dict[str, Any]:
        """The user's names."""
        assert self.shell is not None, "a magic is registered with a shell"
        names: dict[str, Any] = self.shell.user_ns
        return names

    def _filled(self, line: str) -> str:
        names = self._names
        return _NAME.sub(lambda found: str(names.get(found[1], found[0])), line)

    def _finish(self, given: Any, *, asked: bool) -> Any:
        """Print what stands alone, return what is asked for."""
        if isinstance(given, ShellResult):
            self._names["_exit_code"] = given.exit_code
            if asked:
                sys.stderr.write(given.stderr)
                return Text(given)
            return show(given)
        if asked:
            return given.key if isinstance(given, FileInfo) else given
        if isinstance(given, FileInfo):
            sys.stdout.write(f"{given.key} ({given.size_bytes} bytes, {given.content_type})\n")
        elif isinstance(given, str):
            sys.stdout.write(given)
        return None


def _find(commands: Mapping[str, MagicCommand], line: str) -> tuple[MagicCommand | None, str]:
    """The command that a line begins with, in one word or two, and the rest of the line."""
    words = line.split(None, 2)
    for count in (2, 1):
        name = " ".join(words[:count])
        if len(words) >= count and name in commands:
            return commands[name], line.split(None, count)[count] if len(words) > count else ""
    return (commands.get(""), "") if not line else (None, line)
