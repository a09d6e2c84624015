from __future__ import annotations

import pytest

from jupyter_sandfs.errors import InvalidRequest
from jupyter_sandfs.rpc import frames


def test_a_frame_is_two_lengths_a_header_and_the_bytes():
    head, body = frames.encode({"op": "x"}, b"abc")

    lengths = frames.decode_prefix(head[: frames.PREFIX.size], header_bytes=100)
    assert lengths == (10, 3)
    assert frames.decode_header(head[frames.PREFIX.size :]) == {"op": "x"}
    assert body == b"abc"


@pytest.mark.parametrize("lengths", [(101, 0), (0, frames.BODY_BYTES + 1), (2**32 - 1, 2**64 - 1)])
def test_a_frame_that_announces_too_much_is_refused(lengths):
    with pytest.raises(InvalidRequest):
        frames.decode_prefix(frames.PREFIX.pack(*lengths), header_bytes=100)


@pytest.mark.parametrize("raw", [b"", b"[]", b"{", b"\xff", b"[" * 50_000])
def test_a_header_that_is_no_json_object_is_refused(raw):
    with pytest.raises(InvalidRequest):
        frames.decode_header(raw)
