"""What there is, how full it is, how it is configured, and what can be done."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from traitlets import TraitError

from jupyter_sandfs.config import SandFS
from jupyter_sandfs.errors import InvalidRequest, SandfsError
from jupyter_sandfs.kernel.answers import Answer, text_table
from jupyter_sandfs.kernel.commands.command import Call, MagicCommand
from jupyter_sandfs.kernel.commands.principals import view_of
from jupyter_sandfs.kernel.display.bars import bars, measure
from jupyter_sandfs.kernel.display.page import table
from jupyter_sandfs.kernel.hints import did_you_mean
from jupyter_sandfs.kernel.output import counted, human_size
from jupyter_sandfs.sandbox import Sandbox
from jupyter_sandfs.shell.branches import MAIN
from jupyter_sandfs.shell.options import Option

_SWITCHES = {"on": True, "yes": True, "true": True, "1": True, "off": False, "no": False, "false": False, "0": False}
CHANGEABLE = (
    *("changes", "check", "rich"),
    *("host_allow_unisolated", "host_env", "host_memory", "host_processes", "host_seconds"),
    *("python_memory", "python_seconds"),
)
"""Settings that count from the next cell on; the others say where things are kept, and belong in a configuration."""


_STAY = "the tree browser, requests over HTTP, views, save, load and fork"


def _status(call: Call) -> str:
    sandbox, stats = call.sandbox, call.fs.stats()
    how = "%sandfs save, %sandfs export / DIRECTORY, or %sandfs publish FILE"
    advice = "" if sandbox.durable else f". To keep files: {how}"
    others = len(Sandbox.names()) - 1
    more = f"  {counted(others, 'other sandbox', 'other sandboxes')}: %sandfs list\n" if others else ""
    branch = sandbox.shell.branch
    aside = f"  on branch '{branch}': {_STAY} stay on {MAIN} (%sandfs branch switch {MAIN})\n" if branch != MAIN else ""
    return (
        f"sandbox '{sandbox.name}': {counted(stats.file_count, 'file')}, "
        f"{human_size(stats.total_size)} of {human_size(sandbox.fs.limits.total_bytes)}; working directory "
        f"{sandbox.shell.cwd}\n"
        f"{aside}"
        f"  {sandbox.kept}{advice}\n"
        f"  staging store: {_store_status(sandbox)}\n"
        f"{more}"
        "  %sandfs help lists the commands, %sandfs browse shows the tree\n"
    )


def _store_status(sandbox: Sandbox) -> str:
    try:
        usage = sandbox.files.usage()
    except (SandfsError, OSError) as error:  # the sandbox itself works without its store
        return f"not available ({error})"
    size = f"{human_size(usage.total_bytes)} of {human_size(usage.max_total_bytes)}"
    return f"{counted(usage.file_count, 'file')}, {size}"


def _stats(call: Call) -> Answer:
    told = measure(call.fs)
    text, html = bars(told, call.sandbox.name)
    return Answer(text=text, html=html, data=told)


def _browse(call: Call) -> Any:
    path, view = call.path((*call.arguments.operands, ".")[0]), call.arguments.options.get("view")
    seen = call.sandbox.fs if view is None else view_of(call, view).fs
    seen.stat(path)
    if view is None and call.sandbox.shell.branch != MAIN:
        sys.stderr.write(f"the tree browser shows {MAIN}, not the branch '{call.sandbox.shell.branch}'\n")
    return call.sandbox.browse(path, view=view)


# ---------------------------------------------------------------- settings


def _config(call: Call) -> Answer:
    asked = [[part.strip() for part in each.partition("=")] for each in call.arguments.operands]
    settings = call.notebook.settings
    before = {name: _known(settings, name) for name, _, _ in asked}
    try:
        for name, equals, value in asked:
            if equals:
                _set(settings, name, value)
    except InvalidRequest:
        for name, earlier in before.items():
            setattr(settings, name, earlier)
        raise
    if asked:
        call.notebook.apply()
    shown = {name: getattr(settings, name) for name in (before or CHANGEABLE)}
    rows = [[name, _shown(value), " ".join(settings.traits()[name].help.split())] for name, value in shown.items()]
    page = table(["setting", "value", "what it does"], rows)
    return Answer(text=text_table([row[:2] for row in rows]), html=page, data=shown)


def _known(settings: SandFS, name: str) -> Any:
    """The value of a setting that can be changed. Raises InvalidRequest."""
    if name not in CHANGEABLE:
        hint = did_you_mean(name, CHANGEABLE) or f"; there are: {', '.join(CHANGEABLE)}"
        raise InvalidRequest(f"no setting '{name}' can be changed here{hint}")
    return getattr(settings, name)


def _set(settings: SandFS, name: str, value: str) -> None:
    trait = settings.traits()[name]
    is_switch = isinstance(getattr(settings, name), bool)
    if is_switch and value.lower() not in _SWITCHES:
        raise InvalidRequest(f"{name} is on or off, not '{value}'")
    try:
        setattr(settings, name, _SWITCHES[value.lower()] if is_switch else trait.from_string(value))
    except (TraitError, ValueError):
        least = getattr(trait, "min", None)
        bound = "" if least is None else f" of at least {least}"
        raise InvalidRequest(f"{name} is a number{bound}, not '{value}'") from None


def _shown(value: object) -> str:
    return ("on" if value else "off") if isinstance(value, bool) else str(value)


# ---------------------------------------------------------------- help


def helping(tables: Callable[[], tuple[Mapping[str, MagicCommand], ...]]) -> MagicCommand:
    """The command that describes the magic's commands, which `tables` gives, beside those of the shell."""

    def run(call: Call) -> Any:
        names = call.arguments.operands
        if not names:
            return overview(*tables()) + call.sandbox.run("help").stdout
        ours = {name: _own(name, *tables()) for name in names}
        others = [name for name in names if not ours[name] or name in call.sandbox.shell.commands]
        told = "\n".join(each.describe() for name in names for each in ours[name])
        if not others:
            return told
        result = call.sandbox.run(shlex.join(["help", *others]))
        return replace(result, stdout="\n".join(text for text in (result.stdout, told) if text))

    return MagicCommand(
        usage="%sandfs help [COMMAND...]", help="List all commands, or describe some.", run=run, operands=(0, 100)
    )


