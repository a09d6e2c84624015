"""`%sandfs` and `%%sandfs`."""

from __future__ import annotations

import re
import secrets
import sys
from dataclasses import replace
from typing import Any

from IPython.core.error import UsageError
from IPython.core.magic import Magics, line_cell_magic, magics_class, no_var_expand

from jupyter_sandfs.errors import SandfsError
from jupyter_sandfs.kernel.answers import Answer, Text
from jupyter_sandfs.kernel.commands import CELL_COMMANDS, LINE_COMMANDS, find
from jupyter_sandfs.kernel.display.rich import Ran
from jupyter_sandfs.kernel.hints import hint, nothing_to_show, readable
from jupyter_sandfs.kernel.lines import Line, is_plain, read_line
from jupyter_sandfs.kernel.notebook import Notebook
from jupyter_sandfs.kernel.output import complain, is_asked_for, show
from jupyter_sandfs.sandbox import Sandbox
from jupyter_sandfs.shell.results import ShellResult
from jupyter_sandfs.vfs import actions

_NAME = re.compile(r"(?<!\$)\{([A-Za-z_]\w*)\}")  # `${name}` is the shell's
_ASKS_FOR_HELP = ("-h", "--help")
_TAKES_BACK = frozenset(("undo", "redo"))
_ABSENT = object()
_USAGE = 44  # characters
_ROWS = 200  # of a tree in a terminal
_OPTIONAL = re.compile(r" \[.*\]")


def describe() -> str:
    """What `%sandfs?` shows."""
    rows = [_row(each.usage, each.help) for each in (*LINE_COMMANDS.values(), *CELL_COMMANDS.values())]
    return (
        "Work in the sandbox: a file system that lives in this kernel.\n\n"
        "%sandfs LINE                                 any command line of the sandbox's shell, such as ls -l /notes\n"
        "x = %sandfs cat /notes/a                     the text, with `.result` (stdout, stderr, exit_code, changes)\n"
        "%%sandfs LINE                                the same, with the cell's body as its standard input\n"
        "%sandfs [-o NAME] [--json] [--check] LINE[;] into a Python name; as JSON; a failure is an error; ; is quiet\n"
        + "".join(f"{row}\n" for row in rows)
        + "\n`{name}` is replaced by the value of a Python name that exists; `$name` belongs to the shell.\n"
        "%sandfs COMMAND --help tells more about one command, %sandfs help lists those of the shell, too.\n"
    )


def _row(usage: str, told: str) -> str:
    """What a command does beside how it is written, or below it where that is long."""
    return f"{usage:<{_USAGE}} {told}" if len(usage) <= _USAGE else f"{usage}\n{'':<{_USAGE}} {told}"


