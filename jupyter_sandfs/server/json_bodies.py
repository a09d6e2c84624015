"""JSON bodies of requests: an object, strictly JSON, of a bounded size."""

from __future__ import annotations

import json
from typing import Any, NoReturn

from jupyter_sandfs.errors import InvalidRequest, LimitExceeded

_MOST_BYTES = 64 << 10


class JsonBody:
    """A sink that gives a JSON object."""

    def __init__(self) -> None:
        self._body = bytearray()

    async def append(self, chunk: bytes) -> None:
        self._body += chunk
        _check_size(len(self._body))

    async def commit(self) -> dict[str, Any]:
        return parse_object(self._body)

    async def abort(self) -> None:
        self._body.clear()


def parse_object(body: bytes | bytearray) -> dict[str, Any]:
    """Read a JSON object. Raises InvalidRequest, LimitExceeded."""
    _check_size(len(body))
    try:
        document = json.loads(body, parse_constant=_refuse)
    except (ValueError, RecursionError):
        raise InvalidRequest("the body is not JSON") from None
    if not isinstance(document, dict):
        raise InvalidRequest("the body is a JSON object")
    return document


def _check_size(size: int) -> None:
    if size > _MOST_BYTES:
        raise LimitExceeded(f"a JSON body has at most {_MOST_BYTES} bytes")


def _refuse(constant: str) -> NoReturn:
    """NaN and the infinities are Python's, not JSON's: no bound would hold them."""
    raise ValueError(constant)
