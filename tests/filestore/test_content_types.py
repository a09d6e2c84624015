from __future__ import annotations

import pytest

from jupyter_sandfs.errors import InvalidRequest
from jupyter_sandfs.filestore import content_types


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("files/a.csv", "text/csv"),
        ("files/A.CSV", "text/csv"),
        ("files/a.json", "application/json"),
        ("files/a.parquet", "application/vnd.apache.parquet"),
        ("files/a.ipynb", "application/x-ipynb+json"),
        ("files/a.md", "text/markdown"),
        ("files/a.tar.gz", "application/gzip"),
        ("files/a.csv.gz", "application/gzip"),
        ("files/a.tar.zst", "application/zstd"),
        ("files/f_01JGXYZ", "application/octet-stream"),
        ("files/dir.csv/noending", "application/octet-stream"),
        ("files/data:text/html,x", "application/octet-stream"),
    ],
)
def test_the_ending_decides(key, expected):
    assert content_types.guess(key) == expected


@pytest.mark.parametrize("declared", ["text/csv", "text/plain; charset=utf-8", "application/vnd.x+json"])
def test_media_types_pass(declared):
    assert content_types.check(declared) == declared


@pytest.mark.parametrize("declared", ["", "text", "text/", "a/b\r\nX: y", "a/b; c=\0", "é/b", "a/" + "b" * 300, 5])
def test_anything_else_is_refused(declared):
    with pytest.raises(InvalidRequest):
        content_types.check(declared)
