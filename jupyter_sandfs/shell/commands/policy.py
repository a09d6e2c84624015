"""`policy`: what may be done with a file or a directory; the owner sets it here, too."""

from __future__ import annotations

from dataclasses import replace

from jupyter_sandfs.errors import InvalidRequest, SandfsError
from jupyter_sandfs.shell.command import Command, Invocation, Output, reason
from jupyter_sandfs.shell.options import Option
from jupyter_sandfs.vfs.policy import NodePolicy


def _run(call: Invocation) -> Output:
    if not call.arguments.operands:
        raise InvalidRequest("a file or directory is needed")
    lines, complaints = [], []
    for operand in call.arguments.operands:
        try:
            lines.append(_one(call, operand))
        except (SandfsError, OSError) as problem:
            complaints.append(f"policy: {operand}: {reason(problem)}\n")
    return Output("".join(lines), "".join(complaints), bool(complaints))


def _one(call: Invocation, operand: str) -> str:
    path = call.path(operand)
    call.stat(operand)
    if call.arguments.options:
        call.fs.set_policy(path, _asked(call, path))
    return f"{operand}: {_told(call.fs.get_policy(path))}\n"


def _asked(call: Invocation, path: str) -> NodePolicy | None:
    """The policy in force, changed as the options say; None lets that of the directory above rule again."""
    if "clear" in call.arguments:
        return None
    policy = call.fs.get_policy(path)
    for key, _ in call.arguments.given:
        match key:
            case "read-only":
                policy = replace(policy, writable=False)
            case "writable":
                policy = replace(policy, writable=True, append_only=False)
            case "append-only":
                policy = replace(policy, writable=True, append_only=True)
            case "label":
                policy = replace(policy, visibility=call.arguments.options["label"])
            case "for":
                policy = replace(policy, principals=frozenset(call.arguments.every("for")))
    return policy


def _told(policy: NodePolicy) -> str:
    """In words; who else may see a node is not told."""
    writing = "append-only" if policy.append_only else "writable" if policy.writable else "read-only"
    return f"{'' if policy.readable else 'not readable, '}{writing}, label {policy.visibility}"


POLICY = Command(
    name="policy",
    usage="[OPTION]... FILE...",
    help="Show what may be done with each FILE, or set it; a directory's policy rules what is in it.",
    run=_run,
    options=(
        Option("", "it can only grow", word="append-only"),
        Option("", "the directory above rules it again", word="clear"),
        Option("", "only views of this principal see it; may be given again", word="for", value="WHO"),
        Option("", "the label that views go by", word="label", value="NAME"),
        Option("", "it cannot change", word="read-only"),
        Option("", "it can change", word="writable"),
    ),
)
