"""The staging panel in JupyterLab's left bar, by hand."""

from __future__ import annotations

import os
import re
from datetime import datetime
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, Route, expect

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]
_DARK = '{"theme": "JupyterLab Dark"}'
# Relative luminances (WCAG 2.2) of a selected row: of its background, then of its texts.
_BRIGHTNESS = """panel => {
  const context = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  const luminance = colour => {
    context.fillStyle = colour;
    context.fillRect(0, 0, 1, 1);
    const [r, g, b] = [...context.getImageData(0, 0, 1, 1).data].map(each => each / 255)
      .map(each => (each <= 0.04045 ? each / 12.92 : ((each + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const row = panel.querySelector(".sandfs-File[aria-selected=true]");
  const texts = row.querySelectorAll(".sandfs-File-name, .sandfs-File-facts, .sandfs-File-facts span");
  const colours = [...texts].map(each => getComputedStyle(each).color);
  return [getComputedStyle(row).backgroundColor, ...colours].map(luminance);
}"""
_BYTES = 20_000_000  # three requests of at most 8 MiB


@pytest.fixture
def panel(open_lab) -> Locator:
    """The panel, with nothing in it."""
    return show(open_lab(""))


def show(page: Page) -> Locator:
    page.evaluate("() => { void window.jupyterapp.commands.execute('sandfs:show-staging'); return 0 }")
    return page.get_by_role("region", name="Staging store")


def upload(panel: Locator, *files: Path) -> None:
    with panel.page.expect_file_chooser() as chooser:
        panel.get_by_role("button", name="Upload").first.click()
    chooser.value.set_files(files)


def choose(row: Locator, command: str) -> None:
    """Take a command of a row's menu."""
    row.click(button="right")
    row.page.locator(".lm-Menu-item", has_text=command).click()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "räw &lt; data.bin"
    file.write_bytes(os.urandom(_BYTES))
    return file


def test_a_file_is_uploaded_downloaded_kept_for_a_time_and_deleted(panel: Locator, lab, file: Path):
    page = panel.page
    key = f"files/{file.name}"
    expect(panel).to_contain_text("No files are staged. Upload one, or drop files here.")

    upload(panel, file)
    row = panel.get_by_role("option", name=file.name)
    expect(row).to_have_text(re.compile("20 MB · .* · kept"))
    assert lab.request("GET", f"sandfs/v1/files/{key}").content == file.read_bytes()

    with page.expect_download() as download:
        choose(row, "Download")
    assert Path(download.value.path()).read_bytes() == file.read_bytes()
    assert download.value.suggested_filename == file.name

    choose(row, "Copy Key")
    page.wait_for_function("async key => await navigator.clipboard.readText() === key", arg=key)

    choose(row, "Time to Live…")
    page.locator(".jp-Dialog select").select_option(label="7 days")
    page.locator(".jp-Dialog button", has_text="Set").click()
    expect(row).to_contain_text("7 days left")
    (info,) = lab.request("GET", "sandfs/v1/files").json()["files"]
    life = datetime.fromisoformat(info["expires_at"]) - datetime.fromisoformat(info["created_at"])
    assert (info["key"], life.days) == (key, 7)

    choose(row, "Delete")
    page.locator(".jp-Dialog button", has_text="Delete").click()
    expect(panel).to_contain_text("No files are staged.")
    assert lab.request("GET", "sandfs/v1/files").json()["files"] == []


def test_an_upload_goes_on_where_it_stopped_also_on_a_new_page(panel: Locator, lab, settle, file: Path):
    page = panel.page
    begun: list[str] = []
    offsets: list[str] = []
    page.context.on("request", lambda request: begun.append(request.url) if request.method == "POST" else None)

    def hold_the_second(route: Route) -> None:
        """Let the first piece through; the others never get to the server."""
        if route.request.method == "PATCH":
            offsets.append(route.request.headers["upload-offset"])
            if len(offsets) > 1:
                return
        route.continue_()

    page.route("**/sandfs/v1/uploads/*", hold_the_second)
    upload(panel, file)
    uploads = panel.get_by_role("list", name="Uploads")
    expect(uploads).to_contain_text("8.4 MB / 20 MB · 41 %")
    panel.get_by_role("button", name="Pause").click()
    expect(uploads).to_contain_text("Stopped at 41 %.")
    expect(panel.get_by_role("button", name="Resume")).to_be_visible()

    page.unroute("**/sandfs/v1/uploads/*")
    page.reload()
    settle(page)
    upload(show(page), file)
    expect(panel.get_by_role("option", name=file.name)).to_contain_text("20 MB")

    assert lab.request("GET", f"sandfs/v1/files/files/{file.name}").content == file.read_bytes()
    assert len([url for url in begun if url.endswith("/uploads")]) == 1
    assert offsets == ["0", str(8 * 1024 * 1024)]


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    """Where JupyterLab keeps what a user has set."""
    return tmp_path / "config" / "lab" / "user-settings"


