"""The words of an unfinished command line, up to the cursor."""

from __future__ import annotations

from dataclasses import dataclass, field

_BREAKS = "|;&\n("  # a new command begins behind these
_REDIRECTIONS = "<>"


@dataclass(slots=True)
class Words:
    """What stands before the cursor.

    Attributes:
        done: the finished words of the command that the cursor is in, without their quotes.
        raw: the word at the cursor as it was typed, quotes and backslashes too.
        plain: the same without them.
        quote: the quote that is open at the cursor, or nothing.
        first: it is the first command of the line.
        redirected: the word names a file to read or to write.
    """

    done: list[str] = field(default_factory=list)
    raw: str = ""
    plain: str = ""
    quote: str = ""
    first: bool = True
    redirected: bool = False


def read_words(text: str) -> Words:
    """Split an unfinished line as the shell does: quotes, backslashes, pipes and redirections."""
    words, at = Words(), 0
    while at < len(text):
        character = text[at]
        if words.quote:
            at = _quoted(words, text, at)
        elif character in "'\"":
            words.quote, words.raw, at = character, words.raw + character, at + 1
        elif character == "\\":
            words.raw, words.plain, at = words.raw + text[at : at + 2], words.plain + text[at + 1 : at + 2], at + 2
        else:
            _plain(words, character)
            at += 1
    return words


def _quoted(words: Words, text: str, at: int) -> int:
    character = text[at]
    words.raw += character
    if character == words.quote:
        words.quote = ""
    elif character == "\\" and words.quote == '"' and text[at + 1 : at + 2] in {"\\", '"', "$", "`"}:
        words.raw += text[at + 1]
        words.plain += text[at + 1]
        return at + 2
    else:
        words.plain += character
    return at + 1


def _plain(words: Words, character: str) -> None:
    if character in _BREAKS:
        words.done, words.raw, words.plain, words.first, words.redirected = [], "", "", False, False
    elif character in _REDIRECTIONS:
        words.raw, words.plain, words.redirected = "", "", True
    elif character in " \t\r":
        if words.raw:
            if not words.redirected:
                words.done.append(words.plain)
            words.raw, words.plain, words.redirected = "", "", False
    else:
        words.raw, words.plain = words.raw + character, words.plain + character


_SPECIAL = frozenset(" \t\n\\'\"|;&<>()$`*?[]{}#~!")


def spelled(name: str, words: Words) -> str:
    """Write a name so that the shell reads it as one word, in the quotes that were begun."""
    match words.raw[:1]:
        case "'":
            return "'" + name.replace("'", "'\\''")
        case '"':
            return '"' + "".join(f"\\{each}" if each in '"\\$`' else each for each in name)
    return "".join(f"\\{each}" if each in _SPECIAL else each for each in name)
