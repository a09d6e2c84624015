"""Options as GNU tools read them: clusters, values attached or apart, long words shortened, operands anywhere."""

from __future__ import annotations

import getopt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from jupyter_sandfs.errors import InvalidRequest


@dataclass(frozen=True, slots=True)
class Option:
    """One option.

    Attributes:
        help: one line; an option without it is accepted and not shown.
        value: names its argument in help; empty for a flag.
        optional: the argument may be left out, and is only ever attached: `--word=VALUE`.
    """

    letter: str
    help: str
    word: str = ""
    value: str = ""
    optional: bool = False

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
    """Arguments after parsing.

    Attributes:
        options: the last value of each option given, in the order of their last use.
        operands: the rest.
        given: all options as they were given, for those that may come several times.
    """

    options: Mapping[str, str] = field(default_factory=dict)
    operands: tuple[str, ...] = ()
    given: tuple[tuple[str, str], ...] = field(default=(), compare=False)

    def __contains__(self, key: object) -> bool:
        return key in self.options

    def every(self, *keys: str) -> list[str]:
        """All values of options that may be given several times, in order."""
        return [value for key, value in self.given if key in keys]

    def last(self, *keys: str) -> str:
        """Which of these options was given last; empty if none was."""
        return next((key for key, _ in reversed(self.given) if key in keys), "")

    def number(self, key: str, default: int) -> int:
        """The value of an option as a number that is at least 0."""
        if key not in self.options:
            return default
        text = self.options[key]
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
    grammar = _grammar(options)
    try:
        read = getopt.gnu_getopt if permute else getopt.getopt
        found, operands = read(_with_values(argv, grammar.bare), grammar.letters, grammar.words)
    except getopt.GetoptError as problem:
        raise InvalidRequest(_complaint(problem, argv)) from None
    if not found:
        return Arguments(operands=tuple(operands))
    given = tuple((grammar.keys[spelling], value) for spelling, value in found)
    latest: dict[str, str] = {}
    for key, value in given:
        latest.pop(key, None)
        latest[key] = value
    return Arguments(latest, tuple(operands), given)


@dataclass(frozen=True, slots=True)
class _Grammar:
    """Options as `getopt` takes them.

    Attributes:
        keys: under which name a spelling is found.
        bare: the words whose value may be left out.
    """

    letters: str
    words: list[str]
    keys: Mapping[str, str]
    bare: frozenset[str]


_grammars: dict[int, tuple[Sequence[Option], _Grammar]] = {}  # by identity: comparing all options costs too much
_MOST_GRAMMARS = 256


def _grammar(options: Sequence[Option]) -> _Grammar:
    """The grammar of a command's options, made once."""
    known = _grammars.get(id(options))
    if known is None or known[0] is not options:
        if len(_grammars) >= _MOST_GRAMMARS:
            _grammars.clear()
        known = _grammars[id(options)] = (options, _made(options))
    return known[1]


def _made(options: Sequence[Option]) -> _Grammar:
    known = (*options, HELP)
    keys = {f"-{option.letter}": option.key for option in known if option.letter}
    keys |= {f"--{option.word}": option.key for option in known if option.word}
    return _Grammar(
        letters="".join(option.letter + ":" * bool(option.value) for option in known if option.letter),
        words=[option.word + "=" * bool(option.value) for option in known if option.word],
        keys=keys,
        bare=frozenset(f"--{option.word}" for option in options if option.optional),
    )


def _with_values(argv: Sequence[str], bare: frozenset[str]) -> Sequence[str]:
    """Attach an empty value to options whose value may be left out: `getopt` knows none of these."""
    if not bare:
        return argv
    end = argv.index("--") if "--" in argv else len(argv)
    return [f"{each}=" if place < end and each in bare else each for place, each in enumerate(argv)]


def _complaint(problem: getopt.GetoptError, argv: Sequence[str]) -> str:
    name, short = problem.opt, len(problem.opt) == 1
    if "requires argument" in problem.msg:
        return f"option requires an argument -- '{name}'" if short else f"option '--{name}' requires an argument"
    if "must not have" in problem.msg:
        return f"option '--{name}' doesn't allow an argument"
    whole = next((given for given in argv if given.startswith(f"--{name}")), f"--{name}")
    return f"invalid option -- '{name}'" if short and f"--{name}" not in argv else f"unrecognized option '{whole}'"
