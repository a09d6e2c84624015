"""A real IPython shell with the extension, apart from the person's own configuration, data and store."""

from __future__ import annotations

import atexit
from dataclasses import replace
from typing import NamedTuple

import pytest
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

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
