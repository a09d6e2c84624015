"""Names side by side, as GNU ls sets them: as few lines as fit, columns as wide as their widest name."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

_GAP = 2  # columns of text between names
_NARROWEST = 3  # a name of one character, and the gap
_TAB = 8


def in_columns(names: Sequence[str], width: int, *, across: bool) -> list[str]:
    """Set names in lines shorter than `width` characters, unless one name alone is longer.

    Args:
        width: 0 is one line for all.
        across: in order along the lines, as with -x; else down the columns, as with -C.
    """
    if width == 0:
        return [(" " * _GAP).join(names)] * bool(names)
    most = min(max(width // _NARROWEST, 1), len(names))
    for count in range(most, 1, -1):
        columns = _columns(names, count, across=across)
        widths = [max(map(len, column), default=0) + _GAP for column in columns]
        if sum(widths) - _GAP < width:
            return list(_lines(columns, widths))
    return list(names)


def _columns(names: Sequence[str], count: int, *, across: bool) -> list[Sequence[str]]:
    if across:
        return [names[at::count] for at in range(count)]
    height = -(-len(names) // count)
    return [names[at : at + height] for at in range(0, len(names), height)]


def _lines(columns: Sequence[Sequence[str]], widths: Sequence[int]) -> Iterator[str]:
    for row in range(len(columns[0])):
        line, at, end = "", 0, 0
        for column, width in zip(columns, widths, strict=True):
            if row < len(column):
                line += _indent(at, end) + column[row]
                at = end + len(column[row])
            end += width
        yield line


def _indent(start: int, end: int) -> str:
    """Go on from one column of text to another, with tabs where they save characters."""
    text = ""
    while start < end:
        tab = end // _TAB > (start + 1) // _TAB
        text += "\t" if tab else " "
        start += _TAB - start % _TAB if tab else 1
    return text
