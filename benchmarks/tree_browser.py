"""The tree browser: rows in the page, opening a folder of 100,000, frames while scrolling, finding a name.

Run by hand: `python benchmarks/tree_browser.py`. Needs Debian's chromium. The widget runs over its real Python
side; what a kernel's channel adds to each request is not in it.
"""

from __future__ import annotations

import functools
import importlib.util
import statistics
import time
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import sync_playwright

from jupyter_sandfs.kernel.browser import TreeBrowser
from jupyter_sandfs.kernel.browser.listing import Listing, search
from jupyter_sandfs.rpc.dispatcher import Dispatcher
from jupyter_sandfs.vfs.filesystem import VirtualFileSystem

FILES = 100_000
ROUNDS = 5
HARNESS = Path(__file__).parents[1] / "tests" / "kernel" / "browser" / "conftest.py"
_SCROLL = """async () => {
  const tree = document.querySelector("[role=tree]");
  const frames = [];
  let before = performance.now();
  for (let step = 0; step < 120; step += 1) {
    tree.scrollTop += 400;
    await new Promise(requestAnimationFrame);
    const now = performance.now();
    frames.push(now - before);
    before = now;
  }
  return frames;
}"""


def world() -> VirtualFileSystem:
    fs = VirtualFileSystem()
    for number in range(FILES):
        fs.write_file(f"/many/file{number}.txt", "")
    return fs


def next_page(fs: VirtualFileSystem) -> Callable[..., object]:
    """A listing whose first page was asked for."""
    listing = Listing()
    listing.rows(fs, b"", path="/many")
    return listing.rows


def in_kernel(fs: VirtualFileSystem) -> None:
    for name, call in {
        "a page of 1,000 of them, in the kernel": lambda: Listing().rows(fs, b"", path="/many"),
        "a page in the order of size": lambda: Listing().rows(fs, b"", path="/many", offset=50_000, order="size"),
        "the next page": functools.partial(next_page(fs), fs, b"", path="/many", offset=1_000),
        "finding a name among them": lambda: search(fs, b"", text="file99999"),
    }.items():
        taken = []
        for _ in range(ROUNDS):
            start = time.perf_counter()
            call()
            taken.append(time.perf_counter() - start)
        print(f"{name}: {min(taken) * 1e3:.0f} ms (median {statistics.median(taken) * 1e3:.0f})")


def in_page(fs: VirtualFileSystem) -> None:
    spec = importlib.util.spec_from_file_location("harness", HARNESS)
    assert spec is not None
    assert spec.loader is not None
    harness = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(harness)
    browser = TreeBrowser(fs, dispatcher=Dispatcher(lambda _name, _view: fs, lambda: ["default"]), kernel_id="")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        page = harness.Page(chromium.new_page(viewport={"width": 1000, "height": 500}), browser)
        page.page.set_default_timeout(120_000)
        page.show()
        start = time.perf_counter()
        page.page.click('[data-path="/many"]')
        page.page.wait_for_selector('[data-path="/many/file0.txt"]')
        print(f"opening a folder of {FILES:,}: {(time.perf_counter() - start) * 1e3:.0f} ms")
        frames = page.page.evaluate(_SCROLL)
        print(f"rows in the page: {page.page.locator('.sfs-row').count()}")
        print(f"a frame while scrolling: median {statistics.median(frames):.1f} ms, longest {max(frames):.1f} ms")
        chromium.close()


if __name__ == "__main__":
    made = world()
    in_kernel(made)
    in_page(made)
