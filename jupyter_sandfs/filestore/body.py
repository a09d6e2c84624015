"""What a caller gives as the body of a file, as chunks of bytes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from jupyter_sandfs.errors import InvalidRequest
from jupyter_sandfs.filestore.protocol import CHUNK_BYTES, Body


def chunks(body: Body) -> Iterator[memoryview]:
    """The chunks of any kind of body. Raises InvalidRequest for what holds no bytes."""
    if isinstance(body, bytes | bytearray | memoryview):
        yield octets(body)
    elif hasattr(body, "read"):
        while chunk := octets(body.read(CHUNK_BYTES)):
            yield chunk
    elif isinstance(body, Iterable) and not isinstance(body, str):
        yield from map(octets, body)
    else:
        raise InvalidRequest(f"a body is bytes, an open binary file or chunks of bytes, not {type(body).__name__}")


def octets(chunk: object) -> memoryview:
    """See a chunk as single bytes. Raises InvalidRequest for what is none."""
    if not isinstance(chunk, bytes | bytearray | memoryview):
        raise InvalidRequest(f"a body consists of bytes, not {type(chunk).__name__}")
    view = memoryview(chunk)
    if not view.c_contiguous:
        view = memoryview(bytes(view))
    return view.cast("B")
