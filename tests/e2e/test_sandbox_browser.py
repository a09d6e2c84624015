"""JupyterLab's own file browser over a sandbox, by hand, while the kernel that holds it is busy."""

from __future__ import annotations

import os
import re
from base64 import b64encode
from pathlib import Path
from zipfile import ZipFile

import pytest
from playwright.sync_api import Locator, Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

# The smallest PNG there is: one pixel.
_PIXEL = (
    b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\1\0\0\0\1\b\6\0\0\0\x1f\x15\xc4\x89\0\0\0\rIDATx\x9cc\xf8\xcf\xc0\xf0\x1f"
    b"\0\5\0\1\xff\x89\x99=\x1d\0\0\0\0IEND\xaeB`\x82"
)
_SETUP = f"""\
%load_ext jupyter_sandfs
from base64 import b64decode
from jupyter_sandfs import Sandbox
fs = Sandbox.current().fs
fs.write_file("/notes.txt", "one\\n")
fs.write_file("/table.csv", "name,figure\\n<i>first</i>,1\\nsecond,2\\n")
fs.write_file("/pixel.png", b64decode({b64encode(_PIXEL)!r}))
fs.mkdir("/sub")
"""
_BUSY = "while True: pass"


@pytest.fixture
def page(lab, open_lab, connect) -> Page:
    """A notebook that made a sandbox, and works for ever in its second cell."""
    page = open_lab(lab.write_notebook("work.ipynb", (_SETUP, _BUSY)))
    page.wait_for_selector(".jp-NotebookPanel .jp-Cell")
    connect(page)
    execute(page, "notebook:run-all-cells")
    expect(page.locator(".jp-Notebook .jp-InputPrompt").first).to_have_text("[1]:")
    expect(page.locator(".jp-Notebook .jp-InputPrompt").nth(1)).to_have_text("[*]:")
    return page


@pytest.fixture
def browser(page: Page) -> Locator:
    """The sandbox browser, in the folder of the notebook's sandbox."""
    execute(page, "sandfs:show-browser")
    browser = page.get_by_role("region", name="Sandboxes")
    item(browser, "work").dblclick()
    expect(item(browser, "notes.txt")).to_be_visible()
    return browser


def execute(page: Page, command: str) -> None:
    """Start a command without waiting for its promise, which may never end."""
    page.evaluate("name => { void window.jupyterapp.commands.execute(name); return 0 }", command)


def item(browser: Locator, name: str) -> Locator:
    """The row of a file or folder; no other name here begins like it."""
    return browser.locator(".jp-DirListing-item").filter(has_text=re.compile(f"^{re.escape(name)}"))


def choose(row: Locator, command: str) -> None:
    """Take a command of an item's menu."""
    row.click(button="right")
    row.page.locator(f".lm-Menu-item[data-command='{command}']").click()


def content(lab, path: str) -> bytes:
    answer = lab.request("GET", "sandfs/v1/fs/file", params={"path": path})
    answer.raise_for_status()
    return answer.content


def test_files_are_edited_renamed_uploaded_dropped_and_downloaded(page: Page, browser: Locator, lab, tmp_path, drop):
    item(browser, "notes.txt").dblclick()
    editor = page.locator(".jp-FileEditor:visible .cm-content")
    expect(editor).to_contain_text("one")
    editor.click()
    page.keyboard.press("Control+End")
    page.keyboard.type("two")
    execute(page, "docmanager:save")
    page.wait_for_function("() => window.jupyterapp.shell.currentWidget.context.model.dirty === false")
    assert content(lab, "/notes.txt") == b"one\ntwo"

    item(browser, "notes.txt").click()
    page.keyboard.press("F2")
    page.locator("#sandfs-browser input.jp-DirListing-editor").fill("plan.txt")
    page.keyboard.press("Enter")
    expect(item(browser, "plan.txt")).to_be_visible()
    expect(page.locator(".lm-TabBar-tabLabel", has_text="plan.txt")).to_be_visible()  # the editor follows
    assert content(lab, "/plan.txt") == b"one\ntwo"

    item(browser, "table.csv").dblclick()
    expect(page.locator(".jp-CSVViewer:visible canvas").first).to_be_visible()
    item(browser, "pixel.png").dblclick()
    page.wait_for_function("() => document.querySelector('.jp-ImageViewer img')?.naturalWidth === 1")

    file = tmp_path / "räw data.bin"
    file.write_bytes(os.urandom(3_000_000))  # three pieces
    with page.expect_file_chooser() as chooser:
        browser.locator("[data-jp-item-name='upload'] jp-button, [data-jp-item-name='upload'] button").first.click()
    chooser.value.set_files(file)
    expect(item(browser, "räw data.bin")).to_be_visible()
    assert content(lab, "/räw data.bin") == file.read_bytes()

    dropped = tmp_path / "dropped.bin"
    dropped.write_bytes(os.urandom(1_500_000))
    drop(browser.locator(".jp-DirListing-content"), dropped)
    expect(item(browser, "dropped.bin")).to_be_visible()
    assert content(lab, "/dropped.bin") == dropped.read_bytes()

    with page.expect_download() as download:
        choose(item(browser, "räw data.bin"), "filebrowser:download")
    assert Path(download.value.path()).read_bytes() == file.read_bytes()
    assert download.value.suggested_filename == file.name

    browser.locator("[data-jp-item-name='new-folder'] jp-button, [data-jp-item-name='new-folder'] button").first.click()
    page.locator("#sandfs-browser input.jp-DirListing-editor").fill("new")
    page.keyboard.press("Enter")
    expect(item(browser, "new")).to_be_visible()
    assert lab.request("GET", "sandfs/v1/fs/stat", params={"path": "/new"}).json()["entryType"] == "directory"

    choose(item(browser, "pixel.png"), "filebrowser:delete")
    page.locator(".jp-Dialog button.jp-mod-accept").click()
    expect(item(browser, "pixel.png")).to_have_count(0)
    assert lab.request("GET", "sandfs/v1/fs/stat", params={"path": "/pixel.png"}).status_code == 404

    expect(page.locator(".jp-Notebook .jp-InputPrompt").nth(1)).to_have_text("[*]:")  # all the while


