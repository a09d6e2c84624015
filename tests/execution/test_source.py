"""Cutting a snippet before the statement whose value is to be shown."""

from __future__ import annotations

import pytest

from jupyter_sandfs.errors import InvalidRequest
from jupyter_sandfs.execution.source import MAX_SOURCE, Parts, checked, split


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("1 + 1", Parts("", "1 + 1", 1)),
        ("x = 1\nx\n", Parts("x = 1\n", "x", 2)),
        ("x = 1; x", Parts("x = 1; ", "x", 1)),
        ("x = 1; x;", Parts("x = 1; ", "x", 1)),
        ("f(\n  1,\n)  # why\n\n", Parts("", "f(\n  1,\n)", 1)),
        ("'''a;\nb'''", Parts("", "'''a;\nb'''", 1)),
        ("{1: 2}[1]; [\n3]", Parts("{1: 2}[1]; ", "[\n3]", 1)),
        ("x = 1 + \\\n  2\nx", Parts("x = 1 + \\\n  2\n", "x", 3)),
        ("é = 'ü'; é", Parts("é = 'ü'; ", "é", 1)),
    ],
)
def test_the_last_statement_of_the_outermost_level_is_cut_off(code, expected):
    assert split(code) == expected


@pytest.mark.parametrize(
    "code",
    [
        "if True: 1; 2",
        "for x in y:\n    x",
        "x\nwhile True: pass; x",
        "def f(): return 1",
        "",
        "# nothing\n",
        "x = (1,\n",
        "'''",
        "  x\n y",
        "a b ( ; ) ] x",
    ],
)
def test_what_stands_in_a_compound_statement_or_makes_no_sense_is_not_cut(code):
    assert split(code) is None or split(code).last not in {"2", "x", "return 1"}


def test_depth_that_would_crash_a_parser_is_no_matter():
    assert split("-" * 50_000 + "1") == Parts("", "-" * 50_000 + "1", 1)


@pytest.mark.parametrize("code", [b"1", None, "'\ud800'", "#" * (MAX_SOURCE + 1)])
def test_what_is_no_text_or_too_much_of_it_is_refused(code):
    with pytest.raises(InvalidRequest):
        checked(code)
