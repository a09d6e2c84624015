"""A real JupyterLab in a process of its own, with directories of its own, on a free port."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from shutil import copy

import pytest
import requests

REPOSITORY = Path(__file__).parents[2]
_START_SECONDS = 60


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
            process.terminate()


def _command(root: Path) -> list[str]:
    return [
        *(sys.executable, "-m", "jupyter", "lab", "--no-browser", "--ip=127.0.0.1", "--port=0", "--allow-root"),
        f"--ServerApp.root_dir={root}",
        "--IdentityProvider.token=e2e",
        "--LabApp.expose_app_in_browser=True",
    ]


def _environment(home: Path) -> dict[str, str]:
    places = {f"JUPYTER_{name.upper()}_DIR": str(home / name) for name in ("config", "data", "runtime")}
    paths = {"JUPYTER_PATH": str(home / "path"), "IPYTHONDIR": str(home / "ipython")}
    return {**os.environ, **places, **paths, "PYTHONWARNINGS": "default"}


def _quiet(home: Path) -> None:
    """Keep JupyterLab from asking whether it may fetch news."""
    settings = home / "config" / "lab" / "user-settings" / "@jupyterlab" / "apputils-extension"
    settings.mkdir(parents=True)
    (settings / "notification.jupyterlab-settings").write_text('{"fetchNews": "false", "checkForUpdates": false}')


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
