from __future__ import annotations

import shlex

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jupyter_sandfs.kernel.words import Words, read_words, spelled


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("", Words()),
        ("ca", Words(raw="ca", plain="ca")),
        ("cat ", Words(done=["cat"])),
        ("cat 'my fi", Words(done=["cat"], raw="'my fi", plain="my fi", quote="'")),
        ('cat "a \\"b', Words(done=["cat"], raw='"a \\"b', plain='a "b', quote='"')),
        ("cat my\\ fi", Words(done=["cat"], raw="my\\ fi", plain="my fi")),
        ("cat 'a'b", Words(done=["cat"], raw="'a'b", plain="ab")),
        ("ls | gr", Words(raw="gr", plain="gr", first=False)),
        ("cd /; ls x y", Words(done=["ls", "x"], raw="y", plain="y", first=False)),
        ("echo hi > o", Words(done=["echo", "hi"], raw="o", plain="o", redirected=True)),
        ("echo hi >o x", Words(done=["echo", "hi"], raw="x", plain="x")),
        ("echo $(ca", Words(raw="ca", plain="ca", first=False)),
        ("cat \\", Words(done=["cat"], raw="\\", plain="")),
    ],
)
def test_an_unfinished_line_is_split_as_the_shell_does(typed, words):
    assert read_words(typed) == words


_NAMES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\r\n"), min_size=1, max_size=20)


@settings(derandomize=True, max_examples=200)
@given(name=_NAMES, quote=st.sampled_from(["", "'", '"']))
def test_a_spelled_name_is_read_as_that_one_word(name, quote):
    text = spelled(name, Words(raw=quote, quote=quote)) + quote

    assert read_words(text).plain == name
    if not set(name) & set("$`"):  # which shlex, unlike a shell, leaves as they are in double quotes
        assert shlex.split(text) == [name]
