"""`help`: the commands, from their own data."""

from __future__ import annotations

from jupyter_sandfs.shell.command import Command, Invocation, Output

ENGINE = """\
awk base64 basename bc cat column comm csv cut dd dirname echo env expr file find fold gzip head iconv jq join
md5sum mktemp nl numfmt od paste patch pr printenv printf readlink rev rmdir sed sha256sum shuf sort split
strings tac tail tar tee test timeout tr truncate uniq unzip wc which xargs xxd yes yq zip"""
"""Names worth knowing of the engine's about 190 commands."""

_COLUMN = 30  # characters for a synopsis; a longer one has its help below


def _run(call: Invocation) -> Output:
    names, commands = call.arguments.operands, call.around.commands
    if not names:
        return Output(_overview(list(commands.values())))
    unknown = [name for name in names if name not in commands]
    text = "\n".join(commands[name].describe() for name in names if name in commands)
    complaints = [f"help: no help for '{name}' (the engine's own: {name} --help)\n" for name in unknown]
    return Output(text, "".join(complaints), bool(unknown))


def _overview(commands: list[Command]) -> str:
    rows = [_row(each) for each in sorted(commands, key=lambda each: each.name)]
    return f"Commands of the sandbox (more with: help NAME)\n{''.join(rows)}\nAlso bash itself, and\n{ENGINE}\n"


def _row(command: Command) -> str:
    gap = " " if len(command.synopsis) <= _COLUMN else "\n" + " " * (_COLUMN + 3)
    return f"  {command.synopsis:<{_COLUMN}}{gap}{command.help}\n"


HELP = Command(name="help", usage="[NAME...]", help="List the commands, or describe some.", run=_run, options=())
