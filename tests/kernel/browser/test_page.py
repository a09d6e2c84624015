"""The page in a real browser: the joined module with a stand-in for the widget's model, over the real widget."""

import json
import re
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

pytestmark = pytest.mark.browser


def test_folders_come_first_and_open_on_demand(page):
    page.show()
    assert page.names() == ["data", "notes.md"]

    page.page.click('[data-path="/data"]')
    page.page.wait_for_selector('[data-path="/data/rain.csv"]')

    facts = page.page.evaluate(
        """() => ["aria-level", "aria-posinset", "aria-setsize", "role"].map(
          (name) => document.querySelector('[data-path="/data/rain.csv"]').getAttribute(name))"""
    )
    assert facts == ["2", "1", "1", "treeitem"]


def test_names_and_contents_are_text(page, fs):
    fs.write_file('/<img src=x onerror="window.owned=1">.md', "<img src=x onerror='window.owned=1'>")
    fs.write_file(
        "/evil.svg",
        '<svg xmlns="http://www.w3.org/2000/svg" onload="window.owned=1"><script>window.owned=1</script></svg>',
    )
    fs.write_file("/evil.csv", "<img src=x onerror='window.owned=1'>,b\n<script>window.owned=1</script>,2\n")
    page.show()

    for name, shown in (("evil.svg", ".sfs-image img"), ("evil.csv", ".sfs-table td"), (".md", ".sfs-prose")):
        page.page.click(f"[role=treeitem]:has-text({json.dumps(name)}):not(:has-text('notes'))")
        page.page.wait_for_selector(shown)

    assert page.page.evaluate("[window.owned ?? null, document.querySelectorAll('main script, main img').length]") == [
        None,
        0,
    ]


def test_the_keyboard_moves_folds_and_previews(page):
    page.show()
    page.page.focus("[role=tree]")

    seen = []
    for key in ("ArrowDown", "ArrowRight", "ArrowRight", "End", "Home", "n"):
        page.page.keyboard.press(key)
        page.until(lambda: page.page.locator('[aria-selected="true"]').count() == 1)
        if key == "ArrowRight" and len(seen) == 1:
            page.page.wait_for_selector('[data-path="/data/rain.csv"]')
        seen.append(page.selected())
    page.page.keyboard.press("Enter")
    page.page.wait_for_selector(".sfs-prose")

    assert seen == ["/data", "/data", "/data/rain.csv", "/notes.md", "/data", "/notes.md"]
    active = page.page.get_attribute("[role=tree]", "aria-activedescendant")
    assert page.page.get_attribute(f"[id='{active}']", "data-path") == "/notes.md"


def test_no_key_reaches_the_notebook(page):
    page.show()
    page.page.evaluate("document.addEventListener('keydown', (event) => { window.leaked = event.key; })")
    page.page.focus("[role=tree]")

    for key in ("d", "d", "x", "Alt+h", "Control+a", "ArrowDown", "Shift+Enter", "/", "Escape", "Control+s"):
        page.page.keyboard.press(key)

    assert page.page.evaluate("window.leaked ?? null") is None


def test_only_rows_near_the_view_are_in_the_page(page, fs):
    for number in range(2500):
        fs.write_file(f"/many/f{number:04}", "")
    page.show(expanded=["/many"], path="/many")
    page.page.wait_for_selector('[data-path="/many/f0000"]')

    page.page.evaluate("document.querySelector('[role=tree]').scrollTop = 990 * 24")
    page.page.wait_for_selector('[data-path="/many/f1005"]')

    assert page.page.locator(".sfs-row").count() < 100
    assert page.page.get_attribute('[data-path="/many/f1005"]', "aria-setsize") == "2500"


def test_a_change_tints_its_row_and_keeps_scroll_and_selection(page, fs):
    for number in range(100):
        fs.write_file(f"/many/f{number:03}", "")
    page.show(expanded=["/many"], selected="/many/f050")
    page.page.wait_for_selector('[data-path="/many/f050"][aria-selected="true"]')
    offset = "document.querySelector('[data-path=\"/many/f050\"]').getBoundingClientRect().top"
    before = page.page.evaluate(offset)

    fs.write_file("/many/a-new-one", "")
    fs.write_file("/many/f051", "new content")
    page.changed(["/many/a-new-one", "/many/f051"])
    page.page.wait_for_selector('[data-path="/many/f051"][data-fresh]')

    assert (page.selected(), page.page.evaluate(offset)) == ("/many/f050", before)
    page.page.wait_for_selector("[data-fresh]", state="detached")


def test_the_preview_follows_its_file_and_goes_with_it(page, fs):
    page.show()
    page.page.click('[data-path="/notes.md"]')
    page.page.wait_for_selector(".sfs-prose")

    fs.write_file("/notes.md", "another text")
    page.changed(["/notes.md"])
    page.page.wait_for_selector(".sfs-prose:has-text('another text')")
    fs.remove("/notes.md")
    page.changed(["/notes.md"])

    page.page.wait_for_selector(".sfs-prose", state="detached")
    assert page.names() == ["data"]


def test_an_error_is_told(page, fs):
    page.show()
    fs.remove("/data", recursive=True)

    page.page.click('[data-path="/data"]')

    page.page.wait_for_selector('.sfs-notice[data-tone="error"]:has-text("/data: No such file or directory")')


