"""`snapshot`: remember the whole tree under a name."""

from __future__ import annotations

from jupyter_sandfs.errors import InvalidRequest
from jupyter_sandfs.shell.command import Command, Invocation, Output


def _run(call: Invocation) -> Output:
    names = call.arguments.operands
    if len(names) > 1:
        raise InvalidRequest(f"extra operand '{names[1]}'")
    name = names[0] if names else _free_name({each.name or "" for each in call.fs.snapshots()})
    call.fs.snapshot(name)
    return Output(f"{name}\n")


def _free_name(taken: set[str]) -> str:
    number = len(taken) + 1
    while f"s{number}" in taken:
        number += 1
    return f"s{number}"


SNAPSHOT = Command(
    name="snapshot",
    usage="[NAME]",
    help="Remember the tree as it is now, under NAME or the next free of s1, s2, …; print the name.",
    run=_run,
    options=(),
)
