"""Why a view does not see a path: for the owner, who sees everything, and never for the view itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from jupyter_sandfs import paths
from jupyter_sandfs.errors import NotADirectory, NotFound, TooManyLinks
from jupyter_sandfs.vfs.interface import FileSystem
from jupyter_sandfs.vfs.policy import NodePolicy
from jupyter_sandfs.vfs.views.view import View, ViewRule, VisibilityView


@dataclass(frozen=True, slots=True)
class Explained:
    """Whether a path is to be seen.

    Attributes:
        hidden_by: the node that the rule hides: the path itself, a directory above it, or what a link leads to.
        reason: in words; of a path that is to be seen, too.
    """

    path: str
    visible: bool
    hidden_by: str | None
    reason: str


def explain(view: FileSystem, path: str) -> Explained:
    """Say what hides a path from a view, the topmost directory first."""
    where = paths.normalize(path)
    for seen in _stacked(view):
        for place in _places(seen.base, where):
            reason = _hidden(seen, place)
            if reason:
                return Explained(where, visible=False, hidden_by=place, reason=reason)
    if view.get_entry(where) is None:
        return Explained(where, visible=False, hidden_by=None, reason="nothing is there")
    return Explained(where, visible=True, hidden_by=None, reason="nothing hides it")


def _stacked(view: FileSystem) -> Iterator[View]:
    """The view and those below it, the lowest first: what it hides, the others never see."""
    below = getattr(view, "base", None)
    if below is not None:
        yield from _stacked(below)
    if isinstance(view, View):
        yield view


def _places(fs: FileSystem, path: str) -> list[str]:
    """What has to be visible for a path: all above it, itself, and the same of what its links lead to."""
    found = [*paths.ancestors(path), path]
    try:
        target = fs.resolve(path)
    except (NotFound, NotADirectory, TooManyLinks):
        return found
    return list(dict.fromkeys([*found, *paths.ancestors(target), target]))


def _hidden(view: View, path: str) -> str:
    """What the rule has against one node; empty for nothing."""
    found = view.base.inspect(path)
    if found is None or view.rule.allows(path, found.policy, found.metadata):
        return ""
    return _reason(view.rule, path, found.policy, found.metadata)


def _reason(rule: ViewRule, path: str, policy: NodePolicy, metadata: Mapping[str, Any]) -> str:
    if not isinstance(rule, VisibilityView):
        return f"the rule {type(rule).__name__} does not let it through"
    if policy.principals and not policy.principals & rule.principals:
        return f"it is for {_listed(policy.principals)}, and the view is {_listed(rule.principals) or 'nobody'}"
    if not policy.principals and rule.allowed is not None and policy.visibility not in rule.allowed:
        return f"its label is {policy.visibility!r}, and the view is shown {_listed(rule.allowed) or 'none'}"
    if not VisibilityView(prefixes=rule.prefixes).allows(path, policy, {}):
        return f"it is outside of {_listed(rule.prefixes)}"
    differs = [key for key, value in rule.metadata.items() if key in metadata and metadata[key] != value]
    return f"its metadata differs: {_listed(differs)}"


def _listed(names: Any) -> str:
    return ", ".join(repr(each) for each in sorted(names))
