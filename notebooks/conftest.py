"""Notebooks run with a home of their own, and their cells in their own order."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest
from nbval.plugin import IPyNbCell

_HOME = tempfile.TemporaryDirectory(prefix="sandfs-notebooks-")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the cells of notebooks back in order, behind the tests, which run in any order."""
    cells = [item for item in items if isinstance(item, IPyNbCell)]
    tests = [item for item in items if not isinstance(item, IPyNbCell)]
    items[:] = [*tests, *sorted(cells, key=lambda cell: (str(cell.path), cell.cell_num))]


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Give each kernel a home of its own: what it publishes reaches neither a person's store nor another notebook."""
    if isinstance(item, IPyNbCell):
        for name in ("JUPYTER_SANDFS_STORE_URL", "JUPYTER_SANDFS_TENANT"):  # a server that was tested here leaves them
            os.environ.pop(name, None)
        home = Path(_HOME.name, item.path.stem)
        for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "IPYTHONDIR"):
            os.environ[name] = str(home / name.lower())
            (home / name.lower()).mkdir(parents=True, exist_ok=True)
