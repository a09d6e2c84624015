"""A shell with fewer commands: what stays, how the rest answers, and why a script is then run by naming `bash`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from jupyter_sandfs import paths
from jupyter_sandfs.shell.command import Output
from jupyter_sandfs.shell.engine import CallFacts, Handler
from jupyter_sandfs.vfs.entries import DirEntry, Stat
from jupyter_sandfs.vfs.views.forwarding import Wrapper

_REFUSED = 126  # bash: found, but not to be run


def refusals(names: Iterable[str]) -> dict[str, Handler]:
    """Give what answers in place of these commands."""
    return dict.fromkeys(names, _refuse)


def offered(commands: Mapping[str, Handler]) -> set[str]:
    """The names of those commands that are not refused."""
    return {name for name, handler in commands.items() if handler is not _refuse}


def _refuse(facts: CallFacts) -> Output:
    return Output(stderr=f"{facts.name}: not allowed in this shell\n", exit_code=_REFUSED)


class NoPrograms(Wrapper):
    """A file system without executable files.

    The engine would run a script by the command that its first line names, past the refusals: it does not, where the
    file is not executable. `bash FILE` takes no notice of the first line.
    """

    def stat(self, path: str, *, follow: bool = True) -> Stat:
        return _plain(self.base.stat(path, follow=follow))

    def ls(self, path: str = paths.ROOT) -> list[DirEntry]:
        return [entry._replace(stat=_plain(entry.stat)) for entry in self.base.ls(path)]


def _plain(stat: Stat) -> Stat:
    return stat._replace(mode=stat.mode & ~0o111) if stat.is_file else stat
