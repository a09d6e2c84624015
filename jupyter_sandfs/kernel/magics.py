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
from jupyter_sandfs.kernel.commands import CELL_COMMANDS, LINE_COMMANDS, MagicCommand
from jupyter_sandfs.kernel.output import Text, complain, is_asked_for, present, show
from jupyter_sandfs.sandbox import Sandbox
from jupyter_sandfs.shell.results import ShellResult

_NAME = re.compile(r"(?<!\$)\{([A-Za-z_]\w*)\}")  # `${name}` is the shell's
_ASKS_FOR_HELP = ("-h", "--help")
_ABSENT = object()


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
            raise UsageError(_one_line(str(error))) from None
        except OSError as error:  # of the host: a path that a magic was given
            raise UsageError(_one_line(f"{error.filename or ''}: {error.strerror or error}".lstrip(": "))) from None
        return self._finish(given, asked=asked)

    @staticmethod
    def _run_line(line: str) -> Any:
        line = "help" if line in _ASKS_FOR_HELP else line
        command, rest = _find(LINE_COMMANDS, line)
        if command is not None:
            return command.call(Sandbox.current(), rest)
        if line.split()[0] == "write":
            raise UsageError("write takes a cell: %%sandfs write PATH, and the content in the lines below")
        return Sandbox.current().run(line)

    @staticmethod
    def _run_cell(line: str, cell: str) -> Any:
        if not line:
            raise UsageError("say what to do with the cell: %%sandfs write PATH, or %%sandfs sh")
        command, rest = _find(CELL_COMMANDS, line)
        if command is not None:
            return command.call(Sandbox.current(), rest, cell)
        command, _ = _find(LINE_COMMANDS, line)
        if command is not None:
            raise UsageError(f"this command takes no cell; usage: {command.usage}")
        return Sandbox.current().run(_with_input(line, cell))

    @property
    def _names(self) -> dict[str, Any]:
        """The user's names."""
        assert self.shell is not None, "a magic is registered with a shell"
        names: dict[str, Any] = self.shell.user_ns
        return names

    def _filled(self, line: str) -> str:
        """Put values in the place of `{name}`, for names that the user made; `{exit}` of an awk program is none."""
        assert self.shell is not None, "a magic is registered with a shell"
        names, hidden = self._names, self.shell.user_ns_hidden

        def value(found: re.Match[str]) -> str:
            given = names.get(found[1], _ABSENT)
            return found[0] if given is _ABSENT or given is hidden.get(found[1], _ABSENT) else str(given)

        return _NAME.sub(value, line)

    def _finish(self, given: Any, *, asked: bool) -> Any:
        """Print what stands alone, return what is asked for."""
        if isinstance(given, ShellResult):
            self._names["_exit_code"] = given.exit_code
            (complain if asked else show)(given)
            return Text(given) if asked else None
        if asked:
            return given.key if isinstance(given, FileInfo) else given
        return present(given)


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _with_input(line: str, body: str) -> str:
    """A script that runs `line` with `body` as its standard input, unchanged; a pipe's first command gets it."""
    end = f"END-{secrets.token_hex(8)}"
    return f"{{ {line}\n}} <<'{end}'\n{body}{'' if body.endswith(chr(10)) or not body else chr(10)}{end}\n"


def _find(commands: Mapping[str, MagicCommand], line: str) -> tuple[MagicCommand | None, str]:
    """The command that a line begins with, in one word or two, and the rest of the line."""
    words = line.split(None, 2)
    for count in (2, 1):
        name = " ".join(words[:count])
        if len(words) >= count and name in commands:
            return commands[name], line.split(None, count)[count] if len(words) > count else ""
    return (commands.get(""), "") if not line else (None, line)
