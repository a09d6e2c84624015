from __future__ import annotations

import pytest

from jupyter_sandfs.shell.search.surroundings import framed


@pytest.mark.parametrize(
    ("pattern", "parts"),
    [
        (r"a\Kb", ("a", "b", "")),
        ("(?<=a)b", ("a", "b", "")),
        ("b(?=c)", ("", "b", "c")),
        (r"(?<=a(x|y))(b)(?=(c|d)\))", (r"a(x|y)", "(b)", r"(c|d)\)")),
        (r"[(\]]\K[(?=)](?=[)])", (r"[(\]]", "[(?=)]", "[)]")),
        (r"\\\K\)", (r"\\", r"\)", "")),
    ],
)
def test_edges_are_told_from_the_match(pattern, parts):
    assert framed(pattern) == parts


@pytest.mark.parametrize(
    "pattern",
    [
        "",
        "a",
        "(a)",
        "a|b(?=c)",
        r"a\Kb\Kc",
        "(?=a)b",
        r"(a\Kb)",
        "a(?<=b)c",
        "(?!a)b",
        "(?<=a",
        "b(?=c)d",
        r"b\(?=c)",
        "[(?=]",
    ],
)
def test_what_has_no_edges_stays_whole(pattern):
    assert framed(pattern) is None
