"""Which messages of a stream are known to be this process's own: those need not be read to learn what others did."""

from __future__ import annotations

_MOST_RUNS = 256


class Runs:
    """Sequences, kept as runs without gaps; with too many runs the lowest is forgotten."""

    def __init__(self) -> None:
        self._end_of: dict[int, int] = {}
        self._start_of: dict[int, int] = {}

    def add(self, seq: int) -> None:
        """Add a sequence. One that is known already tells that the stream was made anew: then nothing else is known."""
        if self.end_after(seq - 1) >= seq:
            self._end_of.clear()
            self._start_of.clear()
        start, end = self._start_of.pop(seq - 1, seq), self._end_of.pop(seq + 1, seq)
        self._end_of[start] = end
        self._start_of[end] = start
        if len(self._end_of) > _MOST_RUNS:
            del self._start_of[self._end_of.pop(min(self._end_of))]

    def end_after(self, seq: int) -> int:
        """The last sequence up to which all behind `seq` are known; `seq` itself if the next one is not."""
        for start, end in reversed(self._end_of.items()):
            if start <= seq + 1 <= end:
                return end
        return seq
