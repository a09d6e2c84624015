"""Which files `rg` passes over: hidden ones, and what .gitignore, .ignore and .rgignore say."""

from __future__ import annotations

from dataclasses import dataclass, field

from jupyter_sandfs import paths
from jupyter_sandfs.errors import PathError
from jupyter_sandfs.shell.search.globs import Rules, rules_of
from jupyter_sandfs.vfs.interface import FileSystem

_ALWAYS = (".rgignore", ".ignore")  # the first says more than the second, and both more than git's
_GIT = ".gitignore"


Layer = tuple[int, Rules]
"""Rules, and where in a path the part begins that they are about."""


@dataclass(slots=True)
class Ignoring:
    """The rules on the way from the root to where the search is; git's count only inside a repository.

    Attributes:
        everywhere: git's files count outside of repositories, too.
    """

    fs: FileSystem
    everywhere: bool = False
    _layers: dict[str, dict[str, tuple[Layer, ...]]] = field(default_factory=dict)
    _in_repository: dict[str, bool] = field(default_factory=dict)

    def enter(self, directory: str) -> None:
        """Read the rules of a directory, and of those above it."""
        for each in (*paths.ancestors(directory), directory):
            if each not in self._layers:
                self._read(each)

    def ignores(self, path: str, *, is_dir: bool) -> bool:
        """Say whether the rules tell to pass over a normal path whose directory was entered."""
        for layers in self._layers[path.rpartition("/")[0] or paths.ROOT].values():
            for start, rules in layers:
                decision = rules.decide(path[start:].encode(), is_dir=is_dir)
                if decision is not None:
                    return decision
        return False

    def _read(self, directory: str) -> None:
        """Put the rules of a directory before those of the one above: the nearest that says anything counts."""
        is_root, above = paths.is_root(directory), paths.parent(directory)
        is_repository = self.fs.exists(paths.join(directory, ".git"))
        self._in_repository[directory] = is_repository or (not is_root and self._in_repository[above])
        start = 1 if is_root else len(directory) + 1
        layers: dict[str, tuple[Layer, ...]] = {}
        for name in (*_ALWAYS, _GIT):
            inherited = () if is_root or (name == _GIT and is_repository) else self._layers[above].get(name, ())
            rules = self._rules_in(directory, name, is_repository=is_repository)
            if rules.rules or inherited:
                layers[name] = (*([(start, rules)] if rules.rules else ()), *inherited)
        self._layers[directory] = layers

    def _rules_in(self, directory: str, name: str, *, is_repository: bool) -> Rules:
        if name == _GIT and not (self._in_repository[directory] or self.everywhere):
            return Rules(())
        text = self._text(paths.join(directory, name))
        if name == _GIT and is_repository:
            text = f"{self._text(paths.join(directory, '.git/info/exclude'))}\n{text}"
        return rules_of(text)

    def _text(self, path: str) -> str:
        try:
            return self.fs.read_text(path)
        except (PathError, UnicodeDecodeError):
            return ""
