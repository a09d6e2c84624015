"""Which files `rg` passes over: hidden ones, and what .gitignore, .ignore and .rgignore say."""

from __future__ import annotations

from dataclasses import dataclass, field

from jupyter_sandfs import paths
from jupyter_sandfs.errors import PathError
from jupyter_sandfs.shell.search.globs import Rules, rules_of
from jupyter_sandfs.vfs.interface import FileSystem

_ALWAYS = (".rgignore", ".ignore")  # the first says more than the second, and both more than git's
_GIT = ".gitignore"


@dataclass(slots=True)
class Ignoring:
    """The rules on the way from the root to where the search is; git's count only inside a repository.

    Attributes:
        everywhere: git's files count outside of repositories, too.
    """

    fs: FileSystem
    everywhere: bool = False
    _rules: dict[str, tuple[tuple[str, Rules], ...]] = field(default_factory=dict)
    _in_repository: dict[str, bool] = field(default_factory=dict)

    def enter(self, directory: str) -> None:
        """Read the rules of a directory, and of those above it."""
        for each in (*paths.ancestors(directory), directory):
            if each not in self._rules:
                self._read(each)

    def ignores(self, path: str, *, is_dir: bool) -> bool:
        """Say whether the rules tell to pass over a path whose directory was entered."""
        for kind in (*_ALWAYS, _GIT):
            decision = self._decide(kind, path, is_dir=is_dir)
            if decision is not None:
                return decision
        return False

    def _decide(self, kind: str, path: str, *, is_dir: bool) -> bool | None:
        """What the files of one name say; the nearest one that says anything."""
        at = paths.parent(path)
        while True:
            for name, rules in self._rules.get(at, ()):
                if name == kind:
                    decision = rules.decide(paths.relative_to(path, at).encode(), is_dir=is_dir)
                    if decision is not None:
                        return decision
            if paths.is_root(at) or (kind == _GIT and self._is_repository(at)):
                return None
            at = paths.parent(at)

    def _read(self, directory: str) -> None:
        above = not paths.is_root(directory) and self._in_repository.get(paths.parent(directory), False)
        self._in_repository[directory] = above or self._is_repository(directory)
        names = [*_ALWAYS, *([_GIT] if self._in_repository[directory] or self.everywhere else [])]
        found = [(name, self._rules_in(directory, name)) for name in names]
        self._rules[directory] = tuple((name, rules) for name, rules in found if rules.rules)

    def _rules_in(self, directory: str, name: str) -> Rules:
        text = self._text(paths.join(directory, name))
        if name == _GIT and self._is_repository(directory):
            text = f"{self._text(paths.join(directory, '.git/info/exclude'))}\n{text}"
        return rules_of(text)

    def _text(self, path: str) -> str:
        try:
            return self.fs.read_text(path)
        except (PathError, UnicodeDecodeError):
            return ""

    def _is_repository(self, directory: str) -> bool:
        return self.fs.exists(paths.join(directory, ".git"))
