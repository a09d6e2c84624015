"""What may stand at the cursor of a `%sandfs` line: commands, options, paths, keys and names."""

from __future__ import annotations

import heapq
import os
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from jupyter_sandfs import paths
from jupyter_sandfs.errors import SandfsError
from jupyter_sandfs.kernel.commands import CELL_COMMANDS, LINE_COMMANDS, find
from jupyter_sandfs.kernel.commands.status import CHANGEABLE
from jupyter_sandfs.kernel.lines import GENERAL
from jupyter_sandfs.kernel.words import Words, read_words, spelled
from jupyter_sandfs.sandbox import Sandbox
from jupyter_sandfs.shell.commands.help import ENGINE
from jupyter_sandfs.shell.options import HELP, Option
from jupyter_sandfs.shell.shell import SandboxShell

MOST = 200  # candidates
_STORE_SECONDS = 1.0
_BUILTINS = ("cd", "exit", "export", "for", "if", "pwd", "read", "set", "source", "test", "unset", "while")


class Candidate(NamedTuple):
    """One completion; `kind` is shown beside it."""

    text: str
    kind: str


@dataclass(frozen=True, slots=True)
class _Place:
    """Where the cursor is.

    Attributes:
        shell: whose directory and file system count.
        cell: the line is the first of a cell.
        names: the person's names in Python.
    """

    sandbox: Sandbox
    shell: SandboxShell
    words: Words
    cell: bool = False
    names: Iterable[str] = ()

    @property
    def operands(self) -> list[str]:
        """The words behind the command that are no options."""
        return [each for each in self.words.done[1:] if not each.startswith("-")]


class Completions(NamedTuple):
    """What the cursor's word may become; `fragment` is the word as it was typed."""

    fragment: str
    candidates: list[Candidate]


def complete(text: str, *, cell: bool = False, script: bool = False, names: Iterable[str] = ()) -> Completions:
    """Complete what follows `%sandfs`, up to the cursor.

    Args:
        cell: it follows `%%sandfs`.
        script: it is a line of a script: only the shell's commands count.
        names: the person's names in Python, for `{name}`.
    """
    sandbox = Sandbox.current()
    words = read_words(text)
    place = _Place(sandbox, sandbox.shell, words, cell, names)
    found = _in_braces(place) or (_general(place) if words.first and not script else None)
    if found is None:
        found = _candidates(place, magics=words.first and not script)
    return Completions(words.raw, found[:MOST])


def _in_braces(place: _Place) -> list[Candidate]:
    head, brace, begun = place.words.raw.rpartition("{")
    if not brace or not (begun == "" or begun.isidentifier()) or head.endswith("$"):
        return []
    known = sorted(each for each in place.names if each.startswith(begun) and not each.startswith("_"))
    return [Candidate(f"{head}{{{each}}}", "name") for each in known]


def _general(place: _Place) -> list[Candidate] | None:
    """Complete the options before any command, after taking off those that are there; None for what follows."""
    done = place.words.done
    while done and (done[0] in GENERAL or done[0] == "-o"):
        takes = 2 if done[0] in {"-o", "--out"} else 1
        if len(done) < takes:
            return []  # the name of a result is the person's to choose
        del done[:takes]
    if done or not place.words.plain.startswith("-"):
        return None
    return _matching(place.words, GENERAL, "option")


def _candidates(place: _Place, *, magics: bool) -> list[Candidate]:
    words = place.words
    if words.redirected:
        return _paths(place)
    if not words.done:
        return _commands(place, magics=magics)
    name, used = _command(place, magics=magics)
    if name == "as" and magics and words.done[1:]:
        return _as_principal(place)
    if words.plain.startswith("-"):
        return _options(place, name, magics=magics)
    if words.done[-1] in _VALUES:
        return _VALUES[words.done[-1]](place)
    return _ARGUMENTS.get(name if magics else "", _SHELL_ARGUMENTS.get(name, _paths))(_behind(place, used))