def _own(name: str, *tables: Mapping[str, MagicCommand]) -> list[MagicCommand]:
    """The magic's commands that begin with a word."""
    return [each for table in tables for command, each in table.items() if command.partition(" ")[0] == name]


def overview(*tables: Mapping[str, MagicCommand]) -> str:
    """The commands that the magic adds to the shell's."""
    rows = [f"  {each.usage}\n      {each.help}\n" for table in tables for each in table.values()]
    return (
        f"Magics\n{''.join(rows)}"
        "  %sandfs LINE\n      Run a line in the sandbox's shell.\n"
        "  %%sandfs LINE\n      The same, with the cell's body as its standard input.\n"
        "  %sandfs [-o NAME] [--json] [--check] ...[;]\n"
        "      Before any command: into a Python name; all as JSON; a failure is an error. A ; at the end: quiet.\n\n"
    )


COMMANDS = {
    "": MagicCommand(usage="%sandfs", help="Say what there is.", run=_status),
    "browse": MagicCommand(
        usage="%sandfs browse [--view NAME] [PATH]",
        help="Show the tree browser; with --view, bound to what this view sees.",
        run=_browse,
        options=(Option("", "show what the view of this name sees, and nothing else", word="view", value="NAME"),),
        operands=(0, 1),
    ),
    "config": MagicCommand(
        usage="%sandfs config [NAME=VALUE...]",
        help="Show settings, or change some until the kernel ends: changes=on tells after each cell what it changed.",
        run=_config,
        operands=(0, 100),
    ),
    "stats": MagicCommand(
        usage="%sandfs stats", help="Show how full the sandbox is, and what takes the most.", run=_stats
    ),
}
