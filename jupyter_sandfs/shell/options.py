"""Options as GNU tools read them: clusters, values attached or apart, long words shortened, operands anywhere."""

from __future__ import annotations

import getopt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from jupyter_sandfs.errors import InvalidRequest


@dataclass(frozen=True, slots=True)
class Option:
    """One option. `value` names its argument in help; empty for a flag."""

    letter: str
    help: str
    word: str = ""
    value: str = ""

    @property
    def key(self) -> str:
        """The name under which `Arguments` has it."""
        return self.letter or self.word

    @property
    def spelling(self) -> str:
        forms = [f"-{self.letter}"] * bool(self.letter) + [f"--{self.word}"] * bool(self.word)
        return ", ".join(forms) + (f" {self.value}" if self.value else "")


HELP = Option("", "show this help", word="help")


@dataclass(frozen=True, slots=True)
class Arguments:
    """Arguments after parsing: the options given, the last of each, in the order of their last use; and the rest."""

    options: Mapping[str, str] = field(default_factory=dict)
    operands: tuple[str, ...] = ()

    def __contains__(self, key: object) -> bool:
        return key in self.options

    def number(self, key: str, default: int) -> int:
        """The value of an option as a number that is at least 0."""
        text = self.options.get(key, str(default))
        if not (text.isascii() and text.isdigit() and len(text) < 10):  # fits in 32 bits
            raise InvalidRequest(f"invalid number: '{text}'")
        return int(text)


def parse(argv: Sequence[str], options: Sequence[Option], *, permute: bool = True) -> Arguments:
    """Read arguments.

    Args:
        permute: options may stand behind operands; else they end at the first operand.

    Raises:
        InvalidRequest: an option is unknown, or its value is missing; worded as GNU does.
    """
    known = (*options, HELP)
    letters = "".join(option.letter + ":" * bool(option.value) for option in known if option.letter)
    words = [option.word + "=" * bool(option.value) for option in known if option.word]
    try:
        found, operands = (getopt.gnu_getopt if permute else getopt.getopt)(list(argv), letters, words)
    except getopt.GetoptError as problem:
        raise InvalidRequest(_complaint(problem, argv)) from None
    keys = {f"-{option.letter}": option.key for option in known if option.letter}
    keys |= {f"--{option.word}": option.key for option in known if option.word}
    given: dict[str, str] = {}
    for spelling, value in found:
        given.pop(keys[spelling], None)
        given[keys[spelling]] = value
    return Arguments(given, tuple(operands))


def _complaint(problem: getopt.GetoptError, argv: Sequence[str]) -> str:
    name, short = problem.opt, len(problem.opt) == 1
    if "requires argument" in problem.msg:
        return f"option requires an argument -- '{name}'" if short else f"option '--{name}' requires an argument"
    if "must not have" in problem.msg:
        return f"option '--{name}' doesn't allow an argument"
    whole = next((given for given in argv if given.startswith(f"--{name}")), f"--{name}")
    return f"invalid option -- '{name}'" if short and f"--{name}" not in argv else f"unrecognized option '{whole}'"
