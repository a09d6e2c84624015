"""What the engine leaves out without failing: noticed here, so that the result can say so.

Its own complaints are recognised by their words. It says nothing of patterns and of braces: those are noticed by what
it asks the file system, and by the line itself. That errs towards saying too much: `may be missing`.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from itertools import islice
from math import prod

from jupyter_sandfs import paths

MOST_NAMES = 10_000  # that a pattern gives
DEEPEST = 100  # directories that a pattern goes down
MOST_WORDS = 10_000  # that braces give

_MOST_NOTES = 3
_SHOWN = 60  # characters of a word

# ---------------------------------------------------------------- complaints

_CUT = re.compile(
    r"""^(?:bash:[ ]line[ ]\d+:[ ])?[\w.-]+:[ ].*(?:
        output[ ](?:may[ ]be[ ])?truncated        # seq, yes, sed
      | limit[ ]\(\d+[^)]*\)[ ]exceeded           # awk
      | exceeds[ ](?:(?:byte|VFS)[ ])?limit       # expand, truncate, printf
      | exceeds[ ]\d+[ ](?:byte|level)[ ]limit    # gzip, find
      | temporarily[ ]unavailable[ ]\(max[ ]\d+   # jobs in the background
    )""",
    re.MULTILINE | re.VERBOSE,
)
"""How commands of the engine say that they stopped at a bound of theirs. In a pipe their exit code is lost."""


def complained(stderr: str) -> bool:
    """Say whether a command told that it left something out."""
    return _CUT.search(stderr) is not None


# ---------------------------------------------------------------- braces

_WORD = re.compile(r"[^\s;|&()<>]*\{[^\s;|&()<>]*")
_BRACES = re.compile(r"(?<!\$)\{([^{}\"':]*)\}")
_RANGE = re.compile(r"(-?\d{1,18})\.\.(-?\d{1,18})(?:\.\.-?(\d{1,18}))?", re.ASCII)


def of_braces(line: str) -> Iterator[str]:
    """Say which words of a line stand for more than the engine makes of braces."""
    if "{" not in line:
        return
    for word in _WORD.findall(line):
        if prod(_words(inner) for inner in _BRACES.findall(word)) > MOST_WORDS:
            yield f"{word:.{_SHOWN}}: braces give at most {MOST_WORDS} words: some may be missing (use seq)"


def _words(inner: str) -> int:
    """How many words the text between braces stands for."""
    found = _RANGE.fullmatch(inner)
    if found is None:
        return inner.count(",") + 1
    first, last, step = int(found[1]), int(found[2]), int(found[3] or 1)
    return abs(last - first) // max(step, 1) + 1


# ---------------------------------------------------------------- patterns


class Patterns:
    """Notices directories in which a pattern may have found more names than it gives.

    A pattern lists directories one after the other. What walks a tree (`find`, `tar`) asks about each before it lists
    it; but so does `cd`. Which of them it was is seen by what was asked before, or by what is asked afterwards.

    Attributes:
        asked: the last paths that the engine asked about; a listing is there before it is noted.
    """

    def __init__(self) -> None:
        self.asked: deque[str] = deque(maxlen=3)
        self._listed = ""  # the last directory
        self._names = 0  # in the directories listed since something else was asked
        self._doubtful = ""  # a directory that what was asked before says nothing of
        self._places: dict[str, None] = {}

    def begin(self) -> None:
        """Start anew with another run."""
        self.__init__()  # type: ignore[misc]  # all that is remembered belongs to one run

    def listed(self, path: str, names: int) -> None:
        """Note a listing."""
        self._decide()
        older, last = ("", "", *self.asked)[-3:-1]
        goes_on = last == self._listed and last != path
        self._names, self._listed = (self._names if goes_on else 0) + names, path
        if self._names <= MOST_NAMES and path.count("/") < DEEPEST:
            return
        if last != path or not older:
            self._places[path] = None
        elif not _walked(older, path):
            self._doubtful = path

    def _decide(self) -> None:
        """A walk has gone on below the directory in doubt; after a pattern it stays in doubt, and is noted."""
        place, self._doubtful = self._doubtful, ""
        if place and not any(paths.is_child_of(each, place) for each in self.asked):
            self._places[place] = None

    def notes(self) -> Iterator[str]:
        """Say where names may be missing."""
        self._decide()
        for path in islice(self._places, _MOST_NOTES):
            yield f"{path}: a pattern gives at most {MOST_NAMES} names, {DEEPEST} deep: some may be missing (use find)"


def _walked(older: str, path: str) -> bool:
    """Whether a walk came to a directory from this path: from itself, from above, or from beside it."""
    above = paths.parent(path)
    return older in {path, above} or (above != paths.ROOT and paths.is_within(older, above))
