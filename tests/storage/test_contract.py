"""What every storage promises; four methods are enough to be one."""

from __future__ import annotations

import pytest

from jupyter_sandfs.storage import FileEntry, FileStorage, MemoryFileStorage


class FourMethods(FileStorage):
    """The least that a storage is: all else is derived."""

    def __init__(self):
        self._kept = {}

    def get(self, path):
        return self._kept.get(path)

    def set(self, entry):
        self._kept[entry.path] = entry

    def delete(self, path):
        return self._kept.pop(path, None) is not None

    def paths(self):
        return iter(sorted(self._kept))


PATHS = ["/", "/a", "/a/b", "/a/b/c", "/ab", "/d"]


@pytest.fixture(params=[MemoryFileStorage, FourMethods])
def storage(request):
    made = request.param()
    made.set_many(FileEntry(path=path, content=path.encode()) for path in reversed(PATHS))
    return made


def test_entries_are_kept_by_path_and_listed_in_order(storage):
    assert (list(storage.paths()), [each.path for each in storage.items()], storage.count()) == (PATHS, PATHS, 6)
    assert (storage.get("/a"), storage.get("/none")) == (FileEntry(path="/a", content=b"/a"), None)
    assert (storage.exists("/a"), storage.exists("/none")) == (True, False)


def test_a_prefix_is_a_string_and_children_are_right_below(storage):
    assert list(storage.paths_by_prefix("/a")) == ["/a", "/a/b", "/a/b/c", "/ab"]
    assert list(storage.children("/a")) == ["/a/b"]
    assert list(storage.children("/")) == ["/a", "/ab", "/d"]


def test_setting_replaces_and_deleting_says_whether_there_was_something(storage):
    storage.set(FileEntry(path="/a", content=b"new"))

    assert (storage.get("/a").content, storage.delete("/a"), storage.delete("/a")) == (b"new", True, False)


def test_apply_deletes_first_and_then_sets(storage):
    storage.apply([FileEntry(path="/a", content=b"again")], ["/a", "/d", "/none"])

    assert (storage.get("/a").content, storage.exists("/d")) == (b"again", False)


def test_clear_leaves_nothing(storage):
    storage.clear()

    assert (list(storage.paths()), storage.count()) == ([], 0)


def test_a_memory_storage_applies_all_or_nothing():
    storage = MemoryFileStorage()
    storage.set(FileEntry(path="/a"))

    def broken():
        yield FileEntry(path="/b")
        raise ValueError

    with pytest.raises(ValueError):  # noqa: PT011  # raised three lines above
        storage.apply(broken(), ["/a"])
    assert list(storage.paths()) == ["/a"]