def _behind(place: _Place, used: int) -> _Place:
    """The place as seen behind a command of two words."""
    if used == 1:
        return place
    words = place.words
    shorter = Words(words.done[used - 1 :], words.raw, words.plain, words.quote, words.first, words.redirected)
    return _Place(place.sandbox, place.shell, shorter, place.cell, place.names)


def _command(place: _Place, *, magics: bool) -> tuple[str, int]:
    """The command that the cursor is in, and of how many words it is."""
    table = CELL_COMMANDS if place.cell else LINE_COMMANDS
    two = " ".join(place.words.done[:2])
    if len(place.words.done) > 1 and ((magics and two in table) or two in _SHELL_ARGUMENTS):
        return two, 2
    return place.words.done[0], 1


def _as_principal(place: _Place) -> list[Candidate]:
    """Complete the line of another principal, with what that one sees."""
    try:
        shell = place.sandbox.view_named(place.words.done[1]).shell
    except SandfsError:
        return []
    words = place.words
    inner = Words(words.done[2:], words.raw, words.plain, words.quote, first=False, redirected=words.redirected)
    return _candidates(_Place(place.sandbox, shell, inner), magics=False)


# ---------------------------------------------------------------- commands and options


def _commands(place: _Place, *, magics: bool) -> list[Candidate]:
    ours = (CELL_COMMANDS if place.cell else LINE_COMMANDS) if magics else {}
    own = {name.split()[0]: "magic" for name in ours if name}
    others = dict.fromkeys((*place.shell.commands, *ENGINE.split(), *_BUILTINS), "command")
    known = others | own
    return [Candidate(name, known[name]) for name in sorted(known) if name.startswith(place.words.plain)]


def _options(place: _Place, name: str, *, magics: bool) -> list[Candidate]:
    table = CELL_COMMANDS if place.cell else LINE_COMMANDS
    options: Sequence[Option] = ()
    if magics and (found := find(table, name)[0]) is not None:
        options = found.options
    elif name in place.shell.commands:
        options = place.shell.commands[name].options or ()
    spellings = [f"--{each.word}" for each in (*options, HELP) if each.word]
    spellings += [f"-{each.letter}" for each in options if each.letter and each.help]
    return _matching(place.words, sorted(spellings), "option")


def _matching(words: Words, known: Iterable[str], kind: str) -> list[Candidate]:
    return [Candidate(spelled(each, words), kind) for each in known if each.startswith(words.plain)][:MOST]


# ---------------------------------------------------------------- what a command works on


def _paths(place: _Place) -> list[Candidate]:
    """Names in the directory that was typed so far, the first 200 in order; directories end in a slash."""
    head, slash, begun = place.words.plain.rpartition("/")
    fs = place.shell.fs
    with suppress(SandfsError):
        directory = paths.normalize(head + slash, place.shell.cwd)
        names = fs.listdir(directory)  # perhaps very many: one plain test for each
        names = [name for name in names if name.startswith(begun)] if begun else [n for n in names if n[:1] != "."]
        return [
            Candidate(spelled(head + slash + name + _end(place, paths.join(directory, name)), place.words), "path")
            for name in heapq.nsmallest(MOST, names)
        ]
    return []


def _end(place: _Place, path: str) -> str:
    return "/" if place.shell.fs.is_dir(path) else ""


def _host_paths(place: _Place) -> list[Candidate]:
    """Names on this machine."""
    head, slash, begun = place.words.plain.rpartition("/")
    found: list[str] = []
    with suppress(OSError, RuntimeError, ValueError), os.scandir(Path(head + slash or ".").expanduser()) as entries:
        named = ((each.name, each.is_dir()) for each in entries if each.name.startswith(begun))
        found = heapq.nsmallest(MOST, (name + "/" * is_dir for name, is_dir in named if begun or name[0] != "."))
    return [Candidate(spelled(head + slash + each, place.words), "path") for each in found]


def _keys(place: _Place) -> list[Candidate]:
    """Keys of the staging store, which may be far away."""
    begun = place.words.plain
    prefix = begun if "/" in begun else f"files/{begun}"
    found = _told_in_time(lambda: (each.key for each in place.sandbox.files.list(prefix, limit=MOST).items))
    shown = found if "/" in begun else [key.removeprefix("files/") for key in found]
    return _matching(place.words, shown, "key")


