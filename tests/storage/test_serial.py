"""A whole storage as bytes."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jupyter_sandfs.errors import StorageError
from jupyter_sandfs.storage import FileEntry, MemoryFileStorage, open_storage
from jupyter_sandfs.storage.redis import RedisFileStorage
from jupyter_sandfs.storage.seal import Sealed, sealed, unsealed
from jupyter_sandfs.storage.serial import SerializableFileStorage


@pytest.fixture(params=["memory", "sqlite", "redis"])
def serializable(request, tmp_path):
    made = {
        "memory": MemoryFileStorage,
        "sqlite": lambda: open_storage(f"sqlite:///{tmp_path}/x"),
        "redis": lambda: RedisFileStorage(request.getfixturevalue("redis_url")),
    }[request.param]()
    with made:
        yield made


@pytest.fixture
def data(rich):
    storage = MemoryFileStorage()
    storage.set_many(rich)
    return storage.serialize()


def test_what_was_serialized_comes_back_in_place_of_what_was_there(serializable, rich, data):
    serializable.set_many([FileEntry(path="/odd", content=b"other"), FileEntry(path="/other")])
    serializable.deserialize(data)

    assert isinstance(serializable, SerializableFileStorage)
    assert list(serializable.items()) == rich
    assert serializable.serialize() == data


def test_bytes_that_are_not_whole_change_nothing(serializable, data):
    serializable.set(FileEntry(path="/a"))

    for damaged in (data[:-1], data[: len(data) // 2], data + b"\n", data.replace(b"empty", b"emptz"), b"", b"{}\n"):
        with pytest.raises(StorageError):
            serializable.deserialize(damaged)
    assert [each.path for each in serializable.items()] == ["/a"]


def test_a_path_that_stands_twice_is_refused():
    entry = FileEntry(path="/a").to_json()
    data = sealed("serialized jupyter_sandfs storage", 1, [entry, entry])

    with pytest.raises(StorageError, match="a path stands in it twice"):
        MemoryFileStorage().deserialize(data)


# ---------------------------------------------------------------- the seal


@settings(deadline=None, max_examples=50)
@given(st.lists(st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\x85\u2028\u2029"))))
def test_lines_and_notes_come_back(lines):
    data = sealed("form", 3, lines, note=[1])

    assert unsealed("form", 3, data) == Sealed({"note": [1]}, [line.encode() for line in lines])


@pytest.mark.parametrize(
    ("form", "number", "message"),
    [
        ("other", 3, "these bytes are no other"),
        ("form", 2, r"a later release wrote this \(format 3, here 2\): upgrade"),
        ("form", 4, "damaged"),
    ],
)
def test_another_form_or_number_is_refused(form, number, message):
    with pytest.raises(StorageError, match=message):
        unsealed(form, number, sealed("form", 3, ["line"]))


@pytest.mark.parametrize("head", [b"", b"[", b"[]", b"null", b'{"format": "form"}', b"\xff"])
def test_bytes_without_a_header_are_refused(head):
    with pytest.raises(StorageError):
        unsealed("form", 3, head + b"\nline\n")


@settings(deadline=None, max_examples=50)
@given(st.integers(min_value=0), st.integers(0, 255))
def test_no_byte_can_be_changed(at, value):
    data = bytearray(sealed("form", 3, ["one", "two"], note="three"))
    at %= len(data)
    before, data[at] = data[at], value

    if value != before:
        try:
            found = unsealed("form", 3, bytes(data))
        except StorageError:
            return
        # What the seal does not watch over are the notes and the spaces of the header.
        assert found.lines == [b"one", b"two"]
        assert json.loads(bytes(data).partition(b"\n")[0])["number"] == 3
