"""The staging panel of JupyterLab's left bar, in a real browser."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]


@pytest.fixture
def panel(lab, labextension, chromium, open_lab) -> Locator:
    """The panel, open and empty."""
    page = open_lab("")
    page.locator(".jp-SideBar .lm-TabBar-tab[data-id='sandfs-staging']").click()
    return page.get_by_role("region", name="Staging store")


def upload(page: Page, panel: Locator, *files: Path) -> None:
    with page.expect_file_chooser() as chooser:
        panel.get_by_role("button", name="Upload").first.click()
    chooser.value.set_files(files)


def test_files_are_uploaded_downloaded_kept_and_deleted(panel: Locator, lab, tmp_path: Path, picture):
    page = panel.page
    expect(panel).to_contain_text("No files are staged.")
    content = os.urandom(20_000_000)  # three requests
    file = tmp_path / "räw <b>data</b>.bin"
    file.write_bytes(content)

    upload(page, panel, file)
    row = panel.get_by_role("option", name="räw <b>data</b>.bin")
    expect(row).to_contain_text("20 MB")
    picture("staging")
    assert lab.request("GET", "sandfs/v1/files/räw <b>data<%2Fb>.bin").status_code == 200
