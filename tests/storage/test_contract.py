"""What every storage promises; four methods are enough to be one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from jupyter_sandfs.errors import InvalidRequest
from jupyter_sandfs.storage import FileEntry, WriteBehind

PATHS = ["/", "/a", "/a/b", "/a/b/c", "/ab", "/a\U0001f600", "/d", "/ü"]


def entry(path, content=None, **facts):
    return FileEntry(path=path, content=path.encode() if content is None else content, **facts)


@pytest.fixture
def filled(storage):
    storage.set_many(entry(path) for path in reversed(PATHS))
    return storage


def test_a_new_storage_is_empty(storage):
    assert (list(storage.items()), list(storage.paths()), storage.count()) == ([], [], 0)


def test_entries_are_kept_by_path_and_listed_in_order(filled):
    assert (list(filled.paths()), [each.path for each in filled.items()], filled.count()) == (PATHS, PATHS, 8)
    assert (filled.get("/a"), filled.get("/none")) == (entry("/a"), None)
    assert (filled.exists("/a"), filled.exists("/none")) == (True, False)


def test_an_entry_comes_back_as_it_was(storage, rich):
    storage.set_many(rich)

    assert list(storage.items()) == rich
    assert [storage.get(each.path) for each in rich] == rich


def test_a_prefix_is_a_string_and_children_are_right_below(filled):
    assert list(filled.paths_by_prefix("/a")) == ["/a", "/a/b", "/a/b/c", "/ab", "/a\U0001f600"]
    assert list(filled.paths_by_prefix("")) == PATHS
    assert list(filled.paths_by_prefix("/%")) == []
    assert list(filled.children("/a")) == ["/a/b"]
    assert list(filled.children("/")) == ["/a", "/ab", "/a\U0001f600", "/d", "/ü"]


def test_setting_replaces_and_deleting_says_whether_there_was_something(filled):
    filled.set(entry("/a", b"new"))

    assert (filled.get("/a").content, filled.delete("/a"), filled.delete("/a")) == (b"new", True, False)
    assert filled.get("/a") is None


def test_apply_deletes_first_and_then_sets(filled):
    filled.apply([entry("/a", b"again")], ["/a", "/d", "/none"])

    assert (filled.get("/a").content, filled.exists("/d"), filled.count()) == (b"again", False, 7)


def test_a_path_that_was_deleted_comes_back_without_its_old_content(filled):
    filled.delete("/a")
    filled.set(entry("/a", b"", link_target="x"))

    assert filled.get("/a") == entry("/a", b"", link_target="x")


def test_clear_leaves_nothing(filled):
    filled.clear()

    assert (list(filled.paths()), filled.count()) == ([], 0)


def test_a_content_of_more_than_one_piece_comes_back(storage):
    content = bytes(range(256)) * (20 << 12)  # 20 MiB
    storage.set(entry("/big", content))

    assert storage.get("/big").content == content
    storage.set(entry("/big", b"small"))
    assert [each.content for each in storage.items()] == [b"small"]


def test_many_entries_are_all_listed(storage):
    storage.set_many(entry(f"/{number:04}") for number in range(1100))

    assert [each.path for each in storage.items()] == [f"/{number:04}" for number in range(1100)]


def test_a_storage_that_is_closed_twice_does_not_mind(storage):
    storage.close()
    storage.close()


# ---------------------------------------------------------------- what grows


def test_the_end_of_a_content_is_added_to_what_is_kept(growing):
    growing.set(entry("/f", b"one", version=1))
    growing.set(entry("/f", b"two", version=2, start=3))
    growing.apply([entry("/f", b"three", version=3, start=6)], ())

    assert growing.get("/f") == entry("/f", b"onetwothree", version=3)


def test_facts_change_without_the_content(growing):
    growing.set(entry("/f", b"content"))
    growing.set(entry("/f", b"", mode=0o600, start=7))

    assert growing.get("/f") == entry("/f", b"content", mode=0o600)


def test_what_was_kept_beyond_the_start_is_dropped(growing):
    """So that a change which was kept, although its answer was lost, can be repeated."""
    growing.set(entry("/f", b"one"))
    growing.set(entry("/f", b"two", start=3))
    growing.set(entry("/f", b"twofold", start=3))
    growing.flush()
    growing.set(entry("/f", b"!", start=3))

    assert growing.get("/f").content == b"one!"
    for start, content in [(4, b"?!"), (5, b"??"), (2, b"ce"), (1, b"")]:
        growing.set(entry("/f", content, start=start))
    assert growing.get("/f").content == b"o"


@pytest.mark.parametrize("path", ["/f", "/none"])
def test_the_end_of_what_is_not_kept_is_refused(growing, path):
    direct = growing._storage if isinstance(growing, WriteBehind) else growing
    direct.set(entry("/f", b"one"))

    with pytest.raises(InvalidRequest, match=r"4 bytes are not what is kept"):
        direct.apply([entry("/g"), entry(path, b"x", start=4)], ())
    assert [each.path for each in direct.items()] == ["/f"]


def test_a_content_that_grew_and_is_set_anew_has_nothing_of_its_past(growing):
    growing.set(entry("/f", b"one"))
    growing.set(entry("/f", b"two", start=3))
    growing.set(entry("/f", b"3"))

    assert growing.get("/f").content == b"3"
    growing.delete("/f")
    growing.set(entry("/f", b"4"))
    assert growing.get("/f").content == b"4"


# ---------------------------------------------------------------- all or nothing


class Odd:
    """What no JSON can hold."""


def test_a_change_that_fails_has_not_happened(atomic):
    atomic.set(entry("/a", b"1"))

    def broken():
        yield entry("/b")
        raise ValueError

    with pytest.raises(ValueError):  # noqa: PT011  # raised two lines above
        atomic.apply(broken(), ["/a"])
    assert [each.content for each in atomic.items()] == [b"1"]


def test_what_is_not_plain_json_is_refused_before_anything_changes(url):
    from jupyter_sandfs.storage import open_storage

    behind = open_storage(url)
    with getattr(behind, "_storage", behind) as storage:  # at once, not in the background
        storage.set(entry("/a", b"1"))
        with pytest.raises(InvalidRequest, match="/b: what is attached to it is not plain JSON"):
            storage.apply([replace(entry("/b"), metadata={"x": Odd()})], ["/a"])
        assert [each.content for each in storage.items()] == [b"1"]
