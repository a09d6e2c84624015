"""What is done with a cell's body: written, appended, applied as a patch, run."""

from __future__ import annotations

from jupyter_sandfs.errors import InvalidRequest
from jupyter_sandfs.execution.python import run_python
from jupyter_sandfs.kernel import templates
from jupyter_sandfs.kernel.answers import Answer, change_data
from jupyter_sandfs.kernel.commands.command import Call, MagicCommand
from jupyter_sandfs.kernel.display.history import rows_of_changes
from jupyter_sandfs.kernel.output import counted
from jupyter_sandfs.kernel.tracking import Tracked
from jupyter_sandfs.shell.commands.changes import row
from jupyter_sandfs.shell.options import Option
from jupyter_sandfs.shell.results import ShellResult
from jupyter_sandfs.vfs.patching import apply_patch

_EXPECT = Option("", "refuse unless this is the file's version; 0: it must not exist", "expect-version", "N")
_MODE = Option("", "its permission bits, such as 755", word="mode", value="MODE")
_TEMPLATE = Option(
    "", "fill in {expressions} of Python, or with =jinja as Jinja", word="template", value="ENGINE", optional=True
)


def _write(call: Call) -> Answer:
    return _put(call, append="a" in call.arguments)


def _append(call: Call) -> Answer:
    return _put(call, append=True)


def _put(call: Call, *, append: bool) -> Answer:
    path, options = call.path(call.arguments.operands[0]), call.arguments
    expected = options.number("expect-version", 0) if "expect-version" in options else None
    mode = _mode(options.options["mode"]) if "mode" in options else None
    data = _encoded(_filled(call))
    with call.fs.transaction(f"write {path}", "owner"):
        version = call.fs.write_bytes(path, data, append=append, expected_version=expected)
        if mode is not None:
            call.fs.chmod(path, mode)
    told = f"{path} ({counted(len(data), 'byte')}, version {version})\n"
    return Answer(text=told, data={"path": path, "size": len(data), "version": version})


def _filled(call: Call) -> str:
    if "template" not in call.arguments:
        return call.body
    return templates.fill(call.body, call.arguments.options["template"] or "python", call.notebook)


def _mode(text: str) -> int:
    if not (text and set(text) <= set("01234567") and len(text) <= 4):
        raise InvalidRequest(f"invalid mode: '{text}' (octal, such as 644 or 755)")
    return int(text, 8)


def _encoded(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError:
        raise InvalidRequest(
            "the cell holds half a character (a lone surrogate): it can't be written as UTF-8"
        ) from None


def _patch(call: Call) -> Answer:
    options = call.arguments
    strip = options.number("p", 0) if "p" in options else None
    top = call.path(options.options.get("d", "."))
    changes = apply_patch(call.fs, _encoded(call.body), top=top, strip=strip, actor="owner", reverse="R" in options)
    text = "".join(map(row, changes)) or "nothing to change\n"
    data = [change_data(each) for each in changes]
    return Answer(text=text, html=rows_of_changes(changes), data=data, marked=True)


def _script(call: Call) -> ShellResult:
    return call.sandbox.run(call.body)


def _python(call: Call) -> ShellResult:
    """Run the cell; the value of its last line is printed as in a notebook."""
    sandbox, argv = call.sandbox, call.arguments.operands
    limits, actor = sandbox.python_limits, sandbox.actor
    result = run_python(call.fs, call.body, cwd=sandbox.shell.cwd, argv=argv, limits=limits, actor=actor)
    shown = "" if result.shown is None else f"{result.shown}\n"
    return ShellResult(
        result.stdout + shown, result.stderr, result.exit_code, result.duration, result.truncated, result.changes
    )


def _track(call: Call) -> Answer:
    tracked, who = Tracked(call.fs), f"this cell, in sandbox '{call.sandbox.name}'"
    try:
        call.notebook.run_cell(call.body)
    except Exception:  # it may have changed something before
        answer = tracked.answer(who)
        if answer is not None:
            call.notebook.tell(answer)
        raise
    return tracked.answer(who) or Answer(text="this cell changed nothing\n", data={"changes": [], "diff": ""})


COMMANDS = {
    "append": MagicCommand(
        usage="%%sandfs append [--expect-version N] [--template[=ENGINE]] PATH",
        help="Add the cell's body at the end of a file of the sandbox.",
        run=_append,
        options=(_EXPECT, _TEMPLATE),
        operands=(1, 1),
    ),
    "apply-patch": MagicCommand(
        usage="%%sandfs apply-patch [-p N] [-d DIR] [-R]",
        help="Apply the cell's unified diff, all of it or nothing; lines around a change must be there to the letter.",
        run=_patch,
        options=(
            Option("p", "leave out N leading parts of names; a/ and b/ by itself", word="strip", value="N"),
            Option("d", "names start here instead of the working directory", word="directory", value="DIR"),
            Option("R", "take the patch back", word="reverse"),
        ),
    ),
    "python": MagicCommand(
        usage="%%sandfs python [ARG...]",
        help="Run the cell in the sandbox's Python, a subset; the value of its last line is printed.",
        run=_python,
        operands=(0, 100),
    ),
    "sh": MagicCommand(usage="%%sandfs sh", help="Run the cell as a script of the sandbox's shell.", run=_script),
    "track": MagicCommand(
        usage="%%sandfs track", help="Run the cell as Python does, and tell what it changed in the sandbox.", run=_track
    ),
    "write": MagicCommand(
        usage="%%sandfs write [-a] [--mode MODE] [--expect-version N] [--template[=ENGINE]] PATH",
        help="Write the cell's body to a file of the sandbox.",
        run=_write,
        options=(Option("a", "append instead", word="append"), _MODE, _EXPECT, _TEMPLATE),
        operands=(1, 1),
    ),
}
