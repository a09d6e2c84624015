"""`mkdir`: make directories. The engine's own takes the value of -m for a name, and leaves out -v."""

from __future__ import annotations

from jupyter_sandfs import paths
from jupyter_sandfs.errors import AlreadyExists, InvalidRequest, SandfsError
from jupyter_sandfs.shell.command import Command, Invocation, Output, reason
from jupyter_sandfs.shell.commands.mode_changes import changed
from jupyter_sandfs.shell.options import Option

_ALL = 0o777


def _run(call: Invocation) -> Output:
    if not call.arguments.operands:
        raise InvalidRequest("missing operand")
    mode = changed(call.arguments.options["m"], _ALL, is_dir=True) if "m" in call.arguments else None
    lines, complaints = [], []
    for operand in call.arguments.operands:
        try:
            lines += [f"mkdir: created directory '{made}'\n" for made in _make(call, operand, mode)]
        except (SandfsError, OSError) as problem:
            complaints.append(f"mkdir: cannot create directory '{operand}': {reason(problem)}\n")
    return Output("".join(lines) if "v" in call.arguments else "", "".join(complaints), bool(complaints))


def _make(call: Invocation, operand: str, mode: int | None) -> list[str]:
    """Make one directory, and with -p those above it; give the names of those that were not there."""
    path, parents = call.path(operand), "p" in call.arguments
    if parents and call.fs.is_dir(path):
        return []
    made = _missing(call, operand) if parents else [operand]
    if not parents and call.fs.get_entry(path):
        raise AlreadyExists(path)
    call.fs.mkdir(path, parents=parents, exist_ok=parents)
    if mode is not None and made:
        call.fs.chmod(path, mode)
    return made


def _missing(call: Invocation, operand: str) -> list[str]:
    names, missing = [], []
    for part in operand.rstrip("/").split("/"):
        names.append(part)
        shown = "/".join(names)
        if shown and not call.fs.exists(paths.normalize(shown, call.cwd)):
            missing.append(shown)
    return missing


MKDIR = Command(
    name="mkdir",
    usage="[OPTION]... DIRECTORY...",
    help="Make directories.",
    run=_run,
    misuse=1,
    options=(
        Option("m", "permission bits, as chmod takes them", word="mode", value="MODE"),
        Option("p", "those above, too; what is there is no failure", word="parents"),
        Option("v", "tell of each directory", word="verbose"),
    ),
)
