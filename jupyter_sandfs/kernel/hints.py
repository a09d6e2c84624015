"""What the person may have meant, and what to do where there is nothing to show."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import islice

from jupyter_sandfs import paths
from jupyter_sandfs.errors import SandfsError
from jupyter_sandfs.kernel.lines import GENERAL
from jupyter_sandfs.sandbox import Sandbox
from jupyter_sandfs.shell.commands.help import ENGINE
from jupyter_sandfs.shell.results import ShellResult

_LOOKED_AT = 10_000  # names of one directory
_TRY = re.compile(r"\nTry '(\S+) --help' for more information\.$", re.MULTILINE)
_FIRST = re.compile(r"^(?:bash: line 1: |sh: (?=parse error))", re.MULTILINE)
_IS_A_NAME = re.compile(r"[\w.][\w.-]*")
_EMPTY: Mapping[str, str] = {
    "changes": "nothing has changed since then",
    "files": "the staging store is empty: %sandfs files upload HOSTPATH or %sandfs publish PATH puts a file there",
    "journal": "nothing has been changed yet",
    "ls": "nothing here yet",
    "snapshots": "no snapshots yet: %sandfs snapshot [NAME] takes one",
}
"""What is said in place of nothing, by command, where it stands alone."""

_BRANCH: Mapping[str, str] = {
    "create": "branch {0}: the files as they are now; %sandfs branch switch {0} goes there",
    "switch": "now on branch {0}",
    "delete": "branch {0} is gone",
}
_HABITS: Mapping[str, str] = {
    "--version": "in Python: jupyter_sandfs.__version__",
    "checkout": "%sandfs branch switch NAME, or %sandfs restore SNAPSHOT",
    "commit": "%sandfs snapshot NAME",
    "delete": "%sandfs rm PATH, with -r for a directory",
    "download": "%sandfs files download KEY from the store, or %sandfs export PATH HOSTPATH",
    "edit": "%%sandfs write PATH, or %sandfs browse",
    "open": "%sandfs cat PATH, or %sandfs browse",
    "reset": "%sandfs undo, or %sandfs restore SNAPSHOT",
    "run": "%sandfs python FILE, or %sandfs bash FILE",
    "sandboxes": "%sandfs list",
    "status": "%sandfs alone, or %sandfs stats",
    "switch": "%sandfs use SANDBOX, or %sandfs branch switch NAME",
    "upload": "%sandfs files upload HOSTPATH, or %sandfs import HOSTPATH PATH",
    "writefile": "%%sandfs write PATH",
}
"""Words that people bring from elsewhere, and what they are here."""


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A hint to append to an error; empty if nothing is near."""
    found = get_close_matches(word, list(islice(known, _LOOKED_AT)), n=1, cutoff=0.6)
    return f"; did you mean {shlex.quote(found[0])}?" if found else ""


def nearest_option(error: str, words: Iterable[str]) -> str:
    """The option that a complaint about an unknown one may stand for, as a hint to append."""
    found = _OPTION.search(error)
    return did_you_mean(found[1], [f"--{word}" for word in words]) if found else ""


def readable(stderr: str, *, one_line: bool) -> str:
    """What the shell complained of, as it is said to a person at a magic: with no line numbers where there is one."""
    told = _TRY.sub(r" (%sandfs \1 --help tells more)", stderr)
    return _FIRST.sub("", told) if one_line else told


def nothing_to_show(line: str) -> str:
    """What to print for a plain command that succeeded and printed nothing; empty for most."""
    words = line.split()
    if words[:1] == ["branch"]:
        return _branch(words[1:])
    said = _EMPTY.get(words[0], "") if words else ""
    return f"{said}\n" if said and (len(words) == 1 or words[0] != "files" or words[1] == "list") else ""


def _branch(words: Sequence[str]) -> str:
    """What has been done to a branch; empty where it is not plain."""
    action, *names = words if len(words) > 1 else ("create", *words)
    told = _BRANCH.get(action) if len(names) == 1 and _IS_A_NAME.fullmatch(names[0]) else None
    return f"{told.format(names[0])}\n" if told else ""


@dataclass(frozen=True, slots=True)
class _Failed:
    """A line that did not work out."""

    sandbox: Sandbox
    line: str
    magics: Sequence[str]

    @property
    def is_anothers(self) -> bool:
        """A principal has run it: what the owner has is no hint for what that one sees."""
        return self.line.startswith("as ")


