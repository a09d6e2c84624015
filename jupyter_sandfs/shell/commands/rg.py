"""`rg`: ripgrep's search over the tree, on RE2. Results are ordered by path, as `rg --sort path` gives them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from jupyter_sandfs.errors import InvalidRequest, SandfsError
from jupyter_sandfs.shell.command import PIPE_BYTES, Command, Invocation, Output, reason
from jupyter_sandfs.shell.options import Arguments, Option
from jupyter_sandfs.shell.search.file_types import TYPES
from jupyter_sandfs.shell.search.globs import Rules, overrides
from jupyter_sandfs.shell.search.ignoring import Ignoring
from jupyter_sandfs.shell.search.matcher import Flavor, Matcher
from jupyter_sandfs.shell.search.report import Report, Shown, Style
from jupyter_sandfs.shell.search.walking import Files
from jupyter_sandfs.vfs.entries import DirEntry

_MATCH, _NONE, _TROUBLE = 0, 1, 2  # exit codes
_STDIN = "-"
_BOMS = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}
_NOTHING_SEARCHED = "rg: no files were searched: rules or options left all of them out\n"
_UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30}


def _run(call: Invocation) -> Output:
    if "type-list" in call.arguments:
        return Output("".join(f"{name}: {', '.join(globs)}\n" for name, globs in TYPES.items()))
    patterns, operands = _patterns(call)
    targets = operands or ((_STDIN,) if call.stdin and not _lists(call) else ("",))
    report = Report(_matcher(call, patterns), _style(call, targets))
    search = _Search(call, report, Files(call, *_walk(call.arguments)), _Filter(call))
    truncated = search.all(targets)
    complaints = [*search.files.complaints, *truncated]
    quiet = report.matched and report.style.shown is Shown.NOTHING
    status = _TROUBLE if complaints and not quiet else (_MATCH if report.matched else _NONE)
    return Output(report.output, "".join(complaints), status)


def _lists(call: Invocation) -> bool:
    return "files" in call.arguments


def _walk(arguments: Arguments) -> tuple[int, bool, bool]:
    return arguments.number("d", 1 << 20), "L" in arguments, "no-messages" in arguments


def _patterns(call: Invocation) -> tuple[list[str], tuple[str, ...]]:
    arguments, operands = call.arguments, call.arguments.operands
    if _lists(call):
        return [], operands
    if not ("e" in arguments or "f" in arguments):
        if not operands:
            raise InvalidRequest("no pattern is given")
        return [operands[0]], operands[1:]
    patterns: list[str] = []
    for key, value in arguments.given:
        if key == "e":
            patterns.append(value)
        elif key == "f":
            patterns += _pattern_file(call, value)
    return patterns, operands


def _pattern_file(call: Invocation, operand: str) -> list[str]:
    try:
        data = call.stdin if operand == _STDIN else call.read(operand)
    except (SandfsError, OSError) as problem:
        raise InvalidRequest(f"{operand}: {reason(problem)}") from problem
    return data.decode("utf-8", "replace").splitlines()


def _matcher(call: Invocation, patterns: list[str]) -> Matcher:
    arguments = call.arguments
    case = arguments.last("i", "s", "S")
    lower = all(each == each.lower() for each in patterns)
    return Matcher(
        patterns,
        Flavor.FIXED if arguments.last("F", "no-fixed-strings") == "F" else Flavor.RUST,
        ignore_case=case == "i" or (case == "S" and lower),
        words=arguments.last("w", "x") == "w",
        whole_lines=arguments.last("w", "x") == "x",
    )


def _style(call: Invocation, targets: tuple[str, ...]) -> Style:
    arguments = call.arguments
    context = arguments.number("C", 0)
    columns = "column" in arguments or "vimgrep" in arguments
    return Style(
        shown=_shown(arguments),
        names=_names(call, targets),
        heading=arguments.last("heading", "no-heading", "vimgrep") == "heading" or "p" in arguments,
        numbers=arguments.last("n", "N") == "n" or columns or "p" in arguments,
        columns=columns,
        offsets="b" in arguments,
        invert="v" in arguments,
        before=arguments.number("B", context),
        after=arguments.number("A", context),
        limit=arguments.number("m", 1 << 30),
        zeros="include-zero" in arguments,
        replacement=arguments.options.get("r"),
        name_end=b"\0" if "0" in arguments else b"",
        trim="trim" in arguments,
    )


def _shown(arguments: Arguments) -> Shown:
    table = {
        "q": Shown.NOTHING,
        "l": Shown.NAME,
        "files-without-match": Shown.NAME_IF_NONE,
        "count-matches": Shown.COUNT_MATCHES,
        "c": Shown.COUNT_MATCHES if "o" in arguments else Shown.COUNT,
        "o": Shown.MATCHES,
    }
    return next((shown for key, shown in table.items() if key in arguments), Shown.LINES)


def _names(call: Invocation, targets: tuple[str, ...]) -> bool:
    asked = call.arguments.last("H", "I", "vimgrep")
    if asked:
        return asked != "I"
    return len(targets) > 1 or (targets[0] != _STDIN and call.fs.is_dir(call.path(targets[0] or ".")))


@dataclass(slots=True)
class _Search:
    call: Invocation
    report: Report
    files: Files
    filter: _Filter
    lists: bool = field(init=False)

    def __post_init__(self) -> None:
        self.lists = _lists(self.call)

    def all(self, targets: tuple[str, ...]) -> list[str]:
        """Search everything; give the complaint if there was too much to print."""
        searched = False
        for target in targets:
            for shown, path in self._found(target):
                searched = True
                self._one(shown, path, explicit=shown == target)
                if self.report.size > PIPE_BYTES:
                    return [f"rg: more than {PIPE_BYTES} bytes: output truncated\n"]
                if self.report.matched and self.report.style.shown is Shown.NOTHING:
                    return []
        return [] if searched or self.files.complaints or _lists(self.call) else [_NOTHING_SEARCHED]

    def _found(self, target: str) -> Iterator[tuple[str, str]]:
        if target == _STDIN:
            yield _STDIN, ""
            return
        if target and self.call.is_device(target):
            yield target, self.call.path(target)
            return
        try:
            is_dir = self.call.stat(target or ".").is_dir
            path = self.call.path(target or ".")
        except (SandfsError, OSError) as problem:
            self.files.complain(target, problem)
            return
        if is_dir:
            yield from self.files.below(target, path, self.filter.keeps, self.filter.enter)
        else:
            yield target, path

    def _one(self, shown: str, path: str, *, explicit: bool) -> None:
        self.call.check_time()
        if self.lists:
            self.report.matched = True
            self.report.say(shown.encode() + (self.report.style.name_end or b"\n"))
            return
        data = self.call.stdin if shown == _STDIN else self.files.read(shown, path)
        if data is not None:
            self._search("<stdin>" if shown == _STDIN else shown, _decoded(data), explicit=explicit)

    def _search(self, shown: str, data: bytes, *, explicit: bool) -> None:
        if self.report.passes(data):
            return
        nul = -1 if self.filter.texts else data.find(b"\0")
        if nul < 0 or self.report.style.shown not in {Shown.LINES, Shown.MATCHES}:
            if nul < 0 or explicit or self.filter.unrestricted > 2:
                self.report.file(shown, data)
        elif (explicit or self.filter.unrestricted > 2) and self.report.has_match(data):
            prefix = f"{shown}: " if self.report.style.names else ""
            self.report.say(f'{prefix}binary file matches (found "\\0" byte around offset {nul})\n'.encode())


def _decoded(data: bytes) -> bytes:
    """Give a text with a byte order mark of UTF-16 in UTF-8; everything else as it is."""
    encoding = _BOMS.get(data[:2])
    return data[2:].decode(encoding, "replace").encode() if encoding else data.removeprefix(b"\xef\xbb\xbf")


@dataclass(slots=True)
class _Filter:
    """What of a directory is searched."""

    call: Invocation
    unrestricted: int = 0
    hidden: bool = False
    ignoring: Ignoring | None = None
    globs: Rules = field(default_factory=lambda: Rules(()))
    types: Rules = field(default_factory=lambda: Rules(()))
    largest: int = 1 << 62
    top: str = "/"
    texts: bool = False

    def __post_init__(self) -> None:
        arguments = self.call.arguments
        self.unrestricted = sum(1 for key, _ in arguments.given if key == "u")
        self.texts = "a" in arguments
        self.hidden = arguments.last(".", "no-hidden") == "." or self.unrestricted > 1
        if not self.unrestricted and arguments.last("no-ignore", "ignore") != "no-ignore":
            self.ignoring = Ignoring(self.call.fs, everywhere="no-require-git" in arguments)
        given = [(value, key == "iglob") for key, value in arguments.given if key in {"g", "iglob"}]
        self.globs = overrides(given)
        self.types = overrides([(glob, False) for glob in _type_globs(arguments)])
        if "max-filesize" in arguments:
            self.largest = _bytes(arguments.options["max-filesize"])

    def enter(self, path: str) -> None:
        if self.ignoring is not None:
            self.ignoring.enter(path)

    def keeps(self, entry: DirEntry, is_dir: bool) -> bool:  # noqa: FBT001 - a fact about the entry
        # What a glob says stands over everything else, as in ripgrep.
        asked = self._asked(entry, is_dir=is_dir)
        if asked is not None:
            return asked
        if entry.name.startswith(".") and not self.hidden:
            return False
        if self.ignoring is not None and self.ignoring.ignores(entry.path, is_dir=is_dir):
            return False
        return is_dir or (self._is_of_type(entry) and entry.stat.size <= self.largest)

    def _asked(self, entry: DirEntry, *, is_dir: bool) -> bool | None:
        """What the globs say; with one that asks for files, all others are left out."""
        if not self.globs.rules:
            return None
        relative = self._relative(entry)
        decision = self.globs.decide(relative, is_dir=is_dir)
        if decision is None:
            wanted = any(not each.negated for each in self.globs.rules)
            return False if wanted and not is_dir else None
        return decision and (is_dir or entry.stat.size <= self.largest)

    def _relative(self, entry: DirEntry) -> bytes:
        """The path as globs see it: from the current directory, else from the root."""
        cwd = self.call.cwd.rstrip("/") + "/"
        return entry.path.removeprefix(cwd).lstrip("/").encode()

    def _is_of_type(self, entry: DirEntry) -> bool:
        if not self.types.rules:
            return True
        decision = self.types.decide(entry.name.encode(), is_dir=False)
        if decision is None:
            return not any(not each.negated for each in self.types.rules)
        return decision


def _type_globs(arguments: Arguments) -> Iterator[str]:
    added = _added_types(arguments)
    for key, value in arguments.given:
        if key in {"t", "T"}:
            if value not in added:
                raise InvalidRequest(f"unrecognized file type: {value} (see: rg --type-list)")
            yield from (("!" if key == "T" else "") + glob for glob in added[value])


def _added_types(arguments: Arguments) -> Mapping[str, tuple[str, ...]]:
    added = dict(TYPES)
    for text in arguments.every("type-add"):
        name, colon, glob = text.partition(":")
        if not colon or not glob:
            raise InvalidRequest(f"invalid definition (give NAME:GLOB): '{text}'")
        added[name] = (*added.get(name, ()), glob)
    return added


def _bytes(text: str) -> int:
    number, unit = (text[:-1], text[-1:].upper()) if text[-1:].isalpha() else (text, "")
    if not number.isdigit() or unit not in _UNITS or len(number) > 12:
        raise InvalidRequest(f"invalid size: '{text}'")
    return int(number) * _UNITS[unit]


RG = Command(
    name="rg",
    usage="[OPTION]... PATTERN [PATH]...",
    help="Search below each PATH (the current directory) for lines that match PATTERN, ordered by path.",
    run=_run,
    options=(
        Option(".", "hidden files, too", word="hidden"),
        Option("0", "NUL after names", word="null"),
        Option("A", "lines after a match, too", word="after-context", value="N"),
        Option("B", "lines before a match, too", word="before-context", value="N"),
        Option("C", "lines around a match, too", word="context", value="N"),
        Option("F", "plain strings", word="fixed-strings"),
        Option("H", "names of files", word="with-filename"),
        Option("I", "no names of files", word="no-filename"),
        Option("L", "follow links", word="follow"),
        Option("N", "no numbers of lines (so unless -n)", word="no-line-number"),
        Option("S", "ignore case if the pattern is in lower case", word="smart-case"),
        Option("T", "no files of this type", word="type-not", value="TYPE"),
        Option("a", "binary files are text", word="text"),
        Option("b", "offsets in bytes", word="byte-offset"),
        Option("c", "only how many lines match, where some do", word="count"),
        Option("d", "levels of directories", word="max-depth", value="N"),
        Option("e", "a pattern; may be given several times", word="regexp", value="PATTERN"),
        Option("f", "patterns from a file, one a line", word="file", value="FILE"),
        Option("g", "only paths that match; or, with !, that do not", word="glob", value="GLOB"),
        Option("i", "ignore case", word="ignore-case"),
        Option("l", "only the names of files with a match", word="files-with-matches"),
        Option("m", "at most N lines of a file", word="max-count", value="N"),
        Option("n", "numbers of lines", word="line-number"),
        Option("o", "only what matches", word="only-matching"),
        Option("p", "headings and numbers of lines", word="pretty"),
        Option("q", "print nothing", word="quiet"),
        Option("r", "print this for each match; $1 is a group", word="replace", value="TEXT"),
        Option("s", "do not ignore case", word="case-sensitive"),
        Option("t", "only files of this type", word="type", value="TYPE"),
        Option("u", "ignored files, too; -uu: and hidden; -uuu: and binary", word="unrestricted"),
        Option("v", "the lines that do not match", word="invert-match"),
        Option("w", "whole words", word="word-regexp"),
        Option("x", "whole lines", word="line-regexp"),
        Option("", "columns of matches", word="column"),
        Option("", "how many matches, where there are some", word="count-matches"),
        Option("", "list the files that would be searched", word="files"),
        Option("", "only the names of files without a match", word="files-without-match"),
        Option("", "names above their lines", word="heading"),
        Option("", "as --glob, ignoring case", word="iglob", value="GLOB"),
        Option("", "counts of 0, too", word="include-zero"),
        Option("", "no files larger than this", word="max-filesize", value="SIZE"),
        Option("", "ignored files, too", word="no-ignore"),
        Option("", "no complaints about files", word="no-messages"),
        Option("", ".gitignore outside of repositories, too", word="no-require-git"),
        Option("", "no white space at the start of lines", word="trim"),
        Option("", "add to a type", word="type-add", value="NAME:GLOB"),
        Option("", "list the types", word="type-list"),
        Option("", "one row for each line, with its column", word="vimgrep"),
        Option("", "", word="no-heading"),
        Option("", "", word="no-hidden"),
        Option("", "", word="ignore"),
        Option("", "", word="no-fixed-strings"),
        Option("", "", word="line-buffered"),
        Option("", "", word="color", value="WHEN"),
        Option("", "", word="sort", value="BY"),
        Option("j", "", word="threads", value="N"),
    ),
)
