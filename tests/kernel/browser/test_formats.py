"""Previews of JSON, Parquet and notebooks; nothing in them may cost much or become markup."""

import io
import json

import pytest

from jupyter_sandfs.errors import InvalidRequest
from jupyter_sandfs.kernel.browser import parquet
from jupyter_sandfs.kernel.browser.preview import as_bytes, edit, preview


def show(fs, path, content):
    fs.write_bytes(path, content if isinstance(content, bytes) else content.encode())
    found = preview(fs, b"", path)
    return found[0] if isinstance(found, tuple) else found


def columns(shown):
    return [(each["name"], each["type"], each["summary"]) for each in shown["columns"]]


def test_a_list_of_objects_is_a_table(fs):
    shown = show(fs, "/a.json", json.dumps([{"n": 1, "name": "x"}, {"n": 2.5, "tags": ["a"]}]))

    assert columns(shown) == [("n", "float", "float"), ("name", "text", "text"), ("tags", "text", "text")]
    assert (shown["rows"], shown["totalRows"]) == ([["1", "x", ""], ["2.5", "", '["a"]']], 2)


def test_lines_of_objects_are_a_table(fs):
    shown = show(fs, "/a.jsonl", '{"a": 1}\n{"a": 2}\n')

    assert (shown["kind"], shown["rows"], shown["totalRows"]) == ("table", [["1"], ["2"]], 2)


@pytest.mark.parametrize(
    "content", ["{}", "[]", "[1]", '[{}, "x"]', "[{}]", "not json", "[" * 100_000, '{"a": 1} {"b": 2}']
)
def test_other_json_is_text(fs, content):
    assert show(fs, "/a.json", content)["kind"] == "text"


def test_a_parquet_file_is_a_table_with_its_types(fs):
    pa = pytest.importorskip("pyarrow")
    from pyarrow import parquet as pq

    file = io.BytesIO()
    table = pa.table({"n": pa.array([1, 2, None], pa.int32()), "when": pa.array([1, 2, 3], pa.timestamp("s"))})
    pq.write_table(table, file)

    shown = show(fs, "/a.parquet", file.getvalue())

    assert columns(shown) == [("n", "int", "int32"), ("when", "text", "timestamp[ms]")]
    assert (shown["rows"][0], shown["rows"][2][0], shown["totalRows"]) == (["1", "1970-01-01 00:00:01"], "", 3)


def test_a_parquet_file_that_would_be_large_in_memory_shows_its_columns_only(fs, monkeypatch):
    pa = pytest.importorskip("pyarrow")
    from pyarrow import parquet as pq

    file = io.BytesIO()
    pq.write_table(pa.table({"n": [1, 2, 3]}), file)
    monkeypatch.setattr(parquet, "MAX_GROUP_BYTES", 1)

    shown = show(fs, "/a.parquet", file.getvalue())

    assert (columns(shown), shown["rows"], shown["totalRows"]) == ([("n", "text", "int64")], [], 3)


@pytest.mark.parametrize("content", [b"PAR1", b"PAR1" + bytes(64) + b"PAR1", b"PAR1\xff\xff\xff\x7fPAR1"])
def test_a_damaged_parquet_file_is_shown_as_what_it_is(fs, content):
    assert show(fs, "/a.parquet", content)["kind"] in {"text", "binary"}


NOTEBOOK = {
    "metadata": {"kernelspec": {"language": "python"}},
    "cells": [
        {"cell_type": "markdown", "source": ["# Title\n", "text"]},
        {
            "cell_type": "code",
            "source": "print(1)",
            "execution_count": 3,
            "outputs": [
                {"output_type": "stream", "text": ["1\n"]},
                {"output_type": "display_data", "data": {"image/png": "aGk=\n", "text/html": "<script>1</script>"}},
                {"output_type": "execute_result", "data": {"text/html": "<b>no</b>", "text/plain": ["plain"]}},
                {"output_type": "error", "traceback": ["\x1b[31mboom\x1b[0m", "line"]},
            ],
        },
    ],
}


def test_a_notebook_is_shown_as_cells_without_html(fs):
    shown = show(fs, "/a.ipynb", json.dumps(NOTEBOOK))

    assert [(cell["kind"], cell["source"], cell["count"]) for cell in shown["cells"]] == [
        ("markdown", "# Title\ntext", None),
        ("code", "print(1)", 3),
    ]
    assert shown["cells"][1]["outputs"] == [
        {"kind": "text", "text": "1\n"},
        {"kind": "image", "mime": "image/png", "data": "aGk="},
        {"kind": "text", "text": "plain"},
        {"kind": "error", "text": "boom\nline"},
    ]
    assert "<" not in json.dumps(shown)


@pytest.mark.parametrize(
    "document",
    [
        {"cells": [1, None, {}]},
        {"cells": [{"cell_type": [], "source": {"a": 1}, "outputs": "x"}]},
        {"cells": [{"cell_type": "code", "outputs": [1, {"output_type": "display_data", "data": 7}]}], "metadata": 1},
    ],
)
def test_a_strange_notebook_is_shown_as_far_as_it_goes(fs, document):
    assert show(fs, "/a.ipynb", json.dumps(document))["kind"] == "notebook"


@pytest.mark.parametrize("content", ["[]", "1", '{"worksheets": []}', "not json", '{"cells": 5}', "[" * 50_000])
def test_what_is_no_notebook_is_text(fs, content):
    assert show(fs, "/a.ipynb", content)["kind"] == "text"


def test_a_large_notebook_is_cut(fs):
    cell = {"cell_type": "code", "source": "x" * 30_000, "outputs": [{"output_type": "stream", "text": "y"}] * 50}
    shown = show(fs, "/a.ipynb", json.dumps({"cells": [cell] * 210}))

    assert (len(shown["cells"]), shown["total"]) == (200, 210)
    assert (len(shown["cells"][0]["source"]), len(shown["cells"][0]["outputs"])) == (20_000, 20)


def test_any_file_can_be_shown_as_bytes_page_by_page(fs):
    fs.write_bytes("/x", bytes(range(256)) * 20)

    first, second = as_bytes(fs, b"", "/x"), as_bytes(fs, b"", "/x", offset=4_096)

    assert (first["offset"], len(first["hex"].splitlines()), second["offset"]) == (0, 256, 4_096)
    assert second["hex"].startswith("00001000  00 01 02")


def test_a_text_is_edited_from_its_version(fs):
    fs.write_file("/notes.md", "a\r\nü\n")

    assert edit(fs, b"", "/notes.md") == {"text": "a\r\nü\n", "version": 2}


@pytest.mark.parametrize("content", [b"\x00", b"\xff\xfe", b"x" * ((1 << 20) + 1)])
def test_what_is_no_text_is_not_edited(fs, content):
    fs.write_bytes("/x", content)

    with pytest.raises(InvalidRequest):
        edit(fs, b"", "/x")


def test_what_is_computed_is_not_edited(fs):
    fs.mount_file("/clock", lambda _context: "now")

    with pytest.raises(InvalidRequest, match="computed"):
        edit(fs, b"", "/clock")
