"""`grep`: lines that match, on RE2. The engine's own gives up after 100 MB, and orders files in its own way."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from jupyter_sandfs.errors import InvalidRequest, IsADirectory, SandfsError
from jupyter_sandfs.shell.command import PIPE_BYTES, Command, Invocation, Output, reason
from jupyter_sandfs.shell.options import Arguments, Option
from jupyter_sandfs.shell.search import globs
from jupyter_sandfs.shell.search.matcher import Flavor, Matcher, compiled
from jupyter_sandfs.shell.search.report import Report, Shown, Style
from jupyter_sandfs.shell.search.walking import Files
from jupyter_sandfs.vfs.entries import DirEntry

_MATCH, _NONE, _TROUBLE = 0, 1, 2  # exit codes
_STDIN = "-"
_FLAVORS = {"E": Flavor.EXTENDED, "F": Flavor.FIXED, "G": Flavor.BASIC, "P": Flavor.PERL}
_BY_NAME = {"egrep": Flavor.EXTENDED, "fgrep": Flavor.FIXED}
_NUMBER = re.compile(r"-(\d{1,9})([A-Za-z]*)")


def _run(call: Invocation) -> Output:
    patterns, operands = _patterns(call)
    if _is_vain(call.arguments, patterns):
        return Output(exit_code=_NONE)
    if not (call.piped or operands or _is_recursive(call.arguments)):
        raise InvalidRequest("there is nothing to read: give files, or a pipe to the plain name grep")
    search = _Search(call, Report(_matcher(call, patterns), _style(call, operands)), _files(call))
    truncated = search.all(operands)
    complaints = [*search.files.complaints, *truncated]
    status = _MATCH if search.report.matched else _NONE
    if search.files.complaints and not (search.report.matched and search.report.style.shown is Shown.NOTHING):
        status = _TROUBLE
    return Output(search.report.output, "".join([*complaints, *search.remarks]), status)


def _is_vain(arguments: Arguments, patterns: list[str]) -> bool:
    """Whether nothing can be found: GNU then does not even look, and counts nothing."""
    everything = patterns == [""] and "v" in arguments and not ("x" in arguments or "w" in arguments)
    return (everything or arguments.number("m", 1) == 0) and "L" not in arguments


def _patterns(call: Invocation) -> tuple[list[str], tuple[str, ...]]:
    """Give the patterns, one a line, and the files to search."""
    arguments, operands = call.arguments, call.arguments.operands
    if not ("e" in arguments or "f" in arguments):
        if not operands:
            raise InvalidRequest("no pattern is given")
        return operands[0].split("\n"), operands[1:]
    patterns: list[str] = []
    for key, value in arguments.given:
        if key == "e":
            patterns += value.split("\n")
        elif key == "f":
            patterns += _pattern_file(call, value)
    return patterns, operands


def _pattern_file(call: Invocation, operand: str) -> list[str]:
    try:
        data = call.stdin if operand == _STDIN else call.read(operand)
    except (SandfsError, OSError) as problem:
        raise InvalidRequest(f"{operand}: {reason(problem)}") from problem
    text = data.decode("utf-8", "replace")
    return text.removesuffix("\n").split("\n") if text else []


def _matcher(call: Invocation, patterns: list[str]) -> Matcher:
    arguments = call.arguments
    flavor = _FLAVORS.get(arguments.last(*_FLAVORS), _BY_NAME.get(call.name, Flavor.BASIC))
    return Matcher(
        patterns,
        flavor,
        ignore_case=arguments.last("i", "no-ignore-case") == "i" or "y" in arguments,
        words="w" in arguments and "x" not in arguments,
        whole_lines="x" in arguments,
    )


def _style(call: Invocation, operands: tuple[str, ...]) -> Style:
    arguments = call.arguments
    context = arguments.number("C", 0)
    several = len(operands) > 1 or _is_recursive(arguments)
    if several and _is_recursive(arguments) and len(operands) == 1:
        several = call.fs.is_dir(call.path(operands[0]))
    return Style(
        shown=_shown(arguments),
        names=arguments.last("h", "H") == "H" or (several and "h" not in arguments),
        numbers="n" in arguments,
        offsets="b" in arguments,
        invert="v" in arguments,
        before=arguments.number("B", context),
        after=arguments.number("A", context),
        limit=arguments.number("m", 1 << 30),
        name_end=b"\0" if "Z" in arguments else b"",
        text_only="a" not in arguments,
        by_lines=True,
    )


def _shown(arguments: Arguments) -> Shown:
    table = {
        "q": Shown.NOTHING,
        "silent": Shown.NOTHING,
        "l": Shown.NAME,
        "L": Shown.NAME_IF_NONE,
        "c": Shown.COUNT,
        "o": Shown.MATCHES,
    }
    first = next((key for key in table if key in arguments), "")
    if first in {"l", "L"}:
        first = arguments.last("l", "L")
    return table.get(first, Shown.LINES)


def _files(call: Invocation) -> Files:
    arguments = call.arguments
    return Files(call, follow=arguments.last("r", "R") == "R", quiet="s" in arguments)


def _is_recursive(arguments: Arguments) -> bool:
    return "r" in arguments or "R" in arguments or arguments.options.get("d") == "recurse"


@dataclass(slots=True)
class _Search:
    """One call at work.

    Attributes:
        remarks: what is told, and is no failure.
    """

    call: Invocation
    report: Report
    files: Files
    remarks: list[str] = field(default_factory=list)

    def all(self, operands: tuple[str, ...]) -> list[str]:
        """Search everything; give the complaint if there was too much to print."""
        for shown, data in self._texts(operands or (("",) if _is_recursive(self.call.arguments) else (_STDIN,))):
            self.call.check_time()
            self._search(shown, data)
            if self.report.size > PIPE_BYTES:
                return [f"{self.call.name}: more than {PIPE_BYTES} bytes: output truncated\n"]
            if self.report.matched and self.report.style.shown is Shown.NOTHING:
                break
        return []

    def _search(self, shown: str, data: bytes) -> None:
        style = self.report.style
        listing = style.shown in {Shown.LINES, Shown.MATCHES}
        if listing and style.text_only and b"\0" in data:
            if "I" not in self.call.arguments and self.report.has_match(data):
                self._remark(shown)
            return
        if "I" in self.call.arguments and b"\0" in data:
            return
        if b"\0" in data and "a" not in self.call.arguments:
            data = data.replace(b"\0", b"\n")  # as GNU: in binary files NUL ends a line, too
        self.report.left_out = False
        self.report.file(shown, data)
        if self.report.left_out:
            self._remark(shown)

    def _remark(self, shown: str) -> None:
        self.remarks.append(f"{self.call.name}: {shown}: binary file matches\n")

    def _texts(self, operands: tuple[str, ...]) -> Iterator[tuple[str, bytes]]:
        for operand in operands:
            if operand == _STDIN:
                yield self.call.arguments.options.get("label", "(standard input)"), self.call.stdin
                continue
            for shown, path in self._found(operand):
                data = self.files.read(shown, path)
                if data is not None:
                    yield shown, data

    def _found(self, operand: str) -> Iterator[tuple[str, str]]:
        if operand and self.call.is_device(operand):
            yield operand, self.call.path(operand)
            return
        try:
            is_dir = self.call.stat(operand or ".").is_dir
            path = self.call.path(operand or ".")
        except (SandfsError, OSError) as problem:
            self.files.complain(operand, problem)
            return
        if is_dir and _is_recursive(self.call.arguments):
            yield from self.files.below(operand, path, _Filter(self.call.arguments).keeps)
        elif is_dir and self.call.arguments.options.get("d") == "skip":
            return
        elif is_dir:
            self.files.complain(operand, IsADirectory(path))
            if self.report.style.shown is Shown.COUNT:
                self.report.file(operand, b"")
        elif _Filter(self.call.arguments).keeps_file(operand):
            yield operand, path


class _Filter:
    """`--include`, `--exclude` and `--exclude-dir`: globs of names."""

    def __init__(self, arguments: Arguments) -> None:
        self._include = [_glob(each) for each in arguments.every("include")]
        self._exclude = [_glob(each) for each in arguments.every("exclude")]
        self._exclude_dir = [_glob(each.rstrip("/")) for each in arguments.every("exclude-dir")]

    def keeps(self, entry: DirEntry, is_dir: bool) -> bool:  # noqa: FBT001 - a fact about the entry
        if is_dir:
            return not _any(self._exclude_dir, entry.name)
        return self.keeps_file(entry.name)

    def keeps_file(self, name: str) -> bool:
        name = name.rpartition("/")[2]
        return not _any(self._exclude, name) and (not self._include or _any(self._include, name))


def _glob(text: str) -> Any:
    return compiled(rf"\A(?:{globs.expression(text, braces=False)})\z")


def _any(patterns: Sequence[Any], name: str) -> bool:
    return any(each.search(name.encode()) for each in patterns)


def _respell(argv: Sequence[str]) -> list[str]:
    """Make `--context=2` of `-2`."""
    end = argv.index("--") if "--" in argv else len(argv)
    respelled: list[str] = []
    for place, each in enumerate(argv):
        found = _NUMBER.fullmatch(each) if place < end else None
        respelled += [f"--context={found[1]}", *([f"-{found[2]}"] if found[2] else [])] if found else [each]
    return respelled


_OPTIONS = (
    Option("A", "lines after a match, too", word="after-context", value="N"),
    Option("B", "lines before a match, too", word="before-context", value="N"),
    Option("C", "lines around a match, too; also -N", word="context", value="N"),
    Option("E", "extended regular expressions", word="extended-regexp"),
    Option("F", "plain strings", word="fixed-strings"),
    Option("G", "basic regular expressions (the default)", word="basic-regexp"),
    Option("H", "names of files", word="with-filename"),
    Option("I", "binary files match nothing"),
    Option("L", "only the names of files without a match", word="files-without-match"),
    Option("P", "expressions as Perl has them, without look-around", word="perl-regexp"),
    Option("R", "as -r, and follow links", word="dereference-recursive"),
    Option("Z", "NUL after names", word="null"),
    Option("a", "binary files are text", word="text"),
    Option("b", "offsets in bytes", word="byte-offset"),
    Option("c", "only how many lines match", word="count"),
    Option("d", "directories: read, recurse or skip", word="directories", value="ACTION"),
    Option("e", "a pattern; may be given several times", word="regexp", value="PATTERN"),
    Option("f", "patterns from a file, one a line", word="file", value="FILE"),
    Option("h", "no names of files", word="no-filename"),
    Option("i", "ignore case", word="ignore-case"),
    Option("l", "only the names of files with a match", word="files-with-matches"),
    Option("m", "at most N lines of a file", word="max-count", value="N"),
    Option("n", "numbers of lines", word="line-number"),
    Option("o", "only what matches", word="only-matching"),
    Option("q", "print nothing", word="quiet"),
    Option("r", "all files below directories", word="recursive"),
    Option("s", "no complaints about files", word="no-messages"),
    Option("v", "the lines that do not match", word="invert-match"),
    Option("w", "whole words", word="word-regexp"),
    Option("x", "whole lines", word="line-regexp"),
    Option("y", ""),
    Option("", "", word="silent"),
    Option("", "", word="no-ignore-case"),
    Option("", "", word="line-buffered"),
    Option("", "", word="color", value="WHEN", optional=True),
    Option("", "", word="colour", value="WHEN", optional=True),
    Option("", "the name for standard input", word="label", value="NAME"),
    Option("", "only files of such names", word="include", value="GLOB"),
    Option("", "no files of such names", word="exclude", value="GLOB"),
    Option("", "no directories of such names", word="exclude-dir", value="GLOB"),
)


def _named(name: str) -> Command:
    return Command(
        name=name,
        usage="[OPTION]... PATTERN [FILE]...",
        help="Print the lines of each FILE (of standard input) that match PATTERN.",
        run=_run,
        respell=_respell,
        options=_OPTIONS,
    )


GREP, EGREP, FGREP = _named("grep"), _named("egrep"), _named("fgrep")
