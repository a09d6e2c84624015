from __future__ import annotations

import pytest

from jupyter_sandfs.errors import InvalidRequest
from jupyter_sandfs.shell.options import Arguments, Option, parse

OPTIONS = (
    Option("a", "all", word="all"),
    Option("l", "long"),
    Option("n", "number", word="lines", value="N"),
    Option("", "only long", word="deep"),
)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("", Arguments()),
        ("-al x", Arguments({"a": "", "l": ""}, ("x",))),
        ("x -a y", Arguments({"a": ""}, ("x", "y"))),
        ("-n5", Arguments({"n": "5"})),
        ("-an 5 --lines=6", Arguments({"a": "", "n": "6"})),
        ("--al --dee", Arguments({"a": "", "deep": ""})),
        ("-a -- -l", Arguments({"a": ""}, ("-l",))),
        ("-", Arguments({}, ("-",))),
        ("--help", Arguments({"help": ""})),
    ],
)
def test_arguments_are_read_as_gnu_tools_read_them(line, expected):
    assert parse(line.split(), OPTIONS) == expected


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("-z", "invalid option -- 'z'"),
        ("-az", "invalid option -- 'z'"),
        ("--zzz", "unrecognized option '--zzz'"),
        ("--z", "unrecognized option '--z'"),
        ("--zzz=4", "unrecognized option '--zzz=4'"),
        ("-n", "option requires an argument -- 'n'"),
        ("--lines", "option '--lines' requires an argument"),
        ("--all=1", "option '--all' doesn't allow an argument"),
    ],
)
def test_a_wrong_option_is_told_in_the_words_of_gnu(line, complaint):
    with pytest.raises(InvalidRequest) as caught:
        parse(line.split(), OPTIONS)

    assert str(caught.value) == complaint


def test_the_last_of_two_options_comes_last():
    assert list(parse(["-l", "-a", "-l"], OPTIONS).options) == ["a", "l"]


@pytest.mark.parametrize("text", ["", "x", "-1", "1.5", "²", "9" * 10])
def test_a_number_is_plain_digits(text):
    with pytest.raises(InvalidRequest, match="invalid number"):
        Arguments({"n": text}).number("n", 1)


def test_a_number_that_is_not_given_is_the_default():
    assert (Arguments({"n": "7"}).number("n", 1), Arguments().number("n", 1)) == (7, 1)
