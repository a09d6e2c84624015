"""Magics in JupyterLab, by hand: tables that sort, folded changes, and the Tab key."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]
_PATIENCE = 60_000  # milliseconds: bounds a wait that normally takes a moment

CELLS = [
    "%load_ext jupyter_sandfs",
    "%%sandfs sh\nmkdir -p '/my data'; seq 1000 > '/my data/big.csv'; seq 10 > /small.csv; touch '/<b>x<b>'",
    "%sandfs ls / '/my data'",
    "%sandfs config changes=on;",
    "%sandfs sed -i s/10/ten/ /small.csv",
    "%sandfs stats",
    "%sandfs cat ",
]


@pytest.fixture
def page(lab, chromium: Browser) -> Iterator[Page]:
    """A notebook with these cells, open and connected to its kernel."""
    cells = [
        {"cell_type": "code", "id": f"c{at}", "source": source, "metadata": {}, "outputs": [], "execution_count": None}
        for at, source in enumerate(CELLS)
    ]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    notebook = {"cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}
    (lab.root / "magics.ipynb").write_text(json.dumps(notebook))
    page = chromium.new_page(viewport={"width": 1200, "height": 1300})
    page.set_default_timeout(_PATIENCE)
    page.goto(f"{lab.url}lab/tree/magics.ipynb?token={lab.token}&reset")
    page.wait_for_selector("#jupyterlab-splash", state="detached")
    page.wait_for_selector(".jp-NotebookPanel .jp-Cell")
    page.wait_for_function(
        "window.jupyterapp.shell.currentWidget?.sessionContext?.session?.kernel?.connectionStatus === 'connected'"
    )
    yield page
    if directory := os.environ.get("SANDFS_SCREENSHOTS"):
        page.screenshot(path=Path(directory) / "magics.png")
    page.close()


def test_results_are_tables_that_sort_and_changes_that_fold_and_names_complete(page: Page):
    page.evaluate("() => { void window.jupyterapp.commands.execute('notebook:run-all-cells'); return 0 }")
    cells = page.locator(".jp-Notebook .jp-CodeCell")
    expect(cells.last.locator(".jp-InputPrompt")).to_have_text(f"[{len(CELLS)}]:", timeout=_PATIENCE)

    table = cells.nth(2).locator(".sandfs-page table").first
    names = table.locator("tbody tr td:first-child")
    expect(names).to_have_text(["<b>x<b>", "my data/", "small.csv"])
    table.get_by_role("button", name="size").click()
    table.get_by_role("button", name="size").click()
    expect(names).to_have_text(["small.csv", "<b>x<b>", "my data/"])
    expect(table.locator("th[aria-sort=descending]")).to_have_text("size")

    told = cells.nth(4).locator(".sandfs-page")
    expect(told.locator("pre").first).to_be_hidden()
    told.locator("summary").first.click()
    expect(told.locator(".changed").first).to_have_text("~ /small.csv\n")
    told.locator("summary").nth(1).click()
    expect(told.locator(".added")).to_have_text("+ten\n")

    expect(cells.nth(5).locator(".sandfs-page .bar")).to_have_count(5)

    cells.last.locator(".cm-content").click()
    page.keyboard.press("End")
    page.keyboard.type("/my")
    page.keyboard.press("Tab")
    offered = page.locator(".jp-Completer-item")
    expect(offered).to_have_count(1)
    expect(offered).to_contain_text("/my\\ data/")
    page.keyboard.press("Enter")
    expect(cells.last.locator(".cm-content")).to_have_text("%sandfs cat /my\\ data/")
