"""`diff`: what differs between files or trees. The engine's own compares no directories, and ignores nothing."""

from __future__ import annotations

import fnmatch
import posixpath
import re
import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from jupyter_sandfs.errors import InvalidRequest, SandfsError
from jupyter_sandfs.shell import comparing
from jupyter_sandfs.shell.command import PIPE_BYTES, Command, Invocation, Output, reason
from jupyter_sandfs.shell.comparing import Hunk
from jupyter_sandfs.shell.options import Option
from jupyter_sandfs.vfs import entries
from jupyter_sandfs.vfs.entries import Kind, Stat
from jupyter_sandfs.vfs.quotation import quoted

_SAME, _DIFFERENT, _TROUBLE = 0, 1, 2  # exit codes
_CONTEXT = 3
_SPACE = re.compile(rb"\s+")
_NUMBER = re.compile(r"-u?(\d{1,6})")


def _run(call: Invocation) -> Output:
    operands = call.arguments.operands
    if len(operands) < 2:
        raise InvalidRequest(f"missing operand after '{operands[0] if operands else 'diff'}'")
    if len(operands) > 2:
        raise InvalidRequest(f"extra operand '{operands[2]}'")
    work = _Comparison(call)
    work.start(*operands)
    return Output(b"".join(work.parts), "".join(work.complaints), work.status)


@dataclass(slots=True)
class _Comparison:
    """The output of one call, as it grows."""

    call: Invocation
    parts: list[bytes] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    status: int = _SAME

    def start(self, old: str, new: str) -> None:
        old_stat, new_stat = self._stat(old), self._stat(new)
        if old_stat and new_stat and old_stat.is_dir != new_stat.is_dir:
            # A file and a directory: the file of that name in the directory.
            if old_stat.is_dir:
                old = posixpath.join(old, posixpath.basename(new))
                old_stat = self._stat(old)
            else:
                new = posixpath.join(new, posixpath.basename(old))
                new_stat = self._stat(new)
        if (old_stat is None or new_stat is None) and not (self._has("N") and (old_stat or new_stat)):
            for operand, stat in ((old, old_stat), (new, new_stat)):
                if stat is None:
                    self._complain(operand, "No such file or directory")
            return
        if old_stat and new_stat and old_stat.is_dir and new_stat.is_dir:
            self._directories(old, new)
        else:
            self._files(old, new, old_stat, new_stat)

    def _stat(self, operand: str) -> Stat | None:
        """Describe an operand; a device is described as an empty file."""
        if operand == "-" or self.call.is_device(operand):
            return self.call.fs.stat("/")._replace(kind=Kind.FILE)
        try:
            return self.call.stat(operand)
        except (SandfsError, OSError):
            return None

    # ------------------------------------------------------------ directories

    def _directories(self, old: str, new: str) -> None:
        self.call.check_time()
        left, right = self._names(old), self._names(new)
        for name in sorted(left | right, key=str.encode):
            if any(fnmatch.fnmatchcase(name, pattern) for pattern in self.call.arguments.every("x")):
                continue
            self._pair(old, new, name, in_old=name in left, in_new=name in right)

    def _names(self, directory: str) -> set[str]:
        if self._has("N") and self._stat(directory) is None:
            return set()
        try:
            return {entry.name for entry in self.call.fs.ls(self.call.path(directory))}
        except (SandfsError, OSError) as problem:
            self._complain(directory, reason(problem))
            return set()

    def _pair(self, old: str, new: str, name: str, *, in_old: bool, in_new: bool) -> None:
        left, right = posixpath.join(old, name), posixpath.join(new, name)
        if not (in_old and in_new) and not self._has("N"):
            self._say(f"Only in {old if in_old else new}: {name}")
            self._differ()
            return
        left_stat, right_stat = self._stat(left), self._stat(right)
        directories = [bool(stat and stat.is_dir) for stat in (left_stat, right_stat)]
        if any(directories) and not (left_stat and right_stat):
            directories = [True, True]  # with -N, what is missing is like what is there
        if all(directories):
            if self._has("r"):
                self._directories(left, right)
            else:
                self._say(f"Common subdirectories: {left} and {right}")
        elif left_stat and right_stat and any(directories):
            kinds = ["directory" if is_dir else "regular file" for is_dir in directories]
            self._say(f"File {left} is a {kinds[0]} while file {right} is a {kinds[1]}")
            self._differ()
        elif not any(directories):
            options = [each for each in self.call.argv if each.startswith("-") and each != "-"]
            heading = f"{shlex.join(['diff', *options])} {quoted(left, blanks=True)} {quoted(right, blanks=True)}"
            self._files(left, right, left_stat, right_stat, heading=heading)

    # ------------------------------------------------------------ files

    def _files(self, old: str, new: str, old_stat: Stat | None, new_stat: Stat | None, *, heading: str = "") -> None:
        left, right = self._read(old, old_stat), self._read(new, new_stat)
        if left is None or right is None:
            return
        if left == right:
            self._same(old, new)
        elif not self._has("a") and (b"\0" in left or b"\0" in right):
            self._say(f"{'Files' if self._has('q') else 'Binary files'} {old} and {new} differ")
            self._differ()
        else:
            self._texts(old, new, comparing.lines_of(left), comparing.lines_of(right), heading)

    def _texts(self, old: str, new: str, left: list[bytes], right: list[bytes], heading: str) -> None:
        key = self._key()
        found = comparing.hunks(comparing.keyed(left, key), comparing.keyed(right, key), context=self._context)
        if self._has("B"):
            found = [hunk for hunk in found if not _is_blank(left, right, hunk)]
        if not found:
            self._same(old, new)
            return
        self._differ()
        if self._has("q"):
            self._say(f"Files {old} and {new} differ")
            return
        if heading:
            self._say(heading)
        self.parts += self._told(old, new, left, right, found)
        if sum(map(len, self.parts)) > PIPE_BYTES:
            raise InvalidRequest(f"more than {PIPE_BYTES} bytes: output truncated")

    def _told(self, old: str, new: str, left: list[bytes], right: list[bytes], found: list[Hunk]) -> list[bytes]:
        if not self._is_unified:
            return list(comparing.normal(left, right, found))
        labels = self.call.arguments.every("label")
        names = [labels[place] if place < len(labels) else self._dated(each) for place, each in enumerate((old, new))]
        heads = [f"{mark} {name}\n".encode() for mark, name in zip(("---", "+++"), names, strict=True)]
        return [*heads, *comparing.unified(left, right, found, self._context)]

    @property
    def _is_unified(self) -> bool:
        return self._has("u") or self._has("U")

    @property
    def _context(self) -> int:
        return self.call.arguments.number("U", _CONTEXT) if self._is_unified else 0

    def _dated(self, name: str) -> str:
        stat = self._stat(name)
        at = stat.modified_ns if stat else 0  # what is missing has the time that `patch` takes for that
        return f"{quoted(name, blanks=True)}\t{entries.moment(at):%Y-%m-%d %H:%M:%S}.{at % 1_000_000_000:09} +0000"

    def _key(self) -> Callable[[bytes], bytes]:
        """What of a line is compared."""
        steps: list[Callable[[bytes], bytes]] = []
        if self._has("w"):
            steps.append(lambda line: _SPACE.sub(b"", line))
        elif self._has("b"):
            steps.append(lambda line: _SPACE.sub(b" ", line.rstrip()))
        elif self._has("Z"):
            steps.append(bytes.rstrip)
        if self._has("strip-trailing-cr"):
            steps.append(lambda line: line.replace(b"\r\n", b"\n"))
        if self._has("i"):
            steps.append(
                lambda line: line.decode("utf-8", "surrogateescape").lower().encode("utf-8", "surrogateescape")
            )

        def key(line: bytes) -> bytes:
            for step in steps:
                line = step(line)
            return line

        return key

    def _read(self, operand: str, stat: Stat | None) -> bytes | None:
        if stat is None:
            return b""
        try:
            return self.call.stdin if operand == "-" else self.call.read(operand)
        except (SandfsError, OSError) as problem:
            self._complain(operand, reason(problem))
            return None

    # ------------------------------------------------------------ telling

    def _same(self, old: str, new: str) -> None:
        if self._has("s"):
            self._say(f"Files {old} and {new} are identical")

    def _differ(self) -> None:
        self.status = max(self.status, _DIFFERENT)

    def _say(self, text: str) -> None:
        self.parts.append(f"{text}\n".encode())

    def _complain(self, operand: str, words: str) -> None:
        self.complaints.append(f"diff: {operand}: {words}\n")
        self.status = _TROUBLE

    def _has(self, key: str) -> bool:
        return key in self.call.arguments


