"""JupyterLab in a real browser: what a new user does with the quickstart notebook, by hand."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]
_PATIENCE = 60_000  # milliseconds: bounds a wait that normally takes a moment


@pytest.fixture
def page(lab, chromium: Browser, connect, keep_picture) -> Iterator[Page]:
    """The quickstart notebook, open and connected to its kernel."""
    page = chromium.new_page(viewport={"width": 1400, "height": 1000})
    page.set_default_timeout(_PATIENCE)
    page.goto(f"{lab.url}lab/tree/quickstart.ipynb?token={lab.token}&reset")
    page.wait_for_selector("#jupyterlab-splash", state="detached")
    page.wait_for_selector(".jp-NotebookPanel .jp-Cell")
    connect(page)
    yield page
    keep_picture(page, "quickstart")
    page.close()


def command(page: Page, name: str) -> None:
    """Start a command of JupyterLab without waiting for its promise, which may never end."""
    page.evaluate("name => { void window.jupyterapp.commands.execute(name); return 0 }", name)


def run_all(page: Page) -> None:
    command(page, "notebook:run-all-cells")
    expect(page.locator(".jp-Notebook .jp-CodeCell").last.locator(".jp-InputPrompt")).to_have_text(
        "[17]:", timeout=_PATIENCE
    )


def test_the_quickstart_runs_and_its_files_can_be_browsed_uploaded_and_downloaded(page: Page, lab, tmp_path: Path):
    run_all(page)

    outputs = page.locator(".jp-OutputArea-output")
    expect(outputs.filter(has_text="/notes/todo.txt:2:- find the wet months")).to_be_visible()
    expect(outputs.filter(has_text="2015/03/15,55.9,10.6,6.1,4.2,fog")).to_be_visible()
    expect(outputs.filter(has_text="- /out/result.csv")).to_be_visible()
    expect(page.locator(".jp-OutputArea-output[data-mime-type='application/vnd.jupyter.stderr']")).to_have_count(0)

    browser = page.get_by_role("region", name="Sandbox default")
    browser.scroll_into_view_if_needed()
    rows = browser.get_by_role("treeitem")
    expect(rows.filter(has_text="seasons")).to_be_visible()  # made by a later cell: the tree is live
    expect(rows.filter(has_text="weather.csv")).to_be_visible()

    rows.filter(has_text="weather.csv").click()
    preview = browser.get_by_role("group", name="Preview of weather.csv")
    expect(preview).to_contain_text("1,461 rows, 6 columns")
    expect(preview.get_by_role("cell", name="drizzle").first).to_be_visible()

    content = os.urandom(300_000)
    upload = tmp_path / "räw data.bin"
    upload.write_bytes(content)
    with page.expect_file_chooser() as chooser:
        browser.get_by_role("button", name="Upload").click()
    chooser.value.set_files(upload)
    expect(browser.get_by_role("treeitem", name="räw data.bin")).to_be_visible()
    expect(browser.get_by_role("group", name="Transfers")).to_be_hidden()  # its row shows while it is on its way
    there = lab.request("GET", "sandfs/v1/fs/file", params={"path": "/data/räw data.bin"})
    assert there.content == content

    browser.get_by_role("treeitem", name="räw data.bin").click()
    with page.expect_download() as download:
        browser.get_by_role("button", name="Download").click()
    assert Path(download.value.path()).read_bytes() == content
    assert download.value.suggested_filename == "räw data.bin"

    with page.expect_download() as download:  # the published result, as a link on a page of the server gives it
        page.evaluate(
            """url => {
              const link = Object.assign(document.createElement("a"), {href: url, download: ""});
              document.body.append(link);
              link.click();
            }""",
            f"{lab.url}sandfs/v1/files/result.csv",
        )
    result = Path(download.value.path()).read_bytes()
    assert result == lab.request("GET", "sandfs/v1/fs/file?path=/out/result.csv").content
    assert result.splitlines()[:2] == [b"month,precipitation", b"1,466.0"]


def test_the_tree_works_by_keyboard_and_while_a_cell_runs(page: Page, lab):
    run_all(page)
    browser = page.get_by_role("region", name="Sandbox default")
    browser.scroll_into_view_if_needed()
    tree = browser.get_by_role("tree")
    expect(browser.get_by_role("treeitem", name="seasons")).to_be_visible()
    page.evaluate(
        """() => {
          const session = window.jupyterapp.shell.currentWidget.sessionContext.session;
          void session.kernel.requestExecute({code: "while True: pass"});
          return 0;
        }"""
    )
    page.wait_for_function("window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.status === 'busy'")

    tree.focus()
    for key in ("End", "ArrowRight", "ArrowRight", "ArrowRight", "ArrowRight"):
        page.keyboard.press(key)
    lab.request("PUT", "sandfs/v1/fs/file?path=/while-busy.txt", data=b"written while a cell runs").raise_for_status()

    expect(browser.get_by_role("treeitem", name="while-busy.txt")).to_be_visible()
    expect(browser.get_by_role("treeitem", name="autumn")).to_be_visible()
    page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.interrupt()")
