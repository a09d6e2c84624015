"""The differences that `diff` tells, against GNU's on generated texts."""

from __future__ import annotations

import random
import subprocess

import pytest

from jupyter_sandfs.shell.comparing import Hunk, hunks, lines_of, normal, unified


def edited(lines: list[bytes], choice: random.Random) -> list[bytes]:
    """Change a few lines, as people do."""
    changed = list(lines)
    for _ in range(choice.randint(0, 5)):
        if changed and choice.random() < 0.5:
            changed.pop(choice.randrange(len(changed)))
        else:
            changed.insert(choice.randint(0, len(changed)), b"new %d\n" % choice.randint(0, 3))
    return changed


@pytest.mark.parametrize("seed", range(25))
def test_differences_are_those_of_gnu(part, tmp_path, seed):
    part("bash")
    choice = random.Random(seed)
    old = [b"line %d\n" % choice.randint(0, 12) for _ in range(choice.randint(0, 30))]
    new = edited(old, choice)
    (tmp_path / "a").write_bytes(b"".join(old))
    (tmp_path / "b").write_bytes(b"".join(new))

    theirs = [
        subprocess.run(["diff", *options, "a", "b"], cwd=tmp_path, capture_output=True, check=False).stdout
        for options in ((), ("-U", "3"))
    ]

    assert b"".join(normal(old, new, hunks(old, new))) == theirs[0]
    body = b"".join(unified(old, new, hunks(old, new, context=3), 3))
    assert body == b"".join(theirs[1].splitlines(keepends=True)[2:])


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("", "", []),
        ("a", "a", []),
        ("", "ab", [Hunk(0, 0, 0, 2)]),
        ("ab", "", [Hunk(0, 2, 0, 0)]),
        ("abc", "axc", [Hunk(1, 2, 1, 2)]),
        ("aab", "aaab", [Hunk(2, 2, 2, 3)]),
    ],
)
def test_hunks_say_what_became_what(old, new, expected):
    assert hunks(old, new) == expected


def test_every_edit_turns_the_one_into_the_other():
    for seed in range(200):
        choice = random.Random(seed)
        old = choice.choices("abc", k=choice.randint(0, 15))
        new = choice.choices("abc", k=choice.randint(0, 15))
        made, at = [], 0
        for hunk in hunks(old, new):
            made += old[at : hunk.old_start] + new[hunk.new_start : hunk.new_end]
            at = hunk.old_end
        assert made + old[at:] == new


def test_a_carriage_return_ends_no_line():
    assert lines_of(b"a\rb\r\nc") == [b"a\rb\r\n", b"c"]


def test_texts_that_have_little_in_common_are_compared_in_bounded_time():
    old, new = [str(n) for n in range(20_000)], [str(-n - 1) for n in range(20_000)]

    assert hunks(old, new) == [Hunk(0, 20_000, 0, 20_000)]