@magics_class
class SandFSMagics(Magics):
    """The magic of the sandbox file system."""

    def __init__(self, shell: Any, notebook: Notebook) -> None:
        super().__init__(shell)
        self._notebook = notebook

    @no_var_expand
    @line_cell_magic
    def sandfs(self, line: str, cell: str | None = None) -> Any:
        asked = is_asked_for(sys._getframe(1))  # noqa: SLF001  # the one way to see who calls
        try:
            wanted = read_line(self._filled(line.strip()))
            given = self._run_line(wanted.text) if cell is None else self._run_cell(wanted.text, cell)
        except (SandfsError, OSError, ImportError) as error:
            if hasattr(error, "_render_traceback_"):  # of a tracked cell: shown as that cell shows it
                raise
            raise UsageError(" ".join(_told(error, line).split())) from None
        return self._finish(given, wanted, asked=asked, one_line=cell is None)

    sandfs.__doc__ = describe()

    def _run_line(self, line: str) -> Any:
        line = "help" if line in _ASKS_FOR_HELP else line
        command, rest = find(LINE_COMMANDS, line)
        if command is not None:
            return command.call(Sandbox.current(), self._notebook, rest)
        name, *words = line.split()
        if name in CELL_COMMANDS and words and words[0] in _ASKS_FOR_HELP:
            return LINE_COMMANDS["help"].call(Sandbox.current(), self._notebook, name)
        if name in CELL_COMMANDS and not (words and self._in_shell(name)):
            usage = _OPTIONAL.sub("", CELL_COMMANDS[name].usage)
            raise UsageError(f"{name} takes a cell: {usage}, and the content in the lines below")
        return self._run_shell(line, line)

    @staticmethod
    def _in_shell(name: str) -> bool:
        return name == "sh" or name in Sandbox.current().shell.commands

    def _run_cell(self, line: str, cell: str) -> Any:
        if not line:
            raise UsageError("say what to do with the cell: %%sandfs write PATH, or %%sandfs sh")
        command, rest = find(CELL_COMMANDS, line)
        if command is not None:
            return command.call(Sandbox.current(), self._notebook, rest, cell)
        command, _ = find(LINE_COMMANDS, line)
        if command is not None:
            raise UsageError(f"this command takes no cell; usage: {command.usage}")
        return self._run_shell(line, _with_input(line, cell))

    @staticmethod
    def _run_shell(line: str, script: str) -> Ran:
        shell = Sandbox.current().shell
        cwd = shell.cwd
        if line.split(maxsplit=1)[0] in _TAKES_BACK:  # else it would not see what this very cell did
            with actions.apart():
                return Ran(shell, script, cwd, shell.exec(script))
        return Ran(shell, script, cwd, shell.exec(script))

    @property
    def _names(self) -> dict[str, Any]:
        return self._notebook.names

    def _filled(self, line: str) -> str:
        """Put values in the place of `{name}`, for names that the user made; `{exit}` of an awk program is none."""
        names, hidden = self._names, self._notebook.given

        def value(found: re.Match[str]) -> str:
            given = names.get(found[1], _ABSENT)
            return found[0] if given is _ABSENT or given is hidden.get(found[1], _ABSENT) else str(given)

        return _NAME.sub(value, line)

    def _finish(self, given: Any, line: Line, *, asked: bool, one_line: bool) -> Any:
        """Print what stands alone, return what is asked for."""
        wanted = asked or bool(line.out) or line.json
        if isinstance(given, Ran):
            given = given.answer(page=self._notebook.has_page and not (wanted or line.quiet), data=wanted)
        answer = _answer(given)
        if answer is None:
            return self._finish_widget(given, line, asked=asked)
        self._names["_exit_code"] = answer.outcome.exit_code
        if line.json:
            answer = replace(answer, text=answer.as_json(), html="", value=None, marked=False)
        if line.out:
            self._names[line.out] = _text(answer)
        shown = not (asked or line.out or line.quiet)
        self._tell(answer, line, shown=shown, brief=asked or bool(line.out), one_line=one_line)
        if (line.check or self._notebook.settings.check) and answer.outcome.exit_code:
            raise UsageError(f"%sandfs {line.text.split(None, 1)[0]}: exit code {answer.outcome.exit_code}")
        return _text(answer) if asked else None

    def _tell(self, answer: Answer, line: Line, *, shown: bool, brief: bool, one_line: bool) -> None:
        outcome = replace(answer.outcome, stderr=readable(answer.outcome.stderr, one_line=one_line))
        magics = LINE_COMMANDS if one_line else CELL_COMMANDS
        told = hint(Sandbox.current(), line.text, answer.outcome, magics) if outcome.exit_code else ""
        if not shown:
            complain(outcome, hint=told, exit_code=not brief)
        elif answer.html and self._notebook.has_page:
            self._notebook.show(answer)
            complain(outcome, hint=told)
        else:
            silent = not (answer.text or outcome.stderr or outcome.exit_code) and is_plain(line.text)
            printed = nothing_to_show(line.text) if silent else self._notebook.printed(answer)
            show(replace(outcome, stdout=printed), hint=told)

    def _finish_widget(self, given: Any, line: Line, *, asked: bool) -> Any:
        if line.out:
            self._names[line.out] = given
        elif asked:
            return given
        elif not line.quiet and self._notebook.is_terminal:
            sys.stdout.write(f"{given.shown.tree(given.path, max_entries=_ROWS)}\n")
            given.close()
        elif not line.quiet:
            from jupyter_sandfs.kernel.browser import display_browser  # noqa: PLC0415  # widgets load when one is shown

            display_browser(given)
        return None


def _answer(given: Any) -> Answer | None:
    """What a command gave, in one form; None for a widget."""
    if isinstance(given, ShellResult):
        return Answer(text=given.stdout, result=given)
    if isinstance(given, str):
        return Answer(text=given)
    return given if isinstance(given, Answer) else None


def _text(answer: Answer) -> Text:
    return Text(answer.outcome, answer.text if answer.value is None else answer.value, answer.data)


def _told(error: SandfsError | OSError | ImportError, line: str) -> str:
    """What went wrong, in one line's worth of words."""
    if isinstance(error, ImportError):  # a part that is not installed, or has no wheel here
        return f"%sandfs {line} needs a package that is missing: {error.name or error}"
    if isinstance(error, SandfsError):
        return str(error)
    return f"{error.filename or ''}: {error.strerror or error}".lstrip(": ")  # a path of the host


def _with_input(line: str, body: str) -> str:
    """A script that runs `line` with `body` as its standard input, unchanged; a pipe's first command gets it."""
    end = f"END-{secrets.token_hex(8)}"
    return f"{{ {line}\n}} <<'{end}'\n{body}{'' if body.endswith(chr(10)) or not body else chr(10)}{end}\n"