def test_files_go_to_and_fro_between_browsers_and_the_staging_store(page: Page, browser: Locator, lab, noticed):
    (lab.root / "folder" / "deep").mkdir(parents=True)
    (lab.root / "folder" / "a.txt").write_text("a")
    (lab.root / "folder" / "deep" / "b.bin").write_bytes(bytes(2_500_000))

    execute(page, "filebrowser:activate")
    source = page.locator("#filebrowser .jp-DirListing-item", has_text="folder")
    drag(page, source, page.locator(".jp-SideBar .lm-TabBar-tab[data-id='sandfs-browser']"), item(browser, "sub"))
    noticed(page, "Copied 2 files.")
    assert content(lab, "/sub/folder/a.txt") == b"a"
    assert content(lab, "/sub/folder/deep/b.bin") == bytes(2_500_000)

    choose(item(browser, "table.csv"), "sandfs:copy-out")
    noticed(page, "Copied 1 file.")
    assert (lab.root / "table.csv").read_bytes() == content(lab, "/table.csv")

    choose(item(browser, "notes.txt"), "sandfs:publish")
    noticed(page, "Stored as files/f_")
    # Other tests leave files in the store, too.
    listed = lab.request("GET", "sandfs/v1/files").json()["files"]
    stored = [each for each in listed if each["metadata"].get("original_path") == "/notes.txt"]
    assert [each["size_bytes"] for each in stored] == [4]

    with page.expect_download() as download:
        choose(item(browser, "sub"), "sandfs:download-archive")
    with ZipFile(download.value.path()) as archive:
        assert {name for name in archive.namelist() if not name.endswith("/")} == {"folder/a.txt", "folder/deep/b.bin"}

    execute(page, "sandfs:show-staging")
    panel = page.get_by_role("region", name="Staging store")
    choose(panel.get_by_role("option", name="notes.txt"), "sandfs:stage")
    page.locator(".jp-Dialog input").fill("work/sub")
    page.locator(".jp-Dialog button.jp-mod-accept").click()
    noticed(page, "Copied to /sub/notes.txt")
    assert content(lab, "/sub/notes.txt") == b"one\n"


def test_a_copy_asks_before_it_replaces_tells_how_far_it_is_and_is_stopped(page: Page, browser: Locator, lab, noticed):
    (lab.root / "notes.txt").write_text("another")
    (lab.root / "large.bin").write_bytes(bytes(2_500_000))
    execute(page, "filebrowser:activate")
    tab = page.locator(".jp-SideBar .lm-TabBar-tab[data-id='sandfs-browser']")

    def drag_in(name: str) -> None:
        execute(page, "filebrowser:activate")
        drag(page, page.locator("#filebrowser .jp-DirListing-item", has_text=name), tab, item(browser, "sub"))

    lab.request("PUT", "sandfs/v1/fs/file", params={"path": "/sub/notes.txt"}, data=b"kept")
    drag_in("notes.txt")
    page.locator(".jp-Dialog button.jp-mod-reject").click()
    noticed(page, "Copied 0 files.")
    assert content(lab, "/sub/notes.txt") == b"kept"
    drag_in("notes.txt")
    page.locator(".jp-Dialog button.jp-mod-warn").click()
    noticed(page, "Copied 1 file.")
    assert content(lab, "/sub/notes.txt") == b"another"

    page.route("**/sandfs/v1/fs/file?*", lambda _route: None)  # it never gets to the server
    drag_in("large.bin")
    noticed(page, "Copying large.bin: 50 %")
    page.locator(".Toastify__toast button", has_text="Stop").click()
    noticed(page, "The copy stopped: what was copied before stays")
    page.unroute("**/sandfs/v1/fs/file?*")
    assert lab.request("GET", "sandfs/v1/fs/stat", params={"path": "/sub/large.bin"}).status_code == 404


def drag(page: Page, source: Locator, *way: Locator) -> None:
    """Drag with the mouse over each of the places, and drop at the last, which may appear on the way."""
    source.hover()
    page.mouse.down()
    for place in way:
        expect(place).to_be_visible()
        box = place.bounding_box()
        assert box is not None
        page.mouse.move(box["x"] + 30, box["y"] + box["height"] / 2, steps=5)
    page.mouse.up()
