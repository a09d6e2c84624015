"""A real JupyterLab in a process of its own, with directories of its own, on a free port."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from shutil import copy

import pytest
import requests
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

REPOSITORY = Path(__file__).parents[2]
_START_SECONDS = 60
_STOP_SECONDS = 20
# Another environment, to try what its JupyterLab does with the extension.
_PYTHON = os.environ.get("SANDFS_LAB_PYTHON", sys.executable)
_PATIENCE = 60_000  # milliseconds: bounds a wait that normally takes a moment
_CONNECTED = "window.jupyterapp?.shell.currentWidget?.sessionContext?.session?.kernel?.connectionStatus === 'connected'"
# Notices vanish after a while: a slow machine must not miss one.
_NOTE_NOTICES = """
window.notices = new Set();
new MutationObserver(() => {
  for (const each of document.querySelectorAll(".Toastify__toast")) window.notices.add(each.innerText.trim());
}).observe(document, { subtree: true, childList: true, characterData: true });
"""


@dataclass(frozen=True)
class Lab:
    """A running server."""

    url: str
    token: str
    root: Path

    def request(self, method: str, path: str, **options) -> requests.Response:
        """Call a route with the token; `path` is below the base URL."""
        headers = {"Authorization": f"token {self.token}"} | options.pop("headers", {})
        return requests.request(method, f"{self.url}{path}", headers=headers, timeout=30, **options)

    def write_notebook(self, name: str, sources: Iterable[str]) -> str:
        """Put a notebook with these cells into the root; gives its name."""
        plain = {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None}
        cells = [{**plain, "id": f"c{number}", "source": source} for number, source in enumerate(sources)]
        kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
        document = {"cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}
        (self.root / name).write_text(json.dumps(document))
        return name

    def end_kernels(self) -> None:
        """End all kernels, and forget which notebooks they were of."""
        for session in self.request("GET", "api/sessions").json():
            self.request("DELETE", f"api/sessions/{session['id']}").raise_for_status()


@pytest.fixture(scope="session")
def labextension() -> Path:
    """The built JupyterLab extension."""
    built = REPOSITORY / "jupyter_sandfs" / "labextension"
    if (built / "package.json").exists():
        return built
    missing = "needs the JupyterLab extension: pip install -e . where npm's registry can be reached"
    if os.environ.get("SANDFS_CI"):
        pytest.fail(missing)
    pytest.skip(missing)


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    """JupyterLab on a copy of the quickstart notebook, with our extension if it is built."""
    root = tmp_path / "root"
    root.mkdir()
    copy(REPOSITORY / "notebooks" / "quickstart.ipynb", root)
    extensions = tmp_path / "path" / "labextensions"
    extensions.mkdir(parents=True)
    (extensions / "jupyter-sandfs").symlink_to(REPOSITORY / "jupyter_sandfs" / "labextension")
    _quiet(tmp_path)
    log = tmp_path / "lab.log"
    with (
        log.open("w") as output,
        subprocess.Popen(_command(root), env=_environment(tmp_path), stdout=output, stderr=output) as process,
    ):
        try:
            yield _wait(tmp_path / "runtime", process, root, log)
        finally:
            _stop(process)


@pytest.fixture(scope="module")
def chromium(part) -> Iterator[Browser]:
    expect.set_options(timeout=_PATIENCE)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=part("chromium"), args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        yield browser
        browser.close()


@pytest.fixture
def open_lab(lab: Lab, labextension: Path, chromium: Browser, settle, request) -> Iterator[Callable[[str], Page]]:
    """Open JupyterLab, on a file of its root if one is named; leave a picture where SANDFS_SCREENSHOTS says."""
    del labextension  # it need only be there
    with chromium.new_context(viewport={"width": 1300, "height": 850}, permissions=["clipboard-read"]) as context:
        context.add_init_script(_NOTE_NOTICES)

        def open_(path: str) -> Page:
            page = context.new_page()
            page.set_default_timeout(_PATIENCE)
            place = f"/tree/{path}" if path else ""
            page.goto(f"{lab.url}lab{place}?token={lab.token}&reset")
            settle(page)
            return page

        yield open_
        if directory := os.environ.get("SANDFS_SCREENSHOTS"):
            for number, page in enumerate(context.pages):
                page.screenshot(path=Path(directory) / f"{request.node.name}-{number}.png")


@pytest.fixture(scope="session")
def noticed() -> Callable[[Page, str], None]:
    """Wait until a notice that begins with a text was shown, which may be gone by now."""

    def wait(page: Page, text: str) -> None:
        page.wait_for_function("text => [...window.notices].some(each => each.startsWith(text))", arg=text)

    return wait


@pytest.fixture(scope="session")
def settle() -> Callable[[Page], None]:
    """Wait until JupyterLab has shown what it shows when a page is loaded, and has our commands."""

    def wait(page: Page) -> None:
        page.wait_for_function("() => window.jupyterapp?.restored.then(() => true) ?? false")
        page.wait_for_function("() => window.jupyterapp.commands.hasCommand('sandfs:show-staging')")
        page.wait_for_selector("#jupyterlab-splash", state="detached")

    return wait


@pytest.fixture(scope="session")
def connect() -> Callable[[Page], None]:
    """Wait until the notebook in front is connected to its kernel."""

    def wait(page: Page) -> None:
        page.wait_for_function(_CONNECTED)

    return wait


@pytest.fixture(scope="session")
def keep_picture() -> Callable[[Page, str], None]:
    """Leave a picture where SANDFS_SCREENSHOTS says."""

    def keep(page: Page, name: str) -> None:
        if directory := os.environ.get("SANDFS_SCREENSHOTS"):
            page.screenshot(path=Path(directory) / f"{name}.png")

    return keep


@pytest.fixture(scope="session")
def drop() -> Callable[[Locator, Path], None]:
    """Drop a file on a place, as the desktop does."""

    def drop(place: Locator, file: Path) -> None:
        box = place.bounding_box()
        assert box is not None
        data = {"items": [], "files": [str(file)], "dragOperationsMask": 1}
        where = {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] - 30, "data": data}
        session = place.page.context.new_cdp_session(place.page)
        for event in ("dragEnter", "dragOver", "drop"):
            session.send("Input.dispatchDragEvent", {"type": event, **where})
        session.detach()

    return drop


def _command(root: Path) -> list[str]:
    return [
        *(_PYTHON, "-m", "jupyterlab", "--no-browser", "--ip=127.0.0.1", "--port=0", "--allow-root"),
        f"--ServerApp.root_dir={root}",
        "--IdentityProvider.token=e2e",
        "--LabApp.expose_app_in_browser=True",
        "--JupyterNotebookApp.expose_app_in_browser=True",
    ]


def _environment(home: Path) -> dict[str, str]:
    places = {f"JUPYTER_{name.upper()}_DIR": str(home / name) for name in ("config", "data", "runtime")}
    paths = {"JUPYTER_PATH": str(home / "path"), "IPYTHONDIR": str(home / "ipython")}
    # A server that was tested in this process before says there which store its kernels use.
    around = {name: value for name, value in os.environ.items() if not name.startswith("JUPYTER_SANDFS_")}
    return {**around, **places, **paths, "PYTHONWARNINGS": "default"}


def _quiet(home: Path) -> None:
    """Keep JupyterLab from asking whether it may fetch news."""
    settings = home / "config" / "lab" / "user-settings" / "@jupyterlab" / "apputils-extension"
    settings.mkdir(parents=True)
    (settings / "notification.jupyterlab-settings").write_text('{"fetchNews": "false", "checkForUpdates": false}')


def _stop(process: subprocess.Popen[bytes]) -> None:
    """Stop the server; one that is told to while it starts a kernel may wait for ever."""
    process.terminate()
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()


def _wait(runtime: Path, process: subprocess.Popen[bytes], root: Path, log: Path) -> Lab:
    """Wait until the server says where it is and answers."""
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        for file in runtime.glob("jpserver-*.json"):
            found = _ready(file, root)
            if found is not None:
                return found
        time.sleep(0.1)
    pytest.fail(f"JupyterLab did not start:\n{log.read_text()[-3000:]}")


def _ready(file: Path, root: Path) -> Lab | None:
    try:
        facts = json.loads(file.read_text())
        lab = Lab(facts["url"], facts["token"], root)
        return lab if lab.request("GET", "api/status").ok else None
    except (ValueError, requests.ConnectionError):
        return None  # half written, or not listening yet
