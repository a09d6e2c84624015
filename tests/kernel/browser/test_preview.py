import struct
import zlib

import pytest

from jupyter_sandfs.errors import IsADirectory, NotFound
from jupyter_sandfs.kernel.browser import preview as module
from jupyter_sandfs.kernel.browser.preview import decode_head, hexdump, preview
from jupyter_sandfs.rpc.messages import Request


def show(fs, path, content):
    fs.write_file(path, content)
    return preview(fs, b"", path)


PNG = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 0) + b"IEND" + struct.pack(">I", zlib.crc32(b"IEND"))


@pytest.mark.parametrize(
    ("path", "content", "mime"),
    [
        ("/a.png", PNG, "image/png"),
        ("/misnamed.txt", PNG, "image/png"),
        ("/a.jpg", b"\xff\xd8\xff\xe0rest", "image/jpeg"),
        ("/a.gif", b"GIF89a\x01\x00", "image/gif"),
        ("/a.webp", b"RIFF\x00\x00\x00\x00WEBPVP8 ", "image/webp"),
        ("/a.svg", b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>', "image/svg+xml"),
    ],
)
def test_an_image_is_told_by_its_bytes_and_travels_as_body(fs, path, content, mime):
    assert show(fs, path, content) == ({"kind": "image", "mime": mime}, content)


def test_an_image_over_8_mib_is_shown_as_bytes(fs):
    shown = show(fs, "/big.png", PNG + bytes(module.IMAGE_BYTES))

    assert (shown["kind"], shown["size"]) == ("binary", len(PNG) + module.IMAGE_BYTES)


@pytest.mark.parametrize(
    ("path", "content", "language"),
    [
        ("/a.json", '{"a": 1}', "JSON"),
        ("/a.ipynb", "{}", "Notebook"),
        ("/fake.png", "no image at all", "Text"),
        ("/fake.svg", "no drawing at all", "Text"),
        ("/empty.csv", "", "Text"),
        ("/Makefile", "all:\n", "Text"),
        ("/esc.log", "\x1b[31mred\x1b[0m", "Log"),
        ("/html.html", "<script>alert(1)</script>", "HTML"),
    ],
)
def test_a_text_is_shown_as_it_is(fs, path, content, language):
    assert show(fs, path, content) == {"kind": "text", "text": content, "truncated": False, "language": language}


def test_of_a_long_text_the_first_64_kib_are_shown(fs):
    shown = show(fs, "/long.txt", "ä" * 40_000 + "b")

    assert shown == {"kind": "text", "text": "ä" * 32_768, "truncated": True, "language": "Text"}


def test_a_character_cut_in_two_is_left_out(fs):
    shown = show(fs, "/long.txt", "x" + "ä" * 40_000)

    assert shown["text"] == "x" + "ä" * 32_767


def test_other_bytes_are_shown_as_a_dump_of_the_first_4_kib(fs):
    shown = show(fs, "/a.parquet", b"PAR1" + bytes(range(256)) * 40)

    assert (shown["kind"], shown["size"], len(shown["hex"].splitlines())) == ("binary", 10_244, 256)
    assert shown["hex"].splitlines()[0] == "00000000  50 41 52 31 00 01 02 03 04 05 06 07 08 09 0a 0b  PAR1............"


def test_a_short_line_of_a_dump_keeps_its_columns():
    assert hexdump(b"\x00A~\x7f") == "00000000  00 41 7e 7f" + " " * 36 + "  .A~."


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"plain", "plain"),
        (b"\xef\xbb\xbfwith a mark", "with a mark"),
        ("wörter".encode("utf-16"), "wörter"),
        ("café".encode("cp1252"), "café"),
        (b"nul\x00", None),
        (b"bell\x07", None),
        (b"", ""),
    ],
)
def test_what_is_text(data, text):
    assert decode_head(data) == text


@pytest.mark.parametrize(("path", "error"), [("/missing", NotFound), ("/data", IsADirectory)])
def test_what_is_no_file_has_no_preview(fs, path, error):
    with pytest.raises(error):
        preview(fs, b"", path)


def test_the_page_asks_for_it_through_the_dispatcher(make_browser, dispatcher):
    make_browser()

    reply = dispatcher.handle(Request("preview", {"path": "/data/rain.csv"}))

    assert reply.unwrap() == {
        "kind": "table",
        "columns": [
            {"name": "day", "type": "int", "summary": "int", "histogram": [1, 0, 0, 0, 0, 1]},
            {"name": "mm", "type": "float", "summary": "float", "histogram": [1, 0, 0, 0, 0, 1]},
        ],
        "rows": [["1", "0.5"], ["2", "3.0"]],
        "totalRows": 2,
        "totalColumns": 2,
    }
