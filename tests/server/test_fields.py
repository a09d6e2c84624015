from __future__ import annotations

import pytest

from jupyter_sandfs.errors import InvalidRequest, LimitExceeded
from jupyter_sandfs.server.fields import Fields, parse_object


def test_fields_are_read_by_kind():
    fields = Fields({"a": "x", "b": True, "c": 1.5, "d": 2, "e": None})

    read = (
        fields.text("a"),
        fields.truth("b"),
        fields.number("c"),
        fields.whole("d"),
        fields.text("e"),
        fields.truth("f"),
    )

    assert read == ("x", True, 1.5, 2, None, False)
    fields.end()


@pytest.mark.parametrize(
    ("method", "value"),
    [
        ("text", 1),
        ("truth", 1),
        ("number", "1"),
        ("number", True),
        ("number", -1),
        ("number", float("inf")),
        ("number", float("nan")),
        ("whole", 1.0),
        ("whole", True),
        ("whole", -1),
        ("required", None),
    ],
)
def test_a_field_of_another_kind_is_refused(method, value):
    with pytest.raises(InvalidRequest):
        getattr(Fields({"a": value}), method)("a")


def test_a_field_that_nobody_reads_is_refused():
    with pytest.raises(InvalidRequest, match=r"^unknown field: b$"):
        Fields({"b": None, "c": 1}).end()


def test_no_body_is_an_empty_object():
    assert parse_object(b"") == {}
    assert parse_object(b'{"a": 1}') == {"a": 1}


@pytest.mark.parametrize("body", [b"[]", b"{", b"\xff", b"[" * 60_000])
def test_what_is_no_object_is_refused(body):
    with pytest.raises(InvalidRequest):
        parse_object(body)


def test_a_body_has_a_limit():
    with pytest.raises(LimitExceeded):
        parse_object(b" " * (64 << 10) + b"{}")
