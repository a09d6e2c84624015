"""The tree browser over real kernels: large uploads, a restart, a notebook opened again, and Notebook 7."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]
_PATIENCE = 60_000  # milliseconds: bounds a wait that normally takes a moment
_CELLS = [
    "%load_ext jupyter_sandfs",
    """from jupyter_sandfs import Sandbox
Sandbox.current().fs.write_file('/data/rain.csv', 'day,mm\\n1,0.5\\n2,3.0\\n')
Sandbox.current().fs.write_file('/notes.md', '# Notes\\n\\nIt **rains**.\\n')""",
    "%sandfs browse /notes.md",
]
_FAULTS = """async () => {
  const { violations } = await axe.run('[data-sandfs="browser"]', { resultTypes: ["violations"] });
  return violations.flatMap((each) => each.nodes.map((node) => [each.id, node.html.slice(0, 120)]));
}"""
_LUMINANCE = """() => {
  const color = getComputedStyle(document.querySelector(".sfs")).backgroundColor;
  return color.match(/[0-9.]+/g).slice(0, 3).reduce((sum, part) => sum + Number(part), 0) / 765;
}"""
_OVERFLOWS = """() => [...document.querySelectorAll(".sfs")].some((frame) => {
  const { right } = frame.getBoundingClientRect();
  const tools = [...frame.querySelectorAll(".sfs-bar button, .sfs-bar input")];
  const out = (each) => each.checkVisibility() && each.getBoundingClientRect().right > right + 1;
  return frame.scrollWidth > frame.clientWidth || tools.some(out);
})"""
_DARK = (
    "() => { void window.jupyterapp.commands.execute('apputils:change-theme', {theme: 'JupyterLab Dark'}); return 0 }"
)
_KERNEL = "window.jupyterapp.shell.currentWidget?.sessionContext?.session?.kernel"


@pytest.fixture
def notebook(lab) -> str:
    """A notebook that makes files and shows the browser."""
    return lab.write_notebook("tree.ipynb", _CELLS)


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    expect.set_options(timeout=_PATIENCE)
    page = chromium.new_page(viewport={"width": 1200, "height": 850})
    page.set_default_timeout(_PATIENCE)
    yield page
    page.close()


@pytest.fixture(scope="session")
def axe(node_packages: Path) -> str:
    """The script that finds what is not accessible."""
    return (node_packages / "axe-core" / "axe.min.js").read_text(encoding="utf-8")


@pytest.fixture
def open_notebook(page: Page, lab, notebook: str, connect) -> Callable[[], None]:
    """Open the notebook in JupyterLab."""

    def open_() -> None:
        page.goto(f"{lab.url}lab/tree/{notebook}?token={lab.token}&reset")
        page.wait_for_selector("#jupyterlab-splash", state="detached")
        page.wait_for_selector(".jp-NotebookPanel .jp-Cell")
        connect(page)

    return open_


def command(page: Page, name: str) -> None:
    """Start a command without waiting for its promise, which may never end."""
    page.evaluate("name => { void window.jupyterapp.commands.execute(name); return 0 }", name)


def shown(page: Page) -> Locator:
    return page.get_by_role("region", name="Sandbox default")


def test_large_uploads_a_restart_and_a_way_on(page: Page, lab, open_notebook, connect, keep_picture, tmp_path: Path):
    open_notebook()
    command(page, "notebook:run-all-cells")
    browser = shown(page)
    browser.get_by_role("treeitem", name="notes.md").click()
    expect(browser.get_by_role("group", name="Preview of notes.md")).to_contain_text("It rains.")

    large = tmp_path / "large.bin"
    large.write_bytes(os.urandom(9 << 20))
    with page.expect_file_chooser() as chooser:
        browser.get_by_role("button", name="Upload").click()
    chooser.value.set_files(large)
    expect(browser.get_by_role("treeitem", name="large.bin")).to_be_visible()
    expect(browser.get_by_role("group", name="Transfers")).to_be_hidden()
    there = lab.request("GET", "sandfs/v1/fs/file", params={"path": "/large.bin"})
    stored = lab.request("GET", "sandfs/v1/files").json()
    assert there.content == large.read_bytes()
    assert json.dumps(stored).count("large.bin") == 0  # it went through the store, and out of it

    browser.get_by_role("button", name="History (Alt+H)").click()
    expect(browser.get_by_role("slider", name="Compare now with")).to_have_attribute("aria-valuetext", "after cell [2]")
    keep_picture(page, "tree-lab")

    page.evaluate(f"() => {{ void {_KERNEL}.restart(); return 0 }}")
    expect(browser.get_by_text("Kernel restarted")).to_be_visible()
    connect(page)
    browser.get_by_role("button", name="Reload").click()
    expect(shown(page).get_by_text("Nothing here yet")).to_be_visible()
    keep_picture(page, "tree-reloaded")


def test_a_notebook_that_is_opened_again_shows_its_listing_and_runs_in_notebook_7(
    page: Page, lab, notebook: str, open_notebook, connect, keep_picture
):
    open_notebook()
    command(page, "notebook:run-all-cells")
    expect(shown(page).get_by_role("treeitem", name="notes.md")).to_be_visible()
    expect(page.locator(".sandfs-static")).to_be_hidden()
    command(page, "docmanager:save")
    page.wait_for_function("() => window.jupyterapp.shell.currentWidget.context.model.dirty === false")
    lab.end_kernels()

    page.goto(f"{lab.url}notebooks/{notebook}?token={lab.token}")
    listing = page.locator(".sandfs-static")
    expect(listing).to_contain_text("names as saved on")
    expect(listing).to_contain_text("rain.csv")
    expect(page.get_by_text("Loading widget")).to_be_hidden()
    expect(page.get_by_text("Error displaying widget")).to_be_hidden()
    keep_picture(page, "tree-saved")

    connect(page)
    page.locator(".jp-CodeCell .jp-InputArea-editor").first.click()
    for _ in _CELLS:
        page.keyboard.press("Shift+Enter")
    browser = shown(page)
    browser.get_by_role("treeitem", name="notes.md").click()
    expect(browser.get_by_role("group", name="Preview of notes.md")).to_contain_text("It rains.")
    expect(page.locator(".sandfs-static")).to_be_hidden()
    browser.get_by_role("tree").focus()
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    expect(browser.get_by_role("treeitem", name="rain.csv")).to_be_visible()
    keep_picture(page, "tree-notebook")


def copy_from_elsewhere(lab, notebook: str) -> str:
    """A copy that nobody here has signed: Jupyter does not trust it."""
    document = json.loads((lab.root / notebook).read_text())
    document["cells"][1]["source"] += "\n# changed elsewhere"
    (lab.root / "elsewhere.ipynb").write_text(json.dumps(document))
    return "elsewhere.ipynb"


@pytest.mark.timeout(400)  # two pages of Jupyter, each with axe
def test_two_browsers_in_light_and_dark_untrusted_and_zoomed(
    page: Page, lab, notebook: str, open_notebook, connect, keep_picture, axe: str
):
    document = json.loads((lab.root / notebook).read_text())
    document["cells"].append({**document["cells"][-1], "id": "second", "source": "%sandfs browse /data"})
    (lab.root / notebook).write_text(json.dumps(document))
    open_notebook()
    page.evaluate(axe)
    command(page, "notebook:run-all-cells")
    first, second = shown(page).nth(0), shown(page).nth(1)
    first.get_by_role("treeitem", name="notes.md").click()
    expect(first.get_by_role("group", name="Preview of notes.md")).to_contain_text("It rains.")
    expect(second.get_by_role("treeitem", name="rain.csv")).to_be_visible()

    first.get_by_role("tree").press("Alt+n")
    first.get_by_role("textbox", name="New file in /").fill("both.txt")
    page.keyboard.press("Enter")
    expect(first.get_by_role("treeitem", name="both.txt")).to_be_visible()
    expect(second.get_by_role("treeitem", name="both.txt")).to_be_visible()
    seen = {"Lab light": (page.evaluate(_LUMINANCE) > 0.8, page.evaluate(_FAULTS))}
    keep_picture(page, "tree-lab-light")
    page.evaluate(_DARK)
    page.wait_for_function("() => document.body.dataset.jpThemeLight === 'false'")
    page.wait_for_function(f"() => ({_LUMINANCE})() < 0.3")
    seen["Lab dark"] = (True, page.evaluate(_FAULTS))
    keep_picture(page, "tree-lab-dark")
    command(page, "docmanager:save")
    page.wait_for_function("() => window.jupyterapp.shell.currentWidget.context.model.dirty === false")
    lab.end_kernels()

    page.goto(f"{lab.url}notebooks/{copy_from_elsewhere(lab, notebook)}?token={lab.token}")
    expect(page.get_by_text("Not Trusted")).to_be_visible()
    expect(page.locator(".sandfs-static").first).to_contain_text("rain.csv")
    expect(page.get_by_text("└── rain.csv")).to_have_count(0)
    expect(page.get_by_text("Error displaying widget")).to_have_count(0)
    keep_picture(page, "tree-untrusted")

    connect(page)
    page.locator(".jp-CodeCell .jp-InputArea-editor").first.click()
    for _ in _CELLS:
        page.keyboard.press("Shift+Enter")
    shown(page).get_by_role("treeitem", name="notes.md").click()
    expect(shown(page).get_by_role("group", name="Preview of notes.md")).to_contain_text("It rains.")
    page.evaluate(axe)
    seen["Notebook 7 dark"] = (page.evaluate(_LUMINANCE) < 0.3, page.evaluate(_FAULTS))
    keep_picture(page, "tree-notebook-dark")
    zoomed = {"width": 320, "height": 256, "deviceScaleFactor": 4, "mobile": False}  # 1280 by 1024 at 400 %
    session = page.context.new_cdp_session(page)
    session.send("Emulation.setDeviceMetricsOverride", zoomed)
    page.wait_for_function("() => innerWidth === 320 && devicePixelRatio === 4")
    page.wait_for_function(f"() => !({_OVERFLOWS})()")
    shown(page).get_by_role("treeitem", name="notes.md").scroll_into_view_if_needed()
    if directory := os.environ.get("SANDFS_SCREENSHOTS"):  # Playwright's own would be taken without the zoom
        picture = session.send("Page.captureScreenshot")["data"]
        (Path(directory) / "tree-zoomed.png").write_bytes(base64.b64decode(picture))

    assert seen == {name: (True, []) for name in ("Lab light", "Lab dark", "Notebook 7 dark")}
