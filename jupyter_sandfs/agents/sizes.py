"""How much of a text fits into a model's context window, and what is shown of one that does not fit.

Tokens are estimated: one for each four bytes of UTF-8, which is near the mark for English and code, and asks for less
than there is room for elsewhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate

_BYTES_PER_TOKEN = 4
_LONGEST_LINE = 2_000  # characters


def tokens(text: str) -> int:
    """Estimate how many tokens a text takes."""
    return -(-len(text.encode("utf-8", "replace")) // _BYTES_PER_TOKEN)


def shortened(text: str, limit: int, hint: str = "") -> str:
    """Give a text if it fits into `limit` tokens; else its head and its tail, and a line that says what is missing.

    Args:
        hint: how to get at the rest.
    """
    if tokens(text) <= limit:
        return text
    lines = [clipped(line) for line in text.split("\n")]
    head = _fitting(lines, limit * 2 // 3)
    tail = _fitting(lines[:head:-1], limit - limit * 2 // 3)
    missing = len(lines) - head - tail
    if missing <= 0:
        return "\n".join(lines)
    said = f"[... {missing} of {len(lines)} lines left out{'; ' + hint if hint else ''} ...]"
    return "\n".join([*lines[:head], said, *lines[len(lines) - tail :]])


def clipped(line: str) -> str:
    """Give a line, without its middle if it is very long."""
    if len(line) <= _LONGEST_LINE:
        return line
    half = _LONGEST_LINE // 2
    return f"{line[:half]}[... {len(line) - 2 * half} characters left out ...]{line[-half:]}"


def _fitting(lines: Sequence[str], limit: int) -> int:
    """How many of the first lines fit into `limit` tokens."""
    sums = accumulate(tokens(line) + 1 for line in lines)
    return sum(1 for total in sums if total <= limit)
