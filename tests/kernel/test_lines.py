from __future__ import annotations

import pytest

from jupyter_sandfs.errors import InvalidRequest
from jupyter_sandfs.kernel.lines import Line, read_line


@pytest.mark.parametrize(
    ("typed", "line"),
    [
        ("ls -l", Line(text="ls -l")),
        ("", Line(text="")),
        ("-o x ls -o", Line(text="ls -o", out="x")),
        ("-ox ls", Line(text="ls", out="x")),
        ("--out x ls", Line(text="ls", out="x")),
        ("--out=x ls", Line(text="ls", out="x")),
        ("--json ls", Line(text="ls", json=True)),
        ("--check --json -o x ls -l", Line(text="ls -l", out="x", json=True, check=True)),
        ("--json", Line(text="", json=True)),
        ("--jsonl ls", Line(text="--jsonl ls")),
        ("ls;", Line(text="ls", quiet=True)),
        ("ls ; ", Line(text="ls", quiet=True)),
        ("find -exec echo {} \\;", Line(text="find -exec echo {} \\;")),
        ("case a in a) ls ;;", Line(text="case a in a) ls ;;")),
        ("echo 'a;'", Line(text="echo 'a;'")),
        ("cd /; ls", Line(text="cd /; ls")),
    ],
)
def test_options_of_every_command_stand_first_and_a_semicolon_last(typed, line):
    assert read_line(typed) == line


@pytest.mark.parametrize(
    ("typed", "told"),
    [("-o", "-o needs a name"), ("--json -o", "-o needs a name"), ("-o 1x ls", "not a name for a result: '1x'")],
)
def test_a_result_needs_a_name_of_python(typed, told):
    with pytest.raises(InvalidRequest, match=told):
        read_line(typed)