def test_without_a_server_files_are_uploaded_by_messages(page, fs):
    page.show()

    page.page.set_input_files(
        "input[type=file]", [{"name": "up.bin", "mimeType": "", "buffer": b"\x00\xff" * 1_500_000}]
    )
    page.until(lambda: fs.exists("/up.bin"))

    assert fs.read_bytes("/up.bin") == b"\x00\xff" * 1_500_000
    assert page.requests == []


@pytest.mark.parametrize(
    ("answer", "files"),
    [
        ("Keep both", {"/notes (2).md": "uploaded", "/notes.md": "# Notes\n"}),
        ("Replace", {"/notes.md": "uploaded"}),
        ("Cancel", {"/notes.md": "# Notes\n"}),
    ],
)
def test_an_upload_asks_before_it_takes_a_name(page, fs, answer, files):
    page.show()

    page.page.set_input_files("input[type=file]", [{"name": "notes.md", "mimeType": "", "buffer": b"uploaded"}])
    page.page.get_by_role("button", name=answer, exact=True).click()
    page.page.wait_for_selector(".sfs-notice", state="hidden")
    page.until(lambda: {path: fs.read_file(path) for path in fs.glob("/*.md")} == files)


def test_with_a_server_files_are_uploaded_over_http(page, fs):
    page.show(kernel_id="k1")

    page.page.set_input_files("input[type=file]", [{"name": "ü p.bin", "mimeType": "", "buffer": b"content"}])
    page.until(lambda: len(page.requests) == 2)

    probe, put = page.requests
    assert [(each.method, urlsplit(each.url).path) for each in (probe, put)] == [
        ("GET", "/user/me/sandfs/v1/fs/stat"),
        ("PUT", "/user/me/sandfs/v1/fs/file"),
    ]
    assert parse_qs(urlsplit(put.url).query) == {"path": ["/ü p.bin"], "session_id": ["k1"], "sandbox": ["default"]}
    assert (put.post_data_buffer, put.headers["x-xsrftoken"]) == (b"content", "t0ken")
    assert fs.exists("/ü p.bin") is False  # the server of this test keeps nothing


def test_making_renaming_and_deleting(page, fs):
    page.show()
    page.page.focus("[role=tree]")

    for key, name in (("Alt+Shift+n", "folder"), ("Alt+n", "file.txt"), ("F2", "renamed.txt")):
        page.page.keyboard.press(key)
        page.page.fill(".sfs-notice input[type=text]", name)
        page.page.keyboard.press("Enter")
        page.page.wait_for_selector(f'[aria-selected="true"]:has-text("{name}")')
    made = fs.exists("/folder/renamed.txt")
    page.page.keyboard.press("Delete")
    page.until(lambda: not fs.exists("/folder/renamed.txt"))
    page.page.get_by_role("button", name="Undo", exact=True).click()
    page.until(lambda: fs.exists("/folder/renamed.txt"))
    page.page.wait_for_selector(".sfs-notice:has-text('Undone: renamed.txt')")

    assert made


def test_the_selection_moves_on_when_its_row_goes(page, fs):
    fs.write_file("/data/snow.csv", "")
    page.show(expanded=["/data"], selected="/data/rain.csv")
    page.page.wait_for_selector('[data-path="/data/rain.csv"][aria-selected="true"]')

    fs.remove("/data/rain.csv")
    page.changed(["/data/rain.csv"])
    page.page.wait_for_selector('[data-path="/data/snow.csv"][aria-selected="true"]')
    page.page.click('[data-path="/data"] .sfs-twist')
    page.page.wait_for_selector('[data-path="/data/snow.csv"]', state="detached")

    assert page.selected() == "/data"


def test_the_filter_keeps_what_matches_and_what_leads_there(page):
    page.show(expanded=["/data"])
    page.page.wait_for_selector('[data-path="/data/rain.csv"]')

    page.page.fill("input[type=search]", "RAIN")
    page.page.wait_for_selector('[data-path="/notes.md"]', state="detached")
    filtered = page.names()
    page.page.fill("input[type=search]", "zzz")
    page.page.wait_for_selector(".sfs-tree-pane > .sfs-block:has-text(\"Nothing matches 'zzz'. Esc clears.\")")
    page.page.keyboard.press("Escape")
    page.page.wait_for_selector('[data-path="/notes.md"]')

    assert (filtered, page.names()) == (["data", "rain.csv"], ["data", "rain.csv", "notes.md"])


def test_two_views_live_side_by_side_and_leave_nothing_behind(page):
    page.show()
    page.show(name="other")
    page.until(lambda: len(page.names()) == 4)

    ids = page.page.eval_on_selector_all("[role=treeitem]", "(nodes) => nodes.map((node) => node.id)")
    page.page.evaluate("views.forEach((view) => view.cleanup())")
    handlers = page.page.evaluate("views.map((view) => Object.values(view.model.handlers).map((set) => set.size))")

    assert len(set(ids)) == 4
    assert handlers == [[0, 0, 0], [0, 0, 0]]


def test_a_file_is_downloaded_whole(page, fs):
    content = bytes(range(256)) * 6000
    fs.write_file("/whole.bin", content)
    page.show()
    page.page.click('[data-path="/whole.bin"]')
    page.page.wait_for_selector(".sfs-hex")

    with page.page.expect_download() as download:
        page.page.get_by_role("button", name=re.compile("Download")).click()

    assert download.value.suggested_filename == "whole.bin"
    assert Path(download.value.path()).read_bytes() == content
