"""The difference on the card shows what it shows rightly, and says when it is not all."""

from __future__ import annotations

import pytest

from jupyter_sandfs.agents.questions import Operation
from jupyter_sandfs.kernel.approval.comparison import comparison
from jupyter_sandfs.kernel.browser.differences import MAX_LINE

OPAQUE = "What the file would hold can't be shown: it is no text, or too long. Deny, if you don't know what it is."
LONG = "Not all of it is shown here: it is too long. Deny, if you can't tell what the rest does."


def plain(document):
    """Rows as (kind, old, new), sides as text."""

    def text(line):
        return line and "".join(part for part, _ in line.parts)

    return [(kind, text(old), text(new)) for kind, old, new in document["rows"]]


def test_both_sides_stand_side_by_side(make_asked):
    document = comparison(make_asked(b"a\nb\nc\n", b"a\nB\nc\n"))

    assert plain(document) == [("same", "a", "a"), ("changed", "b", "B"), ("same", "c", "c")]
    assert (document["before"], document["after"], document["warning"]) == ("v7, now", "v8, proposed", "")


@pytest.mark.parametrize(
    ("sides", "labels"),
    [((None, b"x\n"), ("no file yet", "new, proposed")), ((b"x\n", None), ("v7, now", "deleted"))],
)
def test_what_comes_and_goes_has_one_side(make_asked, sides, labels):
    document = comparison(make_asked(*sides))

    assert len(document["rows"]) == 1
    assert (document["before"], document["after"]) == labels


def test_a_last_line_without_an_end_is_told_where_that_changes(make_asked):
    assert plain(comparison(make_asked(b"a\n", b"a"))) == [
        ("same", "a", "a"),
        ("changed", None, "\\ No newline at end of file"),
    ]
    assert plain(comparison(make_asked(b"a", b"b"))) == [("changed", "a", "b")]


def test_characters_that_deceive_are_shown_by_their_number(make_asked):
    document = comparison(make_asked(b"a\n", "a\u202e\x0cb\u2028+c\n".encode()))

    assert plain(document) == [("changed", "a", "a\\u202e\\u000cb\\u2028+c")]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("a" * MAX_LINE + "b", "a" * MAX_LINE + "c"),
        ("", "".join(f"{number}\n" for number in range(3000))),
        ("", "a\n" * 50_000 + "rm -rf\n"),
    ],
)
def test_what_hides_behind_length_is_warned_of(make_asked, before, after):
    assert comparison(make_asked(before.encode(), after.encode()))["warning"] == LONG


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"x" * ((1 << 20) + 1), b"\n" * (1 << 20) + b"rm"])
def test_what_can_not_be_shown_is_warned_of(make_asked, content):
    assert comparison(make_asked(b"a\n", content))["warning"] == OPAQUE


def test_a_change_far_down_in_a_long_file_is_shown(make_asked):
    document = comparison(make_asked(b"a\n" * 5000, b"a\n" * 5000 + b"rm -rf\n"))

    assert document["text"].endswith(" a\n+rm -rf\n")
    assert (document["rows"], document["warning"]) == ([], "")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("a\nb\n" * 1900, "b\na\na\n" * 1200),
        ("a b " * 120 + "\n", "b a c " * 80 + "\n"),
        (("a b " * 15 + "\n") * 1900, ("b a a " * 10 + "\n") * 1900),
    ],
)
def test_texts_that_are_all_alike_take_no_time_that_explodes(make_asked, before, after):
    assert comparison(make_asked(before.encode(), after.encode()))["rows"] != []  # the time limit of tests judges


def test_a_command_is_shown_whole_or_with_a_warning(make_asked):
    exec_ = {"operations": ((Operation.EXEC, "/"),), "sides": None}

    short = comparison(make_asked(diff="rm -r /src\n\x1b[2J", **exec_))
    long = comparison(make_asked(diff=": " * 50_000 + "rm", **exec_))

    assert (short["text"], short["warning"]) == ("rm -r /src\n\\u001b[2J", "")
    assert (len(long["text"]), long["warning"]) == (20_000, LONG)


def test_nothing_to_see_is_said(make_asked):
    assert comparison(make_asked(None, b""))["text"] == "(empty, or as it was)"
