"""`patch`: change files as a unified difference says. The engine's own takes no file, and no piece that has moved."""

from __future__ import annotations

from dataclasses import dataclass, field

from jupyter_sandfs import paths
from jupyter_sandfs.errors import InvalidRequest, NotFound, SandfsError
from jupyter_sandfs.shell import patching
from jupyter_sandfs.shell.command import Command, Invocation, Output, reason
from jupyter_sandfs.shell.options import Option
from jupyter_sandfs.shell.patching import FilePatch, Fit, Outcome, Piece

_TROUBLE = 2


def _run(call: Invocation) -> Output:
    target, source = _operands(call)
    try:
        found = patching.read(call.stdin if source == "-" else call.read(source))
    except InvalidRequest as problem:
        return Output(stderr=f"patch: {problem}\n", exit_code=_TROUBLE)
    run = _Patching(call)
    for each in found:
        call.check_time()
        run.start(each.reversed if "R" in call.arguments else each, target)
    quiet = "s" in call.arguments or "quiet" in call.arguments
    said = "" if quiet and not run.failed else "".join(run.said)
    return Output(said, "".join(run.complaints), run.exit_code)


def _operands(call: Invocation) -> tuple[str, str]:
    """The file to change, if it is named, and where the patch is."""
    given = call.arguments.operands
    if given[2:]:
        raise InvalidRequest(f"extra operand '{given[2]}'")
    target = given[0] if given else ""
    source = given[1] if given[1:] else call.arguments.options.get("i", "-")
    return target, source


