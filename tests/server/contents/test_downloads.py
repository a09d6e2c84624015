from __future__ import annotations

import pytest

from jupyter_sandfs.server.contents.downloads import content_type

MIB = 1 << 20


async def test_a_file_is_shown_as_its_kind_and_nothing_in_it_may_run(download, notebook):
    notebook.write_file("/d/a ü.html", "<script>")

    told = await download("analysis/d/a ü.html")

    assert (told.status, told.body) == (200, b"<script>")
    assert {name: told.headers[name] for name in ("Content-Type", "Content-Disposition", "X-Content-Type-Options")} == {
        "Content-Type": "text/html",
        "Content-Disposition": "inline; filename*=UTF-8''a%20%C3%BC.html",
        "X-Content-Type-Options": "nosniff",
    }
    assert told.headers["Content-Security-Policy"].endswith("; sandbox")


async def test_a_download_is_an_attachment(download, notebook):
    notebook.write_file("/a.csv", "1,2")

    told = await download("analysis/a.csv", download="1")

    assert told.headers["Content-Disposition"] == "attachment; filename*=UTF-8''a.csv"
    assert told.headers["Content-Security-Policy"].endswith("; sandbox")


async def test_a_large_file_comes_whole_or_in_part(download, notebook):
    notebook.write_file("/a.bin", b"ab" * MIB + b"end")

    whole = await download("analysis/a.bin")
    part = await download("analysis/a.bin", headers={"Range": "bytes=-3"})
    head = await download("analysis/a.bin", method="HEAD")

    assert whole.body == b"ab" * MIB + b"end"
    assert (part.status, part.body) == (206, b"end")
    assert (head.status, head.body, head.headers["Content-Length"]) == (200, b"", str(2 * MIB + 3))


@pytest.mark.parametrize(
    ("path", "status"),
    [("analysis/none", 404), ("analysis/.hidden", 404), ("analysis/d", 400), ("analysis", 400), ("nobody/a", 404)],
)
async def test_what_can_not_be_sent_is_an_error(download, notebook, path, status):
    notebook.mkdir("/d")
    notebook.write_file("/.hidden", "x")

    assert (await download(path)).status == status


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a.png", "image/png"),
        ("a.txt", "text/plain; charset=UTF-8"),
        ("a.IPYNB", "application/x-ipynb+json"),
        ("a.csv.gz", "application/gzip"),
        ("a.csv.bz2", "application/octet-stream"),
        ("a", "application/octet-stream"),
    ],
)
def test_a_name_tells_the_content_type(name, expected):
    assert content_type(name) == expected
