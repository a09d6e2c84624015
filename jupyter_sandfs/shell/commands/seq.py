"""`seq`: rows of numbers. The engine's own ends after 100,000; this one at what its pipes can carry."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal, InvalidOperation
from itertools import islice

from jupyter_sandfs.errors import InvalidRequest
from jupyter_sandfs.shell.command import PIPE_BYTES, Command, Invocation, Output
from jupyter_sandfs.shell.options import Option

_CHUNK = 20_000  # numbers between looks at the clock
_NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d{1,3})?", re.ASCII)
_DIGITS = 400  # of one number
_FORMAT = re.compile(r"((?:[^%]|%%)*)%([-+ #0']*)(\d{0,3})(?:\.(\d{0,3}))?([efgEFG])((?:[^%]|%%)*)", re.DOTALL)
_DASHED = re.compile(r"-[\d.]")


def _run(call: Invocation) -> Output:
    operands = call.arguments.operands
    if not operands:
        raise InvalidRequest("missing operand")
    if operands[3:]:
        raise InvalidRequest(f"extra operand '{operands[3]}'")
    first, step, last = _bounds([_number(text) for text in operands])
    if step == 0:
        raise InvalidRequest(f"invalid Zero increment value: '{operands[1]}'")
    shown = _shown(call, first, step, last)
    separator = call.arguments.options.get("s", "\n")
    return _printed(call, shown, separator)


def _number(text: str) -> Decimal:
    if not _NUMBER.fullmatch(text) or len(text) > _DIGITS:
        raise InvalidRequest(f"invalid floating point argument: '{text}'")
    try:
        return Decimal(text)
    except InvalidOperation:
        raise InvalidRequest(f"invalid floating point argument: '{text}'") from None


def _bounds(given: list[Decimal]) -> tuple[Decimal, Decimal, Decimal]:
    first = given[0] if len(given) > 1 else Decimal(1)
    step = given[1] if len(given) > 2 else Decimal(1)
    return first, step, given[-1]


def _shown(call: Invocation, first: Decimal, step: Decimal, last: Decimal) -> Iterator[str]:
    """The numbers as text."""
    options, decimals = call.arguments.options, max(_decimals(first), _decimals(step))
    if "f" in options:
        form = _form(options["f"])
        return (form % float(each) for each in _numbers(first, step, last))
    width = max(len(f"{each:.{decimals}f}") for each in _ends(first, step, last)) if "w" in options else 0
    if decimals:
        return (f"{each:.{decimals}f}".zfill(width) for each in _numbers(first, step, last))
    towards = int(last.to_integral_value("ROUND_FLOOR" if step > 0 else "ROUND_CEILING"))
    whole = range(int(first), towards + (1 if step > 0 else -1), int(step))
    return (str(each).zfill(width) for each in whole) if width else map(str, whole)


def _decimals(number: Decimal) -> int:
    exponent = number.as_tuple().exponent
    assert isinstance(exponent, int)
    return max(-exponent, 0)


def _ends(first: Decimal, step: Decimal, last: Decimal) -> tuple[Decimal, ...]:
    """The numbers among which the widest is."""
    return (first,) if (last - first) * step < 0 else (first, last)


def _numbers(first: Decimal, step: Decimal, last: Decimal) -> Iterator[Decimal]:
    at = first
    while (at <= last) if step > 0 else (at >= last):
        yield at
        at += step


def _form(text: str) -> str:
    """Check a format: one directive for a number, and nothing else."""
    if not _FORMAT.fullmatch(text):
        raise InvalidRequest(f"format '{text}' has no single % directive for a number")
    return text.replace("'", "")


def _printed(call: Invocation, numbers: Iterator[str], separator: str) -> Output:
    parts: list[str] = []
    size = 0
    while chunk := list(islice(numbers, _CHUNK)):
        call.check_time()
        parts.append(separator.join(chunk))
        size += len(parts[-1]) + len(separator)
        if size > PIPE_BYTES:
            kept = separator.join(parts)[:PIPE_BYTES].rpartition(separator)[0]
            return Output(f"{kept}\n", f"seq: more than {PIPE_BYTES} bytes: output truncated\n", 1)
    return Output(separator.join(parts) + "\n" if parts else "")


def _respell(argv: Sequence[str]) -> list[str]:
    """Put `--` before the first negative number, which looks like options."""
    for place, each in enumerate(argv):
        if each == "--":
            break
        if _DASHED.match(each) and not (place and argv[place - 1] in {"-s", "-f"}):
            return [*argv[:place], "--", *argv[place:]]
    return list(argv)


SEQ = Command(
    name="seq",
    usage="[OPTION]... [FIRST [STEP]] LAST",
    help="Print the numbers from FIRST (1) to LAST, in steps of STEP (1).",
    run=_run,
    misuse=1,
    respell=_respell,
    options=(
        Option("f", "print each in this format, such as %03g", word="format", value="FORMAT"),
        Option("s", "put this between numbers", word="separator", value="TEXT"),
        Option("w", "the same width for all, with zeros", word="equal-width"),
    ),
)
