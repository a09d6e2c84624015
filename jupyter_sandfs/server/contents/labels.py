"""The names under which sandboxes appear as folders. Pure."""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Iterator
from itertools import count
from typing import NamedTuple

MOST = 10_000
_UNFIT = re.compile(r"[/\\\x00-\x1f\x7f]+")
_LONGEST = 100
_NOTEBOOK = ".ipynb"


class Home(NamedTuple):
    """One sandbox of one notebook.

    Attributes:
        owner: path of the notebook's session, or id of the kernel that has none.
        sandbox: its name there.
    """

    owner: str
    sandbox: str


class Labels:
    """Gives each sandbox a name, and never the same name to another.

    A document that is open in an editor is saved under the name it was opened with. If a notebook of the same name in
    another directory could inherit that name, the document would be written into that one's sandbox. The oldest of
    `MOST` names are forgotten.
    """

    def __init__(self) -> None:
        self._by_home: OrderedDict[Home, str] = OrderedDict()
        self._by_label: dict[str, Home] = {}

    def label(self, home: Home, wished: str) -> str:
        """The name of a sandbox; if it has none yet the one wished for, or one like it."""
        label = self._by_home.get(home)
        if label is None:
            label = next(each for each in _variants(wished) if each not in self._by_label)
            self._by_home[home] = label
            self._by_label[label] = home
        self._by_home.move_to_end(home)
        while len(self._by_home) > MOST:
            del self._by_label[self._by_home.popitem(last=False)[1]]
        return label

    def find(self, label: str) -> Home | None:
        return self._by_label.get(label)


def wished(name: str, sandbox: str, default: str) -> str:
    """The name that a sandbox should have: its notebook's, and its own unless it is the default one."""
    plain = _UNFIT.sub(" ", name.removesuffix(_NOTEBOOK)).strip().lstrip(".").strip()[:_LONGEST] or "notebook"
    return plain if sandbox == default else f"{plain} ({sandbox})"


def _variants(wished: str) -> Iterator[str]:
    yield wished
    yield from (f"{wished} {number}" for number in count(2))  # ends: no more than `MOST` are taken
