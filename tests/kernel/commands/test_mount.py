"""Values of Python as live files."""

from __future__ import annotations

import io
import json

import pandas as pd
import polars as pl
import pytest


@pytest.fixture
def fs(sandbox):
    return sandbox.fs


def test_a_name_is_followed(cell, fs):
    cell("x = 1")
    assert cell("%sandfs mount /x x").out == "/x: follows x (int)\n"
    assert fs.read_file("/x") == "1\n"
    cell("x = {'b': [1, 'ü']}['b']")
    assert json.loads(fs.read_file("/x")) == [1, "ü"]


def test_any_expression_is_evaluated_at_each_read(cell, fs):
    cell("words = ['a', 'b']")
    cell("""%sandfs mount '/all words' "".join(f"{w}\\n" for w in words if w != 'b')""")

    assert fs.read_file("/all words") == "a\n"
    cell("words.append('c')")
    assert fs.read_file("/all words") == "a\nc\n"


@pytest.mark.parametrize(
    ("made", "content"),
    [
        ("lambda: 'text'", "text"),
        ("lambda: b'bytes'", "bytes"),
        ("lambda context: context.path", "/f"),
        ("lambda: {'a': 1}", '{\n "a": 1\n}\n'),
        ("'text'", "text"),
        ("bytearray(b'x')", "x"),
        ("object", "<class 'object'>\n"),
        ("None", "null\n"),
        ("{1}", "{1}\n"),
    ],
)
def test_callables_give_the_content_and_values_are_written_out(cell, fs, made, content):
    cell(f"%sandfs mount /f {made}")

    assert fs.read_file("/f") == content


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_a_table_is_written_as_its_suffix_says(cell, fs, library):
    cell(f"import {library}\ntable = {library}.DataFrame({{'x': [1, 2], 'y': ['a', 'ü']}})")
    for suffix in ("csv", "tsv", "json", "parquet", "txt", "html"):
        assert cell(f"%sandfs mount /t.{suffix} table").err == ""

    expected = pd.DataFrame({"x": [1, 2], "y": ["a", "ü"]})
    assert fs.read_file("/t.csv") == "x,y\n1,a\n2,ü\n"
    assert fs.read_file("/t.tsv") == "x\ty\n1\ta\n2\tü\n"
    assert json.loads(fs.read_file("/t.json")) == [{"x": 1, "y": "a"}, {"x": 2, "y": "ü"}]
    assert pl.read_parquet(io.BytesIO(fs.read_bytes("/t.parquet"))).to_dict(as_series=False) == expected.to_dict("list")
    assert "ü" in fs.read_file("/t.txt")
    assert "<table" in fs.read_file("/t.html")
    cell("table = table[:1]")
    assert fs.read_file("/t.csv") == "x,y\n1,a\n"


def test_the_names_of_rows_are_kept(cell, fs):
    cell("import pandas\ntable = pandas.DataFrame({'x': [1]}, index=['a'])")
    cell("%sandfs mount /t.csv table")

    assert fs.read_file("/t.csv") == ",x\na,1\n"


def test_a_dict_is_a_directory(cell, fs):
    cell("import pandas\ntable = pandas.DataFrame({'x': [1]})")
    cell("d = {'a.txt': 'A', 'deep': {'b': 1}, 'f': lambda: 'called', 't': table}")
    assert cell("%sandfs mount /d d").out == "/d/: follows d (dict)\n"

    assert sorted(fs.listdir("/d")) == ["a.txt", "deep", "f.py", "t.csv"]
    assert (fs.read_file("/d/deep/b"), fs.read_file("/d/t.csv")) == ("1\n", "x\n1\n")
    cell("d['new'] = 'N'\ndel d['a.txt']")
    assert sorted(fs.listdir("/d")) == ["deep", "f.py", "new", "t.csv"]


def test_names_that_are_no_names_of_files_are_made_some(cell, fs):
    cell("d = {'a/b': 1, '..': 2, '': 3, 4: 5, 'x\\\\y\\0': 6}")
    cell("%sandfs mount /d d")

    assert {name: fs.read_file(f"/d/{name}") for name in fs.listdir("/d")} == {
        "a_b": "1\n",
        ".._": "2\n",
        "(empty)": "3\n",
        "4": "5\n",
        "x_y_": "6\n",
    }


def test_a_module_is_a_directory_of_its_names(cell, fs):
    cell("import textwrap, string")
    cell("%sandfs mount /m textwrap\n%sandfs mount /s string")

    assert fs.read_file("/m/dedent.py").startswith("def dedent(text):")
    assert fs.read_file("/s/digits") == "0123456789"
    assert [name for name in fs.listdir("/m") if name.startswith("_")] == []


def test_a_dict_in_itself_has_an_end(cell, fs):
    cell("d = {}\nd['d'] = d")
    cell("%sandfs mount /d d")

    assert fs.is_dir("/d/d/d/d")
    assert len(list(fs.walk("/d"))) < 20


def test_what_fails_later_is_told_to_the_reader(cell, fs):
    cell("x = 1\n%sandfs mount /x x\ndel x")

    assert cell("%sandfs cat /x").err == "cat: /x: /x: could not be computed: NameError: name 'x' is not defined\n"


def test_a_value_can_be_kept_for_a_while(cell, fs):
    cell("calls = []\ndef made():\n    calls.append(1)\n    return str(len(calls))")
    cell("%sandfs mount --ttl 1000 /f made")

    assert (fs.read_file("/f"), fs.read_file("/f")) == ("1", "1")


_MISTAKES = {
    "%sandfs mount": "UsageError: usage: %sandfs mount [--ttl SECONDS] PATH EXPRESSION",
    "%sandfs mount /x": "UsageError: say what to mount: %sandfs mount PATH EXPRESSION",
    "%sandfs mount /x nope": "UsageError: nope: NameError: name 'nope' is not defined",
    "%sandfs mount /x 1 +": "UsageError: 1 +: SyntaxError: invalid syntax (<sandfs>, line 1)",
    "%sandfs mount --ttl soon /x 1": "UsageError: invalid number of seconds: 'soon'",
    "%sandfs mount --ttl nan /x 1": "UsageError: invalid number of seconds: 'nan'",
    "%sandfs mount /t.xls table": "UsageError: /t.xls: a table is written as .csv, .tsv, .json, .parquet, .txt, .html",
    "%sandfs mount '/x 1": ("UsageError: No closing quotation; usage: %sandfs mount [--ttl SECONDS] PATH EXPRESSION"),
}


@pytest.mark.parametrize("line", _MISTAKES)
def test_a_mistake_is_told_and_nothing_is_mounted(cell, fs, line):
    cell("import pandas\ntable = pandas.DataFrame({'x': [1]})")

    assert cell(line) == ("", _MISTAKES[line] + "\n")
    assert fs.listdir("/") == []