@dataclass(slots=True)
class _Patching:
    """The output of one call, as it grows."""

    call: Invocation
    said: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    failed: int = 0
    exit_code: int = 0

    def start(self, patch: FilePatch, target: str) -> None:
        name = target or self._chosen(patch)
        if not name:
            self._say(f"can't find file to patch at input line {patch.line}")
            self._say("Perhaps you used the wrong -p or --strip option?")
            self._skip(patch)
            return
        try:
            self._change(patch, name)
        except (SandfsError, OSError) as problem:
            self.complaints.append(f"patch: **** Can't change file {name} : {reason(problem)}\n")
            self.exit_code = _TROUBLE

    def _change(self, patch: FilePatch, name: str) -> None:
        path = self.call.path(name)
        before = self._content(path)
        if clash := self._clash(patch, path, before):
            when = ", when reversed," if "R" in self.call.arguments else ""
            self._say(f"The next patch{when} would {clash[0]} the file {name},\nwhich {clash[1]}!  Skipping patch.")
            self._skip(patch, said=True)
            return
        out = self.call.arguments.options.get("o")
        shown = name if out is None else f"{out} (read from {name})"
        self._say(f"{'checking' if self._dry else 'patching'} file {shown}")
        if self._is_done(before, patch):
            kind = "Unreversed" if "R" in self.call.arguments else "Reversed (or previously applied)"
            self._say(f"{kind} patch detected!  Skipping patch.")
            self._reject(patch, patch.pieces, name, "ignored")
            return
        done = patching.apply(before, patch.pieces, fuzz=self._fuzz, check=self.call.check_time)
        self._tell(patch.pieces, done)
        if not self._dry:
            self._write(patch, name, before, done)
        if done.failed:
            left = [piece for piece, fit in zip(patch.pieces, done.fits, strict=True) if fit is None]
            self._reject(patch, left, name, "FAILED")

    def _clash(self, patch: FilePatch, path: str, before: bytes) -> tuple[str, str] | None:
        """What a patch would do to a file that is not as it says, and how that is."""
        if patch.old.absent and before:
            return "create", "already exists"
        if patch.new.absent and not self.call.fs.exists(path):
            return "delete", "does not exist"
        return None

    def _skip(self, patch: FilePatch, *, said: bool = False) -> None:
        if not said:
            self._say("Skipping patch.")
        self._say(_rows(len(patch.pieces), len(patch.pieces), "ignored"))
        self._fail()

    def _content(self, path: str) -> bytes:
        try:
            return self.call.fs.read_bytes(path)
        except NotFound:
            return b""

    def _is_done(self, text: bytes, patch: FilePatch) -> bool:
        """Whether the first piece does not fit, and what it would make is there already."""
        if "f" in self.call.arguments or not patch.pieces:
            return False
        first = patch.pieces[0]
        fits = [
            patching.apply(text, [each], fuzz=0, check=self.call.check_time).failed == 0
            for each in (first, first.reversed)
        ]
        return fits == [False, True]

    def _write(self, patch: FilePatch, name: str, before: bytes, done: Outcome) -> None:
        fs, path = self.call.fs, self.call.path(name)
        after = b"".join(done.lines)
        keeps = "b" in self.call.arguments or not (done.exact or "no-backup-if-mismatch" in self.call.arguments)
        if keeps and fs.exists(path):
            fs.copy(fs.resolve(path), f"{path}.orig", overwrite=True)
        out = self.call.arguments.options.get("o")
        if out is not None:
            fs.write_bytes(self.call.path(out), after)
        elif patch.new.absent and not after:
            fs.remove(path)
            self._prune(paths.parent(path))
        elif after != before or not fs.exists(path):
            if patch.old.absent:
                fs.mkdir(paths.parent(path))
            fs.write_bytes(fs.resolve(path), after)

    def _prune(self, directory: str) -> None:
        """Remove directories that have become empty, as GNU's does."""
        fs = self.call.fs
        while directory not in {paths.ROOT, self.call.cwd} and not fs.ls(directory):
            fs.remove(directory)
            directory = paths.parent(directory)

    # ------------------------------------------------------------ which file

    def _chosen(self, patch: FilePatch) -> str:
        """The file that a patch names: one that is there, or the one that it makes. Empty if there is none."""
        names = [name for side in (patch.old, patch.new) if (name := self._stripped(side.name))]
        there = [name for name in names if self.call.fs.is_file(self.call.path(name))]
        if not there and (patch.old.absent or patch.new.absent):
            most = min(map(self._missing, names), default=0)
            there = [name for name in names if patch.new.absent or self._missing(name) == most]
        return min(there, key=lambda name: (name.count("/"), len(paths.name(name)), len(name)), default="")

    def _missing(self, name: str) -> int:
        """How many directories would have to be made for a file."""
        return sum(not self.call.fs.is_dir(each) for each in paths.ancestors(self.call.path(name)))

    def _stripped(self, name: str) -> str:
        """A name without as many directories in front as -p says; without -p the last part alone."""
        given = self.call.arguments.options.get("p")
        if given is None:
            return name.rpartition("/")[2]
        parts = name.split("/")
        count = self.call.arguments.number("p", 0)
        return "/".join(parts[count:]) if len(parts) > count else ""

    # ------------------------------------------------------------ what is said

    def _tell(self, pieces: list[Piece], done: Outcome) -> None:
        offset = 0
        for number, (piece, fit) in enumerate(zip(pieces, done.fits, strict=True), 1):
            offset = fit.offset if fit else offset
            if fit is None:
                self._say(f"Hunk #{number} FAILED at {piece.new_start + offset}.")
            elif fit != (0, 0):
                self._say(f"Hunk #{number} succeeded at {piece.new_start + offset}{_how(fit)}.")

    def _reject(self, patch: FilePatch, left: list[Piece], name: str, word: str) -> None:
        saved = "" if self._dry else f" -- saving rejects to file {name}.rej"
        self._say(_rows(len(left), len(patch.pieces), word) + saved)
        self._fail()
        if not self._dry:
            self.call.fs.write_bytes(f"{self.call.path(name)}.rej", patch.text(left))

    def _fail(self) -> None:
        self.failed += 1
        self.exit_code = max(self.exit_code, 1)

    def _say(self, line: str) -> None:
        self.said.append(f"{line}\n")

    @property
    def _dry(self) -> bool:
        return "dry-run" in self.call.arguments

    @property
    def _fuzz(self) -> int:
        return self.call.arguments.number("F", patching.FUZZ)


def _rows(count: int, total: int, word: str) -> str:
    return f"{count} out of {total} hunk{'s' if total != 1 else ''} {word}"


def _how(fit: Fit) -> str:
    fuzz = f" with fuzz {fit.fuzz}" if fit.fuzz else ""
    lines = f" (offset {fit.offset} line{'s' if abs(fit.offset) != 1 else ''})" if fit.offset else ""
    return fuzz + lines


PATCH = Command(
    name="patch",
    usage="[OPTION]... [FILE [PATCH]]",
    help="Change files as the unified difference PATCH (standard input) says.",
    run=_run,
    misuse=_TROUBLE,
    options=(
        Option("b", "keep what was as FILE.orig", word="backup"),
        Option("E", "", word="remove-empty-files"),
        Option("f", "try also what seems to be done already", word="force"),
        Option("F", "lines of context that need not fit (2)", word="fuzz", value="N"),
        Option("i", "the patch", word="input", value="PATCH"),
        Option("N", "pass over what is done already (always so)", word="forward"),
        Option("o", "write to this file", word="output", value="FILE"),
        Option("p", "leave out as many directories in front of names", word="strip", value="N"),
        Option("R", "undo the patch", word="reverse"),
        Option("s", "say only what fails", word="silent"),
        Option("t", "", word="batch"),
        Option("u", "", word="unified"),
        Option("", "say what would be done", word="dry-run"),
        Option("", "", word="no-backup-if-mismatch"),
        Option("", "", word="quiet"),
    ),
)
