"""Magics by hand in JupyterLab and in Notebook 7, light and dark: tables, folded changes, the Tab key, cells, undo."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]
_PATIENCE = 60_000  # milliseconds: bounds a wait that normally takes a moment
_SEEN = 4.5  # the least contrast of text, as WCAG 2.2 (1.4.3) has it

_CELLS = [
    "%load_ext jupyter_sandfs",
    "%%sandfs sh\nmkdir -p '/my data'; seq 1000 > '/my data/big.csv'; seq 10 > /small.csv; touch '/<b>x<b>' /old",
    "%sandfs snapshot start",
    "%sandfs ls / '/my data'",
    "%sandfs config changes=on;",
    "%sandfs sed -i s/10/ten/ /small.csv",
    "%sandfs config changes=off;",
    "%sandfs rm /old\n%sandfs mv '/<b>x<b>' /y\n%sandfs mkdir /new;",
    "%sandfs changes start",
    "%sandfs journal",
    "%sandfs stats",
    "%sandfs cat ",
]
_LISTED, _FOLDED, _CHANGED, _TIMELINE, _BARS = 3, 5, 8, 9, 10
_CONTRAST = """element => {
  const parts = (color) => {
    const canvas = Object.assign(document.createElement("canvas"), { width: 1, height: 1 }).getContext("2d");
    canvas.fillStyle = color;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const light = (rgb) => {
    const [r, g, b] = rgb.slice(0, 3).map((c) => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  let behind = element;
  while (behind && parts(getComputedStyle(behind).backgroundColor)[3] < 255) behind = behind.parentElement;
  const ground = behind ? getComputedStyle(behind).backgroundColor : "white";
  const canvas = Object.assign(document.createElement("canvas"), { width: 1, height: 1 }).getContext("2d");
  for (canvas.fillStyle of [ground, getComputedStyle(element).color]) canvas.fillRect(0, 0, 1, 1);
  const [a, b] = [light([...canvas.getImageData(0, 0, 1, 1).data]), light(parts(ground))].sort((x, y) => y - x);
  return (a + 0.05) / (b + 0.05);
}"""
"""How far a text stands out from what is behind it, whatever is transparent in between."""


@pytest.fixture
def notebook(lab) -> str:
    """A notebook with these cells."""
    return lab.write_notebook("magics.ipynb", _CELLS)


@pytest.fixture(params=["lab/tree", "notebooks"], ids=["lab", "notebook"])
def page(lab, notebook: str, chromium: Browser, connect, request) -> Iterator[Page]:
    """The notebook in one of the two, open and connected to its kernel."""
    page = chromium.new_page(viewport={"width": 1200, "height": 1900})
    page.set_default_timeout(_PATIENCE)
    page.goto(f"{lab.url}{request.param}/{notebook}?token={lab.token}&reset")
    page.wait_for_selector(".jp-NotebookPanel .jp-Cell")
    page.wait_for_selector("#jupyterlab-splash", state="detached")
    connect(page)
    yield page
    page.close()


@pytest.fixture
def keep_picture(request) -> Callable[[Page, str], None]:
    """Leave a picture where SANDFS_SCREENSHOTS says."""

    def keep(page: Page, name: str) -> None:
        if directory := os.environ.get("SANDFS_SCREENSHOTS"):
            frontend = request.node.callspec.id
            page.screenshot(path=Path(directory) / f"magics-{frontend}-{name}.png", animations="disabled")

    return keep


def command(page: Page, name: str, **arguments: object) -> None:
    """Start a command without waiting for its promise, which may never end."""
    page.evaluate(
        "([name, given]) => { void window.jupyterapp.commands.execute(name, given); return 0 }", [name, arguments]
    )


def cells_of(page: Page) -> Locator:
    return page.locator(".jp-Notebook .jp-CodeCell")


def run_all(page: Page) -> None:
    command(page, "notebook:run-all-cells")
    expect(cells_of(page).last.locator(".jp-InputPrompt")).to_have_text(f"[{len(_CELLS)}]:", timeout=_PATIENCE)


def output(page: Page, number: int) -> Locator:
    return cells_of(page).nth(number).locator(".sandfs-page")


def test_results_sort_and_fold_can_be_read_in_both_themes_and_names_complete(page: Page, keep_picture):
    run_all(page)
    results_sort_and_fold(page)
    results_can_be_read_in_both_themes(page, keep_picture)
    names_complete_cells_write_and_undo_takes_back(page, keep_picture)


def results_sort_and_fold(page: Page) -> None:
    table = output(page, _LISTED).locator("table").first
    names = table.locator("tbody tr td:first-child")
    expect(names).to_have_text(["<b>x<b>", "my data/", "old", "small.csv"])
    table.get_by_role("button", name="size").click()
    table.get_by_role("button", name="size").click()
    expect(names.first).to_have_text("small.csv")
    expect(table.locator("th[aria-sort=descending]")).to_have_text("size")

    told = output(page, _FOLDED)
    expect(told.locator("pre").first).to_be_hidden()
    told.locator("summary").first.click()
    expect(told.locator(".changed").first).to_have_text("~ /small.csv\n")
    told.locator("summary").nth(1).click()
    expect(told.locator(".added")).to_have_text("+ten\n")
    rows = output(page, _CHANGED).locator("pre span")
    expect(rows).to_have_text(["+ /new/\n", "- /old\n", "~ /small.csv\n", "> /y  (from /<b>x<b>)\n"])
    expect(output(page, _TIMELINE).locator("li").first).to_contain_text("owner")
    expect(output(page, _BARS).locator(".bar").first).to_be_visible()


def results_can_be_read_in_both_themes(page: Page, keep_picture) -> None:
    coloured = page.locator(".sandfs-page :is(.added, .removed, .changed, .moved, .dim, th, td, summary, code)")
    for theme in ("JupyterLab Light", "JupyterLab Dark"):
        command(page, "apputils:change-theme", theme=theme)
        page.wait_for_selector(f'body[data-jp-theme-name="{theme}"]', state="attached")
        faint = [each.inner_text() for each in coloured.all() if each.is_visible() and each.evaluate(_CONTRAST) < _SEEN]
        keep_picture(page, theme.split()[1].lower())
        assert (theme, faint) == (theme, [])


def names_complete_cells_write_and_undo_takes_back(page: Page, keep_picture) -> None:
    typing = cells_of(page).nth(len(_CELLS) - 1)

    typing.locator(".cm-content").click()
    page.keyboard.press("ControlOrMeta+End")
    page.keyboard.type("/my")
    page.keyboard.press("Tab")
    offered = page.locator(".jp-Completer-item")
    expect(offered).to_have_count(1)
    expect(offered).to_contain_text("/my\\ data/")
    page.keyboard.press("Enter")
    expect(typing.locator(".cm-content")).to_have_text("%sandfs cat /my\\ data/")

    write(page, typing, "%%sandfs app")
    page.keyboard.press("Tab")
    expect(page.locator(".jp-Completer-match")).to_have_text(["append", "apply-patch"])
    keep_picture(page, "completer")
    page.keyboard.press("Escape")
    run(page, typing, "%%sandfs write '/my data/ü 🙂.txt'\nby hand\n")
    expect(typing.locator(".jp-OutputArea-output")).to_have_text("/my data/ü 🙂.txt (8 bytes, version 1)\n")
    run(page, typing, "%sandfs undo")
    expect(typing.locator(".jp-OutputArea-output")).to_have_text("- /my data/ü 🙂.txt\n")
    run(page, typing, "%sandfs restroe start")
    expect(typing.locator(".jp-OutputArea-output")).to_contain_text("Did you mean: restore")


def write(page: Page, cell: Locator, source: str) -> None:
    """Put a text in place of what the cell has, as if it was pasted."""
    cell.locator(".cm-content").click()
    page.keyboard.press("ControlOrMeta+A")
    page.keyboard.insert_text(source)


def run(page: Page, cell: Locator, source: str) -> None:
    """Run a text in a cell, and wait for its end."""
    number = cell.locator(".jp-InputPrompt").inner_text()
    write(page, cell, source)
    page.keyboard.press("ControlOrMeta+Enter")
    expect(cell.locator(".jp-InputPrompt")).not_to_have_text(number)
    expect(cell.locator(".jp-InputPrompt")).not_to_have_text("[*]:")
