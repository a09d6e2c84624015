from __future__ import annotations

import os
import unicodedata
from threading import Thread

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ulid import ULID

from jupyter_sandfs.errors import InvalidKey, InvalidRequest
from jupyter_sandfs.filestore import keys

GOOD = [
    "files/a",
    "files/a/b/c.txt",
    "files/...",
    "files/ leading and trailing ",
    "files/é 🙂 %2e%2e",
    "files/" + "x" * 1018,
    "runs/r1/output/report.pdf",
    "sessions/s1/deep/path.txt",
    "snapshots/default/first",
]
BAD = {
    "": "it is empty",
    "/files/a": "it begins with a slash",
    "files": "use ",
    "files/": "an empty segment",
    "files//a": "an empty segment",
    "files/a/": "an empty segment",
    "files/../secret": "a segment . or ..",
    "files/./a": "a segment . or ..",
    "files/a/..": "a segment . or ..",
    "files\\a": "a backslash",
    "files/a\0": "a control character, line separator or lone surrogate",
    "files/a\nb": "a control character, line separator or lone surrogate",
    "files/a\x7f": "a control character, line separator or lone surrogate",
    "files/a\u2028b": "a control character, line separator or lone surrogate",
    "files/\ud800": "a control character, line separator or lone surrogate",
    "files/e\u0301": "not in Unicode normal form C",
    "files/" + "x" * 1019: "longer than 1024 bytes of UTF-8",
    "files/" + "é" * 510: "longer than 1024 bytes of UTF-8",
    "other/a": "use ",
    "runs/r1/a": "use ",
    "runs/r1/output/a/b": "use ",
    "sessions/s1": "use ",
    "snapshots/default": "use ",
    "snapshots/default/a/b": "use ",
    "FILES/a": "use ",
}


@pytest.mark.parametrize("key", GOOD)
def test_a_key_is_given_back(key):
    assert keys.check(key) == key


@pytest.mark.parametrize("key", BAD)
def test_what_is_no_key_is_refused_with_the_reason(key):
    with pytest.raises(InvalidKey) as caught:
        keys.check(key)

    assert caught.value.reason.startswith(BAD[key])
    str(caught.value).encode()


@pytest.mark.parametrize("key", [None, 5, b"files/a"])
def test_a_key_is_a_string(key):
    for function in (keys.check, keys.complete):
        with pytest.raises(InvalidKey):
            function(key)


@pytest.mark.parametrize(
    ("typed", "key"),
    [("data.csv", "files/data.csv"), ("files/a", "files/a"), ("cafe\u0301", "files/café"), ("f_01", "files/f_01")],
)
def test_a_bare_name_is_a_file(typed, key):
    assert keys.complete(typed) == key


@pytest.mark.parametrize("typed", ["", "..", "/etc/passwd", "../a", "other/a"])
def test_completion_makes_no_key_of_everything(typed):
    with pytest.raises(InvalidKey):
        keys.complete(typed)


@pytest.mark.parametrize(
    ("typed", "prefix"),
    [
        ("data", "files/data/"),
        ("data/", "files/data/"),
        ("cafe\u0301/", "files/café/"),
        ("files/", "files/"),
        ("runs/7/output/", "runs/7/output/"),
        ("sessions", "sessions/"),
        ("a/b", "a/b/"),
    ],
)
def test_a_bare_prefix_is_one_of_files(typed, prefix):
    assert keys.complete_prefix(typed) == prefix


@given(st.text(st.characters(exclude_categories=[]), max_size=60).map(lambda text: f"files/{text}"))
def test_whatever_is_accepted_keeps_the_rules(text):
    try:
        keys.check(text)
    except InvalidKey:
        return

    segments = text.split("/")
    assert not {"", ".", ".."} & set(segments)
    assert not set("\\\0\r\n") & set(text)
    assert unicodedata.normalize("NFC", text) == text
    assert len(text.encode()) <= 1024


@given(st.text(max_size=5), st.text(max_size=5))
def test_the_successor_is_above_all_that_begin_with_the_prefix_and_nothing_else_is_between(prefix, rest):
    above = keys.successor(prefix)

    if above is None:
        assert set(prefix) <= {"\U0010ffff"}
    else:
        assert prefix + rest < above
        assert (prefix <= rest < above) == rest.startswith(prefix)


@pytest.mark.parametrize("prefix", ["\ud800", "x" * 1025, 5])
def test_a_prefix_can_be_compared_with_keys(prefix):
    with pytest.raises(InvalidRequest):
        keys.check_prefix(prefix)


def test_generated_keys_grow_also_among_threads():
    made: list[list[str]] = [[] for _ in range(4)]
    threads = [Thread(target=lambda into=into: into.extend(keys.new_key() for _ in range(500))) for into in made]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert [each == sorted(each) for each in made] == [True] * 4
    assert len({key for each in made for key in each}) == 2000


def test_a_generated_key_is_a_ulid_of_now():
    key = keys.new_key()

    made = ULID.from_str(keys.check(key).removeprefix("files/f_"))
    assert abs(made.timestamp - ULID().timestamp) < 60


def test_recent_keys_are_told_from_older_ones_and_from_names():
    key = keys.new_key()

    assert [keys.is_recent(each) for each in (key, f"{key}/a/b", f"{key}x", "files/f_01ARZ3NDEKTSV4RRFFQ69G5FAV")] == [
        True,
        True,
        False,
        False,
    ]
    assert [keys.origin(each) for each in (key, f"{key}/a", "files/a", f"sessions/{key}")] == [key, key, "", ""]


def test_generated_keys_grow_when_the_clock_is_set_back(monkeypatch):
    monkeypatch.setattr(keys, "_ulids", keys._Ulids())
    first = keys.new_key()

    monkeypatch.setattr(keys.time, "time_ns", lambda: 1_000_000_000_000_000_000)

    assert first < keys.new_key() < keys.new_key()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the system has no fork")
def test_a_forked_child_does_not_count_on_from_its_parent():
    before = keys._ulids

    keys._start_anew()

    assert keys._ulids is not before
    assert keys._ulids._last == 0
