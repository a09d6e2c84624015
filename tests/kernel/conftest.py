"""A real IPython shell with the extension, apart from what is the person's own; node, and a browser for widgets."""

from __future__ import annotations

import atexit
import json
import os
import queue
import shutil
import subprocess
from contextlib import suppress
from dataclasses import replace
from typing import NamedTuple

import pytest
from IPython.core.interactiveshell import InteractiveShell
from jupyter_client.manager import KernelManager
from playwright.sync_api import sync_playwright
from traitlets.config import Config

from jupyter_sandfs.kernel.browser import bundle
from jupyter_sandfs.kernel.extension import unload_ipython_extension
from jupyter_sandfs.sandbox import Sandbox


@pytest.fixture(autouse=True)
def _apart(monkeypatch, tmp_path):
    """Nothing of the person's is read or written, and no sandbox outlives its test."""
    for name in ("JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "JUPYTER_CONFIG_DIR", "IPYTHONDIR"):
        monkeypatch.setenv(name, str(tmp_path / name.lower()))
    monkeypatch.setenv("JUPYTER_SANDFS_STORE_URL", (tmp_path / "store").as_uri())
    monkeypatch.setattr(Sandbox, "defaults", replace(Sandbox.defaults, store_url=(tmp_path / "store").as_uri()))
    yield
    for name in Sandbox.names():
        Sandbox.get(name).close()


class Ran(NamedTuple):
    """What a cell printed."""

    out: str
    err: str


@pytest.fixture
def ip():
    """A shell of its own, without history."""
    InteractiveShell.clear_instance()
    shell = InteractiveShell.instance(config=Config(HistoryManager={"enabled": False}))
    yield shell
    unload_ipython_extension(shell)
    shell.restore_sys_module_state()
    atexit.unregister(shell.atexit_operations)  # it would collect all garbage of the process, for each shell
    InteractiveShell.clear_instance()


@pytest.fixture(scope="module")
def own_kernel(tmp_path_factory):
    """A kernel in a process of its own, with directories of its own: its manager, and a client that is connected."""
    home = tmp_path_factory.mktemp("kernel")
    apart = {name: str(home / name.lower()) for name in ("JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR")}
    manager = KernelManager(kernel_name="python3")
    manager.start_kernel(env=os.environ | apart | {"JUPYTER_SANDFS_STORE_URL": (home / "store").as_uri()})
    client = manager.blocking_client()
    client.start_channels()
    client.wait_for_ready(timeout=120)
    yield manager, client
    client.stop_channels()
    manager.shutdown_kernel(now=True)
    with suppress(queue.Empty):
        manager.cleanup_resources()


@pytest.fixture
def cell(ip, capsys):
    """Run a cell in a shell that has the extension."""
    ip.run_line_magic("load_ext", "jupyter_sandfs")

    def run(source: str) -> Ran:
        capsys.readouterr()
        ip.run_cell(source)
        return Ran(*capsys.readouterr())

    return run


@pytest.fixture
def sandbox(cell):
    return Sandbox.current()


@pytest.fixture(scope="session")
def node(part):
    """Path of node, which understands the ES modules as a browser does."""
    return part("node")


@pytest.fixture
def module_folders():
    """Where the ES modules lie that `evaluate` knows."""
    return [bundle.STATIC]


@pytest.fixture
def evaluate(node, tmp_path, module_folders):
    """Evaluate an expression over the exports of a module of the widget; gives its JSON value."""
    for folder in module_folders:
        shutil.copytree(folder, tmp_path / "static", dirs_exist_ok=True)
    (tmp_path / "package.json").write_text('{"type": "module"}')

    def run(module, expression, others=""):
        script = f'import * as m from "./static/{module}"; {others} console.log(JSON.stringify({expression}))'
        done = subprocess.run(
            [node, "--input-type=module", "-e", script],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return run


@pytest.fixture(scope="module")  # not longer: two drivers at a time, as of the tests of JupyterLab, refuse each other
def chromium(part):
    with sync_playwright() as driver:
        launched = driver.chromium.launch(
            executable_path=part("chromium"), args=["--no-sandbox", "--disable-dev-shm-usage"], env=dict(os.environ)
        )
        yield launched
        launched.close()
