"""Paths are pure text: one normal form, and no way above the root."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jupyter_sandfs import paths
from jupyter_sandfs.errors import InvalidPath


@pytest.mark.parametrize(
    ("path", "normal"),
    [
        ("", "/"),
        ("/", "/"),
        ("//", "/"),
        ("a", "/a"),
        ("/a/", "/a"),
        ("//a//b/", "/a/b"),
        ("/a/./b", "/a/b"),
        ("/a/../b", "/b"),
        ("/../../a", "/a"),
        ("..", "/"),
        ("\\a\\b", "/a/b"),
        ("a\\..\\..\\b", "/b"),
        ("/...", "/..."),
        (" /a ", "/ /a "),
    ],
)
def test_a_path_has_one_normal_form(path, normal):
    assert paths.normalize(path) == normal


@pytest.mark.parametrize(
    ("path", "cwd", "normal"), [("x", "/a", "/a/x"), ("../../x", "/a", "/x"), ("../../x", "a", "/x")]
)
def test_a_relative_path_starts_where_it_is_told(path, cwd, normal):
    assert paths.normalize(path, cwd) == normal


@pytest.mark.parametrize("path", ["/a\0", "/\ud800", None, 3, b"/a"])
def test_what_is_no_path_is_refused(path):
    with pytest.raises(InvalidPath):
        paths.normalize(path)


@given(st.text(alphabet="/\\.ab ", max_size=12))
@settings(max_examples=200, deadline=None, derandomize=True)
def test_the_normal_form_is_absolute_free_of_dots_and_its_own_normal_form(path):
    normal = paths.normalize(path)

    assert normal.startswith("/")
    assert not {"", ".", ".."} & set(normal.split("/")[1:]) or normal == "/"
    assert paths.normalize(normal) == normal
    assert paths.join(*paths.split(normal)) == normal


SEGMENT = st.text(alphabet="ab. ", min_size=1, max_size=4).filter(lambda name: name not in {".", ".."})


@given(st.lists(SEGMENT, max_size=3), SEGMENT)
@settings(max_examples=200, deadline=None, derandomize=True)
def test_a_path_is_its_parent_and_its_name_and_a_name_is_its_stem_and_its_suffix(above, name):
    top = "/" + "/".join(above)
    path = paths.join(top, name)

    assert (paths.parent(path), paths.name(path)) == (top, name)
    assert paths.stem(path) + paths.suffix(path) == name
    assert paths.split(path) == (top, name)
    assert (paths.is_child_of(path, top), paths.is_child_of(top, path), paths.is_root(path)) == (True, False, False)
    assert paths.join(top, paths.relative_to(path, top)) == path
    assert paths.ancestors(path) == [*paths.ancestors(top), top]


@given(st.text(alphabet="/\\.ab ", max_size=10), st.text(alphabet="/\\.ab ", max_size=10))
@settings(max_examples=200, deadline=None, derandomize=True)
def test_what_is_joined_is_what_a_relative_path_means_there(first, second):
    absolute = second.startswith(("/", "\\"))  # it starts anew, as with os.path.join

    assert paths.join(first, second) == paths.normalize(second if absolute else f"{first}/{second}")
    assert paths.normalize(second, paths.normalize(first)) == paths.join(first, second)


@pytest.mark.parametrize(
    ("path", "parent", "name", "stem", "suffix", "ancestors"),
    [
        ("/", "/", "", "", "", []),
        ("/a", "/", "a", "a", "", ["/"]),
        ("/a/b.tar.gz", "/a", "b.tar.gz", "b.tar", ".gz", ["/", "/a"]),
        ("/a/b/.env", "/a/b", ".env", ".env", "", ["/", "/a", "/a/b"]),
    ],
)
def test_the_parts_of_a_path(path, parent, name, stem, suffix, ancestors):
    parts = paths.parent(path), paths.name(path), paths.stem(path), paths.suffix(path), paths.ancestors(path)

    assert parts == (parent, name, stem, suffix, ancestors)


@pytest.mark.parametrize(
    ("path", "top", "within", "child"),
    [
        ("/a", "/a", True, False),
        ("/a/b", "/a", True, True),
        ("/ab", "/a", False, False),
        ("/a", "/", True, True),
        ("/", "/", True, False),
        ("/a/../b", "/a", False, False),
    ],
)
def test_a_path_lies_within_another_by_whole_names(path, top, within, child):
    assert (paths.is_within(path, top), paths.is_child_of(path, top)) == (within, child)


def test_a_relative_path_is_what_is_below():
    assert [paths.relative_to("/a/b", "/a"), paths.relative_to("/a", "/a"), paths.relative_to("/a", "/")] == [
        "b",
        "",
        "a",
    ]
    with pytest.raises(InvalidPath):
        paths.relative_to("/b", "/a")