def _is_blank(old: Sequence[bytes], new: Sequence[bytes], hunk: Hunk) -> bool:
    """Whether only empty lines came or went."""
    lines = [*old[hunk.old_start : hunk.old_end], *new[hunk.new_start : hunk.new_end]]
    return not any(line.strip(b"\n") for line in lines)


def _respell(argv: Sequence[str]) -> list[str]:
    """Make `--unified=2` of `-2` and `-u2`, and `-u` of the long word without a value."""
    end = argv.index("--") if "--" in argv else len(argv)
    return [_respelled(each) if place < end else each for place, each in enumerate(argv)]


def _respelled(argument: str) -> str:
    found = _NUMBER.fullmatch(argument)
    if found:
        return f"--unified={found[1]}"
    return "-u" if argument == "--unified" else argument


DIFF = Command(
    name="diff",
    usage="[OPTION]... OLD NEW",
    help="Tell what differs between two files, or with -r between two trees.",
    run=_run,
    respell=_respell,
    options=(
        Option("a", "binary files are text", word="text"),
        Option("b", "ignore how much white space there is", word="ignore-space-change"),
        Option("B", "ignore empty lines", word="ignore-blank-lines"),
        Option("d", "", word="minimal"),
        Option("i", "ignore case", word="ignore-case"),
        Option("N", "a missing file is an empty one", word="new-file"),
        Option("q", "only say that they differ", word="brief"),
        Option("r", "directories below, too", word="recursive"),
        Option("s", "say when they are the same", word="report-identical-files"),
        Option("u", "with lines around"),
        Option("U", "with N lines around", word="unified", value="N"),
        Option("w", "ignore white space", word="ignore-all-space"),
        Option("x", "leave out names that match", word="exclude", value="PATTERN"),
        Option("Z", "ignore white space at the end of lines", word="ignore-trailing-space"),
        Option("", "", word="color", value="WHEN", optional=True),
        Option("", "say this for a file's name", word="label", value="NAME"),
        Option("", "lines of DOS are as others", word="strip-trailing-cr"),
    ),
)
