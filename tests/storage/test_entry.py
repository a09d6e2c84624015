"""An entry as JSON: one form, and nothing else is read."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jupyter_sandfs.errors import InvalidPath, InvalidRequest, StorageError
from jupyter_sandfs.paths import normalize
from jupyter_sandfs.storage import FileEntry

_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
_text = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1)
_times = st.datetimes(timezones=st.just(UTC))
_facts = {
    "path": _text.map(normalize),
    "created_at": _times,
    "modified_at": _times,
    "mode": st.integers(0, 0o7777),
    "version": st.integers(0, 2**63 - 1),
    "policy": _json,
    "metadata": st.none() | st.dictionaries(st.text(), _json, max_size=3),
}
ENTRIES = st.one_of(
    st.builds(FileEntry, content=st.binary(), **_facts),
    st.builds(FileEntry, is_directory=st.just(True), mount=st.none() | st.text(), **_facts),
    st.builds(FileEntry, link_target=_text, **_facts),
    st.builds(FileEntry, mount=st.text(), **_facts),
)


@settings(deadline=None, max_examples=50)
@given(ENTRIES)
def test_an_entry_is_the_same_after_a_journey_through_json(entry):
    assert FileEntry.from_json(entry.to_json()) == entry
    assert FileEntry.from_facts(entry.facts(), entry.content) == entry
    assert "\n" not in entry.to_json()


def test_times_of_other_zones_are_the_same_moments():
    there = datetime(2026, 1, 1, 1, tzinfo=timezone(timedelta(hours=5)))

    assert FileEntry.from_json(FileEntry(path="/a", created_at=there).to_json()).created_at == there


def test_an_entry_knows_its_name_and_size():
    entry = FileEntry(path="/a/b", content=b"123", start=4)

    assert (entry.name, entry.size) == ("b", 7)


@pytest.mark.parametrize("value", [object(), {1, 2}, float("nan"), float("inf"), b"bytes"])
@pytest.mark.parametrize("field", ["metadata", "policy"])
def test_what_no_json_can_hold_is_refused_with_the_path(field, value):
    with pytest.raises(InvalidRequest, match=r"^/a: what is attached to it is not plain JSON"):
        FileEntry(path="/a", **{field: {"x": value}}).facts()


def test_metadata_without_an_end_is_refused():
    endless = {}
    endless["self"] = endless

    with pytest.raises(InvalidRequest, match="not plain JSON"):
        FileEntry(path="/a", metadata=endless).facts()


def test_the_end_of_a_file_is_not_an_entry_of_its_own():
    with pytest.raises(InvalidRequest, match="the end of a file is not an entry"):
        FileEntry(path="/a", content=b"x", start=1).to_json()


@pytest.mark.parametrize(
    "change",
    [
        {"path": "relative"}, {"path": "/a/../b"}, {"path": "/a/"}, {"path": "/\0"}, {"path": "/\ud800"},
        {"path": None}, {"version": -1}, {"version": True}, {"version": 1.0}, {"version": 2**63}, {"mode": 0o10000},
        {"mode": -1},
        {"created_us": 10**18}, {"modified_us": "now"}, {"is_directory": 1}, {"metadata": []}, {"metadata": "x"},
        {"link_target": ""}, {"link_target": "\0"}, {"link_target": 1}, {"link_target": "x", "content": "eA=="},
        {"is_directory": True, "content": "eA=="}, {"is_directory": True, "link_target": "x"}, {"mount": 3},
        {"mount": "x", "content": "eA=="}, {"content": "?"}, {"content": None}, {"content": 1}, {"start": 1},
        {"more": 1},
    ],
)  # fmt: skip
def test_an_entry_that_is_not_as_we_write_it_is_refused(change):
    usual = {"path": "/a", "version": 1, "content": ""}

    with pytest.raises(StorageError, match="the storage is damaged"):
        FileEntry.from_json(json.dumps(usual | change))


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "null", '"/a"', '{"path": "/a", "metadata": {"x": NaN}, "content": ""}', b"\xff", "[" * 9999],
)
def test_what_is_no_json_object_is_refused(text):
    with pytest.raises(StorageError, match="the storage is damaged"):
        FileEntry.from_json(text)


@settings(deadline=None, max_examples=50)
@given(st.binary())
def test_any_bytes_are_an_entry_or_an_error_of_ours(data):
    try:
        FileEntry.from_json(data)
    except StorageError:
        pass
    except InvalidPath:
        pytest.fail("an error of the storage is wanted")
