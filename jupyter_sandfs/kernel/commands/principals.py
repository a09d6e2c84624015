"""Who sees what: named views, lines run as their principals, and why one does not see a path."""

from __future__ import annotations

from jupyter_sandfs.errors import InvalidRequest, NotFound
from jupyter_sandfs.kernel.answers import Answer, text_table
from jupyter_sandfs.kernel.commands.command import Call, MagicCommand
from jupyter_sandfs.kernel.display.page import table
from jupyter_sandfs.kernel.hints import did_you_mean
from jupyter_sandfs.shell.options import Option
from jupyter_sandfs.shell.results import ShellResult
from jupyter_sandfs.vfs.views.view import View, VisibilityView
from jupyter_sandfs.workplace import SandboxView


def _view(call: Call) -> Answer | str:
    if not call.arguments.operands:
        return _views(call)
    name = call.arguments.operands[0]
    if "drop" in call.arguments:
        view_of(call, name)
        call.sandbox.drop_view(name)
        return f"dropped view '{name}'\n"
    if not call.arguments.options:
        return f"{name}: {_described(view_of(call, name).fs)}\n"
    if not name.isidentifier():
        raise InvalidRequest(f"not a name for a view: '{name}' (letters, digits and _)")
    labels = call.arguments.every("label")
    rule = VisibilityView(
        labels or None,
        principals=call.arguments.every("principal"),
        prefixes=[call.path(each) for each in call.arguments.every("prefix")],
    )
    session = call.arguments.options.get("session")
    call.sandbox.view(rule, name=name, keys=call.arguments.every("key"), session=session)
    return f"{name}: {_described(call.sandbox.seen_by(name))}; try it: %sandfs as {name} tree\n"


def view_of(call: Call, name: str) -> SandboxView:
    """The view of a name. Raises InvalidRequest, which says what there is."""
    try:
        return call.sandbox.view_named(name)
    except NotFound:
        known = f" (there are: {', '.join(call.sandbox.views)})" if call.sandbox.views else ""
        advice = did_you_mean(name, call.sandbox.views) or f"; %sandfs view {name} --label LABEL makes one"
        raise InvalidRequest(f"no view '{name}'{known}{advice}") from None


def _views(call: Call) -> Answer:
    rows = [[name, _described(call.sandbox.seen_by(name))] for name in call.sandbox.views]
    data = [{"name": name, "shows": shows} for name, shows in rows]
    text = text_table(rows) or "no views yet: %sandfs view NAME --label LABEL makes one\n"
    return Answer(text=text, html=table(["view", "shows"], rows) if rows else "", data=data)


def _described(view: object) -> str:
    """What a view shows, in words; how much it hides is for `why`."""
    rule = view.rule if isinstance(view, View) else None
    if not isinstance(rule, VisibilityView):
        return f"what {type(rule or view).__name__} lets through"
    parts = [f"labels {', '.join(sorted(rule.allowed)) or 'none'}" if rule.allowed is not None else "every label"]
    parts += [f"as {', '.join(sorted(rule.principals))}"] if rule.principals else []
    parts += [f"below {', '.join(rule.prefixes)}"] if rule.prefixes else []
    return "; ".join(parts)


def _as(call: Call) -> ShellResult:
    if not call.rest:
        raise InvalidRequest("say what to run: %sandfs as NAME LINE")
    return view_of(call, call.arguments.operands[0]).run(call.rest)


def _as_cell(call: Call) -> ShellResult:
    return view_of(call, call.arguments.operands[0]).run(call.body)


def _why(call: Call) -> Answer:
    name, operand = call.arguments.operands
    view_of(call, name)
    told = call.sandbox.why(name, call.path(operand))
    if told.visible:
        text = f"{told.path}: '{name}' sees it: {told.reason}\n"
    elif told.hidden_by is None:
        text = f"{told.path}: {told.reason}, for anyone\n"
    else:
        where = "" if told.hidden_by == told.path else f" {told.hidden_by} is hidden:"
        text = f"{told.path}: '{name}' does not see it:{where} {told.reason}\n"
    data = {"path": told.path, "visible": told.visible, "hidden_by": told.hidden_by, "reason": told.reason}
    return Answer(text=text, data=data)


COMMANDS = {
    "view": MagicCommand(
        usage="%sandfs view [--label LABEL]... [--principal WHO]... [--prefix PATH]...\n"
        "           [--key KEY]... [--session ID] [--drop] [NAME]",
        help="Name a view, which shows only what fits all options; without options tell what it shows; list all.",
        run=_view,
        options=(
            Option("", "show what has this label (public, if nothing else was set)", word="label", value="LABEL"),
            Option("", "show what names this principal", word="principal", value="WHO"),
            Option("", "show only what is below this directory", word="prefix", value="PATH"),
            Option("", "let it read this stored file, or all below if it ends in a slash", word="key", value="KEY"),
            Option("", "let it store files in sessions/ID/", word="session", value="ID"),
            Option("", "forget the view", word="drop"),
        ),
        operands=(0, 1),
    ),
    "as": MagicCommand(
        usage="%sandfs as NAME LINE",
        help="Run a line in the shell of a view, which sees and reaches only what the view shows.",
        run=_as,
        operands=(1, 1),
        takes_rest=True,
    ),
    "why": MagicCommand(
        usage="%sandfs why NAME PATH",
        help="Say whether a view sees a path, and what hides it.",
        run=_why,
        operands=(2, 2),
    ),
}
CELLS = {
    "as": MagicCommand(
        usage="%%sandfs as NAME",
        help="Run the cell as a script in the shell of a view.",
        run=_as_cell,
        operands=(1, 1),
    ),
}
