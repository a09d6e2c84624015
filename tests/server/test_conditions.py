from __future__ import annotations

import pytest

from jupyter_sandfs.server.conditions import Part, Unsatisfiable, disposition, is_same, lists_etag, requested_part


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (None, None),
        ("", None),
        ("bytes=0-0", Part(0, 1, 10)),
        ("bytes=3-", Part(3, 10, 10)),
        ("bytes=-4", Part(6, 10, 10)),
        ("bytes=-40", Part(0, 10, 10)),
        ("bytes=5-2", None),
        ("bytes=-", None),
        ("bytes=a-b", None),
        ("bytes=1-2,4-5", None),
        ("bytes=" + "9" * 40 + "-", None),
        ("bytes=\u0663-", None),
    ],
)
def test_ranges_are_read_as_the_rfc_says(header, expected):
    assert requested_part(header, 10) == expected


@pytest.mark.parametrize(("header", "size"), [("bytes=10-", 10), ("bytes=0-", 0), ("bytes=-0", 10), ("bytes=-1", 0)])
def test_a_range_without_any_byte_is_unsatisfiable(header, size):
    with pytest.raises(Unsatisfiable):
        requested_part(header, size)


@pytest.mark.parametrize(
    ("header", "listed"),
    [(None, False), ('"a"', True), ('W/"a"', True), ('"b", "a"', True), ("*", True), ('"ab"', False), ("a", False)],
)
def test_etags_are_compared(header, listed):
    assert lists_etag(header, "a") is listed


@pytest.mark.parametrize(("header", "same"), [(None, True), ('"a"', True), ('W/"a"', False), ('"b"', False)])
def test_if_range_wants_the_very_content(header, same):
    assert is_same(header, "a") is same


def test_no_name_breaks_out_of_a_disposition():
    assert disposition('a"\r\nX: y;ü') == "attachment; filename*=UTF-8''a%22%0D%0AX%3A%20y%3B%C3%BC"
