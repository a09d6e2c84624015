"""`branch`: try something out on a fork, and merge it or forget it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from jupyter_sandfs.errors import AlreadyExists, InvalidRequest, MergeConflict, NotFound
from jupyter_sandfs.shell.branches import ACTIONS
from jupyter_sandfs.shell.command import Command, Invocation, Output
from jupyter_sandfs.shell.commands.changes import row
from jupyter_sandfs.shell.options import Option
from jupyter_sandfs.vfs.merging import OnConflict


def _run(call: Invocation) -> Output:
    first, *rest = call.arguments.operands or ("list",)
    action, names = (first, rest) if first in ACTIONS else ("create", [first, *rest])
    if len(names) != (action != "list"):
        raise InvalidRequest("the name of one branch is needed" if not names else f"extra operand '{names[-1]}'")
    try:
        return _ACTIONS[action](call, *names)
    except NotFound as problem:
        return Output(stderr=f"branch: no branch '{problem.path}' (see: branch)\n", exit_code=1)
    except AlreadyExists as problem:
        return Output(stderr=f"branch: there is a branch '{problem.path}'\n", exit_code=1)


def _list(call: Invocation) -> Output:
    branches = call.around.branches
    return Output("".join(f"{'*' if name == branches.name else ' '} {name}\n" for name in branches.names))


def _create(call: Invocation, name: str) -> Output:
    call.around.branches.create(name)
    return Output()


def _switch(call: Invocation, name: str) -> Output:
    call.around.branches.switch(name)
    return Output()


def _merge(call: Invocation, name: str) -> Output:
    how = call.arguments.options.get("conflicts", OnConflict.REFUSE)
    try:
        merged = call.around.branches.merge(name, conflicts=how)
    except MergeConflict as problem:
        return Output(stderr=f"branch: {problem} (see --conflicts)\n", exit_code=1)
    settled = "".join(f"branch: both sides changed: {path} (settled: {how})\n" for path in merged.conflicts)
    return Output("".join(row(each) for each in merged.changes), settled)


def _delete(call: Invocation, name: str) -> Output:
    call.around.branches.delete(name)
    return Output()


_ACTIONS: Mapping[str, Callable[..., Output]] = {
    "list": _list,
    "create": _create,
    "switch": _switch,
    "merge": _merge,
    "delete": _delete,
}

BRANCH = Command(
    name="branch",
    usage="[NAME | switch NAME | merge [--conflicts HOW] NAME | delete NAME]",
    help="List the branches; fork the files as NAME, work there with this shell, bring its changes here, or forget it.",
    run=_run,
    options=(Option("", f"where both sides changed: {', '.join(OnConflict)}", word="conflicts", value="HOW"),),
)
