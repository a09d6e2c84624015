"""File modes as chmod takes them: octal (`755`) and symbolic (`u+x,go=r`), by the rules of POSIX and GNU."""

from __future__ import annotations

import re

from jupyter_sandfs.errors import InvalidRequest

UMASK = 0o022
"""What a symbolic mode that names nobody leaves alone; the engine's `umask` prints the same."""

_OCTAL = re.compile(r"[0-7]{1,5}")
_CLAUSE = re.compile(r"([ugoa]*)((?:[-+=](?:[rwxXst]*|[ugo]))+)")
_ACTION = re.compile(r"([-+=])([rwxXst]*|[ugo])(?=[-+=]|$)")
_SHIFTS = {"u": 6, "g": 3, "o": 0}
_MASKS = {"u": 0o4700, "g": 0o2070, "o": 0o1007, "a": 0o7777}
_LETTERS = {"r": 0o444, "w": 0o222, "x": 0o111, "s": 0o6000, "t": 0o1000}
_SET_ID = 0o6000  # kept on directories unless a mode of five digits says otherwise


def changed(text: str, mode: int, *, is_dir: bool) -> int:
    """Give the mode that `text` makes of `mode`.

    Raises:
        InvalidRequest: neither octal nor symbolic; worded as GNU does.
    """
    if _OCTAL.fullmatch(text) and int(text, 8) <= _MASKS["a"]:
        return int(text, 8) | (mode & _SET_ID if is_dir and len(text) < 5 else 0)
    for clause in text.split(","):
        found = _CLAUSE.fullmatch(clause)
        if found is None:
            raise InvalidRequest(f"invalid mode: '{text}'")
        for sign, letters in _ACTION.findall(found[2]):
            mode = _acted(mode, found[1], sign, letters, is_dir=is_dir)
    return mode


def _acted(mode: int, who: str, sign: str, letters: str, *, is_dir: bool) -> int:
    reach = sum({_MASKS[each] for each in who}) if "a" not in who and who else _MASKS["a"]
    bits = _bits(mode, letters, is_dir=is_dir) & reach & (~UMASK if not who else -1)
    if sign == "+":
        return mode | bits
    if sign == "-":
        return mode & ~bits
    kept = mode & _SET_ID if is_dir and "s" not in letters else 0
    return mode & ~reach | bits | kept & reach


def _bits(mode: int, letters: str, *, is_dir: bool) -> int:
    """The bits that the letters mean, for everybody."""
    if letters in _SHIFTS and letters:
        return (mode >> _SHIFTS[letters] & 0o7) * 0o111
    executable = is_dir or mode & 0o111
    return sum({_LETTERS["x" if each == "X" else each] for each in letters if each != "X" or executable})
