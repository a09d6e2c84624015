from __future__ import annotations

import pytest

from jupyter_sandfs.errors import InvalidRequest, LimitExceeded
from jupyter_sandfs.server.json_bodies import parse_object


def test_an_object_is_read():
    assert parse_object(b'{"a": 1}') == {"a": 1}


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\xff", b'{"a": NaN}', b'{"a": -Infinity}', b"[" * 60_000])
def test_what_is_no_object_is_refused(body):
    with pytest.raises(InvalidRequest):
        parse_object(body)


def test_a_body_has_a_limit():
    with pytest.raises(LimitExceeded):
        parse_object(b" " * (64 << 10) + b"{}")
