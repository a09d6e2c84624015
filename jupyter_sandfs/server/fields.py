"""The fields of a JSON body, read one by one; what nobody reads is an error, not a silent nothing."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

from jupyter_sandfs.errors import InvalidRequest, LimitExceeded

JSON_BYTES = 64 << 10


class Fields:
    """Each method gives a field, or None (False for a truth) when it is absent or null. Raises InvalidRequest."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._rest = dict(document)

    def text(self, name: str) -> str | None:
        value = self._take(name, str, "a string")
        return None if value is None else str(value)

    def required(self, name: str) -> str:
        value = self.text(name)
        if value is None:
            raise InvalidRequest(f"missing field: {name}")
        return value

    def truth(self, name: str) -> bool:
        return bool(self._take(name, bool, "true or false"))

    def number(self, name: str) -> float | None:
        value = self._take(name, (int, float), "a number, 0 or more")
        if value is None:
            return None
        if not 0 <= value < math.inf:
            raise InvalidRequest(f"{name} is a number, 0 or more")
        return float(value)

    def whole(self, name: str) -> int | None:
        value = self._take(name, int, "a whole number, 0 or more")
        if value is not None and value < 0:
            raise InvalidRequest(f"{name} is a whole number, 0 or more")
        return None if value is None else int(value)

    def end(self) -> None:
        """Refuse what was not read. Raises InvalidRequest."""
        if self._rest:
            raise InvalidRequest(f"unknown field: {min(self._rest)[:100]}")

    def _take(self, name: str, kind: type | tuple[type, ...], what: str) -> Any:
        value = self._rest.pop(name, None)
        if value is None:
            return None
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            raise InvalidRequest(f"{name} is {what}")
        return value


def parse_object(body: bytes | bytearray) -> dict[str, Any]:
    """Read a JSON object; no body is an empty one. Raises InvalidRequest, LimitExceeded."""
    if len(body) > JSON_BYTES:
        raise LimitExceeded(f"a JSON body has at most {JSON_BYTES} bytes")
    try:
        document = json.loads(body) if body else {}
    except (ValueError, RecursionError):
        raise InvalidRequest("the body is not JSON") from None
    if not isinstance(document, dict):
        raise InvalidRequest("the body is a JSON object")
    return document