def _saved(place: _Place) -> list[Candidate]:
    """Names under which the sandbox was saved."""
    return _matching(place.words, _told_in_time(lambda: (each.name for each in place.sandbox.saved())), "saved")


def _told_in_time(ask: Callable[[], Iterable[str]]) -> list[str]:
    """What a store tells within a second, in a thread of its own; nothing if it fails."""
    found: list[str] = []

    def work() -> None:
        with suppress(Exception):  # a store that fails completes nothing
            found.extend(ask())

    asking = threading.Thread(target=work, name="sandfs-completion", daemon=True)
    asking.start()
    asking.join(_STORE_SECONDS)
    return list(found)


def _snapshots(place: _Place) -> list[Candidate]:
    return _matching(place.words, [each.name or "" for each in place.shell.fs.snapshots()], "snapshot")


def _branches(place: _Place) -> list[Candidate]:
    return _matching(place.words, place.shell.branches, "branch")


def _sandboxes(place: _Place) -> list[Candidate]:
    return _matching(place.words, Sandbox.names(), "sandbox")


def _views(place: _Place) -> list[Candidate]:
    return _matching(place.words, place.sandbox.views, "view")


def _known_commands(place: _Place) -> list[Candidate]:
    known = {name.split()[0] for name in (*LINE_COMMANDS, *CELL_COMMANDS) if name} | set(place.shell.commands)
    return _matching(place.words, sorted(known), "command")


def _settings(place: _Place) -> list[Candidate]:
    name, equals, begun = place.words.plain.partition("=")
    if equals:
        return [Candidate(f"{name}={each}", "setting") for each in ("on", "off") if each.startswith(begun)]
    return _matching(place.words, [f"{each}=" for each in CHANGEABLE], "setting")


def _expressions(place: _Place) -> list[Candidate]:
    return _matching(place.words, sorted(each for each in place.names if not each.startswith("_")), "name")


def _watches(place: _Place) -> list[Candidate]:
    return [] if "--stop" in place.words.done else _paths(place)


def _at(*choices: Callable[[_Place], list[Candidate]]) -> Callable[[_Place], list[Candidate]]:
    """Another choice for each operand; the last one for all that follow."""

    def choose(place: _Place) -> list[Candidate]:
        return choices[min(len(place.operands), len(choices) - 1)](place)

    return choose


def _words(*known: str) -> Callable[[_Place], list[Candidate]]:
    return lambda place: _matching(place.words, known, "action")


_ARGUMENTS: Mapping[str, Callable[[_Place], list[Candidate]]] = {
    "as": _views,
    "config": _settings,
    "drop": _sandboxes,
    "export": _at(_paths, _host_paths),
    "files download": _at(_keys, _host_paths),
    "files upload": _host_paths,
    "help": _known_commands,
    "import": _at(_host_paths, _paths),
    "load": _saved,
    "merge": _sandboxes,
    "mount": _at(_paths, _expressions),
    "use": _sandboxes,
    "view": _views,
    "watch": _watches,
    "why": _at(_views, _paths),
}
_SHELL_ARGUMENTS: Mapping[str, Callable[[_Place], list[Candidate]]] = {
    "branch": _words("switch", "merge", "delete"),
    "branch delete": _branches,
    "branch merge": _branches,
    "branch switch": _branches,
    "changes": _snapshots,
    "files": _words("list", "info", "versions", "restore", "delete", "upload", "download"),
    "files delete": _keys,
    "files info": _keys,
    "files list": _keys,
    "files restore": _keys,
    "files versions": _keys,
    "restore": _snapshots,
    "stage": _at(_keys, _paths),
}
_VALUES: Mapping[str, Callable[[_Place], list[Candidate]]] = {
    "--delete": _saved,
    "--key": _keys,
    "--prefix": _paths,
    "--sandbox": _sandboxes,
    "--view": _views,
}
