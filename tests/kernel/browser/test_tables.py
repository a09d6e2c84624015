import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_sandfs.kernel.browser import tables
from jupyter_sandfs.kernel.browser.preview import HEAD_BYTES
from jupyter_sandfs.kernel.browser.tables import has_head, histogram, parse, sniff, type_of


def table(text, *, suffix=".csv", complete=True, newlines=None):
    return parse(text, suffix=suffix, complete=complete, newlines=text.count("\n") if newlines is None else newlines)


@pytest.mark.parametrize(
    ("text", "delimiter"),
    [
        ("a,b\n1,2\n", ","),
        ("a;b\n1,5;2,5\n3,5;4,5\n", ";"),
        ("a\tb c\n1\t2\n", "\t"),
        ("a|b|c\n1|2|3\n", "|"),
        ('"x;y",b\n"u;v",2\n', ","),
        ("one column\nonly\n", ","),
        ("", ","),
    ],
)
def test_the_delimiter_is_the_one_that_makes_an_even_table(text, delimiter):
    assert sniff(text) == delimiter


def test_the_suffix_names_the_delimiter():
    shown = table("a,b\tc\n1,2\t3\n", suffix=".tsv")

    assert [column.name for column in shown.columns] == ["a,b", "c"]


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        (["1", "-2", " +3 "], "int"),
        (["1", "2.5", "", "1e-3"], "float"),
        (["nan", "inf", ".5", "5."], "float"),
        (["2012-01-01", "2012-12-31T23:59:59Z"], "date"),
        (["2012/01/01"], "date"),
        (["true", "False"], "bool"),
        (["1", "one"], "text"),
        (["\N{ARABIC-INDIC DIGIT ONE}"], "text"),
        (["", "  "], "text"),
        ([], "text"),
        (["9" * 400], "text"),
    ],
)
def test_the_type_is_the_narrowest_that_all_cells_have(cells, kind):
    assert type_of(cells) == kind


@pytest.mark.parametrize(
    ("cells", "counts"),
    [
        (["0", "1", "2", "3", "4", "5", "6"], [1, 1, 1, 1, 1, 2]),
        (["5", "5"], []),
        (["", "nan", "inf"], []),
        (["1e999", "1", "2"], [1, 0, 0, 0, 0, 1]),
        (["-1.7e308", "1.7e308"], []),
    ],
)
def test_the_histogram_counts_finite_numbers(cells, counts):
    assert histogram(cells) == counts


@pytest.mark.parametrize(
    ("first", "names"), [(["a", "b"], True), (["a", "1"], False), (["2012-01-01", "x"], False), (["", "b"], True)]
)
def test_a_first_line_of_texts_names_the_columns(first, names):
    assert has_head([first]) is names


def test_without_names_columns_are_numbered_and_no_row_is_lost():
    shown = table("1,x\n2,y\n")

    assert [column.name for column in shown.columns] == ["column 1", "column 2"]
    assert (shown.rows, shown.total_rows) == ([["1", "x"], ["2", "y"]], 2)


def test_few_texts_are_counted():
    shown = table("w,id\nsun,a\nrain,b\nsun,c\n")

    assert [column.summary for column in shown.columns] == ["text, 2 values", "text"]


def test_texts_of_a_part_are_counted_as_at_least():
    shown = table("w\nsun\nrain\nsun\n", complete=False, newlines=900)

    assert (shown.columns[0].summary, shown.total_rows) == ("text, 2+ values", 899)


def test_ragged_rows_are_padded_to_the_widest():
    shown = table("a,b\n1\n1,2,3\n")

    assert (shown.rows, shown.total_columns) == ([["1", "", ""], ["1", "2", "3"]], 3)
    assert [column.name for column in shown.columns] == ["a", "b", "column 3"]


def test_rows_columns_and_cells_are_cut():
    line = ",".join(["x" * 300] + ["y"] * 80)
    shown = table("\n".join([line] * 150) + "\n")

    assert (len(shown.rows), len(shown.columns), shown.total_columns, shown.total_rows) == (100, 50, 81, 149)
    assert shown.rows[0][0] == "x" * 199 + "…"


@pytest.mark.parametrize(
    ("text", "newlines"),
    [('a,b\n"one\ntwo",2\n', 900), ("a,b\r1,2\r", 0), ("a,b", 0)],
    ids=["a cell spans lines", "lines end in a carriage return", "one endless line"],
)
def test_rows_of_a_part_that_cannot_be_counted_are_unknown(text, newlines):
    assert table(text, complete=False, newlines=newlines).total_rows is None


def test_the_line_that_the_part_cuts_is_left_out():
    shown = table("a,b\n1,2\n3,", complete=False, newlines=50)

    assert (shown.rows, shown.total_rows) == ([["1", "2"]], 49)


def test_blank_lines_are_no_rows():
    assert table("\n\na,b\n\n1,2\n\n").rows == [["1", "2"]]


@given(st.text(max_size=2000), st.booleans(), st.sampled_from(sorted(tables.SUFFIXES)))
def test_whatever_the_text_the_result_is_bounded_json(text, complete, suffix):
    shown = parse(text, suffix=suffix, complete=complete, newlines=text.count("\n"))

    if shown is not None:
        assert len(json.dumps(shown.document())) < 100 * HEAD_BYTES
        assert len(shown.columns) <= tables.MAX_COLUMNS
        assert {len(row) for row in shown.rows} <= {len(shown.columns)}
