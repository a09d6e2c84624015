"""Names in differences come back as they were, and say nothing but a name."""

from __future__ import annotations

import os
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jupyter_sandfs.vfs.filesystem import VirtualFileSystem
from jupyter_sandfs.vfs.patching import apply_patch
from jupyter_sandfs.vfs.quotation import quoted, unquoted

_HARD = [
    "a\nb",
    "a\tb",
    "a ",
    "a\rb",
    '"a"',
    "a\x07\x08\x0b\x0cb",
    "\x7f",
    "é\n",
    "a\n--- x\n+++ x\n@@ -1 +1 @@\n-1\n+9",
]


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("a/plain b", "a/plain b"),
        ("a/é\u2028", '"a/é\u2028"'),
        ("a/x\ny\tz", '"a/x\\ny\\tz"'),
        ('a/"q"', '"a/\\"q\\""'),
        ("a/\x01", '"a/\\001"'),
        ("a/b ", '"a/b "'),
    ],
)
def test_a_name_is_quoted_where_it_would_be_read_as_another(name, written):
    assert quoted(name) == written


def test_blanks_are_quoted_where_that_is_asked_for():
    assert (quoted("a b", blanks=True), quoted("ab", blanks=True)) == ('"a b"', "ab")


@settings(derandomize=True)
@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_a_name_with_a_prefix_comes_back(name):
    written = quoted(f"a/{name}")

    assert unquoted(written.strip().encode()).decode() == f"a/{name}"
    assert not {"\n", "\r", "\t"} & set(written)


@pytest.mark.parametrize("name", _HARD)
def test_a_difference_of_a_file_with_a_hard_name_can_be_applied(name):
    fs = VirtualFileSystem()
    fs.write_file(f"/{name}", "1\n")
    before = fs.snapshot()
    fs.write_file(f"/{name}", "2\n")
    diff = fs.unified_diff(before)

    fs.restore(before)
    changes = apply_patch(fs, diff.encode())

    assert [each.path for each in changes] == [f"/{name}"]
    assert fs.read_file(f"/{name}") == "2\n"


@pytest.mark.parametrize("name", ["a\nb", "a\tb", "a ", '"a"', "a\x07b"])
def test_git_takes_a_difference_of_a_file_with_a_hard_name(part, tmp_path, name):
    fs = VirtualFileSystem()
    before = fs.snapshot()
    fs.write_file(f"/{name}", "1\n")

    subprocess.run(
        [part("git"), "apply", "--whitespace=nowarn"],
        input=fs.unified_diff(before).encode(),
        cwd=tmp_path,
        env=os.environ | {"GIT_CEILING_DIRECTORIES": str(tmp_path.parent)},
        check=True,
    )

    assert [each.name for each in tmp_path.iterdir()] == [name]
