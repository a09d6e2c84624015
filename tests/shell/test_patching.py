"""Where pieces of a patch belong; `patch` itself is compared with GNU's in scripts/patch.sh."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jupyter_sandfs.errors import InvalidRequest, LimitExceeded
from jupyter_sandfs.shell import comparing, patching
from jupyter_sandfs.vfs.policy import NodePolicy


def unified(old: bytes, new: bytes) -> bytes:
    before, after = comparing.lines_of(old), comparing.lines_of(new)
    found = comparing.hunks(before, after, context=3)
    return b"".join([b"--- a\n+++ b\n", *comparing.unified(before, after, found, 3)])


def applied(text: bytes, patch: bytes, *, reverse: bool = False) -> tuple[bytes, bool]:
    (one,) = patching.read(patch)
    pieces = (one.reversed if reverse else one).pieces
    done = patching.apply(text, pieces, fuzz=2, check=lambda: None)
    return b"".join(done.lines), done.exact


TEXTS = st.lists(st.sampled_from([b"a", b"b", b"", b"-- x", b"+"]), max_size=30).map(b"\n".join)


@settings(max_examples=150, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck), database=None)
@given(TEXTS, TEXTS)
def test_a_difference_makes_of_the_one_text_the_other_and_back(old, new):
    if old == new:
        return
    patch = unified(old, new)

    assert applied(old, patch) == (new, True)
    assert applied(new, patch, reverse=True) == (old, True)


def test_a_reversed_piece_is_written_as_a_difference_the_other_way():
    old, new = b"1\n2\n3\n4", b"1\ntwo\nand\n3\n4\n"
    (there,), (back,) = patching.read(unified(old, new)), patching.read(unified(new, old))

    assert [each.text for each in there.reversed.pieces] == [each.text for each in back.pieces]


@pytest.mark.parametrize(
    ("patch", "words"),
    [
        (b"nothing\n", "Only garbage was found"),
        (b"--- a\n+++ b\n", "Only garbage was found"),
        (b"--- a\n+++ b\n@@ -1,2 +1,2 @@\n-x\n", "malformed patch at line 5"),
        (b"--- a\n+++ b\n@@ -1 +1 @@\n-x\n-y\n+z\n", "malformed patch at line 5"),
        (b"--- a\n+++ b\n@@ -1,2 +1 @@\n x\n?\n", "malformed patch at line 5"),
    ],
)
def test_what_is_no_patch_is_refused(patch, words):
    with pytest.raises(InvalidRequest, match=words):
        patching.read(patch)


def test_looking_for_a_place_can_be_stopped():
    def stop():
        raise LimitExceeded("stopped")

    (one,) = patching.read(b"--- a\n+++ b\n@@ -1,2 +1,2 @@\n a\n-x\n+y\n")
    with pytest.raises(LimitExceeded):
        patching.apply(b"a\n" * 5_000, one.pieces, fuzz=2, check=stop)


def test_rules_hold_for_what_a_patch_changes(fs, shell):
    for name in ("/ro", "/log", "/free"):
        fs.write_file(name, "1\n")
    fs.set_policy("/ro", NodePolicy(writable=False))
    fs.set_policy("/log", NodePolicy(append_only=True))
    fs.write_file("/p", "".join(f"--- {name}\n+++ {name}\n@@ -1 +1 @@\n-1\n+2\n" for name in ("ro", "log", "free")))

    result = shell.exec("patch < p")

    assert (result.stderr, result.exit_code) == (
        (
            "patch: **** Can't change file ro : Read-only file system\n"
            "patch: **** Can't change file log : Operation not permitted\n"
        ),
        2,
    )
    assert [fs.read_file(name) for name in ("/ro", "/log", "/free")] == ["1\n", "1\n", "2\n"]


@pytest.mark.parametrize("name", ["a\nb", "a\tb", "a b ", "f\n--- g\n+++ g\n@@ -1 +1 @@\n-1\n+2"])
def test_a_name_that_would_break_a_line_is_quoted_and_read_back(fs, shell, name):
    for folder, content in (("old", "1\n"), ("new", "2\n")):
        fs.write_file(f"/{folder}/{name}", content)
    fs.write_file("/old/g", "1\n")
    fs.write_file("/new/g", "1\n")

    written = shell.exec("cd /; diff -ru old new > p; patch -s -p0 < p")

    assert (written.stdout, written.stderr, written.exit_code) == ("", "", 0)
    assert (fs.read_file(f"/old/{name}"), fs.read_file("/old/g")) == ("2\n", "1\n")
