"""Rules that say what a view shows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from jupyter_sandfs import paths
from jupyter_sandfs.errors import InvalidRequest
from jupyter_sandfs.vfs.policy import NodePolicy


class ViewRule(Protocol):
    """Decides what a view shows.

    A rule may also have `covers(directory, policy)`: it says that all nodes right in a directory which have no policy
    or metadata of their own, so that this policy rules them, are to be seen. Its answers, and those of `allows`, then
    depend on the arguments alone. Views remember decisions only for such rules, and ask any other one each time.
    """

    def allows(self, path: str, policy: NodePolicy, metadata: Mapping[str, Any]) -> bool:
        """Say whether the node at `path`, with this policy in force, is to be seen."""
        ...


def checked(rule: ViewRule) -> ViewRule:
    """Give the rule. Raises InvalidRequest for what is none, such as the labels alone."""
    if not callable(getattr(rule, "allows", None)):
        raise InvalidRequest(f"a view needs a rule, such as VisibilityView({{'public'}}), not {type(rule).__name__}")
    return rule


def _each(name: str, given: Iterable[str]) -> Iterable[str]:
    if isinstance(given, str):  # else it would be taken letter by letter
        raise InvalidRequest(f"{name} are several, such as {{{given!r:.50}}}, not one text")
    return given


@dataclass(frozen=True, slots=True, init=False)
class VisibilityView:
    """Shows nodes by label, principal, place and metadata; what is not asked for does not matter.

    Args:
        allowed: labels (`NodePolicy.visibility`) to show; None shows all.
        principals: names that a node which names principals must name one of.
        prefixes: directories to show, with all above them.
        metadata: what a node's metadata must equal, where it has any of these keys.
    """

    allowed: frozenset[str] | None = None
    principals: frozenset[str] = frozenset()
    prefixes: tuple[str, ...] = ()
    metadata: Mapping[str, Any] = field(default_factory=dict)

    def __init__(
        self,
        allowed: Iterable[str] | None = None,
        *,
        principals: Iterable[str] = (),
        prefixes: Iterable[str] = (),
        metadata: Mapping[str, Any] | None = None,
    ) -> None:
        object.__setattr__(self, "allowed", None if allowed is None else frozenset(_each("allowed", allowed)))
        object.__setattr__(self, "principals", frozenset(_each("principals", principals)))
        object.__setattr__(self, "prefixes", tuple(paths.normalize(prefix) for prefix in _each("prefixes", prefixes)))
        object.__setattr__(self, "metadata", dict(metadata or {}))

    def allows(self, path: str, policy: NodePolicy, metadata: Mapping[str, Any]) -> bool:
        return self._labelled(policy) and self._placed(path) and self._described(metadata)

    def covers(self, directory: str, policy: NodePolicy) -> bool:
        """Say whether all that is right in a directory, and has no rules of its own, is to be seen."""
        placed = not self.prefixes or any(paths.is_within(directory, prefix) for prefix in self.prefixes)
        return placed and self._labelled(policy)

    def _labelled(self, policy: NodePolicy) -> bool:
        if policy.principals:
            return bool(policy.principals & self.principals)
        return self.allowed is None or policy.visibility in self.allowed

    def _placed(self, path: str) -> bool:
        return not self.prefixes or any(
            paths.is_within(path, prefix) or paths.is_within(prefix, path) for prefix in self.prefixes
        )

    def _described(self, metadata: Mapping[str, Any]) -> bool:
        return all(metadata[key] == value for key, value in self.metadata.items() if key in metadata)


@dataclass(frozen=True, slots=True)
class AlsoNow:
    """The rule of a view of the past: what is hidden now was hidden then."""

    then: ViewRule
    shows: Callable[[str], bool]

    def allows(self, path: str, policy: NodePolicy, metadata: Mapping[str, Any]) -> bool:
        return self.then.allows(path, policy, metadata) and self.shows(path)
