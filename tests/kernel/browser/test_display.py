import re
from datetime import UTC, datetime

import pytest

from jupyter_sandfs.kernel.browser import display, display_browser

NOW = datetime(2026, 11, 21, 14, 32, tzinfo=UTC)


def texts(html):
    """What a reader sees, piece by piece."""
    return [piece for piece in re.split(r"<style>.*?</style>|<[^>]*>", html) if piece]


def test_the_browser_is_shown_after_a_listing_that_stays_in_the_notebook(browser, monkeypatch):
    shown = []
    monkeypatch.setattr(display, "display", lambda data, **options: shown.append((data, options)))

    display_browser(browser)

    (listing, _), (widget, options) = shown
    assert (sorted(listing), listing["text/plain"]) == (["text/html", "text/plain"], browser.listing())
    assert widget["application/vnd.jupyter.widget-view+json"]["model_id"] == browser.model_id
    assert (widget["text/plain"], options["raw"]) == ("", True)


def test_a_terminal_is_given_the_tree_as_text_and_nothing_else(cell, ip):
    ip.display_formatter.active_types = ["text/plain"]
    ip.run_cell("from jupyter_sandfs import Sandbox; _ = Sandbox.current().fs.write_file('/a/b.txt', '')")

    assert cell("%sandfs browse").out.rstrip("\n") == "/\n└── a/\n    └── b.txt"


def test_the_listing_says_names_sizes_and_when(browser, fs):
    said = texts(display.static_html(browser, NOW))

    assert said[:2] == [
        "No kernel",
        "Sandbox default, names as saved on 21 Nov 2026, 14:32 UTC. Contents live in the kernel only.",
    ]
    assert [each for each in said[2:] if not each.startswith("20")] == ["data/", "rain.csv", "19 B", "notes.md", "8 B"]


def test_every_name_is_text(browser, fs):
    fs.write_file('/"><script>alert(1)<', "")
    fs.write_file("/<img src=x onerror=alert(1)>/x", "")

    html = display.static_html(browser, NOW)

    assert re.findall(r"<(?:script|img)", html) == []
    assert "&lt;script&gt;" in html


def test_a_long_listing_is_cut(browser, fs):
    for number in range(300):
        fs.write_file(f"/many/f{number}", "")

    said = texts(display.static_html(browser, NOW))

    assert (len([each for each in said if re.fullmatch(r"f\d+", each)]), said[-1]) == (197, "… and more")


def test_an_empty_sandbox_says_so(make_browser):
    from jupyter_sandfs.vfs.filesystem import VirtualFileSystem

    empty = make_browser(fs=VirtualFileSystem(), kernel_id="")

    assert texts(display.static_html(empty, NOW))[-1] == "Nothing here yet"


def test_nbconvert_keeps_the_listing(browser):
    import nbformat
    from nbconvert import HTMLExporter

    listing = {"text/html": display.static_html(browser, NOW), "text/plain": browser.listing()}
    outputs = [nbformat.v4.new_output("display_data", data) for data in (listing, {"text/plain": ""})]
    cell = nbformat.v4.new_code_cell("%sandfs browse", outputs=outputs)
    page, _ = HTMLExporter().from_notebook_node(nbformat.v4.new_notebook(cells=[cell]))

    assert page.count("rain.csv") == 1
    assert "names as saved on 21 Nov 2026" in page


@pytest.mark.parametrize("depth", [50])
def test_deep_folders_end(browser, fs, depth):
    fs.mkdir("/d" * depth)

    assert display.static_html(browser, NOW).count("<details") == 14
