"""`chmod`: set the permission bits. The engine's own knows neither `g=u` nor setgid, sticky, -v and --reference."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from jupyter_sandfs.errors import InvalidRequest, SandfsError
from jupyter_sandfs.shell.command import Command, Invocation, Output, reason
from jupyter_sandfs.shell.commands import long_format
from jupyter_sandfs.shell.commands.mode_changes import changed
from jupyter_sandfs.shell.options import Option
from jupyter_sandfs.vfs.entries import Stat

_DASHED = re.compile(r"-[rwxXstugo]+[-+=rwxXstugo,]*|-[0-7]+")
_SHOWN = 0o7777


def _run(call: Invocation) -> Output:
    mode, operands = _mode_and_operands(call)
    changed(mode, 0, is_dir=False)  # a wrong mode changes nothing at all
    work = _Work(call, mode)
    for operand in operands:
        work.start(operand)
    return Output("".join(work.lines), "".join(work.complaints), bool(work.failed))


def _mode_and_operands(call: Invocation) -> tuple[str, tuple[str, ...]]:
    options, operands = call.arguments.options, call.arguments.operands
    if "reference" in options:
        given = f"{_mode_of(call, options['reference']):05o}"
    elif "mode" in options:
        given = options["mode"]
    else:
        given, operands = (operands[0] if operands else ""), operands[1:]
    if not operands:
        raise InvalidRequest(f"missing operand after '{given}'" if given else "missing operand")
    return given, operands


def _mode_of(call: Invocation, operand: str) -> int:
    try:
        return call.fs.stat(call.path(operand)).mode
    except (SandfsError, OSError) as problem:
        raise InvalidRequest(f"failed to get attributes of '{operand}': {reason(problem)}") from problem


@dataclass(slots=True)
class _Work:
    """The output of one call, as it grows."""

    call: Invocation
    mode: str
    lines: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    failed: bool = False

    def start(self, operand: str) -> None:
        for shown, path in self._targets(operand):
            self.call.check_time()
            try:
                self._change(shown, path)
            except (SandfsError, OSError) as problem:
                self._complain(f"changing permissions of '{shown}'", problem)

    def _targets(self, operand: str) -> Iterator[tuple[str, str]]:
        """Give the operand, and with -R all that is below it but links: under the shown name, the path."""
        try:
            stat = self.call.stat(operand)
            path = self.call.path(operand)
        except (SandfsError, OSError) as problem:
            self._complain(f"cannot access '{operand}'", problem)
            return
        yield operand, path
        if "R" in self.call.arguments and stat.is_dir:
            top = self.call.fs.resolve(path)
            for at, directories, names in self.call.fs.walk(top):
                below = operand.rstrip("/") + at.removeprefix(top.rstrip("/"))
                for name in (*directories, *names):
                    child = f"{at.rstrip('/')}/{name}"
                    if not self.call.fs.is_symlink(child):
                        yield f"{below}/{name}", child

    def _change(self, shown: str, path: str) -> None:
        stat = self.call.fs.stat(path)
        mode = changed(self.mode, stat.mode, is_dir=stat.is_dir)
        if mode != stat.mode:
            self.call.fs.chmod(path, mode)
        self._tell(shown, stat, stat._replace(mode=mode))

    def _tell(self, shown: str, before: Stat, after: Stat) -> None:
        arguments, mode = self.call.arguments, _figures(after)
        if before.mode != after.mode and ("v" in arguments or "c" in arguments):
            self.lines.append(f"mode of '{shown}' changed from {_figures(before)} to {mode}\n")
        elif "v" in arguments:
            self.lines.append(f"mode of '{shown}' retained as {mode}\n")

    def _complain(self, what: str, problem: BaseException) -> None:
        self.failed = True
        if "f" not in self.call.arguments:
            self.complaints.append(f"chmod: {what}: {reason(problem)}\n")


def _figures(stat: Stat) -> str:
    return f"{stat.mode & _SHOWN:04o} ({long_format.mode(stat)[1:]})"


def _respell(argv: Sequence[str]) -> list[str]:
    """Make `--mode=-x` of `-x`, which takes permissions away."""
    end = argv.index("--") if "--" in argv else len(argv)
    return [f"--mode={each}" if place < end and _DASHED.fullmatch(each) else each for place, each in enumerate(argv)]


CHMOD = Command(
    name="chmod",
    usage="[OPTION]... MODE FILE...",
    help="Set permission bits: octal, or symbolic such as u+x,go=r. They are shown; policies rule.",
    run=_run,
    misuse=1,
    respell=_respell,
    options=(
        Option("c", "tell what was changed", word="changes"),
        Option("f", "tell no failures", word="silent"),
        Option("", "", word="quiet"),
        Option("R", "all that is below directories, too", word="recursive"),
        Option("v", "tell of every file", word="verbose"),
        Option("", "the mode of this file", word="reference", value="FILE"),
        Option("", "", word="mode", value="MODE"),
    ),
)
