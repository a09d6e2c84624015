"""The names of a directory: a dict, or for many names what differs from one that is never changed again.

A directory that was frozen is copied before it is changed. A copy of a few names is a dict; a copy of many shares the
names of the frozen one, so that the first change in a folder of a hundred thousand costs as much as one in a small one.
"""

from __future__ import annotations

from collections.abc import ItemsView, Iterable, Iterator, KeysView, MutableMapping, ValuesView
from itertools import filterfalse
from typing import TypeVar, overload

V = TypeVar("V")
D = TypeVar("D")

Names = MutableMapping[str, V]

_MANY = 64  # names from which on sharing costs less than copying
_PATCH = 4_096  # differing names that are copied with each copy; with more of them all become one dict again
_NONE: set[str] = set()  # nothing is ever put into this one


class Layered(MutableMapping[str, V]):
    """Names as in `base`, but for some; in the order that a dict would keep. No name stands for None.

    Readers need no lock: each question is answered by what was so at some moment of it.

    Attributes:
        base: a dict that is never changed again.
        own: what was changed or came since.
        gone: names of the base that lost their place, also if they came again.
    """

    __slots__ = ("_length", "base", "gone", "own")

    def __init__(self, base: dict[str, V], own: dict[str, V], gone: set[str], length: int) -> None:
        self.base, self.own, self.gone = base, own, gone
        self._length = length

    def copy(self) -> Names[V]:
        """The same names, to be changed apart."""
        own, gone, base = self.own, self.gone, self.base
        differing = len(own) + len(gone)
        if differing > _PATCH or differing > len(base):
            return self.flat()
        return Layered(base, own.copy(), gone.copy() if gone else _NONE, self._length)

    def flat(self) -> dict[str, V]:
        """The same names as a dict."""
        gone, own = self.gone.copy(), self.own.copy()
        found = self.base.copy()
        for name in gone:
            del found[name]
        found.update(own)
        return found

    def __getitem__(self, name: str) -> V:
        found = self.own.get(name)
        if found is not None:
            return found
        if name in self.gone:
            raise KeyError(name)
        return self.base[name]

    def __setitem__(self, name: str, value: V) -> None:
        if name not in self.own and (name in self.gone or name not in self.base):
            self._length += 1
        self.own[name] = value

    def __delitem__(self, name: str) -> None:
        if name not in self:
            raise KeyError(name)
        if name in self.base:  # first, so that a reader never finds what was there before it was changed
            if self.gone is _NONE:
                self.gone = set()
            self.gone.add(name)
        self.own.pop(name, None)
        self._length -= 1

    def __contains__(self, name: object) -> bool:
        return name in self.own or (name in self.base and name not in self.gone)

    def __len__(self) -> int:
        return self._length

    def __iter__(self) -> Iterator[str]:
        gone, own, base = self.gone.copy(), tuple(self.own), self.base
        names = list(filterfalse(gone.__contains__, base)) if gone else list(base)
        names += [name for name in own if name not in base or name in gone]
        return iter(names)

    @overload
    def get(self, name: str, /) -> V | None: ...
    @overload
    def get(self, name: str, default: V | D, /) -> V | D: ...
    def get(self, name: str, default: V | D | None = None, /) -> V | D | None:
        found = self.own.get(name)
        if found is None and name not in self.gone:
            found = self.base.get(name)
        return default if found is None else found

    def keys(self) -> KeysView[str]:
        return self.flat().keys()

    def values(self) -> ValuesView[V]:
        return self.flat().values()

    def items(self) -> ItemsView[str, V]:
        return self.flat().items()


def copied(names: Names[V]) -> Names[V]:
    """The same names, to be changed apart; those given must never be changed again."""
    if type(names) is dict:
        return names.copy() if len(names) < _MANY else Layered(names, {}, _NONE, len(names))
    assert isinstance(names, Layered)
    return names.copy()


def differing(old: Names[V], new: Names[V]) -> list[tuple[str, V | None, V | None]]:
    """The names that only one has, or that were set, with what both stand for; in no certain order."""
    if old is new:
        return []
    if isinstance(new, Layered) and new.base is old and not new.gone:  # what was changed since it was frozen
        return [(name, old.get(name), value) for name, value in new.own.items()]
    patch = _patch(old, new)
    if patch is None and list(old) == list(new):  # names are shared objects, which makes this the cheapest question
        found = zip(old, old.values(), new.values(), strict=True)
        return [each for each in found if each[1] is not each[2]]
    if patch is None:
        patch = {**dict.fromkeys(old), **dict.fromkeys(new)}
    both = [(name, old.get(name), new.get(name)) for name in patch]
    return [each for each in both if each[1] is not each[2]]


def _patch(old: Names[V], new: Names[V]) -> Iterable[str] | None:
    """The names in which two may differ, if they share a base; None if they do not."""
    if isinstance(old, Layered):
        if isinstance(new, Layered):
            return {*old.own, *old.gone, *new.own, *new.gone} if old.base is new.base else None
        return {*old.own, *old.gone} if old.base is new else None
    if isinstance(new, Layered) and new.base is old:
        return {*new.own, *new.gone} if new.gone else new.own
    return None
