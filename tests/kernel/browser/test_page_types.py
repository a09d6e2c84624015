"""The page's modules keep their types, and its pure ones their words."""

import subprocess
from pathlib import Path

import pytest


def test_the_modules_keep_to_their_types(node, node_packages):
    tsc = node_packages / "typescript" / "bin" / "tsc"

    done = subprocess.run(
        [node, str(tsc), "-p", str(Path(__file__).parent)], capture_output=True, text=True, timeout=110, check=False
    )

    assert (done.returncode, done.stdout) == (0, "")


def kinds(evaluate, text, language):
    pieces = evaluate("highlight.js", f"m.highlighted({text!r}, {language!r}).map((p) => [p.kind, p.text])")
    assert "".join(piece[1] for piece in pieces) == text
    return [(kind, part) for kind, part in pieces if kind]


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("Python", "def f(): return 'a' # c", ["keyword def", "keyword return", "string 'a'", "comment # c"]),
        ("Python", "x = 1_000.5 + y1", ["number 1_000.5"]),
        ("JSON", '{"a": [true, -2]}', ['string "a"', "keyword true", "number 2"]),
        ("SQL", "SELECT 1 -- one", ["keyword SELECT", "number 1", "comment -- one"]),
        ("JavaScript", "const a = `b`; // c", ["keyword const", "string `b`", "comment // c"]),
        ("Markdown", "# H", ["heading # H"]),
        ("Text", "def # 'a'", []),
    ],
)
def test_code_is_cut_into_pieces_with_a_kind(evaluate, language, text, expected):
    assert [" ".join(piece) for piece in kinds(evaluate, text, language)] == expected


def test_an_open_string_ends_with_the_text(evaluate):
    script = r'm.highlighted("\"\"\"a\nb", "Python")'

    assert evaluate("highlight.js", script) == [{"text": '"""a\nb', "kind": "string"}]


def test_markdown_is_read_as_plain_data(evaluate):
    text = r"# T\n\na **b** `c` [d](https://e.f)\n\n- one\n- two\n\n> q\n\n```py\nx\n```\n\n| h |\n|---|\n| 1 |"

    blocks = evaluate("markdown.js", f'm.markdownBlocks("{text}")')

    assert [block["kind"] for block in blocks] == ["heading", "paragraph", "list", "quote", "code", "table"]
    assert [(span["kind"], span["text"]) for span in blocks[1]["spans"]] == [
        ("text", "a "),
        ("strong", "b"),
        ("text", " "),
        ("code", "c"),
        ("text", " "),
        ("link", "d"),
    ]
    assert (len(blocks[2]["items"]), blocks[4]["text"]) == (2, "x")


@pytest.mark.parametrize("address", ["javascript:alert(1)", "data:text/html,x", "vbscript:x", "//x.y", "file:///x"])
def test_only_addresses_of_the_web_are_links(evaluate, address):
    assert evaluate("markdown.js", f'm.markdownSpans("[a]({address})")[0].kind') == "text"


@pytest.mark.parametrize("unit", ["[", "*", "`", "![", "**a", "_b", "> ", "- ", "| a |\\n|"])
def test_hostile_markdown_ends_in_time(evaluate, unit):
    assert evaluate("markdown.js", f'm.markdownBlocks("{unit}".repeat(20000)).length > 0')


@pytest.mark.parametrize("unit", ['"', "'", "/*", "\\\\", "a", "1_", '"""'])
def test_hostile_code_ends_in_time(evaluate, unit):
    script = f"m.highlighted({unit!r}.repeat(20000), 'Python').length > 0"

    assert evaluate("highlight.js", script)


@pytest.mark.parametrize(
    ("left", "expected"),
    [(-1, "expired"), (30_000, "under 1 min left"), (720_000, "12 min left"), (8e7, "22 h left"), (6e8, "6 d left")],
)
def test_time_left_is_told_rounded_down(evaluate, left, expected):
    assert evaluate("format.js", f"m.leftText({left})") == expected
