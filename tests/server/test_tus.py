from __future__ import annotations

from base64 import b64encode

import pytest

from jupyter_sandfs.errors import InvalidRequest, LimitExceeded
from jupyter_sandfs.server import tus
from jupyter_sandfs.server.tus import Checksum, Kind


def test_metadata_is_pairs_of_names_and_base64():
    header = f"filename {b64encode('ä.csv'.encode()).decode()},empty , also"

    assert tus.parse_metadata(header) == {"filename": "ä.csv".encode(), "empty": b"", "also": b""}
    assert tus.parse_metadata(None) == tus.parse_metadata("") == {}


@pytest.mark.parametrize("header", ["a b!c", "ä eA==", "a eA==,a eA==", ",", "a eA", "a eA== eA=="])
def test_metadata_of_another_form_is_refused(header):
    with pytest.raises(InvalidRequest):
        tus.parse_metadata(header)


def test_metadata_has_a_limit():
    with pytest.raises(LimitExceeded):
        tus.parse_metadata("a " + "eA==" * 3000)


@pytest.mark.parametrize(("length", "deferred", "expected"), [("0", None, 0), ("12", None, 12), (None, "1", None)])
def test_a_length_is_said_or_deferred(length, deferred, expected):
    assert tus.parse_length(length, deferred) == expected


@pytest.mark.parametrize(
    ("length", "deferred"),
    [(None, None), ("1", "1"), ("-1", None), ("1e3", None), ("٣", None), ("9" * 30, None), (None, "0")],
)
def test_a_length_that_is_none_is_refused(length, deferred):
    with pytest.raises(InvalidRequest):
        tus.parse_length(length, deferred)


def test_a_checksum_is_an_algorithm_and_a_digest():
    assert tus.parse_checksum("sha1 AQI=") == Checksum("sha1", b"\1\2")
    assert tus.parse_checksum(None) is None


@pytest.mark.parametrize("header", ["crc32 AQI=", "sha1 =", "sha1 ?", ""])
def test_a_checksum_of_another_form_is_refused(header):
    with pytest.raises(InvalidRequest):
        tus.parse_checksum(header)


def test_concatenation_names_its_parts_by_any_address():
    header = "final;/a/uploads/p1 https://host:1/b/p2?x=1 p3"

    assert tus.parse_concat(header) == (Kind.FINAL, ["p1", "p2", "p3"])
    assert tus.parse_concat("partial") == (Kind.PARTIAL, [])
    assert tus.parse_concat(None) == (Kind.WHOLE, [])


@pytest.mark.parametrize(
    "header", ["", "final", "final;", "whole", "partial;/a", "final;/a/p /b/p", "final;http://[/p"]
)
def test_concatenation_of_another_form_is_refused(header):
    with pytest.raises(InvalidRequest):
        tus.parse_concat(header)


def test_concatenation_has_a_limit():
    with pytest.raises(LimitExceeded):
        tus.parse_concat("final;" + " ".join(f"/p{number}" for number in range(1001)))
