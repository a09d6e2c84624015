"""What a command of the magic is: data (usage, options, help) plus one function."""

from __future__ import annotations

import io
import shlex
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from jupyter_sandfs import paths
from jupyter_sandfs.errors import InvalidRequest
from jupyter_sandfs.kernel.hints import nearest_option
from jupyter_sandfs.sandbox import Sandbox
from jupyter_sandfs.shell.options import HELP, Arguments, Option, parse
from jupyter_sandfs.vfs.interface import FileSystem

if TYPE_CHECKING:
    from jupyter_sandfs.kernel.notebook import Notebook


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One use of the magic.

    Attributes:
        sandbox: which it works on.
        notebook: where it stands.
        rest: what follows the operands, as it was written; for commands that take a line or an expression.
        body: of the cell, if there is one.
    """

    sandbox: Sandbox
    notebook: Notebook
    arguments: Arguments
    rest: str = ""
    body: str = ""

    @property
    def fs(self) -> FileSystem:
        """The files as the person sees them: of the branch that the shell is on."""
        return self.sandbox.shell.fs

    def path(self, operand: str) -> str:
        return paths.normalize(operand, self.sandbox.shell.cwd)


@dataclass(frozen=True, slots=True, kw_only=True)
class MagicCommand:
    """A subcommand of the magic.

    Attributes:
        run: gives an Answer, text, a result of the shell, or a widget.
        operands: how many it takes, at least and at most.
        takes_rest: what stands behind the most operands is one text, with its quotes.
    """

    usage: str
    help: str
    run: Callable[[Call], Any]
    options: tuple[Option, ...] = ()
    operands: tuple[int, int] = (0, 0)
    takes_rest: bool = False

    def describe(self) -> str:
        """The text of `--help`."""
        rows = [f"  {option.spelling:<24} {option.help}\n" for option in self.options]
        return f"Usage: {self.usage}\n{self.help}\n" + ("\nOptions:\n" + "".join(rows) if rows else "")

    def call(self, sandbox: Sandbox, notebook: Notebook, line: str, body: str = "") -> Any:
        """Parse the rest of the line and run. Raises InvalidRequest for what does not fit the usage."""
        head, rest = self._cut(line) if self.takes_rest else (line, "")
        try:
            arguments = parse(shlex.split(head), self.options)
        except ValueError as error:
            guess = nearest_option(str(error), (each.word for each in (*self.options, HELP) if each.word))
            raise InvalidRequest(f"{error}{guess}; usage: {self.usage}") from None
        if HELP.key in arguments:
            return self.describe()
        least, most = self.operands
        if not least <= len(arguments.operands) <= most:
            advice = " (a name with blanks is put in quotes)" if len(arguments.operands) > most > 0 else ""
            raise InvalidRequest(f"usage: {self.usage}{advice}")
        return self.run(Call(sandbox=sandbox, notebook=notebook, arguments=arguments, rest=rest, body=body))

    def _cut(self, line: str) -> tuple[str, str]:
        """Part the line behind the last operand; what follows is left as it is."""
        stream = io.StringIO(line)
        lexer = shlex.shlex(stream, posix=True, punctuation_chars="")
        lexer.whitespace_split, lexer.commenters = True, ""
        valued = {f"--{each.word}" for each in self.options if each.value} | {
            f"-{each.letter}" for each in self.options if each.value and each.letter
        }
        missing, is_value = self.operands[1], False
        while missing:
            try:
                word = lexer.get_token()
            except ValueError as error:
                raise InvalidRequest(f"{error}; usage: {self.usage}") from None
            if word is None:
                break
            is_operand = not is_value and not (word.startswith("-") and len(word) > 1)
            is_value = not is_value and word in valued
            missing -= is_operand
        at = stream.tell()
        return line[:at], line[at:].strip()