def test_a_file_is_dropped_asked_about_cancelled_and_lives_as_set(lab, open_lab, settings: Path, drop, file: Path):
    (settings / "jupyter-sandfs").mkdir()
    (settings / "jupyter-sandfs" / "staging.jupyterlab-settings").write_text('{"timeToLive": 7200}')
    (settings / "@jupyterlab" / "apputils-extension" / "themes.jupyterlab-settings").write_text(_DARK)
    lab.request("PUT", f"sandfs/v1/files/{file.name}", data=b"kept").raise_for_status()
    panel = show(open_lab(""))
    page, row = panel.page, panel.get_by_role("option", name=file.name)
    expect(row).to_contain_text("4 B")

    drop(panel, file)
    dialog = page.locator(".jp-Dialog")
    expect(dialog).to_contain_text(f"Replace '{file.name}'?")
    dialog.get_by_role("button", name="Cancel").click()
    expect(dialog).to_have_count(0)
    assert lab.request("GET", f"sandfs/v1/files/{file.name}").content == b"kept"

    page.route("**/sandfs/v1/uploads/*", lambda route: None if route.request.method == "PATCH" else route.continue_())
    upload(panel, file)
    dialog.get_by_role("button", name="Replace").click()
    uploads = panel.get_by_role("list", name="Uploads")
    expect(uploads).to_contain_text("0 B / 20 MB")
    with page.expect_response(lambda response: response.request.method == "DELETE") as deleted:
        panel.get_by_role("button", name=f"Cancel: {file.name}").click()
    assert deleted.value.status == 204
    expect(uploads).to_have_count(0)
    assert lab.request("GET", f"sandfs/v1/files/{file.name}").content == b"kept"

    page.unroute("**/sandfs/v1/uploads/*")
    drop(panel, file)
    dialog.get_by_role("button", name="Replace").click()
    expect(row).to_have_text(re.compile("20 MB · .* · 2 h left"))
    assert lab.request("GET", f"sandfs/v1/files/{file.name}").content == file.read_bytes()

    row.click()
    background, *texts = panel.evaluate(_BRIGHTNESS)
    assert background < 0.05
    assert [text for text in texts if contrast(text, background) < 4.5] == []


def contrast(one: float, other: float) -> float:
    """Of two relative luminances (WCAG 2.2, 1.4.3)."""
    return (max(one, other) + 0.05) / (min(one, other) + 0.05)


def test_the_list_comes_in_pages_and_is_narrowed_and_walked_by_keys(panel: Locator, lab):
    for number in range(203):
        lab.request("PUT", f"sandfs/v1/files/n{number:03}.txt", data=b"x").raise_for_status()
    page = panel.page
    panel.get_by_role("button", name="Refresh").click()
    rows = panel.get_by_role("option")
    expect(rows).to_have_count(200)
    panel.get_by_role("button", name="Show more").click()
    expect(rows).to_have_count(203)
    expect(panel.get_by_role("button", name="Show more")).to_be_hidden()

    rows.first.focus()
    for key in ("ArrowDown", "ArrowDown", "ArrowUp", "End", "Home", "ArrowDown"):
        page.keyboard.press(key)
    expect(panel.get_by_role("option", selected=True)).to_have_attribute("data-key", "files/n001.txt")

    panel.get_by_role("searchbox").fill("n20")
    expect(rows).to_have_count(3)
    panel.get_by_role("searchbox").fill("nothing")
    expect(panel).to_contain_text("Nothing begins with 'nothing'.")
