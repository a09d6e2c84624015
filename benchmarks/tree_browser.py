"""The tree browser over a million nodes: time to open a long folder, rows in the page, frames, memory, finding a name.

Run by hand: `python benchmarks/tree_browser.py`. Needs Debian's chromium. The widget runs over its real Python
side; what a kernel's channel adds to each request is not in it.
"""

from __future__ import annotations

import functools
import importlib.util
import itertools
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

from jupyter_sandfs.kernel.browser import TreeBrowser
from jupyter_sandfs.kernel.browser.finding import search
from jupyter_sandfs.kernel.browser.listing import Listing
from jupyter_sandfs.rpc.dispatcher import Dispatcher
from jupyter_sandfs.vfs.filesystem import VirtualFileSystem
from jupyter_sandfs.vfs.views.visibility import VisibilityView

LONG = 100_000
FOLDERS = 900  # of a thousand files each, beside the long one
ROUNDS = 5
HARNESS = Path(__file__).parents[1] / "tests" / "kernel" / "browser" / "conftest.py"
_OPEN = """async ([click, wait]) => {
  const shown = (path) => document.querySelector(`[data-path="${path}"]`);
  const start = performance.now();
  shown(click).querySelector(".sfs-label").click();
  while (!shown(wait)) await new Promise(requestAnimationFrame);
  return performance.now() - start;
}"""
_FILTER = """async ([text, rows]) => {
  const field = document.querySelector("input[type=search]");
  const start = performance.now();
  field.value = text;
  field.dispatchEvent(new Event("input"));
  while (document.querySelectorAll("[role=treeitem]").length !== rows) await new Promise(requestAnimationFrame);
  return performance.now() - start;
}"""
_SCROLL = """async (pixels) => {
  const tree = document.querySelector("[role=tree]");
  const frames = [];
  let rows = 0;
  let before = performance.now();
  for (let step = 0; step < 240; step += 1) {
    tree.scrollTop += pixels;
    await new Promise(requestAnimationFrame);
    const now = performance.now();
    frames.push(now - before);
    before = now;
    rows = Math.max(rows, document.querySelectorAll(".sfs-row").length);
  }
  return [frames, rows];
}"""


def world() -> VirtualFileSystem:
    fs = VirtualFileSystem()
    for number in range(LONG):
        fs.write_file(f"/many/file{number}.txt", "")
    for folder, number in itertools.product(range(FOLDERS), range(1_000)):
        fs.write_file(f"/d{folder:03}/f{number}.txt", "")
    return fs


def next_page(fs: VirtualFileSystem) -> Callable[..., object]:
    """A listing whose first page was asked for."""
    listing = Listing()
    listing.rows(fs, b"", path="/many")
    return listing.rows


def in_kernel(fs: VirtualFileSystem) -> None:
    view = fs.view(VisibilityView({"public"}))
    calls: dict[str, Callable[[], object]] = {
        f"the first page of {LONG:,}, in the kernel": lambda: Listing().rows(fs, b"", path="/many"),
        "the same, through a view": lambda: Listing().rows(view, b"", path="/many"),
        "the first page in the order of size": lambda: Listing().rows(fs, b"", path="/many", order="size"),
        "a page in the middle, which sorts all": lambda: Listing().rows(fs, b"", path="/many", offset=50_000),
        "the next page": functools.partial(next_page(fs), fs, b"", path="/many", offset=1_000),
        f"finding a name among {fs.stats().node_count:,}": lambda: search(fs, b"", text="file99999"),
    }
    for name, call in calls.items():
        taken = []
        for _ in range(ROUNDS):
            start = time.perf_counter()
            call()
            taken.append(time.perf_counter() - start)
        print(f"{name}: {min(taken) * 1e3:.0f} ms (median {statistics.median(taken) * 1e3:.0f})")


def in_page(fs: VirtualFileSystem) -> None:
    harness = _harness()
    browser = TreeBrowser(fs, dispatcher=Dispatcher(lambda _name, _view: fs, lambda: ["default"]), kernel_id="")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox", "--enable-precise-memory-info"]
        )
        page = harness.Page(chromium.new_page(viewport={"width": 1000, "height": 500}), browser)
        page.page.set_default_timeout(120_000)
        page.show()
        _measure(page.page)
        chromium.close()


def _measure(page: Any) -> None:
    opened = []
    for _ in range(ROUNDS):
        page.evaluate("document.querySelector('[role=tree]').scrollTop = 1e9")
        page.wait_for_selector('[data-path="/many"]')
        opened.append(page.evaluate(_OPEN, ["/many", "/many/file0.txt"]))
        page.locator('[data-path="/many"] .sfs-label').click()
        page.wait_for_selector('[data-path="/many/file0.txt"]', state="detached")
        page.evaluate("views[0].model.emit('msg:custom', {event: 'changed', paths: ['/many/file0.txt']}, [])")
        page.wait_for_timeout(300)
    print(f"opening a folder of {LONG:,}: {min(opened):.0f} ms (median {statistics.median(opened):.0f})")
    page.locator('[data-path="/many"] .sfs-label').click()
    page.wait_for_selector('[data-path="/many/file0.txt"]')
    for pixels in (240, 9_600):
        frames, rows = page.evaluate(_SCROLL, pixels)
        late = statistics.quantiles(frames, n=20)[-1]
        print(f"a frame, {pixels} px each: median {statistics.median(frames):.1f} ms, 19 of 20 under {late:.1f} ms")
        print(f"rows in the page: {rows} at most")
    heap = page.evaluate("performance.memory.usedJSHeapSize")
    print(f"memory of the page's scripts: {heap / 2**20:.0f} MB")
    start = time.perf_counter()
    page.focus("[role=tree]")
    page.keyboard.press("End")
    page.wait_for_selector('[data-path="/many/file99999.txt"]')
    print(f"to the end of the folder: {(time.perf_counter() - start) * 1e3:.0f} ms")
    found = page.evaluate(_FILTER, ["file99999", 2])
    print(f"filter as one types, the pause of 150 ms in it: {found:.0f} ms")


def _harness() -> Any:
    spec = importlib.util.spec_from_file_location("harness", HARNESS)
    assert spec is not None
    assert spec.loader is not None
    harness = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(harness)
    return harness


if __name__ == "__main__":
    made = world()
    in_kernel(made)
    in_page(made)
