"""`cp`: copy files and trees. The engine's own takes `x/` for a file, and leaves out -t, -v, -L and the link in -P."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass, field

from jupyter_sandfs import paths
from jupyter_sandfs.errors import SandfsError
from jupyter_sandfs.shell.command import Command, Invocation, Output, reason
from jupyter_sandfs.shell.commands import destination
from jupyter_sandfs.shell.options import Option
from jupyter_sandfs.vfs.entries import Stat
from jupyter_sandfs.vfs.interface import require_directory


def _run(call: Invocation) -> Output:
    sources, where = destination.split(call)
    copying = _Copying(call)
    for source in sources:
        copying.start(source, where)
    return Output("".join(copying.lines), "".join(copying.complaints), bool(copying.complaints))


@dataclass(slots=True)
class _Copying:
    """The output of one call, as it grows."""

    call: Invocation
    lines: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def start(self, source: str, where: destination.Destination) -> None:
        if self.call.is_device(source):
            self._copy_device(source, where)
            return
        try:
            stat = self.call.stat(source, follow=self._follows(top=True))
        except (SandfsError, OSError) as problem:
            self._complain(f"cannot stat '{source}': {reason(problem)}")
            return
        if stat.is_dir and not self._recursive:
            self._complain(f"-r not specified; omitting directory '{source}'")
            return
        shown, path = where.place(self.call, source)
        try:
            self._copy(source, self.call.path(source), stat, shown, path)
        except (SandfsError, OSError) as problem:
            what = "directory" if stat.is_dir else "regular file"
            self._complain(f"cannot create {what} '{shown}': {reason(problem)}")

    def _copy_device(self, source: str, where: destination.Destination) -> None:
        """Copy what can be read: `cp /dev/null FILE` is how files are made empty."""
        shown, end = where.place(self.call, source)
        try:
            self._at(shown, end)
            self.call.fs.write_bytes(self.call.fs.resolve(end), self.call.read(source))
        except (SandfsError, OSError) as problem:
            self._complain(f"cannot create regular file '{shown}': {reason(problem)}")

    def _copy(self, source: str, start: str, stat: Stat, shown: str, end: str) -> None:
        """Copy one node, with all below it."""
        self.call.check_time()
        there = self._at(shown, end)
        if there is not None and self.call.fs.resolve(start) == self.call.fs.resolve(end) and not stat.is_symlink:
            self._complain(f"'{source}' and '{shown}' are the same file")
        elif stat.is_dir:
            self._copy_directory(source, start, stat, shown, end, there)
        elif there is not None and there.is_dir:
            self._complain(f"cannot overwrite directory '{shown}' with non-directory '{source}'")
        elif there is None or self._overwrites(stat, there):
            self._copy_file(start, stat, end)
            self._tell(source, shown)

    def _at(self, shown: str, end: str) -> Stat | None:
        """What is at the destination; a name with a slash is that of a directory."""
        if shown.endswith("/") and not self._recursive:
            return self.call.stat(shown)
        require_directory(self.call.fs, paths.parent(end))
        return self.call.fs.stat(end) if self.call.fs.exists(end) else None

    def _copy_file(self, start: str, stat: Stat, end: str) -> None:
        fs = self.call.fs
        if stat.is_symlink:
            if fs.get_entry(end):
                fs.remove(end)
            fs.copy(start, end)
            return
        # What a link at the destination leads to is written, as if the file were opened.
        target = fs.resolve(end)
        fs.copy(fs.resolve(start), target, overwrite=True)
        if self._keeps_times:
            fs.utime(target, stat.modified_at)

    def _copy_directory(self, source: str, start: str, stat: Stat, shown: str, end: str, there: Stat | None) -> None:
        real = self.call.fs.resolve(start)
        if paths.is_within(end, real):
            self._complain(f"cannot copy a directory, '{source}', into itself, '{shown}'")
        elif there is not None and not there.is_dir:
            self._complain(f"cannot overwrite non-directory '{shown}' with directory '{source}'")
        elif there is None and not self._is_piecewise:
            self.call.fs.copy(real, end)
        else:
            if there is None:
                self.call.fs.mkdir(end)
                self.call.fs.chmod(end, stat.mode)
                self._tell(source, shown)
            self._merge(source, real, shown, end)

    def _merge(self, source: str, start: str, shown: str, end: str) -> None:
        for entry in self.call.fs.ls(start):
            name, said = posixpath.join(source, entry.name), posixpath.join(shown, entry.name)
            try:
                stat = self.call.fs.stat(entry.path, follow=self._follows(top=False))
                self._copy(name, entry.path, stat, said, paths.join(end, entry.name))
            except (SandfsError, OSError) as problem:
                self._complain(f"cannot copy '{name}' to '{said}': {reason(problem)}")

    def _overwrites(self, stat: Stat, there: Stat) -> bool:
        return not self._has("n") and not (self._has("u") and stat.modified_ns <= there.modified_ns)

    def _tell(self, source: str, shown: str) -> None:
        if self._has("v"):
            self.lines.append(f"'{source}' -> '{shown}'\n")

    def _follows(self, *, top: bool) -> bool:
        """Whether links are copied as what they lead to: in a recursion they stay links unless asked otherwise."""
        last = self.call.arguments.last("L", "P", "d", "a", "H")
        if last:
            return last == "L" or (last == "H" and top)
        return not self._recursive

    @property
    def _recursive(self) -> bool:
        return any(self._has(key) for key in ("r", "R", "a"))

    @property
    def _keeps_times(self) -> bool:
        return any(self._has(key) for key in ("p", "a", "preserve"))

    @property
    def _is_piecewise(self) -> bool:
        """Whether a tree is copied node by node, and not in one step."""
        return self._has("v") or self._follows(top=False)

    def _has(self, key: str) -> bool:
        return key in self.call.arguments

    def _complain(self, text: str) -> None:
        self.complaints.append(f"cp: {text}\n")


CP = Command(
    name="cp",
    usage="[OPTION]... SOURCE... DESTINATION",
    help="Copy SOURCE to DESTINATION, or several into a directory.",
    run=_run,
    misuse=1,
    options=(
        Option("a", "as -r -P -p", word="archive"),
        Option("d", "links stay links"),
        Option("f", "", word="force"),
        Option("H", "follow links that are named"),
        Option("L", "follow links", word="dereference"),
        Option("n", "overwrite nothing", word="no-clobber"),
        Option("p", "keep times"),
        Option("P", "links stay links", word="no-dereference"),
        Option("r", "copy directories with all that is in them", word="recursive"),
        Option("R", ""),
        Option("u", "overwrite only what is older", word="update"),
        Option("v", "tell of each file", word="verbose"),
        Option("", "", word="preserve", value="WHAT", optional=True),
        *destination.OPTIONS,
    ),
)