def hint(sandbox: Sandbox, line: str, result: ShellResult, magics: Iterable[str]) -> str:
    """One more line for what a command complained of; empty if there is nothing to say."""
    failed = _Failed(sandbox, line, [each for each in magics if each])
    for complaint, guess in _GUESSES:
        found = complaint.search(result.stderr)
        if found is not None:
            told = guess(failed, found).removeprefix("; ")
            return f"{told}\n" if told else ""
    return ""


def _command(failed: _Failed, found: re.Match[str]) -> str:
    if found[1] in _HABITS and found[1] == failed.line.split(None, 1)[0]:
        return _HABITS[found[1]]
    if found[1].startswith("-"):
        return did_you_mean(found[1], GENERAL)
    if told := re.findall(r"[\w.+-]+", found["told"]):  # the engine knows its own
        return did_you_mean(found[1], [each for each in failed.magics if each not in told])
    return did_you_mean(found[1], sorted({*failed.sandbox.shell.commands, *ENGINE.split(), *failed.magics, "cd"}))


def _topic(failed: _Failed, found: re.Match[str]) -> str:
    if found[1] in ENGINE.split():  # the complaint says how to get its help
        return ""
    return did_you_mean(found[1], sorted({*failed.sandbox.shell.commands, *failed.magics}))


def _option(failed: _Failed, found: re.Match[str]) -> str:
    command = failed.line.split(None, 1)[0]
    for general in GENERAL:
        if found[1].startswith(general):
            return f"{general} stands before the command: %sandfs {general} {command} ..."
    known = failed.sandbox.shell.commands.get(command)
    return did_you_mean(found[1], [f"--{each.word}" for each in known.options or ()]) if known else ""


def _snapshot(failed: _Failed, found: re.Match[str]) -> str:
    return did_you_mean(found[1], [each.name or "" for each in failed.sandbox.shell.fs.snapshots()])


def _key(failed: _Failed, found: re.Match[str]) -> str:
    del found  # a store may be far away: it is not asked for what is near
    return "" if failed.is_anothers else "%sandfs files list shows what is stored"


def _redirection(failed: _Failed, found: re.Match[str]) -> str:
    """What stood behind `>` or `<`: its directory may be missing, or the name is not quite right."""
    shell = failed.sandbox.shell
    parent = paths.parent(paths.normalize(found[1], shell.cwd))
    if failed.is_anothers or shell.fs.exists(parent):
        return _path(failed, found)
    return f"there is no directory {parent}: %sandfs mkdir -p {shlex.quote(parent)} makes it"


def _path(failed: _Failed, found: re.Match[str]) -> str:
    """A name beside what a word of the line leads to, if that is not there."""
    del found
    try:
        words = shlex.split(failed.line)[1:]
    except ValueError:
        return ""
    guesses = () if failed.is_anothers else (_near_path(failed.sandbox, word) for word in words)
    return next(filter(None, guesses), "")


def _near_path(sandbox: Sandbox, word: str) -> str:
    if word.startswith("-") or any(each in word for each in "*?[$"):
        return ""
    fs = sandbox.shell.fs
    try:
        path = paths.normalize(word, sandbox.shell.cwd)
        if fs.exists(path) or not fs.is_dir(paths.parent(path)):
            return ""
        found = get_close_matches(paths.name(path), fs.listdir(paths.parent(path))[:_LOOKED_AT], n=1)
    except SandfsError:
        return ""
    return f"; did you mean {shlex.quote(paths.join(paths.parent(path), found[0]))}?" if found else ""


def _whole_tree(failed: _Failed, found: re.Match[str]) -> str:
    del failed, found
    return "rm -r removes a directory with all that is in it; %sandfs undo takes it back"


_OPTION = re.compile(r"option '(--[^'\s]+)'?")
_GUESSES: Sequence[tuple[re.Pattern[str], Callable[[_Failed, re.Match[str]], str]]] = (
    (re.compile(r": (\S+): command not found(?P<told>.*)$", re.MULTILINE), _command),
    (re.compile(r"^help: no help for '([^']+)'", re.MULTILINE), _topic),
    (_OPTION, _option),
    (re.compile(r"no snapshot '([^']*)'"), _snapshot),
    (re.compile(r"file not found: (\S+)"), _key),
    (re.compile(r"^bash: line \d+: ([^:\n]+): No such file or directory", re.MULTILINE), _redirection),
    (re.compile(r"^rm: cannot remove '[^']*': Is a directory", re.MULTILINE), _whole_tree),
    (re.compile(r"No such file or directory"), _path),
)
"""What the shell says, and who guesses then; the first that fits."""
