"""Memory lent to the engine, and places in its memory that answers are packed into."""

from __future__ import annotations

import ctypes
import struct
import threading
from typing import Any


class Loans:
    """Python objects whose memory the engine reads, kept alive until it gives each one back."""

    def __init__(self) -> None:
        self._lent: dict[int, list[Any]] = {}
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return sum(len(owners) for owners in self._lent.values())

    def lend(self, data: bytes, owner: Any = None) -> int:
        """Lend without a copy, and give the address; one object may be out several times."""
        address = id(data) + CONTENT
        with self._lock:
            if address in self._lent:
                self._lent[address].append(owner or data)
            else:
                self._lent[address] = [owner or data]
        return address

    def take_back(self, address: int | None) -> None:
        """End one loan; nothing happens for what was not lent."""
        with self._lock:
            owners = self._lent.get(address or 0)
            if owners:
                owners.pop()
            if not owners:
                self._lent.pop(address or 0, None)


def _address(data: bytes) -> int:
    address = ctypes.cast(ctypes.c_char_p(data), ctypes.c_void_p).value
    assert address is not None
    return address


_SAMPLE = b"any content"
CONTENT = _address(_SAMPLE) - id(_SAMPLE)
"""Where the content of a bytes object begins. Measured; asking ctypes each time costs as much as a whole answer."""


class Places(dict[int, Any]):
    """Memory of the engine that answers are packed into, by address: it comes with few, again and again."""

    def __init__(self, layout: struct.Struct) -> None:
        self._bytes = ctypes.c_char * layout.size

    def __missing__(self, address: int) -> Any:
        if len(self) >= _MOST_PLACES:
            self.clear()
        place = self[address] = self._bytes.from_address(address)
        return place


_MOST_PLACES = 256
