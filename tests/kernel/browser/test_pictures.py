"""The pictures of the README: made here, so that they show what there is.

`SANDFS_PICTURES=docs/pictures python -m pytest tests/kernel/browser/test_pictures.py` makes them anew.
"""

import hashlib
import os
from pathlib import Path

import pytest
from vega_datasets import data

from jupyter_sandfs.kernel.browser import bundle
from jupyter_sandfs.kernel.moments import CELLS

PICTURES = Path(__file__).parents[3] / "docs" / "pictures"
MADE_OF = "made-of.txt"
DARK = """:root { --jp-layout-color0: #111; --jp-layout-color1: #212121; --jp-border-color1: #616161;
  --jp-border-color2: #424242; --jp-ui-font-color0: white; --jp-ui-font-color1: rgba(255,255,255,.87);
  --jp-brand-color1: #2196f3; --jp-success-color1: #4caf50; --jp-warn-color1: #ff9800; --jp-error-color1: #f44336;
  --jp-mirror-editor-keyword-color: #4caf50; --jp-mirror-editor-string-color: #ff7070;
  --jp-mirror-editor-header-color: #2196f3; --jp-mirror-editor-number-color: #66bb6a; color-scheme: dark }
  body { background: #111 }"""
BEFORE = """# Weather analyst

You answer questions about the weather.

## Rules
- Cite the file.
- Round temperatures to one decimal.
- Ask before you install packages.
- Never write outside /out.
"""
AFTER = """# Weather analyst

You answer questions about Seattle's weather in one paragraph.
Use only files under /data. Say when a file is missing.

## Rules
- Cite the file and the rows you used.
- Round temperatures to one decimal.
- Never write outside /out.
"""


@pytest.fixture
def weather(sandbox):
    """A sandbox with a story: real data, a prompt that changed, results."""
    fs = sandbox.fs
    fs.remove("/notes.md")
    fs.remove("/data", recursive=True)
    fs.write_bytes("/data/seattle-weather.csv", Path(data.seattle_weather.filepath).read_bytes())
    fs.write_file("/prompts/system.md", BEFORE)
    fs.snapshot("start")
    fs.write_file("/prompts/tools.json", '{"tools": ["read", "write"]}')
    CELLS.note(fs, 3)
    fs.write_file("/out/monthly.csv", "month,rain\n1,466\n")
    CELLS.note(fs, 5)
    fs.snapshot("before agent")
    fs.write_file("/prompts/system.md", AFTER)
    fs.write_file("/README.md", "# Seattle\n")
    CELLS.note(fs, 6)
    return sandbox


def fingerprint():
    return hashlib.sha256((bundle.script() + bundle.styles()).encode()).hexdigest()


@pytest.mark.browser
def test_the_pictures_can_be_made(open_page, owners, weather, tmp_path):
    place = Path(os.environ.get("SANDFS_PICTURES", tmp_path))
    place.mkdir(parents=True, exist_ok=True)
    for theme, enter in {"light": show_table, "dark": show_history}.items():
        page = open_page(owners, viewport={"width": 960, "height": 440}, device_scale_factor=1.5)
        page.page.add_style_tag(content=DARK if theme == "dark" else "body { background: white }")
        page.show(expanded=["/data", "/out", "/prompts"], wait='[data-path="/prompts/tools.json"]')
        enter(page)
        page.page.screenshot(path=place / f"tree-browser-{theme}.png")
    (place / MADE_OF).write_text(fingerprint() + "\n")

    assert {path.name for path in place.iterdir()} >= {MADE_OF, "tree-browser-dark.png", "tree-browser-light.png"}


def test_the_pictures_show_the_browser_as_it_is():
    made_of = (PICTURES / MADE_OF).read_text().strip()

    assert made_of == fingerprint(), "the browser changed: make the pictures anew, as this file says"


def show_table(page):
    page.page.click('[data-path="/data/seattle-weather.csv"]')
    page.page.wait_for_selector(".sfs-table td")
    page.page.mouse.move(0, 0)


def show_history(page):
    page.page.focus("[role=tree]")
    page.page.keyboard.press("Alt+h")
    page.page.wait_for_selector("[data-mark]")
    page.page.click('[data-path="/prompts/system.md"]')
    page.page.wait_for_selector(".sfs-diff")
    page.page.mouse.move(0, 0)
