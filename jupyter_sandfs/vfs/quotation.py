"""Names in differences: as C strings, as git and GNU diff write them, where they would end the line or the name."""

from __future__ import annotations

import re

_LETTERS = {"\a": "a", "\b": "b", "\t": "t", "\n": "n", "\v": "v", "\f": "f", "\r": "r", '"': '"', "\\": "\\"}
_CHARACTERS = {letter: character for character, letter in _LETTERS.items()}
_SPECIAL = re.compile(r'[\x00-\x1f\x7f"\\]')
_ESCAPED = re.compile(rb"\\([0-7]{3}|.)")


def quoted(name: str, *, blanks: bool = False) -> str:
    """Write a name in quotes if it has to be: nobody forges lines of a difference by what a file is called.

    Args:
        blanks: also if there is a blank in it, as GNU diff does, and not only at its ends.
    """
    if not (_SPECIAL.search(name) or name != name.strip() or (blanks and " " in name)):
        return name
    return f'"{_SPECIAL.sub(lambda found: _escape(found[0]), name)}"'


def unquoted(field: bytes) -> bytes:
    """Read a name as it is written, in quotes or not."""
    if len(field) < 2 or not (field.startswith(b'"') and field.endswith(b'"')):
        return field
    return _ESCAPED.sub(lambda found: _read(found[1]), field[1:-1])


def _escape(character: str) -> str:
    return "\\" + (_LETTERS.get(character) or f"{ord(character):03o}")


def _read(code: bytes) -> bytes:
    if len(code) == 3:
        return bytes([int(code, 8) & 0xFF])
    return _CHARACTERS.get(code.decode("latin-1"), code.decode("latin-1")).encode("latin-1")
